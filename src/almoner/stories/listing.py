"""How lists of stories are read: which are shown, in which order, in a constant number of queries.

Guarantee: a list never holds a draft, an expired story or one behind a password, and its number
of queries does not grow with its length. Limit: the parts of one series are read at once, so a
series is meant to have tens of parts, not thousands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.apps import apps
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth
from django.http import HttpRequest
from wagtail.models import AbstractPage, Locale
from wagtail.query import PageQuerySet

STORIES_A_LIST = 24  # divides by 2, 3 and 4 columns
ENTRIES_A_LIST = 60  # names are shorter than stories

Named = TypeVar("Named", bound=AbstractPage)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A story's place in its series, from 1, and the parts before and after it."""

    series: Any
    place: int
    parts: int
    before: Any | None
    after: Any | None


class StoryQuerySet(PageQuerySet):
    """Stories, and how lists of them are read."""

    def listed(self) -> "StoryQuerySet":
        """Published stories, newest first, with pictures and authors in three more queries."""
        return (
            self.live()
            .public()
            .order_by("-first_published_at", "-pk")
            .select_related("lead_image")
            .prefetch_related("lead_image__renditions", "story_authors__author")
            .defer("body")
        )

    def of(self, field: str, page: Any, locale: Locale) -> "StoryQuerySet":
        """The stories in a language that name `page`, or a translation of it, in `field`."""
        named = self.model._default_manager.filter(
            **{f"{field}__translation_key": page.translation_key}
        )
        return self.filter(locale=locale, pk__in=named.values("pk"))

    def in_order(self) -> "StoryQuerySet":
        """The parts of series by their places, those without one after them."""
        return self.order_by(F("series_place").asc(nulls_last=True), "first_published_at", "pk")


def stories() -> StoryQuerySet:
    """All stories. Asked for by name, because the pages they are found by come before them."""
    return apps.get_model("stories", "StoryPage").objects.all()


def cards(found: StoryQuerySet, locale: Locale) -> list[Any]:
    """Stories ready to be shown in a list: each with `shown_authors`, in the list's language."""
    listed = list(found)
    authors = in_language(
        {each.pk: each for story in listed for each in story.authors}.values(), locale
    )
    shown = {author.translation_key: author for author in authors}
    for story in listed:
        keys = [author.translation_key for author in story.authors]
        story.shown_authors = [shown[key] for key in keys if key in shown]
    return listed


def one_page(found: StoryQuerySet, locale: Locale, request: HttpRequest) -> Page:
    """The page of a list that the address asks for; the nearest there is for a wrong number."""
    page = Paginator(found, STORIES_A_LIST).get_page(request.GET.get("page"))
    page.object_list = cards(page.object_list, locale)
    return page


def in_language(named: Iterable[Named], locale: Locale) -> list[Named]:
    """What readers may see of `named`, in its order, each in `locale` where it is translated.

    A constant number of queries, however many are named.
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
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def counts(field: str, locale: Locale) -> dict[Any, int]:
    """How many stories each page named in `field` has, by its translation key."""
    key = f"{field}__translation_key"
    rows = stories().live().public().filter(locale=locale).exclude(**{key: None})
    counted = rows.order_by().values_list(key).annotate(Count("pk", distinct=True))
    return dict(counted)


def first_parts(series: Iterable[Any], locale: Locale) -> dict[Any, Any]:
    """The part that stands for each series, by the series' translation key.

    It is the first that has a picture, or the first where none has.
    """
    keys = [each.translation_key for each in series]
    parts = stories().filter(locale=locale, series__translation_key__in=keys).listed().in_order()
    first: dict[Any, Any] = {}
    for part in parts.select_related("lead_image", "series"):
        key = part.series.translation_key
        if key not in first or (part.lead_image and not first[key].lead_image):
            first[key] = part
    return first


def neighbours(story: Any) -> Neighbours | None:
    """Where a story stands in its series, as readers see it; None where it is in none."""
    if story.series is None:
        return None
    shown = in_language([story.series], story.locale)
    if not shown:
        return None
    parts = list(
        stories().of("series", story.series, story.locale).live().public().in_order().defer("body")
    )
    at = next((at for at, part in enumerate(parts) if part.pk == story.pk), None)
    if at is None:  # a draft, in its preview
        return None
    return Neighbours(
        series=shown[0],
        place=at + 1,
        parts=len(parts),
        before=parts[at - 1] if at else None,
        after=parts[at + 1] if at + 1 < len(parts) else None,
    )


def months(found: StoryQuerySet) -> list[tuple[date, int]]:
    """The months that stories of `found` came out in, newest first, with how many each has."""
    shown = found.live().public().exclude(first_published_at=None)
    by_month = shown.annotate(month=TruncMonth("first_published_at")).order_by("-month")
    return [
        (month.date(), many) for month, many in by_month.values_list("month").annotate(Count("pk"))
    ]
