"""Reads a printed figure exactly, or says why it cannot be read exactly.

Promise: digits of any script, grouped by comma, point, space, apostrophe or in the Indian
way, become the decimal string that was printed, without its separators. Nothing is rounded
or completed: `15M`, `over 5,000`, `5,000+` and `~300` are refused as not exact, with what
they seem to mean. `1.234` is settled by the page's other figures or its language; for a
count of whole things it is a thousand; otherwise it is refused as ambiguous.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from almoner.stories.importers import currencies
from almoner.units import CURRENCIES

Separator = Literal["", ".", ","]  # which mark is the decimal one on this page; "" unknown

_GAP = "[ \u00a0\u2007\u2009\u202f]"
_NUMBER = (
    rf"(?:\d{{1,3}}(?:{_GAP}\d{{3}})+(?!\d)(?:[.,٫]\d+)?"
    r"|\d+(?:[.,'\u2018\u2019\u02bc٬٫]\d+)*|[.]\d+)"
)
_ROUGHLY = (
    r"(?:just\s+|well\s+)?(?:over|more than|nearly|almost|about|approximately|approx\.?|around|"
    r"roughly|some|up to|at least|close to|under|less than|fewer than|an estimated|estimated|"
    r"circa|ca\.|c\.|mehr als|über|fast|rund|etwa|knapp|plus de|près de|environ|presque|"
    r"más de|casi|cerca de|alrededor de|mais de|quase|oltre|quasi|circa|più di|meer dan|bijna|"
    r"över|nästan|ungefär|cirka)\s+"
)
_SCALES: dict[str, Decimal] = {
    **dict.fromkeys(["k", "thousand", "tsd", "tausend", "mille", "mila", "тыс"], Decimal(10**3)),
    **dict.fromkeys(["hundred"], Decimal(100)),
    **dict.fromkeys(["dozen"], Decimal(12)),
    **dict.fromkeys(["lakh", "lakhs", "lac"], Decimal(10**5)),
    **dict.fromkeys(["crore", "crores"], Decimal(10**7)),
    **dict.fromkeys(
        ["m", "mm", "mn", "mil", "mio", "mln", "million", "millions", "millionen", "millones",
         "milhões", "milioni", "miljoen", "miljoner", "млн"], Decimal(10**6)
    ),
    **dict.fromkeys(["b", "bn", "billion", "billions", "mrd", "milliards"], Decimal(10**9)),
    **dict.fromkeys(["万", "萬"], Decimal(10**4)),
}  # fmt: skip
# A lone lower-case m or b after a space may be metres or a word; attached, it abbreviates.
_SCALE = (
    r"(?:(?P<attached>[kKmMbB]|mm|MM|mn|bn|万|萬)(?![^\W\d_])"
    r"|\s?(?P<spaced>[KMB]|(?i:" + "|".join(sorted((s for s in _SCALES if len(s) > 1), key=len,
    reverse=True)) + r"))(?![^\W\d_])\.?)"
)  # fmt: skip
_FIGURE = re.compile(
    r"(?P<sign>[-\u2212](?=[\d$€£]))?"
    rf"(?P<before>{currencies.BEFORE})?\s?(?P<minus>[-\u2212](?=\d))?(?P<number>{_NUMBER})"
    rf"{_SCALE}?(?P<range>\s?[-\u2013\u2014]\s?[$€£]?{_NUMBER})?(?P<percent>\s?%)?"
    rf"(?:\s?(?P<after>{currencies.AFTER})(?![^\W\d_]))?(?P<plus>\s?\+|\s+plus\b)?"
)
_ROUGH = re.compile(rf"(?:{_ROUGHLY}|[~≈≃>≥<≤±]\s*)+", re.IGNORECASE)
_WORDS = re.compile(
    r"(?:(?:over|more than|nearly|almost|about|around|at least)\s+)?"
    r"(?:(?:a|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|half|quarter|several|many|and|of)[\s-]+)*"
    r"(?:hundreds?|thousands?|millions?|billions?|dozens?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as printed: not yet settled, for that may need the rest of the page."""

    printed: str
    number: str
    mark: str = ""
    rough: str = ""
    scale: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a printed figure did not become a value."""

    reason: str


def plain_digits(text: str) -> str:
    """`text` with the digits of every script as 0-9 and invisible direction marks gone."""
    if text.isascii():
        return text
    kept = (c for c in text if c not in "\u200e\u200f\u061c\u2066\u2067\u2068\u2069\u202a\u202c")
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in kept)


def starts_with_figure(text: str) -> tuple[Figure, str] | None:
    """The figure that `text` begins with and what follows it, or None."""
    words = _WORDS.match(text)
    if words:
        printed = words.group()
        return Figure(printed, "", rough="in words"), text[words.end() :].strip()
    rough = _ROUGH.match(text)
    start = rough.end() if rough else 0
    found = _FIGURE.match(text, start)
    if not found:
        return None
    rest = text[found.end() :]
    if rest and (rest[0].isdigit() or rest[0] in "%/:@#_^°" or re.match(r"[-.,]\d", rest)):
        return None
    printed = text[: found.end()].strip()
    refused = ""
    if found["sign"] or found["minus"]:
        refused = "a negative figure is no total of what was given"
    elif found["percent"]:
        refused = "a percentage, not a count"
    elif found["range"]:
        refused = "a range of figures, not one exact figure"
    return Figure(
        printed,
        found["number"],
        mark=found["before"] or found["after"] or "",
        rough=(rough.group().strip() if rough else "") or (found["plus"] or "").strip(),
        scale=(found["attached"] or found["spaced"] or ""),
        refused=refused,
    ), rest.strip()


def ends_with_figure(text: str) -> tuple[str, Figure] | None:
    """What stands before the figure that `text` ends with, and that figure, or None."""
    for start in _figure_starts(text):
        if start == 0:
            continue
        found = starts_with_figure(text[start:])
        if found and not found[1]:
            return text[:start].strip(), found[0]
    return None


_START = re.compile(rf"{_ROUGHLY}|[~≈>≥<≤]|{currencies.BEFORE}|[-\u2212]?\d", re.IGNORECASE)


def _figure_starts(text: str) -> list[int]:
    """Where a figure may begin: never inside a word or a number."""
    return [
        m.start()
        for m in _START.finditer(text)
        if m.start() == 0 or not (text[m.start() - 1].isalnum() or text[m.start() - 1] in ".,'’")
    ]


def split_at_figures(text: str) -> list[str]:
    """`12,345 Meals Donated 4,188 Toys Donated` as the two counters printed on the line."""
    starts = [s for s in _figure_starts(text) if starts_with_figure(text[s:])]
    if len(starts) < 2 or starts[0] != 0:
        return [text]
    cuts: list[int] = []
    covered = 0
    for start in starts:
        found = starts_with_figure(text[start:])
        if found and start >= covered:
            cuts.append(start)
            covered = len(text) - len(found[1])
    return [text[a:b].strip() for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def decimal_mark(figures: list[Figure], language: str) -> Separator:
    """The decimal mark of a page: by its unambiguous figures, else by its language."""
    votes: set[Separator] = {shown for figure in figures if (shown := _shown_mark(figure.number))}
    if len(votes) == 1:
        return votes.pop()
    return "" if votes else _mark_of(language)


def _shown_mark(number: str) -> Separator:
    points, commas = number.count("."), number.count(",")
    if points and commas:
        return "." if number.rfind(".") > number.rfind(",") else ","
    if points > 1 or (commas == 1 and not re.search(r",\d{3}$", number)):
        return ","
    if commas > 1 or (points == 1 and not re.search(r"\.\d{3}$", number)):
        return "."
    return ""


def _mark_of(language: str) -> Separator:
    tongue, _, region = language.replace("_", "-").lower().partition("-")
    region = region[-2:]
    if not tongue:
        return ""
    if tongue in {"en", "zh", "ja", "ko", "he", "th", "hi", "bn", "ta", "te", "mr", "ur"}:
        return "," if (tongue, region) == ("en", "za") else "."
    if (tongue, region) in {("es", "mx"), ("es", "us"), ("de", "ch"), ("fr", "ch"), ("it", "ch")}:
        return "."
    return "," if len(tongue) == 2 else ""


def read(figure: Figure, kind: str, currency: str, mark: Separator) -> str | Unreadable:
    """The exact decimal string of `figure`, or why there is none.

    `kind` is count, distance or money; `currency` the ISO code of money.
    """
    if figure.refused:
        return Unreadable(figure.refused)
    if figure.rough == "in words":
        return Unreadable(f"not exact: “{figure.printed}” is a number in words")
    value = _settled(figure.number, kind, currency, mark)
    if figure.rough or figure.scale:
        return Unreadable(_not_exact(figure, kind, currency, mark))
    if isinstance(value, str) and kind == "money":
        places = len(value.partition(".")[2])
        if places > CURRENCIES[currency]:
            has = CURRENCIES[currency] or "no"
            return Unreadable(f"{places} decimal places, and {currency} has {has}")
    return value


def same_value(a: str, b: str) -> bool:
    """Whether two decimal strings are the same number: `302.5` and `302.50`."""
    return Decimal(a) == Decimal(b)


def _not_exact(figure: Figure, kind: str, currency: str, mark: Separator) -> str:
    # Before "M" or "million" a lone mark is the decimal one: 1.234 million, 1,2 Mio.
    lone = re.fullmatch(r"\d+[.,]\d{1,2}|\d+\.\d+", figure.number) if figure.scale else None
    value = (
        figure.number.replace(",", ".") if lone else _settled(figure.number, kind, currency, mark)
    )
    if isinstance(value, Unreadable):
        return f"not exact: printed as “{figure.printed}”"
    times = _SCALES[figure.scale.lower()] if figure.scale else Decimal(1)
    meant = f"{(Decimal(value) * times).normalize():,f}" + (f" {currency}" if currency else "")
    rough = figure.rough.lower()
    how = {"+": "more than", "plus": "more than", ">": "more than", "~": "about", "≈": "about"}.get(
        rough, rough
    )
    return f"not exact: “{figure.printed}” seems to mean {how or 'about'} {meant}"


def _settled(number: str, kind: str, currency: str, mark: Separator) -> str | Unreadable:
    """`number` without its separators and with `.` as its decimal mark."""
    bare = re.sub(rf"{_GAP}|['\u2018\u2019\u02bc]", "'", number)
    bare = bare.replace("٬", "'").replace("٫", ".") if "٫" in bare or "٬" in bare else bare
    if "'" in bare:
        whole, _, fraction = bare.replace(",", ".").partition(".")
        if not re.fullmatch(r"\d{1,3}('\d{3})+", whole) or not re.fullmatch(r"\d*", fraction):
            return Unreadable("digits grouped in no known way")
        return _joined(whole, fraction)
    marks = [c for c in bare if c in ".,"]
    if not marks:
        return _joined(bare, "")
    if len(set(marks)) == 2:
        whole, fraction = bare.rsplit(marks[-1], 1)
        if marks.count(marks[-1]) > 1 or not _grouped(whole):
            return Unreadable("digits grouped in no known way")
        return _joined(whole, fraction)
    if len(marks) > 1:
        return _joined(bare, "") if _grouped(bare) else Unreadable("digits grouped in no known way")
    return _one_mark(bare, marks[0], kind, currency, mark)


def _one_mark(bare: str, shown: str, kind: str, currency: str, mark: Separator) -> str | Unreadable:
    whole, fraction = bare.split(shown)
    could_group = bool(re.fullmatch(r"[1-9]\d{0,2}", whole)) and len(fraction) == 3
    if not could_group:
        if mark and mark != shown:
            return Unreadable(f"digits grouped in no known way: “{shown}” groups on this page")
        if shown == "," and len(fraction) > 2:
            return Unreadable("digits grouped in no known way")
        return _joined(whole or "0", fraction)
    places = CURRENCIES.get(currency)
    if places == 3 and mark != shown:
        return _unsure(bare)
    if (mark and mark != shown) or (shown == "," and kind == "money" and places != 3):
        return _joined(bare, "")
    if kind == "count" or (shown == "," and not mark):
        return _joined(bare, "")
    return _joined(whole, fraction) if mark == shown else _unsure(bare)


def _unsure(bare: str) -> Unreadable:
    digits = re.sub(r"\D", "", bare)
    point = bare.replace(",", ".")
    return Unreadable(f"ambiguous: “{bare}” may be {digits} or {point}")


def _grouped(whole: str) -> bool:
    return bool(
        re.fullmatch(r"\d{1,3}([.,])\d{3}(\1\d{3})*", whole)
        or re.fullmatch(r"\d{1,2}(,\d{2})*,\d{3}", whole)
        or whole.isdigit()
    )


def _joined(whole: str, fraction: str) -> str:
    digits = re.sub(r"\D", "", whole).lstrip("0") or "0"
    return f"{digits}.{fraction}" if fraction else digits
