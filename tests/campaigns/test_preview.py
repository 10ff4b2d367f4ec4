"""A preview gives what the ledger would have given."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from almoner.campaigns.given import Memory
from almoner.campaigns.model import Line, Manual, Order
from almoner.campaigns.preview import Preview, preview
from almoner.campaigns.rules import pledges
from tests.ledger.examples import FUND, NOW, START, campaign


def sold(pieces: int, when: datetime = NOW) -> tuple[datetime, Order]:
    return when, Order("USD", (Line("1", pieces, 100),))


def test_a_preview_counts_what_it_saw_and_what_matched() -> None:
    events = [sold(3), sold(0), (NOW, Manual("bowls", 4)), sold(2, START - timedelta(days=1))]

    assert preview(campaign(trigger="item"), events) == Preview(4, 1, 3, 0)


def test_a_preview_can_look_past_the_dates() -> None:
    events = [sold(3), sold(2, START - timedelta(days=1))]

    assert preview(campaign(trigger="item"), events, ignore_dates=True) == Preview(2, 2, 5, 0)


def test_entries_by_hand_count_for_their_own_campaign_only() -> None:
    events = [(NOW, Manual("bowls", 4)), (NOW, Manual("other", 9))]

    assert preview(campaign(trigger="manual"), events) == Preview(2, 1, 4, 0)
    found = preview(campaign(trigger="manual"), events, ignore_dates=True)
    assert found == Preview(2, 1, 4, 0)


def test_a_preview_keeps_to_the_cap_and_to_what_is_in_the_fund() -> None:
    events = [sold(3), sold(3), sold(3)]

    assert preview(campaign(trigger="item", cap=5), events) == Preview(3, 3, 5, 2)
    assert preview(campaign(trigger="item", fund=FUND), events, fund=4) == Preview(3, 3, 4, 2)
    assert preview(campaign(trigger="item", fund=FUND), events, fund=0) == Preview(3, 3, 0, 3)


def test_a_preview_of_nothing_is_nothing() -> None:
    assert preview(campaign(), []) == Preview(0, 0, 0, 0)


@given(
    st.lists(st.integers(0, 9), max_size=20),
    st.fractions(min_value=0, max_value=5, max_denominator=13),
    st.none() | st.integers(0, 30),
    st.none() | st.integers(0, 30),
)
def test_a_preview_gives_what_pledging_one_by_one_gives(
    pieces: list[int], rate: object, cap: int | None, fund: int | None
) -> None:
    terms = {} if fund is None else {"fund": FUND}
    version = campaign(trigger="item", rate=str(rate), cap=cap, **terms)
    memory = Memory({} if fund is None else {FUND: fund})
    for count in pieces:
        pledges(sold(count)[1], NOW, [version], memory)

    found = preview(version, [sold(count) for count in pieces], fund)
    assert found.minor == memory.standing("bowls", "harbor-table").posted
