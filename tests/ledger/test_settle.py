"""What is owed, since when, and what was entered: the ledger's own answers on both databases."""

from datetime import date, timedelta

from almoner.ledger import Event, Ledger, Posting, Transfer, publish, settle
from almoner.ledger.settle import Movement, Share
from almoner.units import Amount
from tests.ledger.examples import MEAL, NOW, START, campaign, order, pieces, refund, take

NAMES = ("harbor-table", "meals", "bowls")
NAME = (*NAMES, "meal")
OWED, DELIVERED = settle.owed_account(*NAMES), settle.delivered_account(*NAMES)
CONFIRMED = settle.confirmed_account(*NAMES)
DAY = timedelta(days=1)


def handed_over(ref: str, minor: int) -> Event:
    body = Transfer((Posting(OWED, DELIVERED, Amount(MEAL, minor)),), evidence=("ab" * 32,))
    return Event("settlement", ref, "delivery", NOW, body)


def promised(ledger: Ledger) -> None:
    """Ten meals on one day, five on the next, two taken off and four handed over."""
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, order("1", pieces(4)), order("2", pieces(6)), now=NOW)
    take(ledger, order("3", pieces(5)), refund("r", "1", 2, 500), now=NOW + DAY)
    take(ledger, handed_over("a", 4), handed_over("b", 400), now=NOW + 2 * DAY)


def test_a_share_has_every_measure_of_one_promise(ledger: Ledger) -> None:
    promised(ledger)
    assert settle.shares(ledger.db) == [Share(*NAME, 0, owed=9, delivered=4)]
    assert settle.shares(ledger.db, "harbor-table") == settle.shares(ledger.db)
    assert settle.shares(ledger.db, "harbor") == []


def test_what_is_held_belongs_to_the_same_share(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", hold_days=14), START)
    take(ledger, order("1", pieces(4)), now=NOW)
    assert settle.shares(ledger.db) == [Share(*NAME, 0, held=4)]


def test_movements_are_added_up_by_day_and_kind(ledger: Ledger) -> None:
    promised(ledger)
    arrived = Transfer((Posting(DELIVERED, CONFIRMED, Amount(MEAL, 1)),))
    back = Transfer((Posting(DELIVERED, OWED, Amount(MEAL, 2)),), corrects=4)
    take(
        ledger,
        Event("settlement", "c", "confirmation", NOW, arrived),
        Event("settlement", "d", "reversal", NOW, back),
        refund("s", "2", 1, 100),
        now=NOW + 3 * DAY,
    )
    first = date(2026, 5, 20)
    assert settle.movements(ledger.db, [NAME]) == {
        NAME: [
            Movement(first, "promise", 10),
            Movement(first + DAY, "promise", 3),
            Movement(first + 2 * DAY, "delivery", -4),
            Movement(first + 3 * DAY, "promise", -1),
            Movement(first + 3 * DAY, "reversal", 2),
        ]
    }
    assert settle.movements(ledger.db, [("nobody", "meals", "bowls", "meal")]) == {
        ("nobody", "meals", "bowls", "meal"): []
    }
    assert settle.movements(ledger.db, []) == {}


def test_what_was_entered_is_found_by_its_reference(ledger: Ledger) -> None:
    promised(ledger)
    found = settle.recorded(ledger.db, "settlement", ["a", "b", "c"])
    assert found.keys() == {"a", "b"}
    assert (found["a"].outcome, found["a"].entry, found["a"].time) == (
        "recorded",
        4,
        NOW + 2 * DAY,
    )
    assert found["a"].transfer == handed_over("a", 4).body
    assert (found["b"].outcome, found["b"].entry) == ("refused", None)


def test_the_first_entry_of_a_time_is_found_by_halving(ledger: Ledger) -> None:
    assert settle.first_time(ledger.db) is None
    assert settle.first_entry_at(ledger.db, NOW) == 0
    promised(ledger)
    assert settle.first_time(ledger.db) == NOW
    expected = [(-DAY, 0), (0 * DAY, 0), (DAY / 2, 2), (DAY, 2), (2 * DAY, 4), (3 * DAY, 5)]
    for after, index in expected:
        assert settle.first_entry_at(ledger.db, NOW + after) == index


def test_confirmed_is_a_measure_of_its_own(ledger: Ledger) -> None:
    promised(ledger)
    body = Transfer((Posting(DELIVERED, CONFIRMED, Amount(MEAL, 3)),))
    take(ledger, Event("settlement", "c", "confirmation", NOW, body), now=NOW + 3 * DAY)
    assert settle.shares(ledger.db) == [Share(*NAME, 0, owed=9, delivered=1, confirmed=3)]
