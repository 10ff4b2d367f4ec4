"""The rule: what holds for any promise and any order. Cases are in golden.txt."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.campaigns import rules
from almoner.campaigns.counting import occurrences
from almoner.campaigns.force import Index, in_force
from almoner.campaigns.given import Memory, after
from almoner.campaigns.model import (
    CampaignVersion,
    Line,
    Manual,
    Occasion,
    Order,
    Pledge,
    Refund,
    RefundedLine,
    Standing,
    rational,
)
from almoner.campaigns.refunds import net
from almoner.units import MAX_MINOR
from tests.ledger.examples import FUND, NOW, START, campaign

PLENTY = 10**15
moment = timedelta(microseconds=1)


def pledge(
    version: CampaignVersion, body: Occasion, standing: Standing, fund: int | None
) -> Pledge | None:
    """What one campaign with one charity promises, from where it stands."""
    memory = Memory({} if fund is None else {FUND: fund})
    memory.standings[version.campaign, version.charity] = standing
    paid = msgspec.structs.replace(version, fund="" if fund is None else FUND)
    made = rules.pledges(body, NOW, [paid], memory)
    return made[0][1] if made else None


def take_off(
    version: CampaignVersion, held: Fraction, left: Order, standing: Standing, owed: int
) -> Pledge | None:
    keeps = rules.keeps(version, version.charity, left)
    return rules.take_off(version, version.charity, held, keeps, standing, owed)


def at(due: int, parts: int = 1) -> Standing:
    """Where a campaign without a hold stands: what it promised is matured."""
    return Standing(due, parts, due)


def exact(standing: Standing) -> Fraction:
    return Fraction(standing.due, standing.parts)


rates = st.fractions(min_value=0, max_value=50, max_denominator=97)
orders = st.builds(
    lambda lines: Order("USD", tuple(Line(str(n), *each) for n, each in enumerate(lines))),
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 999), st.sampled_from(["p", "q"])),
        min_size=1,
        max_size=4,
    ),
)
refunds = st.lists(
    st.builds(
        lambda lines, loose: Refund("o", tuple(lines), loose),
        st.lists(
            st.builds(
                RefundedLine,
                st.sampled_from("0123"),
                st.integers(0, 4),
                st.integers(0, 500),
                st.integers(0, 50),
            ),
            max_size=3,
        ),
        st.sampled_from([0, 0, 1, 99, 700]),
    ),
    max_size=4,
)


@given(rates, st.integers(1, 60))
def test_many_small_shares_come_to_the_floor_of_their_exact_sum(rate: Fraction, count: int) -> None:
    version, standing, moved = campaign(rate=str(rate)), Standing(), 0
    for _ in range(count):
        made = pledge(version, Order("USD", (Line("1", 1, 0),)), standing, None)
        if made is not None:
            standing = after(standing, made)
            moved += made.amount

    assert moved == standing.posted == (rate * count).__floor__()


def test_a_thousand_orders_at_a_third_of_a_meal_give_333() -> None:
    version, standing = campaign(rate="1/3"), Standing()
    for _ in range(1000):
        made = pledge(version, Order("USD", (Line("1", 1, 0),)), standing, None)
        assert made is not None
        standing = after(standing, made)

    assert (standing.posted, exact(standing)) == (333, Fraction(1000, 3))


@given(rates, orders, st.integers(0, 40), st.none() | st.integers(0, 40), st.booleans())
def test_no_pledge_passes_its_cap_or_its_fund(
    rate: Fraction, order: Order, cap: int, fund: int | None, partial: bool
) -> None:
    version = campaign(trigger="item", rate=str(rate), cap=cap, partial=partial)
    standing, left = Standing(), fund
    for _ in range(4):
        made = pledge(version, order, standing, left)
        if made is None:
            continue
        assert 0 <= made.granted <= made.wanted
        assert bool(made.limited) == (made.granted < made.wanted)
        assert partial or made.granted in (0, made.wanted)
        standing = after(standing, made)
        left = None if left is None else left - made.amount
        assert exact(standing) <= cap
        assert left is None or left >= 0


@given(st.sampled_from(["order", "item", "revenue"]), rates, orders, refunds, st.booleans())
def test_refunds_take_off_the_same_in_any_order(
    trigger: str, rate: Fraction, order: Order, refunds: list[Refund], taxed: bool
) -> None:
    version = campaign(
        trigger=trigger,
        rate=str(rate),
        products=("p",),
        **({"unit": "USD", "scale": 2} if trigger == "revenue" else {}),
    )
    order = msgspec.structs.replace(order, taxes_included=taxed)
    made = pledge(version, order, Standing(), None)
    if made is None:
        return
    granted = Fraction(made.granted, made.parts)

    ends = set()
    for arrival in permutations(refunds):
        standing, held = after(Standing(), made), granted
        for count in range(1, len(arrival) + 1):
            left = net(order, arrival[:count])
            back = take_off(version, held, left, standing, PLENTY)
            if back is not None:
                assert back.granted == back.wanted < 0
                assert back.amount <= 0
                held += Fraction(back.granted, back.parts)
                standing = after(standing, back)
        assert exact(standing) == held >= 0
        ends.add(held)

    assert len(ends) == 1
    left = net(order, refunds)
    again = pledge(version, left, Standing(), None)
    assert ends == {Fraction(again.granted, again.parts) if again else Fraction(0)}


@given(orders, refunds)
def test_nothing_of_an_order_falls_below_zero_or_grows(order: Order, found: list[Refund]) -> None:
    left = net(order, found)

    assert net(order, []) == order
    for was, line in zip(order.lines, left.lines, strict=True):
        assert 0 <= line.quantity <= was.quantity
        assert 0 <= line.revenue <= was.revenue
    assert 0 <= left.returned <= sum(line.revenue for line in left.lines)


@given(orders, refunds, refunds, st.booleans())
def test_refunds_leave_the_same_together_and_one_by_one(
    order: Order, first: list[Refund], then: list[Refund], taxed: bool
) -> None:
    order = msgspec.structs.replace(order, taxes_included=taxed)

    assert net(net(order, first), then) == net(order, first + then)


def test_tax_that_came_back_with_a_line_is_no_revenue_where_prices_hold_it() -> None:
    back = [Refund("o", (RefundedLine("1", 1, 1190, 190),))]
    order = Order("USD", (Line("1", 2, 2000),))

    with_tax = net(msgspec.structs.replace(order, taxes_included=True), back)
    without = net(order, back)

    assert (with_tax.lines[0].revenue, without.lines[0].revenue) == (1000, 810)


def test_a_product_is_matched_by_its_number_or_its_sku() -> None:
    lines = (Line("1", 1, 5, "77"), Line("2", 2, 5, "78", "MUG"), Line("3", 4, 5, "79", "HAT"))

    assert occurrences(campaign(trigger="item", products=("77", "MUG")), Order("USD", lines)) == (
        3,
        1,
    )


def test_what_is_owed_no_more_is_not_taken_back() -> None:
    version = campaign(trigger="item")
    nothing = Order("USD", ())

    def back(owed: int, standing: Standing) -> Pledge:
        made = take_off(version, Fraction(5), nothing, standing, owed)
        assert made is not None
        return made

    assert [(back(n, at(8)).amount, back(n, at(8)).limited) for n in (0, 2, 5, 9)] == [
        (0, "delivered"),
        (-2, "delivered"),
        (-5, ""),
        (-5, ""),
    ]
    assert back(0, at(17, 3)).granted == -2, "what is only carried can always go back"


def test_a_campaign_cannot_stand_below_zero() -> None:
    with pytest.raises(AssertionError, match="bowls would stand at -1 of -1/1"):
        after(Standing(), Pledge("bowls", 1, -1, -1, 1, -1))
    with pytest.raises(AssertionError, match="a refund takes -5 of"):
        take_off(campaign(), Fraction(5), Order("USD", ()), at(3), 9)


def test_no_campaign_gives_more_than_the_largest_amount() -> None:
    made = pledge(
        campaign(trigger="manual", rate=str(MAX_MINOR)), Manual("bowls", 10**6), Standing(), None
    )

    assert made is not None
    assert (made.amount, made.limited) == (MAX_MINOR, "cap")


@pytest.mark.parametrize(
    ("text", "value"), [("2", Fraction(2)), ("0.5", Fraction(1, 2)), ("1/3", Fraction(1, 3))]
)
def test_a_rate_is_read_exactly(text: str, value: Fraction) -> None:
    assert rational(text) == value


@pytest.mark.parametrize("text", ["", "x", "1e3", "1E3", "1_000", "1/0", "½", "١", "nan", "1" * 41])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate: write 2, 0"):
        rational(text)


def test_a_rate_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="a rate gives, it does not take"):
        rational("-1/3")


ONE = campaign(ends_at=NOW)
TWO = campaign(version=2, effective_from=START + timedelta(days=5), ends_at=NOW)


@pytest.mark.parametrize(
    ("when", "version"),
    [
        (START - moment, None),
        (START, ONE),
        (START + timedelta(days=5) - moment, ONE),
        (START + timedelta(days=5), TWO),
        (NOW - moment, TWO),
        (NOW, None),
        (datetime(9999, 12, 31, tzinfo=UTC), None),
    ],
)
def test_the_version_in_force_is_the_last_that_has_begun(
    when: datetime, version: CampaignVersion | None
) -> None:
    assert in_force([ONE, TWO], when) == version


def test_a_campaign_without_an_end_goes_on_and_one_without_versions_never_began() -> None:
    assert in_force([campaign()], datetime(9999, 12, 31, tzinfo=UTC)) == campaign()
    assert in_force([], NOW) is None
    assert in_force([campaign(effective_from=NOW)], START) is None


def test_an_order_falls_under_every_campaign_and_an_entry_by_hand_under_its_own() -> None:
    found = {"a": [campaign("a")], "b": [campaign("b")], "over": [campaign("over", ends_at=START)]}

    def slugs(body: Order | Manual) -> list[str]:
        return [version.campaign for version in Index(found).covering(body, NOW)]

    assert slugs(Order("USD", (Line("1", 1, 5),))) == ["a", "b"]
    assert slugs(Manual("b", 1)) == ["b"]
    assert slugs(Manual("over", 1)) == slugs(Manual("nobody", 1)) == []


@given(orders, refunds)
def test_every_body_reads_back_as_it_was_written(order: Order, found: list[Refund]) -> None:
    for body in (order, *found, Manual("a", 1)):
        assert msgspec.json.decode(msgspec.json.encode(body), type=type(body)) == body


def test_the_stored_form_of_an_order_holds_only_what_a_campaign_needs() -> None:
    order = Order("USD", (Line("1", 2, 1998, "77"),), ("winter",))

    assert msgspec.json.encode(order) == (
        b'{"currency":"USD","lines":[{"id":"1","quantity":2,"revenue":1998,"product":"77"}],'
        b'"tags":["winter"]}'
    )
