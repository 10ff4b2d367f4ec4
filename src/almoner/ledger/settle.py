"""What settling asks of the ledger: who is owed what, since when, and what was entered.

Reads only. A share is what one campaign owes one charity of one cause; its figures are the
balances of the accounts that are named after the three.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any, Literal, cast

import msgspec

from almoner.ledger.database import Database
from almoner.ledger.event import Transfer, instant, key, timestamp

Name = tuple[str, str, str, str]


class Share(msgspec.Struct, frozen=True):
    """A campaign's promise of a cause to a charity, in minor units of `unit`.

    `delivered` is on its way: handed over and not confirmed yet.
    """

    charity: str
    cause: str
    campaign: str
    unit: str
    scale: int
    held: int = 0
    owed: int = 0
    delivered: int = 0
    confirmed: int = 0

    @property
    def name(self) -> Name:
        """What tells it from every other share."""
        return self.charity, self.cause, self.campaign, self.unit


class Movement(msgspec.Struct, frozen=True):
    """What one UTC day did to an owed account: `minor` is signed.

    A "promise" is what was pledged less what was taken off that day, so it can be below zero.
    """

    day: date
    kind: Literal["promise", "delivery", "reversal"]
    minor: int


class Recorded(msgspec.Struct, frozen=True):
    """An event of ours that the ledger holds. `entry` is None where it was refused."""

    ref: str
    outcome: str
    entry: int | None
    time: datetime
    transfer: Transfer


def shares(db: Database, charity: str = "") -> list[Share]:
    """Every share that anything was ever posted for, or those of one charity; by name."""
    found: dict[Name, dict[str, int]] = {}
    scales: dict[str, int] = {}
    for path, unit, scale, balance in db.rows(
        "SELECT path, unit, scale, balance FROM ledger_account "
        "WHERE path LIKE 'charity/%' OR path LIKE 'campaign/%'"
    ):
        match path.split("/"):
            case ["charity", whose, "owed" | "delivered" | "confirmed" as measure, cause, campaign]:
                name = (whose, cause, campaign, unit)
            case ["campaign", campaign, "held" as measure, cause, whose]:
                name = (whose, cause, campaign, unit)
            case _:
                continue
        if not charity or whose == charity:
            found.setdefault(name, {})[measure] = int(balance)
            scales[unit] = int(scale)
    return [Share(*name, scales[name[3]], **found[name]) for name in sorted(found)]


def owed_account(charity: str, cause: str, campaign: str) -> str:
    """Where it stands what a campaign owes a charity."""
    return f"charity/{charity}/owed/{cause}/{campaign}"


def delivered_account(charity: str, cause: str, campaign: str) -> str:
    """Where it stands what was handed over and is not confirmed."""
    return f"charity/{charity}/delivered/{cause}/{campaign}"


def confirmed_account(charity: str, cause: str, campaign: str) -> str:
    """Where it stands what the charity says arrived."""
    return f"charity/{charity}/confirmed/{cause}/{campaign}"


def movements(db: Database, names: Collection[Name]) -> dict[Name, list[Movement]]:
    """What moved the owed account of each share, by day, the oldest first.

    Orders come by the million, so their sum is taken from the days that the ledger keeps; only
    what was handed over or taken back is read one by one.
    """
    owed = _accounts(db, names, owed_account)
    delivered = _accounts(db, names, delivered_account)
    moved: dict[Name, dict[tuple[str, str], int]] = {name: {} for name in names}

    def add(name: Name, day: str, kind: str, minor: int) -> None:
        moved[name][day, kind] = moved[name].get((day, kind), 0) + minor

    for account, day, change in db.rows_in(
        "SELECT account, day, change FROM ledger_day WHERE account IN ?", list(owed)
    ):
        add(owed[account], day, "promise", int(change))
    for side, other, kind, sign in (
        ("credit", "debit", "delivery", -1),
        ("debit", "credit", "reversal", 1),
    ):
        for account, day, minor in db.rows_in(
            f"SELECT p.{other}, SUBSTR(e.time, 1, 10), p.amount FROM ledger_posting p "
            f"JOIN ledger_entry e ON e.idx = p.entry WHERE p.{side} IN ?",
            list(delivered),
        ):
            if account in owed:
                add(owed[account], day, kind, sign * int(minor))
                add(owed[account], day, "promise", -sign * int(minor))
    return {
        name: [
            Movement(date.fromisoformat(day), cast("Any", kind), minor)
            for (day, kind), minor in sorted(found.items())
            if minor
        ]
        for name, found in moved.items()
    }


def _accounts(
    db: Database, names: Collection[Name], account: Callable[[str, str, str], str]
) -> dict[int, Name]:
    """The accounts of these shares, by their number."""
    paths = {(account(*name[:3]), name[3]): name for name in names}
    return {
        number: paths[path, unit]
        for number, path, unit in db.rows_in(
            "SELECT id, path, unit FROM ledger_account WHERE path IN ?", [path for path, _ in paths]
        )
        if (path, unit) in paths
    }


def recorded(db: Database, source: str, refs: Sequence[str]) -> dict[str, Recorded]:
    """Which of these transfers the ledger holds, by their reference."""
    return {
        ref: Recorded(
            ref,
            outcome,
            None if entry is None else int(entry),
            instant(received_at),
            msgspec.json.decode(body, type=Transfer),
        )
        for ref, outcome, entry, received_at, body in db.rows_in(
            "SELECT v.ref, v.outcome, n.idx, v.received_at, v.body FROM ledger_event v "
            "LEFT JOIN ledger_entry n ON n.event = v.seq WHERE v.key IN ?",
            [key(source, ref) for ref in refs],
        )
    }


def first_entry_at(db: Database, moment: datetime) -> int:
    """The index of the first entry not before `moment`; the log's size where there is none.

    Times never go back along the log, so it is found by halving.
    """
    row = db.row("SELECT size FROM ledger_head WHERE id = 1")
    assert row is not None, "the ledger has no head row"
    low, high, sought = 0, int(row[0]), timestamp(moment)
    while low < high:
        middle = (low + high) // 2
        found = db.row("SELECT time FROM ledger_entry WHERE idx = ?", (middle,))
        assert found is not None, f"the ledger has no entry {middle}"
        low, high = (middle + 1, high) if found[0] < sought else (low, middle)
    return low


def first_time(db: Database) -> datetime | None:
    """When the first entry was appended; None while there is none."""
    row = db.row("SELECT time FROM ledger_entry WHERE idx = 0")
    return instant(row[0]) if row else None
