"""The moments of a settlement that somebody is told of.

What is told is kept in the same transaction as what happened, so neither is without the
other; it goes out later.
"""

from datetime import datetime, timedelta

from almoner.settlement.models import Answer, Delivery, Dispute, Period

REMIND_AFTER = timedelta(days=14)


def sent(delivery: Delivery) -> None:
    """A delivery is on its way: the charity gets its link."""


def confirmed(answer: Answer) -> None:
    """The charity says that something arrived."""


def disputed(dispute: Dispute) -> None:
    """The charity says that something is wrong."""


def period_closed(period: Period) -> None:
    """A month is closed."""


def remind(now: datetime) -> int:
    """Ask once more for what was sent two weeks ago and not answered; how many were asked."""
    return 0
