"""`POST /e/<kind>` and `/e/<kind>/<name>`: a delivery, verified, committed, answered, noted.

The secret that verifies a delivery says which connection it is of; a name in the address
only narrows the choice. What comes of it is noted after the answer is known, in a queue that
the committing thread empties when it has time (see `intake.committer`): a request never
waits for it, and where it cannot be written the events are in the ledger all the same.

An order that was edited after it was counted is answered 200 with the status `conflict`: a
shop would send a refused delivery again for days, then end the subscription.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from almoner.connectors.registry import CONNECTORS, Connector
from almoner.intake import deliveries
from almoner.intake.api import Receipt, receipt
from almoner.intake.committer import Committer
from almoner.intake.connections import Connection, Connections
from almoner.intake.deliveries import MAX_KEPT_BODY, Delivery
from almoner.intake.http import Receive, Scope, Send, read_body, respond
from almoner.intake.problem import Problem
from almoner.ledger import Event, Outcome
from almoner.ledger.event import timestamp

PREFIX = "/e/"
# A stranger's deliveries are noted once a second at most: they tell of a wrong secret, not of
# how often somebody tries.
STRANGERS = 1.0

NO_SOURCE = Problem(
    404,
    "no-source",
    "Nothing is received here",
    f"Deliveries come to {', '.join(PREFIX + kind for kind in CONNECTORS)}; see /api/v1/docs.",
)
PAUSED = Problem(
    503,
    "paused",
    "This connection is paused",
    "Nothing of it is counted until it is resumed in the admin. Send it again then.",
    retry_after=3600,
)

logger = logging.getLogger(__name__)


class Answer(msgspec.Struct, frozen=True):
    """What became of each event of the delivery."""

    received: tuple[Receipt, ...]


class Deliveries:
    """The endpoint of every connection. `known` is replaced by the server when they change.

    Answers 200 once everything in the delivery is on disk.
    """

    def __init__(self, committer: Committer, known: Connections, reader_key: bytes) -> None:
        self._committer = committer
        self._reader_key = reader_key
        self._strangers: dict[str, float] = {}
        self.known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Verify, read, commit, acknowledge; a `Problem` at the first thing that is wrong."""
        kind, _, name = scope["path"].removeprefix(PREFIX).partition("/")
        connector = CONNECTORS[kind]
        body = await read_body(receive, connector.MAX_BODY)
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        now = datetime.now(UTC)
        connection = self._verify(connector, headers, body, name, now)
        if connection is None:  # a vendor's own test of the address
            await respond(send, 200, msgspec.json.encode(Answer(())))
            return
        events = self._read(connector, headers, body, connection, now)
        outcomes = await self._committer.append(events) if events else []
        self._committer.note(
            _note(connector, connection, headers, body, now, events=events, outcomes=outcomes)
        )
        _warn(connection, events, outcomes)
        answer = Answer(tuple(_receipt(outcome) for outcome in outcomes))
        await respond(send, 200, msgspec.json.encode(answer))

    def _verify(
        self,
        connector: Connector,
        headers: Mapping[str, str],
        body: bytes,
        name: str,
        now: datetime,
    ) -> Connection | None:
        """Whose delivery it is; None for one that says nothing, which nobody has to sign."""
        kind, first = connector.NAME, None
        for secrets in self.known.secrets(kind, name, now):
            try:
                signer = connector.verify(headers, body, secrets, now)
                if not signer:
                    return None
                found = self.known.find(kind, signer)
                assert found is not None, f"{kind}/{signer} signed, and is no connection"
                return found
            except Problem as problem:
                first = first or problem
        assert first is not None, f"no secrets were tried for {kind}"
        self._note_stranger(connector, headers, now, first)
        raise first

    def _read(
        self,
        connector: Connector,
        headers: Mapping[str, str],
        body: bytes,
        connection: Connection,
        now: datetime,
    ) -> list[Event]:
        try:
            if connection.paused_at:
                raise PAUSED
            return connector.read(headers, body, connection.name, now, self._reader_key)
        except Problem as problem:
            self._committer.note(_note(connector, connection, headers, body, now, problem=problem))
            raise

    def _note_stranger(
        self, connector: Connector, headers: Mapping[str, str], now: datetime, problem: Problem
    ) -> None:
        moment = time.monotonic()
        if moment - self._strangers.get(connector.NAME, -STRANGERS) >= STRANGERS:
            self._strangers[connector.NAME] = moment
            stranger = Connection(connector.NAME, "", "")
            self._committer.note(_note(connector, stranger, headers, None, now, problem=problem))


def kind_of(path: str) -> str:
    """The connector that an address is of, or ""."""
    kind, _, name = path.removeprefix(PREFIX).partition("/")
    return kind if kind in CONNECTORS and "/" not in name else ""


def _note(
    connector: Connector,
    connection: Connection,
    headers: Mapping[str, str],
    body: bytes | None,
    now: datetime,
    *,
    events: Sequence[Event] = (),
    outcomes: Sequence[Outcome] = (),
    problem: Problem | None = None,
) -> Delivery:
    """What is kept of a delivery: of its body only what was wrong, and nothing personal."""
    came = deliveries.outcome(events, outcomes)
    if problem is not None:
        came = deliveries.Came("rejected", code=problem.code, problem=problem.detail)
    stripped = None
    if body is not None and came.status in ("rejected", "conflict"):
        stripped = connector.without_personal(body)
        if not stripped or len(stripped) > MAX_KEPT_BODY:
            stripped = None
    dated = [event.occurred_at for event in events if event.dated]
    return Delivery(
        connection.kind,
        connection.name,
        timestamp(now),
        _topic(headers, body),
        came.status,
        came.ref,
        max(0, int((now - max(dated)).total_seconds() * 1000)) if dated else None,
        came.event,
        came.code,
        came.problem,
        _kept_headers(connector, headers) if stripped is not None else "{}",
        stripped,
    )


def _kept_headers(connector: Connector, headers: Mapping[str, str]) -> str:
    """Those headers with which the body can be read again."""
    kept = {each: headers[each] for each in connector.HEADERS if each in headers}
    return msgspec.json.encode(kept).decode()


class _Typed(msgspec.Struct):
    """A body that names what it is about: Stripe's, a standard webhook's, the API's own."""

    type: str = ""
    kind: str = ""


_decode_typed = msgspec.json.Decoder(_Typed).decode


def _topic(headers: Mapping[str, str], body: bytes | None) -> str:
    """What a delivery is about, in its sender's words."""
    named = headers.get("x-shopify-topic") or headers.get("x-wc-webhook-topic")
    if named or body is None:
        return named or ""
    try:
        typed = _decode_typed(body)
        return typed.type or typed.kind
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _receipt(outcome: Outcome) -> Receipt:
    if outcome.status == "conflict":
        outcome = msgspec.structs.replace(outcome, detail=deliveries.CONFLICT)
    return receipt(outcome)


def _warn(connection: Connection, events: Sequence[Event], outcomes: Sequence[Outcome]) -> None:
    changed = deliveries.conflicting(events, outcomes)
    if changed:
        logger.warning(
            "%s changed %s after it was received: nothing was changed here",
            connection.source,
            ", ".join(changed),
        )
