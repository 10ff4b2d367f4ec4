"""Sitemaps and robots.txt: every public page, for search engines.

`/sitemap.xml` names the others: the pages, the stories `STORIES_A_MAP` at a time with their
pictures, and the news. Sources: sitemaps.org/protocol.html, Google's image and news extensions
(news: published yesterday or today, at most 1,000). Guarantee: nothing that is a draft, private or
expired is named, and of a sensitive story no picture and no headline. Limit: a picture is named
once a reader has been shown it, for only then is there a size of it to name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import EmptyPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.models import ReferenceIndex

from almoner.giving.models import Campaign, Cause
from almoner.stories.base import BasePage
from almoner.stories.full_text import printable
from almoner.stories.images import StoryImage, StoryRendition
from almoner.stories.models import StoryPage
from almoner.stories.public import public_pages, public_stories

# The protocol allows 50,000 addresses; smaller maps are rendered, and fetched again, sooner.
STORIES_A_MAP = 500
MAX_NEWS = 1_000
# Public pages that are no pages of Wagtail's.
VIEWS = ("/causes/", "/promises/", "/check/", "/log/")
# Forms, links that count, and what belongs to one person: not for search engines.
DISALLOWED = ("/admin/", "/api/", "/share/", "/receipts/", "/statements/", "/reads/", "/shared/")


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of a map."""

    address: str
    modified: datetime | None = None
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """One story of the news map."""

    address: str
    language: str
    published: datetime
    title: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Name every other map."""
    maps = [Entry(_at("pages"), None)]
    for number in Paginator(_stories(), STORIES_A_MAP).page_range:
        page = Paginator(_stories(), STORIES_A_MAP).page(number)
        maps.append(Entry(_at(f"stories-{number}"), _newest(page.object_list)))
    news = list(_news())
    if news:
        maps.append(Entry(_at("news"), max(story.last_published_at for story in news)))
    return _answer(request, "stories/sitemap_index.xml", {"maps": maps})


@require_safe
def pages(request: HttpRequest) -> HttpResponse:
    """Every page but the stories."""
    base = settings.WAGTAILADMIN_BASE_URL
    views = [*VIEWS, *(f"/causes/{cause.slug}/" for cause in Cause.objects.all())]
    views += [f"/campaigns/{slug}/" for slug in _campaigns()]
    entries = [
        *_entries(request, public_pages(), {}),
        *(Entry(base + each) for each in views),
    ]
    return _answer(request, "stories/sitemap.xml", {"entries": entries})


@require_safe
def stories(request: HttpRequest, number: int) -> HttpResponse:
    """One map of stories, oldest first, so that a full one never changes by a new story."""
    try:
        found = list(Paginator(_stories(), STORIES_A_MAP).page(number).object_list)
    except EmptyPage:
        raise Http404("There are not so many stories.") from None
    entries = list(_entries(request, found, _pictures(found)))
    return _answer(request, "stories/sitemap.xml", {"entries": entries})


@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """The stories of yesterday and today."""
    told = [
        News(
            story.get_full_url(request),
            story.locale.language_code,
            story.first_published_at,
            printable(story.title),
        )
        for story in _news()
    ]
    return _answer(request, "stories/sitemap_news.xml", {"stories": told})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may fetch, and where the map is."""
    lines = ["User-agent: *", *(f"Disallow: {each}" for each in DISALLOWED), ""]
    lines += [f"Sitemap: {settings.WAGTAILADMIN_BASE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def _stories() -> Any:
    return public_stories().defer("body").order_by("first_published_at", "pk")


def _news() -> Any:
    yesterday = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday -= timedelta(days=1)
    recent = _stories().filter(first_published_at__gte=yesterday)
    return [story for story in recent.reverse()[:MAX_NEWS] if not story.sensitive]


def _campaigns() -> Iterable[str]:
    return Campaign.objects.exclude(state="draft").values_list("slug", flat=True)


def _entries(
    request: HttpRequest, found: Iterable[Any], pictures: dict[int, tuple[str, ...]]
) -> Iterable[Entry]:
    for page in found:
        address = page.get_full_url(request)
        if address:  # a page outside the site's tree has none
            yield Entry(address, page.last_published_at, pictures.get(page.pk, ()))


def _pictures(found: list[StoryPage]) -> dict[int, tuple[str, ...]]:
    """The pictures in each story, by its key: of each the widest size that was cut."""
    open_to_all = {str(story.pk): story.pk for story in found if not story.sensitive}
    used = ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(BasePage),
        object_id__in=open_to_all,
        to_content_type=ContentType.objects.get_for_model(StoryImage),
    ).values_list("object_id", "to_object_id")
    used = sorted({(object_id, int(image)) for object_id, image in used})
    cut = StoryRendition.objects.filter(image_id__in={image for _, image in used})
    by_width: Any = cut.order_by("width", "-pk")  # the last one of a picture stands
    widest = {each.image_id: each.full_url for each in by_width}
    told: dict[int, tuple[str, ...]] = {}
    for object_id, image in used:
        if image in widest:
            key = open_to_all[object_id]
            told[key] = (*told.get(key, ()), widest[image])
    return told


def _newest(found: Iterable[StoryPage]) -> datetime | None:
    return max(
        (story.last_published_at for story in found if story.last_published_at), default=None
    )


def _at(name: str) -> str:
    return f"{settings.WAGTAILADMIN_BASE_URL}/sitemaps/{name}.xml"


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context, content_type="application/xml; charset=utf-8")


urlpatterns = [
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", index, name="sitemap"),
    path("sitemaps/pages.xml", pages),
    path("sitemaps/news.xml", news),
    path("sitemaps/stories-<int:number>.xml", stories),
]
