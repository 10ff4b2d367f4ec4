"""What counts as the same word, which words are close, and where they stand in a text.

Pure. A word is folded: its case and accents do not matter. It finds its longer and shorter
forms by their common beginning, which needs no grammar and so serves every language alike; a
word that the site does not have finds those a slip of the finger away. Limit: a form with
another beginning (“went” for “go”) is not found.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

MAX_WORDS = 12  # of a question; the rest are not looked for
MAX_WORD = 40  # letters; longer is no word of prose
LONGER = 3  # letters that a form may have more: “blanket” finds “blankets”, “fold” “folding”
SHORTER = 1  # and fewer: “dogs” finds “dog”
NEAREST = 3  # words that a misspelt one is taken for, at most
EXCERPT = 240  # characters; about three lines on a desktop

# With the marks that stand above and below letters, which Python counts as no part of a word.
_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f\u064b-\u065f\u0670])+")


def words(text: str) -> list[str]:
    """The words of a text in their order, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def fold(word: str) -> str:
    """A word without its case and accents."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the stories: how often each folded word stands there, and its spellings."""

    often: Counter[str] = field(default_factory=Counter)
    spelt: dict[str, set[str]] = field(default_factory=dict)

    def learn(self, text: str) -> None:
        """Take up every word of a text."""
        for word in words(text):
            folded = fold(word)
            if folded and len(folded) <= MAX_WORD:
                self.often[folded] += 1
                self.spelt.setdefault(folded, set()).add(word)

    def forms(self, word: str) -> list[str]:
        """The folded words that are forms of `word`, itself first."""
        found = [each for each in self.often if _is_form(word, each)]
        return sorted(found, key=lambda each: (each != word, -self.often[each], each))

    def nearest(self, word: str) -> list[str]:
        """The folded words that `word` may be a misspelling of, the closest first."""
        slips = 1 if len(word) < 8 else 2
        if len(word) < 4:
            return []
        letters = set(word)
        near = list[tuple[int, int, int, str]]()
        for each in self.often:
            if not -slips <= len(each) - len(word) <= slips + SHORTER:
                continue
            if len(letters ^ set(each)) <= 2 * slips + SHORTER:
                row = distances(word, each)
                # Of a longer form, such as “blankets” for “blnaket”, the beginning is enough.
                near.append((min(row[-1 - SHORTER :]), row[-1], -self.often[each], each))
        closest = sorted(found for found in near if found[0] <= slips)
        return [each for *far, _, each in closest if far == [*closest[0][:2]]][:NEAREST]

    def spellings(self, folded: Iterable[str]) -> list[str]:
        """How the folded words are written in the stories."""
        return sorted({each for word in folded for each in self.spelt.get(word, ())})


def _is_form(word: str, other: str) -> bool:
    more = len(other) - len(word)
    if more >= 0:
        # Of three letters one more at most: “cat” is in “cats”, but not in “catalog”.
        return more <= (LONGER if len(word) > 3 else len(word) == 3) and other.startswith(word)
    return -more <= SHORTER and len(other) >= 3 and word.startswith(other)


def distances(one: str, other: str) -> list[int]:
    """How many letters must be put in, left out, changed or swapped, for each beginning of `other`.

    Optimal string alignment; the last is the distance between the two.
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, there in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != there))
            swapped = row > 1 and column > 1 and letter == other[column - 2]
            if swapped and one[row - 2] == there:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last


def mark(text: str, found: frozenset[str]) -> SafeString:
    """The text as HTML, with every word marked that folds to one of `found`."""
    parts, at = list[str](), 0
    for word in _WORD.finditer(text):
        if fold(word[0]) in found:
            parts += [conditional_escape(text[at : word.start()])]
            parts += [format_html("<mark>{}</mark>", word[0])]
            at = word.end()
    parts.append(conditional_escape(text[at:]))
    return mark_safe("".join(parts))  # noqa: S308  (each was escaped)


def excerpt(text: str, found: frozenset[str]) -> SafeString:
    """The part of a text around the first of the words, with all of them marked."""
    text = " ".join(text.split())
    first = next((word for word in _WORD.finditer(text) if fold(word[0]) in found), None)
    start = max(0, first.start() - EXCERPT // 3) if first else 0
    if start:
        start = text.find(" ", start) + 1
    end = min(len(text), start + EXCERPT)
    if end < len(text):
        end = text.rfind(" ", start, end) if " " in text[start:end] else end
    part = mark(text[start:end], found)
    return format_html(
        "{}{}{}", "…\u00a0" if start else "", part, "\u00a0…" if end < len(text) else ""
    )
