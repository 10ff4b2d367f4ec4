"""Runs a rejected delivery again: the same bytes, read and appended as if they came now.

Safe to repeat: an event counts once, so what a replay finds counted is a duplicate. A
delivery that is still wrong stays rejected, with the reason it has now.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.conf import settings

from almoner.connectors.registry import CONNECTORS
from almoner.intake import deliveries
from almoner.intake.connections import Connection
from almoner.intake.deliveries import Came, Delivery
from almoner.intake.problem import Problem
from almoner.ledger import Event, Ledger
from almoner.ledger.event import instant

# Deliveries that share a commit. Each has an order and its refunds at most, so that a step
# stays far below ledger.append.MAX_BATCH.
STEP = 50

_decode_headers = msgspec.json.Decoder(dict[str, str]).decode


class ReplayError(Exception):
    """Nothing was replayed. The message is one sentence for whoever asked."""


def replay(
    ledger: Ledger, connection: Connection, numbers: Sequence[int], now: datetime
) -> Counter[str]:
    """Run these deliveries of a connection again, in order; how many came to which status."""
    if connection.paused_at:
        raise ReplayError("The connection is paused: resume it first.")
    came: Counter[str] = Counter()
    for at in range(0, len(numbers), STEP):
        found = [deliveries.find(ledger.db, number) for number in numbers[at : at + STEP]]
        chosen = [each for each in found if each is not None and _is_of(each, connection)]
        done = _append(ledger, chosen, now)
        deliveries.replayed(ledger.db, done, now)
        came.update(after.status for _, after in done)
    return came


def read_again(delivery: Delivery) -> list[Event]:
    """The events of a delivery whose body was kept; a `Problem` where it is still wrong."""
    assert delivery.body is not None, f"delivery {delivery.id} has no body"
    return CONNECTORS[delivery.kind].read(
        _decode_headers(delivery.headers),
        delivery.body,
        delivery.name,
        instant(delivery.received_at),
        settings.CONFIG.reader_key,
    )


def _is_of(delivery: Delivery, connection: Connection) -> bool:
    same = (delivery.kind, delivery.name) == (connection.kind, connection.name)
    return same and delivery.replayable


def _append(
    ledger: Ledger, chosen: Sequence[Delivery], now: datetime
) -> list[tuple[Delivery, Delivery]]:
    """Each delivery as it was, and as it is after its events were appended."""
    read: list[tuple[Delivery, list[Event]]] = []
    done: list[tuple[Delivery, Delivery]] = []
    for delivery in chosen:
        try:
            read.append((delivery, read_again(delivery)))
        except Problem as problem:
            came = Came("rejected", delivery.ref, code=problem.code, problem=problem.detail)
            done.append((delivery, _became(delivery, came)))
    outcomes = ledger.append([event for _, events in read for event in events], now)
    at = 0
    for delivery, events in read:
        came = deliveries.outcome(events, outcomes[at : at + len(events)])
        done.append((delivery, _became(delivery, came)))
        at += len(events)
    return done


def _became(delivery: Delivery, came: Came) -> Delivery:
    return msgspec.structs.replace(
        delivery,
        status=came.status,
        ref=came.ref,
        event=came.event,
        code=came.code,
        problem=came.problem,
    )
