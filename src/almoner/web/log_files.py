"""`GET /log/…`: the public log's files, from wherever they are put, to anyone.

Immutable tiles are cached for ever, the checkpoint for a second; bundles are compressed on
the way (C2SP tlog-tiles asks for that at this layer). Any origin may read them.
"""

import asyncio
import logging
import re
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from almoner.intake.http import Scope, Send, header, respond
from almoner.intake.problem import MEDIA_TYPE, Problem
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, Store
from almoner.publication.stores import StoreError, cache_control, is_immutable, media_type
from almoner.web.pages import choose, compress

PREFIX = "/log/"
_PATH = re.compile(
    r"tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
)
_CHANGING = (CHECKPOINT, KEYS, COUNTERS)
# Full tiles in memory, compressed: a recount reads every one of them, and often several do.
MAX_KEPT = 32 * 1024 * 1024  # bytes; a tile and its bundle take about 20 kB
# Reads at once, and requests that wait for one: a reader of the log asks for a few at a time.
READERS = 8
MAX_WAITING = 256

_ANYBODY = (b"access-control-allow-origin", b"*")

logger = logging.getLogger(__name__)

_ABSENT = Problem(
    404,
    "not-in-the-log",
    "There is no such file",
    "The log has checkpoint, keys.json, counters.json, and the tiles that the checkpoint implies.",
)
_ONLY_READ = Problem(
    405, "wrong-method", "Not by this method", "The log's files are read, by GET and HEAD only."
)
_UNREADABLE = Problem(
    503,
    "log-unavailable",
    "The log's files cannot be read just now",
    "Ask again in a few seconds.",
    retry_after=5,
)


class LogFiles:
    """Serves the files of one store. Lives on the event loop, and reads in threads of its own.

    A store that does not answer then holds up nobody but who asks for its files.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(READERS, "log-files")
        self._waiting = 0
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._kept_bytes = 0

    def close(self) -> None:
        """Read no more; who still waits is told nothing."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer a GET or HEAD; refuse anything else."""
        try:
            await self._answer(scope, send)
        except Problem as problem:
            # Also a refusal may be read from any origin: who asked for a partial tile asks for
            # the full one next. And it is not kept: what is missing now is there in a moment.
            headers = [(b"cache-control", b"no-store"), _ANYBODY]
            if problem.retry_after is not None:
                headers.append((b"retry-after", b"%d" % problem.retry_after))
            if problem.status == 405:
                headers.append((b"allow", b"GET, HEAD"))
            await respond(send, problem.status, problem.body(), MEDIA_TYPE, headers)

    async def _answer(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise _ONLY_READ
        path = scope["path"].removeprefix(PREFIX)
        if path not in _CHANGING and not _PATH.fullmatch(path):
            raise _ABSENT
        encoding = "identity"
        if path.startswith("tile/entries/") or path == COUNTERS:
            encoding = choose(header(scope, b"accept-encoding").encode())
        body = self._kept.get((path, encoding))
        if body is None:
            body = await self._wait_for(path, encoding)
            if is_immutable(path) and ".p/" not in path:
                self._keep(path, encoding, body)
        headers = [
            (b"cache-control", cache_control(path).encode()),
            _ANYBODY,
            (b"vary", b"accept-encoding"),
        ]
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
        await respond(send, 200, body, media_type(path).encode(), headers)

    async def _wait_for(self, path: str, encoding: str) -> bytes:
        if self._waiting >= MAX_WAITING:
            raise _UNREADABLE
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._read, path, encoding)
        finally:
            self._waiting -= 1

    def _read(self, path: str, encoding: str) -> bytes:
        try:
            content = self._store.get(path)
        except StoreError as error:
            logger.error("The log's files cannot be read: %s", error)
            raise _UNREADABLE from None
        if content is None:
            raise _ABSENT
        return compress(content, encoding)

    def _keep(self, path: str, encoding: str, body: bytes) -> None:
        if (path, encoding) not in self._kept:  # two may have read it at once
            self._kept[path, encoding] = body
            self._kept_bytes += len(body)
        while self._kept_bytes > MAX_KEPT:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)
