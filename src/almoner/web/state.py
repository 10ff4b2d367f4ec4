"""What one server process knows, and how it stays in step with the database.

Guarantee: after a commit of this process, or a change that Django made in it, the next
answer shows it; open pages hear of it within `PACE` seconds. Another process's change (a
command, a second server) is seen at the next look, at most `LOOK` seconds later. Looking is
three short reads.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

import msgspec

from almoner.config import Settings
from almoner.counters import snapshot
from almoner.counters.snapshot import Snapshot
from almoner.counters.stream import Broadcast, message
from almoner.intake import tables
from almoner.intake.api import Events
from almoner.intake.committer import Committer
from almoner.intake.connections import Connections, read_connections
from almoner.intake.keys import KeyRing, key_ring
from almoner.ledger import Database, connect, schema
from almoner.publication.publisher import Publication, Publisher
from almoner.publication.stores import open_store
from almoner.reading import reads
from almoner.reading import schema as reading
from almoner.reading.brake import braked
from almoner.reading.reads import Reads
from almoner.web.deliveries import Deliveries
from almoner.web.log_files import LogFiles
from almoner.web.pages import Pages
from almoner.web.readable import Readable, Readables
from almoner.web.reads import ReadsApi
from almoner.web.sharing import Sharing

LOOK = 0.25  # seconds
# Figures change on screens at most this often: more the eye does not follow, and each change
# is written to every open page.
PACE = 0.1
PUBLISH_EVERY = 30.0  # seconds between looks for stories that are due

logger = logging.getLogger(__name__)


class Marks(msgspec.Struct, frozen=True):
    """The numbers that tell whether anything shown has changed."""

    size: int
    revision: int
    site: int
    day: int  # its ordinal in the site's time zone: heads and lists of news tell of "today"
    braked: frozenset[str]  # campaigns that reads give nothing through

    @property
    def shown(self) -> tuple[int, int]:
        """What every kept page depends on."""
        return self.site, self.day


class Admitted(msgspec.Struct, frozen=True):
    """Who may send events."""

    keys: KeyRing
    connections: Connections


class State:
    """Everything the front door serves from. Lives on the event loop."""

    def __init__(self, settings: Settings, publish_due: Callable[[], None]) -> None:
        self.settings = settings
        self.pages = Pages()
        self.closing = False
        self._publish_due = publish_due
        self._zone = ZoneInfo(settings.time_zone)
        self._reader = open_database(settings)  # guarded by _reading
        self._reading = Lock()
        schema.check(self._reader)
        tables.check(self._reader)
        reading.check(self._reader)
        self.marks = self._read_marks()
        self.snapshot: Snapshot = snapshot.read(self._reader)
        self.broadcast = Broadcast(message(self.snapshot))
        self._nudge = asyncio.Event()
        self._looking = asyncio.Lock()
        self._commits = self._commits_shown = 0
        self.committer = Committer(lambda: open_database(settings), self._committed)
        self.log_files = LogFiles(open_store(settings))
        self._publication = Publication(lambda: make_publisher(settings))
        admitted = self._read_admitted()
        self.events = Events(self.committer, admitted.keys)
        self.events.braked = self.marks.braked
        self.deliveries = Deliveries(self.committer, admitted.connections, settings.reader_key)
        self._readables = Readables()
        self._reads = Reads(reads.load(self._reader), self.committer.run)
        proxies = settings.proxies
        self.reads = ReadsApi(self._reads, self._readable, proxies, lambda: self.snapshot)
        self.sharing = Sharing(self._reads, self._readable, proxies)
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._publish())]

    async def look(self) -> None:
        """Bring everything up to date with the database."""
        async with self._looking:
            await self._look()

    async def catch_up(self) -> None:
        """Look, where a commit of this process is not shown yet; who waits shares one look."""
        if self._commits == self._commits_shown:
            return
        async with self._looking:
            if self._commits != self._commits_shown:
                await self._look_or_log()

    def hang_up(self) -> None:
        """End the open streams, which would keep a stopping server waiting."""
        self.closing = True
        self.broadcast.wake()

    async def close(self) -> None:
        """Finish what was accepted, then let go of the database."""
        self.hang_up()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._reads.close()
        await asyncio.to_thread(self.committer.close)
        await asyncio.to_thread(self._publication.close)
        self.log_files.close()
        self._reader.close()

    async def _readable(self, story: int) -> Readable | None:
        return await self._readables.find(story, self.marks.site)

    def _committed(self) -> None:
        self._commits += 1
        self._nudge.set()
        self._publication.nudge()

    async def _look_or_log(self) -> None:
        try:
            await self._look()
        except Exception:
            # Whatever it is, readers go on seeing the last figures, and it is tried again.
            logger.exception("The counters cannot be read just now")

    async def _look(self) -> None:
        commits = self._commits
        try:
            marks, newest, admitted = await asyncio.to_thread(self._read)
        finally:
            self._commits_shown = commits
        if admitted is not None:
            self.events.ring = admitted.keys
            self.deliveries.known = admitted.connections
        if newest is not None and newest.document.size >= self.snapshot.document.size:
            self.snapshot = newest
        self.events.braked = marks.braked
        self.marks = marks

    def _read(self) -> tuple[Marks, Snapshot | None, Admitted | None]:
        with self._reading:
            try:
                marks, before = self._read_marks(), self.marks
                admitted = None if marks.revision == before.revision else self._read_admitted()
                changed = (marks.size, marks.shown) != (before.size, before.shown)
                return marks, snapshot.read(self._reader) if changed else None, admitted
            except Exception:
                self._reader.close()
                self._reader = open_database(self.settings)
                raise

    def _read_admitted(self) -> Admitted:
        configured = {"shopify": self.settings.shopify}
        return Admitted(key_ring(self._reader), read_connections(self._reader, configured))

    def _read_marks(self) -> Marks:
        row = self._reader.row(
            "SELECT size, revision, COALESCE((SELECT MAX(version) FROM web_siteversion), 0) "
            "FROM ledger_head"
        )
        assert row is not None, "the ledger has no head row"
        size, revision, site = row
        day = datetime.now(self._zone).toordinal()
        return Marks(size, revision, site, day, braked(self._reader))

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                # Not wait_for: until Python 3.12 it can lose a cancellation, and with it the stop.
                async with asyncio.timeout(LOOK):
                    await self._nudge.wait()
            self._nudge.clear()
            started = time.monotonic()
            async with self._looking:
                await self._look_or_log()
            self.broadcast.publish(message(self.snapshot))
            await asyncio.sleep(max(0.0, PACE - (time.monotonic() - started)))

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(PUBLISH_EVERY)
            try:
                await asyncio.to_thread(self._publish_due)
            except Exception:
                logger.exception("Stories that are due cannot be published just now")
            self._nudge.set()


def make_publisher(settings: Settings) -> Publisher:
    """What publishes the log for these settings."""
    return Publisher(settings, open_database(settings), open_store(settings))


def open_database(settings: Settings) -> Database:
    """The ledger's connection for these settings."""
    return connect(settings.sqlite_path or settings.database)
