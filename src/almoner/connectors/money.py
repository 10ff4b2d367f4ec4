"""Money as vendors write it, read exactly into minor units or refused.

Nothing is rounded: an amount finer than its currency, larger than any that is kept, or below
zero where that makes no sense is a `Problem` that names the field.
"""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext

import msgspec

from almoner.campaigns.model import Line
from almoner.intake.problem import Problem
from almoner.units import Unit, UnitError, minor_units

# An amount has at most nineteen digits before the point and as many after it (see units), so
# sums of them fit; what does not fit is refused, never rounded.
MAX_DIGITS = 19
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])
NOTHING = Decimal(0)


@contextmanager
def exactly() -> Generator[None]:
    """Reckon without rounding; what cannot be reckoned so is a 422 `Problem`."""
    try:
        with localcontext(_EXACT):
            yield
    except ArithmeticError:  # an amount without end, or a date at the end of the calendar
        raise Problem(
            422,
            "invalid-amount",
            "An amount cannot be used",
            "An amount or a date in the body is larger or finer than any that is kept here.",
        ) from None


def minor(value: Decimal, unit: Unit, field: str) -> int:
    """Minor units of an amount; a `Problem` where it is below zero or does not fit."""
    try:
        # "1e999999" is a short number with a million digits.
        if not value.is_finite() or not -MAX_DIGITS < value.adjusted() < MAX_DIGITS:
            raise UnitError(f"{str(value)[:40]} is not an amount")
        return minor_units(format(value, "f"), unit.scale)
    except UnitError as error:
        raise invalid(field, f"{error}") from None


def signed(value: Decimal, unit: Unit, field: str) -> int:
    """Minor units of an amount that may be below zero."""
    whole = minor(value.copy_abs(), unit, field)
    return -whole if value.is_signed() else whole


def invalid(field: str, what: str) -> Problem:
    """An amount that cannot be used, with the field it stands in."""
    return Problem(
        422, "invalid-amount", "An amount cannot be used", f"{field}: {what}.", field=field
    )


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Their exact sum."""
    return sum(amounts, NOTHING)


def refuse_twins(lines: Iterable[Line], field: str) -> None:
    """A `Problem` where two lines have one id: a refund could not tell them apart."""
    seen: set[str] = set()
    for line in lines:
        if line.id in seen:
            raise Problem(
                422,
                "repeated-line",
                "Two lines have one id",
                f"{field}: the id {line.id[:40]!r} stands twice; a refund could not tell the "
                "lines apart.",
                field=field,
            )
        seen.add(line.id)


def less(lines: list[Line], off: int) -> list[Line]:
    """Lines with a discount of the whole order taken off, the last first, as far as it goes."""
    for at in range(len(lines) - 1, -1, -1):
        taken = min(off, lines[at].revenue)
        if taken > 0:
            line = lines[at]
            lines[at] = msgspec.structs.replace(
                line, revenue=line.revenue - taken, discount=line.discount + taken
            )
            off -= taken
    return lines
