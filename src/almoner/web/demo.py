"""Loads the whole demonstration; safe to run again and after an interruption.

It has lived for half a year: `giving.demo_sales` says what was sold, `settlement.demo` what was
handed over. Both are entered into the ledger in their order, with clocks of their own days,
before anything else is. A history that was cut off goes on where it was; the ledger's first
entry says when it began.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth import get_user_model

from almoner.giving import demo_sales
from almoner.giving.book import open_ledger
from almoner.giving.demo import load_causes
from almoner.intake import connections, deliveries
from almoner.intake.deliveries import Delivery
from almoner.intake.keys import create_key, list_keys
from almoner.ledger import Event, mature, reads, settle
from almoner.ledger.event import timestamp
from almoner.publication.publisher import PublicationError
from almoner.publication.stores import StoreError
from almoner.settlement import demo as settled
from almoner.statements import demo as stated
from almoner.statements.tree import StatementError
from almoner.stories.demo import create_log_ins, load_help_lines, load_sample_stories
from almoner.stories.demo_arabic import translate_samples
from almoner.web.state import make_publisher

# Known to everybody, like the log-ins: a demonstration listens on loopback only.
API_KEY = "alm_demo_key_for_trying_things_out"

# How long an event was on its way.
A_MOMENT = timedelta(seconds=1)

Say = Callable[[str], None]
Day = tuple[datetime, list[Event]]


def load(say: Say) -> None:
    """Stories, log-ins and an API key; causes, campaigns and what became of them."""
    load_sample_stories(say)
    translate_samples(say)
    load_help_lines()
    create_log_ins()
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0)
    with open_ledger() as ledger:
        if not any(key.name == "demo" for key in list_keys(ledger.db)):
            create_key(ledger.db, "demo", ("events:write", "read"), now, API_KEY)
        began = settle.first_time(ledger.db)
    begins = began or hour - timedelta(days=demo_sales.DAYS)
    if (begins.minute, begins.second, begins.microsecond) == (0, 0, 0):
        load_causes(say, begins, demo_sales.PROMISED)
        live(begins, say)
    else:  # it was loaded by an earlier version, which put no history before it
        load_causes(say)


def live(begins: datetime, say: Say) -> None:
    """Enter the history that begins at `begins`, and put it on paper."""
    days = list(demo_sales.days(begins))
    ends = begins + timedelta(days=demo_sales.DAYS)
    finance = get_user_model().objects.get(username="finance")
    happen(days, finance, say)
    _connect([event for _, events in days for event in events], ends)
    stated.sign_contract(begins.date())
    settled.open_page(begins)
    try:
        _publish()
        for line in settled.close_months(ends, finance):
            say(line)
        stated.draw_statements(
            ends.date().replace(day=1) - timedelta(days=1), datetime.now(UTC), finance
        )
    except (PublicationError, StoreError, StatementError) as error:
        say(f"Nothing is closed yet, the next start tries again: {error}")


def happen(days: Sequence[Day], finance: Any, say: Say) -> None:
    """Enter every day's events, and what was handed over in its evening, where it is missing."""
    with open_ledger() as ledger:
        last = days[-1][1][-1]
        if reads.event_number(ledger.db, last.source, last.ref) is not None:
            say("Already there: what happened before today")
            return
        for at, (evening, events) in enumerate(days):
            for event in events:
                ledger.append([event], event.occurred_at + A_MOMENT)
            mature(ledger, evening)
            for line in settled.hand_over(at, evening, finance):
                say(line)
        found = reads.totals(ledger.db)
        promised = {cause: totals.pledged for cause, totals in found.items()}
        assert promised == demo_sales.PROMISED, f"the history promises {promised}"


def _connect(events: Sequence[Event], ends: datetime) -> None:
    """The shop's connection, with what it delivered in the last days it is kept for."""
    kind, name = demo_sales.SHOP
    with open_ledger() as ledger:
        db = ledger.db
        if connections.read_connections(db).find(kind, name) is None:
            connections.add(db, kind, name, connections.make_secret(), ends)
        if deliveries.page(db, kind, name, limit=1):
            return
        since = ends - timedelta(days=deliveries.DAYS)
        rows = [
            _delivered(event, reads.event_number(db, event.source, event.ref))
            for event in events
            if event.source == f"{kind}:{name}" and event.occurred_at >= since
        ]
        again = msgspec.structs.replace(rows[-4], status="duplicate")
        deliveries.write(db, [*rows[:-3], again, *rows[-3:]])


def _delivered(event: Event, number: int | None) -> Delivery:
    kind, name = demo_sales.SHOP
    lag = 400 + int(event.ref.rpartition("/")[2]) % 7 * 130  # milliseconds
    received = timestamp(event.occurred_at + A_MOMENT)
    return Delivery(kind, name, received, "order.updated", "accepted", event.ref, lag, number)


def _publish() -> None:
    publisher = make_publisher(settings.CONFIG)
    try:
        publisher.publish()
    finally:
        publisher.close()
