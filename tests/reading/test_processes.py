"""Two processes over one database count as one; the day's end is the end of its visitors."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest

from almoner.ledger import Ledger, connect
from almoner.reading import gather, shares, visitors
from almoner.reading.batch import Answer, Counted
from almoner.reading.reads import Reads, Story, Visitor, load
from almoner.reading.rules import DAY_MS, GRACE_MS, Refusal
from almoner.reading.spent import BLOCK_MS

BREAD = Story(41, 350, ("rescue",))
ADA = Visitor("192.0.2.7", "Firefox")
MINUTE = 60_000
Result = TypeVar("Result")


class Clock:
    """The time that a test says it is: noon of some day."""

    def __init__(self) -> None:
        self.now = 20_000 * DAY_MS + DAY_MS // 2

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def processes(
    library: Ledger, database_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Reads]]:
    """Two, each with a connection and a memory of its own."""
    monkeypatch.setattr(gather, "SECONDS", 0.01)
    ledgers = [Ledger(connect(database_url)) for _ in range(2)]
    lock = asyncio.Lock()  # PostgreSQL's and SQLite's own would block the one event loop here

    def work_of(ledger: Ledger) -> Callable[..., object]:
        async def work(do: Callable[[Ledger], Result]) -> Result:
            async with lock:
                return do(ledger)

        return work

    opened = [Reads(load(each.db), work_of(each), clock) for each in ledgers]
    yield opened
    for reads in opened:
        await reads.close()
    for ledger in ledgers:
        ledger.db.close()


async def finish(reads: Reads, text: str, visitor: Visitor = ADA, share: str = "") -> Answer:
    token = reads.opened(text)
    if isinstance(token, Refusal):
        return token
    return await reads.finish(token, BREAD, visitor, 30_000, 100, share)


def code(answer: Answer) -> str:
    return "counted" if isinstance(answer, Counted) else answer.code


async def test_a_token_of_one_counts_at_the_other_and_at_both_once(
    processes: list[Reads], clock: Clock
) -> None:
    one, other = processes
    text = await one.begin(BREAD, ADA)
    clock.now += MINUTE
    told = [code(await finish(each, text)) for each in (other, one, other)]
    assert told == ["counted", "replayed", "replayed"]


async def test_at_once_at_both_it_counts_once(processes: list[Reads], clock: Clock) -> None:
    text = await processes[0].begin(BREAD, ADA)
    clock.now += MINUTE
    answers = await asyncio.gather(*(finish(processes[n % 2], text) for n in range(20)))
    assert sorted(map(code, answers)) == ["counted"] + ["replayed"] * 19


async def test_no_serial_is_given_twice(processes: list[Reads], clock: Clock) -> None:
    serials = []
    for n in range(40):
        token = processes[n % 2].opened(await processes[n % 2].begin(BREAD, ADA))
        assert not isinstance(token, Refusal)
        serials.append(token.serial)
        clock.now += BLOCK_MS // 4  # a block is left after an hour, used up or not
    assert len(set(serials)) == 40


async def test_a_read_over_midnight_counts_on_the_day_that_it_began(
    processes: list[Reads], library: Ledger, clock: Clock
) -> None:
    reads = processes[0]
    midnight = (clock.now // DAY_MS + 1) * DAY_MS
    clock.now = midnight - MINUTE
    late, again = await reads.begin(BREAD, ADA), await reads.begin(BREAD, ADA)
    clock.now = midnight + MINUTE
    assert code(await finish(reads, late)) == "counted"
    assert code(await finish(reads, again)) == "already-today"
    today = await reads.begin(BREAD, ADA)
    clock.now += MINUTE
    assert code(await finish(reads, today)) == "counted"

    clock.now = midnight + GRACE_MS
    await reads.forget()

    assert code(await finish(reads, again)) == "expired"
    day = midnight // DAY_MS
    assert set(visitors.salts(library.db)) == {day}
    assert {row[0] for row in library.db.rows("SELECT day FROM reading_visitor")} == {day}


async def test_a_reader_who_leaves_before_the_answer_has_counted(
    processes: list[Reads], clock: Clock
) -> None:
    reads = processes[0]
    text = await reads.begin(BREAD, ADA)
    clock.now += MINUTE
    left = asyncio.create_task(finish(reads, text))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.sleep(0.1)
    assert code(await finish(reads, text)) == "replayed"


async def test_a_sharer_is_known_on_the_same_day_and_like_anybody_on_the_next(
    processes: list[Reads], library: Ledger, clock: Clock
) -> None:
    reads = processes[0]
    share = await reads.mint(BREAD, ADA, "")
    opened = reads.code(share)
    assert opened is not None
    credited = []
    for _ in range(2):
        text = await reads.begin(BREAD, ADA)
        clock.now += MINUTE
        assert code(await finish(reads, text, share=share)) == "counted"
        credited.append(shares.find(library.db, opened).reads)
        clock.now += DAY_MS
    assert credited == [0, 1]
