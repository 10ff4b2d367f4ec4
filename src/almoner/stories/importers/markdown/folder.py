"""A folder of Markdown files with front matter: ours (`almoner export`), Hugo's or Jekyll's.

Guarantee: every Markdown file has exactly one row in the report; one that cannot be understood is
left out with its error, which names file, line and field, and the others go on. Nothing outside
the folder is read. The fields are in docs/how-to/move-markdown.md.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.utils.text import slugify

from almoner.stories.importers.decoding import ImportRefused
from almoner.stories.importers.markdown.fields import addresses_of, lead_of, portable_more, state_of
from almoner.stories.importers.markdown.front_matter import (
    FrontMatter,
    read_front_matter,
    read_yaml,
)
from almoner.stories.importers.markdown.prose import read_markdown
from almoner.stories.importers.moving.body import plain_text
from almoner.stories.importers.moving.moved import (
    Body,
    MovedPicture,
    MovedStory,
    Named,
    PictureAt,
    Piece,
    Shell,
    Shown,
)
from almoner.stories.importers.moving.report import Report, Row

MAX_FILES = 100_000
MAX_BYTES = 4 * 1024 * 1024  # a novel has one
NAMED = {"authors": "author", "topics": "topic", "series": "series"}
PICTURES = "media/pictures.yml"
STANDFIRST = 400
_DATED = re.compile(r"^(\d{4}-\d{2}-\d{2})-(.+)$")
_ENDINGS = (".md", ".markdown")
_OTHER = frozenset(("_index", "readme", "license", "changelog", "contributing"))


@dataclass(slots=True)
class Folder:
    """What is in a folder; texts are read again when they are needed."""

    root: Path
    report: Report
    tags: bool
    now: datetime
    names: dict[str, Named] = field(default_factory=dict[str, Named])
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    shells: list[Shell] = field(default_factory=list[Shell])
    keys: dict[str, str] = field(default_factory=dict[str, str])  # path → key
    pictures: dict[str, MovedPicture] = field(default_factory=dict[str, MovedPicture])
    files: list[str] = field(default_factory=list[str])
    wrong: int = 0


def read_folder(root: Path, now: datetime, *, tags: bool) -> Folder:
    """Look through a folder once; `ImportRefused` where there is none."""
    if not root.is_dir():
        raise ImportRefused("folder", f"{root} is no directory.")
    folder = Folder(root, Report(root.name or str(root)), tags, now)
    found = list(_files(root))
    if not found:
        raise ImportRefused("empty", f"{root} has no Markdown files (.md).")
    folder.pictures = _pictures(root)
    # Those that stories name come first: a story may name them by slug or by title.
    for path in sorted(found, key=lambda path: (path.split("/")[0] not in NAMED, path)):
        row = folder.report.add(Row(f"item:{path}", "file", path, "", status=""))
        try:
            _look(folder, path, row)
        except ImportRefused as refused:
            row.becomes = "left out"
            row.notes = [refused.message]
            folder.wrong += 1
    folder.report.check(len(found))
    folder.report.notes.append(f"{len(found):,} files, each in one row above.")
    return folder


def stories(folder: Folder) -> Iterator[tuple[MovedStory, Row]]:
    """Each story with its row, its text read."""
    for path in folder.files:
        row = folder.report.row(f"item:{path}")
        yield _story(folder, path, _read(folder.root, path), row), row


def resolver(folder: Folder) -> Callable[[str, str], str | None]:
    """What a link in a file leads to, by the path of the other file or by its name alone."""
    by_name: dict[str, str] = {}
    for path, key in folder.keys.items():
        stem = PurePosixPath(path).stem
        name = PurePosixPath(path).parent.name if stem == "index" else stem
        by_name.setdefault(name, key)
        dated = _DATED.match(name)
        if dated:
            by_name.setdefault(dated.group(2), key)

    def resolve(href: str, base: str) -> str | None:
        parts = urlsplit(href)
        if parts.scheme or parts.netloc or not parts.path:
            return None
        path = _joined(base, unquote(parts.path))
        for name in (path, *(f"{path}{end}" for end in (".md", ".markdown", "/index.md"))):
            if name in folder.keys:
                return folder.keys[name]
        return by_name.get(PurePosixPath(path).stem, "")

    return resolve


def picture_path(base: str, address: str) -> str:
    """The path of a picture from the folder's top, as a file names it."""
    try:
        parts = urlsplit(address)
    except ValueError:  # no address: whoever looks for it says so
        return address
    return address if parts.scheme or parts.netloc else _joined(base, unquote(parts.path))


def _joined(base: str, path: str) -> str:
    parent = "" if path.startswith("/") else str(PurePosixPath(base).parent)
    return os.path.normpath(f"{parent}/{path}").strip("/").removeprefix("./")


def _files(root: Path) -> Iterator[str]:
    """Paths of Markdown files, in an order that is the same everywhere."""
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        for name in sorted(files):
            if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                count += 1
                if count > MAX_FILES:
                    raise ImportRefused("too_many", f"{root} has more than {MAX_FILES:,} files.")
                yield (Path(folder) / name).relative_to(root).as_posix()


def _read(root: Path, path: str) -> FrontMatter:
    file = root / path
    try:
        if not file.resolve().is_relative_to(root.resolve()):
            raise ImportRefused("outside", f"{path} leads out of the folder.")
        if file.stat().st_size > MAX_BYTES:
            raise ImportRefused("too_large", f"{path} has more than {MAX_BYTES // 1024**2} MB.")
        data = file.read_bytes()
    except OSError as error:
        raise ImportRefused("unreadable", f"{path} cannot be read: {error.strerror}.") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ImportRefused(
            "encoding", f"{path}, line {line}: this is not UTF-8. Save it as UTF-8."
        ) from None
    return read_front_matter(path, text)


def _look(folder: Folder, path: str, row: Row) -> None:
    """Judge a file by its front matter."""
    matter = _read(folder.root, path)
    own = _id(matter)
    top = path.split("/")[0]
    stem = PurePosixPath(path).stem
    if top in NAMED and path.count("/") == 1 and stem != "_index":
        _name(folder, path, matter, row, own)
        return
    if top == "translations":
        row.becomes = "left out"
        row.notes.append("a translation: it is not brought; translate the story here")
        return
    if stem.lower() in _OTHER:
        row.becomes = "left out"
        row.notes.append("a page about the folder, no story")
        return
    state, published, why = state_of(matter, path, folder.now)
    # All of it is read, so that what is wrong with it is known before anything is written.
    _story(folder, path, matter, Row("", "", "", ""))
    key = f"markdown:{path}"
    row.title = _title(matter, path)[0]
    row.address = path
    row.becomes = {"published": "story", "draft": "draft", "scheduled": "scheduled story"}[state]
    row.notes += [why] if why else []
    folder.keys[path] = key
    folder.files.append(path)
    shelved = published if state == "published" else None
    folder.shells.append(Shell(key, _slug(matter, path), row.title, shelved, row.key, own))


def _id(matter: FrontMatter) -> str:
    text = matter.text_of("id")
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        return ""  # another program's


def _name(folder: Folder, path: str, matter: FrontMatter, row: Row, own: str) -> None:
    kind = NAMED[path.split("/")[0]]
    stem = PurePosixPath(path).stem
    key = f"{kind}:{stem}"
    title = matter.text_of("name", "title") or stem
    portrait = matter.text_of("portrait", "image", "avatar")
    if kind == "author":
        pieces = read_markdown(matter.text, first_line=matter.text_line).pieces
        words = "".join(str(piece.value) for piece in pieces if piece.type == "paragraph")
    else:
        texts = [str(p.value) for p in read_markdown(matter.text).pieces if p.type == "paragraph"]
        words = matter.text_of("standfirst", "description") or plain_text("".join(texts))
    at = PictureAt(picture_path(path, portrait)) if portrait else None
    named = Named(key, stem, title, words, matter.text_of("role"), at, own)
    folder.names[key] = named
    folder.keys[path] = key
    row.title, row.becomes = title, kind
    _note_unused(matter, row)


def _named(folder: Folder, kind: str, wanted: list[str]) -> tuple[str, ...]:
    """The keys of those that a story names; who has no file of their own is made."""
    keys: list[str] = []
    for text in wanted:
        slug = slugify(text, allow_unicode=True) or text
        same = (k for k, n in folder.names.items()
                if k.startswith(f"{kind}:") and n.title.casefold() == text.casefold())  # fmt: skip
        direct = f"{kind}:{text}"
        key = direct if direct in folder.names else next(same, f"{kind}:{slug}")
        if key not in folder.names:
            folder.names[key] = Named(key, slug, text)
            row = Row(f"name:{key}", kind, text, kind)
            row.notes.append("named by stories; it has no file of its own")
            folder.report.add(row)
        keys.append(key)
    return tuple(dict.fromkeys(keys))


def _title(matter: FrontMatter, path: str) -> tuple[str, bool]:
    """The title, and whether it was the first heading of the text."""
    given = matter.text_of("title")
    if given:
        return given, False
    heading = re.match(r"\s*#\s+(.+?)\s*#*\s*(?:\n|\Z)", matter.text)
    if heading:
        return plain_text(heading.group(1)), True
    return _stem(path).replace("-", " ").replace("_", " ").capitalize(), False


def _stem(path: str) -> str:
    """The name of a file; of its folder where it is called index."""
    pure = PurePosixPath(path)
    stem = pure.parent.name if pure.stem == "index" and pure.parent.name else pure.stem
    dated = _DATED.match(stem)
    return dated.group(2) if dated else stem


def _slug(matter: FrontMatter, path: str) -> str:
    return matter.text_of("slug") or _stem(path)


def _story(folder: Folder, path: str, matter: FrontMatter, row: Row) -> MovedStory:
    title, in_text = _title(matter, path)
    text = matter.text
    if in_text:
        text = re.sub(r"\A\s*#\s+.+", lambda m: "\n" * m.group().count("\n"), text, count=1)
    body = read_markdown(text, first_line=matter.text_line)
    body.pieces = [_placed(path, piece) for piece in body.pieces]
    _note_body(body, row)
    state, published, _ = state_of(matter, path, folder.now)
    matter.take("id", "title", "slug")
    series = matter.texts_of("series")
    more, streams = portable_more(matter)
    tags = matter.texts_of("tags")
    topics = [*matter.texts_of("topics"), *matter.texts_of("categories", "category"),
              *(tags if folder.tags else [])]  # fmt: skip
    if tags and not folder.tags:
        row.notes.append("its tags become topics with --tags")
    story = MovedStory(
        key=f"markdown:{path}",
        slug=_slug(matter, path),
        title=title,
        standfirst=_standfirst(matter, body, title, row),
        state=state,
        body=body,
        published=published,
        updated=matter.time_of("updated", "lastmod", "last_modified_at", "modified"),
        byline=matter.text_of("byline"),
        authors=_named(folder, "author", matter.texts_of("authors", "author")),
        topics=_named(folder, "topic", topics),
        series=next(iter(_named(folder, "series", series[:1])), ""),
        series_place=matter.number_of("series_place", "series_order", "series_weight"),
        lead=_lead(path, matter),
        seo_title=matter.text_of("seo_title"),
        search_description=matter.text_of("search_description"),
        base=path,
        addresses=addresses_of(matter) if state == "published" else (),
        expires=matter.time_of("expires", "expiryDate"),
        more=more,
        streams=streams,
    )
    _note_unused(matter, row)
    return story


def _lead(path: str, matter: FrontMatter) -> Shown | None:
    lead = lead_of(matter)
    if lead is None:
        return None
    return Shown(
        PictureAt(picture_path(path, lead.picture.address)), lead.description, lead.caption
    )


def _placed(path: str, piece: Piece) -> Piece:
    """A piece whose picture is named by its path from the folder's top.

    A block of our own has its pictures in its YAML, and they are looked up when it is made.
    """
    if piece.given:
        return piece
    if piece.type == "image":
        shown = cast("Shown", piece.value)
        at = PictureAt(picture_path(path, shown.picture.address))
        return Piece("image", Shown(at, shown.description, shown.caption))
    if piece.type == "gallery":
        one = [_placed(path, Piece("image", each)).value for each in piece.value]
        return Piece("gallery", one)
    return piece


def _standfirst(matter: FrontMatter, body: Body, title: str, row: Row) -> str:
    given = plain_text(
        matter.text_of("standfirst", "description", "summary", "excerpt", "subtitle")
    )
    if not given:
        first = next((p.value for p in body.pieces if p.type == "paragraph"), "")
        given = plain_text(str(first)) or title
        row.notes.append("no standfirst: its first words stand in")
    if len(given) > STANDFIRST:
        row.notes.append("its standfirst was too long and was cut")
        given = f"{given[: STANDFIRST - 1].rpartition(' ')[0]}…"
    return given


def _note_body(body: Body, row: Row) -> None:
    row.notes += [f"left out: {name} × {count}" for name, count in body.left_out.items()]
    if body.simplified:
        told = ", ".join(f"{name} × {count}" for name, count in body.simplified.items())
        row.notes.append(f"made simpler: {told}")


def _note_unused(matter: FrontMatter, row: Row) -> None:
    if unused := matter.unused():
        row.notes.append(f"fields that nothing is made of: {', '.join(unused)}")


def _pictures(root: Path) -> dict[str, MovedPicture]:
    """What an export of ours says of its pictures."""
    file = root / PICTURES
    if not file.is_file():
        return {}
    fields, lines = read_yaml(PICTURES, file.read_text("utf-8"), 1)
    found: dict[str, MovedPicture] = {}
    for name, said in fields.items():
        if not isinstance(said, dict):
            raise ImportRefused("field", f"{PICTURES}, line {lines[name]}, {name}: must be fields.")
        texts = cast("dict[str, Any]", said)
        point = texts.get("focal_point")
        found[f"media/{name}"] = MovedPicture(
            str(texts.get("title", "")),
            str(texts.get("description", "")),
            str(texts.get("credit", "")),
            tuple(int(n) for n in point) if isinstance(point, list) and len(point) == 4 else None,  # pyright: ignore
        )
    return found


def now() -> datetime:
    """The time at which what is due is judged."""
    return datetime.now(UTC)
