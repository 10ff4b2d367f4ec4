"""Tells the counters of a banner from other lines that hold a figure and a few words.

Promise: a line inside the story stays in the story, whatever it says; a line outside it is
a counter if its label says that something was given, or if it stands with others that do,
or in an element that calls itself a banner.
"""

import re
from collections import Counter as Tally
from dataclasses import dataclass

from almoner.stories.importers import banner, headline, marks
from almoner.stories.importers.article import Article, article_of
from almoner.stories.importers.banner import HINTS, Counter
from almoner.stories.importers.blocks import Block, Outline, Sight
from almoner.stories.importers.headline import Headline

_NO_BANNER = frozenset(
    """
    comments related share newsletter cookies popup control advertisement caption tags meta author
    media
    """.split()
)
_SENTENCE_END = re.compile(r"[.!?…][\"”’»)]?$")
_FALLBACKS: tuple[Sight, ...] = ("noscript", "aria")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page consists of: its counters, its headline, its story."""

    counters: list[Counter]
    fallbacks: list[list[Counter]]
    headline: Headline
    article: Article


def choose(outline: Outline, is_html: bool) -> Chosen:
    """Split the page into banner, headline and story."""
    find_headline = headline.in_html if is_html else headline.in_text
    head = find_headline(outline, set[int]())
    is_title = is_html and head.block >= 0 and _is_title(outline, head)
    among = _among(outline, {head.block} if is_title else set())
    counters = _plausible(banner.counters_in(outline, among), outline, len(outline.blocks))
    head = find_headline(outline, _blocks_of(counters))
    if not is_html:
        counters, head = _headline_with_a_figure(outline, counters, head)
    counters = _plausible(counters, outline, head.block)
    article = article_of(outline, head, _blocks_of(counters))
    outside = _outside_story(counters, outline, article)
    if len(outside) < len(counters):
        counters = outside
        article = article_of(outline, head, _blocks_of(counters))
    return Chosen(counters, _fallbacks(outline), head, article)


def _is_title(outline: Outline, head: Headline) -> bool:
    """Whether the headline is so named by the page, or stands alone as its h1."""
    text = head.text.casefold()
    named = any(text in t.casefold() for t in (outline.title, outline.shared_title) if t)
    tops = sum(1 for b in outline.blocks if b.tag == "h1")
    return named or (tops == 1 and not outline.title and not outline.shared_title)


def _among(outline: Outline, protected: set[int]) -> list[int]:
    return [
        i
        for i, b in enumerate(outline.blocks)
        if b.sight in ("", "spoken")
        and b.region not in _NO_BANNER
        and b.region != "picture"
        and i not in protected
    ]


def _headline_with_a_figure(
    outline: Outline, counters: list[Counter], head: Headline
) -> tuple[list[Counter], Headline]:
    """A text whose headline looks like a counter: `15 Puppies Rescued`.

    It stands above "Share this:" or a date, or before the banner.
    """
    last = next((c for c in counters if _opens_story(outline, max(c.blocks))), None)
    for candidate in (last, counters[0] if counters else None):
        if candidate and _could_head(outline, counters, head, candidate):
            kept = [c for c in counters if c is not candidate]
            return kept, Headline(outline.blocks[candidate.blocks[0]].text, candidate.blocks[0])
    return counters, head


def _could_head(
    outline: Outline, counters: list[Counter], head: Headline, candidate: Counter
) -> bool:
    """Whether a line that reads as a counter is set apart from the others as a headline is."""
    block = candidate.blocks[0]
    if len(candidate.blocks) > 1 or any(c != candidate and block in c.blocks for c in counters):
        return False
    closes = _opens_story(outline, block)
    others = [c for c in counters if c != candidate and (min(c.blocks) < block or not closes)]
    apart = _stands_alone(outline, candidate) and not all(_stands_alone(outline, c) for c in others)
    odd = not candidate.strong and all(c.strong for c in others)
    if head.block > block and not _SENTENCE_END.search(head.text):
        return False
    if 0 <= head.block < block:
        return odd and apart
    return odd or apart or (closes and len(others) < 2)


def _opens_story(outline: Outline, index: int) -> bool:
    """Whether the next line is one that follows a headline: share links, a byline, a date."""
    text = outline.blocks[index + 1].text if index + 1 < len(outline.blocks) else ""
    mark = marks.mark_of(text)
    return marks.is_meta(text) or bool(mark and mark.region == "share")


def _stands_alone(outline: Outline, counter: Counter) -> bool:
    node = outline.blocks[counter.blocks[0]].node
    return len(counter.blocks) == 1 and sum(1 for b in outline.blocks if b.node == node) == 1


def _fallbacks(outline: Outline) -> list[list[Counter]]:
    """Counters that only some see: without scripts, as decoration, as pictures."""
    found: list[list[Counter]] = []
    for sight in _FALLBACKS:
        among = [i for i, b in enumerate(outline.blocks) if b.sight == sight]
        found.append(_plausible(banner.counters_in(outline, among), outline, len(outline.blocks)))
    images = [i for i, b in enumerate(outline.blocks) if b.tag == "img" and not b.sight]
    found.append([c for c in banner.counters_in(outline, images) if c.strong])
    return found


def _blocks_of(counters: list[Counter]) -> set[int]:
    return {i for counter in counters for i in counter.blocks}


def _plausible(counters: list[Counter], outline: Outline, head: int) -> list[Counter]:
    sizes = Tally(c.group for c in counters)
    strong = {c.group for c in counters if c.strong}
    return [
        c
        for c in counters
        if c.strong
        or c.group in strong
        or _hinted(outline, c)
        or (
            max(c.blocks) < head
            and (sizes[c.group] > 1 or (_is_large(c) and len(c.label.split()) < 4))
        )
    ]


def _is_large(counter: Counter) -> bool:
    """Whether a lone figure is too large for a date, a price or a number of the page."""
    number = counter.figure.number
    return any(c in number for c in ".,’' \u00a0\u202f") or len(number) > 4


def _hinted(outline: Outline, counter: Counter) -> bool:
    path = outline.ancestors(outline.blocks[counter.blocks[0]].node)[:4]
    return any(outline.hints[node] & HINTS for node in path)


def _outside_story(counters: list[Counter], outline: Outline, article: Article) -> list[Counter]:
    """The counters that are no line of the story."""
    sentences = [i for i in article.kept if outline.blocks[i].is_prose] or article.kept
    sizes = Tally(c.group for c in counters)
    printed = Tally((c.label.casefold(), c.figure.number) for c in counters)
    return [
        c
        for c in counters
        if not sentences
        or any(article.left.get(i) != "banner" for i in c.blocks)
        or not _in_story(
            c, sizes[c.group], printed[c.label.casefold(), c.figure.number], outline, sentences
        )
    ]


def _in_story(
    counter: Counter, size: int, copies: int, outline: Outline, sentences: list[int]
) -> bool:
    """Whether a counter stands among the sentences of the story, as a line of it."""
    own = _own_box(outline, counter, outline.blocks[sentences[0]])
    if own or (size > 1 and copies > 1):
        return False
    within = sentences[0] < counter.blocks[0] < sentences[-1]
    if within:
        return True
    if counter.blocks[0] > sentences[-1]:
        return size == 1 and copies == 1
    return not counter.strong or not counter.label[0].isupper()


def _own_box(outline: Outline, counter: Counter, sentence: Block) -> bool:
    """Whether the counter stands in an element of its own that calls itself a banner."""
    around = set(outline.ancestors(sentence.node))
    path = outline.ancestors(outline.blocks[counter.blocks[0]].node)
    return any(node not in around and outline.hints[node] & HINTS for node in path)
