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
    snapshot: Snapshot,
    broadcast: Broadcast,
    closing: Callable[[], bool],
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Write the figures, then every change until the client leaves or the server stops.

    Our own pages name the tag of the figures that they came with (`?since=`), a browser that
    comes back that of its last event; where it still is the newest, only so much is said.
    `snapshot` may be a moment ahead of what was broadcast, as the page was that asks.
    """
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    gone = asyncio.ensure_future(_left(receive))
    seen = broadcast.number
    tag = snapshot.tag
    known = known_tag(scope) == tag
    await send(_part(RETRY + (current(tag) if known else message(tag, snapshot.body))))
    try:
        while not gone.done() and not closing():
            waiting = asyncio.ensure_future(broadcast.next(seen))
            await asyncio.wait((gone, waiting), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if gone.done():
                return
            changed, seen = broadcast.number != seen, broadcast.number
            news = message(broadcast.tag, broadcast.newest) if changed else b": still here\n\n"
            await send(_part(news))
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def known_tag(scope: Scope) -> str:
    """The tag of the figures that a client has: by its last event, else by its address."""
    last = header(scope, b"last-event-id")
    return last or parse_qs(scope["query_string"].decode("latin-1")).get("since", [""])[0]


def _part(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
