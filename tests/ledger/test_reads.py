"""What the ledger answers, on both databases."""

from datetime import timedelta

import msgspec
import pytest

from almoner.ledger import Event, Ledger, Posting, Transfer, audit, connect, publish, reads
from almoner.ledger.event import measured
from almoner.log import merkle
from almoner.log.entry import MAX_ENTRY
from almoner.units import Amount
from tests.ledger import folds
from tests.ledger.examples import (
    MEAL,
    NOW,
    START,
    USD,
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

OWED = "charity/harbor-table/owed/meals/bowls"
DELIVERED = "charity/harbor-table/delivered/meals/bowls"
CONFIRMED = "charity/harbor-table/confirmed/meals/bowls"


def opened(minor: int = 100) -> Event:
    """What was given before the record."""
    body = Transfer((Posting("external", "opening/meals", Amount(MEAL, minor)),))
    return Event("opening", "meals", "opening", NOW, body)


@pytest.mark.parametrize(
    ("path", "measure"),
    [
        ("opening/meals", ("opening", "meals")),
        ("campaign/bowls/held/meals/harbor-table", ("held", "meals")),
        (OWED, ("owed", "meals")),
        (DELIVERED, ("delivered", "meals")),
        (CONFIRMED, ("confirmed", "meals")),
        ("charity/owed/owed/owed/owed", ("owed", "owed")),
        ("sponsor/owed/fund", ("", "")),
        ("sponsor/held/fund", ("", "")),
        ("external", ("", "")),
        ("cash", ("", "")),
    ],
)
def test_only_the_accounts_of_a_cause_count_for_it(path: str, measure: tuple[str, str]) -> None:
    assert measured(path) == measure


def test_the_measures_follow_a_promise_through_its_life(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(
        ledger,
        opened(),
        order("a", pieces(10)),
        handed("1", "delivery", OWED, DELIVERED, 6),
        handed("2", "confirmation", DELIVERED, CONFIRMED, 4),
        put_up("d", 50),
    )

    found = reads.totals(ledger.db)

    assert found == {"meals": reads.Totals(opening=100, owed=4, delivered=6, confirmed=4)}
    assert (found["meals"].pledged, found["meals"].shown) == (10, 110)


def test_a_sponsor_called_owed_and_a_cause_called_fund_confuse_nothing(ledger: Ledger) -> None:
    publish(ledger.db, campaign(cause="fund", fund="sponsor/owed/fund"), START)
    deposit = Transfer((Posting("external", "sponsor/owed/fund", Amount(MEAL, 9)),))
    take(ledger, Event("admin", "d", "deposit", NOW, deposit), order("a"))

    assert reads.totals(ledger.db) == {"fund": reads.Totals(owed=1)}
    assert [each.minor for each in reads.movements(ledger.db, "fund")] == [1]
    assert [total for _, total in reads.daily(ledger.db, "fund")] == [1]


def test_movements_name_the_campaign_of_their_own_cause(ledger: Ledger) -> None:
    publish(ledger.db, campaign("a-meals", trigger="item"), START)
    publish(ledger.db, campaign("b-toys", trigger="item", cause="toys"), START)
    take(ledger, order("a", pieces(2)), refund("r", "a", 1))

    meals, toys = reads.movements(ledger.db, "meals"), reads.movements(ledger.db, "toys")

    assert [(each.entry, each.kind, each.campaign, each.minor) for each in toys] == [
        (1, "refund", "b-toys", -1),
        (0, "pledge", "b-toys", 2),
    ]
    assert {each.campaign for each in meals} == {"a-meals"}


def test_a_page_of_movements_is_full_however_many_postings_an_entry_has(ledger: Ledger) -> None:
    for slug in ("one", "two", "three"):
        publish(ledger.db, campaign(slug), START)
    take(ledger, *(order(f"o{n}") for n in range(8)))

    found = reads.movements(ledger.db, "meals", limit=5)

    assert [(each.entry, each.minor) for each in found] == [(n, 3) for n in (7, 6, 5, 4, 3)]


def test_a_delivery_moves_nothing_that_is_shown(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, order("a", pieces(10)), handed("1", "delivery", OWED, DELIVERED, 6))

    assert [each.kind for each in reads.movements(ledger.db, "meals")] == ["pledge"]
    assert reads.movements(ledger.db, "nothing") == []


def test_days_add_up_to_what_is_shown(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, opened(), now=NOW)
    take(ledger, order("a", pieces(3)), now=NOW)
    take(ledger, order("b", pieces(4)), refund("r", "a", 1), now=NOW + timedelta(days=2))

    assert reads.daily(ledger.db, "meals") == [("2026-05-20", 103), ("2026-05-22", 106)]
    assert reads.daily(ledger.db, "nothing") == []


def test_balances_and_entries_are_read_page_by_page(ledger: Ledger) -> None:
    publish(ledger.db, campaign(trigger="item"), START)
    take(ledger, opened(), put_up("d", 5), put_up("e", 7, USD), order("a"), order("b"))

    everything = reads.balances(ledger.db)
    pages, cursor = [], ""
    while page := reads.balances(ledger.db, cursor, limit=2):
        pages += page
        cursor = f"{page[-1].account} {page[-1].unit}"

    assert pages == everything
    assert len(everything) == 6
    assert [each.index for each in reads.entries(ledger.db, start=1, limit=2)] == [1, 2]
    assert [each.body for each in reads.entries(ledger.db)] == folds.bodies(ledger.db)


def test_received_events_are_listed_the_newest_first_with_what_became_of_them(
    ledger: Ledger,
) -> None:
    take(ledger, order("x"))
    publish(ledger.db, campaign("b-c"), START)
    publish(ledger.db, campaign("a-c", cause="toys"), START)
    take(ledger, order("a"), order("t", kind="test_order"))

    listed = reads.events(ledger.db)

    assert [(each.ref, each.outcome) for each in listed] == [
        ("t", "test"),
        ("a", "pledged"),
        ("x", "matched nothing"),
    ]
    assert listed[1].campaigns == ("a-c", "b-c")
    assert [each.ref for each in reads.events(ledger.db, outcome="test")] == ["t"]
    assert [each.ref for each in reads.events(ledger.db, before=3, limit=1)] == ["a"]
    assert [each.ref for each in reads.recent_occasions(ledger.db)] == ["a", "x"]
    assert reads.unmatched(ledger.db) == 1


def test_an_order_that_hundreds_of_campaigns_match_gets_several_entries(ledger: Ledger) -> None:
    for n in range(130):
        slug = f"{'long-' * 11}{n:03}"
        publish(ledger.db, campaign(slug, charity=slug, cause=slug, rate="1000000007/3"), START)

    outcomes = take(ledger, order("a"), refund("r", "a"), order("a"))

    assert statuses(outcomes) == ["pledged", "taken off", "duplicate"]
    entries = [msgspec.json.decode(body) for body in folds.bodies(ledger.db)]
    assert [len(each["pledges"]) for each in entries] == [40, 40, 40, 10] * 2
    assert [each["corrects"] for each in entries[4:]] == [0, 1, 2, 3]
    assert all(len(body) < MAX_ENTRY / 2 for body in folds.bodies(ledger.db))
    assert set(reads.campaign_totals(ledger.db).values()) == {0}


def test_a_transfer_has_a_bound() -> None:
    posting = Posting("external", "opening/meals", Amount(MEAL, 1))
    for postings in ((), (posting,) * 101):
        with pytest.raises(AssertionError, match="a transfer of"):
            Transfer(postings)


@pytest.mark.parametrize(
    ("said", "debit", "credit", "minor"),
    [
        ("is not an account", "External", "opening/meals", 1),
        ("is not an account", "external", "a/b/c/d/e/f", 1),
        ("pay itself", "external", "external", 1),
        ("posting of nothing", "external", "opening/meals", 0),
    ],
)
def test_a_posting_that_makes_no_sense_cannot_be_made(
    said: str, debit: str, credit: str, minor: int
) -> None:
    with pytest.raises(AssertionError, match=said):
        Posting(debit, credit, Amount(MEAL, minor))


ALTERATIONS = {
    "Entry 1 is missing": "DELETE FROM ledger_entry WHERE idx = 1",
    "Entry 1 was altered": "UPDATE ledger_entry SET leaf = (SELECT leaf FROM ledger_entry "
    "WHERE idx = 0) WHERE idx = 1",
    "The log's root": "UPDATE ledger_head SET frontier = (SELECT leaf FROM ledger_entry "
    "WHERE idx = 0)",
    "counts 9 entries, but there are 4": "UPDATE ledger_head SET size = 9",
    "holds 8 meal": "UPDATE ledger_account SET balance = 8 WHERE path = 'opening/meals'",
    "is missing": "DELETE FROM ledger_account WHERE path = 'opening/meals'",
    "bowls stands at 0": "UPDATE ledger_standing SET due = '0'",
    "bowls should stand at 2": "DELETE FROM ledger_standing",
}


@pytest.mark.parametrize("said", ALTERATIONS)
def test_an_audit_finds_what_somebody_altered(ledger: Ledger, said: str) -> None:
    db = ledger.db
    publish(db, campaign(trigger="item"), START)
    take(ledger, opened(), order("a", pieces(3)), put_up("d", 5), refund("r", "a"))
    assert audit.check(db) == ""
    if db.postgresql:
        db.run("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
    else:
        db.run("DROP TRIGGER ledger_entry_no_update")
        db.run("DROP TRIGGER ledger_entry_no_delete")

    db.run(ALTERATIONS[said])

    assert said in audit.check(db)


def test_an_audit_minds_no_empty_account(ledger: Ledger) -> None:
    take(ledger, put_up("d", 5), moved("t", "sponsor/acme/fund", "opening/meals", 5))
    publish(ledger.db, campaign(), START)
    take(ledger, order("a"), refund("r", "a"))
    ledger.db.run("DELETE FROM ledger_account WHERE path = 'sponsor/acme/fund'")
    ledger.db.run("DELETE FROM ledger_standing")

    assert audit.check(ledger.db) == ""


def test_an_audit_refuses_an_entry_that_cannot_be_read(ledger: Ledger) -> None:
    leaf = merkle.leaf_hash(b"{}")
    ledger.db.insert(
        "ledger_entry", "idx, time, kind, event, leaf, body", [(0, "", "x", 1, leaf, b"{}")]
    )
    ledger.db.run("UPDATE ledger_head SET size = 1, frontier = ?", (leaf,))

    with pytest.raises(AssertionError, match="cannot be read"):
        audit.check(ledger.db)


def test_what_is_read_together_is_of_one_moment(ledger: Ledger, database_url: str) -> None:
    reader = connect(database_url)
    with reader.reading():
        before = reads.head(reader).size, reads.totals(reader)
        take(ledger, opened())
        assert (reads.head(reader).size, reads.totals(reader)) == before
    assert reads.head(reader).size == 1
    reader.close()
