"""Appends batches of events to the ledger, durably and once.

Guarantee: when `Ledger.append` returns, every event it accepted, its transaction, the
balances and its leaf in the Merkle log are in one committed database transaction. The head
row is the lock: appends from any number of processes happen one after another, so once,
caps and funds hold under any concurrency. An event that is already there changes nothing.
Limit: durability is the database's own (see `database`).
"""

import os
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

import msgspec

from almoner.campaigns.force import Index
from almoner.campaigns.model import Action, CampaignVersion, Manual, Occasion, Order, Pledge, Refund
from almoner.ledger.book import SALT_BYTES, Book, Incoming, Moved
from almoner.ledger.database import Database
from almoner.ledger.event import OCCASIONS, Event, Transfer, digest, encode_body, key, timestamp
from almoner.ledger.publish import read_campaigns
from almoner.ledger.reversals import corrected
from almoner.log.entry import EntryReads, commitment

# One commit's worth. Larger batches gain nothing (the flush is already shared by
# thousands), and each holds the head row's lock for longer.
MAX_BATCH = 5_000
# An entry has 65,535 bytes (log.entry.MAX_ENTRY); a pledge with its two postings has sixteen
# hundred at most. An order that more campaigns match gets several entries.
MAX_PLEDGES = 40

Status = Literal[
    "pledged",
    "matched nothing",
    "limit reached",
    "taken off",
    "nothing to take off",
    "waiting for its order",
    "waiting for payment",
    "test",
    "recorded",
    "refused",
    "duplicate",
    "conflict",
]


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of one event. `entry` is its place in the log, where it has one.

    `duplicate`: it was here already, nothing changed. `conflict`: its id was here with
    another content, nothing changed. `refused`: a transfer that would overdraw an account
    or fill it. `salt` opens the commitment of an entry that was made now.
    """

    status: Status
    event: int
    entry: int | None = None
    pledges: tuple[Pledge, ...] = ()
    detail: str = ""
    salt: bytes = b""


class Ledger:
    """The ledger in one database. Owned by one thread, as its connection is."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._revision = -1
        self._index = Index({})

    def append(self, events: Sequence[Event], now: datetime) -> list[Outcome]:
        """Append events in order; one outcome for each. Atomic for the whole batch."""
        if not events:
            return []
        incoming = _prepare(events)
        with self.db.transaction():
            return self._enter(Book(self.db, now), incoming)

    @contextmanager
    def appending(self, now: datetime) -> Generator[Callable[[Sequence[Event]], list[Outcome]]]:
        """One transaction for an append and what must stand or fall with it.

        The head is locked from the start, so that what is read inside holds until the commit.
        What it yields appends events, once: their outcomes can then be written down beside them.
        """
        with self.db.transaction():
            book = Book(self.db, now)
            yield lambda events: self._enter(book, _prepare(events))

    def _enter(self, book: Book, incoming: Sequence[Incoming]) -> list[Outcome]:
        index = self.index(book.revision)
        book.look_up(incoming)
        outcomes = [_take(book, index, item) for item in incoming]
        book.write()
        return outcomes

    def index(self, revision: int) -> Index:
        """Every published version, read again when the head's revision says so."""
        if revision != self._revision:
            self._index, self._revision = Index(read_campaigns(self.db)), revision
        return self._index


def _prepare(events: Sequence[Event]) -> list[Incoming]:
    assert len(events) <= MAX_BATCH, f"{len(events)} events in one batch"
    salts = os.urandom(SALT_BYTES * len(events))
    return [
        prepare(event, salts[at * SALT_BYTES : (at + 1) * SALT_BYTES])
        for at, event in enumerate(events)
    ]


def prepare(event: Event, salt: bytes) -> Incoming:
    """What can be computed of an event before the lock is taken."""
    body, occurred_at = encode_body(event), timestamp(event.occurred_at)
    return Incoming(
        event,
        key(event.source, event.ref, unpaid=event.kind == "unpaid_order"),
        _parent(event),
        occurred_at,
        body.decode(),
        digest(event, occurred_at, body),
        salt,
        commitment(salt, event.source, event.ref),
    )


def _parent(event: Event) -> bytes | None:
    """The key of what an event takes from."""
    if isinstance(event.body, Refund):
        return key(event.source, event.body.order)
    if isinstance(event.body, Transfer) and event.body.corrects is not None:
        return corrected(event.body.corrects)
    return None


def _take(book: Book, index: Index, item: Incoming) -> Outcome:
    known = book.known.get(item.key)
    event = item.event
    if known is not None:
        # An order that is not paid yet may still be edited: what it says later is no conflict.
        same = known.digest == item.digest or event.kind == "unpaid_order"
        return Outcome("duplicate" if same else "conflict", known.seq, detail=known.outcome)
    if event.kind == "unpaid_order":
        paid = book.known.get(key(event.source, event.ref))
        if paid is not None:
            return Outcome("duplicate", paid.seq, detail=paid.outcome)
    seq = book.admit(item)
    match event.body:
        case Transfer():
            outcome = _transfer(book, index, seq, event, event.body, item.commitment)
        case Refund():
            assert item.parent is not None, f"{event.ref} refunds nothing"
            outcome = _refund(book, seq, item.parent, event.body, item.commitment)
        case Order() | Manual() | Action() if event.kind in OCCASIONS:
            when = min(event.occurred_at, book.now)
            versions = index.covering(event.body, when)
            outcome = promise(book, seq, item.key, item.commitment, event.body, when, versions)
        case _:
            waits = event.kind == "unpaid_order"
            outcome = Outcome("waiting for payment" if waits else "test", seq)
    book.settle(item, seq, outcome.status)
    if outcome.entry is None:
        return outcome
    return Outcome(outcome.status, seq, outcome.entry, outcome.pledges, outcome.detail, item.salt)


def promise(
    book: Book,
    seq: int,
    event_key: bytes,
    sealed: str,
    body: Occasion,
    when: datetime,
    versions: Sequence[CampaignVersion],
) -> Outcome:
    """Pledge an event under `versions`, then take off what came back early or was carried."""
    made = book.pledge(versions, body, when)
    if not made:
        return Outcome("matched nothing", seq)
    reads = EntryReads(body.quantity, body.root) if isinstance(body, Action) and body.root else None
    entries = [
        book.enter("pledge", seq, sealed, made[at : at + MAX_PLEDGES], of_event=seq, reads=reads)
        for at in range(0, len(made), MAX_PLEDGES)
    ]
    campaigns = {version.campaign for version in versions}
    for early in book.orders.early(event_key):
        _refund(book, early.seq, event_key, early.refund, early.commitment, campaigns)
    collect(book, [moved.version for moved in made if not moved.pledge.held])
    return _outcome("pledged", seq, entries[0], made)


def collect(book: Book, versions: Iterable[CampaignVersion]) -> None:
    """Enter what refunds could not take off before, and can now."""
    for refund, stands, order, entry, moved in book.collect(versions):
        book.enter("refund", refund, stands, [moved], of_event=order, corrects=entry)


def _refund(
    book: Book,
    seq: int,
    parent: bytes,
    body: Refund,
    sealed: str,
    campaigns: Collection[str] | None = None,
) -> Outcome:
    """Take off what a refund of the order `parent` takes off; one entry for each it corrects.

    `campaigns` are those that the refund was not run over yet; None means every one.
    """
    order = book.orders.get(parent)
    if order is None:
        return Outcome("waiting for its order", seq)
    made = book.take_off(order, seq, body, campaigns)
    if not made:
        return Outcome("nothing to take off", seq)
    corrected: dict[int, list[Moved]] = {}
    for moved in made:
        entry = order.holdings[moved.pledge.campaign, moved.pledge.charity].entry
        corrected.setdefault(entry, []).append(moved)
    entries = [
        book.enter("refund", seq, sealed, part, of_event=order.seq, corrects=entry)
        for entry, part in corrected.items()
    ]
    return _outcome("taken off", seq, entries[0], made)


def _outcome(status: Status, seq: int, entry: int, made: Sequence[Moved]) -> Outcome:
    pledges = tuple([moved.pledge for moved in made])
    withheld = all([pledge.limited and not pledge.granted for pledge in pledges])
    return Outcome("limit reached" if withheld else status, seq, entry, pledges)


def _transfer(
    book: Book, index: Index, seq: int, event: Event, transfer: Transfer, sealed: str
) -> Outcome:
    reversal = event.kind == "reversal"
    objection = book.accounts.objection(transfer.postings)
    if reversal:
        objection = book.reversals.objection(transfer) or objection
    if objection:
        return Outcome("refused", seq, detail=objection)
    entry = book.post(event.kind, seq, sealed, transfer)
    if reversal:
        book.reversals.add(transfer)
        # What came back is owed again, and what a refund could not take off can go off it.
        slugs = {posting.credit.rpartition("/")[2] for posting in transfer.postings}
        collect(book, [index.campaigns[slug][-1] for slug in slugs if slug in index.campaigns])
    return Outcome("recorded", seq, entry)
