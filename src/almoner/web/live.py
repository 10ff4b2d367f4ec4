"""`GET /counters/stream`: one open answer for each page that is being looked at."""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs

from almoner.counters.snapshot import Snapshot
from almoner.counters.stream import RETRY, Broadcast, current, message
from almoner.intake.http import Receive, Scope, Send, header

HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"access-control-allow-origin", b"*"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def serve(
    first: bytes, broadcast: Broadcast, closing: Callable[[], bool], receive: Receive, send: Send
) -> None:
    """Write `first`, then every change until the client leaves or the server stops."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    gone = asyncio.ensure_future(_left(receive))
    seen = broadcast.number
    await send(_part(RETRY + first))
    try:
        while not gone.done() and not closing():
            waiting = asyncio.ensure_future(broadcast.next(seen))
            await asyncio.wait((gone, waiting), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if gone.done():
                return
            changed, seen = broadcast.number != seen, broadcast.number
            await send(_part(broadcast.newest if changed else b": still here\n\n"))
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def first_event(snapshot: Snapshot, scope: Scope) -> bytes:
    """The figures, or that a client has them already.

    Our own pages name the tag of the figures that they came with (`?since=`), a browser that
    comes back that of its last event. `snapshot` may be a moment ahead of what was broadcast,
    as the page was that asks.
    """
    since = parse_qs(scope["query_string"].decode("latin-1")).get("since", [""])[0]
    known = header(scope, b"last-event-id") or since
    return current(snapshot.tag) if known == snapshot.tag else message(snapshot)


def _part(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
