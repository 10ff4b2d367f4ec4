"""Published pages as bytes: rendered once, compressed once, served until they change.

A page, and a feed or a sitemap as well, is kept under the site version it was rendered at
(`web.site_version`) and for that day, because some tell of today; figures are
slots that are filled anew when the counters change, without rendering. Exact by order: the
version is read before rendering, so a page is never newer in name than in content. Readers
send no cookie; a request with a session passes the cache by. Limit: another process's change
is seen when the watcher next looks, a quarter of a second at most.
"""

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import brotli
import zstandard

from almoner.counters.snapshot import Snapshot
from almoner.web.slots import fill

MAX_PAGES = 2_000
# Rendered bytes. With its figures filled in and compressed a page takes three times as much.
MAX_BYTES = 64 * 1024 * 1024
# Below this a compressed answer saves no packet.
MIN_COMPRESSED = 1_000

Version = tuple[int, int]  # the site's, and the day it was rendered on

# What these pages alone go by, where an answer has it (RFC 9213: a cache-control field for one
# cache): they may keep what a browser must not. The front door takes it off.
TARGETED = b"almoner-cache-control"

Headers = tuple[tuple[bytes, bytes], ...]
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """A page in one content encoding, as the very messages that send it (ASGI, HTTP 2.3)."""

    start: Message
    body: Message
    tag: bytes


class Page:
    """One rendered page, and its forms for the counters it was last served with."""

    __slots__ = ("_forms", "_snapshot", "headers", "ledger_size", "rendered", "version")

    def __init__(
        self, version: Version, ledger_size: int | None, headers: Headers, rendered: bytes
    ) -> None:
        self.version = version
        self.ledger_size = ledger_size
        self.headers = headers
        self.rendered = rendered
        self._snapshot: Snapshot | None = None
        self._forms: dict[str, Form] = {}

    def form(self, encoding: str, snapshot: Snapshot) -> Form:
        """The page in a content encoding, with the figures of `snapshot`."""
        if snapshot is not self._snapshot:
            self._forms, self._snapshot = {}, snapshot
        form = self._forms.get(encoding)
        if form is None:
            form = self._forms[encoding] = self._make(encoding, snapshot)
        return form

    def _make(self, encoding: str, snapshot: Snapshot) -> Form:
        plain = fill(self.rendered, snapshot.tag, snapshot.text)
        body = compress(plain, encoding)
        tag = f'"{blake2b(plain, digest_size=12).hexdigest()}-{encoding}"'.encode()
        headers: list[tuple[bytes, bytes]] = [
            *self.headers,
            (b"content-length", b"%d" % len(body)),
            (b"etag", tag),
            (b"vary", b"accept-encoding"),
        ]
        if not any(name == b"cache-control" for name, _ in self.headers):
            headers.append((b"cache-control", b"public, no-cache"))
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
        return Form(
            {"type": "http.response.start", "status": 200, "headers": headers},
            {"type": "http.response.body", "body": body},
            tag,
        )


class Pages:
    """The pages kept, by path, the one rendered longest ago dropped first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Page] = OrderedDict()
        self._bytes = 0

    def get(self, address: str, version: Version, ledger_size: int) -> Page | None:
        """The page at an address, unless what it shows has changed."""
        page = self._kept.get(address)
        if page is None or page.version != version:
            return None
        if page.ledger_size is not None and page.ledger_size != ledger_size:
            return None
        return page

    def put(self, address: str, page: Page) -> None:
        """Keep a page that was just rendered."""
        replaced = self._kept.pop(address, None)
        self._kept[address] = page
        self._bytes += len(page.rendered) - (len(replaced.rendered) if replaced else 0)
        while len(self._kept) > MAX_PAGES or self._bytes > MAX_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.rendered)


def compress(body: bytes, encoding: str) -> bytes:
    """`body` in a content encoding; levels that cost about a millisecond a page."""
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=9).compress(body)
    if encoding == "br":
        return brotli.compress(body, quality=5)
    if encoding == "gzip":
        return gzip.compress(body, compresslevel=6, mtime=0)
    return body


_CHOICES = ("br", "zstd", "gzip")


@lru_cache(maxsize=256)
def choose(accept_encoding: bytes) -> str:
    """The best content encoding that a client accepts (RFC 9110, 12.5.3)."""
    offered = set[str]()
    for part in accept_encoding.decode("latin-1").split(","):
        name, _, weight = part.strip().partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            offered.add(name.strip().lower())
    return next((name for name in _CHOICES if name in offered), "identity")
