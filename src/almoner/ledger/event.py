"""What can be appended: events from outside, and transfers of our own.

An event is known by its source and its id there; that pair is its key, and the digest of
what it says tells a repetition from a conflict. An order seen before it is paid is kept
under a key of its own, so that the paid order is one event whatever was said of it earlier.
"""

import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Literal

import msgspec

from almoner.campaigns.model import Action, Manual, Order, Refund
from almoner.log.entry import MAX_EVIDENCE, MAX_READS
from almoner.units import Amount

EventKind = Literal[
    "order",
    "unpaid_order",
    "test_order",
    "refund",
    "manual",
    "action",
    "opening",
    "deposit",
    "transfer",
    "delivery",
    "confirmation",
    "reversal",
    "maturity",
    "top-up",
]
# Kinds that campaigns promise for.
OCCASIONS = ("order", "manual", "action")
MAX_ID = 200
# An entry has 65,535 bytes (log.entry.MAX_ENTRY); a posting has six hundred at most.
MAX_POSTINGS = 100
# A line break would make two pairs of source and id one; PostgreSQL keeps no U+0000, and half
# of a surrogate pair is no text.
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_ROOT = re.compile("[0-9a-f]{64}")
_PATH = re.compile(r"[a-z0-9][a-z0-9-]{0,63}(/[a-z0-9][a-z0-9.-]{0,63}){0,4}")


class Posting(msgspec.Struct, frozen=True):
    """Moves `amount` from the account `debit` to the account `credit`."""

    debit: str
    credit: str
    amount: Amount

    def __post_init__(self) -> None:
        for path in (self.debit, self.credit):
            assert _PATH.fullmatch(path), f"{path!r} is not an account"
        assert self.debit != self.credit, f"{self.debit} would pay itself"
        assert self.amount.minor > 0, f"a posting of nothing from {self.debit}"


class Transfer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Postings that stand or fall together; refused whole if an account would go below zero.

    `corrects` is the entry that a reversal takes back from. `evidence` are the SHA-256 of the
    documents that show it, in hexadecimal.
    """

    postings: tuple[Posting, ...]
    corrects: int | None = None
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert 0 < len(self.postings) <= MAX_POSTINGS, f"a transfer of {len(self.postings)}"
        assert len(self.evidence) <= MAX_EVIDENCE, f"evidence of {len(self.evidence)} documents"


class Event(msgspec.Struct, frozen=True):
    """Something that happened. `ref` is unique in `source`; `occurred_at` has a zone.

    `dated` is False where the sender gave no time: the time of receipt then stands in for
    it, and two deliveries of one event may differ in it without being a conflict. `identity`
    is what such deliveries are compared by where a source goes on editing the rest of it.
    """

    source: str
    ref: str
    kind: EventKind
    occurred_at: datetime
    body: Order | Refund | Manual | Action | Transfer
    dated: bool = True
    identity: bytes = b""

    def __post_init__(self) -> None:
        assert 0 < len(self.source) <= MAX_ID, f"a source of {len(self.source)} characters"
        assert 0 < len(self.ref) <= MAX_ID, f"an id of {len(self.ref)} characters"
        assert not _UNFIT.search(self.source + self.ref), f"{self.source!r}, {self.ref!r}: control"
        assert self.occurred_at.tzinfo is not None, f"{self.ref}: a time without a zone"
        assert isinstance(self.body, _BODIES[self.kind]), f"{self.ref}: no body of a {self.kind}"
        if isinstance(self.body, Action) and self.body.root:
            reads = self.body.quantity
            assert 0 < reads <= MAX_READS, f"{self.ref}: the root of {reads} reads"
            assert self.body.kind != "sign-up", f"{self.ref}: a sign-up is no read"
            assert _ROOT.fullmatch(self.body.root), f"{self.ref}: {self.body.root!r} is no root"
        if isinstance(self.body, Transfer):
            for posting in self.body.postings:
                assert _goes(self.kind, posting), f"{self.ref}: {posting} is no {self.kind}"


def _goes(kind: EventKind, posting: Posting) -> bool:
    """Whether money or things may go this way by this kind of transfer.

    What is owed goes to its charity and back, and no other kind touches it.
    """
    debit, credit = posting.debit.split("/"), posting.credit.split("/")
    if kind in ("delivery", "confirmation", "reversal"):
        way = tuple(each[2] if len(each) == _PROMISE else "" for each in (debit, credit))
        same = [each[:2] + each[3:] for each in (debit, credit)]
        return debit[0] == "charity" and same[0] == same[1] and way in _WAYS[kind]
    return debit[0] not in _PROMISED and credit[0] not in _PROMISED


_PROMISE = 5  # parts of the account of a promise
_PROMISED = ("campaign", "charity")
_WAYS: dict[str, tuple[tuple[str, str], ...]] = {
    "delivery": (("owed", "delivered"),),
    "confirmation": (("delivered", "confirmed"),),
    "reversal": (("delivered", "owed"), ("confirmed", "delivered")),
}

_BODIES: dict[EventKind, type[Order | Refund | Manual | Action | Transfer]] = {
    "order": Order,
    "unpaid_order": Order,
    "test_order": Order,
    "refund": Refund,
    "manual": Manual,
    "action": Action,
    "opening": Transfer,
    "deposit": Transfer,
    "transfer": Transfer,
    "delivery": Transfer,
    "confirmation": Transfer,
    "reversal": Transfer,
    # What the ledger does by itself for a campaign, and for how many pledges of it.
    "maturity": Manual,
    "top-up": Manual,
}


def measured(path: str) -> tuple[str, str]:
    """The measure and the cause that an account counts for; two blanks for any other."""
    match path.split("/"):
        case ["opening", cause]:
            return "opening", cause
        case ["campaign", _, "held", cause, _]:
            return "held", cause
        case ["charity", _, "owed" | "delivered" | "confirmed" as measure, cause, _]:
            return measure, cause
        case _:
            return "", ""


_encode = msgspec.json.Encoder().encode


def key(source: str, ref: str, *, unpaid: bool = False) -> bytes:
    """Sixteen bytes that stand for an event; also what refunds find their order by."""
    text = f"{source}\n{ref}\n{'unpaid' if unpaid else ''}"
    return blake2b(text.encode(), digest_size=16).digest()


def digest(event: Event, occurred_at: str, body: bytes) -> bytes:
    """Sixteen bytes of what the event says: another digest under the same key is a conflict.

    Which brakes were on is ours to say and not the event's: the same reads again, sent after
    a brake was let go, are a repetition.
    """
    stamp = occurred_at if event.dated else ""
    if isinstance(event.body, Action) and event.body.without:
        body = _encode(msgspec.structs.replace(event.body, without=()))
    said = f"{event.kind}\n{stamp}\n".encode() + (event.identity or body)
    return blake2b(said, digest_size=16).digest()


def timestamp(when: datetime) -> str:
    """RFC 3339 in UTC with microseconds: as text it sorts by time."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def instant(text: str) -> datetime:
    """Read what `timestamp` wrote."""
    return datetime.fromisoformat(text)


def encode_body(event: Event) -> bytes:
    """The body's stored form."""
    return _encode(event.body)


def decode_order(text: str) -> Order:
    """Read a stored order."""
    return msgspec.json.decode(text, type=Order)


def decode_refund(text: str) -> Refund:
    """Read a stored refund."""
    return msgspec.json.decode(text, type=Refund)


def decode_occasion(kind: str, text: str) -> Order | Manual | Action:
    """Read the stored body of an event that campaigns promise for."""
    return msgspec.json.decode(text, type=_OCCASION_BODIES[kind])


_OCCASION_BODIES: dict[str, type[Order] | type[Manual] | type[Action]] = {
    "order": Order,
    "manual": Manual,
    "action": Action,
}
