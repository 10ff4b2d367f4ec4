"""Causes that come with figures from before the public record.

An opening balance is one transfer from `external` to `opening/<cause>`. The cause's slug is
its id, so it enters once, however often it is tried; another figure for the same cause is
refused. It is shown as carried forward and never as proven.
"""

from datetime import UTC, datetime
from typing import Any

from almoner.giving.book import open_ledger
from almoner.giving.models import Cause
from almoner.ledger import Event, Outcome, Posting, Transfer
from almoner.units import Amount

SOURCE = "opening"


class OpeningError(ValueError):
    """An opening balance that cannot be carried forward; the message says why."""


def establish(slug: str, **fields: Any) -> Cause:
    """The cause with this slug, made from `fields` (label, kind, unit …) where it is new.

    Raises Django's `ValidationError` for fields that make no cause.
    """
    found = Cause.objects.filter(slug=slug).first()
    if found is None:
        found = Cause(slug=slug, **fields)
        found.full_clean()
        found.save()
    return found


def carry_forward(cause: Cause, minor: int, now: datetime | None = None) -> Outcome:
    """Enter what was given before, in minor units; once. Call it outside a transaction."""
    transfer = Transfer(
        (Posting("external", f"opening/{cause.slug}", Amount(cause.exact_unit, minor)),)
    )
    now = now or datetime.now(UTC)
    event = Event(SOURCE, cause.slug, "opening", now, transfer, dated=False)
    with open_ledger() as ledger:
        outcome = ledger.append([event], now)[0]
    if outcome.status == "conflict":
        raise OpeningError(
            f"{cause.label} was carried forward with another figure already. "
            "What is in the ledger is never changed."
        )
    return outcome
