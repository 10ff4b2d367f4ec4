"""Kills −9 a publisher at random instants while its ledger grows, and looks at what is left.

A process of its own does nothing but publish, over and over; this one appends meanwhile and
watches the checkpoint. After each kill, before anything is put right, every checkpoint that was
seen must begin what lies there, and nothing that it implies may be missing; at the end the
published entries must be the ledger's, each once, and `almoner verify` must hold. A publisher
has everything loaded when it is told to begin, so that a kill also meets its first steps:
taking up what the last one left.
"""

import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from almoner import config
from almoner.campaigns.model import Line, Order
from almoner.config import Settings
from almoner.ledger import Event, Ledger, connect, reads
from almoner.log.store import read_tile
from almoner.log.tile import TileError, bundles, unpack
from almoner.publication.publisher import PublicationError, Publisher
from almoner.publication.stores import Directory, open_store
from bench.model import CAMPAIGNS
from bench.site import Prepare, Site
from bench.verdict import Verdict
from bench.watching import Watchers
from tests.services import PostgreSQL

# Taking up takes some twenty milliseconds, a publication a few: a kill meets either.
LONGEST = 0.25  # seconds from a publisher's beginning to its kill
ORDERS = (1, 60)  # in an append
PAUSE = 0.005  # seconds between appends, on average: there is always something to publish

Tell = Callable[[int, int], None]


def run(
    database: str, kills: int, seed: int, tell: Tell, prepare: Prepare | None = None
) -> Verdict:
    """One whole run on `sqlite` or `postgresql`; `tell` hears of kills and appended orders."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        server = stack.enter_context(PostgreSQL(durable=True)) if database != "sqlite" else None
        home = Path(tempfile.mkdtemp(prefix="almoner-chaos-"))
        stack.callback(shutil.rmtree, home)
        site = Site(home, server.url if server else "sqlite")
        site.stage(CAMPAIGNS, prepare)
        settings = site.settings()
        watchers = Watchers(home / "log")
        growth = _Growth(site.database, chance.randrange(2**32))
        growth.start()
        watchers.start()
        try:
            _publish_and_kill(
                site, kills, chance, watchers, lambda kill: tell(kill, growth.appended)
            )
        finally:
            growth.stop()
            watchers.stop()
        return _judge(settings, site, growth.appended, kills, watchers)


def _publish_and_kill(
    site: Site, kills: int, chance: random.Random, watchers: Watchers, tell: Callable[[int], None]
) -> None:
    waiting = site.spawn("bench.publishing")
    for kill in range(1, kills + 1):
        publisher, waiting = waiting, site.spawn("bench.publishing")
        assert publisher.stdin is not None
        assert publisher.stdout is not None
        publisher.stdout.readline()
        publisher.stdin.write(b"begin\n")
        publisher.stdin.flush()
        time.sleep(chance.uniform(0, LONGEST))
        if publisher.poll() is not None:
            watchers.contradictions.append("a publisher ended by itself: see what it said")
        end(publisher)
        watchers.look()
        watchers.check()
        tell(kill)
    end(waiting)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill −9 it."""
    process.kill()
    process.communicate()


def publish_when_told() -> None:
    """Say that everything is loaded; when told to begin publish, and nothing else, until killed."""
    settings = config.load()
    print("loaded", flush=True)
    sys.stdin.readline()
    publisher = _publisher(settings)
    while True:
        publisher.publish()


def _publisher(settings: Settings) -> Publisher:
    db = connect(settings.sqlite_path or settings.database)
    return Publisher(settings, db, open_store(settings))


class _Growth:
    """A thread that appends orders until `stop`; `appended` of them were acknowledged."""

    def __init__(self, database: str | Path, seed: int) -> None:
        self.appended = 0
        self._database = database
        self._random = random.Random(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="growth")

    def start(self) -> None:
        """Begin to append."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what was begun."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        db = connect(self._database)
        ledger = Ledger(db)
        while not self._stopping.wait(self._random.uniform(0, 2 * PAUSE)):
            now = datetime.now(UTC)
            orders = [
                Event("chaos", f"order-{self.appended + at}", "order", now, _ORDER)
                for at in range(self._random.randint(*ORDERS))
            ]
            ledger.append(orders, now)
            self.appended += len(orders)
        db.close()


_ORDER = Order("USD", (Line("1", 3, 3_000),), ())


def _judge(
    settings: Settings, site: Site, appended: int, kills: int, watchers: Watchers
) -> Verdict:
    """Publish what is left, and hold the files to the ledger."""
    different = _publish_the_rest(settings)
    watchers.look()
    watchers.check()
    different += [*watchers.contradictions, *watchers.missing, *site.verify()]
    held = _published_entries(settings, watchers.seen[-1].size if watchers.seen else 0)
    db = connect(site.database)
    size = reads.head(db).size
    there = [each.body for at in range(0, size, 1_000) for each in reads.entries(db, at, 1_000)]
    db.close()
    if held != there:
        different.append(f"{len(held)} entries are published, and the ledger has {size}, or others")
    return Verdict(
        kills,
        appended,
        len(set(there) - set(held)),
        len(held) - len(set(held)),
        len(watchers.seen),
        len(watchers.contradictions),
        len(watchers.missing),
        tuple(different),
    )


def _publish_the_rest(settings: Settings) -> list[str]:
    publisher = _publisher(settings)
    until = time.monotonic() + 30  # PostgreSQL may still have to notice the last kill
    try:
        while publisher.publish() is None:
            assert time.monotonic() < until, "nobody may publish"
            time.sleep(0.01)
    except PublicationError as error:
        return [str(error)]
    finally:
        publisher.close()
    return []


def _published_entries(settings: Settings, size: int) -> list[bytes]:
    """What the bundles hold; those that are missing were counted already."""
    store = Directory(settings.home / "log")
    held: list[bytes] = []
    for tile in bundles(0, size):
        with suppress(TileError):
            held += unpack(read_tile(store, tile), tile)
    return held


if __name__ == "__main__":
    publish_when_told()
