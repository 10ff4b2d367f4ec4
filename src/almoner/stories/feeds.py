"""Feeds with the full text of stories: the site's, and one for each page that lists stories.

Each is at the page's own address plus `rss.xml`, `atom.xml` or `feed.json`. Guarantee: a feed
tells of published, public stories only, and of a sensitive one no more than its neutral title and
text. The bytes are kept and told apart by the front door as pages are (`web.pages`), so that a
reader who asks with `If-None-Match` gets them only when they changed.
"""

import re
from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import re_path
from django.utils.feedgenerator import Enclosure, SyndicationFeed
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almoner.stories.base import BasePage
from almoner.stories.feed_formats import Atom, JsonFeed, Rss
from almoner.stories.full_text import full_text, printable
from almoner.stories.images import StoryImage
from almoner.stories.indexes import FoundByPage
from almoner.stories.listing import StoryQuerySet, stories
from almoner.stories.models import HomePage, StoryPage
from almoner.stories.outward import (
    Author,
    authors_of,
    permanent_id,
    picture_of,
    summary_of,
    title_of,
    topics_of,
    with_all_told,
)
from almoner.stories.public import page_at

FORMATS: dict[str, type[Rss | Atom | JsonFeed]] = {
    "rss.xml": Rss,
    "atom.xml": Atom,
    "feed.json": JsonFeed,
}
STORIES_A_FEED = 20  # whole stories: more would be a megabyte, and readers keep what they had
PICTURE = "width-1200|format-jpeg"  # a format that every reader shows


@require_safe
def feed(request: HttpRequest, place: str, name: str) -> HttpResponse:
    """The feed of the page at `place`; 404 where there is none."""
    page = page_at(request, place)
    found = stories_of(page) if page is not None else None
    if page is None or found is None:
        raise Http404("This page has no feed.")
    told = with_all_told(found[:STORIES_A_FEED], page.locale)
    written = make_feed(page, told, name)
    return HttpResponse(written.writeString("utf-8"), content_type=written.content_type)


def stories_of(page: BasePage) -> StoryQuerySet | None:
    """The stories that a page lists, newest first and whole; None for a page that lists none."""
    whole = stories().listed().defer(None).select_related("lead_image", "locale")
    if isinstance(page, HomePage):
        return whole.descendant_of(page)
    return whole.of(page.named_in, page, page.locale) if isinstance(page, FoundByPage) else None


def make_feed(page: BasePage, told: list[StoryPage], name: str) -> Any:
    """The feed of `page` in the format of that name, with the stories `told` in it."""
    address = cast(str, page.full_url)
    changed = [page.last_published_at, *(story.last_published_at for story in told)]
    made = FORMATS[name](
        title=printable(_title(page)),
        link=address,
        description=printable(summary_of(page)),
        subtitle=printable(summary_of(page)) or None,
        language=page.locale.language_code,
        feed_url=address + name,
        feed_guid=permanent_id(page),
        authors=[Author(settings.WAGTAIL_SITE_NAME, settings.WAGTAILADMIN_BASE_URL + "/")],
        updated=max(filter(None, changed), default=datetime.fromtimestamp(0, UTC)),
    )
    for story in told:
        _add(made, story)
    return made


def _title(page: BasePage) -> str:
    title, site = title_of(page), settings.WAGTAIL_SITE_NAME
    return site if title == site else f"{title} · {site}"


def _add(made: SyndicationFeed, story: StoryPage) -> None:
    address, picture = cast(str, story.full_url), picture_of(story)
    text = _words_only(story, address) if story.sensitive else full_text(story, address)
    made.add_item(
        title=printable(title_of(story)),
        link=address,
        description=printable(summary_of(story)),
        content=printable(text),
        unique_id=permanent_id(story),
        unique_id_is_permalink=False,
        pubdate=story.first_published_at,
        updateddate=story.last_published_at or story.first_published_at,
        authors=[Author(printable(each.name), each.url) for each in authors_of(story)],
        categories=tuple(printable(each) for each in topics_of(story)),
        enclosures=[_enclosure(picture)] if picture else [],
    )


def _words_only(story: StoryPage, address: str) -> str:
    words = format_html("<p>{}</p>\n", summary_of(story)) if summary_of(story) else ""
    return words + format_html('<p><a href="{}">{}</a></p>', address, _("Read it on our site"))


def _enclosure(picture: StoryImage) -> Enclosure:
    cut = picture.get_rendition(PICTURE)
    return Enclosure(cut.full_url, str(cut.file.size), "image/jpeg")


urlpatterns = [
    re_path(
        rf"^(?P<place>(?:[^/]+/)*)(?P<name>{'|'.join(map(re.escape, FORMATS))})$",
        feed,
        name="feed",
    )
]
