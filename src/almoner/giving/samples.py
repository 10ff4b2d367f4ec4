"""Reads a pasted sample: orders as a shop or our API sends them, to try a campaign on.

One JSON object, an array of them, or one a line (NDJSON); Shopify's orders (also as its
REST answers wrap them) and events of `POST /api/v1/events`. A sample is never kept.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from almoner.campaigns.model import Manual, Order
from almoner.connectors import shopify
from almoner.intake import api
from almoner.intake.problem import Problem
from almoner.ledger import Event

MAX_SAMPLE = 2 * 1024 * 1024  # characters; Shopify's largest order has about 1 MB
MAX_EVENTS = 1_000  # what a preview over received events takes


class SampleError(ValueError):
    """A sample that cannot be read; the message says where and why."""


def read_sample(text: str, now: datetime) -> list[tuple[datetime, Order | Manual]]:
    """What happened according to the sample, the oldest first.

    An order that is not paid yet counts as if it were. Refunds and test orders are left out.
    """
    if len(text) > MAX_SAMPLE:
        raise SampleError("The sample is larger than 2 MB: paste fewer orders.")
    objects = list(_objects(text))
    if not objects:
        raise SampleError("The sample is empty: paste an order as JSON.")
    if len(objects) > MAX_EVENTS:
        raise SampleError(f"{len(objects):,} events: paste at most {MAX_EVENTS:,}.")
    events = [
        event for at, each in enumerate(objects, 1) for event in _events(each, at, now, objects)
    ]
    found = [
        (event.occurred_at, event.body)
        for event in events
        if isinstance(event.body, Order | Manual) and event.kind != "test_order"
    ]
    if not found:
        raise SampleError("The sample holds no order that would count: only refunds or tests.")
    return sorted(found, key=lambda each: each[0])


def _objects(text: str) -> Iterator[Any]:
    try:
        yield from _unwrapped(msgspec.json.decode(text))
        return
    except msgspec.DecodeError as error:
        first = error
    lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) < 2 or not lines[0][1].strip().endswith("}"):
        raise SampleError(f"This is not JSON: {first}.")
    for at, line in lines:
        try:
            yield from _unwrapped(msgspec.json.decode(line))
        except msgspec.DecodeError as error:
            raise SampleError(f"Line {at} is not JSON: {error}.") from None


def _unwrapped(value: Any) -> Sequence[Any]:
    """`{"orders": […]}` and `{"order": {…}}` are how Shopify's REST answers wrap them."""
    if isinstance(value, dict) and "id" not in value and "kind" not in value:
        value = value.get("orders", value.get("order", value))
    return value if isinstance(value, list) else [value]


def _events(value: Any, at: int, now: datetime, objects: Sequence[Any]) -> list[Event]:
    place = f"Event {at}: " if len(objects) > 1 else ""
    if not isinstance(value, dict):
        raise SampleError(f'{place}an order is a JSON object, such as {{"kind": "order", …}}.')
    body = msgspec.json.encode(value)
    try:
        if "line_items" in value:
            return shopify.read({"x-shopify-topic": "orders/paid"}, body, "sample", now)
        return [api.parse(body, "sample", f"sample-{at}", now)]
    except Problem as problem:
        raise SampleError(f"{place}{problem.title}. {problem.detail}") from None
