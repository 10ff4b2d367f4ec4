"""Where everything was on the old site, and what a link to there leads to now.

Guarantee: only what everybody could read is redirected to. An address is compared by its path and
its number (`?p=12`), whatever its scheme, a leading www and a slash at its end.
"""

import html
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from almoner.stories.importers.wordpress.wxr import Item, Site

if TYPE_CHECKING:
    from almoner.stories.importers.wordpress.survey import Survey


def path_of(site: Site, address: str) -> str:
    """The path and query of an address on the site, "" of any other's; no slash at its end."""
    try:
        parts, own = urlsplit(html.unescape(address)), urlsplit(site.address)
    except ValueError:
        return ""
    if parts.scheme not in ("", "http", "https"):
        return ""
    if parts.netloc and _host(parts.netloc) != _host(own.netloc):
        return ""
    asked = "&".join(p for p in parts.query.split("&") if p.startswith(("p=", "page_id=")))
    path = unquote(parts.path).rstrip("/")
    if asked:
        return f"{path or '/'}?{asked}" if path in ("", own.path) else f"{path}?{asked}"
    return path or "/"


def resolver(found: "Survey") -> Callable[[str, str], str | None]:
    """What a link in a story leads to.

    The key of what is brought, "" for anything else of the old site, None for another's.
    """
    base = urlsplit(found.site.address).path
    named: dict[str, str] = {}
    for key in found.names:
        kind, _, slug = key.partition(":")
        for prefix in {"topic": ("category", "tag"), "author": ("author",)}.get(kind, ()):
            named[f"{base}/{prefix}/{unquote(slug)}"] = key

    def resolve(href: str, relative_to: str) -> str | None:
        path = path_of(found.site, urljoin(relative_to or found.site.address, href))
        if not path:
            return None
        last = path.rpartition("/")[2]
        nested = next(
            (
                named[k]
                for p in ("category", "tag")
                if f"{base}/{p}/" in path and (k := f"{base}/{p}/{last}") in named
            ),
            "",
        )
        return found.keys.get(path) or named.get(path) or nested

    return resolve


def name_addresses(found: "Survey") -> dict[str, tuple[str, ...]]:
    """Where WordPress had the lists of an author and a category, by its usual addresses."""
    base = urlsplit(found.site.address).path
    usual = {"topic": "category", "author": "author"}
    return {
        key: (f"{base}/{usual[kind]}/{unquote(slug)}",)
        for key in found.names
        for kind, _, slug in [key.partition(":")]
        if kind in usual
    }


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2].lower().removeprefix("www.")


def addresses_of(site: Site, item: Item) -> list[str]:
    """Every address that leads to an item: permalink, guid, and by its number."""
    base = urlsplit(site.address).path
    name = "page_id" if item.kind == "page" else "p"
    numbered = [f"{base or '/'}?{name}={item.number}"] if item.number else []
    found = [path_of(site, item.link), path_of(site, item.guid), *numbered]
    home = ("", "/", base)
    return list(dict.fromkeys(each for each in found if each not in home))


def addresses_to_redirect(site: Site, item: Item) -> tuple[str, ...]:
    """The addresses that others may know; none of what was never public."""
    return tuple(addresses_of(site, item)) if was_public(item) else ()


def was_public(item: Item) -> bool:
    """Whether anybody could read it at its address."""
    return item.status == "publish" and not item.password
