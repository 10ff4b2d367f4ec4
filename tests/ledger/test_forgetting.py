"""Promise 7: destroying a salt forgets an event and breaks no proof."""

import pytest

from almoner.campaigns.model import Refund, RefundedLine
from almoner.ledger import Event, Ledger, audit, publish, reads, replay
from almoner.log.entry import decode
from tests.ledger.examples import NOW, START, campaign, order, pieces, refund, statuses, take


def forget_all(ledger: Ledger) -> None:
    ledger.db.run("DELETE FROM ledger_salt")


def test_every_proof_holds_without_salts(ledger: Ledger) -> None:
    publish(ledger.db, campaign(), START)
    take(ledger, order("a"), order("b"))
    before = reads.head(ledger.db)

    forget_all(ledger)

    assert reads.head(ledger.db) == before
    assert audit.check(ledger.db) == ""


def test_a_forgotten_order_is_still_refunded_and_still_counts_once(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, order("a", pieces(3)))
    forget_all(ledger)

    outcomes = take(ledger, order("a", pieces(3)), refund("r", "a"))

    assert statuses(outcomes) == ["duplicate", "taken off"]
    assert reads.campaign_totals(ledger.db) == {"bowls": 2}


def test_an_early_refund_that_was_forgotten_is_taken_off_under_no_name(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, refund("r", "a"))
    forget_all(ledger)

    take(ledger, order("a", pieces(3)))

    last = decode(reads.entries(ledger.db)[-1].body)
    assert (last.kind, last.event) == ("refund", "")
    assert reads.campaign_totals(ledger.db) == {"bowls": 2}


def test_nothing_is_replayed_for_an_event_that_was_forgotten(ledger: Ledger) -> None:
    take(ledger, order("a"))
    forget_all(ledger)
    publish(ledger.db, campaign(), START)

    assert list(replay(ledger, "bowls", NOW)) == []


@pytest.mark.parametrize(("currency", "left"), [("USD", 45), ("", 45), ("JPY", 50)])
def test_money_in_another_currency_is_none_of_the_orders_revenue(
    ledger: Ledger, currency: str, left: int
) -> None:
    share = campaign("share", trigger="revenue", rate="5", cause="dogs", unit="USD", scale=2)
    publish(ledger.db, share, START)
    take(ledger, order("a"))
    back = Refund("a", (RefundedLine("1", 0, 100),), 0, currency)

    take(ledger, Event("shop", "r", "refund", NOW, back))

    assert reads.campaign_totals(ledger.db) == {"share": left}
