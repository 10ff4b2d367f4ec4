"""How amounts, days, places and lists are worded, in every sentence about a campaign."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from almoner.campaigns.model import CampaignVersion
from almoner.counters.figures import text
from almoner.giving import places
from almoner.units import CURRENCIES

MANY = 4  # names in a row; a longer list of products is counted instead


def amount(minor: int, unit: str, kind: str, scale: int) -> str:
    """A figure with its unit: `1 meal`, `2,000 meals`, `$2.50`."""
    number = text(minor=minor, kind=kind, unit=unit, scale=scale)
    return number if kind == "money" else f"{number} {plural(unit, abs(minor))}"


def figure(minor: int, version: CampaignVersion, kind: str) -> str:
    """A figure of a campaign, without its unit."""
    return text(minor=minor, kind=kind, unit=version.unit, scale=version.scale)


def money(minor: int, currency: str) -> str:
    """Minor units of a currency: `$50`, `€0.25`."""
    return text(minor=minor, kind="money", unit=currency, scale=CURRENCIES[currency])


def exact_money(value: Fraction, currency: str) -> str:
    """Money that may be finer than the currency's smallest coin: `$0.25`, `$0.125`, `$1/3`."""
    scale = CURRENCIES[currency]
    minor = value * 10**scale
    if minor.denominator == 1:
        return money(int(minor), currency)
    for places_shown in range(scale + 1, scale + 7):
        fine = value * 10**places_shown
        if fine.denominator == 1:
            return text(minor=int(fine), kind="money", unit=currency, scale=places_shown)
    return f"{value} {currency}"


def plural(word: str, number: int) -> str:
    """The unit's word for this many."""
    if number == 1:
        return word
    if re.search(r"(s|x|z|ch|sh)$", word):
        return f"{word}es"
    return f"{word[:-1]}ies" if re.search(r"[^aeiou]y$", word) else f"{word}s"


def number_of_days(days: int) -> str:
    """`1 day`, `14 days`."""
    return f"{days:,} {plural('day', days)}"


def days(version: CampaignVersion) -> str:
    """When it counts: `from 1 May 2026 to 31 May 2026 (New York time)`."""
    here = ZoneInfo(version.time_zone)
    start = version.starts_at.astimezone(here)
    place = f" ({clock(version.time_zone)})"
    if version.ends_at is None:
        return f"from {moment(start)}{place}"
    end = version.ends_at.astimezone(here)
    if is_midnight(end):
        last = end - timedelta(days=1)
        if is_midnight(start) and last.date() == start.date():
            return f"on {_day(start)}{place}"
        return f"from {moment(start)} to {_day(last)}{place}"
    return f"from {moment(start)} to {moment(end)}{place}"


def clock(time_zone: str) -> str:
    """Whose time it is: `New York time`, `UTC`."""
    if "/" not in time_zone or time_zone.startswith("Etc/"):
        return time_zone.removeprefix("Etc/")
    return time_zone.rsplit("/", 1)[-1].replace("_", " ") + " time"


def either(names: Sequence[str], many: str) -> str:
    """`a`, `a or b`, `a, b or c`; of a long list how many, as `many` calls them."""
    return f"one of {len(names)} {many}" if len(names) > MANY else _listed(names, "or")


def every(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`, however long."""
    return _listed(names, "and")


def quoted(names: Iterable[str]) -> list[str]:
    """Each between quotation marks."""
    return [f"“{name}”" for name in names]


def place_names(codes: Iterable[str]) -> str:
    """Where buyers are: `the United States and Canada`."""
    return every([places.name(code) for code in codes])


def _listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def moment(when: datetime) -> str:
    """A day, with its hour where it is not midnight: `1 May 2026`, `1 May 2026, 09:00`."""
    return _day(when) if is_midnight(when) else f"{_day(when)}, {when:%H:%M}"


def _day(when: datetime) -> str:
    return f"{when.day} {when:%B} {when.year}"


def is_midnight(when: datetime) -> bool:
    """Whether a day begins at this moment."""
    return (when.hour, when.minute, when.second) == (0, 0, 0)
