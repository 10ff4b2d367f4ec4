"""The baselines that run on the very server Almoner runs on.

`python -m bench.apps bare` reads a request's body and answers 201, nothing else;
`python -m bench.apps stock` is the site's Django and Wagtail without our front door.
"""

import asyncio
import os
import sys
from typing import Any

import uvloop
from django.core.asgi import get_asgi_application
from granian.constants import Interfaces
from granian.server.embed import Server

from almoner.web.serve import BACKLOG, MAX_REQUESTS

_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer 201."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 201, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b"{}"})


async def _serve(application: Any) -> None:
    server = Server(
        application,
        address="127.0.0.1",
        port=int(os.environ["ALMONER_PORT"]),
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=MAX_REQUESTS,
        websockets=False,
        log_enabled=False,
    )
    await server.serve()


if __name__ == "__main__":
    chosen = bare if sys.argv[1] == "bare" else get_asgi_application()
    try:
        uvloop.run(_serve(chosen))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(0)
