"""What of a delivery or a confirmation can still be taken back, as one append sees it.

A reversal names the entry it corrects, and moves back no more between the same accounts than
that entry moved, less what was taken back of it already: a recount of the log holds it to that.
"""

from collections import Counter

import msgspec

from almoner.ledger.database import Database
from almoner.ledger.event import Transfer, key

REVERSIBLE = ("delivery", "confirmation")

# Minor units by debit, credit and unit.
_Moved = Counter[tuple[str, str, str]]


def corrected(entry: int) -> bytes:
    """The key that reversals of an entry are found by."""
    return key("almoner", f"entry/{entry}")


class Reversals:
    """Lives inside one database transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._left: dict[int, _Moved | None] = {}

    def objection(self, transfer: Transfer) -> str:
        """Why this cannot be taken back, or ""."""
        entry = transfer.corrects
        if entry is None:
            return "a reversal names the entry that it takes back from"
        left = self._of(entry)
        if left is None:
            return f"entry {entry} is no delivery and no confirmation"
        for at, minor in _sums(transfer).items():
            debit, credit, unit = at
            if minor > left[credit, debit, unit]:
                rest = left[credit, debit, unit]
                return f"entry {entry} has {rest} {unit} in minor units left to take from {debit}"
        return ""

    def add(self, transfer: Transfer) -> None:
        """Take note of a reversal that was entered."""
        assert transfer.corrects is not None, "a reversal corrects nothing"
        left = self._of(transfer.corrects)
        assert left is not None, f"entry {transfer.corrects} cannot be taken back"
        _take(left, transfer)

    def _of(self, entry: int) -> _Moved | None:
        if entry not in self._left:
            self._left[entry] = self._read(entry)
        return self._left[entry]

    def _read(self, entry: int) -> _Moved | None:
        row = self._db.row("SELECT kind FROM ledger_entry WHERE idx = ?", (entry,))
        if row is None or row[0] not in REVERSIBLE:
            return None
        left: _Moved = Counter()
        for debit, credit, unit, amount in self._db.rows(
            "SELECT d.path, c.path, d.unit, p.amount FROM ledger_posting p "
            "JOIN ledger_account d ON d.id = p.debit JOIN ledger_account c ON c.id = p.credit "
            "WHERE p.entry = ?",
            (entry,),
        ):
            left[debit, credit, unit] += amount
        for (body,) in self._db.rows(
            "SELECT body FROM ledger_event WHERE parent = ? AND outcome = 'recorded'",
            (corrected(entry),),
        ):
            _take(left, msgspec.json.decode(body, type=Transfer))
        return left


def _take(left: _Moved, transfer: Transfer) -> None:
    for (debit, credit, unit), minor in _sums(transfer).items():
        left[credit, debit, unit] -= minor


def _sums(transfer: Transfer) -> _Moved:
    sums: _Moved = Counter()
    for posting in transfer.postings:
        sums[posting.debit, posting.credit, posting.amount.unit.code] += posting.amount.minor
    return sums
