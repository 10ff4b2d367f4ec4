"""The promises recomputed from what is stored, sharing no code with what made it."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from math import lcm
from typing import Any

from almoner.campaigns import rules
from almoner.campaigns.force import in_force
from almoner.campaigns.given import Memory, Scope, scopes
from almoner.campaigns.model import CampaignVersion, Occasion, Order, Pledge
from almoner.ledger import Database
from almoner.ledger.event import decode_occasion, decode_order, instant
from almoner.ledger.publish import read_campaigns


def merkle_tree_hash(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    left, right = merkle_tree_hash(entries[:k]), merkle_tree_hash(entries[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def bodies(db: Database) -> list[bytes]:
    """Every entry as it was hashed, in log order."""
    return [bytes(row[0]) for row in db.rows("SELECT body FROM ledger_entry ORDER BY idx")]


def stored_balances(db: Database) -> dict[tuple[str, str], Fraction]:
    """Every balance that is not zero, in whole units."""
    return {
        (path, unit): Fraction(balance, 10**scale)
        for path, unit, scale, balance in db.rows(
            "SELECT path, unit, scale, balance FROM ledger_account"
        )
        if balance
    }


def folded_balances(entries: list[bytes]) -> dict[tuple[str, str], Fraction]:
    """The balances that the public entries alone make."""
    found: dict[tuple[str, str], Fraction] = {}
    for entry in entries:
        for posting in json.loads(entry).get("postings", ()):
            for path, sign in ((posting["debit"], -1), (posting["credit"], 1)):
                at = path, posting["unit"]
                found[at] = found.get(at, Fraction(0)) + sign * Fraction(posting["value"])
    return {at: value for at, value in found.items() if value}


def sums_by_unit(db: Database) -> dict[str, int]:
    """Conservation: each of these is zero."""
    rows = db.rows("SELECT unit, SUM(balance) FROM ledger_account GROUP BY unit")
    return {unit: int(total) for unit, total in rows}


def opened_commitments(db: Database) -> list[tuple[str, str, str]]:
    """(entry's commitment, what the event's salt opens to, the event's id) for each entry."""
    found: list[tuple[str, str, str]] = []
    for body, salt, source, ref in db.rows(
        "SELECT n.body, s.salt, e.source, e.ref FROM ledger_entry n "
        "JOIN ledger_event e ON e.seq = n.event JOIN ledger_salt s ON s.event = e.seq "
        "ORDER BY n.idx"
    ):
        said = hmac.new(bytes(salt), f"{source}\n{ref}".encode(), "sha256").hexdigest()
        found.append((json.loads(bytes(body))["event"], said, ref))
    return found


def pledged_again(db: Database) -> list[tuple[bytes, bytes]]:
    """(stored, made again) entry parts for every pledge that an event was first granted.

    Each event is run through the versions it was pledged under, with what the entries before
    it had given.
    """
    versions = read_campaigns(db)
    given = Funds()
    pairs: list[tuple[bytes, bytes]] = []
    for index, event, kind, occurred, received, body in db.rows(
        "SELECT n.idx, e.seq, e.kind, e.occurred_at, e.received_at, n.body FROM ledger_entry n "
        "JOIN ledger_event e ON e.seq = n.event ORDER BY n.idx"
    ):
        said = json.loads(bytes(body))
        pledges = said.get("pledges", ())
        named = [versions[each["campaign"]][each["version"] - 1] for each in pledges]
        if said["kind"] == "pledge":
            when = min(instant(occurred), instant(received))
            for version in named:
                assert in_force(versions[version.campaign], when) == version
            made = rules.pledges(_body(db, event, kind), when, list(dict.fromkeys(named)), given)
            stored = [[each["share"], each.get("limited", "")] for each in pledges]
            again = [[each.share, each.limited] for _, each in made]
            pairs.append((json.dumps(stored).encode(), json.dumps(again).encode()))
        elif said["kind"] == "refund":
            (of_event,) = db.row(
                "SELECT DISTINCT of_event FROM ledger_pledge WHERE entry = ?", (index,)
            )
            order, when = _order(db, of_event)
            for version, each in zip(named, pledges, strict=True):
                _take_back(given, version, each, scopes(version, order, when))
        else:
            assert not named, f"entry {index} is a {said['kind']} with pledges"
            for account, unit, change in _changes(db, index):
                given.balances[account, unit] = given.balances.get((account, unit), 0) + change
    return pairs


class Funds(Memory):
    """What was given, with every fund's balance by its unit."""

    def __init__(self) -> None:
        super().__init__()
        self.balances: dict[tuple[str, str], int] = {}

    def left(self, version: CampaignVersion) -> int | None:
        return self.balances.get((version.fund, version.unit), 0) if version.fund else None

    def add(self, version: CampaignVersion, made: Pledge, scopes: Sequence[Scope]) -> None:
        super().add(version, made, scopes)
        at = version.fund, version.unit
        self.balances[at] = self.balances.get(at, 0) - made.amount


def _take_back(
    given: Funds, version: CampaignVersion, said: dict[str, Any], scopes: Sequence[Scope]
) -> None:
    share, charity = Fraction(said["share"]), said.get("charity", version.charity)
    before = given.standing(version.campaign, charity)
    parts = lcm(before.parts, share.denominator)
    total = Fraction(before.due, before.parts) + share
    made = Pledge(
        version.campaign,
        version.version,
        0,
        int(share * parts),
        parts,
        total.numerator // total.denominator - before.posted,
        charity=charity,
        held=said.get("held", False),
    )
    given.add(version, made, scopes)


def _body(db: Database, event: int, kind: str) -> Occasion:
    row = db.row("SELECT body FROM ledger_event WHERE seq = ?", (event,))
    assert row is not None
    return decode_occasion(kind, row[0])


def _order(db: Database, event: int) -> tuple[Order, datetime]:
    row = db.row("SELECT body, occurred_at, received_at FROM ledger_event WHERE seq = ?", (event,))
    assert row is not None
    return decode_order(row[0]), min(instant(row[1]), instant(row[2]))


def _changes(db: Database, entry: int) -> list[tuple[str, str, int]]:
    return [
        (row[0], row[1], sign * row[2])
        for side, sign in (("debit", -1), ("credit", 1))
        for row in db.rows(
            f"SELECT a.path, a.unit, p.amount FROM ledger_posting p "
            f"JOIN ledger_account a ON a.id = p.{side} WHERE p.entry = ?",
            (entry,),
        )
    ]
