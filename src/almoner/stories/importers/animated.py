"""Finds the figure behind a counter that a script counts up from 0.

Promise: the figure is taken from the element's attributes only where it is obvious: what is
shown is nothing, a zero or an abbreviation of it, and the attributes hold one target. Where
they contradict what is shown the figure is left as shown, and `note` says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

CONTRADICTED = "contradicted"
_TARGET = re.compile(
    r"^(?:data-)?(?:[a-z]+-)*(?:count|counter|countup|counterup|countto|to|to-value|target|value|"
    r"number|num|end|end-value|final|finalnumber|stop|goal-value|amount|total|odometer|max-count|"
    r"count-to|counter-value|figure)$"
)
_NOT_TARGET = re.compile(
    r"(?:from|start|begin|speed|duration|delay|decimal|step|index|id|min|refresh|offset)"
)
_WHOLE = re.compile(r"\d{1,15}(?:\.\d{1,4})?|\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?")
_SHOWN = re.compile(r"^(?P<lead>[^\d]{0,5}?)(?P<number>\d[\d.,]*)?(?P<tail>\D{0,12})$")
_ABBREVIATED = {"k": 3, "m": 6, "b": 9}


@dataclass(frozen=True, slots=True)
class Behind:
    """What a counter shows once its script has run, and how that was found."""

    text: str
    note: str


def figure_behind(tag: str, attributes: Mapping[str, str], shown: str) -> Behind | None:
    """The figure that the attributes of an element hold for `shown`, or None."""
    targets = {
        name: value.strip()
        for name, value in attributes.items()
        if (name.startswith("data-") or (tag == "data" and name == "value"))
        and _TARGET.match(name)
        and not _NOT_TARGET.search(name.removeprefix("data-"))
        and _WHOLE.fullmatch(value.strip())
    }
    form = _SHOWN.match(shown.strip())
    if not targets or not form:
        return None
    values = {_plain(value) for value in targets.values()}
    name, value = next(iter(targets.items()))
    number = form["number"] or ""
    if _same(number, _plain(value)):
        return None
    if len(values) > 1:
        return Behind(shown, f"{CONTRADICTED}: its attributes hold {' and '.join(sorted(values))}")
    lead = form["lead"].strip() or attributes.get("data-prefix", "").strip()
    tail = form["tail"].strip() or attributes.get("data-suffix", "").strip()
    power = _ABBREVIATED.get(tail.rstrip("+").lower())
    if number.strip("0.,") == "":
        text = f"{lead}{value}{tail if tail and number else attributes.get('data-suffix', '')}"
        return Behind(text, f"a script counts up to {value}; read from {name}")
    if power and _abbreviates(number, power, _plain(value)):
        return Behind(f"{lead}{value}", f"abbreviated; the exact {value} is in {name}")
    return Behind(shown, f"{CONTRADICTED}: it shows {shown.strip()} and {name} holds {value}")


def _plain(value: str) -> str:
    whole, point, fraction = value.replace(",", "").partition(".")
    return (whole.lstrip("0") or "0") + point + fraction


def _same(shown: str, plain: str) -> bool:
    return bool(shown) and re.sub(r"[.,]", "", shown) == plain.replace(".", "")


def _abbreviates(number: str, power: int, plain: str) -> bool:
    """Whether `23.7` thousand is `23761`, cut or rounded at the last digit shown."""
    if not re.fullmatch(r"\d+(?:[.,]\d+)?", number):
        return False
    whole, _, fraction = number.replace(",", ".").partition(".")
    step = 10 ** (power - len(fraction))
    low = int(whole + fraction) * step
    return power >= len(fraction) and low - step // 2 <= int(plain.partition(".")[0]) < low + step
