"""The stretch of time a statement covers: whole days by one clock, in words and in UTC."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from almoner.giving.problems import YEARS, zone
from almoner.giving.wording import clock

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_QUARTER = re.compile(r"([0-9]{4})-[Qq]([1-4])")
_YEAR = re.compile(r"[0-9]{4}")
_DAYS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.\.([0-9]{4}-[0-9]{2}-[0-9]{2}))?")


class PeriodError(ValueError):
    """Words that name no period; the message says what to write instead."""


class Period(msgspec.Struct, frozen=True):
    """From the beginning of the first day to the end of the last, by the clock of a zone."""

    first_day: date
    last_day: date
    time_zone: str = "UTC"

    @property
    def since(self) -> datetime:
        """The first instant, in UTC."""
        return _midnight(self.first_day, self.time_zone)

    @property
    def until(self) -> datetime:
        """The first instant after it, in UTC."""
        return _midnight(self.last_day + timedelta(days=1), self.time_zone)

    @property
    def words(self) -> str:
        """As people say it: `May 2026 (New York time)`."""
        return f"{_named(self.first_day, self.last_day)} ({clock(self.time_zone)})"

    @property
    def name(self) -> str:
        """As part of a file's name: `2026-05`, `2026-05-01--2026-05-15`."""
        first, last = self.first_day, self.last_day
        if _whole(first, last) and first.month == last.month:
            return f"{first:%Y-%m}"
        if _whole(first, last) and (first.month, last.month) == (1, 12):
            return f"{first:%Y}"
        return f"{first.isoformat()}--{last.isoformat()}"


def period(text: str, time_zone: str = "UTC") -> Period:
    """Read `2026-05`, `2026-Q2`, `2026`, one day, or `2026-05-01..2026-05-15`."""
    if zone(time_zone) is None:
        raise PeriodError(f"There is no time zone {time_zone[:40]!r}: write America/New_York.")
    try:
        first, last = _days(text.strip())
    except ValueError:
        raise PeriodError(
            f"{text[:40]!r} is no period: write 2026-05, 2026-Q2, 2026 or 2026-05-01..2026-05-15."
        ) from None
    if last < first:
        raise PeriodError(f"{text[:40]!r} ends before it begins.")
    if first.year not in YEARS or last.year not in YEARS:
        raise PeriodError(f"{text[:40]!r} is not of this time.")
    return Period(first, last, time_zone)


def _days(text: str) -> tuple[date, date]:
    if match := _MONTH.fullmatch(text):
        return _months(int(match[1]), int(match[2]), int(match[2]))
    if match := _QUARTER.fullmatch(text):
        return _months(int(match[1]), 3 * int(match[2]) - 2, 3 * int(match[2]))
    if _YEAR.fullmatch(text):
        return _months(int(text), 1, 12)
    if match := _DAYS.fullmatch(text):
        return date.fromisoformat(match[1]), date.fromisoformat(match[2] or match[1])
    raise ValueError(text)


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    end = date(year, last, 1)
    return date(year, first, 1), end.replace(day=monthrange(year, last)[1])


def _whole(first: date, last: date) -> bool:
    """Whether these are whole months of one year."""
    same = first.year == last.year
    return same and first.day == 1 and last.day == monthrange(last.year, last.month)[1]


def _named(first: date, last: date) -> str:
    if _whole(first, last):
        if first.month == last.month:
            return f"{first:%B %Y}"
        if (first.month, last.month) == (1, 12):
            return f"the year {first.year}"
        return f"{first:%B} to {last:%B %Y}"
    if first == last:
        return _day(first)
    return f"{_day(first)} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)
