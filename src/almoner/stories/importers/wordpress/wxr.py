"""Reads a WordPress export (WXR 1.0 to 1.2) piece by piece, however long it is.

Guarantee: nothing in the file can make the reader open another file, ask the network or grow:
a document type, where entities are made, is refused before it is read; the parser resolves no
entity, and holds one item at a time. A file that is not well-formed is refused with line and
column. Bytes that its encoding does not have, and control characters that XML forbids, are
replaced and counted (`Replaced`). Limit: a text of more than 10 MB is refused by the parser.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from lxml import etree

from almoner.stories.importers.decoding import ImportRefused

Element = etree._Element  # pyright: ignore[reportPrivateUsage] - lxml's only name for it

CHUNK = 256 * 1024
PROLOG = 64 * 1024  # of comments and processing instructions before the first element
# What of a post's meta data is read; plugins write a hundred others.
META = frozenset(
    "_thumbnail_id _wp_attachment_image_alt _wp_attached_file _yoast_wpseo_metadesc "
    "_yoast_wpseo_title".split()
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
          (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """What the file says of the site it is from."""

    title: str
    address: str  # of the blog: what its stories' addresses begin with
    version: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who can write on the site. Their e-mail address is not read."""

    login: str
    name: str


@dataclass(frozen=True, slots=True)
class Term:
    """A category, a tag, or a term of another taxonomy."""

    taxonomy: str
    slug: str
    name: str
    parent: str
    description: str


@dataclass(slots=True)
class Item:
    """A post, a page, an attachment, or anything else that WordPress keeps as one of these."""

    place: int  # from 1, in the file
    number: str = ""
    kind: str = ""
    status: str = ""
    title: str = ""
    link: str = ""
    guid: str = ""
    creator: str = ""
    slug: str = ""
    parent: str = ""
    date: str = ""
    date_gmt: str = ""
    pub_date: str = ""
    modified_gmt: str = ""
    password: str = ""
    content: str = ""
    excerpt: str = ""
    attachment: str = ""
    comments: int = 0
    terms: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    meta: dict[str, str] = field(default_factory=dict[str, str])


Entry = Site | Author | Term | Item


class Replaced:
    """How many characters of a file could not be read and are shown as U+FFFD."""

    def __init__(self) -> None:
        self.count = 0


def entries(path: Path, replaced: Replaced) -> Iterator[Entry]:
    """What the file has, in its order: the site first, then authors, terms and items."""
    try:
        with path.open("rb") as file:
            _refuse_document_type(path, file)
            yield from _entries(path, file, replaced)
    except OSError as error:
        raise ImportRefused("unreadable", f"{path} cannot be read: {error.strerror}.") from None


def _refuse_document_type(path: Path, file: BinaryIO) -> None:
    """Entities are made in a document type, and no export has one."""

    def refuse(*_: object) -> None:
        raise _document_type(path, f" (line {parser.CurrentLineNumber})")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    # What is wrong with the file the other parser says, in the file's own encoding.
    with suppress(expat.ExpatError, LookupError, ValueError):
        parser.Parse(file.read(PROLOG), False)
    file.seek(0)


def _refuse_late_document_type(path: Path, root: Element) -> None:
    """One behind the look ahead, or in an encoding that only the other parser reads."""
    if root.getroottree().docinfo.internalDTD is not None:
        raise _document_type(path, "")


def _document_type(path: Path, where: str) -> ImportRefused:
    return ImportRefused(
        "document_type",
        f"{path} declares a document type{where}, which no "
        "WordPress export does and through which a file can do harm. It was not read.",
    )


class _Clean:
    """A file as UTF-8 that XML allows, for a parser that asks for some of it at a time."""

    def __init__(self, path: Path, file: BinaryIO, replaced: Replaced) -> None:
        self._file = file
        self._replaced = replaced
        head = file.read(1024)
        mark = next(((m, e) for m, e in _MARKS if head.startswith(m)), None)
        declared = _DECLARED.match(head)
        name = mark[1] if mark else declared.group(1).decode("ascii") if declared else "utf-8"
        file.seek(len(mark[0]) if mark else 0)
        try:
            "<".encode(name)  # a codec of bytes or of nothing is no encoding of text
            self._decoder = codecs.getincrementaldecoder(name)("replace")
        except (LookupError, UnicodeError):
            raise ImportRefused(
                "encoding", f"{path} says that its encoding is {name}, which nobody knows."
            ) from None
        self._first = True

    def read(self, size: int = CHUNK) -> bytes:
        while True:
            data = self._file.read(min(size, CHUNK))
            text = self._decoder.decode(data, final=not data)
            if self._first and text:
                # The declaration named the file's encoding; what is handed on is UTF-8.
                text = re.sub(r"^\s*<\?xml[^>]*\?>", _as_lines, text)
                self._first = False
            text, forbidden = _FORBIDDEN.subn("\ufffd", text)
            self._replaced.count += text.count("\ufffd") if forbidden or "\ufffd" in text else 0
            if text or not data:
                return text.encode("utf-8", "replace")


def _as_lines(found: re.Match[str]) -> str:
    """As many line breaks as there were, so that an error names the right line."""
    return "\n" * found.group().count("\n")


def _entries(path: Path, file: BinaryIO, replaced: Replaced) -> Iterator[Entry]:
    events = etree.iterparse(
        _Clean(path, file, replaced),  # pyright: ignore[reportArgumentType] - read is enough
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
        encoding="utf-8",
    )
    channel: dict[str, str] = {}
    told = False
    place = 0
    try:
        for event, element in events:
            name = _name(element)
            parent = element.getparent()
            if event == "start":
                if parent is None:
                    _refuse_late_document_type(path, element)
                    if name != "rss":
                        raise _not_an_export(path, f"its first element is <{name}>")
                continue
            above = _name(parent) if parent is not None else ""
            if above != "channel":
                continue
            if name in _ENTRIES and not told:
                yield _site(path, channel)
                told = True
            if name == "item":
                place += 1
                yield _item(element, place)
            elif name in _ENTRIES:
                yield from _entry(name, element)
            else:
                channel.setdefault(name, _text(element))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]  # pyright: ignore[reportOptionalSubscript]
    except etree.XMLSyntaxError as error:
        line, column = error.position
        said = str(error.msg).partition(", line ")[0]
        raise ImportRefused(
            "malformed",
            f"{path} is not well-formed XML: line {line}, column {column}: {said}. "
            "Export it again, or mend that place.",
        ) from None
    if not told:
        yield _site(path, channel)


_ENTRIES = frozenset("author category tag term item".split())


def _site(path: Path, channel: dict[str, str]) -> Site:
    version = channel.get("wxr_version", "")
    if not re.fullmatch(r"\d+\.\d+", version):
        raise _not_an_export(path, "it has no wp:wxr_version")
    address = channel.get("base_blog_url") or channel.get("base_site_url") or channel.get("link")
    return Site(channel.get("title", ""), (address or "").rstrip("/"), version)


def _not_an_export(path: Path, why: str) -> ImportRefused:
    return ImportRefused(
        "not_wxr",
        f"{path} is no WordPress export: {why}. Make one with Tools → Export in WordPress.",
    )


def _entry(name: str, element: Element) -> Iterator[Author | Term]:
    texts = {_name(child): _text(child) for child in element}
    if name == "author" and texts.get("author_login"):
        full = f"{texts.get('author_first_name', '')} {texts.get('author_last_name', '')}".strip()
        login = texts["author_login"]
        yield Author(login, texts.get("author_display_name") or full or login)
    elif name == "category":
        yield Term(
            "category",
            texts.get("category_nicename", ""),
            texts.get("cat_name", ""),
            texts.get("category_parent", ""),
            texts.get("category_description", ""),
        )
    elif name == "tag":
        slug, label = texts.get("tag_slug", ""), texts.get("tag_name", "")
        yield Term("post_tag", slug, label, "", texts.get("tag_description", ""))
    elif name == "term":
        yield Term(
            texts.get("term_taxonomy", ""),
            texts.get("term_slug", ""),
            texts.get("term_name", ""),
            texts.get("term_parent", ""),
            texts.get("term_description", ""),
        )


_TEXTS = {
    "post_id": "number", "post_type": "kind", "status": "status", "title": "title",
    "link": "link", "guid": "guid", "creator": "creator", "post_name": "slug",
    "post_parent": "parent", "post_date": "date", "post_date_gmt": "date_gmt",
    "pubDate": "pub_date", "post_modified_gmt": "modified_gmt", "post_password": "password",
    "attachment_url": "attachment",
}  # fmt: skip


def _item(element: Element, place: int) -> Item:
    item = Item(place)
    for child in element:
        name = _name(child)
        if name == "encoded":
            # Two elements share the name; which is which is in their namespaces.
            which = "excerpt" if "excerpt" in str(child.tag) else "content"
            setattr(item, which, _text(child, strip=False))
        elif name in _TEXTS:
            setattr(item, _TEXTS[name], _text(child))
        elif name == "category":
            taxonomy = child.get("domain", "")
            taxonomy = {"tag": "post_tag", "": "category"}.get(taxonomy, taxonomy)
            item.terms.append((taxonomy, child.get("nicename", ""), _text(child)))
        elif name == "postmeta":
            texts = {_name(each): _text(each) for each in child}
            key = texts.get("meta_key", "")
            if key in META or key.startswith("_series_part"):
                item.meta[key] = texts.get("meta_value", "")
        elif name == "comment":
            item.comments += 1
    return item


def _name(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _text(element: Element, *, strip: bool = True) -> str:
    text = "".join(str(part) for part in element.itertext())
    return text.strip() if strip else text
