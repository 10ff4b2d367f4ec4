"""Whether the links of a story lead anywhere.

Guarantee: a link inside the site is answered as a reader's request would be, so what is called
broken is broken. Limit: nothing is asked of another site, which would tell it what is about to be
published; of such a link only the spelling is looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import get_language_from_path
from wagtail.contrib.redirects.middleware import get_redirect
from wagtail.contrib.redirects.models import Redirect
from wagtail.coreutils import get_dummy_request
from wagtail.models import Site

from almoner.stories.base import BasePage
from almoner.stories.checks.finding import Finding, advice, error, flat, rich_texts

# What says nothing when links are read out one by one (WCAG 2.2, 2.4.4 and 2.4.9).
EMPTY_WORDS = {"click here", "here", "link", "more", "read more", "this", "this link", "this page"}

_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d_][\w-]*", re.UNICODE)
# Answered in front of Django's views, or by one that a look would change.
_NOT_ASKED = ("/api/", "/counters", "/log/", "/share/", "/static/")
_NEVER_WEB = ("mailto:", "tel:")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in the text: to a page by its number, or to an address."""

    field: str
    text: str
    page: int | None = None
    address: str = ""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str], str]] = []
        self._open: dict[str, str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open, self._text = {name: value or "" for name, value in attrs}, ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open is not None:
            self.found.append((self._open, " ".join(self._text.split())))
            self._open = None


def links_of(body: Any, footnotes: Any) -> Iterator[Link]:
    """Every link that readers can follow from the text or the blocks beside it."""
    for field, source in rich_texts(body, footnotes):
        parser = _Links()
        parser.feed(source)
        for attributes, text in parser.found:
            if attributes.get("linktype") == "page":
                yield Link(field, text, page=int(attributes["id"]))
            else:
                yield Link(field, text, address=unescape(attributes.get("href", "")))
    for child in flat(body):
        if child.block_type == "product":
            link = Link("body", child.value["name"], address=child.value["url"])
        elif child.block_type == "post":
            link = Link("body", child.value["author"], address=child.value["url"])
        else:
            continue
        if link.text and link.address:  # without them the block itself is not finished
            yield link


def check_links(body: Any, footnotes: Any) -> Iterator[Finding]:
    """What is wrong with the links."""
    for link in links_of(body, footnotes):
        if not link.text:
            yield error(
                link.field,
                f"A link to {link.address or 'a page'} has no words.",
                "Readers cannot see it and a screen reader cannot say it. Remove it, or give it "
                "words.",
            )
            continue
        if link.text.casefold().strip(".… ") in EMPTY_WORDS:
            yield advice(
                link.field,
                f"A link is called “{link.text}”.",
                "Say where it leads: “the food bank’s opening hours”. Some readers have links "
                "read out without the words around them.",
            )
        found = _page(link) if link.page is not None else _address(link)
        if found is not None:
            yield found


def _page(link: Link) -> Finding | None:
    page = BasePage.objects.filter(pk=link.page).first()
    if page is None:
        return error(
            link.field,
            f"The link “{link.text}” leads to a page that has been deleted.",
            "Remove the link, or choose another page.",
        )
    if not page.live:
        return advice(
            link.field,
            f"The link “{link.text}” leads to “{page.title}”, which is not published.",
            "Readers will be told that there is no such page until it is. Publish it first, or "
            "for the same time.",
        )
    return None


def _address(link: Link) -> Finding | None:
    address = link.address
    if address.startswith(("#", *_NEVER_WEB)):
        return None
    path = own_path(address)
    if path is not None:
        return _own(link, path)
    parts = _parts(address)
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.hostname or ""):
        return error(
            link.field,
            f"The link “{link.text}” has an address that no browser can open: “{address}”.",
            "Paste the whole address, beginning with https://.",
        )
    if parts.scheme == "http":
        return advice(
            link.field,
            f"The link “{link.text}” begins with http://.",
            "Anyone on the reader’s network can see and change what such a site sends. Try the "
            "address with https://.",
        )
    return None


def _own(link: Link, path: str) -> Finding | None:
    request = get_dummy_request(path=path, site=Site.objects.get(is_default_site=True))
    if leads_somewhere(request):
        return None
    redirect = get_redirect(request, Redirect.normalise_path(path))
    if redirect is not None and redirect.link:
        return advice(
            link.field,
            f"The link “{link.text}” leads to an old address of this site: {path}",
            f"Readers are sent on, so it works. The new address is {redirect.link}",
        )
    return error(
        link.field,
        f"The link “{link.text}” leads to a page that this site does not have: {path}",
        "Choose the page from the list instead of typing its address.",
    )


def _parts(address: str) -> SplitResult:
    """The parts of an address; none of what is no address at all (`http://[`)."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def own_path(address: str) -> str | None:
    """The path of an address of this site, or None for any other."""
    own, parts = urlsplit(settings.WAGTAILADMIN_BASE_URL), _parts(address)
    if not parts.scheme and not parts.netloc:
        return parts.path if parts.path.startswith("/") else None
    return (parts.path or "/") if parts.netloc == own.netloc else None


def leads_somewhere(request: HttpRequest) -> bool:
    """Whether a reader's request is answered with a page. No view that it asks changes anything."""
    if request.path.startswith(_NOT_ASKED):
        return True
    if request.path.startswith("/admin/"):
        return False  # no reader can open it
    request.user, request.session = AnonymousUser(), SessionBase()
    with translation.override(get_language_from_path(request.path) or settings.LANGUAGE_CODE):
        try:
            match = resolve(request.path)
            return match.func(request, *match.args, **match.kwargs).status_code < 400
        except (Resolver404, Http404, PermissionDenied):
            return False
