"""The few lines of ASGI that the hot paths share (asgi.readthedocs.io, HTTP 2.3)."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from almoner.intake.problem import MEDIA_TYPE, Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[Scope, Receive, Send], Awaitable[None]]

# A refused body is read on to this size, so that the sender gets to read the answer instead
# of a broken connection; who sends more is cut off.
DRAIN_LIMIT = 32 * 1024 * 1024

JSON = b"application/json"


class Disconnected(Exception):
    """The sender went away before the body was whole; there is nobody to answer."""


def header(scope: Scope, name: bytes) -> str:
    """A request header by its lower-case name, or ""."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return ""


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole request body; a `Problem` where it is larger than `limit` bytes."""
    message = await receive()
    body = message.get("body", b"")
    if not message.get("more_body") and message["type"] == "http.request" and len(body) <= limit:
        return body
    chunks, size = [body], len(body)
    while message.get("more_body") and size <= DRAIN_LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
    if size > limit:
        raise Problem(
            413,
            "body-too-large",
            "The body is too large",
            f"The body is over {limit:,} bytes, which no request here needs. Nothing was kept.",
        )
    return b"".join(chunks)


async def respond(
    send: Send,
    status: int,
    body: bytes,
    media_type: bytes = JSON,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Send one whole answer."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", media_type),
                (b"content-length", b"%d" % len(body)),
                (b"x-content-type-options", b"nosniff"),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def respond_problem(send: Send, problem: Problem) -> None:
    """Send a problem, with `Retry-After` where waiting helps."""
    headers: list[tuple[bytes, bytes]] = []
    if problem.retry_after is not None:
        headers.append((b"retry-after", b"%d" % problem.retry_after))
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await respond(send, problem.status, problem.body(), MEDIA_TYPE, headers)
