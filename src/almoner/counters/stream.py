"""Server-sent events: every open page hears of a change (WHATWG HTML, section 9.2).

One message is encoded once and written to all. A client that falls behind skips to the
newest figures: there is nothing to queue, for only the last total matters.
"""

import asyncio
from contextlib import suppress

from almoner.counters.snapshot import Snapshot

HEARTBEAT = 15.0  # seconds; under the 30 to 60 after which proxies drop a silent stream
RETRY = b"retry: 2000\n\n"  # milliseconds until a browser comes back


def message(snapshot: Snapshot) -> bytes:
    """One event with the counters' JSON, which has no line breaks, and their tag as its id."""
    return _event(b"counters", snapshot.tag, snapshot.body)


def current(tag: str) -> bytes:
    """The event for who has the figures of this tag already."""
    return _event(b"current", tag, b"{}")


def _event(name: bytes, tag: str, data: bytes) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (tag.encode(), name, data)


class Broadcast:
    """The newest event, and a way to wait for the next one. Event loop only."""

    def __init__(self, newest: bytes) -> None:
        self.newest = newest
        self.number = 0
        self._changed = asyncio.Event()

    def publish(self, newest: bytes) -> None:
        """Tell every client; the same event again tells nobody."""
        if newest != self.newest:
            self.newest, self.number = newest, self.number + 1
            self.wake()

    def wake(self) -> None:
        """Have every client look up, changed or not."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def next(self, seen: int) -> None:
        """Wait until there is something newer than `seen`, or for a heartbeat's time."""
        if self.number == seen:
            changed = self._changed
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT):
                    await changed.wait()
