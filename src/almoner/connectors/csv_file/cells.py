"""One cell as money, a number, an instant or a word; a `Problem` says what it should be."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from almoner.campaigns.model import LineKind
from almoner.connectors.csv_file.layout import Dates
from almoner.intake.problem import Problem
from almoner.intake.wire import FUTURE, MAX_QUANTITY

RowKind = LineKind | Literal["refund", "test"]
Status = Literal["paid", "unpaid", "refunded", "partly refunded"]

_KINDS: dict[str, RowKind] = {
    **dict.fromkeys(("", "order", "sale", "product", "item", "purchase"), "product"),
    **dict.fromkeys(("gift", "donation"), "gift"),
    **dict.fromkeys(("round-up", "round up", "roundup"), "round-up"),
    **dict.fromkeys(("gift-card", "gift card"), "gift-card"),
    **dict.fromkeys(("refund", "return", "refunded", "returned"), "refund"),
    "test": "test",
}
_STATUSES: dict[str, Status] = {
    **dict.fromkeys(("", "paid", "yes", "true", "captured", "processing", "complete"), "paid"),
    **dict.fromkeys(("completed", "fulfilled", "succeeded"), "paid"),
    **dict.fromkeys(("pending", "authorized", "unpaid", "no", "false", "on-hold"), "unpaid"),
    **dict.fromkeys(("voided", "expired", "failed", "cancelled", "canceled", "draft"), "unpaid"),
    **dict.fromkeys(("partially paid", "open"), "unpaid"),
    "refunded": "refunded",
    "partially refunded": "partly refunded",
}
# A sign or a bracket, a currency's sign or code, digits with their separators, and again.
_MONEY = re.compile(r"([-−(]?)[^0-9\s.,()−-]{0,4}([-−]?)([0-9][0-9.,]*)[^0-9\s.,()]{0,4}\)?")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?|[0-9]+(\.[0-9]+)?")
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_DAY = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})(?:[ ,T]+(.*))?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s*([ap]m)?", re.IGNORECASE)


def money(cell: str, decimal: str) -> Decimal:
    """An amount, its separators and its currency's sign apart; below zero as `-5` or `(5)`."""
    found = _MONEY.fullmatch(_SPACES.sub("", cell))
    number = found.group(3) if found else ""
    if decimal == ",":
        number = number.translate(str.maketrans(",.", ".,"))
    if found is None or not _GROUPED.fullmatch(number):
        example = "19,98" if decimal == "," else "19.98"
        raise invalid(f"{cell[:40]!r} is not an amount: write digits such as {example}")
    amount = Decimal(number.replace(",", ""))
    return -amount if found.group(1) or found.group(2) else amount


def pieces(cell: str) -> int:
    """A whole number of pieces, below zero where it is written so."""
    found = re.fullmatch(r"([-−]?)([0-9]{1,7})([.,]0+)?", cell.strip())
    if found is None or int(found.group(2)) > MAX_QUANTITY:
        raise invalid(f"{cell[:40]!r} is not a number of pieces: write 1, 2, 3 …")
    return -int(found.group(2)) if found.group(1) else int(found.group(2))


def kind(cell: str) -> RowKind:
    """What a row is."""
    found = _KINDS.get(" ".join(cell.lower().split()))
    if found is None:
        raise invalid(f"{cell[:40]!r} is no kind: write order, refund, gift, round-up or gift-card")
    return found


def status(cell: str) -> Status:
    """Whether an order was paid, and whether it still is."""
    found = _STATUSES.get(" ".join(cell.lower().replace("_", " ").split()))
    if found is None:
        raise invalid(f"{cell[:40]!r} is no payment status: write paid or unpaid")
    return found


def instant(cell: str, dates: Dates, zone: ZoneInfo, now: datetime) -> datetime:
    """A time as ISO 8601 writes it, or a day with the year last; `zone` is for those without."""
    text = re.sub(r"\s*(UTC|GMT|Z)$", "+00:00", cell.strip())
    text = re.sub(r"\s+([+-]\d{2}:?\d{2})$", r"\1", text)
    try:
        slashed = _DAY.fullmatch(text)
        when = _slashed(slashed, dates) if slashed else datetime.fromisoformat(text)
        when = (when.replace(tzinfo=zone) if when.tzinfo is None else when).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid(
            f"{cell[:40]!r} is not a time: write 2026-05-31 or 2026-05-31 14:05"
        ) from None
    if when > now + FUTURE:
        raise invalid(f"{cell[:40]!r} is over a day ahead: check how the file writes its dates")
    return when


def _slashed(told: re.Match[str], dates: Dates) -> datetime:
    """A day and time without a zone."""
    first, second, year, clock = told.groups()
    if not dates and first != second and int(first) <= 12 and int(second) <= 12:
        raise invalid(
            f"{first}/{second}/{year} may be a day of either month: choose whether the day or the "
            "month comes first"
        )
    day_first = dates == "day first" or (not dates and int(first) > 12)
    day, month = (first, second) if day_first else (second, first)
    at = datetime(int(year), int(month), int(day))  # noqa: DTZ001
    if clock is None:
        return at
    of_day = _CLOCK.fullmatch(clock.strip())
    if of_day is None:
        raise ValueError(clock)
    hours, minutes, seconds, half = of_day.groups()
    hour = int(hours) if half is None else int(hours) % 12 + (12 if half.lower() == "pm" else 0)
    if hour > 23 or int(minutes) > 59:
        raise ValueError(clock)
    return at + timedelta(hours=hour, minutes=int(minutes), seconds=int(seconds or 0))


def invalid(what: str) -> Problem:
    """A cell that cannot be used; who reads the row adds where it is."""
    return Problem(422, "invalid-cell", "A cell cannot be used", what)
