"""A campaign set up late is run over what was received before, once."""

from datetime import timedelta

from almoner.ledger import Ledger, publish, reads, replay
from almoner.ledger.replay import CHUNK
from tests.ledger import folds
from tests.ledger.examples import (
    FUND,
    NOW,
    START,
    by_hand,
    campaign,
    order,
    pieces,
    put_up,
    refund,
    take,
)

LATE = campaign("late", trigger="item", rate="1/2")


def run(ledger: Ledger, slug: str = "late") -> tuple[int, int]:
    """Replay to the end: events looked at, and pledged."""
    steps = list(replay(ledger, slug, NOW))
    return (steps[-1].seen, steps[-1].pledged) if steps else (0, 0)


def test_what_was_received_before_is_pledged_as_if_it_had_been_there(ledger: Ledger) -> None:
    take(
        ledger,
        refund("early", "a", 1),
        order("a", pieces(5)),
        refund("late", "a", 2),
        order("b", pieces(3)),
        order("t", pieces(9), kind="test_order"),
        order("u", pieces(9), kind="unpaid_order"),
    )
    publish(ledger.db, LATE, START)

    assert run(ledger) == (2, 2)

    assert reads.campaign_totals(ledger.db) == {"late": 2}
    assert reads.carried(ledger.db, "late") * 2 == 1
    assert folds.folded_balances(folds.bodies(ledger.db)) == folds.stored_balances(ledger.db)


def test_a_second_run_finds_nothing_to_do(ledger: Ledger) -> None:
    take(ledger, order("a", pieces(4)), refund("r", "a", 1))
    publish(ledger.db, LATE, START)
    run(ledger)
    before = reads.head(ledger.db)

    assert run(ledger) == (0, 0)
    assert reads.head(ledger.db) == before


def test_a_refund_after_the_replay_takes_off_from_both_campaigns(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, order("a", pieces(6)), refund("r1", "a", 2))
    publish(ledger.db, LATE, START)
    run(ledger)

    take(ledger, refund("r2", "a", 2))

    assert reads.campaign_totals(ledger.db) == {"bowls": 2, "late": 1}


def test_a_run_that_was_stopped_goes_on_where_it_stopped(ledger: Ledger) -> None:
    take(ledger, *(order(f"o{n}", pieces(2)) for n in range(CHUNK + 7)))
    publish(ledger.db, LATE, START)

    first = next(replay(ledger, "late", NOW))
    assert (first.seen, first.pledged) == (CHUNK, CHUNK)

    assert run(ledger) == (7, 7)
    assert reads.campaign_totals(ledger.db) == {"late": CHUNK + 7}


def test_only_what_the_campaign_covers_is_pledged(ledger: Ledger) -> None:
    take(
        ledger,
        order("before", when=START - timedelta(seconds=1)),
        order("other-day", when=NOW),
        order("in-time", when=START),
        by_hand("m", "late", 4, when=START),
    )
    publish(ledger.db, campaign("late", ends_at=NOW), START)

    assert run(ledger) == (3, 1)
    assert reads.campaign_totals(ledger.db) == {"late": 1}


def test_entries_by_hand_are_replayed_for_their_own_campaign_only(ledger: Ledger) -> None:
    take(ledger, by_hand("m", "late", 4), by_hand("n", "other", 9))
    publish(ledger.db, campaign("late", trigger="manual", rate="3"), START)

    assert run(ledger) == (2, 1)
    assert reads.campaign_totals(ledger.db) == {"late": 12}


def test_a_replay_keeps_to_the_cap_and_to_the_fund(ledger: Ledger) -> None:
    take(ledger, put_up("d", 7), *(order(f"o{n}", pieces(2)) for n in range(10)))
    publish(ledger.db, campaign("late", trigger="item", fund=FUND), START)
    publish(ledger.db, campaign("capped", trigger="item", cap=9), START)

    assert run(ledger) == (10, 10)
    assert run(ledger, "capped") == (10, 10)
    assert reads.campaign_totals(ledger.db) == {"late": 7, "capped": 9}


def test_an_unknown_campaign_runs_over_nothing(ledger: Ledger) -> None:
    take(ledger, order("a"))

    assert run(ledger, "nobody") == (0, 0)
