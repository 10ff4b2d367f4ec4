"""Footnotes: `[^mark]` in the text, as in Markdown, and the note with that mark below the story.

Guarantee: notes are numbered in the order in which readers meet their marks, in whichever block;
every mark links to its note and every note back to each of its marks. A mark without a note and
a note without a mark are the editor's to mend (`stories.checks`): until then readers see neither.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail import blocks

MARK = re.compile(r"\[\^([\w-]{1,40})\]")
_TAG = re.compile(r"(<[^>]*>)")


@dataclass(slots=True)
class Note:
    """A note with its number; `places` are the ids of the marks that refer to it."""

    number: int
    text: Any
    places: list[str] = field(default_factory=list)


class Footnote(blocks.StructBlock):
    """One footnote."""

    mark = blocks.RegexBlock(
        regex=r"^[\w-]{1,40}$",
        error_messages={"invalid": "Use letters, digits and hyphens only, at most 40."},
        help_text="A short word of your own, such as “ledger”. Type [^ledger] in the text where "
        "the note belongs; readers see a number.",
    )
    text = blocks.RichTextBlock(features=["bold", "italic", "link"])

    class Meta:
        icon = "superscript"
        label = "Footnote"


def refer(html: str, texts: Mapping[str, Any]) -> tuple[str, list[Note]]:
    """Turn the marks in `html` into links; returns that and the notes, numbered.

    What stands inside a tag (a description, an address) is left alone but for the mark itself.
    """
    notes: dict[str, Note] = {}

    def link(found: re.Match[str]) -> str:
        mark = found[1]
        if mark not in texts:
            return ""
        note = notes.setdefault(mark, Note(len(notes) + 1, texts[mark]))
        place = f"ref-{note.number}" + (f"-{len(note.places) + 1}" if note.places else "")
        note.places.append(place)
        label = _("Footnote %(number)s") % {"number": note.number}
        return format_html(
            '<sup class="note-mark"><a id="{}" href="#note-{}" role="doc-noteref" '
            'aria-label="{}">{}</a></sup>',
            place,
            note.number,
            label,
            note.number,
        )

    pieces = [
        MARK.sub("", piece) if piece.startswith("<") else MARK.sub(link, piece)
        for piece in _TAG.split(html)
    ]
    return "".join(pieces), list(notes.values())
