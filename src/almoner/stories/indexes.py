"""What stories are found by: authors, topics and series, each a page under an index of its kind.

A story names its authors, topics and series; these pages name no story. Translations: a story may
name such a page in any language, and `in_language` finds the one a reader should see.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from wagtail.admin.panels import FieldPanel, TitleFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Locale
from wagtail.search import index

from almoner.stories.base import BasePage
from almoner.stories.images import StoryImage

Named = TypeVar("Named", bound=BasePage)


class IndexPage(BasePage):
    """A list of pages of one kind, by name."""

    standfirst = models.TextField(blank=True, help_text="One or two sentences under the title.")

    parent_page_types: ClassVar = ["stories.HomePage"]
    max_count = 1
    content_panels: ClassVar = [*BasePage.content_panels, FieldPanel("standfirst")]

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add `entries`, the published pages of this index, by name."""
        context = super().get_context(request, *args, **kwargs)
        children = self.get_children().live().public().order_by("title")
        context["entries"] = list(children.specific())
        return context


class AuthorIndexPage(IndexPage):
    """All authors."""

    subpage_types: ClassVar = ["stories.AuthorPage"]

    class Meta:
        verbose_name = "authors"


class AuthorPage(BasePage):
    """A person who writes; the title is the name."""

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
    subpage_types: ClassVar = []
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

    subpage_types: ClassVar = ["stories.TopicPage"]

    class Meta:
        verbose_name = "topics"


class TopicPage(BasePage):
    """What stories are about."""

    standfirst = models.TextField(
        blank=True, help_text="One or two sentences: which stories are found here."
    )

    parent_page_types: ClassVar = ["stories.TopicIndexPage"]
    subpage_types: ClassVar = []
    content_panels: ClassVar = [
        TitleFieldPanel("title", heading="Topic"),
        FieldPanel("standfirst"),
    ]
    search_fields: ClassVar = [*BasePage.search_fields, index.SearchField("standfirst")]

    class Meta:
        verbose_name = "topic"


class SeriesIndexPage(IndexPage):
    """All series."""

    subpage_types: ClassVar = ["stories.SeriesPage"]

    class Meta:
        verbose_name = "all series"
        verbose_name_plural = "all series"


class SeriesPage(BasePage):
    """Stories to be read in an order."""

    standfirst = models.TextField(
        blank=True, help_text="One or two sentences: what the parts tell together."
    )

    parent_page_types: ClassVar = ["stories.SeriesIndexPage"]
    subpage_types: ClassVar = []
    content_panels: ClassVar = [
        TitleFieldPanel("title", heading="Name of the series"),
        FieldPanel("standfirst"),
    ]
    search_fields: ClassVar = [*BasePage.search_fields, index.SearchField("standfirst")]

    class Meta:
        verbose_name = "series"
        verbose_name_plural = "series"


def in_language(named: Iterable[Named], locale: Locale) -> list[Named]:
    """What readers may see of `named`, in its order, each in `locale` where it is translated.

    One query, however many are named.
    """
    pages = list(named)
    if not pages:
        return []
    manager: Any = type(pages[0])._default_manager
    keys = [page.translation_key for page in pages]
    wanted = Q(locale=locale) | Q(pk__in=[page.pk for page in pages])
    shown = manager.filter(wanted, translation_key__in=keys).live().public()
    # The translations last, so that each takes the place of what it translates.
    ordered = sorted(shown, key=lambda page: page.locale_id == locale.pk)
    found = {page.translation_key: page for page in ordered}
    return [found[key] for key in keys if key in found]
