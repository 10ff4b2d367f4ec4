"""A witness over HTTP (C2SP tlog-witness v1.0.0), in one process on one port.

`POST /add-checkpoint` judges and cosigns, `GET /<hex SHA-256(origin)>/checkpoint` shows what
is held of a log, `GET /` says in plain text who this is. What is promised is `cosigner`'s.
Limit: TLS is for the web server in front.
"""

import asyncio
import logging
import signal
import socket
import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from granian.constants import Interfaces
from granian.server.embed import Server

from almoner.audit.cosigner import Cosigner, WitnessError
from almoner.log import checkpoint, note
from almoner.log.note import NoteError
from almoner.log.witness import MAX_REQUEST, Answer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Requests at work at once: each holds at most one body of MAX_REQUEST bytes.
MAX_REQUESTS: Final = 256
BACKLOG: Final = 1_024

logger = logging.getLogger(__name__)


class Gone(Exception):
    """The sender went away before the body was whole."""


class Application:
    """The ASGI application of one witness."""

    def __init__(self, cosigner: Cosigner) -> None:
        self._cosigner = cosigner
        self._paths = {_path(origin): origin for origin in cosigner.origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            try:
                answer = await self._answer(scope["method"], scope["path"], receive)
            except Gone:
                return
            await _respond(send, answer)

    async def _answer(self, method: str, path: str, receive: Receive) -> Answer:
        expected = "POST" if path == "/add-checkpoint" else "GET"
        if path != "/add-checkpoint" and path != "/" and path not in self._paths:
            return Answer(404, "Nothing is here; see /.\n")
        if method != expected:
            return Answer(405, f"Use {expected}.\n")
        try:
            if method == "POST":
                return await self._add(receive)
            notes = await asyncio.to_thread(self._cosigner.notes)
        except (sqlite3.Error, NoteError):
            logger.exception("The witness's memory cannot be used")
            return Answer(503, "Nothing can be kept just now, so nothing is cosigned.\n")
        if path == "/":
            return Answer(200, self._page(notes))
        origin = self._paths[path]
        if origin not in notes:
            return Answer(404, f"No checkpoint of {origin} was cosigned here yet.\n")
        return Answer(200, notes[origin])

    async def _add(self, receive: Receive) -> Answer:
        body = await _read(receive)
        if body is None:
            return Answer(413, f"The body is over {MAX_REQUEST:,} bytes.\n")
        made = await asyncio.to_thread(self._cosigner.add_checkpoint, body)
        return made if isinstance(made, Answer) else Answer(200, str(made))

    def _page(self, notes: dict[str, str]) -> str:
        lines = ["An Almoner witness (c2sp.org/tlog-witness).", "", f"key   {self._cosigner.key}"]
        for origin in sorted(self._cosigner.origins):
            lines += ["", f"log   {origin}"]
            if origin not in notes:
                lines.append("      nothing cosigned yet")
                continue
            text, signatures = note.split(notes[origin])
            held = checkpoint.parse(text)
            moment = datetime.fromtimestamp(signatures[-1].time, UTC)
            lines.append(f"size  {held.size}, cosigned {moment:%Y-%m-%d %H:%M:%S} UTC")
            lines.append(f"      {_path(origin)}")
        return "\n".join(lines) + "\n"


def run(cosigner: Cosigner, host: str, port: int, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted."""
    _check_port(host, port)
    asyncio.run(_serve(cosigner, host, port, on_ready))
    cosigner.close()


async def _serve(cosigner: Cosigner, host: str, port: int, on_ready: Callable[[], None]) -> None:
    server = Server(
        Application(cosigner),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=MAX_REQUESTS,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    announcing = asyncio.create_task(_announce(host, port, on_ready))
    await server.serve()
    announcing.cancel()


async def _announce(host: str, port: int, on_ready: Callable[[], None]) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            on_ready()
            return


def _check_port(host: str, port: int) -> None:
    """Say that the port is taken before the start: inside the server it could only hang."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise WitnessError(
                f"Cannot listen on {host}:{port} ({error.strerror}): choose another with --port."
            ) from None


def _path(origin: str) -> str:
    return f"/{sha256(origin.encode()).hexdigest()}/checkpoint"


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(receive: Receive) -> bytes | None:
    """The request's body, or None where it is over MAX_REQUEST bytes."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_REQUEST:
            return None
    return bytes(body)


async def _respond(send: Send, answer: Answer) -> None:
    body = answer.body.encode()
    headers = [
        (b"content-type", answer.media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
