"""Group commit: requests that wait together share one durable commit.

One thread owns the ledger's connection. While it syncs a batch the next one gathers, so the
cost of the disk's flush is divided by the load. A request is answered only after the commit
that holds its events. Should a batch fail, its requests are tried one by one, so that one
request can never take others down with it; but not where the database itself is locked, full
or lost: then all of them are told to send again, which is safe, and the next batch connects
anew.

What a connection delivered is written down by the same thread, in a transaction of its own,
once nothing waits or a second has passed. It is never in the way: the sender has its answer
by then, a second writer would fight this one for SQLite's only lock, and under load a
second's rows share one flush. A row can be lost (a crash, a full disk); an event cannot,
because its commit came first. Other work that writes to the ledger's database goes through
`run`, for the same reason.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar

import psycopg

from almoner.intake import deliveries
from almoner.intake.deliveries import Delivery
from almoner.intake.problem import Problem
from almoner.ledger import MAX_BATCH, Database, Event, Ledger, Outcome
from almoner.ledger.database import DatabaseError

# Events waiting beyond this are refused with 503: at ten thousand a second it is five seconds
# of work, and a sender that is told to come back loses nothing.
MAX_WAITING = 50_000
# Gathering more than this into one commit gains nothing more (see ledger.append.MAX_BATCH).
GROUP = 1_000
# Deliveries are written down when nothing came for a moment, or after a second at the latest.
QUIET = 0.05
PATIENCE = 1.0
# Beyond this what was delivered goes unwritten; it is in the ledger all the same.
MAX_NOTES = 2_000
SWEEP_EVERY = 600.0  # seconds between deletions of old rows

_UNAVAILABLE = (
    DatabaseError,
    sqlite3.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(slots=True)
class _Request:
    events: Sequence[Event]
    answer: "asyncio.Future[list[Outcome]]"


@dataclass(slots=True)
class _Work:
    do: Callable[[Ledger], Any]
    answer: "asyncio.Future[Any]"


_Item = _Request | _Work | Delivery | None


class Committer:
    """Appends for every request of this process. `close` finishes what was accepted."""

    def __init__(
        self, open_database: Callable[[], Database], on_commit: Callable[[], None]
    ) -> None:
        self._open = open_database
        self._on_commit = on_commit
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._waiting = 0  # events; touched by the event loop's thread only
        self._loop = asyncio.get_running_loop()
        # These are touched by the committing thread only.
        self._ledger: Ledger | None = None
        self._notes: list[Delivery] = []
        self._noted_at = 0.0  # when the oldest of them came
        self._swept_at = monotonic() - SWEEP_EVERY
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    async def append(self, events: Sequence[Event]) -> list[Outcome]:
        """Commit events durably; one outcome for each, in order."""
        if self._waiting + len(events) > MAX_WAITING:
            raise Problem(
                503, "busy", "Too much at once", "Send again in a few seconds.", retry_after=5
            )
        request = _Request(events, self._loop.create_future())
        self._waiting += len(events)
        self._queue.put(request)
        try:
            return await request.answer
        finally:
            self._waiting -= len(events)

    async def run(self, do: Callable[[Ledger], Result]) -> Result:
        """Have the ledger's own thread do something that commits for itself; what it returned."""
        work = _Work(do, self._loop.create_future())
        self._queue.put(work)
        return await work.answer

    def note(self, delivery: Delivery) -> None:
        """Write a delivery down when there is time; called once it is answered for."""
        if self._queue.qsize() < MAX_NOTES:
            self._queue.put(delivery)

    def close(self) -> None:
        """Commit what is waiting, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            items = self._gather()
            batch = [item for item in items if isinstance(item, _Request)]
            going = None not in items
            if batch:
                self._commit(batch)
            for item in items:
                if isinstance(item, _Work):
                    self._do(item)
            self._remember([item for item in items if isinstance(item, Delivery)])
            if self._notes and (not going or not items or self._is_late()):
                self._write_notes()
        if self._ledger is not None:
            self._ledger.db.close()

    def _gather(self) -> list[_Item]:
        """What is waiting, up to a group; nothing where it was quiet and notes can be written."""
        items: list[_Item] = []
        try:
            items.append(self._queue.get(timeout=QUIET if self._notes else None))
            count = 0
            while items[-1] is not None and count < GROUP:
                item = items[-1]
                count += len(item.events) if isinstance(item, _Request) else 1
                items.append(self._queue.get_nowait())
        except Empty:
            pass
        return items

    def _remember(self, notes: list[Delivery]) -> None:
        if notes and not self._notes:
            self._noted_at = monotonic()
        self._notes += notes

    def _is_late(self) -> bool:
        return len(self._notes) >= GROUP or monotonic() - self._noted_at >= PATIENCE

    def _write_notes(self) -> None:
        notes, self._notes = self._notes, []
        try:
            db = self._open_ledger().db
            deliveries.write(db, notes)
            if monotonic() - self._swept_at >= SWEEP_EVERY:
                self._swept_at = monotonic()
                deliveries.sweep(db, datetime.now(UTC))
        except Exception as error:
            logger.warning("%d deliveries could not be written down: %s", len(notes), error)
            if isinstance(error, _UNAVAILABLE):
                self._let_go()

    def _commit(self, batch: list[_Request]) -> None:
        groups = _split(batch)
        for group in groups:
            answers = self._attempt(group)
            self._loop.call_soon_threadsafe(self._resolve, group, answers)

    def _attempt(self, group: list[_Request]) -> list[list[Outcome] | Exception]:
        try:
            outcomes = self._append([event for request in group for event in request.events])
        except Exception as error:
            if len(group) == 1 or isinstance(error, _UNAVAILABLE):
                return [self._explain(error)] * len(group)
            return [answer for request in group for answer in self._attempt([request])]
        answers: list[list[Outcome] | Exception] = []
        at = 0
        for request in group:
            answers.append(outcomes[at : at + len(request.events)])
            at += len(request.events)
        return answers

    def _do(self, work: _Work) -> None:
        try:
            result = work.do(self._open_ledger())
        except Exception as error:
            result = self._explain(error)
        self._loop.call_soon_threadsafe(self._answer, work, result)

    def _answer(self, work: _Work, result: object) -> None:
        _settle(work.answer, result)
        self._on_commit()

    def _append(self, events: list[Event]) -> list[Outcome]:
        return self._open_ledger().append(events, datetime.now(UTC))

    def _open_ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger(self._open())
        return self._ledger

    def _let_go(self) -> None:
        if self._ledger is not None:
            self._ledger.db.close()
            self._ledger = None

    def _explain(self, error: Exception) -> Exception:
        if isinstance(error, _UNAVAILABLE):
            self._let_go()
            logger.error("The ledger cannot be written: %s", error)
            return Problem(
                503,
                "ledger-unavailable",
                "The ledger cannot be written just now",
                "Send the same again: it will count once.",
                retry_after=10,
            )
        logger.exception("An append failed", exc_info=error)
        return Problem(
            500,
            "append-failed",
            "This could not be recorded",
            "Nothing of this request was kept. The operator's log says more.",
        )

    def _resolve(self, group: list[_Request], answers: list[list[Outcome] | Exception]) -> None:
        for request, answer in zip(group, answers, strict=True):
            _settle(request.answer, answer)
        self._on_commit()


def _settle(future: "asyncio.Future[Any]", answer: object) -> None:
    if future.cancelled():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _split(batch: list[_Request]) -> list[list[_Request]]:
    """Keep each transaction within the ledger's bound, and each request in one transaction."""
    groups: list[list[_Request]] = [[]]
    count = 0
    for request in batch:
        if groups[-1] and count + len(request.events) > MAX_BATCH:
            groups.append([])
            count = 0
        groups[-1].append(request)
        count += len(request.events)
    return groups
