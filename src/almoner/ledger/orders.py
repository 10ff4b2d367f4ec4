"""The orders that one append touches: what is left of them, and what they hold.

An order is read with its refunds and pledges where a refund names it; a refund that came
before its order waits for it here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from almoner.campaigns.model import Order, Refund
from almoner.campaigns.refunds import net
from almoner.ledger.database import Database
from almoner.ledger.event import decode_order, decode_refund, instant
from almoner.log.entry import commitment


@dataclass(slots=True)
class Holding:
    """What one order holds of one campaign for one charity: what was granted, less refunds.

    `entry` is where it was granted; `waiting` says that it is inside its return window.
    """

    version: int
    entry: int
    held: Fraction
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class EarlyRefund:
    """A refund that arrived before its order."""

    seq: int
    refund: Refund
    commitment: str


Holdings = dict[tuple[str, str], Holding]


@dataclass(slots=True)
class OrderRecord:
    """An order, when it counts, what is left of it after its refunds, and what it holds.

    `holdings` are by campaign and charity.
    """

    seq: int
    when: datetime
    order: Order
    left: Order
    refunds: dict[int, Refund] = field(default_factory=dict[int, Refund])
    holdings: Holdings = field(default_factory=Holdings)


class Orders:
    """Lives inside one database transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._by_key: dict[bytes, OrderRecord] = {}
        self._by_seq: dict[int, OrderRecord] = {}
        self._early: dict[bytes, list[EarlyRefund]] = {}

    def load(self, refunded: Iterable[bytes], ordered: Iterable[bytes] = ()) -> None:
        """Read the orders with keys `refunded`, and early refunds of those in `ordered`."""
        parents = [each for each in set(refunded) if each not in self._by_key]
        records: dict[int, OrderRecord] = {}
        for key, seq, kind, occurred, received, body in self._db.rows_in(
            "SELECT key, seq, kind, occurred_at, received_at, body FROM ledger_event "
            "WHERE key IN ?",
            parents,
        ):
            if kind in ("order", "test_order"):
                order = decode_order(body)
                when = min(instant(occurred), instant(received))
                records[seq] = self.add(bytes(key), OrderRecord(seq, when, order, order))
        for seq, parent, source, ref, salt, body in self._db.rows_in(
            "SELECT seq, parent, source, ref, salt, body FROM ledger_event "
            "LEFT JOIN ledger_salt ON event = seq WHERE parent IN ? ORDER BY seq",
            list({*parents, *ordered}),
        ):
            refund = decode_refund(body)
            record = self._by_key.get(bytes(parent))
            if record is not None:
                record.refunds[seq] = refund
            else:
                self.wait(bytes(parent), EarlyRefund(seq, refund, sealed(salt, source, ref)))
        for record in records.values():
            record.left = net(record.order, record.refunds.values())
        self._load_holdings(records)

    def load_replayed(self, keys: Sequence[bytes]) -> None:
        """Read orders that are to be pledged again, their refunds waiting to follow them."""
        self.load(keys)
        records = {self._by_key[key].seq: key for key in keys}
        for seq, of_seq, source, ref, salt in self._db.rows_in(
            "SELECT r.seq, o.seq, r.source, r.ref, s.salt FROM ledger_event r "
            "JOIN ledger_event o ON o.key = r.parent LEFT JOIN ledger_salt s ON s.event = r.seq "
            "WHERE o.seq IN ? ORDER BY r.seq",
            list(records),
        ):
            record = self._by_seq[of_seq]
            early = EarlyRefund(seq, record.refunds.pop(seq), sealed(salt, source, ref))
            self.wait(records[of_seq], early)
        for seq in records:
            self._by_seq[seq].left = self._by_seq[seq].order

    def numbered(self, seqs: Iterable[int]) -> None:
        """Read orders by their events' numbers."""
        missing = [seq for seq in seqs if seq not in self._by_seq]
        rows = self._db.rows_in("SELECT key FROM ledger_event WHERE seq IN ?", missing)
        self.load(bytes(row[0]) for row in rows)

    def add(self, key: bytes, record: OrderRecord) -> OrderRecord:
        """Remember an order."""
        self._by_key[key] = self._by_seq[record.seq] = record
        return record

    def wait(self, key: bytes, early: EarlyRefund) -> None:
        """Keep a refund until its order comes."""
        self._early.setdefault(key, []).append(early)

    def awaited(self, key: bytes) -> bool:
        """Whether a refund waits for this order."""
        return key in self._early

    def early(self, key: bytes) -> list[EarlyRefund]:
        """Refunds that were waiting for this order; each is given out once."""
        return self._early.pop(key, [])

    def get(self, key: bytes) -> OrderRecord | None:
        """The order with this key, from this batch or before it."""
        return self._by_key.get(key)

    def of(self, seq: int) -> OrderRecord | None:
        """The order whose event has this number, where it was read."""
        return self._by_seq.get(seq)

    def _load_holdings(self, records: Mapping[int, OrderRecord]) -> None:
        for event, campaign, charity, version, of_event, entry, share in self._db.rows_in(
            "SELECT event, campaign, charity, version, of_event, entry, share FROM ledger_pledge "
            "WHERE of_event IN ? ORDER BY entry, campaign",
            list(records),
        ):
            holdings, part = records[of_event].holdings, Fraction(share)
            if event == of_event:
                holdings[campaign, charity] = Holding(version, entry, part)
            else:
                holdings[campaign, charity].held += part
        for event, campaign, charity in self._db.rows_in(
            "SELECT event, campaign, charity FROM ledger_hold WHERE event IN ?", list(records)
        ):
            records[event].holdings[campaign, charity].waiting = True


def sealed(salt: bytes | None, source: str, ref: str) -> str:
    """An event's commitment, or "" once its salt was destroyed: nobody can link it any more."""
    return "" if salt is None else commitment(bytes(salt), source, ref)
