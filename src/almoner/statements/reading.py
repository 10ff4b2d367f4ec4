"""A statement as people read it: every figure in words, for the pages and for the rows."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from almoner.counters.figures import text
from almoner.giving.wording import plural
from almoner.ledger.event import instant
from almoner.statements.document import Document, Due, Handover, Promise
from almoner.statements.figures import STAGES, FundFigures, Stages
from almoner.units import decimal

MOVED = {
    "opening": "Carried forward",
    "pledge": "Pledged",
    "top-up": "Topped up to the minimum",
    "refund": "Taken off after refunds",
    "maturity": "Past the return window",
    "delivery": "Delivered",
    "confirmation": "Confirmed by the charity",
    "reversal": "Reversed",
    "deposit": "Put in",
    "transfer": "Moved",
}
HAPPENED = {
    "order": "Orders",
    "manual": "Entries by hand",
    "sign-up": "Sign-ups",
    "read": "Stories read",
    "visit": "Visits through shared links",
}
LIMITED = {
    "cap": "the limit of the campaign",
    "daily cap": "the limit of a day",
    "reader cap": "the limit of one person",
    "sponsor cap": "the limit of the sponsor",
    "fund": "what was left in the fund",
    "delivered": "that it was delivered already",
}
NOTHING = "Nothing was promised, delivered or confirmed in this period."


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an account: its figures by stage, and all of them together, as text."""

    label: str
    stages: tuple[str, ...]
    total: str
    strong: bool = False


def lines(promise: Promise) -> list[Line]:
    """The account of a promise, from what stood at the start to what stands at the end."""
    made = [_line(promise, "At the start", promise.opening, strong=True)]
    made += [_line(promise, MOVED[each.kind], each.change) for each in promise.movements]
    return [*made, _line(promise, "At the end", promise.closing, strong=True)]


def facts(promise: Promise) -> list[tuple[str, str]]:
    """What else there is to say of a promise, as (label, words)."""
    found: list[tuple[str, str]] = []
    for bound in promise.bounds:
        label = "Limit" if bound.kind == "cap" else "Guaranteed minimum"
        state = "reached" if bound.met else "not reached"
        given = f"{amount(promise, bound.given)} given by the whole campaign"
        found.append((label, f"{amount(promise, bound.minor)}, {state}: {given}"))
    if promise.asked:
        found.append(("By the rate alone", f"{exact(promise, promise.asked)} for what happened"))
        withheld = Fraction(promise.asked) - Fraction(promise.rounding.pledged)
        if withheld:
            found.append(("Held back by limits", exact(promise, str(withheld))))
    for each in promise.limits:
        things = "refunds" if each.kind == "refund" else "pledges"
        count = f"{each.pledges:,} {things if each.pledges != 1 else things[:-1]}"
        found.append(("Limited", f"{count}, by {LIMITED.get(each.limit, each.limit)}"))
    for occasion in promise.occasions:
        label = HAPPENED.get(occasion.kind, occasion.kind.capitalize())
        counted = f"{occasion.events:,}"
        if occasion.quantity != occasion.events:
            pieces = "pieces that count" if occasion.kind == "order" else "in all"
            counted += f" with {occasion.quantity:,} {pieces}"
        found.append((label, counted))
    for each in promise.receipts:
        gross, back, net = (
            text(minor, "money", each.currency, each.scale)
            for minor in (each.gross, each.returned, each.net)
        )
        found.append(("Gross receipts", f"{gross}, returns {back}, net {net}"))
    found += [("Unit price", due(each)) for each in promise.due]
    balance = promise.closing.held + promise.closing.owed
    found.append(("Still to be delivered", amount(promise, balance) if balance else "nothing"))
    if promise.waiting not in ("", "0"):
        words = f"{exact(promise, promise.waiting)}, delivered before it came back"
        found.append(("Refunds carried on", f"{words}: taken off what is promised next"))
    rounding = promise.rounding
    if (
        rounding.carried_before != "0"
        or "/" in rounding.pledged + rounding.taken_off + rounding.total_after
    ):
        found.append(("Exactly", exactly(promise)))
    found.append(("Rounding carried", carried(promise)))
    return found


def exact(promise: Promise, minor: str) -> str:
    """An exact figure with its unit: `5 1/3 meals`, `12.50 USD`."""
    value = Fraction(minor) / Fraction(10**promise.scale)
    if promise.unit.isupper() and not Fraction(minor) % 1:
        return amount(promise, int(Fraction(minor)))
    one = value == 1 or promise.unit.isupper()
    return f"{mixed(value)} {promise.unit if one else plural(promise.unit, 2)}"


def due(each: Due) -> str:
    """`2,000 at 0.25 USD each: $500`; a part of the smallest coin as a fraction."""
    exact = Fraction(each.exact)
    whole, rest = exact // 1, exact % 1
    money = text(int(whole), "money", each.currency, each.scale)
    more = f" and {rest} of its smallest coin" if rest else ""
    return f"{units(each.units)} at {each.price} {each.currency} each: {money}{more}"


def units(exact: str) -> str:
    """A rational number of units: `2,000`, `1/3`."""
    value = Fraction(exact)
    return f"{value.numerator:,}" if value.denominator == 1 else f"{value}"


def exactly(promise: Promise) -> str:
    """The exact totals, where something is carried: `3 2/3 in all at the start, 5 1/3 …`."""
    rounding = promise.rounding
    parts = (
        (rounding.total_before, "in all at the start"),
        (rounding.pledged, "pledged"),
        (rounding.topped_up, "topped up"),
        (rounding.taken_off, "taken off"),
        (rounding.total_after, "at the end"),
    )
    return ", ".join(
        f"{mixed(Fraction(exact) / 10**promise.scale)} {what}"
        for exact, what in parts
        if exact != "0" or what.endswith("end")
    )


def mixed(value: Fraction) -> str:
    """A rational as people write it: `5 1/3`, `1,000`, `2/3`."""
    whole, rest = divmod(value, 1)
    if not rest:
        return f"{whole:,}"
    return f"{whole:,} {rest}" if whole else f"{rest}"


def carried(promise: Promise) -> str:
    """What is promised and less than the smallest part of a unit, before and after."""
    before, after = (
        mixed(Fraction(exact) / 10**promise.scale)
        for exact in (promise.rounding.carried_before, promise.rounding.carried_after)
    )
    if before == after == "0":
        return "nothing"
    return f"{before} {promise.unit} at the start, {after} {promise.unit} at the end"


def amount(promise: Promise | Handover, minor: int) -> str:
    """A figure with its unit."""
    money = promise.unit.isupper()
    number = text(minor, "money" if money else "count", promise.unit, promise.scale)
    return number if money else f"{number} {plural(promise.unit, abs(minor))}"


def fund_lines(fund: FundFigures) -> list[tuple[str, str]]:
    """A fund's account, as (label, figure)."""
    found = [
        ("At the start", fund.opening),
        ("Put in", fund.put_in),
        ("Promised from it, refunds taken off", -fund.paid),
    ]
    if fund.moved:
        found.append(("Moved", fund.moved))
    found.append(("At the end", fund.closing))
    return [(label, figure(minor, fund.unit, fund.scale)) for label, minor in found]


def figure(minor: int, unit: str, scale: int) -> str:
    """A figure without its unit, money with its sign and with every decimal place."""
    if unit.isupper():
        shown = text(minor, "money", unit, scale)
        places = decimal(abs(minor), scale).partition(".")[2]
        return shown if "." in shown or not places else f"{shown}.{places}"
    return text(minor, "count", unit, scale)


def when(document: Document, time: str) -> str:
    """A time of the document by the clock of its period."""
    return f"{_local(document, time):%-d %B %Y, %H:%M}"


def day(document: Document, time: str) -> str:
    """A day of the document by the clock of its period."""
    return f"{_local(document, time):%-d %B %Y}"


def columns(promise: Promise) -> tuple[str, ...]:
    """The stages as headings."""
    return (*(stage.capitalize() for stage in STAGES), "Together")


def _line(promise: Promise, label: str, stages: Stages, *, strong: bool = False) -> Line:
    def shown(minor: int) -> str:
        return figure(minor, promise.unit, promise.scale) if minor or strong else "–"

    return Line(
        label, tuple(shown(getattr(stages, each)) for each in STAGES), shown(stages.total), strong
    )


def _local(document: Document, time: str) -> datetime:
    return instant(time).astimezone(ZoneInfo(document.period.time_zone))
