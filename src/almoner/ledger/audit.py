"""Checks that a ledger adds up, from its entries alone."""

from fractions import Fraction

import msgspec

from almoner.ledger.database import Database
from almoner.log import merkle
from almoner.log.entry import decode
from almoner.units import minor_units

_PAGE = 5_000


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
    standings: dict[str, Fraction] = {}
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
    standings: dict[str, Fraction],
    body: bytes,
    scales: dict[str, int],
) -> None:
    try:
        entry = decode(body)
        for pledge in entry.pledges:
            share = Fraction(pledge.share)
            standings[pledge.campaign] = standings.get(pledge.campaign, Fraction(0)) + share
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


def _compare_standings(db: Database, standings: dict[str, Fraction]) -> str:
    """Caps hold by these totals, so they are to be what the entries make."""
    for campaign, due, parts in db.rows("SELECT campaign, due, parts FROM ledger_standing"):
        stored, folded = Fraction(int(due), int(parts)), standings.pop(campaign, Fraction(0))
        if folded != stored:
            return f"{campaign} stands at {stored} in minor units; its entries make {folded}."
    for campaign, folded in standings.items():
        if folded:
            return f"{campaign} should stand at {folded} in minor units and is missing."
    return ""
