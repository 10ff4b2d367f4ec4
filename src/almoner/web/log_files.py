"""`GET /log/…`: the public log's files, from wherever they are put, to anyone.

Immutable tiles are cached for ever, the checkpoint for a second; bundles are compressed on
the way (C2SP tlog-tiles asks for that at this layer). Any origin may read them.
"""

import asyncio
import logging
import re
from collections import OrderedDict

from almoner.intake.http import Scope, Send, header, respond
from almoner.intake.problem import Problem
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, Store
from almoner.publication.stores import StoreError, cache_control, is_immutable, media_type
from almoner.web.pages import choose, compress

PREFIX = "/log/"
_PATH = re.compile(
    r"tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
)
_CHANGING = (CHECKPOINT, KEYS, COUNTERS)
# Full tiles in memory, compressed: a recount reads every one of them, and often several do.
MAX_KEPT = 512

logger = logging.getLogger(__name__)

_ABSENT = Problem(
    404,
    "not-in-the-log",
    "There is no such file",
    "The log has checkpoint, keys.json, counters.json, and the tiles that the checkpoint implies.",
)
_UNREADABLE = Problem(
    503,
    "log-unavailable",
    "The log's files cannot be read just now",
    "Ask again in a few seconds.",
    retry_after=5,
)


class LogFiles:
    """Serves the files of one store. Lives on the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer a GET or HEAD."""
        path = scope["path"].removeprefix(PREFIX)
        if path not in _CHANGING and not _PATH.fullmatch(path):
            raise _ABSENT
        encoding = "identity"
        if path.startswith("tile/entries/") or path == COUNTERS:
            encoding = choose(header(scope, b"accept-encoding").encode())
        body = self._kept.get((path, encoding))
        if body is None:
            body = await asyncio.to_thread(self._read, path, encoding)
            if is_immutable(path) and ".p/" not in path:
                self._keep(path, encoding, body)
        headers = [
            (b"cache-control", cache_control(path).encode()),
            (b"access-control-allow-origin", b"*"),
            (b"vary", b"accept-encoding"),
        ]
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
        await respond(send, 200, body, media_type(path).encode(), headers)

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
        self._kept[path, encoding] = body
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
