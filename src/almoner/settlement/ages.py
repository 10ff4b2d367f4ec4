"""How long a promise has waited, in exact whole minor units.

Deliveries hand over the oldest promises first. A refund takes off the newest that are still
undelivered, so that it never makes what is left look younger than it is. A reversal gives
back what was handed over last, as old as it was then. Within one day promises come first,
then reversals, refunds and deliveries.

    ages([Movement(1 May, "promise", 5), Movement(9 May, "promise", 5),
          Movement(9 May, "delivery", -7)], today=9 May)  →  3 in all, since 9 May
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from almoner.ledger.settle import Movement

DELIVER_DAYS = 90  # where a campaign names no other; California asks for payment every 90 days
BOUNDS = (30, 60, 90)
NAMES = ("0–30 days", "31–60 days", "61–90 days", "over 90 days")
_ORDER = {"reversal": 1, "delivery": 3}


@dataclass(frozen=True, slots=True)
class Ages:
    """What is undelivered by how many days it has waited; `overdue` is a part of the same sum.

    `buckets` are 0–30, 31–60, 61–90 and over 90 days. `oldest` is the day of the oldest
    promise, None where nothing is undelivered.
    """

    buckets: tuple[int, int, int, int] = (0, 0, 0, 0)
    overdue: int = 0
    oldest: date | None = None

    @property
    def total(self) -> int:
        """All that is undelivered."""
        return sum(self.buckets)

    def days(self, today: date) -> int | None:
        """How long the oldest has waited."""
        return None if self.oldest is None else max(0, (today - self.oldest).days)


def ages(movements: Iterable[Movement], today: date, deliver_days: int = DELIVER_DAYS) -> Ages:
    """Sort what is left of the promises on one account by its age on `today`.

    Movements may come in any order; together they never take more than was promised. A day's
    promises and refunds may come as their sum: the day's own are the newest there are.
    """
    promised: list[list[int]] = []
    days: list[date] = []
    handed_over = 0
    for each in sorted(movements, key=_place):
        if each.kind in _ORDER:
            handed_over -= each.minor
        elif each.minor > 0:
            promised.append([each.minor])
            days.append(each.day)
        else:
            _take_newest(promised, -each.minor)
    left = list(zip(days, _left(promised, handed_over), strict=True))
    buckets, overdue = [0, 0, 0, 0], 0
    for day, minor in left:
        waited = (today - day).days
        buckets[sum(waited > bound for bound in BOUNDS)] += minor
        overdue += minor if waited > deliver_days else 0
    oldest = next((day for day, minor in left if minor), None)
    return Ages((buckets[0], buckets[1], buckets[2], buckets[3]), overdue, oldest)


def together(parts: Iterable[Ages]) -> Ages:
    """Several accounts of one unit as one."""
    parts = list(parts)
    sums = [sum(each.buckets[at] for each in parts) for at in range(4)]
    oldest = min((each.oldest for each in parts if each.oldest), default=None)
    overdue = sum(each.overdue for each in parts)
    return Ages((sums[0], sums[1], sums[2], sums[3]), overdue, oldest)


def _place(movement: Movement) -> tuple[date, int]:
    if movement.kind in _ORDER:
        return movement.day, _ORDER[movement.kind]
    return movement.day, 0 if movement.minor > 0 else 2


def _take_newest(promised: list[list[int]], minor: int) -> None:
    for lot in reversed(promised):
        part = min(lot[0], minor)
        lot[0] -= part
        minor -= part
    assert not minor, f"{minor} more was taken off than promised"


def _left(promised: list[list[int]], handed_over: int) -> list[int]:
    """What remains of each promise when the oldest were handed over."""
    left: list[int] = []
    for (lot,) in promised:
        part = min(lot, handed_over)
        handed_over -= part
        left.append(lot - part)
    assert not handed_over, f"{handed_over} more was handed over than promised"
    return left
