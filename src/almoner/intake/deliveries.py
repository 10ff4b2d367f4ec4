"""What each connection delivered and what came of it, kept for a while for the people.

One row a delivery, and one tally an hour. Guarantee: bounded. A row is kept 30 days at most,
and so many of each status at most; a body is kept only where something was wrong, without
its personal keys, so that it can be replayed. Nothing here counts: an event is in the ledger
before its row is written (see `committer`), and a row that a crash took changes no figure.

A delivery that no secret verifies has no connection: it stands under the blank name of its
kind, without its body, and strangers can push out only each other's rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from almoner.ledger import Event, Outcome
from almoner.ledger.database import Database
from almoner.ledger.event import timestamp

Status = Literal["accepted", "duplicate", "conflict", "rejected"]

DAYS = 30
# Rows kept of one connection: what is fine is looked at for a moment, what is wrong is mended.
KEPT: dict[Status, int] = {"accepted": 500, "duplicate": 500, "conflict": 1_000, "rejected": 1_000}
# Of deliveries that are fine the newest so many get a row when they are written together, which
# is once a second under load: nobody reads more, and writing them would cost the senders.
ROWS = 100
# An order of a hundred lines; a larger one must be sent again by the shop.
MAX_KEPT_BODY = 128 * 1024
CONFLICT = "It was received before and said something else. Nothing was changed."
MAX_TEXT = 500  # of a problem's sentence
MAX_TOPIC = 100  # the longest that is known has forty
PAGE = 50

_COLUMNS = "kind, name, received_at, topic, status, ref, lag, event, code, problem, headers"
_READ = f"SELECT id, replayed_at, body IS NOT NULL, {_COLUMNS}"

_TALLY = (
    "INSERT INTO intake_tally (kind, name, hour, status, count) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, name, hour, status) "
    "DO UPDATE SET count = intake_tally.count + excluded.count"
)


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One delivery. `lag` is in milliseconds, `event` its first event's number here.

    `kept` says that there is a body; only `find` brings it along.
    """

    kind: str
    name: str
    received_at: str
    topic: str
    status: Status
    ref: str = ""
    lag: int | None = None
    event: int | None = None
    code: str = ""
    problem: str = ""
    headers: str = "{}"
    body: bytes | None = None
    id: int = 0
    replayed_at: str | None = None
    kept: bool = False

    @property
    def replayable(self) -> bool:
        """Whether it may come to something else when it is run again."""
        return self.status == "rejected" and self.kept


class Came(msgspec.Struct, frozen=True):
    """What a delivery came to."""

    status: Status
    ref: str = ""
    event: int | None = None
    code: str = ""
    problem: str = ""


class Hour(msgspec.Struct, frozen=True):
    """What came in one hour, by status."""

    hour: str
    counts: Mapping[str, int]


class Health(msgspec.Struct, frozen=True):
    """How a connection is. `hours` are the last 24, the oldest first; the lag is typical."""

    last_received: str | None
    lag: int | None
    hours: tuple[Hour, ...]

    def count(self, *statuses: str) -> int:
        """How many deliveries of these statuses came in the 24 hours."""
        return sum(hour.counts.get(status, 0) for hour in self.hours for status in statuses)


def outcome(events: Sequence[Event], outcomes: Sequence[Outcome]) -> Came:
    """What events that were appended came to, taken together: the worst is told."""
    ref = events[0].ref if events else ""
    event = outcomes[0].event if outcomes else None
    changed = conflicting(events, outcomes)
    if changed:
        return Came("conflict", changed[0], event, "conflict", f"{', '.join(changed)}: {CONFLICT}")
    known = bool(outcomes) and all(each.status == "duplicate" for each in outcomes)
    return Came("duplicate" if known else "accepted", ref, event)


def conflicting(events: Sequence[Event], outcomes: Sequence[Outcome]) -> list[str]:
    """The ids of events that were received before with another content."""
    pairs = zip(events, outcomes, strict=True)
    return [event.ref for event, outcome in pairs if outcome.status == "conflict"]


def write(db: Database, deliveries: Sequence[Delivery]) -> None:
    """Write rows and tallies, in one transaction. Each is counted; of many, a few have rows."""
    tallies: dict[tuple[str, str, str, str], int] = {}
    rows: list[tuple[object, ...]] = []
    for each in reversed(deliveries):
        key = (each.kind, each.name, each.received_at[:13], each.status)
        tallies[key] = count = tallies.get(key, 0) + 1
        if count <= ROWS or each.status in ("conflict", "rejected"):
            rows.append(_row(each))
    with db.transaction():
        db.insert("intake_delivery", f"{_COLUMNS}, body", rows[::-1])
        db.run_many(_TALLY, [(*key, count) for key, count in sorted(tallies.items())])


def sweep(db: Database, now: datetime) -> None:
    """Delete what is too old, and of each connection what is too much."""
    oldest = timestamp(now - timedelta(days=DAYS))
    with db.transaction():
        db.run("DELETE FROM intake_delivery WHERE received_at < ?", (oldest,))
        db.run("DELETE FROM intake_tally WHERE hour < ?", (oldest[:13],))
        for kind, name in db.rows("SELECT DISTINCT kind, name FROM intake_delivery"):
            for status, kept in KEPT.items():
                db.run(
                    "DELETE FROM intake_delivery WHERE kind = ? AND name = ? AND status = ? "
                    "AND id <= (SELECT id FROM intake_delivery WHERE kind = ? AND name = ? "
                    "AND status = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
                    (kind, name, status, kind, name, status, kept),
                )


def page(
    db: Database,
    kind: str,
    name: str,
    statuses: Iterable[str] = KEPT,
    *,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Delivery]:
    """Deliveries of one connection, the newest first, without their bodies."""
    assert limit <= KEPT["rejected"] + KEPT["conflict"], f"{limit} deliveries at once"
    chosen = list(statuses)
    marks = ", ".join("?" * len(chosen))
    return [
        _delivery(row)
        for row in db.rows(
            f"{_READ} FROM intake_delivery "
            f"WHERE kind = ? AND name = ? AND status IN ({marks}) AND id < ? "
            "ORDER BY id DESC LIMIT ?",
            (kind, name, *chosen, 2**62 if before is None else before, limit),
        )
    ]


def find(db: Database, number: int) -> Delivery | None:
    """One delivery, with its body."""
    row = db.row(f"{_READ}, body FROM intake_delivery WHERE id = ?", (number,))
    return _delivery(row) if row else None


def replayable(db: Database, kind: str, name: str, since: str, until: str) -> list[int]:
    """The rejected deliveries between two times whose bodies are kept, the oldest first."""
    return [
        row[0]
        for row in db.rows(
            "SELECT id FROM intake_delivery WHERE kind = ? AND name = ? AND status = 'rejected' "
            "AND body IS NOT NULL AND received_at >= ? AND received_at < ? ORDER BY id",
            (kind, name, since, until),
        )
    ]


def replayed(db: Database, done: Iterable[tuple[Delivery, Delivery]], now: datetime) -> None:
    """Write down what replays came to, each as it was and as it is, and move it in its tally.

    What is counted needs its body no longer.
    """
    with db.transaction():
        for before, after in done:
            keeps = after.status in ("rejected", "conflict")
            touched = db.run(
                "UPDATE intake_delivery SET status = ?, ref = ?, event = ?, code = ?, "
                "problem = ?, body = ?, replayed_at = ? WHERE id = ? AND status = ?",
                (
                    after.status,
                    after.ref,
                    after.event,
                    after.code,
                    _text(after.problem[:MAX_TEXT]),
                    after.body if keeps else None,
                    timestamp(now),
                    before.id,
                    before.status,
                ),
            )
            if touched and after.status != before.status:
                hour = (before.kind, before.name, before.received_at[:13])
                db.run_many(_TALLY, [(*hour, before.status, -1), (*hour, after.status, 1)])


def health(db: Database, kind: str, name: str, now: datetime) -> Health:
    """The last 24 hours of one connection, hour by hour."""
    hours = [timestamp(now - timedelta(hours=back))[:13] for back in range(23, -1, -1)]
    counts: dict[str, dict[str, int]] = {hour: {} for hour in hours}
    for hour, status, count in db.rows(
        "SELECT hour, status, count FROM intake_tally "
        "WHERE kind = ? AND name = ? AND hour >= ? AND hour <= ?",
        (kind, name, hours[0], hours[-1]),
    ):
        counts[hour][status] = int(count)
    last = page(db, kind, name, limit=PAGE)
    lags = sorted(each.lag for each in last if each.lag is not None)
    return Health(
        last[0].received_at if last else None,
        lags[len(lags) // 2] if lags else None,
        tuple(Hour(hour, of) for hour, of in counts.items()),
    )


def _row(each: Delivery) -> tuple[object, ...]:
    body = each.body if each.body is not None and len(each.body) <= MAX_KEPT_BODY else None
    return (
        each.kind,
        each.name,
        each.received_at,
        _text(each.topic[:MAX_TOPIC]),
        each.status,
        each.ref,
        each.lag,
        each.event,
        each.code,
        _text(each.problem[:MAX_TEXT]),
        _text(each.headers),
        body,
    )


def _text(text: str) -> str:
    """A sender's words as both databases keep them: no U+0000, no half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _delivery(row: Sequence[Any]) -> Delivery:
    number, replayed_at, kept, *_ = row
    body = bytes(row[14]) if len(row) > 14 and kept else None
    told = Delivery(*row[3:14])
    return msgspec.structs.replace(
        told, body=body, id=number, replayed_at=replayed_at, kept=bool(kept)
    )
