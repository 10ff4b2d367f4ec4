"""Closing months: what was entered in them stands, and later corrections fall into the next.

The ledger's times never go back, so no entry can join a month that is over; closing writes
down which entries it had and the checkpoint that proves them. Months are of the
installation's calendar, and are closed in their order from that of the first entry on. There
is no opening again.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from almoner.giving.book import open_ledger
from almoner.ledger import settle
from almoner.publication.stores import StoreError, open_store
from almoner.settlement import moments
from almoner.settlement.deliveries import SENDING, no_closing_meanwhile
from almoner.settlement.entering import catch_up_all
from almoner.settlement.models import Delivery, Period
from almoner.settlement.standing import SettlementError


@dataclass(frozen=True, slots=True)
class Month:
    """A month that is to be closed next, and why it cannot be now, or ""."""

    first_day: date
    last_day: date
    why_not: str

    def __str__(self) -> str:
        return f"{self.first_day:%B %Y}"


def next_month(now: datetime) -> Month | None:
    """The month to close next; None where nothing was ever entered."""
    last = Period.objects.order_by("-last_day").first()
    if last is not None:
        first_day = last.last_day + timedelta(days=1)
    else:
        with open_ledger() as ledger:
            began = settle.first_time(ledger.db)
        if began is None:
            return None
        first_day = began.astimezone(_here()).date().replace(day=1)
    return _month(first_day, now)


def close(first_day: date, by: Any, now: datetime) -> Period:
    """Close the month that begins on `first_day`; once, and only the next in order."""
    catch_up_all()
    month = next_month(now)
    if month is None:
        raise SettlementError("There is nothing to close: nothing was entered yet.")
    if first_day < month.first_day:
        raise SettlementError(f"{first_day:%B %Y} is closed already.")
    if first_day > month.first_day:
        raise SettlementError(f"{month} is still open: close it first.")
    if month.why_not:
        raise SettlementError(month.why_not)
    previous = Period.objects.order_by("-last_day").first()
    first_entry = previous.end_entry if previous else 0
    with open_ledger() as ledger:
        # Never before what is closed already, whatever became of the installation's time zone.
        end_entry = max(first_entry, settle.first_entry_at(ledger.db, _ends(month)))
    try:
        with transaction.atomic():
            no_closing_meanwhile()
            _refuse_on_its_way(month, now)
            period = Period.objects.create(
                first_day=month.first_day,
                last_day=month.last_day,
                closed_at=now,
                closed_by=by,
                first_entry=first_entry,
                end_entry=end_entry,
                checkpoint=_checkpoint(end_entry),
            )
            moments.period_closed(period)
    except IntegrityError:
        raise SettlementError(f"{month} was closed by somebody else just now.") from None
    return period


def _month(first_day: date, now: datetime) -> Month:
    last_day = first_day.replace(day=monthrange(first_day.year, first_day.month)[1])
    month = Month(first_day, last_day, "")
    if now < _ends(month):
        return Month(first_day, last_day, f"{month} is still running: close it when it is over.")
    # An append reads its clock before it waits for the lock.
    if now < _ends(month) + SENDING:
        return Month(first_day, last_day, f"{month} has just ended: close it in five minutes.")
    return month


def _refuse_on_its_way(month: Month, now: datetime) -> None:
    if Delivery.objects.filter(
        state=Delivery.State.PREPARED,
        day__range=(month.first_day, month.last_day),
        sending_at__gt=now - SENDING,
    ).exists():
        raise SettlementError("A delivery of that month is being sent: try again in a moment.")


def _checkpoint(size: int) -> str:
    """The log's last checkpoint as it was signed; "" where none covers `size` entries."""
    try:
        found = open_store(settings.CONFIG).get("checkpoint")
    except StoreError:
        return ""
    lines = (found or b"").decode().split("\n")
    covers = len(lines) > 1 and lines[1].isdecimal() and int(lines[1]) >= size
    return "\n".join(lines) if covers else ""


def _ends(month: Month) -> datetime:
    return datetime.combine(month.last_day + timedelta(days=1), time.min, _here())


def _here() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)
