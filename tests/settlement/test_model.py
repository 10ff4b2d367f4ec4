"""A random run of deliveries, answers and reversals is as ten lines of counting say.

On SQLite and PostgreSQL, with kills between the rows and the ledger.
"""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from almoner.campaigns.model import Line as Sold
from almoner.campaigns.model import Order
from almoner.giving import publishing
from almoner.giving.book import location, open_ledger
from almoner.giving.models import Campaign, Charity
from almoner.giving.openings import establish
from almoner.ledger import Event, audit, connect, settle
from almoner.settlement import deliveries, entering, standing
from almoner.settlement.models import Answer, Delivery
from almoner.settlement.standing import SettlementError
from almoner.web.settings import database

STEPS = 120
NOW = datetime.now(UTC)


class Killed(BaseException):
    pass


@pytest.fixture
def world(
    database_url: str, home: Path, install: Callable[..., None], django_db_blocker: Any
) -> Any:
    """Django over a database of the test's own, with two promises in it."""
    kept = connections.settings["default"]
    connections["default"].close()
    path = None if "://" in database_url else Path(database_url)
    install(home, "sqlite" if path else database_url)
    connections.settings["default"] = database(database_url, path)
    connections.configure_settings({"default": connections.settings["default"]})
    del connections["default"]
    with django_db_blocker.unblock():
        db = connect(location())
        yield _promises()
        assert audit.check(db) == ""
        db.close()
        connections["default"].close()
    connections.settings["default"] = kept
    del connections["default"]


def _promises() -> list[Campaign]:
    charity = Charity.objects.create(slug="harbor-table", name="Harbor Table")
    causes = [
        establish("meals", label="Meals", unit="meal", kind="count"),
        establish("dogs", label="Dogs", unit="USD", kind="money"),
    ]
    found = []
    for at, cause in enumerate(causes):
        campaign = Campaign.objects.create(
            slug=f"promise-{at}",
            title=f"Promise {at}",
            cause=cause,
            charity=charity,
            trigger="item",
            rate="2" if at == 0 else "0.50",
            starts_on=date(2026, 1, 1),
        )
        publishing.publish_draft(campaign, datetime(2026, 1, 1, tzinfo=UTC))
        found.append(campaign)
    return found


@pytest.mark.slow
def test_any_run_is_as_counting_says(world: list[Campaign], monkeypatch: Any) -> None:
    chance = random.Random(20_261_125)
    charity = Charity.objects.get()
    owed, way, there = [0, 0], [0, 0], [0, 0]  # the model
    sent: dict[int, dict[str, list[int]]] = {}
    keys = [f"{each.slug}/{each.cause.slug}" for each in world]
    real = {name: getattr(entering, name) for name in ("_append", "_take", "refresh")}

    def perhaps_killed(do: Any) -> Any:
        """Do it, now and then killed half-way, and mended by looking."""
        if chance.random() < 0.25:
            where = chance.choice(sorted(real))

            def kill(*_: Any, **__: Any) -> None:
                raise Killed

            monkeypatch.setattr(entering, where, kill)
        try:
            return do()
        except Killed:
            return None
        finally:
            for name, function in real.items():
                monkeypatch.setattr(entering, name, function)
            entering.catch_up_all()

    for step in range(STEPS):
        act = chance.choice(("order", "send", "send", "answer", "answer", "reverse"))
        if act == "order":
            pieces = chance.randint(1, 9)
            order = Order("USD", (Sold("1", pieces, 1000, "p", "S"),))
            with open_ledger() as ledger:
                ledger.append([Event("shop", f"order-{step}", "order", NOW, order)], NOW)
            owed[0] += 2 * pieces
            owed[1] += 50 * pieces
        elif act == "send":
            wanted = [chance.randint(0, max(4, owed[at])) for at in (0, 1)]
            fits = any(wanted) and all(wanted[at] <= owed[at] for at in (0, 1))
            try:
                delivery = deliveries.prepare(
                    charity,
                    [(each, each.cause, wanted[at]) for at, each in enumerate(world)],
                    NOW.date(),
                    f"WB-{step}",
                )
            except SettlementError:
                assert not fits
                continue
            assert fits
            perhaps_killed(lambda d=delivery: deliveries.send(d, None, NOW))
            perhaps_killed(lambda d=delivery: deliveries.send(d, None, NOW))
            delivery = deliveries.send(delivery, None, NOW)
            assert delivery.state == "sent"
            sent[delivery.pk] = {"way": wanted, "there": [0, 0]}
            for at in (0, 1):
                owed[at] -= wanted[at]
                way[at] += wanted[at]
        elif sent:
            pk = chance.choice(sorted(sent))
            delivery, model = Delivery.objects.get(pk=pk), sent[pk]
            most = (
                model["way"]
                if act == "answer"
                else [model["way"][at] + model["there"][at] for at in (0, 1)]
            )
            amounts = [chance.randint(0, most[at] + (chance.random() < 0.1)) for at in (0, 1)]
            fits = any(amounts) and all(amounts[at] <= most[at] for at in (0, 1))
            written = dict(zip(keys, amounts, strict=True))

            def do(d: Any = delivery, w: Any = written, answers: bool = act == "answer") -> None:
                if answers:
                    number = standing.next_number(d.answers)
                    for _ in range(2):
                        deliveries.answer(d, number, Answer.Kind.PART, "M", "", w, NOW)
                else:
                    number = standing.next_number(d.reversals)
                    for _ in range(2):
                        deliveries.reverse(d, number, w, "why", None, NOW)

            try:
                perhaps_killed(do)
            except SettlementError:
                assert not fits, (act, amounts, model)
                continue
            assert fits, (act, amounts, model)
            for at in (0, 1):
                if act == "answer":
                    part, back = amounts[at], 0
                else:
                    back = amounts[at]
                    part = -max(0, back - model["way"][at])
                model["way"][at] -= part + back
                model["there"][at] += part
                way[at] -= part + back
                there[at] += part
                owed[at] += back
        with open_ledger() as ledger:
            shares = {each.campaign: each for each in settle.shares(ledger.db)}
        for at, campaign in enumerate(world):
            share = shares.get(campaign.slug)
            if share is not None:
                found = (share.owed, share.delivered, share.confirmed)
                assert found == (owed[at], way[at], there[at]), step
    for pk, model in sent.items():
        delivery = Delivery.objects.get(pk=pk)
        left, arrived = standing.outstanding(delivery), standing.confirmed(delivery)
        assert [left.get(key, 0) for key in keys] == model["way"]
        assert [arrived.get(key, 0) for key in keys] == model["there"]
        waiting, came = any(model["way"]), any(model["there"])
        assert delivery.state == (
            ("partly confirmed" if came else "sent")
            if waiting
            else ("confirmed" if came else "reversed")
        )
