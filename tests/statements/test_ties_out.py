"""Statements tie out, and say what anybody finds in the public entries, on both databases."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor

import pytest

from almoner.campaigns.model import Line, Refund, RefundedLine
from almoner.ledger import Event, Ledger, Posting, Transfer, publish, reads, statement
from almoner.ledger.statement import Stretch
from almoner.statements import figures
from almoner.statements.figures import STAGES, Figures
from almoner.units import Amount
from tests.ledger.examples import (
    FUND,
    MEAL,
    NOW,
    USD,
    campaign,
    emptied,
    order,
    put_up,
    refund,
    take,
)

CHARITY, CAUSE = "harbor-table", "meals"
Whole = tuple[str, str]


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    db = emptied(database_url)
    yield Ledger(db)
    db.close()


def path(stage: str, slug: str) -> str:
    if stage == "held":
        return f"campaign/{slug}/held/{CAUSE}/{CHARITY}"
    return f"charity/{CHARITY}/{stage}/{CAUSE}/{slug}"


def hand_over(ledger: Ledger, ref: str, kind: str, slug: str, minor: int, after: int) -> None:
    """A delivery or a confirmation; refused where there is less than that."""
    stages = {"delivery": ("owed", "delivered"), "confirmation": ("delivered", "confirmed")}
    debit, credit = (path(stage, slug) for stage in stages[kind])
    body = Transfer((Posting(debit, credit, Amount(MEAL, minor)),), evidence=("ab" * 32,))
    now = NOW + timedelta(hours=after)
    ledger.append([Event("almoner", ref, kind, now, body)], now)  # type: ignore[arg-type]


def live(ledger: Ledger, seed: int, steps: int) -> None:
    """A random life of two campaigns, an hour a step."""
    chance = random.Random(seed)
    publish(ledger.db, campaign("thirds", rate="1/3"), NOW)
    publish(ledger.db, campaign("sevenths", rate="2/7", trigger="item", cap=60), NOW)
    orders: list[str] = []
    for step in range(steps):
        now = NOW + timedelta(hours=step)
        slug = chance.choice(["thirds", "sevenths"])
        match chance.randrange(6):
            case 0 | 1 | 2:
                ref = f"order-{step}"
                line = Line("1", chance.randint(1, 9), 1000, "p", "s")
                ledger.append([order(ref, line, when=now)], now)
                orders.append(ref)
            case 3 if orders:
                back = Refund(chance.choice(orders), (RefundedLine("1", 1, 100),))
                ledger.append([Event("shop", f"refund-{step}", "refund", now, back)], now)
            case 4:
                hand_over(ledger, f"d-{step}", "delivery", slug, chance.randint(1, 4), step)
            case _:
                hand_over(ledger, f"c-{step}", "confirmation", slug, chance.randint(1, 3), step)


def drawn(ledger: Ledger, within: Stretch) -> list[Figures]:
    """The figures of every promise in the ledger."""
    db = ledger.db
    every = [each for each in statement.accounts(db) if figures.place_of(each.path)]
    numbers = [each.id for each in every]
    slugs = ["sevenths", "thirds"]
    return figures.promises(
        every,
        statement.before(db, numbers, within.first),
        statement.flows(db, every, within),
        statement.after(db, numbers, within.end),
        statement.shares(db, slugs, Stretch(0, within.first)),
        statement.shares(db, slugs, within),
    )


def public(ledger: Ledger, end: int) -> tuple[dict[Whole, int], dict[str, Fraction]]:
    """What anybody adds up from the first `end` public entries: stages, and exact totals."""
    stages: dict[Whole, int] = defaultdict(int)
    exact: dict[str, Fraction] = defaultdict(Fraction)
    for (body,) in ledger.db.rows("SELECT body FROM ledger_entry WHERE idx < ?", (end,)):
        entry = json.loads(bytes(body))
        for posting in entry.get("postings", []):
            for side, sign in (("debit", -1), ("credit", 1)):
                parts = posting[side].split("/")
                if parts[0] == "charity":
                    stages[parts[2], parts[4]] += sign * int(posting["value"])
        if entry["kind"] in ("pledge", "refund", "top-up"):
            for pledge in entry.get("pledges", []):
                exact[pledge["campaign"]] += Fraction(pledge["share"])
    return stages, exact


@pytest.mark.parametrize("seed", range(6))
def test_a_statement_of_any_stretch_is_what_the_public_entries_add_up_to(
    ledger: Ledger, seed: int
) -> None:
    steps = 60
    live(ledger, seed, steps)
    chance = random.Random(seed + 1_000)
    for _ in range(4):
        hours = sorted(chance.sample(range(steps + 1), 2))
        since, until = (NOW + timedelta(hours=each) for each in hours)
        within = statement.stretch(ledger.db, since, until)
        start, exact_before = public(ledger, within.first)
        end, exact_after = public(ledger, within.end)
        for made in drawn(ledger, within):
            slug = made.place.campaign
            for stage in STAGES:
                assert getattr(made.opening, stage) == start[stage, slug]
                assert getattr(made.closing, stage) == end[stage, slug]
            assert Fraction(made.rounding.total_before) == exact_before[slug]
            assert Fraction(made.rounding.total_after) == exact_after[slug]
            assert made.closing.total == floor(exact_after[slug])


def test_stretches_that_follow_one_another_add_up_to_the_whole(ledger: Ledger) -> None:
    live(ledger, 11, 80)
    size = reads.head(ledger.db).size
    cuts = [0, size // 3, size // 2, size]
    whole = {made.place: made for made in drawn(ledger, Stretch(0, size))}
    parts = [drawn(ledger, Stretch(*cut)) for cut in pairwise(cuts)]
    for place, made in whole.items():
        of_place = [part for each in parts for part in each if part.place == place]
        for one, next_one in pairwise(of_place):
            assert one.closing == next_one.opening
            assert one.rounding.total_after == next_one.rounding.total_before
        pledged = sum(Fraction(part.rounding.pledged) for part in of_place)
        assert pledged == Fraction(made.rounding.pledged)


def test_a_stretch_is_chosen_by_when_entries_were_appended(ledger: Ledger) -> None:
    publish(ledger.db, campaign("thirds", rate="1"), NOW)
    for hour in range(5):
        now = NOW + timedelta(hours=hour)
        # It happened long before: what counts is when it was appended.
        ledger.append([order(f"o-{hour}", when=NOW - timedelta(days=3))], now)
    since, until = (NOW + timedelta(hours=each) for each in (1, 4))
    assert statement.stretch(ledger.db, since, until) == Stretch(1, 4)
    assert statement.stretch(ledger.db, until, until) == Stretch(4, 4)


def test_figures_that_do_not_tie_out_are_never_a_statement(ledger: Ledger) -> None:
    publish(ledger.db, campaign("thirds", rate="1"), NOW)
    ledger.append([order("o-1")], NOW)
    account = next(each for each in statement.accounts(ledger.db) if "owed" in each.path)
    flows = statement.flows(ledger.db, [account], Stretch(0, 1))
    made = list(statement.shares(ledger.db, ["thirds"], Stretch(0, 1)))
    with pytest.raises(AssertionError, match="stands there"):
        figures.promises([account], {account.id: 0}, flows, {account.id: 2}, [], made)
    with pytest.raises(AssertionError, match="the exact total grew"):
        figures.promises([account], {account.id: 0}, flows, {account.id: 1}, [], [])


def test_a_sponsor_s_funds_in_two_units_tie_out_each_by_itself(ledger: Ledger) -> None:
    publish(ledger.db, campaign(fund=FUND), NOW)
    take(ledger, put_up("meals", 5), put_up("dollars", 900, USD), order("o"))

    within = statement.stretch(ledger.db, NOW - timedelta(days=1), NOW + timedelta(days=1))
    accounts = [each for each in statement.accounts(ledger.db) if each.path == FUND]
    ids = [each.id for each in accounts]
    found = figures.funds(
        accounts,
        statement.before(ledger.db, ids, within.first),
        statement.flows(ledger.db, accounts, within),
        statement.after(ledger.db, ids, within.end),
    )

    assert sorted((each.unit, each.put_in, each.paid, each.closing) for each in found) == [
        ("USD", 900, 0, 900),
        ("meal", 5, 1, 4),
    ]


def test_a_refund_that_names_a_refund_is_no_order_s(ledger: Ledger) -> None:
    publish(ledger.db, campaign("thirds", rate="1/3"), NOW)
    outcomes = take(ledger, order("o"), refund("r", "o"), refund("s", "r", 0))

    assert [each.status for each in outcomes[1:]] == ["taken off", "waiting for its order"]
    (told,) = statement.returned(ledger.db, "thirds", "2027")
    assert (told.order, told.version) == (1, 1)
