"""The one front door: hot paths as plain ASGI, everything else Django.

Webhooks, events, counters and published pages never touch Django; a page that is not kept
yet is rendered by it and kept. Every error of a hot path is a problem (RFC 9457).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import django
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from almoner.intake.http import (
    Disconnected,
    Receive,
    Scope,
    Send,
    respond,
    respond_problem,
)
from almoner.intake.problem import MEDIA_TYPE, UNEXPECTED, Problem, wrong_method
from almoner.web import deliveries, embeds
from almoner.web.clients import is_ours
from almoner.web.live import first_event, serve
from almoner.web.log_files import PREFIX
from almoner.web.pages import TARGETED, Headers, Page, choose
from almoner.web.sharing import code_in, is_share
from almoner.web.slots import fill
from almoner.web.state import State

logger = logging.getLogger(__name__)

# Django's views at work at once. Each has a thread and a database connection, and a log-in
# takes 100 MB while its password is hashed: sixty at once took 4.5 GB. Python runs one thread
# at a time, so more would not be sooner.
MAX_VIEWS = 8

# Django's own parts, and what it answers itself: never kept as pages.
_UNKEPT = ("/admin/", "/static/", "/media/", "/api/")
# What readers and machines are given of the site's own words, and is kept: pages, feeds, sitemaps.
_TEXTS = frozenset(
    (
        b"text/html",
        b"application/rss+xml",
        b"application/atom+xml",
        b"application/feed+json",
        b"application/xml",
    )
)
_DEPENDS = b"x-depends-on"
# What is set anew once the figures are in: Django could not know them.
_LENGTHS = (b"content-length", _DEPENDS, TARGETED)
_REMADE = (*_LENGTHS, b"vary")
_FRESH = ((b"cache-control", b"no-store"), (b"access-control-allow-origin", b"*"))

_NOTHING = {"type": "http.response.body", "body": b""}

Route = Callable[[Scope, Receive, Send], Awaitable[None]]


class FrontDoor:
    """The ASGI application of one server process."""

    def __init__(self, make_state: Callable[[], State]) -> None:
        self._make_state = make_state
        self._django = _Django()
        self._routes: dict[tuple[str, str], Route] = {}
        self._hot_paths: frozenset[str] = frozenset()
        self.state: State | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        state = self.state
        assert state is not None, "a request before the server has started"
        method, path = scope["method"], scope["path"]
        route = self._routes.get((method, path))
        if route is not None:
            await self._hot(route, scope, receive, send)
        elif path in self._hot_paths:
            allowed = ", ".join(each for each, of in self._routes if of == path)
            await _refuse_method(send, method, path, allowed)
        elif path.startswith(PREFIX) and path != PREFIX:
            await self._hot(self._log_file, scope, receive, send)
        elif path.startswith(embeds.BADGES) and method in ("GET", "HEAD"):
            await self._hot(self._badge, scope, receive, send)
        elif is_share(path):
            await self._hot(state.sharing, scope, receive, send)
        elif path.startswith(deliveries.PREFIX):
            await self._delivery(state, scope, receive, send)
        elif (method == "GET" or method == "HEAD") and not path.startswith(_UNKEPT):
            await self._page(state, scope, receive, send)
        else:
            await self._through(state, scope, receive, send)

    def open(self) -> None:
        """Set the process up; called on the running event loop."""
        self.state = state = self._make_state()
        self._routes = {
            ("POST", "/api/v1/events"): lambda *asgi: state.events(*asgi),
            ("POST", "/reads/begin"): state.reads.begin,
            ("POST", "/reads/finish"): state.reads.finish,
            ("GET", "/counters"): self._counters,
            ("GET", "/api/v1/counters"): self._counters,
            ("GET", "/counters/stream"): self._stream,
            ("GET", "/healthz"): self._health,
            ("GET", embeds.WIDGET): self._widget,
            ("HEAD", "/counters"): self._counters,
            ("HEAD", "/api/v1/counters"): self._counters,
            ("HEAD", "/healthz"): self._health,
            ("HEAD", embeds.WIDGET): self._widget,
        }
        self._hot_paths = frozenset(path for _, path in self._routes)

    async def close(self) -> None:
        """Finish what was accepted."""
        if self.state is not None:
            await self.state.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self.state is None:
                    self.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _hot(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await route(scope, receive, send)
        except Problem as problem:
            await respond_problem(send, problem)
        except Disconnected:
            logger.info("A sender of %s left before its body was whole", scope["path"])
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            await respond_problem(send, UNEXPECTED)

    async def _delivery(self, state: State, scope: Scope, receive: Receive, send: Send) -> None:
        if not deliveries.kind_of(scope["path"]):
            await respond_problem(send, deliveries.NO_SOURCE)
        elif scope["method"] != "POST":
            await _refuse_method(send, scope["method"], scope["path"], "POST")
        else:
            await self._hot(state.deliveries, scope, receive, send)

    async def _counters(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.state is not None
        await self.state.catch_up()
        await respond(send, 200, self.state.snapshot.body, headers=_FRESH)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = self.state
        assert state is not None
        await state.catch_up()
        first = first_event(state.snapshot, scope)
        await serve(first, state.broadcast, lambda: state.closing, receive, send)

    async def _widget(self, scope: Scope, receive: Receive, send: Send) -> None:
        await embeds.widget(scope, send)

    async def _badge(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.state is not None
        await self.state.catch_up()
        await embeds.draw_badge(self.state.snapshot, scope, send)

    async def _log_file(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.state is not None
        await self.state.log_files(scope, send)

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, b'{"status":"ok"}', headers=_FRESH)

    async def _page(self, state: State, scope: Scope, receive: Receive, send: Send) -> None:
        host = encoding = cookie = match = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"accept-encoding":
                encoding = value
            elif name == b"cookie":
                cookie += value  # HTTP/2 may send several (RFC 9113, 8.2.3)
            elif name == b"if-none-match":
                match = value
        # Whoever came by a share link reads the same bytes: the script alone looks at its code.
        code = scope["query_string"] if code_in(scope["query_string"]) else b""
        if code:
            scope = {**scope, "query_string": b""}
        if scope["query_string"] or b"sessionid" in cookie or not is_ours(host):
            await self._through(state, scope, receive, send)
            return
        await state.catch_up()
        marks = state.marks
        address = scope["path"]
        page = state.pages.get(address, marks.shown, marks.size)
        if page is None:
            page = await self._render(state, scope, receive, send, code)
            if page is None:
                return
            state.pages.put(address, page)
        form = page.form(choose(encoding), state.snapshot)
        if match and (form.tag in match or match == b"*"):
            headers = [pair for pair in form.start["headers"] if pair[0] != b"content-length"]
            await send({**form.start, "status": 304, "headers": headers})
            await send(_NOTHING)
        else:
            await send(form.start)
            await send(form.body if scope["method"] == "GET" else _NOTHING)

    async def _render(
        self, state: State, scope: Scope, receive: Receive, send: Send, code: bytes
    ) -> Page | None:
        """A page from Django, or None where the answer is no page and was sent as it is.

        A redirect takes the `code` along that Django was not shown.
        """
        marks = state.marks
        answer = _Answer(send, hold=_is_text)
        await self._django({**scope, "method": "GET"}, receive, answer)
        if answer.start is None:
            return None
        if not _is_page(answer.start):
            if code:
                answer.start["headers"] = _with_query(answer.headers, code)
            await answer.release(state)
            return None
        depends = any(name == _DEPENDS for name, _ in answer.headers)
        kept = tuple(pair for pair in answer.headers if pair[0] not in _REMADE)
        return Page(marks.shown, marks.size if depends else None, kept, bytes(answer.body))

    async def _through(self, state: State, scope: Scope, receive: Receive, send: Send) -> None:
        """Django's answer, its slots filled, the pages told of what it may have changed."""
        changes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        # What may have changed something is answered, a redirect too, when the change is seen.
        answer = _Answer(send, hold=(lambda _: True) if changes else _is_text)
        await self._django(scope, receive, answer)
        await (state.look() if changes else state.catch_up())
        if answer.start is not None:
            await answer.release(state)


async def _refuse_method(send: Send, method: str, path: str, allowed: str) -> None:
    problem = wrong_method(path, allowed, method)
    allow = ((b"allow", allowed.encode()),)
    await respond(send, problem.status, problem.body(), MEDIA_TYPE, allow)


class _Django(ASGIHandler):
    """Django, with a bound on the views at work. Reading and sending wait for no one's turn."""

    def __init__(self) -> None:
        super().__init__()
        self._room = asyncio.Semaphore(MAX_VIEWS)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, once there is room."""
        async with self._room:
            return await super().get_response_async(request)  # type: ignore[misc]


class _Answer:
    """Holds an answer back where `hold` says so, and passes any other on as it comes."""

    def __init__(self, send: Send, hold: Callable[[Any], bool]) -> None:
        self.start: Any = None
        self.body = bytearray()
        self._send = send
        self._hold = hold

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The held answer's headers, their names in lower case."""
        return [(name.lower(), value) for name, value in self.start["headers"]]

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and self._hold(message):
            self.start = message
        elif self.start is not None:
            self.body += message.get("body", b"")
        else:
            await self._send(message)

    async def release(self, state: State) -> None:
        """Send what was held, its figures filled in."""
        body = fill(bytes(self.body), state.snapshot.tag, state.snapshot.text)
        headers = [pair for pair in self.headers if pair[0] not in _LENGTHS]
        headers.append((b"content-length", b"%d" % len(body)))
        await self._send({**self.start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _with_query(headers: Iterable[tuple[bytes, bytes]], query: bytes) -> Headers:
    """Headers whose redirect leads on with this query, where it has none of its own."""
    return tuple(
        (name, value + b"?" + query if name == b"location" and b"?" not in value else value)
        for name, value in headers
    )


def _is_text(start: Any) -> bool:
    return any(
        name.lower() == b"content-type" and value.partition(b";")[0] in _TEXTS
        for name, value in start["headers"]
    )


def _is_page(start: Any) -> bool:
    """A whole public page, feed or list of them: found, the same for everybody."""
    if start["status"] != 200 or not _is_text(start):
        return False
    names = {name.lower(): value for name, value in start["headers"]}
    private = names.get(TARGETED, names.get(b"cache-control", b""))
    return b"set-cookie" not in names and b"no-store" not in private and b"private" not in private


def make_application() -> FrontDoor:
    """The front door for the settings of this process's environment."""
    from almoner import config
    from almoner.stories.schedule import publish_due

    django.setup()
    chosen = config.load()
    return FrontDoor(lambda: State(chosen, publish_due))
