"""`POST /api/v1/events`: one event, or many as NDJSON with an answer for each line."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from almoner.campaigns.model import Action, Pledge
from almoner.intake import wire
from almoner.intake.committer import Committer
from almoner.intake.http import Receive, Scope, Send, header, read_body, respond
from almoner.intake.keys import KeyRing
from almoner.intake.problem import Problem, decode
from almoner.intake.wire import read
from almoner.ledger import Event, Outcome
from almoner.log.receipt import link
from almoner.units import decimal

MAX_EVENT = 256 * 1024  # a thousand lines of an order fit twice
MAX_BULK = 16 * 1024 * 1024
MAX_BULK_LINES = 5_000  # one transaction: see ledger.append.MAX_BATCH
NDJSON = b"application/x-ndjson"


class AmountOut(msgspec.Struct, frozen=True, gc=False):
    """An amount as the API writes it."""

    unit: str
    value: str


class PledgeOut(msgspec.Struct, frozen=True, gc=False):
    """One campaign's pledge: what moved now, and the exact share behind it."""

    campaign: str
    version: int
    cause: str
    amount: AmountOut
    share: str
    limited: str


class Receipt(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What became of one event. `event` is its number here, `entry` its place in the log.

    `receipt` is the address on this site of the page that proves the entry: for the buyer.
    """

    status: str
    event: int
    line: int | None = None
    entry: int | None = None
    pledges: tuple[PledgeOut, ...] = ()
    detail: str = ""
    receipt: str = ""


class Events:
    """The endpoint. The server replaces `ring` when keys change, and `braked` with the brakes.

    `braked` are the campaigns that reads and visits give nothing through just now, wherever
    these were counted.
    """

    def __init__(self, committer: Committer, ring: KeyRing) -> None:
        self.committer = committer
        self.ring = ring
        self.braked: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 201 for a new event, 200 for a known one and for bulk."""
        key = self.ring.authorise(header(scope, b"authorization"), "events:write")
        media_type = header(scope, b"content-type").partition(";")[0].strip().lower()
        default_id = header(scope, b"idempotency-key").strip().strip('"')
        if len(default_id) > 150 or not default_id.isprintable():
            raise Problem(
                400,
                "unusable-key",
                "Idempotency-Key cannot be used",
                "Use at most 150 characters, all of them printable.",
            )
        if media_type in ("application/x-ndjson", "application/jsonl", "application/ndjson"):
            body = await read_body(receive, MAX_BULK)
            answer = await self._bulk(body, key.name, default_id)
            await respond(send, 200, answer, NDJSON)
            return
        if media_type not in ("application/json", ""):
            raise Problem(
                415,
                "media-type",
                "This media type is not read here",
                "Send application/json for one event, application/x-ndjson for many.",
            )
        event = parse(await read_body(receive, MAX_EVENT), key.name, default_id, datetime.now(UTC))
        (outcome,) = await self.committer.append((self._left_out(event),))
        if outcome.status == "conflict":
            raise conflict(event)
        await respond(
            send, 200 if outcome.status == "duplicate" else 201, _encode(receipt(outcome))
        )

    async def _bulk(self, body: bytes, key: str, default_id: str) -> bytes:
        lines = _split(body)
        now = datetime.now(UTC)
        answers: list[Any] = [None] * len(lines)
        events: list[Event] = []
        places: list[int] = []
        for at, line in enumerate(lines):
            if not line.strip():
                continue
            try:
                event = parse(line, key, f"{default_id}/{at}" if default_id else "", now)
                events.append(self._left_out(event))
                places.append(at)
            except Problem as problem:
                answers[at] = _refusal(at, problem)
        outcomes = await self.committer.append(events)
        for at, event, outcome in zip(places, events, outcomes, strict=True):
            answers[at] = (
                _refusal(at, conflict(event))
                if outcome.status == "conflict"
                else receipt(outcome, at + 1)
            )
        return msgspec.json.Encoder().encode_lines([each for each in answers if each is not None])

    def _left_out(self, event: Event) -> Event:
        """The event, without what is braked."""
        body = event.body
        if not self.braked or not isinstance(body, Action) or body.kind == "sign-up":
            return event
        held = msgspec.structs.replace(body, without=tuple(sorted(self.braked)))
        return msgspec.structs.replace(event, body=held)


def parse(body: bytes, key: str, default_id: str, now: datetime) -> Event:
    """One event from its JSON; a `Problem` says what is wrong with it."""
    if b"\\u0000" in body:
        raise Problem(422, "invalid-field", "A field cannot be used", "A text holds U+0000.")
    return read(decode(wire.decode, body), f"api:{key}", default_id, now)


def _split(body: bytes) -> list[bytes]:
    # Counted before it is split: 16 MB of line feeds would be half a gigabyte of lines.
    breaks = max(body.count(b"\n"), body.count(b"\r"))
    lines = body.splitlines() if breaks <= MAX_BULK_LINES else []
    if breaks > MAX_BULK_LINES or len(lines) > MAX_BULK_LINES:
        raise Problem(
            413,
            "too-many-lines",
            "Too many events at once",
            f"{max(breaks, len(lines)):,} lines: send at most {MAX_BULK_LINES:,} in one request.",
        )
    return lines


def receipt(outcome: Outcome, line: int | None = None) -> Receipt:
    """An outcome as the API tells it."""
    return Receipt(
        outcome.status,
        outcome.event,
        line,
        outcome.entry,
        tuple(_pledge(pledge) for pledge in outcome.pledges),
        outcome.detail,
        "" if outcome.entry is None or not outcome.salt else link(outcome.entry, outcome.salt),
    )


def conflict(event: Event) -> Problem:
    """The same id with another content."""
    return Problem(
        409,
        "conflict",
        "This id is taken by another content",
        f"{event.ref} was received before and said something else. Nothing was changed: "
        "send a correction under an id of its own.",
        field="id",
    )


def _pledge(pledge: Pledge) -> PledgeOut:
    amount = AmountOut(pledge.unit, decimal(pledge.amount, pledge.scale))
    return PledgeOut(
        pledge.campaign, pledge.version, pledge.cause, amount, pledge.share, pledge.limited
    )


def _refusal(at: int, problem: Problem) -> dict[str, object]:
    return {"line": at + 1, "status": "refused", "problem": problem.document()}


_encode = msgspec.json.Encoder().encode
