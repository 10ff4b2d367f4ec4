"""What a check has found, in words for an editor: what is wrong, where, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

# An error would fail a reader: the story is not published with it. An advice is for the editor
# to weigh, and blocks nothing.
Kind = Literal["error", "advice"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `field` is the name of the form's field that it belongs to."""

    kind: Kind
    field: str
    what: str
    mend: str


def error(field: str, what: str, mend: str) -> Finding:
    """Make a finding that stops publishing."""
    return Finding("error", field, what, mend)


def advice(field: str, what: str, mend: str) -> Finding:
    """Make a finding that stops nothing."""
    return Finding("advice", field, what, mend)


def flat(body: Any) -> Iterator[Any]:
    """Every block of a body in reading order, those inside a content note's passage as well."""
    for child in body:
        yield child
        if child.block_type == "content_note":
            yield from flat(child.value["passage"])


def rich_texts(body: Any, footnotes: Any = ()) -> Iterator[tuple[str, str]]:
    """Each piece of rich text as it is stored, with the field that it is in."""
    for child in flat(body):
        if child.block_type == "paragraph":
            yield "body", child.value.source
        elif child.block_type == "letter":
            yield "body", child.value["text"].source
    for note in footnotes:
        yield "footnotes", note.value["text"].source
