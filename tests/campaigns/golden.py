"""Reads the rows of golden.txt."""

import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from almoner.campaigns.model import CampaignVersion, Line, Manual, Order, Refund, RefundedLine
from almoner.units import minor_units
from tests.ledger.examples import campaign

PROMISE = re.compile(
    r"(?P<rate>\S+) (?P<unit>\S+) (per |of )(?P<trigger>order|item|entry|revenue)"
    r"( of (?P<products>\S+( or \S+)*))?( tagged (?P<tag>\S+))?( cap (?P<cap>\S+))?"
    r"( fund (?P<fund>\S+))?(?P<whole> all or nothing)?"
)


class Row(NamedTuple):
    """One row: the promise, what happened, and what was given then and now, exactly."""

    text: str
    version: CampaignVersion
    sales: list[Order | Manual]
    refunds: list[Refund]
    fund: int | None
    then: Fraction
    now: Fraction


def rows() -> list[Row]:
    """Every row of the table."""
    text = Path(__file__).with_name("golden.txt").read_text()
    return [_row(line) for line in text.splitlines() if line.strip() and line[0] != "#"]


def _row(line: str) -> Row:
    promise, sold, back, given = (cell.strip() for cell in line.split(";"))
    said = PROMISE.fullmatch(promise)
    assert said, f"not a promise: {promise}"
    scale = 2 if said["trigger"] == "revenue" else 0
    version = campaign(
        trigger="manual" if said["trigger"] == "entry" else said["trigger"],
        rate=said["rate"],
        unit="USD" if scale else said["unit"],
        scale=scale,
        products=tuple(said["products"].split(" or ")) if said["products"] else (),
        tags=(said["tag"],) if said["tag"] else (),
        cap=minor_units(said["cap"], scale) if said["cap"] else None,
        partial=not said["whole"],
    )
    then, now = (_exact(part.strip(), scale) for part in given.split("→"))
    return Row(
        " ".join(line.split()),
        version,
        [_sale(part.strip()) for part in sold.split("|")],
        [] if back == "-" else [_refund(part.strip()) for part in back.split("|")],
        minor_units(said["fund"], scale) if said["fund"] else None,
        then,
        now,
    )


def _sale(text: str) -> Order | Manual:
    if text.startswith("entry "):
        return Manual("bowls", int(text.removeprefix("entry ")))
    text, _, currency = text.partition(" in ")
    text, _, tags = text.partition(" tagged ")
    lines = [line.split() for line in text.split(", ")]
    return Order(
        currency or "USD",
        tuple(Line(name, int(pieces), minor_units(paid, 2), name) for pieces, name, paid in lines),
        tuple(tags.split()),
    )


def _refund(text: str) -> Refund:
    if text.endswith(" loose"):
        return Refund("o", (), minor_units(text.removesuffix(" loose"), 2))
    pieces, name, paid = text.split()
    return Refund("o", (RefundedLine(name, int(pieces), minor_units(paid, 2)),))


def _exact(text: str, scale: int) -> Fraction:
    whole, _, carried = text.partition("+")
    return minor_units(whole, scale) + Fraction(carried or 0)
