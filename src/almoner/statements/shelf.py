"""Draws statements and keeps them: at once where they are small, as a job where they are large."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
from django.conf import settings

from almoner.giving.book import open_ledger
from almoner.jobs import queue
from almoner.jobs.models import Job
from almoner.ledger.settle import first_entry_at
from almoner.statements import document, drawing, papers, tree
from almoner.statements.models import Drawn
from almoner.statements.period import Period

KIND = "statement"
# Up to here a statement takes a second or two, which a person waits for.
LARGE = 100_000  # entries before its end: opening balances are added up from the first


class Order(msgspec.Struct, frozen=True):
    """Which statement is wanted."""

    scope: str
    slug: str
    first_day: date
    last_day: date
    time_zone: str
    final: bool = False

    @property
    def period(self) -> Period:
        """The period it is of."""
        return Period(self.first_day, self.last_day, self.time_zone)


def is_large(order: Order) -> bool:
    """Whether drawing it takes longer than a person waits."""
    with open_ledger() as ledger:
        return first_entry_at(ledger.db, order.period.until) > LARGE


def draw_now(order: Order, now: datetime, user: Any = None) -> Drawn:
    """Draw a statement and keep it. The same again is the row that is there."""
    drawn = drawing.draw(
        order.scope,
        order.slug,
        order.period,
        tree.open_tree(settings.CONFIG),
        now,
        final=order.final,
        named=papers.named(),
    )
    data = document.encode(drawn)
    row, _ = Drawn.objects.get_or_create(
        digest=document.digest(data),
        defaults={
            "title": f"{drawn.title}, {drawn.period.words}",
            "scope": order.scope,
            "slug": order.slug,
            "name": drawn.name,
            "since": order.first_day,
            "last_day": order.last_day,
            "time_zone": order.time_zone,
            "over": drawn.period.over,
            "data": data,
            "drawn_by": user,
        },
    )
    return row


def draw_later(order: Order, user: Any) -> Job:
    """Have a worker draw it; `user` is told when it is done."""
    title = f"Statement of the {order.scope} {order.slug}, {order.period.words}"
    return queue.start(KIND, title, msgspec.to_builtins(order), user)


def draw_for(job: Job) -> Drawn:
    """Draw what a job asks for."""
    order = msgspec.convert(job.arguments, Order)
    return draw_now(order, datetime.now(UTC), job.started_by)
