"""Reads the promises of sentences.txt."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from almoner.campaigns.model import CampaignVersion, Part, Tier
from almoner.units import CURRENCIES, minor_units

NAMES = {
    "harbor-table": "Harbor Table",
    "lantern-house": "Lantern House",
    "second-road": "Second Road",
}
TITLES = {"may-bowls": "May Bowls"}
WORDS = {
    "product": "products",
    "products": "products",
    "collection": "collections",
    "collections": "collections",
    "tag": "tags",
    "tags": "tags",
    "countries": "countries",
    "excluded": "excluded",
    "including": "including",
}
LIMITS = ("cap", "minimum", "daily cap", "reader cap", "sponsor cap")
NUMBERS = ("hold days", "rank", "deliver days")


class Said(NamedTuple):
    """Terms as they stand in the table, the version they make, and how it reads."""

    terms: str
    version: CampaignVersion
    sponsor: str
    sentence: str


def promises() -> list[Said]:
    """Every promise of the table."""
    text = Path(__file__).with_name("sentences.txt").read_text()
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [_said(block) for block in kept.split("\n\n") if block.strip()]


def version(terms: str) -> tuple[CampaignVersion, str]:
    """Terms such as `item, 2 meal; cap 50,000; by Acme`, and the sponsor's name."""
    head, *rest = (each.strip() for each in terms.split(";"))
    trigger, _, gift = head.partition(",")
    rate, _, unit = gift.strip().partition(" ")
    scale = CURRENCIES.get(unit, 0)
    found: dict[str, Any] = {
        "campaign": "spring",
        "version": 1,
        "cause": "cause",
        "unit": unit,
        "scale": scale,
        "charity": "harbor-table",
        "trigger": trigger,
        "rate": rate.rstrip("%"),
        "effective_from": datetime(2026, 1, 1, tzinfo=UTC),
        "time_zone": "America/New_York",
    }
    days, sponsor = "2026-05-01 to 2026-05-31", ""
    for term in rest:
        for word in (*LIMITS, *NUMBERS, *WORDS, "days", "by", "in"):
            if term.startswith(f"{word} "):
                value = term.removeprefix(word).strip()
                break
        else:
            word, value = term, ""
        if word == "days":
            days = value
        elif word == "in":
            found["time_zone"] = value
        elif word == "by":
            sponsor, found["sponsor"] = value, value.lower()
        elif word in LIMITS:
            found[word.replace(" ", "_")] = minor_units(value.replace(",", ""), scale)
        elif word in NUMBERS:
            found[word.replace(" ", "_")] = int(value)
        elif word in WORDS:
            found[WORDS[word]] = tuple(value.split())
        else:
            found |= _other(term, found)
    found["starts_at"], found["ends_at"] = _between(days, ZoneInfo(found["time_zone"]))
    return CampaignVersion(**found), sponsor


def _other(term: str, found: dict[str, Any]) -> dict[str, Any]:
    first, _, value = term.partition(" ")
    if first == "price":
        price, currency = value.split()
        return {"price": price, "currency": currency}
    if first == "steps":  # in money of a currency, or pieces: "50.00 USD: 3, 100.00 USD: 5"
        tiers, currency = [], ""
        for step in value.split(", "):
            at, rate = step.split(": ")
            number, _, currency = at.partition(" ")
            places = 0 if currency == "pieces" else CURRENCIES[currency]
            tiers.append(Tier(minor_units(number, places), rate))
        named = {} if found["unit"].isupper() or currency == "pieces" else {"currency": currency}
        return {"tiers": tuple(tiers), **named}
    if first == "split":  # "harbor-table 60, lantern-house 40"
        parts = [part.split() for part in value.split(", ")]
        return {"split": tuple(Part(charity, int(weight)) for charity, weight in parts)}
    if first == "matches":
        return {"matches": value}
    if first == "group":
        return {"group": value}
    if term == "from its fund":
        return {"fund": "sponsor/acme/fund"}
    assert term == "all or nothing", f"not a term: {term}"
    return {"partial": False}


def _between(days: str, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    first, _, last = days.partition(" to ")

    def moment(text: str, hours: int) -> datetime:
        day, _, hour = text.partition(" at ")
        clock = time.fromisoformat(hour) if hour else time.min
        whole = timedelta(0 if hour else hours)
        return datetime.combine(date.fromisoformat(day) + whole, clock, zone).astimezone(UTC)

    return moment(first, 0), moment(last, 1) if last else None


def _said(block: str) -> Said:
    lines = block.strip().splitlines()
    terms = lines[0].strip()
    made, sponsor = version(terms)
    return Said(terms, made, sponsor, " ".join(line.strip() for line in lines[1:]))
