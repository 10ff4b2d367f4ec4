"""Finds the counters of a banner among the blocks of a page.

Promise: `12,345 Meals Donated` is found whether figure and label share a line, stand in
separate elements or cells, in either order, or follow each other on one line; a counter
printed twice counts once; of two that disagree the first is kept and the other reported.
A figure that is not exact never becomes a cause. Which blocks may hold counters at all is
the caller's to say: a sentence of the story is never offered here.
"""

import re
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from almoner.stories.importers import figures, labels
from almoner.stories.importers.blocks import Block, Outline
from almoner.stories.importers.figures import Figure

_SEPARATOR = re.compile(r"\s*[|·•‧∙⋅●■◆★♥❤✦]\s*|\t+|\s{2,}|\s+[–—/]\s+|\n+|\s*;\s+")
_MAX_LINE = 600  # six counters on one line are about 200 characters; a story's line is no banner
_DIGIT = re.compile(r"\d")
_ABBREVIATED_END = re.compile(r"(?:\b[A-Z]\.[A-Z]\.|\b(?:kr|Mio|Mrd|Tsd|Rs)\.)$")
_MAX_PART = 140  # the longest label and a figure of forty characters with its currency
HINTS = frozenset(
    """
    banner impact counter counters stat stats statistics total totals tally ticker donated donation
    donations giving metrics milestones numbers odometer tracker figures achievements
    """.split()
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: a figure, a label, both, or something else."""

    kind: Literal["number", "label", "full", "other"]
    block: int
    text: str
    figure: Figure | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Counter:
    """A figure and its label, and the blocks they were printed in."""

    figure: Figure
    label: str
    blocks: tuple[int, ...]
    text: str
    strong: bool
    group: int = 0


def counters_in(outline: Outline, among: Sequence[int]) -> list[Counter]:
    """Every figure with a label in the blocks `among` (indices in order)."""
    return [
        replace(counter, group=group)
        for group, run in enumerate(_runs(outline.blocks, among))
        for counter in _paired(run, outline)
    ]


def _runs(blocks: Sequence[Block], among: Sequence[int]) -> list[list[Piece]]:
    """Stretches of consecutive pieces of banners; anything else ends a stretch."""
    runs: list[list[Piece]] = [[]]
    for index in among:
        for piece in pieces_of(blocks[index], index):
            if piece.kind == "other":
                runs.append([])
            else:
                runs[-1].append(piece)
    return [run for run in runs if any(p.kind in ("number", "full") for p in run)]


def pieces_of(block: Block, index: int) -> list[Piece]:
    """The parts of a block as a banner would hold them."""
    if len(block.counter) > _MAX_LINE or _is_sentence(block.counter):
        return [Piece("other", index, block.counter)]
    text = figures.plain_digits(block.counter).strip()
    wordy = len(text) > _MAX_PART and not _DIGIT.search(text)
    if not text or block.tag == "media" or wordy:
        return [Piece("other", index, text)]
    whole = _piece(_one_line(text), index)
    if whole.kind != "other" and "\n" not in text and not re.search(r"\s{2,}|[|·•\t]", text):
        return [whole]
    parts = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
    if len(parts) > 1:
        parts[0] = _without_lead(parts[0])
    pieces = [piece for part in parts for piece in _split(part, index)]
    if len(pieces) == 1 and whole.kind != "other":
        return [whole]
    return pieces


def _without_lead(part: str) -> str:
    """`Together we gave: 12,345 Meals Donated` without the words before the first counter."""
    lead, colon, rest = part.partition(": ")
    opens = colon and not _DIGIT.search(lead) and figures.starts_with_figure(rest)
    return rest if opens and labels.tidy(opens[1]) else part


def _is_sentence(text: str) -> bool:
    """Whether a text is too much of a sentence to be looked at: most of a story is."""
    return len(text) > 60 and text[-1] in '.!?…”"’»' and not _ABBREVIATED_END.search(text)


def _one_line(text: str) -> str:
    return re.sub("[ \n\u00a0]+", " ", text)


def _split(part: str, index: int) -> list[Piece]:
    piece = _piece(part, index)
    if piece.kind != "other" or not figures.starts_with_figure(part):
        return [piece]
    cut = figures.split_at_figures(part)
    pieces = [_piece(re.sub(r"(?:[,;&+]|\s+and|\s+und|\s+et|\s+y)\s*$", "", p), index) for p in cut]
    return pieces if len(cut) > 1 and all(p.kind == "full" for p in pieces) else [piece]


def _piece(text: str, index: int) -> Piece:
    if len(text) > _MAX_PART:
        return Piece("other", index, text)
    found = figures.starts_with_figure(text)
    if found:
        figure, rest = found
        rest = labels.tidy(rest)
        if not rest:
            return Piece("number", index, text, figure)
        if labels.could_label(rest) and not re.search(r"\d{2}", rest):
            return Piece("full", index, text, figure, rest)
        return Piece("other", index, text)
    ending = figures.ends_with_figure(text) if _DIGIT.search(text[-24:]) else None
    if ending:
        label = labels.tidy(ending[0])
        if labels.could_label(label) and not re.search(r"\d", label):
            return Piece("full", index, text, ending[1], label)
        return Piece("other", index, text)
    label = labels.tidy(text)
    is_label = labels.could_label(label) and not re.search(r"\d", label)
    return Piece("label" if is_label else "other", index, text, None, label)


def _paired(run: list[Piece], outline: Outline) -> list[Counter]:
    """Counters of one stretch, in the order printed."""
    counters: list[tuple[int, Counter]] = []
    loose: list[tuple[int, Piece]] = []
    for place, piece in enumerate(run):
        if piece.kind == "full" and piece.figure:
            label = piece.label
            after = run[place + 1] if place + 1 < len(run) else None
            if after and after.kind == "label" and _belongs(piece, after, outline):
                label = f"{label} {after.label}"
            counters.append((place, _counter(piece.figure, label, (piece.block,), piece.text)))
        else:
            loose.append((place, piece))
    cells = _by_cell(loose, outline)
    taken = {place for places, _ in cells for place in places}
    counters += [(places[0], counter) for places, counter in cells]
    rest = [(place, piece) for place, piece in loose if place not in taken]
    counters += _by_order(rest)
    return [counter for _, counter in sorted(counters, key=lambda c: c[0])]


def _belongs(full: Piece, after: Piece, outline: Outline) -> bool:
    """Whether the line after a counter goes on with its label."""
    blocks = outline.blocks
    near = full.block == after.block or (
        outline.parents[blocks[full.block].node] == outline.parents[blocks[after.block].node]
        and blocks[full.block].node != 0
    )
    return near and labels.continues(full.label, after.label)


def _counter(figure: Figure, label: str, blocks: tuple[int, ...], text: str) -> Counter:
    label = _one_line(label)
    return Counter(figure, label, blocks, _one_line(text), labels.names_a_gift(label))


def _by_cell(
    loose: list[tuple[int, Piece]], outline: Outline
) -> list[tuple[tuple[int, ...], Counter]]:
    """Pairs whose smallest common element holds one figure and its label and nothing more."""
    inside: dict[int, list[tuple[int, Piece]]] = {}
    numbers: Tally[int] = Tally()
    for place, piece in loose:
        for node in outline.ancestors(outline.blocks[piece.block].node):
            if node:
                inside.setdefault(node, []).append((place, piece))
                numbers[node] += piece.kind == "number"
    found: list[tuple[tuple[int, ...], Counter]] = []
    for place, piece in loose:
        if piece.kind != "number" or not piece.figure:
            continue
        for node in outline.ancestors(outline.blocks[piece.block].node):
            held = inside.get(node, [])
            if len(held) > 1:
                if numbers[node] == 1:
                    found.append(_cell(piece, place, held))
                break
    return found


def _cell(
    number: Piece, place: int, held: list[tuple[int, Piece]]
) -> tuple[tuple[int, ...], Counter]:
    assert number.figure is not None, number
    after = [(p, x) for p, x in held if p > place]
    before = [(p, x) for p, x in held if p < place]
    chosen = after or before[-1:]
    if after and before and not labels.names_a_gift(after[0][1].label):
        strong = [b for b in before if labels.names_a_gift(b[1].label)]
        chosen = strong[-1:] or after
    label, used = chosen[0][1].label, [chosen[0]]
    for following in chosen[1:]:
        if not labels.continues(label, following[1].label):
            break
        label = f"{label} {following[1].label}"
        used.append(following)
    blocks = tuple(dict.fromkeys([number.block, *(x.block for _, x in used)]))
    counter = _counter(number.figure, label, blocks, f"{number.text} {label}")
    return (place, *(p for p, _ in used)), counter


def _by_order(rest: list[tuple[int, Piece]]) -> list[tuple[int, Counter]]:
    """Pairs by the order of lines.

    Figure then label, label then figure, or all of one kind and then all of the other.
    """
    merged = _merged(rest)
    numbers = [i for i, (_, p) in enumerate(merged) if p.kind == "number"]
    if not numbers or len(merged) == len(numbers):
        return []
    first, last = numbers[0], numbers[-1]
    count = len(numbers)
    if count > 1 and last - first == count - 1:
        following, preceding = merged[last + 1 :][:count], merged[max(0, first - count) : first]
        columns = following if len(following) == count else preceding
        if len(columns) == count:
            return [_joined(merged[n], c) for n, c in zip(numbers, columns, strict=True)]
    ahead, behind = _aligned(merged, numbers, 1), _aligned(merged, numbers, -1)
    return ahead if _worth(ahead) >= _worth(behind) else behind


def _aligned(
    merged: list[tuple[int, Piece]], numbers: list[int], step: int
) -> list[tuple[int, Counter]]:
    return [
        _joined(merged[n], merged[n + step])
        for n in numbers
        if 0 <= n + step < len(merged) and merged[n + step][1].kind == "label"
    ]


def _worth(pairs: list[tuple[int, Counter]]) -> int:
    return sum(3 if counter.strong else 1 for _, counter in pairs)


def _joined(number: tuple[int, Piece], label: tuple[int, Piece]) -> tuple[int, Counter]:
    figure = number[1].figure
    assert figure is not None, number
    blocks = tuple(dict.fromkeys((number[1].block, label[1].block)))
    text = f"{number[1].text} {label[1].label}"
    return min(number[0], label[0]), _counter(figure, label[1].label, blocks, text)


def _merged(rest: list[tuple[int, Piece]]) -> list[tuple[int, Piece]]:
    """The pieces with labels that were broken over lines put together again."""
    merged: list[tuple[int, Piece]] = []
    for place, piece in rest:
        if merged and piece.kind == "label" and merged[-1][1].kind == "label":
            before_place, before = merged[-1]
            if labels.continues(before.label, piece.label):
                label = f"{before.label} {piece.label}"
                merged[-1] = before_place, Piece("label", before.block, label, None, label)
                continue
        merged.append((place, piece))
    return merged
