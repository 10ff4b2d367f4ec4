"""The pages of the site: front page > stories > year > story.

Stories stand under a page for each year, because Wagtail's tree grows slow with thousands of
children under one parent. Editors need not know: they add a story under “Stories”, and
`almoner.stories.shelving` moves it to its year when it is published. Authors, topics and series
stand beside the stories (`almoner.stories.indexes`).
"""

from datetime import date
from math import ceil
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.template.response import TemplateResponse
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    MultipleChooserPanel,
    TitleFieldPanel,
)
from wagtail.blocks import PageChooserBlock
from wagtail.fields import StreamField
from wagtail.models import Locale, Orderable, PageManager
from wagtail.search import index
from wagtail.url_routing import RouteResult

from almoner.stories.base import BasePage
from almoner.stories.blocks import StoryBody
from almoner.stories.footnotes import Footnote
from almoner.stories.forms import StoryForm
from almoner.stories.images import StoryImage, StoryRendition
from almoner.stories.indexes import (
    AuthorIndexPage,
    AuthorPage,
    SeriesIndexPage,
    SeriesPage,
    TopicIndexPage,
    TopicPage,
    series_in_front,
    topics_in_front,
)
from almoner.stories.listing import (
    StoryQuerySet,
    cards,
    in_language,
    months,
    neighbours,
    one_page,
)
from almoner.stories.safety import HelpLine, ReaderSafety
from almoner.stories.sensitive import Sensitive
from almoner.stories.sensitive import panel as sensitive_panel
from almoner.stories.video import is_sensitive, player_origins

__all__ = [
    "AuthorIndexPage",
    "AuthorPage",
    "BasePage",
    "HelpLine",
    "HomePage",
    "ReaderSafety",
    "SeriesIndexPage",
    "SeriesPage",
    "StoryAuthor",
    "StoryImage",
    "StoryIndexPage",
    "StoryPage",
    "StoryRendition",
    "StoryWords",
    "StoryYearPage",
    "TopicIndexPage",
    "TopicPage",
]

MONTHS = tuple(f"{month:02}" for month in range(1, 13))
FRONT_PAGE_STORIES = 7  # one in front and two rows of three
STORIES_AFTER = 3  # one row under a story
WORDS_A_MINUTE = 230  # silent reading of English prose: Brysbaert 2019 has 238


class HomePage(BasePage):
    """The front page."""

    standfirst = models.TextField(
        blank=True, help_text="One or two sentences under the name of the site."
    )

    parent_page_types: ClassVar = ["stories.BasePage"]
    subpage_types: ClassVar = [
        "stories.StoryIndexPage",
        "stories.TopicIndexPage",
        "stories.SeriesIndexPage",
        "stories.AuthorIndexPage",
    ]
    max_count = 1
    content_panels: ClassVar = [*BasePage.content_panels, FieldPanel("standfirst")]

    class Meta:
        verbose_name = "front page"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `stories`, the newest ones, and the `topics` and `series` to begin with."""
        context = super().get_context(request, *args, **kwargs)
        newest = StoryPage.objects.descendant_of(self).listed()[:FRONT_PAGE_STORIES]
        context["stories"] = cards(newest, self.locale)
        context["topics"] = topics_in_front(self.locale)
        context["series"] = series_in_front(self.locale)
        return context


class StoryIndexPage(BasePage):
    """All stories, newest first."""

    standfirst = models.TextField(blank=True, help_text="One or two sentences under the title.")

    parent_page_types: ClassVar = ["stories.HomePage"]
    subpage_types: ClassVar = ["stories.StoryPage", "stories.StoryYearPage"]
    max_count = 1
    content_panels: ClassVar = [*BasePage.content_panels, FieldPanel("standfirst")]

    class Meta:
        verbose_name = "stories"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `stories`, one page of a list (Django's `Page`), and `years`, newest first."""
        context = super().get_context(request, *args, **kwargs)
        found = StoryPage.objects.descendant_of(self).listed()
        context["stories"] = one_page(found, self.locale, request)
        context["years"] = StoryYearPage.objects.child_of(self).live().order_by("-slug")
        return context


class StoryYearPage(BasePage):
    """The shelf of one year's stories. Made when the first story of the year is published."""

    parent_page_types: ClassVar = ["stories.StoryIndexPage"]
    subpage_types: ClassVar = ["stories.StoryPage"]
    is_creatable = False

    class Meta:
        verbose_name = "year"

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Find a month below the year as well: `04/`. No story has an address of digits."""
        if len(path_components) == 1 and self.live and path_components[0] in MONTHS:
            return RouteResult(self, kwargs={"month": int(path_components[0])})
        return super().route(request, path_components)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `stories`, one page of a list (Django's `Page`), and the year's `months`.

        `month` is the first day of the one that was asked for, or None for the whole year.
        """
        context = super().get_context(request, *args, **kwargs)
        own = StoryPage.objects.child_of(self)
        found, month = own.listed(), kwargs.get("month")
        if month is not None:
            found = found.filter(first_published_at__month=month)
            context["month_path"] = f"{month:02}/"
            month = date(int(self.slug), month, 1)
        context["stories"] = one_page(found, self.locale, request)
        context["months"] = months(own)
        context["month"] = month
        return context


class StoryPage(Sensitive):
    """A story."""

    standfirst = models.TextField(
        max_length=400,
        help_text="The first thing read after the headline: one or two sentences that say "
        "what the story is about. Also shown in lists.",
    )
    byline = models.CharField(
        max_length=160,
        blank=True,
        help_text="Who wrote it, where they have no page among the authors, as it should be "
        "printed: “Mara Lindqvist”, not “by …”. Not shown when authors are chosen.",
    )
    topics = ParentalManyToManyField(TopicPage, blank=True, related_name="stories")
    series = models.ForeignKey(
        SeriesPage,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="stories",
    )
    series_place = models.PositiveSmallIntegerField(
        "place in the series",
        null=True,
        blank=True,
        help_text="1 is read first. Parts without a place follow in the order they came out.",
    )
    lead_image = models.ForeignKey(
        StoryImage,
        verbose_name="lead picture",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Shown above the story, in lists and when the story is shared. Landscape, "
        "at least 1,600 pixels wide.",
    )
    lead_caption = models.CharField("caption", max_length=255, blank=True)
    body = StreamField(StoryBody(), blank=True)
    footnotes = StreamField([("note", Footnote())], blank=True)
    related = StreamField(
        [("story", PageChooserBlock(page_type="stories.StoryPage"))],
        verbose_name="related stories",
        blank=True,
        max_num=STORIES_AFTER,
        help_text="Shown under the story, in this order. Places left over are filled with the "
        "stories that are most like this one.",
    )

    objects = PageManager.from_queryset(StoryQuerySet)()

    parent_page_types: ClassVar = ["stories.StoryIndexPage", "stories.StoryYearPage"]
    subpage_types: ClassVar = []
    base_form_class = StoryForm
    content_panels: ClassVar = [
        TitleFieldPanel(
            "title",
            heading="Headline",
            placeholder="Headline",
            help_text="What happened, in a few words. Long enough to be understood when it is "
            "shared without the picture.",
        ),
        FieldPanel("standfirst"),
        MultiFieldPanel(
            [
                MultipleChooserPanel(
                    "story_authors",
                    chooser_field_name="author",
                    heading="Authors, in the order they are named",
                    label="Author",
                ),
                FieldPanel("byline"),
            ],
            "Who wrote it",
        ),
        MultiFieldPanel(
            [
                FieldPanel("topics", widget=CheckboxSelectMultiple),
                FieldRowPanel([FieldPanel("series"), FieldPanel("series_place")]),
            ],
            "Where readers find it",
        ),
        MultiFieldPanel([FieldPanel("lead_image"), FieldPanel("lead_caption")], "Lead picture"),
        FieldPanel("body"),
        FieldPanel("footnotes"),
        FieldPanel("related"),
        sensitive_panel(),
    ]
    search_fields: ClassVar = [
        *BasePage.search_fields,
        index.SearchField("standfirst"),
        index.SearchField("byline"),
        index.SearchField("body"),
    ]

    class Meta:
        verbose_name = "story"
        verbose_name_plural = "stories"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add what it is found by, `more`, the stories to read next, and `plays`.

        `authors` and `topics` are in the story's language; `neighbours` is its place in a series;
        `plays` says whether a video may play here.
        """
        context = super().get_context(request, *args, **kwargs)
        context["authors"] = in_language(self.authors, self.locale)
        context["topics"] = in_language(self.topics.order_by("title"), self.locale)
        context["neighbours"] = neighbours(self)
        context["more"] = cards(self.read_next(), self.locale)
        context["plays"] = bool(self.player_origins())
        return context

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> TemplateResponse:
        """Answer with the page, its policy opened for just the players that its videos need."""
        response = super().serve(request, *args, **kwargs)
        response.frame_origins = self.player_origins()
        return response

    def player_origins(self) -> list[str]:
        """The origins of the players that a reader may open here; none on a sensitive story."""
        return [] if is_sensitive(self) else player_origins(self.body)

    def read_next(self) -> list["StoryPage"]:
        """The stories that the editor chose, then those most like this one, then the newest."""
        from almoner.stories.related import like  # it compares stories, so it imports them

        chosen = [child.value.pk for child in self.related if child.value is not None]
        shown = StoryPage.objects.listed().in_bulk(chosen)
        found = {pk: shown[pk] for pk in chosen if pk in shown and pk != self.pk}
        for source in (like(self, 2 * STORIES_AFTER), self._newest_others()):
            for story in source:
                if len(found) < STORIES_AFTER:
                    found.setdefault(story.pk, story)
        return list(found.values())

    def _newest_others(self) -> list["StoryPage"]:
        others = StoryPage.objects.filter(locale=self.locale).exclude(pk=self.pk).listed()
        return list(others[: 2 * STORIES_AFTER])

    @property
    def authors(self) -> list[AuthorPage]:
        """Who wrote it, in the order they are named."""
        return [named.author for named in self.story_authors.all()]

    @property
    def reading_minutes(self) -> int:
        """Whole minutes a reader needs; never less than one."""
        return max(1, ceil(self.words / WORDS_A_MINUTE))

    @property
    def words(self) -> int:
        """How many words a reader reads."""
        return len(self.body.stream_block.words(self.body)) + len(self.standfirst.split())

    def clean(self) -> None:
        """Refuse an address that a year, or another story in the language, has."""
        super().clean()
        self._check_address()

    def minimal_clean(self) -> None:
        """Refuse it in a draft as well: a taken address is easiest mended before publishing."""
        super().minimal_clean()
        self._check_address()

    def _check_address(self) -> None:
        if self.slug.isdecimal():
            raise ValidationError(
                {"slug": "An address of digits only is kept for years. Add a word to it."}
            )
        own = self.locale_id or Locale.get_default().pk
        same = StoryPage.objects.filter(slug=self.slug, locale=own).exclude(pk=self.pk).first()
        if same is not None:
            raise ValidationError(
                {"slug": f"The story “{same.title}” has this address already. Choose another."}
            )


class StoryAuthor(Orderable):
    """That an author wrote a story, and the place among those who did."""

    story = ParentalKey(StoryPage, on_delete=models.CASCADE, related_name="story_authors")
    author = models.ForeignKey(AuthorPage, on_delete=models.CASCADE, related_name="story_authors")

    class Meta(Orderable.Meta):
        constraints = (
            models.UniqueConstraint(fields=("story", "author"), name="an_author_once_a_story"),
        )


class StoryWords(models.Model):
    """How often a published story has which word (`stories.related`)."""

    story = models.OneToOneField(
        StoryPage, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    words = models.JSONField()
    digest = models.BigIntegerField()
