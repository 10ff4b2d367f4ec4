"""A batch of reads is one event and one entry, gives as its reads would, and forgets nobody."""

from datetime import timedelta
from fractions import Fraction

import msgspec
import pytest

from almoner.campaigns.model import Action
from almoner.ledger import Event, Ledger, publish, reads, replay
from almoner.log.entry import EntryReads, decode
from almoner.log.recount import Recount, shape
from tests.ledger import folds
from tests.ledger.examples import FUND, NOW, START, campaign, put_up, statuses, take

PAGES = campaign("pages", trigger="read", rate="1/3")
DOORS = campaign("doors", trigger="visit", rate="1", charity="warm-hands")
DOUBLE = campaign("double", trigger="match", matches="pages", rate="2")


def batch(ref: str, count: int, **terms: object) -> Event:
    """So many reads of one story, whose root is made from the batch's name."""
    body = Action("read", count, story="the-long-drive", root=ref.encode().hex().rjust(64, "0"))
    return Event("reads", ref, "action", NOW, msgspec.structs.replace(body, **terms))


@pytest.fixture
def library(ledger: Ledger) -> Ledger:
    """A ledger with campaigns for reads and visits."""
    for version in (PAGES, DOORS, DOUBLE):
        publish(ledger.db, version, START)
    return ledger


def recounted(ledger: Ledger) -> Recount:
    """What the public entries make, once nothing in them is refused."""
    made = Recount()
    made.add(shape(0, folds.bodies(ledger.db)))
    return made


def test_one_entry_holds_every_campaign_of_a_batch(library: Ledger) -> None:
    first, second = take(library, batch("b1", 100), batch("b2", 5, kind="visit"))

    entries = [decode(body) for body in folds.bodies(library.db)]
    assert [first.entry, second.entry] == [0, 1]
    assert entries[0].reads == EntryReads(100, "6231".rjust(64, "0"))
    assert [(each.campaign, each.share) for each in entries[0].pledges] == [
        ("pages", "100/3"),
        ("double", "200/3"),
    ]
    assert reads.campaign_totals(library.db) == {"pages": 33, "double": 66, "doors": 5}
    assert recounted(library).totals()["meals"]["shown"] == 104


def test_the_log_does_not_say_which_story_was_read(library: Ledger) -> None:
    take(library, batch("b1", 3, without=("doors",)))

    (body,) = folds.bodies(library.db)
    assert b"long-drive" not in body
    assert b"doors" not in body


def test_one_read_after_another_gives_what_a_batch_of_them_gives(library: Ledger) -> None:
    take(library, *(batch(f"one-{n}", 1) for n in range(100)))
    one_by_one = reads.campaign_totals(library.db)
    take(library, batch("all", 200))

    assert one_by_one == {"pages": 33, "double": 66}
    assert reads.campaign_totals(library.db) == {"pages": 100, "double": 200}


def test_the_same_batch_again_changes_nothing_whatever_the_brake_says_by_then(
    library: Ledger,
) -> None:
    take(library, batch("b1", 9, without=("pages",)))

    again = take(library, batch("b1", 9), batch("b1", 9, without=("doors", "pages")))
    other = take(library, batch("b1", 10), batch("b1", 9, root="ab" * 32))

    assert statuses(again) == ["duplicate", "duplicate"]
    assert statuses(other) == ["conflict", "conflict"]
    assert reads.campaign_totals(library.db) == {}


def test_a_replay_leaves_out_what_was_left_out(library: Ledger) -> None:
    """What a brake held back comes by an entry by hand, and never by itself."""
    take(library, batch("b1", 9), batch("b2", 9, without=("pages",)))
    before = folds.bodies(library.db)

    list(replay(library, "pages", NOW))

    assert folds.bodies(library.db) == before
    assert reads.campaign_totals(library.db) == {"pages": 3, "double": 6}


def test_a_late_campaign_gives_for_reads_and_not_for_those_it_is_left_out_of(
    library: Ledger,
) -> None:
    take(library, batch("b1", 4), batch("b2", 4, without=("late",)))
    publish(library.db, campaign("late", trigger="read", rate="1"), START)

    list(replay(library, "late", NOW))

    assert reads.campaign_totals(library.db)["late"] == 4
    assert recounted(library).size == 3
    # The batch has two entries by now, each with the same reads, and none gives twice.
    roots = [decode(body).reads for body in folds.bodies(library.db)]
    assert roots[0] == roots[2] != roots[1]


def test_a_fund_and_a_hold_are_kept_across_batches(ledger: Ledger) -> None:
    publish(
        ledger.db,
        campaign("pages", trigger="read", rate="1/2", fund=FUND, sponsor="acme", hold_days=2),
        START,
    )
    take(ledger, put_up("fund", 7))

    outcomes = take(ledger, batch("b1", 11), batch("b2", 11), batch("b3", 11))

    assert statuses(outcomes) == ["pledged", "pledged", "limit reached"]
    assert reads.campaign_totals(ledger.db) == {"pages": 7}
    assert recounted(ledger).totals()["meals"]["held"] == 7


def test_a_batch_gives_for_the_reads_that_fit_where_each_gives_all_or_nothing(
    ledger: Ledger,
) -> None:
    terms = {"trigger": "read", "cause": "miles", "unit": "mile", "partial": False}
    publish(ledger.db, campaign("pages", rate="2", cap=7, **terms), START)
    publish(ledger.db, campaign("thirds", rate="2/3", cap=7, **terms), START)

    outcomes = take(ledger, batch("b1", 3), batch("b2", 9), batch("b3", 9))

    assert [
        [(str(Fraction(each.granted, each.parts)), each.limited) for each in outcome.pledges]
        for outcome in outcomes
    ] == [
        [("6", ""), ("2", "")],
        [("0", "cap"), ("14/3", "cap")],
        [("0", "cap"), ("0", "cap")],
    ]
    assert recounted(ledger).size == 3


@pytest.mark.parametrize(
    "wrong", [{"root": "ab"}, {"root": "AB" * 32}, {"quantity": 0}, {"kind": "sign-up"}]
)
def test_what_is_no_batch_is_not_an_event(wrong: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match=r"root|sign-up"):
        batch("b1", 9, **wrong)


def test_what_names_no_story_is_kept_as_it_always_was(library: Ledger) -> None:
    """So that the digests of what came before this field still tell once from twice."""
    old = Event("cms", "r1", "action", NOW, Action("read", 3, ("hope",)))
    take(library, old, now=NOW + timedelta(days=1))

    ((body,),) = library.db.rows("SELECT body FROM ledger_event")
    assert body == '{"kind":"read","quantity":3,"tags":["hope"]}'
