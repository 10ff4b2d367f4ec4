"""`GET /counters/stream`: one open answer for each page that is being looked at."""

import asyncio
from collections.abc import Callable

from almoner.counters.stream import RETRY, Broadcast, message
from almoner.intake.http import Receive, Send

HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"access-control-allow-origin", b"*"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def serve(
    broadcast: Broadcast, closing: Callable[[], bool], receive: Receive, send: Send
) -> None:
    """Write every change until the client leaves or the server stops."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    gone = asyncio.ensure_future(_left(receive))
    seen = broadcast.number
    await send(_part(RETRY + message(broadcast.newest)))
    try:
        while not gone.done() and not closing():
            waiting = asyncio.ensure_future(broadcast.next(seen))
            await asyncio.wait((gone, waiting), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if gone.done():
                return
            changed, seen = broadcast.number != seen, broadcast.number
            await send(_part(message(broadcast.newest) if changed else b": still here\n\n"))
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _part(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
