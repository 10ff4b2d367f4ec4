"""Promise 3: no cap is passed and no fund overdrawn, whatever comes, goes back and is delivered."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from almoner.ledger import (
    Database,
    Event,
    Ledger,
    Posting,
    Transfer,
    audit,
    publish,
    reads,
    replay,
)
from almoner.ledger.event import decode_order, instant
from almoner.units import MAX_MINOR, Amount
from tests.ledger import folds
from tests.ledger.examples import (
    FUND,
    MEAL,
    NOW,
    START,
    campaign,
    handed,
    moved,
    order,
    pieces,
    put_up,
    refund,
    statuses,
    take,
)

CAP = 20
CAPPED = campaign("capped", trigger="item", rate="5/3", cap=CAP)
WHOLE = campaign("whole", trigger="item", rate="3", cap=CAP, partial=False, cause="toys")
FUNDED = [
    campaign("funded", trigger="item", rate="1/2", fund=FUND, cause="toys"),
    campaign("too", trigger="item", rate="2/3", fund=FUND, cause="toys", partial=False),
]
DAILY, EACH, TOGETHER = 8, 5, 30
SHARED = [
    campaign("daily", trigger="item", rate="3/4", daily_cap=DAILY, time_zone="America/New_York"),
    campaign("each", trigger="item", rate="1/2", reader_cap=EACH, hold_days=3),
    campaign("one", trigger="item", rate="1/5", sponsor="acme", sponsor_cap=TOGETHER),
    campaign("other", trigger="item", rate="2/7", sponsor="acme", sponsor_cap=TOGETHER),
]


class Limits(RuleBasedStateMachine):
    """Two capped campaigns, two that share a fund, and four whose limits are for whom or when."""

    fresh: Callable[[], Database]

    def __init__(self) -> None:
        super().__init__()
        self.db = self.fresh()
        self.ledger = Ledger(self.db)
        self.count = 0
        self.put_up = 0
        self.wanted = Fraction(0)
        self.came_back = False
        for version in (CAPPED, WHOLE, *FUNDED, *SHARED):
            publish(self.db, version, START)

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    @rule(
        quantities=st.lists(st.integers(1, 9), min_size=1, max_size=4),
        hours=st.integers(0, 30),
        reader=st.sampled_from(["", "a", "b"]),
    )
    def sell(self, quantities: list[int], hours: int, reader: str) -> None:
        when = NOW - timedelta(hours=hours)
        events = [
            order(f"o{self.name()}", pieces(quantity), when=when, reader=reader)
            for quantity in quantities
        ]
        self.wanted += sum(Fraction(5, 3) * quantity for quantity in quantities)
        assert set(statuses(take(self.ledger, *events))) <= {"pledged", "limit reached"}

    @rule(of=st.integers(1, 12), quantity=st.integers(1, 9))
    def give_back(self, of: int, quantity: int) -> None:
        self.came_back = True
        (outcome,) = take(self.ledger, refund(self.name(), f"on{of}", quantity))
        assert outcome.status != "refused"

    @rule(minor=st.integers(1, 15))
    def put_up_more(self, minor: int) -> None:
        self.put_up += minor
        assert statuses(take(self.ledger, put_up(self.name(), minor))) == ["recorded"]

    @rule(minor=st.integers(1, 10), cause=st.sampled_from(["meals", "toys"]))
    def deliver(self, minor: int, cause: str) -> None:
        slug = {"meals": "capped", "toys": "funded"}[cause]
        owed, done = (
            f"charity/harbor-table/{stage}/{cause}/{slug}" for stage in ("owed", "delivered")
        )
        due = reads.balance(self.db, owed, "meal")
        (outcome,) = take(self.ledger, handed(self.name(), "delivery", owed, done, minor))
        assert outcome.status == ("recorded" if minor <= due else "refused")

    @invariant()
    def no_cap_is_passed(self) -> None:
        totals = reads.campaign_totals(self.db)
        assert totals.get("capped", 0) <= CAP
        assert totals.get("whole", 0) <= CAP
        if not self.came_back:
            assert totals.get("capped", 0) == min(CAP, self.wanted.__floor__())

    @invariant()
    def no_limit_for_whom_or_when_is_passed(self) -> None:
        sums: dict[str, Fraction] = {}
        for campaign_, share, occurred, body in self.db.rows(
            "SELECT p.campaign, p.share, e.occurred_at, e.body FROM ledger_pledge p "
            "JOIN ledger_event e ON e.seq = p.of_event"
        ):
            day = instant(occurred).astimezone(ZoneInfo("America/New_York")).date()
            reader = decode_order(body).reader
            key = {"daily": f"daily {day}", "each": f"each {reader}"}.get(campaign_, campaign_)
            sums[key] = sums.get(key, Fraction(0)) + Fraction(share)
        assert all(each <= DAILY for key, each in sums.items() if key.startswith("daily "))
        assert all(sums.get(f"each {reader}", 0) <= EACH for reader in "ab")
        assert sums.get("one", 0) + sums.get("other", 0) <= TOGETHER
        stored = {
            scope: Fraction(int(due), int(parts))
            for scope, due, parts in self.db.rows("SELECT scope, due, parts FROM ledger_use")
        }
        made = {
            f"day/{key.replace(' ', '/')}": each for key, each in sums.items() if "daily " in key
        }
        assert {key: each for key, each in stored.items() if key.startswith("day/")} == made

    @invariant()
    def no_fund_is_overdrawn(self) -> None:
        balances = folds.stored_balances(self.db)
        totals = reads.campaign_totals(self.db)
        left = balances.get((FUND, "meal"), 0)
        assert left == self.put_up - totals.get("funded", 0) - totals.get("too", 0) >= 0
        assert all(value > 0 for (path, _), value in balances.items() if path != "external")

    @invariant()
    def it_adds_up(self) -> None:
        assert not any(folds.sums_by_unit(self.db).values())
        assert folds.folded_balances(folds.bodies(self.db)) == folds.stored_balances(self.db)
        assert audit.check(self.db) == ""

    def teardown(self) -> None:
        assert all(stored == again for stored, again in folds.pledged_again(self.db))
        self.db.close()


def test_limits_hold_whatever_comes_goes_back_and_is_delivered(
    database_url: str, fresh: Callable[[], Database]
) -> None:
    class Here(Limits):
        pass

    Here.fresh = staticmethod(fresh)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20 if database_url.startswith("postgresql") else 50,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_order_that_reaches_the_cap_gets_the_part_that_fits(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", cap=10), START)

    first, second, third = take(
        ledger, order("a", pieces(7)), order("b", pieces(7)), order("c", pieces(7))
    )

    assert [each.pledges[0].amount for each in (first, second, third)] == [7, 3, 0]
    assert [each.pledges[0].limited for each in (first, second, third)] == ["", "cap", "cap"]
    assert third.status == "limit reached"
    assert third.entry == 2, "a refusal is recorded"


def test_an_order_that_gets_all_or_nothing_gets_nothing_past_the_cap(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", cap=10, partial=False), START)

    outcomes = take(ledger, order("a", pieces(7)), order("b", pieces(7)), order("c", pieces(3)))

    assert [each.pledges[0].amount for each in outcomes] == [7, 0, 3]


def test_a_refund_makes_room_under_the_cap_again(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", cap=10), START)
    take(ledger, order("a", pieces(10)), refund("r", "a", 4, 400))

    (outcome,) = take(ledger, order("b", pieces(9)))

    assert outcome.pledges[0].amount == 4


def test_a_cut_order_loses_nothing_until_less_is_left_than_it_was_granted(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", cap=4), START)
    take(ledger, order("a", pieces(10)))

    outcomes = take(ledger, refund("r1", "a", 6, 600), refund("r2", "a", 1, 100))

    assert statuses(outcomes) == ["nothing to take off", "taken off"]
    assert reads.campaign_totals(ledger.db) == {"bowls": 3}


def test_what_is_delivered_is_not_taken_back_and_the_refund_says_so(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    owed, delivered = (
        "charity/harbor-table/owed/meals/bowls",
        "charity/harbor-table/delivered/meals/bowls",
    )
    take(ledger, order("a", pieces(10)), handed("d", "delivery", owed, delivered, 8))

    part, nothing = take(ledger, refund("r1", "a", 5, 500), refund("r2", "a", 5, 500))

    assert (part.status, part.pledges[0].amount, part.pledges[0].limited) == (
        "taken off",
        -2,
        "delivered",
    )
    assert (nothing.status, nothing.pledges[0].amount) == ("limit reached", 0)
    assert reads.totals(ledger.db)["meals"] == reads.Totals(delivered=8)


def test_a_refund_that_was_cut_is_not_run_again_over_the_same_campaign_by_a_replay(
    ledger: Ledger,
) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    owed, delivered = (
        "charity/harbor-table/owed/meals/bowls",
        "charity/harbor-table/delivered/meals/bowls",
    )
    take(
        ledger,
        order("a", pieces(4)),
        handed("d", "delivery", owed, delivered, 4),
        refund("r", "a", 4),
    )
    publish(ledger.db, campaign("late", trigger="item", cause="toys"), START)

    steps = list(replay(ledger, "late", START))

    assert [step.pledged for step in steps] == [1]
    assert reads.campaign_totals(ledger.db) == {"bowls": 4, "late": 0}


def test_a_campaign_without_a_cap_stops_at_the_largest_amount_there_is(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", rate=f"{MAX_MINOR - 5}"), START)

    outcomes = take(ledger, order("a", pieces(1)), order("b", pieces(10**6)), order("c"))

    assert [each.pledges[0].amount for each in outcomes] == [MAX_MINOR - 5, 5, 0]
    assert [each.pledges[0].limited for each in outcomes] == ["", "cap", "cap"]


def test_an_account_that_cannot_hold_more_refuses_a_deposit(ledger: Ledger) -> None:
    fits = [put_up(f"d{n}", MAX_MINOR) for n in range(500)]
    take(ledger, *fits)

    (outcome,) = take(ledger, put_up("one-more", MAX_MINOR))

    assert outcome.status == "refused"
    assert "hold more" in outcome.detail


def test_an_emptied_fund_gives_nothing_more(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item", fund=FUND), START)
    take(ledger, put_up("d", 5))

    outcomes = take(ledger, order("a", pieces(3)), order("b", pieces(3)), order("c", pieces(3)))

    assert [each.pledges[0].amount for each in outcomes] == [3, 2, 0]
    assert [each.pledges[0].limited for each in outcomes] == ["", "fund", "fund"]
    assert reads.totals(ledger.db)["meals"].owed == 5


def test_a_fund_that_was_never_paid_into_gives_nothing_and_opens_no_account(
    ledger: Ledger,
) -> None:
    publish(ledger.db, campaign(fund=FUND), START)

    outcomes = take(ledger, order("a"))

    assert statuses(outcomes) == ["limit reached"]
    assert reads.balances(ledger.db) == []


def test_a_refused_transfer_changes_nothing_and_says_which_account(ledger: Ledger) -> None:
    (outcome,) = take(ledger, moved("t", FUND, "sponsor/other/fund", 3))

    assert (outcome.status, outcome.entry) == ("refused", None)
    assert FUND in outcome.detail
    assert reads.balances(ledger.db) == []
    assert reads.head(ledger.db).size == 0


def test_a_transfer_may_pass_through_an_account_that_holds_nothing(ledger: Ledger) -> None:
    amount = Amount(MEAL, 3)
    through = Transfer((Posting(FUND, "opening/meals", amount), Posting("external", FUND, amount)))

    outcomes = take(ledger, Event("admin", "t", "transfer", NOW, through))

    assert statuses(outcomes) == ["recorded"]
    assert reads.totals(ledger.db)["meals"].shown == 3
