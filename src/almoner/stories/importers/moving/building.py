"""Makes the body of a story from what was read: pictures by their rows, links by their pages.

Guarantee: a picture that cannot be had and a link that leads to what was not brought are in the
notes of the story; nothing else is lost. Galleries are made in one place, `_gallery`.
"""

import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from typing import Any

from almoner.stories.importers.moving.moved import MovedStory, Piece, Shown

_LINK = re.compile(r'<a href="([^"]*)">')
DESCRIPTION = 255
CAPTION = 255

# The key of what a link leads to, "" for what was not brought, None for another site.
Resolve = Callable[[str, str], str | None]
# The row of a picture and what it shows, or None where it cannot be had.
Keep = Callable[[Shown], tuple[int, str] | None]
Block = dict[str, Any]
Given = Callable[[Piece, "Builder"], Any]


class Builder:
    """Builds the body of one story; `notes` gets what could not be kept."""

    def __init__(
        self, story: MovedStory, resolve: Resolve, pages: dict[str, int], keep: Keep, given: Given
    ) -> None:
        self._story = story
        self.base = story.base
        self._resolve = resolve
        self._pages = pages
        self._keep = keep
        self._given = given
        self._lost: Counter[str] = Counter()

    def blocks(self) -> list[Block]:
        """The stream field's data."""
        return [block for piece in self._story.body.pieces for block in self._block(piece)]

    def notes(self) -> list[str]:
        """What links led to that was not brought."""
        return [f"a link leads to {path}, which is not brought" for path in self._lost]

    def rich(self, html: str) -> str:
        """Rich text whose links lead to the pages here."""
        return _LINK.sub(self._link, html)

    def page(self, href: str) -> int | None:
        """The page that a link leads to."""
        return self._pages.get(self._resolve(href, self._story.base) or "")

    def picture(self, shown: Shown) -> int | None:
        """The row of a picture."""
        kept = self._keep(shown)
        return kept[0] if kept is not None else None

    def _link(self, found: re.Match[str]) -> str:
        href = unescape(found.group(1))
        key = self._resolve(href, self._story.base)
        if key is None:
            return found.group()
        if not key:
            self._lost[href] += 1
            return found.group()
        return (
            f'<a linktype="page" id="{self._pages[key]}">'
            if key in self._pages
            else (found.group())
        )

    def _block(self, piece: Piece) -> list[Block]:
        if piece.given:
            return [{"type": piece.type, "value": self._given(piece, self)}]
        if piece.type == "paragraph":
            return [{"type": "paragraph", "value": self.rich(str(piece.value))}]
        if piece.type == "image":
            return [{"type": "image", "value": p} for p in self._pictures([piece.value])]
        if piece.type == "gallery":
            return _gallery(self._pictures(piece.value))
        return [{"type": piece.type, "value": piece.value}]

    def _pictures(self, shown: list[Shown]) -> list[Block]:
        kept = [(each, self._keep(each)) for each in shown]
        return [
            {
                "image": row[0],
                "alt_text": (each.description or row[1])[:DESCRIPTION],
                "caption": each.caption,
            }
            for each, row in kept
            if row is not None
        ]


def _gallery(pictures: list[Block]) -> list[Block]:
    """A gallery, or several where there are more pictures than one may have."""
    if not pictures:
        return []
    # Here, because Wagtail's blocks need an installation, and a dry run needs none.
    from almoner.stories.inserts import MOST_PICTURES

    made: list[Block] = []
    while pictures:
        some, pictures = pictures[:MOST_PICTURES], pictures[MOST_PICTURES:]
        if len(some) == 1:
            made.append({"type": "image", "value": some[0]})
        else:
            made.append({"type": "gallery", "value": {"title": "", "pictures": some}})
    return made


def as_given(piece: Piece, builder: Builder) -> Any:
    """A block's value where a source has it in the block's own form."""
    return piece.value


def lead_caption(shown: Shown) -> str:
    """A caption that fits under the lead picture."""
    return shown.caption[:CAPTION]
