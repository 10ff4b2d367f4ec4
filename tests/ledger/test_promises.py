"""Promises 1, 2, 4, 5, 6, 7, 8 and 9 against a model that only knows fractions.

Orders, refunds, unpaid and test orders, repetitions and contradictions arrive in any order
and in any batches, versions are published in between, and the database is opened again.
"""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec import structs

from almoner.campaigns.model import Action, Line, Order, Refund, RefundedLine
from almoner.ledger import Database, Event, Ledger, audit, connect, publish, reads, replay
from almoner.log.recount import Recount, shape
from tests.ledger import folds
from tests.ledger.examples import NOW, START, campaign

ORDERS = [f"order-of-Jane-Doe-{n}" for n in range(5)]
REFUNDS = [f"refund-to-Jane-Doe-{n}" for n in range(6)]

# slug: how the campaign counts what is left of an order, by rate and by nothing else.
CAMPAIGNS = {
    "thirds": campaign("thirds", rate="1/3"),
    "pieces": campaign("pieces", trigger="item", rate="2/7", products=("p",), cause="toys"),
    "share": campaign(
        "share", trigger="revenue", rate="12.5", products=("p",), cause="dogs", unit="USD", scale=2
    ),
    "winter": campaign("winter", rate="0.7", tags=("winter",), charity="warm-hands"),
    "pages": campaign("pages", trigger="read", rate="1/7", cause="reading"),
    "doors": campaign("doors", trigger="visit", rate="2/5", cause="reading"),
    "double": campaign("double", trigger="match", matches="pages", rate="1/2", cause="reading"),
}
LATE = campaign("late", trigger="item", rate="1/6", charity="late-table")

lines = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 500), st.sampled_from(["p", "q"])),
    min_size=1,
    max_size=3,
).map(lambda found: tuple(Line(str(n), q, r, p) for n, (q, r, p) in enumerate(found)))
orders = st.builds(
    lambda ref, kind, lines, tags, at: Event(
        "shop", ref, kind, NOW - timedelta(days=at), Order("USD", lines, tags)
    ),
    st.sampled_from(ORDERS),
    st.sampled_from(["order", "order", "order", "unpaid_order", "test_order"]),
    lines,
    st.sampled_from([(), ("winter",), ("winter", "gift")]),
    st.integers(0, 2),
)
refunds = st.builds(
    lambda ref, of, lines, loose: Event("shop", ref, "refund", NOW, Refund(of, lines, loose)),
    st.sampled_from(REFUNDS),
    st.sampled_from(ORDERS),
    st.lists(
        st.builds(
            RefundedLine,
            st.sampled_from(["0", "1", "2", "none"]),
            st.integers(0, 2),
            st.integers(0, 300),
        ),
        max_size=2,
    ).map(tuple),
    st.sampled_from([0, 0, 0, 50, 400, 5000]),
)
# Batches of reads and of visits, with the brakes of some campaigns on.
batches = st.builds(
    lambda ref, kind, quantity, without: Event(
        "reads", ref, "action", NOW, Action(kind, quantity, root=root_of(ref), without=without)
    ),
    st.sampled_from([f"batch-{n}" for n in range(6)]),
    st.sampled_from(["read", "read", "visit"]),
    st.integers(1, 50),
    st.sampled_from([(), (), ("pages",), ("double",), ("doors", "pages")]),
)
arrivals = st.one_of(orders, orders, refunds, batches)


def root_of(ref: str) -> str:
    """A root that no other batch has."""
    return ref.encode().hex().rjust(64, "0")


def unbraked(event: Event) -> Event:
    """What an event says, whichever brakes were on."""
    if isinstance(event.body, Action):
        return structs.replace(event, body=structs.replace(event.body, without=()))
    return event


def what_is_left(order: Order, refunds: list[Refund]) -> tuple[dict[str, int], dict[str, int], int]:
    """Pieces and cents left by line, and how many cents went back without a line."""
    quantity = {line.id: line.quantity for line in order.lines}
    revenue = {line.id: line.revenue for line in order.lines}
    for refund in refunds:
        for line in refund.lines:
            if line.id in quantity:
                quantity[line.id] = max(0, quantity[line.id] - line.quantity)
                revenue[line.id] = max(0, revenue[line.id] - line.revenue)
    loose = sum(refund.revenue for refund in refunds)
    if loose and loose >= sum(revenue.values()):
        return dict.fromkeys(quantity, 0), dict.fromkeys(revenue, 0), 0
    return quantity, revenue, loose


class Model:
    """What was said first counts; a total is the floor of an exact sum."""

    def __init__(self) -> None:
        self.said: dict[tuple[str, bool], Event] = {}
        self.rates: dict[str, Fraction] = {}
        self.thirds = Fraction(1, 3)
        self.late: set[str] = set()
        self.late_published = False

    def hear(self, event: Event) -> str:
        """duplicate, conflict or new."""
        unpaid = event.kind == "unpaid_order"
        first = self.said.get((event.ref, unpaid))
        if unpaid and (first or (event.ref, False) in self.said):
            return "duplicate"
        if first is not None:
            return "duplicate" if unbraked(first) == unbraked(event) else "conflict"
        self.said[event.ref, unpaid] = event
        self.rates[event.ref] = self.thirds
        if self.late_published:
            self.late.add(event.ref)
        return "new"

    def totals(self) -> dict[str, int]:
        """Whole minor units by campaign."""
        sums = dict.fromkeys([*CAMPAIGNS, "late"], Fraction(0))
        for event in self.said.values():
            if event.kind == "order" and isinstance(event.body, Order):
                back = [
                    e.body
                    for e in self.said.values()
                    if isinstance(e.body, Refund) and e.body.order == event.ref
                ]
                self._add(sums, event, event.body, *what_is_left(event.body, back))
            elif isinstance(event.body, Action):
                self._read(sums, event.body)
        return {slug: total.__floor__() for slug, total in sums.items()}

    def _read(self, sums: dict[str, Fraction], body: Action) -> None:
        if body.kind == "visit":
            sums["doors"] += Fraction(2, 5) * body.quantity * ("doors" not in body.without)
        elif "pages" not in body.without:
            sums["pages"] += Fraction(1, 7) * body.quantity
            sums["double"] += Fraction(1, 14) * body.quantity * ("double" not in body.without)

    def _add(
        self,
        sums: dict[str, Fraction],
        event: Event,
        order: Order,
        quantity: dict[str, int],
        revenue: dict[str, int],
        loose: int,
    ) -> None:
        wanted = [line.id for line in order.lines if line.product == "p"]
        stands = any(quantity.values())
        cents = sum(revenue[each] for each in wanted)
        cents = cents - -(-loose * cents // sum(revenue.values())) if cents else 0
        sums["thirds"] += self.rates[event.ref] * stands
        sums["winter"] += Fraction(7, 10) * (stands and "winter" in order.tags)
        sums["pieces"] += Fraction(2, 7) * sum(quantity[each] for each in wanted)
        sums["share"] += Fraction(1, 8) * cents
        if event.ref in self.late:
            sums["late"] += Fraction(1, 6) * sum(quantity.values())


class Life(RuleBasedStateMachine):
    """A ledger's life beside the model's."""

    fresh: Callable[[], Database]
    again: Callable[[], Database]

    def __init__(self) -> None:
        super().__init__()
        self.db = self.fresh()
        self.ledger = Ledger(self.db)
        self.model = Model()
        self.entries: list[bytes] = []
        self.roots: dict[int, bytes] = {}
        self.clock = NOW
        for version in CAMPAIGNS.values():
            publish(self.db, version, START)

    @rule(events=st.lists(arrivals, min_size=1, max_size=6), twice=st.booleans())
    def arrive(self, events: list[Event], twice: bool) -> None:
        if twice:
            events = [*events, *events]
        expected = [self.model.hear(event) for event in events]

        outcomes = self.ledger.append(events, self.clock)

        known = [
            each.status if each.status in ("duplicate", "conflict") else "new" for each in outcomes
        ]
        assert known == expected

    @rule()
    def open_again(self) -> None:
        before = reads.head(self.db), folds.stored_balances(self.db)
        self.db.close()
        self.db = self.again()
        self.ledger = Ledger(self.db)
        assert (reads.head(self.db), folds.stored_balances(self.db)) == before

    @rule(rate=st.sampled_from(["1/2", "1/5", "3/7"]))
    def promise_another_rate(self, rate: str) -> None:
        number = len(self.ledger.index(reads.head(self.db).revision).campaigns["thirds"]) + 1
        if number > 3:
            return
        # A day later than anything that happened, so the old version keeps what is past.
        self.clock += timedelta(days=1)
        version = campaign("thirds", version=number, rate=rate, effective_from=self.clock)
        publish(self.db, version, self.clock)

    @rule(event=orders)
    def order_under_the_newest_version(self, event: Event) -> None:
        versions = self.ledger.index(reads.head(self.db).revision).campaigns["thirds"]
        rate, self.model.thirds = self.model.thirds, Fraction(versions[-1].rate)
        event = Event(event.source, event.ref, event.kind, self.clock, event.body)
        self.arrive([event], False)
        self.model.thirds = rate

    @rule()
    def run_a_late_campaign_over_it(self) -> None:
        if not self.model.late_published:
            publish(self.db, LATE, self.clock)
            self.model.late_published = True
        for _ in replay(self.ledger, "late", self.clock):
            pass
        self.model.late |= set(self.model.rates)

    @invariant()
    def every_unit_is_conserved(self) -> None:
        assert not any(folds.sums_by_unit(self.db).values())

    @invariant()
    def totals_are_the_floor_of_the_exact_sums(self) -> None:
        expected = {slug: total for slug, total in self.model.totals().items() if total}
        totals = reads.campaign_totals(self.db)
        assert {slug: total for slug, total in totals.items() if total} == expected

    @invariant()
    def the_past_stays_as_it_was_hashed(self) -> None:
        entries = folds.bodies(self.db)
        assert entries[: len(self.entries)] == self.entries
        self.entries = entries
        head = reads.head(self.db)
        assert head.size == len(entries)
        assert head.root == folds.merkle_tree_hash(entries)
        assert self.roots.setdefault(head.size, head.root) == head.root
        assert all(folds.merkle_tree_hash(entries[:n]) == root for n, root in self.roots.items())

    @invariant()
    def balances_are_the_fold_of_the_entries(self) -> None:
        assert folds.folded_balances(folds.bodies(self.db)) == folds.stored_balances(self.db)
        assert audit.check(self.db) == ""

    @invariant()
    def a_recount_from_outside_takes_every_entry(self) -> None:
        made = Recount()
        made.add(shape(0, folds.bodies(self.db)))
        assert made.size == reads.head(self.db).size

    @invariant()
    def what_is_shown_is_the_sum_of_the_campaigns(self) -> None:
        expected = self.model.totals()
        shown = {cause: each.shown for cause, each in reads.totals(self.db).items()}
        assert shown.get("meals", 0) == expected["thirds"] + expected["winter"] + expected["late"]
        read = expected["pages"] + expected["doors"] + expected["double"]
        assert shown.get("reading", 0) == read
        assert shown.get("toys", 0) == expected["pieces"]
        assert shown.get("dogs", 0) == expected["share"]

    def teardown(self) -> None:
        log = b"\n".join(folds.bodies(self.db))
        assert b"Jane-Doe" not in log
        assert b"shop" not in log
        assert all(stored == opened for stored, opened, _ in folds.opened_commitments(self.db))
        assert all(stored == again for stored, again in folds.pledged_again(self.db))
        self.db.close()


def test_the_promises_hold_whatever_arrives_in_whatever_order(
    database_url: str, fresh: Callable[[], Database]
) -> None:
    class Here(Life):
        pass

    Here.fresh = staticmethod(fresh)
    Here.again = staticmethod(lambda: connect(database_url))
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30 if database_url.startswith("postgresql") else 60,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
