"""Requests share commits, and a database that is away harms none of them."""

import asyncio
import sqlite3
from datetime import UTC, datetime

import psycopg
import pytest

from almoner.campaigns.model import CampaignVersion, Line, Manual, Order, Refund
from almoner.intake import committer as committer_module
from almoner.intake import deliveries, tables
from almoner.intake.committer import MAX_WAITING, Committer
from almoner.intake.deliveries import Delivery
from almoner.intake.problem import Problem
from almoner.ledger import Event, connect, schema
from almoner.ledger.event import timestamp
from almoner.ledger.publish import publish
from almoner.ledger.reads import campaign_totals, head

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def by_hand(ref, quantity=1):
    return Event("api:till", str(ref), "manual", NOW, Manual("miles", quantity))


@pytest.fixture
def database(database_url):
    db = connect(database_url)
    schema.create(db)
    tables.create(db)
    publish(
        db,
        CampaignVersion(
            campaign="miles",
            version=1,
            cause="miles",
            unit="mile",
            scale=0,
            charity="second-road",
            trigger="manual",
            rate="1",
            starts_at=datetime(2000, 1, 1, tzinfo=UTC),
            effective_from=datetime(2000, 1, 1, tzinfo=UTC),
        ),
        NOW,
    )
    yield database_url
    db.close()


def impatient(url):
    """A connection that waits a moment only for another writer."""
    db = connect(url)
    db.run("SET lock_timeout = '200ms'" if db.postgresql else "PRAGMA busy_timeout = 200")
    return db


@pytest.fixture
async def committer(database):
    commits = []
    made = Committer(lambda: impatient(database), lambda: commits.append(1))
    made.commits = commits
    yield made
    await asyncio.to_thread(made.close)


def total(database):
    db = connect(database)
    found = campaign_totals(db).get("miles", 0), head(db).events
    db.close()
    return found


async def test_two_hundred_requests_share_a_few_commits(committer, database):
    answers = await asyncio.gather(*(committer.append([by_hand(n)]) for n in range(200)))
    assert [answer[0].status for answer in answers] == ["pledged"] * 200
    assert total(database) == (200, 200)
    assert len(committer.commits) < 100


async def test_an_answer_means_that_another_connection_can_see_it(committer, database):
    for number in range(5):
        await committer.append([by_hand(number)])
        assert total(database) == (number + 1, number + 1)


async def test_one_event_from_ten_requests_at_once_counts_once(committer, database):
    answers = await asyncio.gather(*(committer.append([by_hand("same", 7)]) for _ in range(10)))
    statuses = sorted(answer[0].status for answer in answers)
    assert statuses == ["duplicate"] * 9 + ["pledged"]
    assert total(database) == (7, 1)


async def test_a_request_that_cannot_be_appended_takes_no_other_down(committer, database):
    # No sender can make one: currencies are checked before. The ledger must stand all the same.
    poison = Event("s", "x", "refund", NOW, Refund("o" * 10_000_000))
    order = Event("s", "o", "order", NOW, Order("USD", (Line("1", 2**70, 1),)))
    answers = await asyncio.gather(
        committer.append([by_hand(1)]),
        committer.append([order, poison]),
        committer.append([by_hand(2)]),
        return_exceptions=True,
    )
    assert [answers[0][0].status, answers[2][0].status] == ["pledged", "pledged"]
    assert total(database)[0] == 2


async def test_while_another_holds_the_ledger_senders_are_told_to_come_back(committer, database):
    await committer.append([by_hand(0)])
    holder = connect(database)
    holder.run("BEGIN" if holder.postgresql else "BEGIN IMMEDIATE")
    holder.run("UPDATE ledger_head SET revision = revision")
    asked = [committer.append([by_hand(n)]) for n in range(1, 21)]
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Problem}
    # Whether a lost commit was kept nobody knows, so it is not said.
    assert {(each.status, each.code, str(each), each.retry_after) for each in answers} == {
        (503, "ledger-unavailable", "Send the same again: it will count once.", 10)
    }
    holder.run("ROLLBACK")
    holder.close()

    again = await asyncio.gather(*(committer.append([by_hand(n)]) for n in range(1, 21)))

    assert [answer[0].status for answer in again] == ["pledged"] * 20
    assert total(database) == (21, 21)


@pytest.mark.postgresql
async def test_a_lost_connection_is_made_anew(postgres_url):
    db = connect(postgres_url)
    schema.create(db)
    db.close()
    committer = Committer(lambda: connect(postgres_url), lambda: None)
    await committer.append([by_hand(0)])
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(Problem) as caught:
        await committer.append([by_hand(1)])
    assert caught.value.status == 503
    assert (await committer.append([by_hand(1)]))[0].status == "matched nothing"
    await asyncio.to_thread(committer.close)


async def test_a_full_disk_keeps_nothing_and_later_everything(tmp_path):
    path = tmp_path / "ledger.db"
    first = connect(path)
    schema.create(first)
    (pages,) = first.row("PRAGMA page_count")
    first.close()
    room = {"pages": pages + 2}

    def small():
        db = connect(path)
        db.run(f"PRAGMA max_page_count = {room['pages']}")
        return db

    committer = Committer(small, lambda: None)
    many = [by_hand(n) for n in range(2_000)]
    with pytest.raises(Problem) as caught:
        await committer.append(many)
    assert caught.value.status == 503
    with sqlite3.connect(path) as look:
        assert look.execute("SELECT COUNT(*) FROM ledger_event").fetchone() == (0,)
        assert look.execute("SELECT events, size FROM ledger_head").fetchone() == (0, 0)
    room["pages"] = 100_000
    assert len(await committer.append(many)) == 2_000
    await asyncio.to_thread(committer.close)


async def test_a_database_that_does_not_answer_is_said_to_be_away():
    committer = Committer(lambda: connect("postgresql://127.0.0.1:1/none"), lambda: None)
    asked = [committer.append([by_hand(n)]) for n in range(5)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {(each.status, each.code) for each in answers} == {(503, "ledger-unavailable")}
    await asyncio.to_thread(committer.close)


async def test_beyond_what_can_wait_senders_are_told_to_come_back(committer):
    with pytest.raises(Problem) as caught:
        await committer.append([by_hand(1)] * (MAX_WAITING + 1))
    assert (caught.value.status, caught.value.code) == (503, "busy")


async def test_closing_finishes_what_was_accepted(database):
    committer = Committer(lambda: connect(database), lambda: None)
    asked = [asyncio.ensure_future(committer.append([by_hand(n)])) for n in range(50)]
    await asyncio.sleep(0)
    await asyncio.to_thread(committer.close)
    assert [answer[0].status for answer in await asyncio.gather(*asked)] == ["pledged"] * 50
    assert total(database) == (50, 50)


def noted(ref):
    now = timestamp(datetime.now(UTC))  # an older one would be swept away
    return Delivery("shopify", "bowls", now, "orders/paid", "accepted", ref)


def written(database):
    db = connect(database)
    found = [each.ref for each in deliveries.page(db, "shopify", "bowls", limit=500)][::-1]
    db.close()
    return found


async def until(condition):
    for _ in range(200):
        if await asyncio.to_thread(condition):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_what_was_delivered_is_written_down_when_it_is_quiet(committer, database):
    await committer.append([by_hand("a")])
    committer.note(noted("a"))
    assert await until(lambda: written(database) == ["a"])


async def test_a_stream_of_requests_cannot_put_it_off_for_ever(committer, database, monkeypatch):
    monkeypatch.setattr(committer_module, "PATIENCE", 0.2)
    committer.note(noted("a"))
    for at in range(10_000):
        await committer.append([by_hand(at)])
        if at % 20 == 0 and await asyncio.to_thread(written, database):
            break
    assert await asyncio.to_thread(written, database) == ["a"]


async def test_closing_writes_down_what_is_left(database):
    made = Committer(lambda: connect(database), lambda: None)
    for at in range(50):
        made.note(noted(str(at)))
    await asyncio.to_thread(made.close)
    assert len(written(database)) == 50


async def test_what_cannot_be_written_down_harms_no_event(committer, database):
    db = connect(database)
    db.run("DROP TABLE intake_delivery")
    db.close()
    committer.note(noted("a"))
    await asyncio.sleep(0.2)
    (outcome,) = await committer.append([by_hand("b")])
    assert outcome.status == "pledged"
