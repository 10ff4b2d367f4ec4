"""Caps, refunds after delivery, prices, splits and minimums, as a statement tells them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from almoner.giving.models import Campaign, Charity
from almoner.giving.publishing import publish_draft
from almoner.ledger import Ledger
from almoner.ledger.upkeep import top_up
from almoner.statements import drawing, reading
from almoner.statements.document import Promise
from almoner.statements.period import period
from almoner.statements.tree import Tree
from tests.statements.conftest import NOW

JUNE = datetime(2026, 6, 20, tzinfo=UTC)


def drawn(tree: Callable[[], Tree], when: str = "2026-05") -> tuple[Promise, ...]:
    return drawing.draw("campaign", "may-bowls", period(when), tree(), JUNE).promises


def facts(promise: Promise) -> dict[str, str]:
    return dict(reading.facts(promise))


def test_what_a_cap_held_back_is_told(
    bowls: Campaign, sell: Callable[..., None], tree: Callable[[], Tree]
) -> None:
    sell("o-1", 40)
    (promise,) = drawn(tree)
    told = facts(promise)
    assert told["Limit"] == "10 meals, reached: 10 meals given by the whole campaign"
    assert told["By the rate alone"] == "13 1/3 meals for what happened"
    assert told["Held back by limits"] == "3 1/3 meals"
    assert told["Limited"] == "1 pledge, by the limit of the campaign"


def test_a_refund_of_what_was_delivered_is_carried_and_comes_off_what_follows(
    bowls: Campaign,
    sell: Callable[..., None],
    give_back: Callable[..., None],
    hand_over: Callable[..., None],
    tree: Callable[[], Tree],
) -> None:
    sell("o-1", 12, NOW)
    hand_over("Van 1", "delivery", 4, NOW + timedelta(hours=1))
    give_back("r-1", "o-1", 6, NOW + timedelta(hours=2))
    (promise,) = drawn(tree, "2026-05-01..2026-05-20")
    assert promise.waiting == "2"
    assert facts(promise)["Refunds carried on"].startswith("2 meals, delivered before it came back")
    sell("o-2", 9, NOW + timedelta(days=2))
    (promise,) = drawn(tree, "2026-05-21..2026-05-31")
    assert promise.waiting == "0"
    assert promise.rounding.taken_off == "2"
    assert (promise.closing.owed, promise.closing.delivered) == (1, 4)


def test_units_bought_at_a_price_come_to_money(
    ledger: Ledger,
    make_campaign: Callable[..., Campaign],
    sell: Callable[..., None],
    tree: Callable[[], Tree],
) -> None:
    made = make_campaign(rate="1", price="0.40", currency="USD", time_zone="UTC")
    publish_draft(made, NOW - timedelta(days=30))
    sell("o-1", 3)
    (promise,) = drawn(tree)
    assert promise.closing.owed == 7  # three dollars buy seven and a half
    (due,) = promise.due
    assert Fraction(due.exact) == 300
    assert facts(promise)["Unit price"] == "15/2 at 0.40 USD each: $3"


def test_a_split_promise_is_an_account_for_each_charity(
    ledger: Ledger,
    make_campaign: Callable[..., Campaign],
    harbor: Charity,
    second: Charity,
    sell: Callable[..., None],
    tree: Callable[[], Tree],
) -> None:
    made = make_campaign(rate="1", time_zone="UTC")
    made.parts.create(charity=harbor, weight=2)
    made.parts.create(charity=second, weight=1)
    publish_draft(made, NOW - timedelta(days=30))
    sell("o-1", 10)
    harbors, others = drawn(tree)
    assert (harbors.closing.owed, harbors.rounding.carried_after) == (6, "2/3")
    assert (others.closing.owed, others.rounding.carried_after) == (3, "1/3")
    assert Fraction(harbors.asked) + Fraction(others.asked) == 10


def test_a_minimum_that_was_not_reached_is_topped_up(
    ledger: Ledger,
    make_campaign: Callable[..., Campaign],
    sell: Callable[..., None],
    tree: Callable[[], Tree],
) -> None:
    made = make_campaign(
        rate="1", minimum="20", time_zone="UTC", ends_on=date(2026, 5, 25), hold_days=3
    )
    publish_draft(made, NOW - timedelta(days=30))
    sell("o-1", 6)
    top_up(ledger, datetime(2026, 5, 27, tzinfo=UTC))
    (promise,) = drawn(tree)
    moved = {each.kind: each.change for each in promise.movements}
    assert moved["top-up"].owed == 14
    assert moved["pledge"].held == 6
    told = facts(promise)
    assert told["Guaranteed minimum"] == "20 meals, reached: 20 meals given by the whole campaign"
    assert told["Still to be delivered"] == "20 meals"
