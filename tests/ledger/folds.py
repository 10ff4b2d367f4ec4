"""The promises recomputed from what is stored, sharing no code with what made it."""

import hashlib
import hmac
import json
from fractions import Fraction

from almoner.campaigns import rules
from almoner.campaigns.model import CampaignVersion, Manual, Order, Pledge, Standing
from almoner.ledger import Database
from almoner.ledger.event import decode_manual, decode_order, instant
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

    Each event is run through the version it was pledged under, with the standing and the
    fund as the entries before it left them.
    """
    versions = read_campaigns(db)
    standings: dict[str, Standing] = {}
    balances: dict[tuple[str, str], int] = {}
    pairs: list[tuple[bytes, bytes]] = []
    for index, event, kind, occurred, body in db.rows(
        "SELECT n.idx, e.seq, e.kind, e.occurred_at, n.body FROM ledger_entry n "
        "JOIN ledger_event e ON e.seq = n.event ORDER BY n.idx"
    ):
        said = json.loads(bytes(body))
        granted = said["kind"] == "pledge"
        for pledge in said.get("pledges", ()):
            version = versions[pledge["campaign"]][pledge["version"] - 1]
            standing = standings.get(version.campaign, Standing())
            if granted:
                made = _again(db, version, event, kind, standing, balances)
                stored = json.dumps([pledge["share"], pledge.get("limited", "")])
                again = json.dumps([str(Fraction(made.granted, made.parts)), made.limited])
                pairs.append((stored.encode(), again.encode()))
                assert rules.in_force(versions[version.campaign], instant(occurred)) == version
            _follow(version, Fraction(pledge["share"]), standings, balances)
        if "pledges" not in said:
            for account, unit, change in _changes(db, index):
                balances[account, unit] = balances.get((account, unit), 0) + change
    return pairs


def _again(
    db: Database,
    version: CampaignVersion,
    event: int,
    kind: str,
    standing: Standing,
    balances: dict[tuple[str, str], int],
) -> Pledge:
    row = db.row("SELECT body FROM ledger_event WHERE seq = ?", (event,))
    assert row is not None
    body: Order | Manual = decode_order(row[0]) if kind == "order" else decode_manual(row[0])
    fund = balances.get((version.fund, version.unit), 0) if version.fund else None
    made = rules.pledge(version, body, standing, fund)
    assert made is not None
    return made


def _follow(
    version: CampaignVersion,
    share: Fraction,
    standings: dict[str, Standing],
    balances: dict[tuple[str, str], int],
) -> None:
    before = standings.get(version.campaign, Standing())
    total = Fraction(before.due, before.parts) + share
    standings[version.campaign] = Standing(total.numerator, total.denominator)
    paid = total.numerator // total.denominator - before.posted
    at = version.fund, version.unit
    balances[at] = balances.get(at, 0) - paid


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
