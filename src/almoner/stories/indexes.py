"""What stories are found by: authors, topics and series, each a page under an index of its kind.

A story names its authors, topics and series; these pages name no story. A story may name such a
page in any language: what belongs together has one translation key.
"""

from typing import Any, ClassVar

from django.apps import apps
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from wagtail.admin.panels import FieldPanel, TitleFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Locale
from wagtail.search import index

from almoner.stories.base import BasePage
from almoner.stories.images import StoryImage
from almoner.stories.listing import (
    ENTRIES_A_LIST,
    StoryQuerySet,
    counts,
    first_parts,
    one_page,
    stories,
)

TOPICS_IN_FRONT = 12  # two rows of names on a desktop
SERIES_IN_FRONT = 3  # one row


class IndexPage(BasePage):
    """A list of pages of one kind, by name. `named_in` is the story's field that names them."""

    named_in: ClassVar[str]

    standfirst = models.TextField(blank=True, help_text="One or two sentences under the title.")

    parent_page_types: ClassVar = ["stories.HomePage"]
    max_count = 1
    content_panels: ClassVar = [*BasePage.content_panels, FieldPanel("standfirst")]

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `entries`, one page of a list (Django's `Page`), by name."""
        context = super().get_context(request, *args, **kwargs)
        model: Any = apps.get_model(self.subpage_types[0])
        named = model.objects.child_of(self).live().public().order_by("title")
        entries = Paginator(named, ENTRIES_A_LIST).get_page(request.GET.get("page"))
        entries.object_list = counted(entries.object_list, self.named_in, self.locale)
        context["entries"] = entries
        return context


class FoundByPage(BasePage):
    """A page that stories are found by. `named_in` is the story's field that names it."""

    named_in: ClassVar[str]

    subpage_types: ClassVar = []

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `stories`, one page of a list (Django's `Page`)."""
        context = super().get_context(request, *args, **kwargs)
        found = self.arranged(stories().of(self.named_in, self, self.locale).listed())
        context["stories"] = one_page(found, self.locale, request)
        return context

    def arranged(self, found: StoryQuerySet) -> StoryQuerySet:
        """The stories in the order they are listed in: the newest first."""
        return found


class AuthorIndexPage(IndexPage):
    """All authors."""

    named_in = "story_authors__author"
    subpage_types: ClassVar = ["stories.AuthorPage"]

    class Meta:
        verbose_name = "authors"


class AuthorPage(FoundByPage):
    """A person who writes; the title is the name."""

    named_in = "story_authors__author"

    role = models.CharField(
        max_length=160,
        blank=True,
        help_text="What readers should know at a glance: “Writes from the north coast”.",
    )
    biography = RichTextField(
        blank=True,
        features=["bold", "italic", "link"],
        help_text="A paragraph or two. Nothing that would lead a stranger to somebody's door.",
    )
    portrait = models.ForeignKey(
        StoryImage,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Shown round: set the picture's focal point on the face.",
    )

    parent_page_types: ClassVar = ["stories.AuthorIndexPage"]
    content_panels: ClassVar = [
        TitleFieldPanel("title", heading="Name"),
        FieldPanel("role"),
        FieldPanel("portrait"),
        FieldPanel("biography"),
    ]
    search_fields: ClassVar = [
        *BasePage.search_fields,
        index.SearchField("role"),
        index.SearchField("biography"),
    ]

    class Meta:
        verbose_name = "author"


class TopicIndexPage(IndexPage):
    """All topics."""

    named_in = "topics"
    subpage_types: ClassVar = ["stories.TopicPage"]

    class Meta:
        verbose_name = "topics"


class TopicPage(FoundByPage):
    """What stories are about."""

    named_in = "topics"

    standfirst = models.TextField(
        blank=True, help_text="One or two sentences: which stories are found here."
    )

    parent_page_types: ClassVar = ["stories.TopicIndexPage"]
    content_panels: ClassVar = [
        TitleFieldPanel("title", heading="Topic"),
        FieldPanel("standfirst"),
    ]
    search_fields: ClassVar = [*BasePage.search_fields, index.SearchField("standfirst")]

    class Meta:
        verbose_name = "topic"


class SeriesIndexPage(IndexPage):
    """All series."""

    named_in = "series"
    subpage_types: ClassVar = ["stories.SeriesPage"]

    class Meta:
        verbose_name = "all series"
        verbose_name_plural = "all series"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Give each entry `first`, the part that stands for it."""
        context = super().get_context(request, *args, **kwargs)
        begun(context["entries"].object_list, self.locale)
        return context


class SeriesPage(FoundByPage):
    """Stories to be read in an order."""

    named_in = "series"

    standfirst = models.TextField(
        blank=True, help_text="One or two sentences: what the parts tell together."
    )

    parent_page_types: ClassVar = ["stories.SeriesIndexPage"]
    content_panels: ClassVar = [
        TitleFieldPanel("title", heading="Name of the series"),
        FieldPanel("standfirst"),
    ]
    search_fields: ClassVar = [*BasePage.search_fields, index.SearchField("standfirst")]

    class Meta:
        verbose_name = "series"
        verbose_name_plural = "series"

    def arranged(self, found: StoryQuerySet) -> StoryQuerySet:
        """The parts by their places."""
        return found.in_order()


def counted(named: Any, field: str, locale: Locale) -> list[Any]:
    """Each page with `story_count`, how many stories in the language name it in `field`."""
    many = counts(field, locale)
    pages = list(named)
    for page in pages:
        page.story_count = many.get(page.translation_key, 0)
    return pages


def begun(series: list[Any], locale: Locale) -> None:
    """Give each series `first`, the published part that stands for it, or None."""
    first = first_parts(series, locale)
    for each in series:
        each.first = first.get(each.translation_key)


def topics_in_front(locale: Locale) -> list[Any]:
    """The topics with the most stories, by name."""
    named = counted(TopicPage.objects.filter(locale=locale).live().public(), "topics", locale)
    most = sorted(named, key=lambda topic: -topic.story_count)[:TOPICS_IN_FRONT]
    return sorted((topic for topic in most if topic.story_count), key=lambda topic: topic.title)


def series_in_front(locale: Locale) -> list[Any]:
    """The newest series that have begun."""
    newest = SeriesPage.objects.filter(locale=locale).live().public()
    named = counted(newest.order_by("-first_published_at", "-pk"), "series", locale)
    shown = [series for series in named if series.story_count][:SERIES_IN_FRONT]
    begun(shown, locale)
    return shown
