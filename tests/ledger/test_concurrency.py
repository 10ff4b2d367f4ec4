"""Promises 2 and 3 under many writers, in many processes, each with its own connection."""

import multiprocessing
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.synchronize import Barrier

import pytest

from almoner.ledger import Ledger, audit, connect, publish, reads
from tests.ledger import folds
from tests.ledger.examples import NOW, START, by_hand, campaign, order, pieces, put_up, take

PROCESSES = multiprocessing.get_context("spawn")


def write(url: str, name: str, start: Barrier) -> list[tuple[str, int]]:
    """One writer: orders of its own, and three that everybody sends."""
    db = connect(url)
    ledger = Ledger(db)
    start.wait(60)
    said: list[tuple[str, int]] = []
    for n in range(3):
        events = [order(f"own-{name}-{n}", pieces(3)), order(f"shared-{n}", pieces(1))]
        for outcome in take(ledger, *events):
            given = sum(each.amount for each in outcome.pledges if each.campaign == "capped")
            said.append((outcome.status, given))
    db.close()
    return said


def write_from_threads(
    url: str, name: int, start: Barrier, answers: "multiprocessing.Queue[list[tuple[str, int]]]"
) -> None:
    """Four writers in this process."""
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(write, url, f"{name}-{n}", start) for n in range(4)]:
            answers.put(done.result())


def test_sixteen_writers_reach_a_cap_of_100_exactly_and_count_each_event_once(
    ledger: Ledger, database_url: str
) -> None:
    publish(ledger.db, campaign("capped", trigger="item", cap=100), START)
    publish(ledger.db, campaign("thirds", trigger="item", rate="1/3", cause="toys"), START)
    publish(
        ledger.db, campaign("funded", trigger="item", cause="hats", fund="sponsor/acme/fund"), START
    )
    take(ledger, put_up("d", 77))
    start = PROCESSES.Barrier(16)
    answers = PROCESSES.Queue()
    writers = [
        PROCESSES.Process(target=write_from_threads, args=(database_url, name, start, answers))
        for name in range(4)
    ]
    for writer in writers:
        writer.start()
    said = [each for _ in range(16) for each in answers.get(timeout=120)]
    for writer in writers:
        writer.join(60)

    assert all(writer.exitcode == 0 for writer in writers)
    assert reads.campaign_totals(ledger.db) == {"capped": 100, "thirds": 49, "funded": 77}
    assert sum(given for _, given in said) == 100
    assert Counter(status for status, _ in said) == {"pledged": 51, "duplicate": 45}
    entries = folds.bodies(ledger.db)
    head = reads.head(ledger.db)
    assert (head.size, head.events) == (len(entries), 52)
    assert head.root == folds.merkle_tree_hash(entries)
    assert folds.folded_balances(entries) == folds.stored_balances(ledger.db)
    assert audit.check(ledger.db) == ""


@pytest.mark.parametrize("limit", ["cap", "fund"])
def test_a_version_published_by_another_process_is_in_force_at_the_next_append(
    ledger: Ledger, database_url: str, limit: str
) -> None:
    publish(ledger.db, campaign("miles", trigger="manual"), START)
    take(ledger, by_hand("m1", "miles", 1))
    other = connect(database_url)

    publish(
        other,
        campaign(
            "miles",
            version=2,
            trigger="manual",
            rate="5",
            effective_from=NOW,
            **({"cap": 3} if limit == "cap" else {"fund": "sponsor/acme/fund"}),
        ),
        NOW,
    )
    later = NOW + timedelta(seconds=1)
    (outcome,) = take(ledger, by_hand("m2", "miles", 1, later), now=later)

    other.close()
    assert [(each.version, each.limited) for each in outcome.pledges] == [(2, limit)]
