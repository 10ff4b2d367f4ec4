"""Reads the rows and the stories of golden.txt, whose head says how they are written."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from almoner.campaigns.model import (
    Action,
    CampaignVersion,
    Line,
    Manual,
    Order,
    Part,
    Refund,
    RefundedLine,
    Tier,
)
from almoner.units import CURRENCIES, minor_units

CHARITIES = {"harbor": "harbor-table", "lantern": "lantern-house", "road": "second-road"}
ZONES = {"New York": "America/New_York", "Auckland": "Pacific/Auckland"}
FIRST = datetime(2026, 5, 5, 12, tzinfo=UTC)
MONTHS = (
    "January February March April May June July August September October November December"
).split()

_GIVES = re.compile(
    r"(?P<rate>\S+) (?P<unit>\S+) (?:per (?P<thing>order|item|sign-up|read|visit|entry)"
    r"|of (?P<money>revenue|gifts|round-ups)|for each of (?P<matches>\S+))"
)
_TRIGGERS = {"entry": "manual", "gifts": "gift", "round-ups": "round-up"}
_LIMITS = {
    "cap": "cap",
    "daily cap": "daily_cap",
    "reader cap": "reader_cap",
    "sponsor cap": "sponsor_cap",
    "at least": "minimum",
}
_DATE = re.compile(rf"(\d+) ({'|'.join(MONTHS)})(?: (\d\d:\d\d))?(?= |$)")
_FIGURE = re.compile(
    r"(?:(?P<campaign>[a-z]+) )??(?:(?P<charity>harbor|lantern|road) )?"
    r"(?:(?P<account>held|owed) )?(?P<figure>[\d.]+)(?:\+(?P<carried>\d+/\d+))?"
    r"(?: \((?P<limited>[a-z ]+)\))?"
)


class Stands(NamedTuple):
    """What is expected after a step: of a campaign's total, or of what is held or owed."""

    campaign: str
    charity: str
    account: str
    minor: Fraction
    limited: str | None


class Delivery(NamedTuple):
    """So much of what a campaign owes is delivered to a charity."""

    campaign: str
    charity: str
    minor: int


class Step(NamedTuple):
    """What happens at a time. `what` is None where time only passes."""

    when: datetime
    ref: str
    what: Order | Refund | Manual | Action | Delivery | CampaignVersion | None
    after: tuple[Stands, ...]


class Case(NamedTuple):
    """Promises, their sponsors' funds, and what happens."""

    title: str
    kind: Literal["row", "story"]
    versions: dict[str, CampaignVersion]
    funds: dict[tuple[str, str, int], int]
    steps: list[Step]


def cases() -> list[Case]:
    """Every case of the table."""
    text = Path(__file__).with_name("golden.txt").read_text()
    lines = [line.split("--")[0].rstrip() for line in text.splitlines() if line[:1] != "#"]
    lines = [line for line in lines if line.strip() and not line.startswith("==")]
    found = [_row(line) for line in lines if ";" in line]
    story: list[str] = []
    for line in [line for line in lines if ";" not in line] + [""]:
        starts = bool(line) and not line.startswith(" ") and not _is_promise(line)
        if story and (starts or not line):
            found.append(_story(story))
            story = []
        story.append(line)
    return found


def _is_promise(line: str) -> bool:
    name, _, rest = line.partition(": ")
    return name.isalpha() and bool(_GIVES.match(rest))


# Promises


def promise(name: str, text: str) -> tuple[CampaignVersion, int | None]:
    """A campaign's terms, and what its sponsor has put up."""
    first, *terms = text.split(", ")
    said = _GIVES.fullmatch(first)
    assert said, f"not a promise: {first}"
    buys = next((term.split() for term in terms if term.startswith("buys ")), None)
    unit = said["unit"] if said["unit"] != "%" else "USD"
    if buys:
        unit = buys[1].removesuffix("s")
    unit = next((term[3:] for term in terms if re.fullmatch("of [A-Z]{3}", term)), unit)
    scale = CURRENCIES.get(unit, 0)
    thing = said["thing"] or said["money"] or ""
    made: dict[str, Any] = {
        "campaign": name,
        "version": 1,
        "cause": name,
        "unit": unit,
        "scale": scale,
        "charity": "harbor-table",
        "trigger": "match" if said["matches"] else _TRIGGERS.get(thing, thing),
        "rate": said["rate"],
        "matches": said["matches"] or "",
    }
    if buys:
        made |= {"price": buys[3], "currency": buys[4]}
    zone = next((ZONES[term] for term in terms if term in ZONES), "UTC")
    days = next((term for term in terms if _DATE.match(term)), "1 May")
    fund: int | None = None
    for term in terms:
        if term.startswith("fund "):
            fund = minor_units(term[5:], scale)
        elif term not in ZONES and not _DATE.match(term):
            made |= _term(term, made)
    if fund is not None:
        made["fund"] = f"sponsor/{made.setdefault('sponsor', 'acme')}/fund"
    made["starts_at"], made["ends_at"] = _days(days, ZoneInfo(zone))
    made |= {"time_zone": zone, "effective_from": made["starts_at"]}
    return CampaignVersion(**made), fund


def _term(term: str, made: dict[str, Any]) -> dict[str, Any]:
    scale = made["scale"]
    for words, field in _LIMITS.items():
        if term.startswith(f"{words} "):
            return {field: minor_units(term.removeprefix(f"{words} "), scale)}
    first, _, rest = term.partition(" ")
    match first:
        case "all":
            return {"partial": False}
        case "only":
            return {"products": tuple(rest.split(" or "))}
        case "tagged":
            return {"tags": tuple(rest.split(" or "))}
        case "in" if rest in CURRENCIES:
            return {"currency": rest}
        case "in":
            return {"collections": tuple(rest.split(" or "))}
        case "before" | "with":
            basis = made.get("including", ())
            return {"including": (*basis, *rest.split(" and "))}
        case "for":
            return {"countries": tuple(rest.split(" or "))}
        case "not":
            return {"excluded": tuple(rest.removeprefix("for ").split(" or "))}
        case "by":
            return {"sponsor": rest}
        case "held":
            return {"hold_days": int(rest.split()[0])}
        case "group":
            name, _, rank = rest.partition(" ")
            return {"group": name, "rank": int(rank or 0)}
        case "to" if not any(letter.isdigit() for letter in rest):
            return {"charity": CHARITIES[rest]}
        case "to":
            parts = [part.split() for part in rest.split(" and ")]
            return {"split": tuple(Part(CHARITIES[name], int(weight)) for name, weight in parts)}
        case "from":
            at, rate = rest.split(": ")
            money = made["unit"] if made["unit"].isupper() else made.get("currency", "USD")
            places = 0 if made["trigger"] == "item" else CURRENCIES[money]
            return {"tiers": (*made.get("tiers", ()), Tier(minor_units(at, places), rate))}
        case "buys" | "of":
            return {}
    raise AssertionError(f"not a term: {term}")


def _days(text: str, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    first, _, last = text.partition(" to ")

    def midnight(said: str, plus: int) -> datetime:
        day, month = said.split()
        then = date(2026, MONTHS.index(month) + 1, int(day)) + timedelta(days=plus)
        return datetime.combine(then, time.min, zone).astimezone(UTC)

    return midnight(first, 0), midnight(last, 1) if last else None


# What happens


def _order(text: str) -> Order:
    brackets: list[str] = []

    def aside(found: re.Match[str]) -> str:
        brackets.append(found[1])
        return f"<{len(brackets) - 1}>"

    text = re.sub(r"\(([^)]*)\)", aside, text)
    terms: dict[str, str] = {}
    for words, pattern in (
        ("shipping tax", r",? shipping tax (\S+)"),
        ("shipping", r",? shipping (\S+)"),
        ("in", r" in ([A-Z]{3})\b"),
        ("from", r" from ([A-Z]\S+)"),
        ("for", r" for (\w+)"),
        ("tagged", r" tagged (.+)$"),
    ):
        found = re.search(pattern, text)
        if found:
            terms[words] = found[1].strip(",")
            text = text[: found.start()] + text[found.end() :]
    currency = terms.get("in", "USD")
    scale = CURRENCIES[currency]
    lines: list[Line] = []
    for part in text.split(", "):
        line = _line(part.strip(), brackets, scale)
        again = sum(each.product == line.product for each in lines)
        lines.append(line if not again else _renamed(line, f"{line.id} {again + 1}"))
    return Order(
        currency,
        tuple(lines),
        tuple(terms.get("tagged", "").split()),
        shipping=minor_units(terms.get("shipping", "0"), scale),
        shipping_tax=minor_units(terms.get("shipping tax", "0"), scale),
        place=terms.get("from", ""),
        reader=terms.get("for", ""),
    )


def _renamed(line: Line, name: str) -> Line:
    kept = {field: getattr(line, field) for field in line.__struct_fields__}
    return Line(**{**kept, "id": name})


def _line(text: str, brackets: list[str], scale: int) -> Line:
    found = re.fullmatch(r"(.+?)(?: <(\d+)>)?", text)
    assert found, text
    more: dict[str, Any] = {}
    for said in brackets[int(found[2])].split(", ") if found[2] else ():
        word, _, value = said.partition(" ")
        if word == "in":
            more["collections"] = tuple(value.split(" and "))
        elif word == "as":
            more["product"] = value
        else:
            more[word] = minor_units(value, scale)
    said = found[1]
    for words, kind in (("given", "gift"), ("rounded up", "round-up")):
        if said.endswith(f" {words}"):
            money = minor_units(said.removesuffix(f" {words}"), scale)
            name = more.pop("product", words)
            return Line(words, 1, money, name, kind=kind, **more)  # type: ignore[arg-type]
    pieces, name, money = re.fullmatch(r"(\d+) (.+) (\S+)", said).groups()  # type: ignore[union-attr]
    kind = "gift-card" if name == "gift card" else "product"
    return Line(name, int(pieces), minor_units(money, scale), name, kind=kind, **more)


def _refund(order: str, text: str, currency: str) -> Refund:
    scale = CURRENCIES[currency]
    lines: list[RefundedLine] = []
    loose = shipping = 0
    for part in text.removesuffix(f" in {currency}").split(", "):
        first, _, rest = part.partition(" ")
        if rest == "loose":
            loose += minor_units(first, scale)
        elif rest == "shipping":
            shipping += minor_units(first, scale)
        elif rest in ("given", "rounded up"):
            lines.append(RefundedLine(rest, 0, minor_units(first, scale)))
        else:
            name, money = rest.rsplit(" ", 1)
            lines.append(RefundedLine(name, int(first), minor_units(money, scale)))
    return Refund(order, tuple(lines), loose, shipping=shipping)


def _action(text: str) -> Action | None:
    found = re.fullmatch(
        r"(\d+) (read|visit|sign-up)s?(?: tagged (?P<tags>[a-z ]+?))?"
        r"(?: from (?P<place>\S+))?(?: for (?P<reader>\w+))?(?: without (?P<without>[a-z ]+))?",
        text,
    )
    if not found:
        return None
    tags = tuple((found["tags"] or "").split())
    kind: Any = found[2]
    place, reader = found["place"] or "", found["reader"] or ""
    without = tuple((found["without"] or "").split())
    return Action(kind, int(found[1]), tags, place, reader, without=without)


# Rows and stories


def _row(line: str) -> Case:
    text, sold, back, given = (cell.strip() for cell in line.split(";"))
    version, fund = promise("bowls", text)
    then, now = (part.strip() for part in given.split("→"))
    steps: list[Step] = []
    for at, sale in enumerate(part.strip() for part in sold.split("|")):
        by_hand = sale.startswith("entry ")
        what = Manual("bowls", int(sale[6:])) if by_hand else _order(sale)
        steps.append(Step(FIRST, f"sale-{at}", what, ()))
    versions = {"bowls": version}
    steps[-1] = steps[-1]._replace(after=_expected(then, versions, strict=False))
    for at, said in enumerate(part.strip() for part in back.split("|")):
        if said != "-":
            steps.append(Step(FIRST, f"back-{at}", _refund("sale-0", said, "USD"), ()))
    last = steps[-1]
    steps[-1] = last._replace(after=(*last.after, *_expected(now, versions, strict=False)))
    title = " ".join(line.split())
    return Case(title, "row", versions, _funds({"bowls": (version, fund)}), steps)


def _story(lines: list[str]) -> Case:
    title, *rest = lines
    promises = {
        name: promise(name, text)
        for name, text in (line.split(": ", 1) for line in rest if not line.startswith(" "))
    }
    versions = {name: version for name, (version, _) in promises.items()}
    current = dict(versions)
    steps: list[Step] = []
    when, orders = FIRST, dict[str, str]()
    for line in _joined(line.strip() for line in rest if line.startswith(" ")):
        said, _, expected = (part.strip() for part in line.partition("→"))
        dated = _DATE.match(said)
        if dated:
            when = _moment(dated)
            said = said[dated.end() :].strip()
        ref, what = _happens(said, when, current, orders, len(steps))
        steps.append(Step(when, ref, what, _expected(expected, versions)))
    return Case(title, "story", versions, _funds(promises), steps)


def _joined(lines: Iterable[str]) -> list[str]:
    """What stands given, where it needs more than one line, behind what happened."""
    found: list[str] = []
    for line in lines:
        if line.startswith("→"):
            found[-1] += f", {line[1:].strip()}" if "→" in found[-1] else f" {line}"
        else:
            found.append(line)
    return found


def _moment(dated: re.Match[str]) -> datetime:
    day = date(2026, MONTHS.index(dated[2]) + 1, int(dated[1]))
    return datetime.combine(day, time.fromisoformat(dated[3] or "12:00"), UTC)


def _happens(
    said: str,
    when: datetime,
    current: dict[str, CampaignVersion],
    orders: dict[str, str],
    number: int,
) -> tuple[str, Any]:
    if said == "time passes":
        return "", None
    action = _action(said)
    if action:
        return f"action-{number}", action
    words = said.split()
    if words[0] == "entry":
        return f"entry-{number}", Manual(words[3], int(words[1]))
    if words[0] == "deliver":
        version = current[words[3]]
        charity = CHARITIES[words[5]] if len(words) > 4 else version.charity
        return f"delivery-{number}", Delivery(
            words[3], charity, minor_units(words[1], version.scale)
        )
    if said.endswith(" ends"):
        return words[0], _next(current, words[0], when, ends_at=when)
    if words[1] == "becomes":
        return words[0], _next(current, words[0], when, rate=words[2])
    name, text = said.split(": ", 1)
    if name.startswith("back from "):
        order = name.removeprefix("back from ")
        return f"back-{number}", _refund(order, text, orders[order])
    order = _order(text)
    orders[name] = order.currency
    return name, order


def _next(
    current: dict[str, CampaignVersion], name: str, when: datetime, **terms: Any
) -> CampaignVersion:
    last = current[name]
    kept = {field: getattr(last, field) for field in last.__struct_fields__}
    changed = {**kept, **terms, "version": last.version + 1, "effective_from": when}
    current[name] = CampaignVersion(**changed)
    return current[name]


def _expected(
    text: str, versions: dict[str, CampaignVersion], *, strict: bool = True
) -> tuple[Stands, ...]:
    found: list[Stands] = []
    for part in text.split(", ") if text else ():
        said = _FIGURE.fullmatch(part)
        assert said, f"not a figure: {part}"
        campaign = said["campaign"] or next(iter(versions))
        assert said["campaign"] or len(versions) == 1, f"of which campaign: {part}"
        minor = minor_units(said["figure"], versions[campaign].scale) + Fraction(
            said["carried"] or 0
        )
        limited = (said["limited"] or "") if strict and not said["account"] else None
        charity = CHARITIES[said["charity"]] if said["charity"] else ""
        found.append(Stands(campaign, charity, said["account"] or "", minor, limited))
    return tuple(found)


def _funds(
    promises: dict[str, tuple[CampaignVersion, int | None]],
) -> dict[tuple[str, str, int], int]:
    return {
        (version.fund, version.unit, version.scale): fund
        for version, fund in promises.values()
        if fund is not None
    }
