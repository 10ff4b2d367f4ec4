"""What a move brings, whatever it comes from: stories and what they name, as plain values.

A WordPress export and a folder of Markdown are both read into these; `writing` puts them into
the database. Pictures and links are kept as the source names them until then.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

State = Literal["published", "draft", "scheduled"]


@dataclass(frozen=True, slots=True)
class PictureAt:
    """A picture as its source names it: an address or a path, or a number where it has one."""

    address: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in a text: which, what it shows (may be empty), and its caption."""

    picture: PictureAt
    description: str
    caption: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of a body.

    `value` is HTML of our allow-list for a `paragraph`, text for a `heading`, a `Shown` for an
    `image`, a list of them for a `gallery`, a dictionary of texts for a `pull_quote` and a
    `video`; for anything else (`given` is true) what the block itself is made from.
    """

    type: str
    value: Any
    given: bool = False
    line: int = 0  # in its file, where it has one


@dataclass(slots=True)
class Body:
    """A body in order, what was made simpler on the way, and what was left out (by name)."""

    pieces: list[Piece] = field(default_factory=list[Piece])
    simplified: Counter[str] = field(default_factory=Counter[str])
    left_out: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True)
class Named:
    """An author, a topic or a series. `key` is unique in its source, `words` its text in HTML."""

    key: str
    slug: str
    title: str
    words: str = ""
    role: str = ""
    portrait: PictureAt | None = None
    id: str = ""  # the page's own, from an export of ours


@dataclass(frozen=True, slots=True)
class MovedPicture:
    """What a source says of a picture, beside where it is."""

    title: str = ""
    description: str = ""
    credit: str = ""
    focal_point: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Shell:
    """What is known of a story before its text is read; `row` is its row's key."""

    key: str
    slug: str
    title: str
    published: datetime | None
    row: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class MovedStory:
    """A story as its source has it; times are aware, `addresses` are where it was before."""

    key: str
    slug: str
    title: str
    standfirst: str
    state: State
    body: Body
    published: datetime | None = None
    updated: datetime | None = None
    byline: str = ""
    authors: tuple[str, ...] = ()  # keys of `Named`, as are the next two
    topics: tuple[str, ...] = ()
    series: str = ""
    series_place: int | None = None
    lead: Shown | None = None
    seo_title: str = ""
    search_description: str = ""
    base: str = ""  # what relative links in it are relative to
    addresses: tuple[str, ...] = ()
    expires: datetime | None = None
    more: dict[str, Any] = field(default_factory=dict[str, Any])  # further fields, by their name
    streams: dict[str, Any] = field(default_factory=dict[str, Any])  # the same, made of blocks
