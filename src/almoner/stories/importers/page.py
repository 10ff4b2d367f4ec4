"""Reads a saved page of an existing giving site: its banner, its headline, its story.

Promise: `read_page` takes bytes and gives values; it opens no file, asks no network and
keeps nothing. Every figure is exact or is not taken; every paragraph of the story is there
once, in order, as written; everything else is in `left_out` with a reason. Input that is
no page is refused with `ImportRefused`.
"""

import re
from collections import Counter as Tally

from almoner.stories.importers import plain, regions, tree
from almoner.stories.importers.blocks import LeftOut, Outline
from almoner.stories.importers.causes import causes_of
from almoner.stories.importers.choosing import Chosen, choose
from almoner.stories.importers.decoding import ImportRefused, decode
from almoner.stories.importers.describe import describe
from almoner.stories.importers.imported import ImportedPage, Story, as_json

__all__ = ["ImportRefused", "ImportedPage", "Story", "as_json", "describe", "read_page"]

_HTML = re.compile(
    r"<!doctype\s+html|<(?:html|head|body|meta|div|p|article|main|header|section|h1|span|ul|table|"
    r"br|a|i|b|em|strong|font|center|td|li|title|blockquote|script|style)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
MAX_BLOCKS = 100_000  # a novel has five thousand; these are judged in about 3 s
_SEPARATE_LINES = 3  # as many long lines in one group are paragraphs, not lines of one


def read_page(data: bytes, name: str = "-") -> ImportedPage:
    """Read a saved page, HTML or plain text; `name` is used in messages only."""
    decoded = decode(data, name)
    text = decoded.text.removeprefix("\ufeff")
    is_html = bool(_HTML.search(text[:100_000]))
    outline = tree.outline_of(text) if is_html else plain.outline_of(text)
    if len(outline.blocks) > MAX_BLOCKS:
        raise ImportRefused(
            "too_many_lines",
            f"{name} has {len(outline.blocks):,} lines and paragraphs; a page may have "
            f"{MAX_BLOCKS:,}. Save the story's page alone.",
        )
    chosen = choose(outline, is_html)
    found = causes_of(chosen.counters, chosen.fallbacks, outline, is_html)
    paragraphs = _paragraphs(outline, chosen.article.kept, is_html)
    headline = chosen.headline.text if paragraphs else ""
    left_out = [*found.left_out, *_left_out(outline, chosen, found.used, bool(paragraphs))]
    if not paragraphs:
        left_out.insert(0, LeftOut("story", "no story was found on this page"))
    if decoded.lost:
        left_out.insert(
            0, LeftOut("\ufffd", f"{decoded.lost} characters are not {decoded.encoding}")
        )
    return ImportedPage(found.causes, Story(headline, paragraphs), left_out)


def _paragraphs(outline: Outline, kept: list[int], is_html: bool) -> list[str]:
    """The texts of the kept blocks; cells of a row, and lines of a text's group, together."""
    holders: dict[int, list[str]] = {}
    divided = _divided_cells(outline)
    for i in kept:
        holders.setdefault(_holder(outline, i, divided), []).append(outline.blocks[i].text)
    paragraphs: list[str] = []
    few = len(holders) <= 2
    size = sum(len(outline.blocks[i].text) for i in kept)
    for holder, texts in holders.items():
        long = sum(1 for text in texts if len(text) >= 80)
        if is_html and _is_whole_story(texts, size):
            paragraphs += [line for line in texts[0].split("\n") if line]
        elif is_html:
            paragraphs.append((" | " if holder >= 0 else "\n").join(texts))
        elif few or long >= _SEPARATE_LINES:
            paragraphs += texts
        else:
            paragraphs.append("\n".join(texts))
    return paragraphs


def _is_whole_story(texts: list[str], size: int) -> bool:
    """Whether one block is nearly all of the story: its line breaks then end paragraphs."""
    return len(texts) == 1 and texts[0].count("\n") > 2 and len(texts[0]) * 10 > size * 7


def _divided_cells(outline: Outline) -> set[int]:
    """Rows with a cell of several blocks: a table used for layout, not for its columns."""
    cells = Tally(b.node for b in outline.blocks if b.tag in ("td", "th"))
    divided = {outline.parents[node] for node, count in cells.items() if count > 1}
    return divided | {
        outline.parents[above]
        for block in outline.blocks
        for above in outline.ancestors(block.node)[1:]
        if outline.tags[above] in ("td", "th")
    }


def _holder(outline: Outline, index: int, divided: set[int]) -> int:
    """What a block shares its paragraph with: a table row, lines of text, or nothing (< 0)."""
    block = outline.blocks[index]
    if block.tag == "line":
        return block.node
    if block.tag in ("td", "th"):
        row = outline.parents[block.node]
        if outline.tags[row] == "tr" and row not in divided:
            return row
    return -1 - index


def _left_out(outline: Outline, chosen: Chosen, used: set[int], has_story: bool) -> list[LeftOut]:
    """Everything else on the page, neighbours with the same reason together."""
    merged: list[tuple[str, list[str]]] = []
    for i, block in enumerate(outline.blocks):
        reason = chosen.article.left.get(i, "")
        if i == chosen.headline.block and not has_story:
            reason = "outside"
        text = block.text or block.counter
        if not reason or i in used or not text:
            continue
        if merged and merged[-1][0] == reason:
            merged[-1][1].append(text)
        else:
            merged.append((reason, [text]))
    return [LeftOut("\n".join(texts), regions.REASONS[reason]) for reason, texts in merged]
