"""Checks that a ledger adds up, from its entries alone."""

from fractions import Fraction

import msgspec

from almoner.ledger.database import Database
from almoner.ledger.publish import read_campaigns
from almoner.log import merkle
from almoner.log.entry import decode
from almoner.units import minor_units

_PAGE = 5_000

# What a campaign promised a charity in all, and what of it has matured; the charity is ""
# where nothing is split.
Standings = dict[tuple[str, str], tuple[Fraction, Fraction]]


def check(db: Database) -> str:
    """Fold every entry and compare; "" where all is well, else the first difference.

    All of it is read as of one moment: a server may go on appending.
    """
    with db.reading():
        return _check(db)


def _check(db: Database) -> str:
    head = db.row("SELECT size, frontier FROM ledger_head WHERE id = 1")
    assert head is not None, "the ledger has no head row"
    scales = {row[0]: row[1] for row in db.rows("SELECT unit, scale FROM ledger_account")}
    balances: dict[tuple[str, str], int] = {}
    standings: Standings = {}
    size, frontier = 0, b""
    while size < head[0]:
        rows = db.rows(
            "SELECT idx, leaf, body FROM ledger_entry WHERE idx >= ? ORDER BY idx LIMIT ?",
            (size, _PAGE),
        )
        for index, leaf, body in rows:
            wrong = _check_entry(size, index, bytes(leaf), bytes(body))
            if wrong:
                return wrong
            _fold(balances, standings, bytes(body), scales)
            size, frontier = merkle.extend(size, frontier, [bytes(leaf)])
        if not rows:
            return f"The ledger's head counts {head[0]} entries, but there are {size}."
    if frontier != bytes(head[1]):
        return "The log's root does not fit its leaves."
    return _compare(db, balances) or _compare_standings(db, standings)


def _check_entry(expected: int, index: int, leaf: bytes, body: bytes) -> str:
    if index != expected:
        return f"Entry {expected} is missing."
    if merkle.leaf_hash(body) != leaf:
        return f"Entry {index} was altered: its hash does not fit."
    return ""


def _fold(
    balances: dict[tuple[str, str], int],
    standings: Standings,
    body: bytes,
    scales: dict[str, int],
) -> None:
    try:
        entry = decode(body)
        for pledge in entry.pledges:
            share = Fraction(pledge.share)
            at = pledge.campaign, pledge.charity
            due, matured = standings.get(at, (Fraction(0), Fraction(0)))
            standings[at] = (
                due if entry.kind == "maturity" else due + share,
                matured if pledge.held else matured + share,
            )
        for posting in entry.postings:
            minor = minor_units(posting.value, scales.get(posting.unit, 0))
            for path, change in ((posting.debit, -minor), (posting.credit, minor)):
                at = path, posting.unit
                balances[at] = balances.get(at, 0) + change
    except (msgspec.DecodeError, ValueError) as error:  # UnitError is one
        raise AssertionError(f"an entry that fits its hash cannot be read: {error}") from error


def _compare(db: Database, balances: dict[tuple[str, str], int]) -> str:
    for path, unit, stored in db.rows("SELECT path, unit, balance FROM ledger_account"):
        folded = balances.pop((path, unit), 0)
        if folded != stored:
            return f"{path} holds {stored} {unit} in minor units; its entries make {folded}."
    for (path, unit), folded in balances.items():
        if folded:
            return f"{path} should hold {folded} {unit} in minor units and is missing."
    return ""


def _compare_standings(db: Database, standings: Standings) -> str:
    """Caps hold by these totals, so they are to be what the entries make."""
    split = {campaign for campaign, versions in read_campaigns(db).items() if versions[-1].split}
    for campaign, charity, due, parts, matured in db.rows(
        "SELECT campaign, charity, due, parts, matured FROM ledger_standing"
    ):
        stored = Fraction(int(due), int(parts)), Fraction(int(matured), int(parts))
        at = campaign, charity if campaign in split else ""
        folded = standings.pop(at, (Fraction(0), Fraction(0)))
        if folded != stored:
            return f"{campaign} stands at {_told(stored)}; its entries make {_told(folded)}."
    for (campaign, _), folded in standings.items():
        if any(folded):
            return f"{campaign} should stand at {_told(folded)} and is missing."
    return ""


def _told(standing: tuple[Fraction, Fraction]) -> str:
    return f"{standing[0]} in minor units, {standing[1]} of it matured"
