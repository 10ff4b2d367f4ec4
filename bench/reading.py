"""Reads by the hundred thousand, one in twenty a replay, counted while their process is killed.

A process counts batches of a thousand (`almoner.reading.batch`), says so after each commit, and
is killed −9 again and again; the next one begins with the batch that nobody was told of, as
readers' pages do that had no answer. Each read that is no replay must be in the ledger once,
spent once, noted once and given for once, and what came by a share code credited once.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import msgspec

from almoner.campaigns.model import CampaignVersion
from almoner.ledger import Database, Ledger, audit, connect, publish
from almoner.ledger import schema as ledger_schema
from almoner.reading import schema, share_code, spent
from almoner.reading.batch import Counted, Finished, count
from almoner.reading.token import Token
from tests.services import PostgreSQL

READS = 1_000_000
BATCH = 1_000
REPLAYS = 20  # one read in so many
BACK = (10, 100_000)  # how old it is at most: of this very batch, or of a while ago
SHARED = 10  # one read in so many came by a share code
STORIES = 5
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BEGUN = int(datetime(2026, 5, 20, 11, tzinfo=UTC).timestamp() * 1000)
CODES = [share_code.mint(bytes(32), story + 1, 7, b"zz") for story in range(STORIES)]
RATES = {"read": Fraction(1, 3), "visit": Fraction(1, 2)}

Tell = Callable[[int, int], None]


class Tally(msgspec.Struct, frozen=True):
    """What a run must come to, or came to."""

    reads: int
    visits: int
    spent: int
    visitors: int
    credited: int
    given: dict[str, Fraction]


def run(database: str, reads: int, kills: int, seed: int, tell: Tell) -> list[str]:
    """Count so many reads on `sqlite` or `postgresql`; what differs, if anything."""
    with ExitStack() as stack:
        if database == "sqlite":
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="almoner-reads-"))
            url = str(Path(place, "ledger.db"))
        else:
            url = stack.enter_context(PostgreSQL(durable=True)).url
        db = connect(url)
        stack.callback(db.close)
        _prepare(db, reads)
        chosen = random.Random(seed)
        deaths = sorted(chosen.sample(range(1, reads // BATCH), kills))
        told = _count_and_die(url, reads // BATCH, seed, deaths, chosen, tell)
        model = _foretold(reads, seed)
        wrong = _compare(model, _found(db))
        problem = audit.check(db)
        if told > model.reads:
            wrong.append(f"{told} reads were told that they count")
        return [*wrong, problem] if problem else wrong


def _prepare(db: Database, reads: int) -> None:
    ledger_schema.create(db)
    schema.create(db)
    for trigger in ("read", "visit"):
        version = CampaignVersion(
            campaign=f"by-{trigger}",
            version=1,
            cause="meals",
            unit="meal",
            scale=0,
            charity="harbor-table",
            trigger=trigger,
            rate=str(RATES[trigger]),
            starts_at=LONG_AGO,
            effective_from=LONG_AGO,
        )
        publish(db, version, LONG_AGO)
    for _ in range(reads // spent.BLOCK + 1):
        spent.reserve(db, BEGUN)


def _count_and_die(
    url: str, batches: int, seed: int, deaths: Sequence[int], chosen: random.Random, tell: Tell
) -> int:
    """Let processes count until all is counted; how many reads were told that they count."""
    told, done, waiting = 0, 0, list(deaths)
    while done < batches:
        arguments = [sys.executable, "-m", "bench.reading", url, str(done), str(batches), str(seed)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                told += int(line)
                done += 1
                tell(done * BATCH, len(deaths) - len(waiting))
                if waiting and done >= waiting[0]:
                    waiting.pop(0)
                    time.sleep(chosen.uniform(0, 0.05))  # somewhere in the next commit
                    process.kill()
                    break
    return told


def batch_of(number: int, seed: int) -> list[Finished]:
    """The reads of one batch: the same whenever it is made. Serials count up; replays go back."""
    chosen = random.Random(f"{seed}-{number}")
    reads: list[Finished] = []
    for serial in range(number * BATCH, (number + 1) * BATCH):
        said = serial
        if serial and chosen.randrange(REPLAYS) == 0:
            said = chosen.randrange(max(0, serial - chosen.choice(BACK)), serial)
        reads.append(_read(said))
    return reads


def _read(serial: int) -> Finished:
    """A read by its serial: by a visitor of its own, of some story, perhaps by a share code."""
    story = serial % STORIES
    share = CODES[story] if serial // STORIES % SHARED == 0 else None
    return Finished(Token(story + 1, serial, BEGUN, serial), ("rescue",), share)


def _foretold(reads: int, seed: int) -> Tally:
    said = {
        read.token.serial: read.share is not None
        for number in range(reads // BATCH)
        for read in batch_of(number, seed)
    }
    visits = sum(said.values())
    given = {"by-read": len(said) * RATES["read"], "by-visit": visits * RATES["visit"]}
    return Tally(len(said), visits, len(said), len(said), visits, given)


def _found(db: Database) -> Tally:
    quantities: Counter[str] = Counter()
    for (body,) in db.rows("SELECT body FROM ledger_event WHERE kind = 'action'"):
        action = msgspec.json.decode(body)
        quantities[action["kind"]] += action.get("quantity", 1)
    visitors = db.row("SELECT COUNT(*) FROM reading_visitor")
    credited = db.row("SELECT COALESCE(SUM(reads), 0) FROM reading_share")
    assert visitors is not None
    assert credited is not None
    standings = db.rows("SELECT campaign, due, parts FROM ledger_standing")
    return Tally(
        quantities["read"],
        quantities["visit"],
        sum(len(block) for block in spent.load(db).values()),
        int(visitors[0]),
        int(credited[0]),
        {campaign: Fraction(int(due), int(parts)) for campaign, due, parts in standings},
    )


def _compare(told: Tally, found: Tally) -> list[str]:
    return [
        f"{name}: {getattr(found, name)}, and not {getattr(told, name)}"
        for name in Tally.__struct_fields__
        if getattr(found, name) != getattr(told, name)
    ]


def main() -> None:
    """Count batches until killed; after each commit, a line with how many reads counted."""
    url, first, last, seed = sys.argv[1], *map(int, sys.argv[2:])
    ledger = Ledger(connect(url))
    now = datetime(2026, 5, 20, 12, tzinfo=UTC)
    for number in range(first, last):
        answers = count(ledger, batch_of(number, seed), now).answers
        print(sum(isinstance(answer, Counted) for answer in answers), flush=True)


if __name__ == "__main__":
    main()
