"""How hard a text is to read, and where it gives the reader no rest.

The measure is LIX (C.-H. Björnsson, “Läsbarhet”, 1968; Jonathan Anderson, “Lix and Rix”, Journal
of Reading 26, 1983): words a sentence, plus the percentage of words of more than six letters. It
needs no dictionary and was tried on English and nine other European languages, so it is used for
those that are written in Latin, Greek or Cyrillic letters; the figure is the one that Wagtail
shows as “Readability”. Limit: for other scripts, long sentences are all that is looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.html import strip_tags

from almoner.stories.checks.finding import Finding, advice, flat
from almoner.stories.footnotes import MARK

LONG_WORD = 7  # letters or more
HARD = 50  # LIX: Björnsson's border between newspapers and official prose
ENOUGH_WORDS = 100  # fewer say nothing about a text
LONG_SENTENCE = 45  # words; twice what plain-language guides advise (GOV.UK: 25)
WITHOUT_HEADING = 700  # words; some three screens of a telephone each hundred

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-])*")
_SENTENCE_END = re.compile(r"[.!?…؟。]+[”’\"')\]»]*\s+|\n+")
_MEASURED = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ӿ]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was counted in a text."""

    words: int
    sentences: int
    long_words: int

    @property
    def lix(self) -> float:
        """Björnsson's readability index; 25 is a picture book, 60 is law."""
        return self.words / self.sentences + 100 * self.long_words / self.words


def sentences_of(text: str) -> list[str]:
    """The sentences of plain text, those without a word left out."""
    return [each.strip() for each in _SENTENCE_END.split(text) if _WORD.search(each)]


def read(text: str) -> Reading:
    """Count words and sentences."""
    words = _WORD.findall(text)
    long_words = sum(1 for word in words if len(re.sub(r"[^\w]", "", word)) >= LONG_WORD)
    return Reading(len(words), len(sentences_of(text)), long_words)


def prose(body: Any) -> str:
    """The running text of a body: one paragraph a line."""
    lines = list[str]()
    for child in flat(body):
        if child.block_type == "paragraph":
            lines += _lines(child.value.source)
        elif child.block_type == "dialogue":
            lines += [turn["line"] for turn in child.value]
        elif child.block_type == "letter":
            lines += _lines(child.value["text"].source)
    return MARK.sub("", "\n".join(lines))


def _lines(source: str) -> list[str]:
    return [
        strip_tags(each).strip() for each in re.split(r"</(?:p|li|blockquote)>|<[bh]r/?>", source)
    ]


def check_wording(body: Any) -> Iterator[Finding]:
    """What makes a text hard going."""
    text = prose(body)
    counted = read(text)
    if counted.words >= ENOUGH_WORDS and _MEASURED.search(text) and counted.lix > HARD:
        a_sentence = round(counted.words / counted.sentences)
        long_ones = round(100 * counted.long_words / counted.words)
        yield advice(
            "body",
            f"The text is hard to read: {counted.lix:.0f} on the LIX scale, where a novel has "
            "about 35 and a law about 60.",
            f"A sentence has {a_sentence} words on average, and {long_ones} in 100 words are "
            "long. Shorten the longest sentences first.",
        )
    longest = max(sentences_of(text), key=lambda each: len(_WORD.findall(each)), default="")
    length = len(_WORD.findall(longest))
    if length > LONG_SENTENCE:
        yield advice(
            "body",
            f"A sentence has {length} words: “{_beginning(longest)}…”",
            "Read it aloud. Where you take a breath, end it.",
        )
    yield from _rests(body)


def _rests(body: Any) -> Iterator[Finding]:
    since = 0
    for child in flat(body):
        if child.block_type == "heading":
            since = 0
        elif child.block_type == "paragraph":
            since += len(_WORD.findall(strip_tags(child.value.source)))
    if since > WITHOUT_HEADING:
        yield advice(
            "body",
            f"The last {since} words are without a heading.",
            "A heading every few screens lets readers find their place again, and those who "
            "listen jump from one to the next.",
        )


def _beginning(sentence: str) -> str:
    return " ".join(sentence.split()[:6])
