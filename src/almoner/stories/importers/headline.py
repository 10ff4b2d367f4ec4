"""Finds the headline of a page.

Promise: in HTML it is the h1 that the page's title names, else its only h1, else the
shared title; in text it is the line above "Share this:", else the first line that is no
banner, menu, date or site name. The name of the site is taken off its end.
"""

import re
from collections.abc import Container
from dataclasses import dataclass

from almoner.stories.importers import marks
from almoner.stories.importers.blocks import Block, Outline

MAX_HEADLINE = 200  # longer first lines are the story's first paragraph
_JOINT = re.compile(r"\s+(?:[|–—:»«·•]|::|-)\s+|\s*\|\s*")
_SENTENCE_END = re.compile(r"[.…][\"”’»]?$")  # so long and with a full stop: no headline
_NEVER = {"footer", "comments", "related", "popup", "cookies", "newsletter", "navigation"}


@dataclass(frozen=True, slots=True)
class Headline:
    """The headline and the block it stands in; -1 where only the page's title has it."""

    text: str
    block: int


def _same(a: str, b: str) -> bool:
    return _folded(a) == _folded(b)


def _folded(text: str) -> str:
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return re.sub(r"\s+", " ", text).strip().casefold()


def strip_site(title: str, site: str, heads: list[str]) -> str:
    """`title` without the site's name: known, or whatever follows the last bar."""
    for head in heads:
        if head and _folded(title) != _folded(head) and _begins(title, head):
            return title[: len(head)].strip()
    for head in heads:
        if len(head.split()) > 1 and _ends(title, head):
            return title[-len(head) :].strip()
    joints = list(_JOINT.finditer(title))
    if not joints:
        return title
    first, last = joints[0], joints[-1]
    if site and _same(title[last.end() :], site):
        return title[: last.start()].strip()
    if site and _same(title[: first.start()], site):
        return title[first.end() :].strip()
    if not site and "|" in last.group():
        return title[: last.start()].strip()
    return title


def _begins(title: str, head: str) -> bool:
    return _folded(title).startswith(_folded(head)) and bool(_JOINT.match(title[len(head) :]))


def _ends(title: str, head: str) -> bool:
    before = title[: -len(head)]  # by a colon: what follows a bar is as often the site
    return _folded(title).endswith(_folded(head)) and bool(re.search(r"(?:\s»|:)\s+$", before))


def in_html(outline: Outline, counters: Container[int]) -> Headline:
    """The headline of an HTML page."""
    blocks = outline.blocks
    headings = [
        i
        for i, b in enumerate(blocks)
        if b.is_heading and b.text and b.region not in _NEVER and b.sight in ("", "spoken")
    ]
    heads = [blocks[i].text for i in headings]
    titles = [
        strip_site(t, outline.site, heads) for t in (outline.shared_title, outline.title) if t
    ]
    tops = [i for i in headings if blocks[i].tag == "h1" and not _is_site(blocks[i].text, outline)]
    for pool in (tops, headings):
        for title in titles:
            for i in pool:
                if _same(blocks[i].text, title):
                    return Headline(_one_line(blocks[i].text), i)
    tops = [i for i in tops if i not in counters]
    if tops:
        best = max(tops, key=lambda i: (not blocks[i].region, _in_article(outline, i), -i))
        return Headline(_one_line(strip_site(blocks[best].text, outline.site, [])), best)
    if titles and not _same(titles[0], outline.site):
        return Headline(titles[0], -1)
    seconds = [i for i in headings if blocks[i].tag in ("h2", "h3") and i not in counters]
    if seconds and not titles:
        return Headline(_one_line(blocks[seconds[0]].text), seconds[0])
    shown = [i for i, b in enumerate(blocks) if not b.region and not b.sight and i not in counters]
    above = _above_share(blocks, shown) if not titles else None
    return Headline("", -1) if above is None else Headline(_one_line(blocks[above].text), above)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_site(text: str, outline: Outline) -> bool:
    if outline.site:
        return _same(text, outline.site) and not _same(outline.shared_title, text)
    parts = [p for p in _JOINT.split(outline.title) if p.strip()]
    return len(parts) > 1 and _same(parts[-1], text) and not _same(outline.shared_title, text)


def _in_article(outline: Outline, index: int) -> bool:
    path = outline.ancestors(outline.blocks[index].node)
    return any(outline.tags[node] in ("article", "main") for node in path)


def in_text(outline: Outline, counters: Container[int]) -> Headline:
    """The headline of a plain text."""
    blocks = outline.blocks
    lines = [i for i in range(len(blocks)) if i not in counters]
    site = _site_of(blocks)
    above = _above_share(blocks, lines)
    if above is not None:
        return Headline(strip_site(blocks[above].text, site, []), above)
    for i in lines:
        text = blocks[i].text
        if _is_furniture(text) or (site and _same(text, site)):
            continue
        if len(text) > MAX_HEADLINE or _SENTENCE_END.search(text[80:]):
            break
        return Headline(strip_site(text, site, []), i)
    return Headline("", -1)


def _is_furniture(text: str) -> bool:
    return bool(
        marks.mark_of(text)
        or marks.is_networks(text)
        or marks.is_meta(text)
        or marks.is_navigation(text)
        or not any(c.isalnum() for c in text)
    )


def _above_share(blocks: list[Block], lines: list[int]) -> int | None:
    """The line above the first "Share this:", if the story is below that and not above."""
    for place, i in enumerate(lines):
        mark = marks.mark_of(blocks[i].text)
        if not mark or mark.region != "share":
            continue
        above = [j for j in lines[:place] if not _is_furniture(blocks[j].text)]
        if not above and place and lines[place - 1] == i - 1 and _could_head(blocks[i - 1].text):
            above = [i - 1]  # `Home` is a word of menus and may be a headline
        before = sum(len(blocks[j].text) for j in above if blocks[j].is_prose)
        after = sum(len(blocks[j].text) for j in lines[place:] if blocks[j].is_prose)
        if above and before <= after and len(blocks[above[-1]].text) <= MAX_HEADLINE:
            return _over_standfirst(blocks, above)
        return None
    return None


def _could_head(text: str) -> bool:
    return any(c.isalpha() for c in text) and not marks.mark_of(text) and not marks.is_meta(text)


def _over_standfirst(blocks: list[Block], above: list[int]) -> int:
    """The last of the lines `above`, or the one over it if that is its standfirst."""
    last = above[-1]
    if len(above) > 1 and above[-2] == last - 1:
        ends = [re.search(r"[.!?…][\"”’»]?$", blocks[i].text) for i in above[-2:]]
        if not ends[0] and ends[1] and len(blocks[last].text) > len(blocks[last - 1].text):
            return last - 1
    return last


def _site_of(blocks: list[Block]) -> str:
    """The name of the site, from its copyright line."""
    for block in reversed(blocks[-40:]):
        found = re.search(
            r"(?:©|\(c\)|copyright)\s*(?:©\s*)?(?:\d{4}(?:\s*[-–]\s*\d{4})?)?,?\s*(?:by\s+)?"
            r"([^.|,·•©]{2,60})", block.text, re.IGNORECASE
        )  # fmt: skip
        if found:
            return re.sub(r"\s*all rights reserved.*$|\s+\d{4}$", "", found[1], flags=re.I).strip()
    return ""
