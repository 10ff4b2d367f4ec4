"""A strict reader of RSS 2.0 and Atom feeds: says what is wrong with one, by name and place.

Names are those of the feed validator's own test data (tests/vectors/feedvalidator), which it is
held to. Sources: rssboard.org/rss-specification, RFC 4287, RFC 822 section 5 as RSS uses it.
`ValidRFC2822Date` is the one finding that praises; `ProblematicalRFC822Date` is a date that the
standard allows and common readers fail on, refused here like any other fault.
"""

import calendar
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"

DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
ZONES = "UT GMT EST EDT CST CDT MST MDT PST PDT".split()

_DATE = re.compile(
    rf"(?:(?P<weekday>{'|'.join(DAYS)}), )?(?P<day>\d\d?) (?P<month>{'|'.join(MONTHS)}) "
    rf"(?P<year>\d{{4}}) \d\d:\d\d(?::\d\d)? (?:{'|'.join(ZONES)}|[+-]\d{{4}})"
)
_ALLOWED_DATE = re.compile(
    rf"(?:(?P<weekday>{'|'.join(DAYS)})\s*,\s*)?(?P<day>\d\d?)\s+(?P<month>{'|'.join(MONTHS)})\s+"
    rf"(?P<year>\d\d(?:\d\d)?)\s+\d\d:\d\d(?::\d\d)?\s+(?:{'|'.join(ZONES)}|[A-IK-Z]|[+-]\d{{4}})",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\((?:\\.|[^()\\])*\)")
_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)


class Finding(NamedTuple):
    """What was found, and on which element under which."""

    name: str
    parent: str
    element: str


def faults(feed: bytes) -> list[Finding]:
    """Everything that is wrong with a feed."""
    return [each for each in findings(feed) if each.name != "ValidRFC2822Date"]


def findings(feed: bytes) -> list[Finding]:
    """Everything worth saying about a feed, in its order."""
    root = etree.fromstring(feed)
    if root.tag == f"{ATOM}feed":
        return list(_atom(root))
    assert root.tag == "rss", f"neither RSS nor Atom: {root.tag}"
    return list(_rss(root))


def date_finding(text: str) -> str:
    """How good a date is for RSS."""
    found = _DATE.fullmatch(text)
    if found is not None and _is_a_day(found):
        return "ValidRFC2822Date"
    bare = text
    while (less := _COMMENT.sub(" ", bare)) != bare:
        bare = less
    found = _ALLOWED_DATE.fullmatch(bare.strip())
    if found is not None and _is_a_day(found):
        return "ProblematicalRFC822Date"
    return "InvalidRFC2822Date"


def _is_a_day(found: re.Match[str]) -> bool:
    year, day = int(found["year"]), int(found["day"])
    if year < 100:
        year += 2000 if year < 50 else 1900
    month = MONTHS.index(found["month"].title()) + 1
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return False
    told = found["weekday"]
    return told is None or DAYS[calendar.weekday(year, month, day)] == told.title()


def _rss(root: etree._Element) -> Iterator[Finding]:
    channel = root.find("channel")
    if root.get("version") != "2.0" or channel is None:
        yield Finding("MissingElement", "rss", "channel")
        return
    yield from _required(channel, "title", "link", "description")
    selves = [link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if len(selves) != 1:
        yield Finding("MissingAtomSelfLink", "rss", "channel")
    items = channel.findall("item")
    for element in channel.iter("pubDate", "lastBuildDate"):
        yield _named(date_finding(element.text or ""), element)
    for element in channel.iter("link", "url"):
        yield from _absolute(element, element.text or "")
    for item in items:
        yield from _rss_item(item)
    yield from _repeated(items, "guid")


def _rss_item(item: etree._Element) -> Iterator[Finding]:
    if item.find("title") is None and item.find("description") is None:
        yield Finding("ItemMustContainTitleOrDescription", "channel", "item")
    yield from _once(item, "title", "link", "description", "guid", "pubDate", "enclosure", CONTENT)
    for guid in item.iter("guid"):
        if guid.get("isPermaLink", "true") == "true":
            yield from _absolute(guid, guid.text or "")
    for enclosure in item.iter("enclosure"):
        yield from _absolute(enclosure, enclosure.get("url", ""))
        if not re.fullmatch(r"[1-9]\d*", enclosure.get("length", "")):
            yield _named("InvalidIntegerAttribute", enclosure)
        if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", enclosure.get("type", "")):
            yield _named("InvalidMIMEAttribute", enclosure)
    for title in item.iter("title"):
        if _TAG.search(title.text or ""):
            yield _named("ContainsHTML", title)
    for element in item.iter("description", CONTENT):
        yield from _html(element)


def _atom(feed: etree._Element) -> Iterator[Finding]:
    yield from _required(feed, *(ATOM + name for name in ("title", "id", "updated")))
    if not [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]:
        yield Finding("MissingSelf", "feed", "link")
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        yield from _required(entry, *(ATOM + name for name in ("title", "id", "updated")))
        yield from _once(entry, *(ATOM + name for name in ("summary", "content", "published")))
        if entry.find(f"{ATOM}author") is None and feed.find(f"{ATOM}author") is None:
            yield Finding("MissingElement", "entry", "author")
        alternates = [
            link
            for link in entry.findall(f"{ATOM}link")
            if link.get("rel", "alternate") == "alternate"
        ]
        if entry.find(f"{ATOM}content") is None and not alternates:
            yield Finding("MissingContentOrAlternate", "feed", "entry")
    for author in feed.iter(f"{ATOM}author"):
        yield from _required(author, f"{ATOM}name")
        for name in author.iter(f"{ATOM}name"):
            if _TAG.search(name.text or ""):
                yield Finding("ContainsHTML", "author", "name")
    for element in feed.iter(f"{ATOM}updated", f"{ATOM}published"):
        if not _is_rfc3339(element.text or ""):
            yield _named("InvalidRFC3339Date", element)
    for element in feed.iter(f"{ATOM}link"):
        yield from _absolute(element, element.get("href", ""))
    for element in feed.iter(f"{ATOM}id", f"{ATOM}uri"):
        yield from _absolute(element, element.text or "")
    for element in feed.iter(f"{ATOM}summary", f"{ATOM}content"):
        yield from _html(element)
    yield from _repeated(entries, f"{ATOM}id")


def _html(element: etree._Element) -> Iterator[Finding]:
    """Escaped markup holds no elements itself, and each address in it is whole."""
    kind = element.get("type", "html")
    if kind != "xhtml" and len(element):
        yield _named("NotEscaped", element)
        return
    text = element.text or ""
    if kind == "text" or not text.strip():
        return
    from lxml import html

    for part in html.fragment_fromstring(text, create_parent=True).iter():
        for name in ("href", "src"):
            if name in part.attrib and not urlsplit(part.attrib[name]).scheme:
                yield _named("ContainsRelRef", element)
        if part.tag in ("script", "iframe", "object", "style", "form") or any(
            name == "style" or name.startswith("on") for name in part.attrib
        ):
            yield _named("SecurityRisk", element)


def _required(parent: etree._Element, *tags: str) -> Iterator[Finding]:
    for tag in tags:
        if parent.find(tag) is None:
            yield Finding("MissingElement", _local(parent), tag.rpartition("}")[2])
    yield from _once(parent, *tags)


def _once(parent: etree._Element, *tags: str) -> Iterator[Finding]:
    for tag in tags:
        if len(parent.findall(tag)) > 1:
            yield Finding("DuplicateElement", _local(parent), tag.rpartition("}")[2])


def _repeated(items: list[etree._Element], tag: str) -> Iterator[Finding]:
    ids = [item.findtext(tag) for item in items]
    for value, times in Counter(ids).items():
        if value is not None and times > 1:
            yield Finding("DuplicateEntries", _local(items[0]), tag.rpartition("}")[2])


def _absolute(element: etree._Element, address: str) -> Iterator[Finding]:
    parts = urlsplit(address)
    if not parts.scheme or not (parts.netloc or parts.scheme in ("urn", "tag")):
        yield _named("InvalidFullLink", element)


def _is_rfc3339(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _named(name: str, element: etree._Element) -> Finding:
    parent = element.getparent()
    return Finding(name, "" if parent is None else _local(parent), _local(element))


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
