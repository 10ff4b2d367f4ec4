"""Makes causes of the counters that were found, and says which are not exact.

Promise: a label gives one cause, with the first exact figure printed for it; a copy is
counted once; a banner that contradicts an earlier one is left out whole and reported.
Counters without a readable figure are looked for where scripts are off (noscript), then in
decoration, then in the descriptions of pictures.
"""

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from almoner.stories.importers import currencies, figures, labels
from almoner.stories.importers.animated import CONTRADICTED
from almoner.stories.importers.banner import Counter
from almoner.stories.importers.blocks import LeftOut, Outline
from almoner.stories.importers.figures import Separator, Unreadable
from almoner.units import CURRENCIES


class Cause(msgspec.Struct, frozen=True):
    """A counter of the banner. `value` is the exact decimal string that was printed."""

    label: str
    unit: str
    kind: Literal["count", "distance", "money"]
    value: str


@dataclass(slots=True)
class Causes:
    """The causes of a page in order, what was not taken, and the blocks accounted for."""

    causes: list[Cause] = field(default_factory=list[Cause])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    used: set[int] = field(default_factory=set[int])


def causes_of(
    counters: list[Counter], fallbacks: list[list[Counter]], outline: Outline, is_html: bool
) -> Causes:
    """Causes of the visible counters, completed from the fallbacks."""
    result = Causes()
    everything = [c.figure for c in counters] + [c.figure for f in fallbacks for c in f]
    mark = figures.decimal_mark(everything, outline.language)
    known: dict[str, Cause] = {}
    for source, found in enumerate([counters, *fallbacks]):
        if source >= 2 and known:
            break
        zeros = _scripted(found, outline) if is_html else set[int]()
        for group in dict.fromkeys(c.group for c in found):
            banner = [c for c in found if c.group == group]
            _take(banner, group in zeros, mark, outline, known, result)
    result.causes = list(known.values())
    return result


def _scripted(counters: list[Counter], outline: Outline) -> set[int]:
    """Groups in which every figure is 0: a script counts them up, the page has no figures."""
    zero = {c.group for c in counters}
    for counter in counters:
        if counter.figure.number.strip("0"):
            zero.discard(counter.group)
    return zero


def _take(
    banner: list[Counter],
    scripted: bool,
    mark: Separator,
    outline: Outline,
    known: dict[str, Cause],
    result: Causes,
) -> None:
    read = [(c, _cause(c, mark, outline)) for c in banner]
    disagrees = any(
        isinstance(cause, Cause)
        and (first := known.get(_key(cause.label)))
        and not _equal(first, cause)
        for _, cause in read
    )
    for counter, cause in read:
        result.used.update(counter.blocks)
        if isinstance(cause, Unreadable):
            result.left_out.append(LeftOut(counter.text, cause.reason))
            continue
        first = known.get(_key(cause.label))
        if scripted:
            reason = "shows 0: a script counts up to a figure that is not in the page"
            result.left_out.append(LeftOut(counter.text, reason))
        elif first and _equal(first, cause):
            result.left_out.append(LeftOut(counter.text, "a copy of the banner, counted once"))
        elif first:
            reason = f"a second banner disagrees: the first says {first.value}, which is kept"
            result.left_out.append(LeftOut(counter.text, reason))
        elif disagrees:
            reason = "part of a second banner that disagrees with the first"
            result.left_out.append(LeftOut(counter.text, reason))
        else:
            known[_key(cause.label)] = cause
            _say_how(counter, outline, result)


def _key(label: str) -> str:
    return label.casefold().rstrip("!.")


def _equal(a: Cause, b: Cause) -> bool:
    return a.unit == b.unit and figures.same_value(a.value, b.value)


def _say_how(counter: Counter, outline: Outline, result: Causes) -> None:
    for i in counter.blocks:
        block = outline.blocks[i]
        if block.note:
            result.left_out.append(LeftOut(block.text, f"not taken as shown: {block.note}"))


def _cause(counter: Counter, mark: Separator, outline: Outline) -> Cause | Unreadable:
    notes = [outline.blocks[i].note for i in counter.blocks if outline.blocks[i].note]
    if any(note.startswith(CONTRADICTED) for note in notes):
        return Unreadable("; ".join(notes))
    figure = counter.figure
    currency = currencies.settle(figure.mark, outline.language) if figure.mark else ""
    unit = labels.unit_of(counter.label, outline.language)
    if not currency and unit in labels.MONEY_WORDS:
        currency = labels.MONEY_WORDS[unit]
    if currency == currencies.UNSETTLED:
        return Unreadable(f"“{figure.mark}” is the mark of several currencies")
    assert not currency or currency in CURRENCIES, currency
    kind = "money" if currency else labels.kind_of(unit)
    value = figures.read(figure, kind, currency, mark)
    if isinstance(value, Unreadable):
        return value
    return Cause(counter.label, currency or unit, kind, value)
