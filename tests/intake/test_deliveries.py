"""What is kept of deliveries: enough to see what is wrong and to run it again, and bounded."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from almoner.campaigns.model import Manual
from almoner.intake import deliveries, tables
from almoner.intake.deliveries import Delivery
from almoner.ledger import Event, Outcome, connect, schema
from almoner.ledger.event import timestamp

NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def db(database_url):
    db = connect(database_url)
    schema.create(db)
    tables.create(db)
    yield db
    db.close()


def delivery(status="accepted", ago=timedelta(), name="bowls", **more):
    return Delivery("shopify", name, timestamp(NOW - ago), "orders/paid", status, **more)


def rejected(ago=timedelta(), body=b'{"id":1}', **more):
    more = {"code": "invalid-field", "problem": "It is odd.", **more}
    return delivery("rejected", ago, body=body, headers='{"x-shopify-topic":"orders/paid"}', **more)


def test_what_was_written_is_read_back(db):
    deliveries.write(db, [delivery(ref="order/1", lag=250, event=7), rejected()])
    wrong, fine = deliveries.page(db, "shopify", "bowls")
    assert (fine.status, fine.ref, fine.lag, fine.event) == ("accepted", "order/1", 250, 7)
    assert not fine.kept
    assert (wrong.status, wrong.kept, wrong.replayable) == ("rejected", True, True)
    assert wrong.body is None
    assert deliveries.find(db, wrong.id).body == b'{"id":1}'
    assert deliveries.find(db, wrong.id + 1) is None


def test_a_list_is_of_one_connection_and_goes_on_where_it_ended(db):
    deliveries.write(db, [delivery(ref=f"order/{at}") for at in range(5)])
    deliveries.write(db, [delivery(name="cups")])
    first = deliveries.page(db, "shopify", "bowls", limit=3)
    rest = deliveries.page(db, "shopify", "bowls", before=first[-1].id, limit=3)
    assert [each.ref for each in first + rest] == [f"order/{at}" for at in range(4, -1, -1)]
    assert not deliveries.page(db, "shopify", "bowls", ["rejected"])


def test_a_body_that_is_too_large_to_keep_is_not_replayable(db):
    deliveries.write(db, [rejected(body=b"x" * (deliveries.MAX_KEPT_BODY + 1))])
    (found,) = deliveries.page(db, "shopify", "bowls")
    assert not found.replayable


def test_what_a_sender_wrote_cannot_keep_its_row_from_being_written(db):
    odd = Delivery("shopify", "bowls", timestamp(NOW), "a\x00b\ud800", "rejected", problem="\x00é")
    deliveries.write(db, [odd, delivery()])
    _, found = deliveries.page(db, "shopify", "bowls")
    assert (found.topic, found.problem) == ("ab?", "é")


def test_of_a_rush_every_delivery_is_counted_and_the_newest_have_rows(db):
    rush = [delivery(ref=f"order/{at}") for at in range(deliveries.ROWS + 50)]
    deliveries.write(db, [*rush, *(rejected() for _ in range(deliveries.ROWS + 50))])
    fine = deliveries.page(db, "shopify", "bowls", ["accepted"], limit=500)
    assert [fine[0].ref, fine[-1].ref, len(fine)] == ["order/149", "order/50", deliveries.ROWS]
    assert len(deliveries.page(db, "shopify", "bowls", ["rejected"], limit=500)) == 150
    assert deliveries.health(db, "shopify", "bowls", NOW).hours[-1].counts == {
        "accepted": 150,
        "rejected": 150,
    }


def test_health_counts_hour_by_hour_for_a_day(db):
    hour = timedelta(hours=1)
    rows = [delivery(lag=100), delivery(lag=300), delivery(lag=200), rejected(hour)]
    deliveries.write(db, [delivery("duplicate", 30 * hour), *rows])
    deliveries.write(db, [delivery(name="cups"), delivery(lag=200)])
    health = deliveries.health(db, "shopify", "bowls", NOW)
    assert len(health.hours) == 24
    assert health.hours[-1].counts == {"accepted": 4}
    assert health.hours[-2].counts == {"rejected": 1}
    assert health.count("accepted") == 4
    assert health.count("conflict", "rejected") == 1
    assert health.count("duplicate") == 0
    assert health.lag == 200
    assert health.last_received == timestamp(NOW)


def test_a_connection_that_never_received_says_so(db):
    health = deliveries.health(db, "shopify", "bowls", NOW)
    assert (health.last_received, health.lag, health.count("accepted")) == (None, None, 0)


def test_after_thirty_days_nothing_is_left(db):
    deliveries.write(db, [delivery(ago=timedelta(days=31)), rejected(timedelta(days=29))])
    deliveries.sweep(db, NOW)
    assert [each.status for each in deliveries.page(db, "shopify", "bowls")] == ["rejected"]
    assert db.row("SELECT COUNT(*) FROM intake_tally")[0] == 1


def test_of_each_status_only_the_newest_are_kept(db, monkeypatch):
    monkeypatch.setattr(deliveries, "KEPT", {**deliveries.KEPT, "accepted": 3, "rejected": 2})
    fine = [delivery(ref=f"order/{at}") for at in range(10)]
    deliveries.write(db, [*fine, rejected(), delivery(name="cups")])
    deliveries.sweep(db, NOW)
    kept = deliveries.page(db, "shopify", "bowls", ["accepted"])
    assert [each.ref for each in kept] == ["order/9", "order/8", "order/7"]
    assert len(deliveries.page(db, "shopify", "bowls", ["rejected"])) == 1
    assert len(deliveries.page(db, "shopify", "cups")) == 1
    assert deliveries.health(db, "shopify", "bowls", NOW).count("accepted") == 10


def test_a_range_of_what_was_rejected_is_found_oldest_first(db):
    hour = timedelta(hours=1)
    deliveries.write(
        db,
        [rejected(3 * hour), rejected(2 * hour), rejected(hour, body=None), delivery(), rejected()],
    )
    every = [each.id for each in deliveries.page(db, "shopify", "bowls")][::-1]
    since, until = timestamp(NOW - 2 * hour), timestamp(NOW + hour)
    found = deliveries.replayable(db, "shopify", "bowls", since, until)
    assert found == [every[1], every[4]]


def test_what_a_replay_counted_keeps_no_body_and_moves_in_the_tally(db):
    deliveries.write(db, [rejected(), rejected()])
    second, first = (
        deliveries.find(db, each.id) for each in deliveries.page(db, "shopify", "bowls")
    )
    fine = msgspec.structs.replace(first, status="accepted", event=9, code="", problem="")
    deliveries.replayed(db, [(first, fine), (first, fine)], NOW)
    deliveries.replayed(db, [(second, second)], NOW)
    now_fine, still_wrong = deliveries.find(db, first.id), deliveries.find(db, second.id)
    assert (now_fine.status, now_fine.event, now_fine.body) == ("accepted", 9, None)
    assert (still_wrong.status, still_wrong.body) == ("rejected", b'{"id":1}')
    assert still_wrong.replayed_at == timestamp(NOW)
    assert deliveries.health(db, "shopify", "bowls", NOW).hours[-1].counts == {
        "accepted": 1,
        "rejected": 1,
    }


def event(ref):
    return Event("shopify:bowls", ref, "manual", NOW, Manual("miles", 1))


@pytest.mark.parametrize(
    ("statuses", "came"),
    [
        (["pledged"], "accepted"),
        (["matched nothing"], "accepted"),
        (["duplicate", "taken off"], "accepted"),
        (["duplicate", "duplicate"], "duplicate"),
        (["pledged", "conflict"], "conflict"),
        ([], "accepted"),
    ],
)
def test_a_delivery_of_several_events_is_told_by_the_worst(statuses, came):
    events = [event(f"order/{at}") for at in range(len(statuses))]
    outcomes = [Outcome(status, at + 1) for at, status in enumerate(statuses)]
    told = deliveries.outcome(events, outcomes)
    assert told.status == came
    if came == "conflict":
        assert (told.ref, told.problem[:9]) == ("order/1", "order/1: ")
