"""What a statement is made of: postings, pledges and events of a stretch of the log, summed.

A stretch is the entries from `first` up to `end`, not with it. An entry's time is when it was
appended and times never go back, so a stretch chosen by time is fixed once that time is past.
Balances are read twice, from the beginning up to `first` and from today back to `end`: what
lies between has to make up the difference. Limit: each reading costs as many steps as the
accounts asked for have postings.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from fractions import Fraction

import msgspec

from almoner.ledger.database import Database
from almoner.ledger.settle import first_entry_at

# Bodies of events that one query brings: some megabytes.
PAGE = 2_000
HANDED = ("delivery", "confirmation", "reversal")


class Stretch(msgspec.Struct, frozen=True):
    """Entries `first` up to `end`, the latter left out."""

    first: int
    end: int


class Account(msgspec.Struct, frozen=True):
    """One account of the ledger."""

    id: int
    path: str
    unit: str
    scale: int


class Flow(msgspec.Struct, frozen=True):
    """What entries of one kind moved from one account to another, in minor units of `unit`."""

    kind: str
    debit: str
    credit: str
    unit: str
    minor: int


class Shares(msgspec.Struct, frozen=True):
    """So many pledges of exactly this share, each a rational number of minor units."""

    campaign: str
    charity: str
    version: int
    kind: str
    share: str
    limited: str
    pledges: int


class Handed(msgspec.Struct, frozen=True):
    """An entry of a delivery, a confirmation or a reversal, with the event that made it."""

    entry: int
    time: str
    kind: str
    source: str
    ref: str
    body: bytes


class Occurred(msgspec.Struct, frozen=True):
    """An event that a campaign pledged for, and under which version."""

    event: int
    kind: str
    version: int
    body: str


class Returned(msgspec.Struct, frozen=True):
    """A refund of an order that a campaign pledged for."""

    order: int
    order_body: str
    version: int
    time: str
    body: str


def stretch(db: Database, since: datetime, until: datetime) -> Stretch:
    """The entries appended at `since` or later and before `until`."""
    return Stretch(first_entry_at(db, since), first_entry_at(db, until))


def accounts(db: Database) -> list[Account]:
    """Every account that anything was ever posted to."""
    return [
        Account(*row)
        for row in db.rows("SELECT id, path, unit, scale FROM ledger_account ORDER BY path, unit")
    ]


def before(db: Database, chosen: Collection[int], entry: int) -> dict[int, int]:
    """What stood on accounts before an entry: everything posted until then, added up."""
    return _sums(db, chosen, f"entry < {entry:d}")


def after(db: Database, chosen: Collection[int], entry: int) -> dict[int, int]:
    """What stands on accounts now, less everything posted at `entry` and since."""
    since = _sums(db, chosen, f"entry >= {entry:d}")
    return {
        account: int(balance) - since[account]
        for account, balance in db.rows_in(
            "SELECT id, balance FROM ledger_account WHERE id IN ?", list(chosen)
        )
    }


def _sums(db: Database, chosen: Collection[int], where: str) -> dict[int, int]:
    found = dict.fromkeys(chosen, 0)
    for side, sign in (("credit", 1), ("debit", -1)):
        for account, amount in db.rows_in(
            f"SELECT {side}, SUM(amount) FROM ledger_posting "
            f"WHERE {side} IN ? AND {where} GROUP BY {side}",
            list(chosen),
        ):
            found[account] += sign * int(amount)
    return found


def flows(db: Database, chosen: Sequence[Account], within: Stretch) -> list[Flow]:
    """What moved to or from the chosen accounts, by kind of entry, from where and to where."""
    accounts = {row[0]: row[1:] for row in db.rows("SELECT id, path, unit FROM ledger_account")}
    # A posting between two chosen accounts is found from both sides, and is one flow.
    found: dict[tuple[str, int, int], Flow] = {}
    for side in ("debit", "credit"):
        for kind, debit, credit, minor in db.rows_in(
            "SELECT n.kind, p.debit, p.credit, SUM(p.amount) "
            "FROM ledger_posting p JOIN ledger_entry n ON n.idx = p.entry "
            f"WHERE p.{side} IN ? AND p.entry >= {within.first:d} AND p.entry < {within.end:d} "
            "GROUP BY n.kind, p.debit, p.credit",
            [account.id for account in chosen],
        ):
            (source, unit), (target, _) = accounts[debit], accounts[credit]
            found[kind, debit, credit] = Flow(kind, source, target, unit, int(minor))
    return sorted(found.values(), key=lambda flow: (flow.kind, flow.debit, flow.credit, flow.unit))


def shares(db: Database, campaigns: Sequence[str], within: Stretch) -> Iterator[Shares]:
    """The exact shares that campaigns pledged, topped up and took off. Not what matured."""
    for row in db.rows_in(
        "SELECT l.campaign, l.charity, l.version, n.kind, l.share, l.limited, COUNT(*) "
        "FROM ledger_pledge l JOIN ledger_entry n ON n.idx = l.entry "
        f"WHERE l.campaign IN ? AND l.entry >= {within.first:d} AND l.entry < {within.end:d} "
        "AND n.kind IN ('pledge', 'refund', 'top-up') "
        "GROUP BY l.campaign, l.charity, l.version, n.kind, l.share, l.limited",
        list(campaigns),
    ):
        campaign, charity, version, kind, share, limited, pledges = row
        yield Shares(campaign, charity, version, kind, share, limited, int(pledges))


def handed(db: Database, chosen: Sequence[Account], within: Stretch) -> list[Handed]:
    """Deliveries, confirmations and reversals that took something from the chosen accounts."""
    kinds = ", ".join(f"'{kind}'" for kind in HANDED)
    return [
        Handed(row[0], row[1], row[2], row[3], row[4], bytes(row[5]))
        for row in db.rows_in(
            "SELECT n.idx, n.time, n.kind, v.source, v.ref, n.body FROM ledger_entry n "
            "JOIN ledger_event v ON v.seq = n.event WHERE n.idx IN "
            "(SELECT p.entry FROM ledger_posting p WHERE p.debit IN ? "
            f"AND p.entry >= {within.first:d} AND p.entry < {within.end:d}) "
            f"AND n.kind IN ({kinds}) ORDER BY n.idx",
            [account.id for account in chosen],
        )
    ]


def occurred(db: Database, campaign: str, within: Stretch) -> Iterator[Occurred]:
    """The events that a campaign pledged for, each once, in the order they came."""
    last = -1
    while True:
        rows = db.rows(
            "SELECT DISTINCT l.event, v.kind, l.version, v.body FROM ledger_pledge l "
            "JOIN ledger_entry n ON n.idx = l.entry JOIN ledger_event v ON v.seq = l.event "
            "WHERE l.campaign = ? AND n.kind = 'pledge' AND l.entry >= ? AND l.entry < ? "
            "AND l.event > ? ORDER BY l.event LIMIT ?",
            (campaign, within.first, within.end, last, PAGE),
        )
        yield from (Occurred(*row) for row in rows)
        if len(rows) < PAGE:
            return
        last = int(rows[-1][0])


def returned(db: Database, campaign: str, until: str) -> Iterator[Returned]:
    """Every refund that came before `until` of an order the campaign pledged for.

    Order by order, each order's refunds in the order they came. One that came before its
    order has the order's time.
    """
    at = (-1, -1)
    while True:
        rows = db.rows(
            "SELECT DISTINCT o.seq, r.seq, o.body, l.version, o.received_at, r.received_at, r.body "
            "FROM ledger_event r JOIN ledger_event o ON o.key = r.parent "
            "JOIN ledger_pledge l ON l.event = o.seq "
            "WHERE l.campaign = ? AND o.kind = 'order' AND r.kind = 'refund' "
            "AND r.received_at < ? AND o.received_at < ? AND (o.seq, r.seq) > (?, ?) "
            "ORDER BY o.seq, r.seq LIMIT ?",
            (campaign, until, until, *at, PAGE),
        )
        yield from (Returned(row[0], row[2], row[3], max(row[4], row[5]), row[6]) for row in rows)
        if len(rows) < PAGE:
            return
        at = (int(rows[-1][0]), int(rows[-1][1]))


def holdings(
    db: Database, campaign: str, orders: Sequence[int], end: int
) -> dict[tuple[int, str], Fraction]:
    """What a campaign held of orders before entry `end`, exactly, by order and charity."""
    found: dict[tuple[int, str], Fraction] = {}
    for at in range(0, len(orders), PAGE):
        for order, charity, named, share in db.rows_in(
            "SELECT of_event, charity, campaign, share FROM ledger_pledge "
            f"WHERE of_event IN ? AND entry < {end:d}",
            orders[at : at + PAGE],
        ):
            if named == campaign:
                key = int(order), charity
                found[key] = found.get(key, Fraction(0)) + Fraction(share)
    return found
