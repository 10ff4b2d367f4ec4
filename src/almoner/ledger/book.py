"""The ledger as one append sees it: opened under the head's lock, written once at the end.

A `Book` reads what the batch needs (known events, orders and their refunds, standings,
balances), lets events change it in memory one after another, and writes the sum of it. It is
what the rules ask for what was already given. Invariants asserted here and in its parts: every
unit's balances sum to zero; no account but `external` is below zero; a campaign's exact total
with a charity is never below zero, nor below what of it has matured.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import msgspec

from almoner.campaigns import rules
from almoner.campaigns.given import Scope, scopes, sponsor_scopes
from almoner.campaigns.model import CampaignVersion, Occasion, Order, Pledge, Refund, Standing
from almoner.campaigns.refunds import net
from almoner.ledger.accounts import Account, Accounts
from almoner.ledger.database import Database
from almoner.ledger.event import Event, Posting, Transfer, instant, key, timestamp
from almoner.ledger.orders import EarlyRefund, Holding, OrderRecord, Orders, sealed
from almoner.ledger.publish import read_version
from almoner.ledger.reversals import Reversals
from almoner.ledger.standings import Standings
from almoner.log import merkle
from almoner.log.entry import SCHEMA, Entry, EntryPledge, EntryPosting, EntryReads, encode
from almoner.units import decimal

SALT_BYTES = 16
EVENT_COLUMNS = (
    "seq, key, source, ref, kind, occurred_at, received_at, body, digest, parent, outcome"
)


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


class Moved(msgspec.Struct, frozen=True, gc=False):
    """A pledge that is in the book: `ripe` whole minor units matured with it."""

    version: CampaignVersion
    pledge: Pledge
    ripe: int


class Carried(msgspec.Struct, frozen=True, gc=False):
    """What a refund could not take off an order yet, because it was delivered already."""

    of_event: int
    refund: int
    share: Fraction


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
        self.orders = Orders(db)
        self.accounts = Accounts(db)
        self.standings = Standings(db)
        self.reversals = Reversals(db)
        self._start = self.size
        self._refunded: set[bytes] = set()
        self._versions: dict[tuple[str, int], CampaignVersion] = {}
        self._grown: list[int] = []
        self._carried: dict[tuple[str, str], dict[int, Carried]] | None = None
        self._carried_changed: set[tuple[str, str, int]] = set()
        self._event_rows: list[tuple[Any, ...]] = []
        self._salt_rows: list[tuple[int, bytes]] = []
        self._entry_rows: list[tuple[Any, ...]] = []
        self._posting_rows: list[tuple[int, int, int, int, int]] = []
        self._pledge_rows: list[tuple[int, str, str, int, int, int, str, str]] = []
        self._hold_rows: list[tuple[int, str, str, str]] = []

    # What the rules ask (campaigns.given.Given)

    def standing(self, campaign: str, charity: str) -> Standing:
        """Where a campaign stands with one charity."""
        return self.standings.get(campaign, charity)

    def used(self, key: str) -> Fraction:
        """Exact minor units given under a scope."""
        return self.standings.used(key)

    def left(self, version: CampaignVersion) -> int | None:
        """Minor units left in the fund that pays, or None without a fund."""
        if not version.fund:
            return None
        return self.accounts.get(version.fund, version.unit, version.scale).balance

    def add(self, version: CampaignVersion, made: Pledge, scopes: Sequence[Scope]) -> None:
        """Move a pledge, or what a refund takes off one."""
        due, ripe = self.standings.add(made, scopes)
        assert due == made.amount, f"{made} moves {due}"
        for debit, credit, minor in self.accounts.moves(version, made.charity, due, ripe):
            self.accounts.shift(debit, credit, minor)
        self._grown.append(ripe)

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
        self._refunded = {
            item.parent for item in incoming if item.parent and isinstance(item.event.body, Refund)
        }
        self.orders.load(
            self._refunded,
            [item.key for item in incoming if item.event.kind == "order"],
        )
        self.accounts.load(
            path
            for item in incoming
            if isinstance(item.event.body, Transfer)
            for posting in item.event.body.postings
            for path in (posting.debit, posting.credit)
        )

    # Changing it, one event after another

    def admit(self, item: Incoming) -> int:
        """Give a new event its number; remember an order that this batch refunds."""
        self.events += 1
        body, event = item.event.body, item.event
        sought = item.key in self._refunded or self.orders.awaited(item.key)
        if sought and isinstance(body, Order) and event.kind in ("order", "test_order"):
            when = min(event.occurred_at, self.now)
            self.orders.add(item.key, OrderRecord(self.events, when, body, body))
        if isinstance(body, Refund) and item.parent and self.orders.get(item.parent) is None:
            self.orders.wait(item.parent, EarlyRefund(self.events, body, item.commitment))
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

    def pledge(
        self, versions: Sequence[CampaignVersion], body: Occasion, when: datetime
    ) -> list[Moved]:
        """What these campaign versions promise, moved in the book."""
        self._grown = []
        return self._moved(rules.pledges(body, when, versions, self))

    def top_up(self, version: CampaignVersion, wanted: Fraction) -> list[Moved]:
        """What is missing to a guaranteed minimum, as far as fund and sponsor's limit reach."""
        self._grown, limits = [], sponsor_scopes(version)
        made = rules.grant(msgspec.structs.replace(version, hold_days=0), wanted, self, limits)
        if not any(each.granted for each in made):
            return []
        for each in made:
            self.add(version, each, limits)
        return self._moved([(version, each) for each in made])

    def take_off(
        self,
        order: OrderRecord,
        refund: int,
        body: Refund,
        campaigns: Collection[str] | None,
    ) -> list[Moved]:
        """What refund number `refund` takes back from the campaigns the order holds some of.

        `campaigns` None means all of them. What is delivered already is carried: it comes off
        when the campaign next owes the charity something.
        """
        order.left = net(order.left, (body,))
        self._grown = []
        made: list[tuple[CampaignVersion, Pledge]] = []
        kept: dict[str, Fraction] = {}
        for (campaign, charity), holding in sorted(order.holdings.items(), key=self._matches_last):
            version = self.version(campaign, holding.version)
            if version.trigger == "match":
                rate = rules.minor_rate("match", version.rate, version.scale)
                keeps = kept[version.matches] * rate * rules.part_of(version, charity)
            else:
                keeps = rules.keeps(version, charity, order.left)
            keeps = min(holding.held, keeps)
            kept[campaign] = kept.get(campaign, Fraction(0)) + keeps
            if campaigns is not None and campaign not in campaigns:
                continue
            result = self._reverse(order, version, charity, holding, keeps)
            if result is not None:
                made.append((version, result))
            self._carry(campaign, charity, Carried(order.seq, refund, holding.held - keeps))
        return self._moved(made)

    def collect(
        self, versions: Iterable[CampaignVersion]
    ) -> list[tuple[int, str, int, int, Moved]]:
        """Take off what was carried, of campaigns that owe something again.

        Each with what `enter` needs: refund, commitment, order, the entry it corrects.
        """
        found: list[tuple[int, str, int, int, Moved]] = []
        for version in versions:
            for part in version.parts:
                while taken := self._collect(version.campaign, part.charity):
                    found.append(taken)
        return found

    def _collect(self, campaign: str, charity: str) -> tuple[int, str, int, int, Moved] | None:
        """Take off the oldest of what waits, as far as it can be; None where nothing can."""
        waiting = self._carrying().get((campaign, charity))
        if not waiting:
            return None
        each = next(iter(waiting.values()))
        self.orders.numbered([each.of_event])
        order = self.orders.of(each.of_event)
        assert order is not None, f"order {each.of_event} is carried and not here"
        holding = order.holdings[campaign, charity]
        version = self.version(campaign, holding.version)
        keeps, self._grown = holding.held - each.share, []
        result = self._reverse(order, version, charity, holding, keeps)
        assert result is not None, f"nothing is carried for {each}"
        if not result.granted:
            return None
        self._carry(campaign, charity, Carried(each.of_event, each.refund, holding.held - keeps))
        (moved,) = self._moved([(version, result)])
        return each.refund, self._commitment(each.refund), order.seq, holding.entry, moved

    def _reverse(
        self,
        order: OrderRecord,
        version: CampaignVersion,
        charity: str,
        holding: Holding,
        keeps: Fraction,
    ) -> Pledge | None:
        owed = None if holding.waiting else self.accounts.way(version, charity).owed.balance
        standing = self.standing(version.campaign, charity)
        result = rules.take_off(version, charity, holding.held, keeps, standing, owed)
        if result is not None:
            self.add(version, result, scopes(version, order.order, order.when))
            holding.held += Fraction(result.granted, result.parts)
        return result

    def mature(self, version: CampaignVersion, charity: str, share: Fraction) -> Moved:
        """Let an exact share of what is held become owed."""
        ripe = self.standings.mature(version.campaign, charity, share)
        for debit, credit, minor in self.accounts.moves(version, charity, 0, ripe):
            self.accounts.shift(debit, credit, minor)
        parts = share.denominator
        pledge = Pledge(
            version.campaign, version.version, share.numerator, share.numerator, parts, 0,
            "", version.cause, version.unit, version.scale, charity,
        )  # fmt: skip
        return Moved(version, pledge, ripe)

    # Entering it into the log

    def enter(
        self,
        kind: str,
        seq: int,
        commitment: str,
        made: Sequence[Moved],
        *,
        of_event: int | None,
        corrects: int | None = None,
        reads: EntryReads | None = None,
    ) -> int:
        """Write the entry of pledges that are moved already; its index.

        `of_event` is the event that the pledges hang on; None where they are there already.
        """
        index = self.size
        pledges: list[EntryPledge] = []
        postings: list[EntryPosting] = []
        for moved in made:
            each, version = moved.pledge, moved.version
            share = each.share
            split = each.charity if version.split else ""
            pledges.append(
                EntryPledge(each.campaign, each.version, share, each.limited, split, each.held)
            )
            if of_event is not None:
                at = (seq, each.campaign, each.charity, each.version, of_event, index)
                self._pledge_rows.append((*at, share, each.limited))
            for debit, credit, minor in self.accounts.moves(
                version, each.charity, each.amount, moved.ripe
            ):
                postings.append(self._posting(len(postings), debit, credit, minor))
        if of_event == seq:
            self._hold(seq, made, index)
        self._seal(
            Entry(
                SCHEMA,
                index,
                self.time,
                kind,
                commitment,
                corrects,
                tuple(pledges),
                tuple(postings),
                reads=reads,
            ),
            seq,
        )
        return index

    def post(self, kind: str, seq: int, commitment: str, transfer: Transfer) -> int:
        """Write a transfer's entry and move its postings; its index."""
        index = self.size
        written: list[EntryPosting] = []
        for posting in transfer.postings:
            debit, credit = self._sides(posting)
            self.accounts.shift(debit, credit, posting.amount.minor)
            written.append(self._posting(len(written), debit, credit, posting.amount.minor))
        self._seal(
            Entry(
                SCHEMA, index, self.time, kind, commitment, transfer.corrects, (),
                tuple(written), transfer.evidence,
            ),
            seq,
        )  # fmt: skip
        return index

    def write(self) -> None:
        """Write everything the batch changed. Called once, before the commit."""
        db = self.db
        leaves = [row[4] for row in self._entry_rows]
        size, frontier = merkle.extend(self._start, bytes(self.frontier), leaves)
        assert size == self.size, f"{size} leaves for {self.size} entries"
        db.insert("ledger_event", EVENT_COLUMNS, self._event_rows)
        db.insert("ledger_salt", "event, salt", self._salt_rows)
        db.insert("ledger_entry", "idx, time, kind, event, leaf, body", self._entry_rows)
        self.accounts.write(self.time[:10])
        db.insert("ledger_posting", "entry, n, debit, credit, amount", self._posting_rows)
        db.insert(
            "ledger_pledge",
            "event, campaign, charity, version, of_event, entry, share, limited",
            self._pledge_rows,
        )
        db.insert("ledger_hold", "event, campaign, charity, matures_at", self._hold_rows)
        self.standings.write()
        self._write_carried()
        db.run(
            "UPDATE ledger_head SET size = ?, events = ?, frontier = ?, time = ? WHERE id = 1",
            (self.size, self.events, frontier, self.time),
        )

    def version(self, campaign: str, number: int) -> CampaignVersion:
        """One published version, which must exist."""
        found = self._versions.get((campaign, number))
        if found is None:
            found = self._versions[campaign, number] = read_version(self.db, campaign, number)
        return found

    def _moved(self, made: Sequence[tuple[CampaignVersion, Pledge]]) -> list[Moved]:
        assert len(made) == len(self._grown), f"{len(made)} pledges, {len(self._grown)} moved"
        for version, _ in made:
            self._versions[version.campaign, version.version] = version
        return [
            Moved(version, pledge, ripe)
            for (version, pledge), ripe in zip(made, self._grown, strict=True)
        ]

    def _matches_last(self, held: tuple[tuple[str, str], Holding]) -> tuple[bool, tuple[str, str]]:
        (campaign, charity), holding = held
        version = self.version(campaign, holding.version)
        return version.trigger == "match", (campaign, charity)

    def _hold(self, seq: int, made: Sequence[Moved], index: int) -> None:
        """Remember what is inside its return window, and what an order of this batch holds."""
        record = self.orders.of(seq)
        for moved in made:
            each = moved.pledge
            if each.held and each.granted:
                matures = timestamp(self.now + timedelta(days=moved.version.hold_days))
                self._hold_rows.append((seq, each.campaign, each.charity, matures))
            if record is not None:
                share = Fraction(each.granted, each.parts)
                record.holdings[each.campaign, each.charity] = Holding(
                    each.version, index, share, each.held
                )

    def _sides(self, posting: Posting) -> tuple[Account, Account]:
        unit = posting.amount.unit
        return (
            self.accounts.get(posting.debit, unit.code, unit.scale),
            self.accounts.get(posting.credit, unit.code, unit.scale),
        )

    def _posting(self, n: int, debit: Account, credit: Account, minor: int) -> EntryPosting:
        self._posting_rows.append((self.size, n, debit.id, credit.id, minor))
        return EntryPosting(debit.path, credit.path, debit.unit, decimal(minor, debit.scale))

    def _seal(self, entry: Entry, seq: int) -> None:
        body = encode(entry)
        self._entry_rows.append(
            (self.size, self.time, entry.kind, seq, merkle.leaf_hash(body), body)
        )
        self.size += 1

    # What is carried

    def _carrying(self) -> dict[tuple[str, str], dict[int, Carried]]:
        """What was carried before this batch, and in it; mostly nothing at all."""
        if self._carried is None:
            self._carried = {}
            for campaign, charity, of_event, refund, share in self.db.rows(
                "SELECT campaign, charity, of_event, refund, share FROM ledger_carried "
                "ORDER BY refund"
            ):
                each = Carried(of_event, refund, Fraction(share))
                self._carried.setdefault((campaign, charity), {})[of_event] = each
        return self._carried

    def _carry(self, campaign: str, charity: str, each: Carried) -> None:
        waiting = self._carrying().setdefault((campaign, charity), {})
        if each.share:
            waiting[each.of_event] = each
        elif each.of_event in waiting:
            del waiting[each.of_event]
        else:
            return
        self._carried_changed.add((campaign, charity, each.of_event))

    def _write_carried(self) -> None:
        if not self._carried_changed:
            return
        self.db.run_many(
            "DELETE FROM ledger_carried WHERE campaign = ? AND charity = ? AND of_event = ?",
            list(self._carried_changed),
        )
        left = [
            (campaign, charity, of_event, each.refund, str(each.share))
            for campaign, charity, of_event in self._carried_changed
            if (each := self._carrying()[campaign, charity].get(of_event))
        ]
        self.db.insert("ledger_carried", "campaign, charity, of_event, refund, share", left)

    def _commitment(self, seq: int) -> str:
        for row, (_, salt) in zip(self._event_rows, self._salt_rows, strict=True):
            if row[0] == seq:
                return sealed(salt, row[2], row[3])
        row = self.db.row(
            "SELECT salt, source, ref FROM ledger_event LEFT JOIN ledger_salt ON event = seq "
            "WHERE seq = ?",
            (seq,),
        )
        assert row is not None, f"refund {seq} is carried and not here"
        return sealed(*row)
