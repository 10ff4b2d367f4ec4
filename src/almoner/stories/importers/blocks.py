"""The pieces a saved page is made of, whether it was HTML or plain text.

A block is what a reader sees as one line group: a paragraph, a heading, a table cell, a
caption. An outline is the blocks in reading order with the tree they stood in, so that
later steps can ask what stood together. No step changes a block; each passes judgement.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

BREAK = "\x1e"  # stands for <br> until white space is collapsed; cannot occur in a page

Sight = Literal["", "hidden", "aria", "noscript", "spoken"]

_SOURCE_SPACE = re.compile(r"[ \t\r\n\f\v\u0085]+")
_SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u180e]")
# Joiners shape emoji and some scripts; between plain letters they are debris of copying.
_JOINER = re.compile(r"(?<=[\x00-\u02ff])[\u200c\u200d]|[\u200c\u200d](?=[\x00-\u02ff])")
_SENTENCE = re.compile(r"[.!?…。！？](?:[\"'”’»)\]]|\s|$)")
PROSE_CHARS = 40  # shorter blocks are as often a teaser or a button as a sentence


@dataclass(frozen=True, slots=True)
class Block:
    """One block.

    `text` is what is read; `counter` is the same as a banner would be read: element borders
    as spaces, cells and runs of spaces kept, animated figures filled in.
    """

    text: str
    counter: str
    tag: str
    node: int
    region: str = ""
    sight: Sight = ""
    linked: int = 0
    note: str = ""

    @property
    def is_prose(self) -> bool:
        """Whether the block holds a sentence and is not mostly links."""
        size = len(self.text)
        return (
            size >= PROSE_CHARS
            and self.linked * 2 < size
            and bool(_SENTENCE.search(self.text))
            and self.tag not in ("img", "media")
        )

    @property
    def is_heading(self) -> bool:
        """Whether the block is marked as a heading."""
        return len(self.tag) == 2 and self.tag[0] == "h" and self.tag[1] in "123456"


@dataclass(slots=True)
class Outline:
    """The blocks of a page in order, and the tree of the elements that held them."""

    blocks: list[Block]
    parents: list[int] = field(default_factory=lambda: [0])
    tags: list[str] = field(default_factory=lambda: ["page"])
    hints: list[frozenset[str]] = field(default_factory=lambda: [frozenset()])
    language: str = ""
    title: str = ""
    shared_title: str = ""
    site: str = ""

    def ancestors(self, node: int) -> list[int]:
        """`node` and everything it stands in, from the inside out."""
        path = [node]
        while node:
            node = self.parents[node]
            path.append(node)
        return path


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A text that was not taken over, and why."""

    text: str
    reason: str


def visible(text: str) -> str:
    """`text` with every kind of space as one space and `BREAK`s as line breaks.

    Invisible characters are gone, and so is the space at either end of a line.
    """
    if text.isascii() and BREAK not in text:
        return " ".join(text.split())
    text = text.replace("\u2028", BREAK).replace("\u2029", BREAK)
    text = _SPACES.sub(" ", _SOURCE_SPACE.sub(" ", text))
    if not text.isascii():
        text = _SPACES.sub(" ", _JOINER.sub("", _INVISIBLE.sub("", text)))
    if BREAK in text:
        return "\n".join(part.strip() for part in text.split(BREAK)).strip("\n")
    return text.strip()


def banner_text(text: str) -> str:
    """`text` as `visible` has it, but with runs of non-breaking spaces kept as separators."""
    if text.isascii() and BREAK not in text:
        return " ".join(text.split())
    text = _INVISIBLE.sub("", _SOURCE_SPACE.sub(" ", text))
    text = re.sub(r" ?(?:\u00a0 ?){2,}|[\u2003\u2002] ?", "  ", text)
    text = re.sub("[\u00a0\u2007\u2009\u202f]", "\u00a0", text)
    return "\n".join(part.strip() for part in text.split(BREAK)).strip("\n")
