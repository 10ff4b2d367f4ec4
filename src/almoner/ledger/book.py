"""The ledger as one append sees it: opened under the head's lock, written once at the end.

A `Book` reads what the batch needs (known events, orders and their refunds, standings,
balances), lets events change it in memory one after another, and writes the sum of it.
Invariants asserted here: each posting has two sides of one unit, so every unit's balances
sum to zero; no account but `external` is below zero; no campaign's total is below zero.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

import msgspec

from almoner.campaigns import rules
from almoner.campaigns.model import CampaignVersion, Manual, Order, Pledge, Refund, Standing
from almoner.ledger.database import Database
from almoner.ledger.event import (
    Event,
    Posting,
    Transfer,
    decode_order,
    decode_refund,
    instant,
    key,
    timestamp,
)
from almoner.ledger.publish import read_version
from almoner.log import merkle
from almoner.log.entry import (
    SCHEMA,
    Entry,
    EntryPledge,
    EntryPosting,
    commitment,
    encode,
)
from almoner.units import decimal

EXTERNAL = "external"
SALT_BYTES = 16
# What transfers may bring an account to: half of a signed 64-bit column, so that the pledges
# of five hundred campaigns, each at most units.MAX_MINOR, still fit on top.
MAX_BALANCE = 2**62
# Accounts that a batch's transfers name are read together, up to so many (SQLite takes 32,766
# values a statement); any others one by one.
MAX_LOOKED_UP = 10_000

Made = list[tuple[CampaignVersion, Pledge]]


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """An event on its way in, with what is computed before the lock is taken.

    `commitment` is what stands for the event in the log.
    """

    event: Event
    key: bytes
    parent: bytes | None
    occurred_at: str
    body: str
    digest: bytes
    salt: bytes
    commitment: str


class Known(msgspec.Struct, frozen=True, gc=False):
    """An event that the ledger holds already."""

    seq: int
    digest: bytes
    outcome: str


@dataclass(slots=True)
class Account:
    """A balance during the append. `id` is None until the row is written."""

    id: int
    path: str
    unit: str
    scale: int
    balance: int
    new: bool
    change: int = 0
    used: bool = False


@dataclass(slots=True)
class Holding:
    """What one order holds of one campaign: what was granted, less refunds.

    `entry` is where it was granted.
    """

    version: int
    entry: int
    held: Fraction


@dataclass(frozen=True, slots=True)
class EarlyRefund:
    """A refund that arrived before its order."""

    seq: int
    refund: Refund
    commitment: str


@dataclass(slots=True)
class OrderRecord:
    """An order, what is left of it after its refunds, and what it holds."""

    seq: int
    order: Order
    left: Order
    refunds: dict[int, Refund] = field(default_factory=dict[int, Refund])
    holdings: dict[str, Holding] = field(default_factory=dict[str, Holding])


class Book:
    """See the module. Lives inside one database transaction."""

    def __init__(self, db: Database, now: datetime) -> None:
        head = db.row(
            "SELECT size, events, frontier, revision, time FROM ledger_head WHERE id = 1"
            + (" FOR UPDATE" if db.postgresql else "")
        )
        assert head is not None, "the ledger has no head row"
        self.db = db
        self.size, self.events, self.frontier, self.revision, last = head
        # Writers read their clocks before they get the lock; the ledger's own never goes back.
        self.now = max(now, instant(last)) if last else now
        self.time = timestamp(self.now)
        self.known: dict[bytes, Known] = {}
        self._start = self.size
        self._refunded: set[bytes] = set()
        self._orders: dict[bytes, OrderRecord] = {}
        self._new_orders: dict[int, OrderRecord] = {}
        self._early: dict[bytes, list[EarlyRefund]] = {}
        self._versions: dict[tuple[str, int], CampaignVersion] = {}
        self._standings: dict[str, Standing] = {}
        self._touched: set[str] = set()
        self._accounts: dict[tuple[str, str], Account] = {}
        self._pairs: dict[tuple[str, int], tuple[Account, Account]] = {}
        self._next_account: int | None = None
        self._event_rows: list[tuple[Any, ...]] = []
        self._salt_rows: list[tuple[int, bytes]] = []
        self._entry_rows: list[tuple[Any, ...]] = []
        self._posting_rows: list[tuple[int, int, int, int, int]] = []
        self._pledge_rows: list[tuple[int, str, int, int, int, str, str]] = []

    # Reading what a batch needs

    def look_up(self, incoming: Sequence[Incoming]) -> None:
        """Load, in a handful of queries, whatever of these events is here already."""
        keys = {item.key for item in incoming}
        keys.update(
            key(item.event.source, item.event.ref)
            for item in incoming
            if item.event.kind == "unpaid_order"
        )
        for event_key, seq, digest, outcome in self.db.rows_in(
            "SELECT key, seq, digest, outcome FROM ledger_event WHERE key IN ?", list(keys)
        ):
            self.known[bytes(event_key)] = Known(seq, bytes(digest), outcome)
        self._refunded = {item.parent for item in incoming if item.parent}
        self.load_orders(
            self._refunded,
            [item.key for item in incoming if item.event.kind == "order"],
        )
        self._load_accounts(item.event.body for item in incoming)

    def load_orders(self, refunded: Iterable[bytes], ordered: Iterable[bytes]) -> None:
        """Load the orders with keys `refunded`, and early refunds of those in `ordered`."""
        parents = list(set(refunded))
        records: dict[int, OrderRecord] = {}
        for event_key, seq, kind, body in self.db.rows_in(
            "SELECT key, seq, kind, body FROM ledger_event WHERE key IN ?", parents
        ):
            if kind in ("order", "test_order"):
                order = decode_order(body)
                record = OrderRecord(seq, order, order)
                self._orders[bytes(event_key)] = records[seq] = record
        for seq, parent, source, ref, salt, body in self.db.rows_in(
            "SELECT seq, parent, source, ref, salt, body FROM ledger_event "
            "LEFT JOIN ledger_salt ON event = seq WHERE parent IN ? ORDER BY seq",
            list({*parents, *ordered}),
        ):
            refund = decode_refund(body)
            record = self._orders.get(bytes(parent))
            if record is not None:
                record.refunds[seq] = refund
            else:
                early = EarlyRefund(seq, refund, _sealed(salt, source, ref))
                self._early.setdefault(bytes(parent), []).append(early)
        for record in records.values():
            record.left = rules.net(record.order, record.refunds.values())
        self._load_holdings(records)

    def load_replayed(self, orders: Sequence[bytes]) -> None:
        """Load orders that are to be pledged again, their refunds waiting to follow them."""
        self.load_orders(orders, ())
        for event_key in orders:
            record = self._orders[event_key]
            self._new_orders[record.seq] = record
            record.left = record.order
        waiting = {record.seq: key_ for key_, record in self._orders.items()}
        for seq, of_seq, source, ref, salt in self.db.rows_in(
            "SELECT r.seq, o.seq, r.source, r.ref, s.salt FROM ledger_event r "
            "JOIN ledger_event o ON o.key = r.parent LEFT JOIN ledger_salt s ON s.event = r.seq "
            "WHERE o.seq IN ? ORDER BY r.seq",
            list(waiting),
        ):
            body = self._orders[waiting[of_seq]].refunds.pop(seq)
            early = EarlyRefund(seq, body, _sealed(salt, source, ref))
            self._early.setdefault(waiting[of_seq], []).append(early)

    def _load_accounts(self, bodies: Iterable[object]) -> None:
        paths = {
            path
            for body in bodies
            if isinstance(body, Transfer)
            for posting in body.postings
            for path in (posting.debit, posting.credit)
        }
        for number, path, unit, scale, balance in self.db.rows_in(
            "SELECT id, path, unit, scale, balance FROM ledger_account WHERE path IN ?",
            list(paths)[:MAX_LOOKED_UP],
        ):
            self._accounts[path, unit] = Account(number, path, unit, scale, balance, new=False)

    def _load_holdings(self, records: dict[int, OrderRecord]) -> None:
        for event, campaign, version, of_event, entry, share in self.db.rows_in(
            "SELECT event, campaign, version, of_event, entry, share FROM ledger_pledge "
            "WHERE of_event IN ? ORDER BY entry, campaign",
            list(records),
        ):
            record, part = records[of_event], Fraction(share)
            if event == of_event:
                record.holdings[campaign] = Holding(version, entry, part)
            else:
                record.holdings[campaign].held += part

    def order(self, event_key: bytes) -> OrderRecord | None:
        """The order with this key, from this batch or before it."""
        return self._orders.get(event_key)

    def early_refunds(self, event_key: bytes) -> list[EarlyRefund]:
        """Refunds that were waiting for this order; each is given out once."""
        return self._early.pop(event_key, [])

    # Changing it, one event after another

    def admit(self, item: Incoming) -> int:
        """Give a new event its number; remember an order that this batch refunds."""
        self.events += 1
        body = item.event.body
        sought = item.key in self._refunded or item.key in self._early
        if sought and isinstance(body, Order) and item.event.kind in ("order", "test_order"):
            record = OrderRecord(self.events, body, body)
            self._orders[item.key] = self._new_orders[self.events] = record
        if isinstance(body, Refund) and item.parent and item.parent not in self._orders:
            early = EarlyRefund(self.events, body, item.commitment)
            self._early.setdefault(item.parent, []).append(early)
        return self.events

    def settle(self, item: Incoming, seq: int, outcome: str) -> None:
        """Write down what became of the event that was admitted last."""
        event = item.event
        self.known[item.key] = Known(seq, item.digest, outcome)
        self._event_rows.append(
            (
                seq,
                item.key,
                event.source,
                event.ref,
                event.kind,
                item.occurred_at,
                self.time,
                item.body,
                item.digest,
                item.parent,
                outcome,
            )
        )
        self._salt_rows.append((seq, item.salt))

    def pledge(self, versions: Iterable[CampaignVersion], body: Order | Manual) -> Made:
        """What these campaign versions promise, moved in the book."""
        made: Made = []
        for version in versions:
            fund = self.account(version.fund, version.unit, version.scale) if version.fund else None
            standing = self._standing(version.campaign)
            result = rules.pledge(version, body, standing, fund.balance if fund else None)
            if result is not None:
                self._move(version, result, standing)
                made.append((version, result))
        return made

    def take_off(
        self, order: OrderRecord, refund: Refund, campaigns: Collection[str] | None
    ) -> Made:
        """What a refund takes back from the campaigns the order holds something of.

        None means all of them.
        """
        order.left = rules.net(order.left, (refund,))
        made: Made = []
        for campaign, holding in order.holdings.items():
            if campaigns is not None and campaign not in campaigns:
                continue
            version = self._version(campaign, holding.version)
            standing = self._standing(campaign)
            owing = self.account(owed(version), version.unit, version.scale).balance
            result = rules.take_off(version, holding.held, order.left, standing, owing)
            if result is not None:
                self._move(version, result, standing)
                holding.held += Fraction(result.granted, result.parts)
                made.append((version, result))
        return made

    def _move(self, version: CampaignVersion, made: Pledge, standing: Standing) -> None:
        self._standings[version.campaign] = rules.after(standing, made)
        self._touched.add(version.campaign)
        self._versions[version.campaign, version.version] = version
        if made.amount:
            self._shift(*self._sides(version), made.amount)

    def _sides(self, version: CampaignVersion) -> tuple[Account, Account]:
        """Who pays a version's pledges, and where they are owed."""
        found = self._pairs.get((version.campaign, version.version))
        if found is None:
            found = self._pairs[version.campaign, version.version] = (
                self.account(version.fund or EXTERNAL, version.unit, version.scale),
                self.account(owed(version), version.unit, version.scale),
            )
        return found

    def enter(
        self,
        kind: str,
        seq: int,
        sealed: str,
        made: Made,
        *,
        of_event: int,
        corrects: int | None = None,
    ) -> int:
        """Write the entry of pledges that `pledge` or `take_off` moved; its index."""
        index = self.size
        pledges: list[EntryPledge] = []
        postings: list[EntryPosting] = []
        for version, each in made:
            share = each.share
            pledges.append(EntryPledge(each.campaign, each.version, share, each.limited))
            self._pledge_rows.append(
                (seq, each.campaign, each.version, of_event, index, share, each.limited)
            )
            if each.amount:
                fund, owing = self._sides(version)
                sides = (fund, owing) if each.amount > 0 else (owing, fund)
                postings.append(self._posting(len(postings), *sides, abs(each.amount)))
        if of_event == seq:
            self._hold(seq, made, index)
        self._seal(kind, seq, sealed, tuple(pledges), tuple(postings), corrects)
        return index

    def post(self, kind: str, seq: int, sealed: str, postings: Sequence[Posting]) -> int:
        """Write a transfer's entry and move its postings; its index."""
        index = self.size
        written: list[EntryPosting] = []
        for posting in postings:
            unit = posting.amount.unit
            debit = self.account(posting.debit, unit.code, unit.scale)
            credit = self.account(posting.credit, unit.code, unit.scale)
            self._shift(debit, credit, posting.amount.minor)
            written.append(self._posting(len(written), debit, credit, posting.amount.minor))
        self._seal(kind, seq, sealed, (), tuple(written), None)
        return index

    def objection(self, postings: Sequence[Posting]) -> str:
        """Which account these postings would bring below zero or past its bound, or ""."""
        after: dict[tuple[str, str], int] = {}
        for posting in postings:
            unit = posting.amount.unit
            for path, minor in (
                (posting.debit, -posting.amount.minor),
                (posting.credit, posting.amount.minor),
            ):
                account = self.account(path, unit.code, unit.scale)
                after[path, unit.code] = after.get((path, unit.code), account.balance) + minor
        for (path, _), minor in after.items():
            if minor < 0 and path != EXTERNAL:
                return f"{path} would go below zero"
            if abs(minor) > MAX_BALANCE:
                return f"{path} cannot hold more"
        return ""

    def account(self, path: str, unit: str, scale: int) -> Account:
        """The account as it stands in this book; opened where it is new."""
        found = self._accounts.get((path, unit))
        if found is None:
            row = self.db.row(
                "SELECT id, scale, balance FROM ledger_account WHERE path = ? AND unit = ?",
                (path, unit),
            )
            if row is None:
                found = Account(self._new_id(), path, unit, scale, 0, new=True)
            else:
                found = Account(row[0], path, unit, row[1], row[2], new=False)
            self._accounts[path, unit] = found
        assert found.scale == scale, f"{path} counts {unit} at scale {found.scale}, not {scale}"
        return found

    # Writing it

    def write(self) -> None:
        """Write everything the batch changed. Called once, before the commit."""
        db, day = self.db, self.time[:10]
        leaves = [row[4] for row in self._entry_rows]
        size, frontier = merkle.extend(self._start, bytes(self.frontier), leaves)
        assert size == self.size, f"{size} leaves for {self.size} entries"
        db.insert("ledger_event", EVENT_COLUMNS, self._event_rows)
        db.insert("ledger_salt", "event, salt", self._salt_rows)
        db.insert("ledger_entry", "idx, time, kind, event, leaf, body", self._entry_rows)
        accounts = [a for a in self._accounts.values() if a.used]
        _assert_sound(accounts)
        db.insert(
            "ledger_account",
            "id, path, unit, scale, balance",
            [(a.id, a.path, a.unit, a.scale, a.balance) for a in accounts if a.new],
        )
        changed = [a for a in accounts if a.change]
        db.run_many(
            "UPDATE ledger_account SET balance = ? WHERE id = ?",
            [(a.balance, a.id) for a in changed if not a.new],
        )
        db.run_many(
            "INSERT INTO ledger_day (account, day, change) VALUES (?, ?, ?) "
            "ON CONFLICT (account, day) DO UPDATE SET change = ledger_day.change + excluded.change",
            [(a.id, day, a.change) for a in changed],
        )
        db.insert("ledger_posting", "entry, n, debit, credit, amount", self._posting_rows)
        db.insert(
            "ledger_pledge",
            "event, campaign, version, of_event, entry, share, limited",
            self._pledge_rows,
        )
        db.run_many(
            "INSERT INTO ledger_standing (campaign, due, parts) VALUES (?, ?, ?) "
            "ON CONFLICT (campaign) DO UPDATE SET due = excluded.due, parts = excluded.parts",
            [
                (campaign, str(standing.due), str(standing.parts))
                for campaign, standing in self._standings.items()
                if campaign in self._touched
            ],
        )
        db.run(
            "UPDATE ledger_head SET size = ?, events = ?, frontier = ?, time = ? WHERE id = 1",
            (self.size, self.events, frontier, self.time),
        )

    def _seal(
        self,
        kind: str,
        seq: int,
        sealed: str,
        pledges: tuple[EntryPledge, ...],
        postings: tuple[EntryPosting, ...],
        corrects: int | None,
    ) -> None:
        body = encode(
            Entry(SCHEMA, self.size, self.time, kind, sealed, corrects, pledges, postings)
        )
        self._entry_rows.append((self.size, self.time, kind, seq, merkle.leaf_hash(body), body))
        self.size += 1

    def _posting(self, n: int, debit: Account, credit: Account, minor: int) -> EntryPosting:
        self._posting_rows.append((self.size, n, debit.id, credit.id, minor))
        return EntryPosting(debit.path, credit.path, debit.unit, decimal(minor, debit.scale))

    def _hold(self, seq: int, made: Made, index: int) -> None:
        """Remember what an order holds, for refunds that follow in the same batch."""
        record = self._new_orders.get(seq)
        if record is not None:
            for _, each in made:
                share = Fraction(each.granted, each.parts)
                record.holdings[each.campaign] = Holding(each.version, index, share)

    @staticmethod
    def _shift(debit: Account, credit: Account, minor: int) -> None:
        debit.balance -= minor
        debit.change -= minor
        credit.balance += minor
        credit.change += minor
        debit.used = credit.used = True

    def _standing(self, campaign: str) -> Standing:
        found = self._standings.get(campaign)
        if found is None:
            row = self.db.row(
                "SELECT due, parts FROM ledger_standing WHERE campaign = ?", (campaign,)
            )
            found = Standing(int(row[0]), int(row[1])) if row else Standing()
            self._standings[campaign] = found
        return found

    def _version(self, campaign: str, number: int) -> CampaignVersion:
        found = self._versions.get((campaign, number))
        if found is None:
            found = self._versions[campaign, number] = read_version(self.db, campaign, number)
        return found

    def _new_id(self) -> int:
        if self._next_account is None:
            row = self.db.row("SELECT COALESCE(MAX(id), 0) FROM ledger_account")
            assert row is not None
            self._next_account = int(row[0])
        self._next_account += 1
        return self._next_account


EVENT_COLUMNS = (
    "seq, key, source, ref, kind, occurred_at, received_at, body, digest, parent, outcome"
)


def _sealed(salt: bytes | None, source: str, ref: str) -> str:
    """An event's commitment, or "" once its salt was destroyed: nobody can link it any more."""
    return "" if salt is None else commitment(bytes(salt), source, ref)


def owed(version: CampaignVersion) -> str:
    """The account a campaign's pledges are owed on: one for each charity and cause."""
    return f"charity/{version.charity}/owed/{version.cause}"


def _assert_sound(accounts: Sequence[Account]) -> None:
    sums: dict[str, int] = {}
    for account in accounts:
        sums[account.unit] = sums.get(account.unit, 0) + account.change
        assert account.balance >= 0 or account.path == EXTERNAL, (
            f"{account.path} would hold {account.balance} {account.unit}"
        )
    assert not any(sums.values()), f"unbalanced: {sums}"
