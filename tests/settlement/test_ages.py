"""How old what is undelivered is: by hand, and against a model that counts single units."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.ledger.settle import Movement
from almoner.settlement.ages import Ages, ages, together

TODAY = date(2026, 11, 25)


def ago(days, kind, minor):
    return Movement(TODAY - timedelta(days=days), kind, minor)


@pytest.mark.parametrize(
    ("days", "bucket"), [(0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3), (900, 3)]
)
def test_a_promise_is_in_the_bucket_of_its_age(days, bucket):
    found = ages([ago(days, "promise", 7)], TODAY)
    assert found.buckets[bucket] == found.total == 7
    assert found.days(TODAY) == days


def test_the_oldest_is_handed_over_first():
    found = ages([ago(100, "promise", 5), ago(10, "promise", 5), ago(1, "delivery", -7)], TODAY)
    assert found == Ages((3, 0, 0, 0), 0, TODAY - timedelta(days=10))


def test_a_refund_never_makes_the_rest_look_younger():
    found = ages([ago(100, "promise", 5), ago(10, "promise", 5), ago(1, "promise", -7)], TODAY)
    assert found == Ages((0, 0, 0, 3), 3, TODAY - timedelta(days=100))


def test_what_is_taken_back_is_as_old_as_it_was():
    moved = [ago(100, "promise", 5), ago(99, "delivery", -5), ago(0, "reversal", 2)]
    assert ages(moved, TODAY) == Ages((0, 0, 0, 2), 2, TODAY - timedelta(days=100))


@pytest.mark.parametrize(("deliver_days", "overdue"), [(45, 10), (50, 5), (100, 0)])
def test_a_campaign_says_when_it_is_overdue(deliver_days, overdue):
    moved = [ago(60, "promise", 5), ago(50, "promise", 5)]
    assert ages(moved, TODAY, deliver_days).overdue == overdue


def test_nothing_undelivered_has_no_age():
    assert ages([], TODAY) == Ages()
    assert ages([ago(9, "promise", 5), ago(9, "delivery", -5)], TODAY).days(TODAY) is None


def test_charities_are_added_up():
    one, two = ages([ago(1, "promise", 2)], TODAY), ages([ago(40, "promise", 3)], TODAY)
    assert together([one, two, Ages()]) == Ages((2, 3, 0, 0), 0, TODAY - timedelta(days=40))


def single_units(movements):
    """What is left, unit by unit: a list of days in the order they were promised."""
    promised, handed_over = [], []
    for each in movements:
        for _ in range(abs(each.minor)):
            if each.kind == "delivery":
                handed_over.append(promised.pop(0))
            elif each.kind == "reversal":
                promised.insert(0, handed_over.pop())
            elif each.minor > 0:
                promised.append(each.day)
            else:
                promised.pop()
    return promised


@st.composite
def lives(draw):
    """Movements of which each fits, one a day, the oldest first."""
    owed = delivered = 0
    found = []
    for day in sorted(draw(st.sets(st.integers(0, 150), max_size=25)), reverse=True):
        fits = ["promise", *(["delivery", "refund"] if owed else [])]
        fits += ["reversal"] if delivered else []
        kind = draw(st.sampled_from(fits))
        most = {"promise": 9, "delivery": owed, "refund": owed, "reversal": delivered}[kind]
        minor = draw(st.integers(1, most))
        signed = minor if kind in ("promise", "reversal") else -minor
        owed += signed
        delivered += {"delivery": minor, "reversal": -minor}.get(kind, 0)
        found.append(ago(day, "promise" if kind == "refund" else kind, signed))
    return found


@given(lives(), st.integers(0, 120), st.randoms())
def test_every_life_is_as_counting_single_units_says(movements, deliver_days, chance):
    left = single_units(movements)
    waited = [(TODAY - day).days for day in left]
    shuffled = list(movements)
    chance.shuffle(shuffled)
    found = ages(shuffled, TODAY, deliver_days)
    assert found.buckets == (
        sum(days <= 30 for days in waited),
        sum(30 < days <= 60 for days in waited),
        sum(60 < days <= 90 for days in waited),
        sum(days > 90 for days in waited),
    )
    assert found.overdue == sum(days > deliver_days for days in waited)
    assert found.oldest == (left[0] if left else None)
