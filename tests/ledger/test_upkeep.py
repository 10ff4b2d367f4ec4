"""What the ledger does by itself: holds mature, minimums are topped up, once and exactly."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread

import pytest

from almoner.campaigns.model import Part
from almoner.ledger import Database, Ledger, audit, connect, mature, publish, reads, top_up
from almoner.log.recount import Recount, shape
from tests.ledger import folds
from tests.ledger.examples import (
    FUND,
    NOW,
    START,
    by_hand,
    campaign,
    handed,
    order,
    pieces,
    put_up,
    refund,
    statuses,
    take,
)

HELD = "campaign/bowls/held/meals/harbor-table"
OWED = "charity/harbor-table/owed/meals/bowls"
DELIVERED = "charity/harbor-table/delivered/meals/bowls"
END = NOW + timedelta(days=10)


def at(days: float) -> datetime:
    return NOW + timedelta(days=days)


def balances(ledger: Ledger) -> dict[str, int]:
    found = folds.stored_balances(ledger.db)
    return {path: int(value) for (path, _), value in found.items() if path != "external"}


def test_a_pledge_is_held_until_its_window_is_over_and_then_owed(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", hold_days=14), START)
    take(ledger, order("a", pieces(3)))

    assert mature(ledger, at(13.9)) == 0
    assert balances(ledger) == {HELD: 3}
    assert mature(ledger, at(14)) == 1
    assert balances(ledger) == {OWED: 3}
    assert mature(ledger, at(99)) == 0
    assert reads.totals(ledger.db)["meals"].pledged == 3


def test_what_came_back_inside_the_window_never_was_owed(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", hold_days=14), START)
    take(ledger, order("a", pieces(3)), order("b", pieces(5)))
    take(ledger, refund("r", "a", 2), refund("s", "b", 5))

    assert balances(ledger) == {HELD: 1}
    assert mature(ledger, at(14)) == 2
    assert balances(ledger) == {OWED: 1}
    assert audit.check(ledger.db) == ""


def test_what_comes_back_after_the_window_goes_back_the_way_it_came(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", hold_days=14, fund=FUND), START)
    take(ledger, put_up("d", 10), order("a", pieces(3)))
    mature(ledger, at(14))

    take(ledger, refund("r", "a", 2), now=at(15))

    assert balances(ledger) == {OWED: 1, FUND: 9}
    last = folds.bodies(ledger.db)[-1].decode()
    assert last.index(f'"debit":"{OWED}","credit":"{FUND}"'), "straight back: nothing is held"


def test_thirds_that_mature_one_by_one_make_whole_meals(ledger: Ledger) -> None:
    publish(ledger.db, campaign(rate="1/3", hold_days=1), START)
    for number in range(3):
        take(ledger, order(f"o{number}"), now=at(number / 10))
    found = []
    for number in range(3):
        mature(ledger, at(1 + number / 10))
        found.append(balances(ledger))

    assert found == [{HELD: 1}, {HELD: 1}, {OWED: 1}]


def test_holds_of_many_orders_mature_over_several_transactions(ledger: Ledger) -> None:
    publish(ledger.db, campaign(hold_days=1), START)
    take(ledger, *(order(f"o{number}") for number in range(1_100)))

    assert mature(ledger, at(2)) == 1_100
    assert balances(ledger) == {OWED: 1_100}
    assert [each for each in kinds(ledger) if each == "maturity"] == ["maturity"] * 3


def test_a_refund_that_waited_comes_off_what_matures_next(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", hold_days=1), START)
    take(ledger, order("a", pieces(4)))
    mature(ledger, at(1))
    take(ledger, handed("d", "delivery", OWED, DELIVERED, 4), refund("r", "a", 3), now=at(1))
    take(ledger, order("b", pieces(5)), now=at(2))
    assert balances(ledger) == {DELIVERED: 4, HELD: 5}

    mature(ledger, at(3))

    assert balances(ledger) == {DELIVERED: 4, OWED: 2}
    assert audit.check(ledger.db) == ""


def test_what_is_taken_back_of_a_delivery_lets_a_waiting_refund_go(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, order("a", pieces(4)), handed("d", "delivery", OWED, DELIVERED, 4))
    take(ledger, refund("r", "a", 3))
    assert balances(ledger) == {DELIVERED: 4}

    take(ledger, handed("back", "reversal", DELIVERED, OWED, 4, corrects=1))

    assert balances(ledger) == {OWED: 1}


def test_no_more_is_taken_back_than_was_delivered(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, order("a", pieces(9)))
    take(ledger, *(handed(f"d{n}", "delivery", OWED, DELIVERED, 3) for n in range(2)))

    outcomes = take(
        ledger,
        handed("b1", "reversal", DELIVERED, OWED, 2, corrects=1),
        handed("b2", "reversal", DELIVERED, OWED, 2, corrects=1),
        handed("b3", "reversal", DELIVERED, OWED, 1, corrects=1),
        handed("b4", "reversal", DELIVERED, OWED, 1, corrects=0),
        handed("b5", "reversal", DELIVERED, OWED, 1),
    )
    (again,) = take(ledger, handed("b7", "reversal", DELIVERED, OWED, 1, corrects=1))

    assert statuses(outcomes) == ["recorded", "refused", "recorded", "refused", "refused"]
    assert outcomes[1].detail.startswith("entry 1 has 1 meal in minor units left to take")
    assert outcomes[3].detail == "entry 0 is no delivery and no confirmation"
    assert outcomes[4].detail == "a reversal names the entry that it takes back from"
    assert again.status == "refused"


def test_a_minimum_is_topped_up_once_when_the_campaign_has_ended(ledger: Ledger) -> None:
    publish(ledger.db, campaign(rate="1/3", minimum=5, ends_at=END), START)
    take(ledger, order("a"))

    assert top_up(ledger, END - timedelta(seconds=1)) == 0
    assert top_up(ledger, END) == 1
    assert (top_up(ledger, END), balances(ledger)) == (0, {OWED: 5})
    assert kinds(ledger)[-1] == "top-up"


def test_a_refund_after_the_top_up_is_topped_up_again(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", minimum=5, ends_at=END), START)
    take(ledger, order("a", pieces(3)))
    top_up(ledger, END)
    take(ledger, refund("r", "a", 2), now=END)

    assert (top_up(ledger, END), balances(ledger)) == (1, {OWED: 5})


def test_an_empty_fund_tops_up_what_it_has_and_the_rest_when_it_is_filled(ledger: Ledger) -> None:
    publish(ledger.db, campaign(minimum=9, ends_at=END, fund=FUND), START)
    take(ledger, put_up("d", 4), order("a"))

    assert (top_up(ledger, END), balances(ledger)) == (1, {OWED: 4})
    assert top_up(ledger, END) == 0, "an entry a tick would fill the log"
    take(ledger, put_up("e", 50), now=END)
    assert (top_up(ledger, END), balances(ledger)) == (1, {OWED: 9, FUND: 45})


def test_a_split_minimum_is_topped_up_in_its_parts(ledger: Ledger) -> None:
    split = (Part("harbor-table", 2), Part("quiet-house", 1))
    publish(ledger.db, campaign(minimum=9, ends_at=END, split=split), START)

    assert top_up(ledger, END) == 1
    assert balances(ledger) == {OWED: 6, "charity/quiet-house/owed/meals/bowls": 3}


@pytest.mark.parametrize("run", [mature, top_up])
def test_two_that_keep_up_at_once_do_it_once(
    ledger: Ledger, database_url: str, run: Callable[[Ledger, datetime], int]
) -> None:
    publish(ledger.db, campaign(hold_days=1, minimum=700, ends_at=END), START)
    take(ledger, *(order(f"o{number}") for number in range(600)))
    done: list[int] = []

    def work(db: Database) -> None:
        done.append(run(Ledger(db), END))
        db.close()

    threads = [Thread(target=work, args=(connect(database_url),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(done) == (600 if run is mature else 1)
    assert audit.check(ledger.db) == ""


def test_what_two_versions_held_matures_in_an_entry_each(ledger: Ledger) -> None:
    publish(ledger.db, campaign(rate="1/3", hold_days=30), START)
    take(ledger, order("a"), order("b"))
    publish(
        ledger.db,
        campaign(version=2, rate="1/2", hold_days=29, effective_from=at(1)),
        at(1),
    )
    take(ledger, order("c", when=at(2)), now=at(2))

    assert mature(ledger, at(40)) == 3
    assert kinds(ledger)[-2:] == ["maturity", "maturity"]
    fold = Recount()
    fold.add(shape(0, folds.bodies(ledger.db)))
    assert fold.totals()["meals"]["owed"] == 1


def kinds(ledger: Ledger) -> list[str]:
    return [row[0] for row in ledger.db.rows("SELECT kind FROM ledger_entry ORDER BY idx")]


def test_a_fund_that_cannot_pay_a_whole_top_up_costs_no_line_of_the_log(ledger: Ledger) -> None:
    publish(ledger.db, campaign(fund=FUND, minimum=5, ends_at=END, partial=False), START)
    take(ledger, put_up("d", 3))

    before = reads.head(ledger.db).size
    assert [top_up(ledger, at(11)), top_up(ledger, at(12))] == [0, 0]
    assert reads.head(ledger.db).size == before
    take(ledger, put_up("e", 2), now=at(13))
    assert top_up(ledger, at(13)) == 1
    assert balances(ledger) == {OWED: 5}


def test_a_fund_that_fractions_of_a_split_have_spoken_for_costs_no_line(ledger: Ledger) -> None:
    split = (Part("harbor-table", 1), Part("quiet-house", 1), Part("third-home", 1))
    terms = {"fund": FUND, "minimum": 5, "ends_at": END, "split": split}
    publish(ledger.db, campaign(rate="2", **terms), START)
    # Each has two thirds of a meal, none of which is posted yet: the fund has its one meal still.
    take(ledger, put_up("d", 2), order("a"), order("b", when=at(1)), now=at(1))

    top_up(ledger, at(11))
    before = reads.head(ledger.db).size
    assert [top_up(ledger, at(12)), top_up(ledger, at(13))] == [0, 0]
    assert reads.head(ledger.db).size == before


def test_a_top_up_keeps_to_the_limit_of_its_sponsor_and_uses_it_up(ledger: Ledger) -> None:
    acme = {"sponsor": "acme", "sponsor_cap": 5}
    publish(ledger.db, campaign(minimum=9, ends_at=END, **acme), START)
    publish(ledger.db, campaign("boxes", trigger="manual", **acme), START)
    take(ledger, by_hand("h", "boxes", 2))

    assert top_up(ledger, at(11)) == 1
    assert top_up(ledger, at(12)) == 0
    assert balances(ledger)[OWED] == 3
    assert statuses(take(ledger, by_hand("i", "boxes", 1), now=at(12))) == ["limit reached"]
    assert reads.totals(ledger.db)["meals"].pledged == 5
