"""oEmbed 1.0: how others show our stories and counters in their pages (oembed.com).

`GET /oembed?url=…` answers for a story or a cause with a frame of ours (`stories.frames`), for a
sensitive story with a plain link under its neutral title. Errors are problems (RFC 9457) with the
specification's statuses; a private page is not found, for that there is one is private too.
"""

import json
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, resolve
from django.utils.html import format_html
from django.utils.translation import get_language_from_path, override
from django.views.decorators.http import require_safe
from lxml import etree
from wagtail.models import Site

from almoner.giving.models import Cause
from almoner.intake.problem import MEDIA_TYPE, Problem
from almoner.stories import share_picture
from almoner.stories.frames import counter_frame, story_frame
from almoner.stories.full_text import printable
from almoner.stories.models import StoryPage
from almoner.stories.outward import authors_of, picture_of, title_of
from almoner.stories.public import page_at

CACHE_AGE = 3600  # seconds that a page may show what it was told
STORY_SIZE, NARROW, NARROW_HEIGHT = (600, 220), 440, 330
COUNTER_SIZE = (320, 170)
THUMBNAIL = (480, 300)  # as cards in lists have it: nobody can make us cut other sizes
# A style, because HTML has no attribute for it any more.
FRAME = (
    '<iframe src="{}" width="{}" height="{}" title="{}" style="border:0;max-width:100%" '
    'loading="lazy" referrerpolicy="no-referrer"></iframe>'
)

Members = dict[str, Any]


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """How to embed what is at an address of ours."""
    try:
        name = request.GET.get("format", "json")
        if name not in ("json", "xml"):
            raise Problem(
                501,
                "format-not-implemented",
                "No such format",
                f"format is {name[:20]!r}: ask for json or xml.",
                field="format",
            )
        width, height = _limit(request, "maxwidth"), _limit(request, "maxheight")
        answer = _written(_embed(request, width, height), name)
    except Problem as problem:
        answer = HttpResponse(
            problem.body(), status=problem.status, content_type=MEDIA_TYPE.decode()
        )
    # Pages of others ask from their readers' browsers.
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, no-cache"
    return answer


def _embed(request: HttpRequest, width: int, height: int) -> Members:
    found = _at(request, request.GET.get("url", ""))
    common = {
        "version": "1.0",
        "provider_name": settings.WAGTAIL_SITE_NAME,
        "provider_url": f"{settings.WAGTAILADMIN_BASE_URL}/",
        "cache_age": CACHE_AGE,
    }
    if isinstance(found, Cause):
        wide, high = min(COUNTER_SIZE[0], width), min(COUNTER_SIZE[1], height)
        return {**common, **_rich(found.local_label, counter_frame(found.slug), wide, high)}
    title = title_of(found)
    if found.sensitive:
        return {**common, "type": "link", "title": title}
    wide = min(STORY_SIZE[0], width)
    high = min(STORY_SIZE[1] if wide >= NARROW else NARROW_HEIGHT, height)
    return {
        **common,
        **_rich(title, story_frame(found), wide, high),
        **_authors(found),
        **_thumbnail(found, width, height),
    }


def _rich(title: str, frame: str, width: int, height: int) -> Members:
    return {
        "type": "rich",
        "title": title,
        "html": str(format_html(FRAME, frame, width, height, title)),
        "width": width,
        "height": height,
    }


def _authors(story: StoryPage) -> Members:
    authors = authors_of(story)
    if not authors:
        return {}
    first, *others = authors
    members = {"author_name": ", ".join(each.name for each in authors)}
    return {**members, "author_url": first.url} if first.url and not others else members


def _thumbnail(story: StoryPage, width: int, height: int) -> Members:
    """The largest picture that is no larger than asked for."""
    size, picture = (share_picture.WIDTH, share_picture.HEIGHT), picture_of(story)
    if size[0] <= width and size[1] <= height:
        url = share_picture.address(story)
    elif picture is not None and THUMBNAIL[0] <= width and THUMBNAIL[1] <= height:
        size = THUMBNAIL
        url = picture.get_rendition("format-jpeg|fill-480x300").full_url
    else:
        return {}
    return {"thumbnail_url": url, "thumbnail_width": size[0], "thumbnail_height": size[1]}


def _at(request: HttpRequest, address: str) -> StoryPage | Cause:
    """The story or the cause at an address; a `Problem` where there is none."""
    if not address:
        raise Problem(
            400, "url-missing", "No address", "Say what to embed: /oembed?url=…", field="url"
        )
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    found = None
    if parts.netloc in _hosts(request):
        with override(get_language_from_path(parts.path) or settings.LANGUAGE_CODE):
            found = _resolved(request, parts.path)
    if found is None:
        raise Problem(
            404,
            "nothing-to-embed",
            "Nothing to embed",
            "url is not the address of a public story or cause of this site.",
            field="url",
        )
    return found


def _hosts(request: HttpRequest) -> set[str]:
    """The hosts of our addresses, the configured one and Wagtail's, with their ports."""
    site: Any = Site.find_for_request(request)
    roots = [settings.WAGTAILADMIN_BASE_URL, *([site.root_url] if site else [])]
    return {urlsplit(root).netloc for root in roots}


def _resolved(request: HttpRequest, place: str) -> StoryPage | Cause | None:
    try:
        match = resolve(place)
    except Http404:
        return None
    if match.url_name == "cause":
        return Cause.objects.filter(slug=match.kwargs["slug"]).first()
    if match.url_name != "wagtail_serve":
        return None
    page = page_at(request, match.args[0] if match.args else "")
    return page if isinstance(page, StoryPage) else None


def _limit(request: HttpRequest, name: str) -> int:
    """The largest width or height that is wanted, in pixels."""
    given = request.GET.get(name)
    if given is None:
        return 10_000  # more than anything of ours
    if not given.isdecimal() or not int(given[:9]) >= 1:
        raise Problem(
            400,
            "not-a-size",
            "Not a size",
            f"{name} is {given[:20]!r}: give a whole number of pixels, such as 600.",
            field=name,
        )
    return int(given[:9])


def _written(members: Members, name: str) -> HttpResponse:
    if name == "json":
        return HttpResponse(
            json.dumps(members, ensure_ascii=False), content_type="application/json"
        )
    root = etree.Element("oembed")
    for key, value in members.items():
        cast(Any, etree.SubElement(root, key)).text = printable(str(value))
    text = etree.tostring(root, xml_declaration=True, encoding="utf-8", standalone=True)
    return HttpResponse(text, content_type="text/xml; charset=utf-8")


urlpatterns = [path("oembed", oembed, name="oembed")]
