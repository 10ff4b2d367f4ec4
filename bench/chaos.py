"""Kills −9 the real server under load, and compares what was acknowledged with what is there.

Promises under test (design, section 3): 2, once; 3, limits; 5, acknowledged means durable; and
that the public log is never contradicted. Everything acknowledged must be in the ledger once,
under the number that was acknowledged; what was sent and never acknowledged may be there once
or not at all; campaigns must stand exactly where a model stands that is fed what is there, and
no cap may be passed. Every checkpoint that was seen must begin the log that is there after each
restart, no tile of it may be missing, and `almoner verify` must hold. On PostgreSQL every
fourth kill takes the database instead; `--publisher` kills publication alone (bench.publishing).
Ends with one line, and with 1 if anything was lost, doubled or differs. Limit: a kill −9 proves
nothing about a power cut; for that the disk's own flush must be trusted.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from almoner.ledger import Database, audit, connect, reads
from bench import life, publishing, reading
from bench.model import CAMPAIGNS, CAP, Key, Model
from bench.senders import Senders
from bench.site import Prepare, Site
from bench.verdict import Verdict, total
from bench.watching import Watchers
from tests.services import PostgreSQL

SENDERS = 12
DATABASES = ("sqlite", "postgresql")
# Every so many kills of a PostgreSQL run, it is the database that is killed.
EVERY_DATABASE_KILL = 4
MAX_SENTENCES = 20

Tell = Callable[[int, int], None]


def run(
    database: str,
    kills: int,
    seconds_between: float,
    seed: int,
    tell: Tell,
    prepare: Prepare | None = None,
) -> Verdict:
    """One whole run on `sqlite` or `postgresql`; `tell` hears of kills and acknowledgements."""
    with ExitStack() as stack:
        server = stack.enter_context(PostgreSQL(durable=True)) if database != "sqlite" else None
        home = Path(tempfile.mkdtemp(prefix="almoner-chaos-"))
        stack.callback(shutil.rmtree, home)
        site = Site(home, server.url if server else "sqlite")
        site.stage(CAMPAIGNS, prepare)
        stack.callback(site.stop)
        senders = Senders(site.url, site.key, random.Random(seed))
        watchers = Watchers(home / "log")
        watchers.start()
        stack.callback(watchers.stop)
        load = _load_and_kill(site, server, senders, watchers, kills, seconds_between, tell)
        asyncio.run(load)
        if not site.stop():
            senders.wrong.append("the server did not stop when it was told to")
        watchers.look()
        watchers.check()
        db = connect(site.database)
        stack.callback(db.close)
        senders.wrong += _compare_published(db, watchers) + site.verify()
        return _judge(db, senders, watchers, kills)


async def _load_and_kill(
    site: Site,
    server: PostgreSQL | None,
    senders: Senders,
    watchers: Watchers,
    kills: int,
    seconds_between: float,
    tell: Tell,
) -> None:
    await asyncio.to_thread(site.start)
    senders.up.set()
    sending = asyncio.create_task(senders.run(SENDERS))
    for kill in range(1, kills + 1):
        await asyncio.sleep(senders.random.uniform(0.1, 2 * seconds_between - 0.1))
        if server is not None and kill % EVERY_DATABASE_KILL == 0:
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        else:
            site.kill()
            senders.up.clear()
            await asyncio.to_thread(site.start)
            senders.up.set()
        await asyncio.to_thread(watchers.check)
        senders.wrong += await asyncio.to_thread(site.verify)
        tell(kill, len(senders.acknowledged))
    await asyncio.sleep(seconds_between)
    senders.stopping = True
    await sending


def _compare_published(db: Database, watchers: Watchers) -> list[str]:
    """A server that stopped in its own time has published everything."""
    size, published = reads.head(db).size, watchers.seen[-1].size if watchers.seen else 0
    return [] if size == published else [f"{published} of {size} entries are published"]


def _judge(db: Database, senders: Senders, watchers: Watchers, kills: int) -> Verdict:
    stored: dict[Key, int] = {}
    double: set[Key] = set()
    model = Model()
    different = list(senders.wrong)
    for seq, source, ref in db.rows("SELECT seq, source, ref FROM ledger_event ORDER BY seq"):
        key = source, ref
        if key in stored:
            double.add(key)
        elif key not in senders.sent:
            different.append(f"{key} was never sent")
        else:
            model.add(key, senders.sent[key])
        stored[key] = seq
    keys = {seq: key for key, seq in stored.items()}
    twice = db.rows("SELECT event FROM ledger_entry GROUP BY event HAVING COUNT(*) > 1")
    double.update(keys[seq] for (seq,) in twice)
    lost = [key for key, seq in senders.acknowledged.items() if stored.get(key) != seq]
    different += [*_compare(db, model), *watchers.contradictions, *watchers.missing]
    return Verdict(
        kills,
        len(senders.acknowledged),
        len(lost),
        len(double),
        len(watchers.seen),
        len(watchers.contradictions),
        len(watchers.missing),
        tuple(different),
    )


def _compare(db: Database, model: Model) -> list[str]:
    found: list[str] = []
    problem = audit.check(db)
    if problem:
        found.append(problem)
    totals = reads.totals(db)
    for each in CAMPAIGNS:
        row = db.row("SELECT due, parts FROM ledger_standing WHERE campaign = ?", (each.campaign,))
        due = model.due[each.campaign]
        if row is None or int(row[0]) != due * int(row[1]):
            found.append(f"{each.campaign} stands at {row}, the model at {due}")
        if totals[each.cause].owed != int(due):
            found.append(f"{each.cause} counts {totals[each.cause].owed}, the model {int(due)}")
    if totals["blankets"].owed > CAP:
        found.append(f"the cap of {CAP} was passed: {totals['blankets'].owed}")
    return found


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="in all, over both databases")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--seconds-between", type=float, default=1.5, help="on average")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument(
        "--publisher", action="store_true", help="kill only a publisher, see bench.publishing"
    )
    parser.add_argument("--life", action="store_true", help="kill only appends, see bench.life")
    parser.add_argument(
        "--reads",
        type=int,
        nargs="?",
        const=reading.READS,
        help="so many reads, see bench.reading; a million where no number is given",
    )
    options = parser.parse_args()
    databases = DATABASES if options.database == "both" else (options.database,)
    if options.life:
        return _live(databases, options)
    if options.reads:
        return _read(databases, options)
    verdicts: list[Verdict] = []
    for place, database in enumerate(databases):
        kills = (options.kills + place) // len(databases)
        verdicts.append(_watched(database, kills, options))
    print(total(verdicts))
    return 0 if all(verdict.fine for verdict in verdicts) else 1


def _live(databases: Sequence[str], options: argparse.Namespace) -> int:
    """A ledger's long life on each database, and one line of what it came to."""
    console = Console(stderr=True)
    different = 0
    for database in databases:
        with console.status(f"Living {life.EVENTS:,} events on {database}"):
            found = life.run(database, options.kills, options.seed)
        for sentence in found[:MAX_SENTENCES]:
            console.print(f"{database}, seed {options.seed}: {sentence}", markup=False)
        different += len(found)
        print(f"{database}: events {life.EVENTS}, kills {options.kills}, different {len(found)}")
    return int(different > 0)


def _read(databases: Sequence[str], options: argparse.Namespace) -> int:
    """Reads on each database, and one line of what they came to."""
    console = Console(stderr=True)
    different = 0
    with Progress(console=console) as progress:
        task = progress.add_task("Counting reads", total=options.reads * len(databases))
        for place, database in enumerate(databases):
            before = place * options.reads

            def tell(done: int, _: int, before: int = before) -> None:
                progress.update(task, completed=before + done)

            found = reading.run(database, options.reads, options.kills, options.seed, tell)
            for sentence in found[:MAX_SENTENCES]:
                console.print(f"{database}, seed {options.seed}: {sentence}", markup=False)
            different += len(found)
            told = f"reads {options.reads}, kills {options.kills}, different {len(found)}"
            print(f"{database}: {told}", flush=True)
    return int(different > 0)


def _watched(database: str, kills: int, options: argparse.Namespace) -> Verdict:
    """A run with a progress bar, and what it found."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[acknowledged]:,} acknowledged"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(database, total=kills, acknowledged=0)

        def tell(kill: int, acknowledged: int) -> None:
            progress.update(task, completed=kill, acknowledged=acknowledged)

        if options.publisher:
            verdict = publishing.run(database, kills, options.seed, tell)
        else:
            verdict = run(database, kills, options.seconds_between, options.seed, tell)
        tell(kills, verdict.acknowledged)
    for sentence in verdict.different[:MAX_SENTENCES]:
        console.print(f"{database}, seed {options.seed}: {sentence}", markup=False, highlight=False)
    if len(verdict.different) > MAX_SENTENCES:
        console.print(f"… and {len(verdict.different) - MAX_SENTENCES} more")
    return verdict


if __name__ == "__main__":
    sys.exit(main())
