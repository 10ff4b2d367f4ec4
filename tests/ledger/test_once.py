"""Promise 2: an event has its effect once, however often and in whatever company it comes."""

from datetime import timedelta
from itertools import permutations

import msgspec
import pytest

from almoner.campaigns.model import Line, Manual, Order, Refund, RefundedLine
from almoner.ledger import MAX_BATCH, Event, Ledger, publish, reads, replay
from almoner.ledger.event import key
from tests.ledger import folds
from tests.ledger.examples import (
    NOW,
    START,
    by_hand,
    campaign,
    moved,
    order,
    pieces,
    refund,
    statuses,
    take,
)


@pytest.fixture
def items(ledger: Ledger) -> Ledger:
    """A ledger with one campaign: a meal for each piece."""
    publish(ledger.db, campaign(trigger="item"), START)
    return ledger


def meals(ledger: Ledger) -> int:
    """What the campaign gave, net of refunds."""
    return reads.campaign_totals(ledger.db).get("bowls", 0)


def test_the_same_order_again_changes_nothing_and_names_the_first(items: Ledger) -> None:
    first = take(items, order("a", pieces(3)))[0]
    before = reads.head(items.db)

    again = take(items, order("a", pieces(3)), order("a", pieces(3)))

    assert [(each.status, each.event, each.detail) for each in again] == [
        ("duplicate", first.event, "pledged")
    ] * 2
    assert reads.head(items.db) == before


def test_the_same_id_with_another_content_is_a_conflict(items: Ledger) -> None:
    take(items, order("a", pieces(3)))

    outcomes = take(
        items,
        order("a", pieces(4)),
        order("a", pieces(3), when=NOW + timedelta(seconds=1)),
        order("a", pieces(3), kind="test_order"),
        refund("a", "b"),
    )

    assert statuses(outcomes) == ["conflict"] * 4
    assert meals(items) == 3


def test_the_same_id_from_another_source_is_another_event(items: Ledger) -> None:
    twin = msgspec.structs.replace(order("a"), source="other-shop")

    assert statuses(take(items, order("a"), twin)) == ["pledged", "pledged"]


def test_no_two_pairs_of_source_and_id_have_one_key() -> None:
    pairs = [("a", "b"), ("a", "b", True), ("ab", ""), ("", "ab"), ("a", "bunpaid")]

    keys = {key(pair[0], pair[1], unpaid=len(pair) > 2) for pair in pairs}

    assert len(keys) == len(pairs)


def test_an_event_without_a_time_of_its_own_may_be_received_again_later(items: Ledger) -> None:
    first = msgspec.structs.replace(order("a"), dated=False)
    later = msgspec.structs.replace(first, occurred_at=NOW + timedelta(hours=1))

    assert statuses(take(items, first, later)) == ["pledged", "duplicate"]


def test_what_a_source_goes_on_editing_is_no_conflict_where_the_rest_is_the_same(
    items: Ledger,
) -> None:
    first = msgspec.structs.replace(order("a", tags=("new",)), identity=b"order a")
    tagged = msgspec.structs.replace(order("a", tags=("packed",)), identity=b"order a")

    assert statuses(take(items, first, tagged)) == ["pledged", "duplicate"]


def test_an_unpaid_order_counts_when_it_is_paid_and_only_then(items: Ledger) -> None:
    unpaid, paid = order("a", pieces(2), kind="unpaid_order"), order("a", pieces(2))

    (waiting,) = take(items, unpaid)
    assert (waiting.status, meals(items)) == ("waiting for payment", 0)
    (pledged,) = take(items, paid)
    late = take(items, unpaid)[0]

    assert (pledged.status, meals(items)) == ("pledged", 2)
    assert (late.status, meals(items)) == ("duplicate", 2)


def test_an_unpaid_order_that_arrives_after_its_payment_is_that_order(items: Ledger) -> None:
    paid = take(items, order("a"))[0]

    (late,) = take(items, order("a", pieces(9), kind="unpaid_order"))
    together = take(items, order("b"), order("b", kind="unpaid_order"))

    assert (late.status, late.event, late.detail) == ("duplicate", paid.event, "pledged")
    assert statuses(together) == ["pledged", "duplicate"]


def test_an_unpaid_order_may_change_until_it_is_paid(items: Ledger) -> None:
    outcomes = take(
        items,
        order("a", pieces(1), kind="unpaid_order"),
        order("a", pieces(5), kind="unpaid_order"),
        order("a", pieces(7)),
    )

    assert statuses(outcomes) == ["waiting for payment", "duplicate", "pledged"]
    assert meals(items) == 7


def test_a_test_order_never_counts_and_neither_does_its_refund(items: Ledger) -> None:
    outcomes = take(items, order("a", kind="test_order"), refund("r", "a"))

    assert statuses(outcomes) == ["test", "nothing to take off"]
    assert reads.head(items.db).size == 0


def test_a_refund_that_arrives_first_waits_for_its_order(items: Ledger) -> None:
    assert statuses(take(items, refund("r", "a", 2))) == ["waiting for its order"]

    (outcome,) = take(items, order("a", pieces(5)))

    assert outcome.status == "pledged"
    assert meals(items) == 3
    assert statuses(take(items, refund("r", "a", 2))) == ["duplicate"]


def test_a_refund_of_something_that_is_no_order_waits_for_ever_and_harms_nothing(
    items: Ledger,
) -> None:
    publish(items.db, campaign("miles", trigger="manual"), START)
    as_manual = msgspec.structs.replace(by_hand("m", "miles", 4), source="shop")

    outcomes = take(items, refund("r", "m"), as_manual, refund("r2", "r"), refund("r3", "r3"))

    assert statuses(outcomes) == [
        "waiting for its order",
        "pledged",
        "waiting for its order",
        "waiting for its order",
    ]
    assert reads.campaign_totals(items.db) == {"miles": 4}


def test_a_refund_of_an_entry_by_hand_that_was_there_before_waits_too(items: Ledger) -> None:
    publish(items.db, campaign("miles", trigger="manual"), START)
    take(items, msgspec.structs.replace(by_hand("m", "miles", 4), source="shop"))

    assert statuses(take(items, refund("r", "m"))) == ["waiting for its order"]


def test_order_and_refunds_make_the_same_in_every_order_and_every_batching(
    ledger: Ledger,
) -> None:
    publish(
        ledger.db,
        campaign(
            "share",
            trigger="revenue",
            rate="10",
            products=("p",),
            unit="USD",
            scale=2,
            cause="dogs",
        ),
        START,
    )
    publish(ledger.db, campaign(trigger="item", rate="1/3"), START)
    sold = (Line("1", 2, 901, "p"), Line("2", 3, 700), Line("3", 1, 333, "p"))
    story = [
        lambda n: order(f"o{n}", *sold),
        lambda n: refund(f"r{n}-a", f"o{n}", 1, 450),
        lambda n: refund(f"r{n}-b", f"o{n}", 3, 650, line="2", loose=101),
        lambda n: refund(f"r{n}-c", f"o{n}", 0, 0, loose=77),
    ]

    shares = set()
    for n, arrival in enumerate(permutations(story)):
        events = [each(n) for each in arrival]
        if n % 2:
            take(ledger, *events)
        else:
            for event in events:
                take(ledger, event, event)
        rows = ledger.db.rows(
            "SELECT campaign, share FROM ledger_pledge WHERE of_event = "
            "(SELECT seq FROM ledger_event WHERE ref = ?)",
            (f"o{n}",),
        )
        held = {"share": folds.Fraction(0), "bowls": folds.Fraction(0)}
        for slug, share in rows:
            held[slug] += folds.Fraction(share)
        shares.add(tuple(held.values()))

    assert len(shares) == 1


def test_refunds_of_more_than_was_sold_take_off_what_was_granted(items: Ledger) -> None:
    outcomes = take(
        items,
        order("a", pieces(5)),
        order("b", pieces(5)),
        refund("r1", "a", 4),
        refund("r2", "a", 4),
        refund("r3", "a", 4),
    )

    assert statuses(outcomes)[2:] == ["taken off", "taken off", "nothing to take off"]
    assert meals(items) == 5


def test_a_refund_names_the_entries_that_it_corrects(items: Ledger) -> None:
    take(items, order("x"), order("a", pieces(5)))
    publish(items.db, campaign("late", trigger="item", cause="toys"), START)
    list(replay(items, "late", NOW))

    take(items, refund("r", "a", 1))

    entries = [msgspec.json.decode(body) for body in folds.bodies(items.db)]
    corrections = [
        (each["corrects"], each["pledges"][0]["campaign"])
        for each in entries
        if each["kind"] == "refund"
    ]
    assert corrections == [(1, "bowls"), (3, "late")]
    assert [entries[at]["pledges"][0]["campaign"] for at, _ in corrections] == ["bowls", "late"]


def test_an_entry_by_hand_counts_for_its_own_campaign_once(ledger: Ledger) -> None:
    for slug in ("miles", "others"):
        publish(ledger.db, campaign(slug, trigger="manual", rate="2"), START)

    outcomes = take(
        ledger, by_hand("m", "miles", 3), by_hand("m", "miles", 3), by_hand("n", "no", 3)
    )

    assert statuses(outcomes) == ["pledged", "duplicate", "matched nothing"]
    assert reads.campaign_totals(ledger.db) == {"miles": 6}


def test_what_matches_nothing_is_kept_without_an_entry(ledger: Ledger) -> None:
    (outcome,) = take(ledger, order("a"))

    assert (outcome.status, outcome.entry) == ("matched nothing", None)
    (kept,) = reads.events(ledger.db)
    assert (kept.ref, kept.outcome) == ("a", "matched nothing")
    assert reads.unmatched(ledger.db) == 1


def test_the_outcome_of_every_event_is_what_is_stored(items: Ledger) -> None:
    events = [order("a"), refund("r", "a"), refund("s", "z"), moved("t", "x/y", "y/z", 4)]

    outcomes = take(items, *events)

    stored = {each.seq: each.outcome for each in reads.events(items.db)}
    assert stored == {each.event: each.status for each in outcomes}


def test_a_batch_of_nothing_writes_nothing(ledger: Ledger) -> None:
    assert take(ledger) == []
    assert reads.head(ledger.db).events == 0


def test_a_batch_has_a_bound(ledger: Ledger) -> None:
    with pytest.raises(AssertionError, match="5001 events"):
        ledger.append([order("a")] * (MAX_BATCH + 1), NOW)


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("a source of 0", {"source": ""}),
        ("a source of 201", {"source": "s" * 201}),
        ("an id of 0", {"ref": ""}),
        ("an id of 201", {"ref": "r" * 201}),
        ("control", {"ref": "a\nb"}),
        ("control", {"ref": "a\x00b"}),
        ("control", {"source": "a\ud800"}),
        ("without a zone", {"occurred_at": NOW.replace(tzinfo=None)}),
        ("no body of a order", {"body": Manual("c", 1)}),
        ("no body of a refund", {"kind": "refund"}),
        ("no body of a transfer", {"kind": "transfer"}),
    ],
)
def test_an_event_that_no_database_could_keep_cannot_be_made(
    said: str, changes: dict[str, object]
) -> None:
    with pytest.raises(AssertionError, match=said):
        msgspec.structs.replace(order("a"), **changes)


def test_ids_of_any_script_and_quote_are_kept_as_they_came(items: Ledger) -> None:
    refs = ["Čtvrtek № 7", "注文-12", "🍲", "'; DROP TABLE ledger_event; --", "%s ? {}", "a\u2028b"]

    outcomes = take(items, *(order(ref) for ref in refs))

    assert set(statuses(outcomes)) == {"pledged"}
    assert [each.ref for each in reversed(reads.events(items.db))] == refs


def test_any_text_in_a_body_is_kept_as_it_came(items: Ledger) -> None:
    body = Order("USD", (Line("\x00\t", 1, 5, "p\x00", "\u2028"),), ("'\"\\\x01",))
    back = Refund("a", (RefundedLine("\x00\t", 1, 5),))

    outcomes = take(
        items,
        Event("shop", "a", "order", NOW, body),
        Event("shop", "r", "refund", NOW, back),
    )

    assert statuses(outcomes) == ["pledged", "taken off"]
    stored = items.db.row("SELECT body FROM ledger_event WHERE seq = 1")
    assert stored is not None
    assert msgspec.json.decode(stored[0], type=Order) == body
