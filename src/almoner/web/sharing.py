"""`/share/<story>/<network>` and `POST /share/<story>`: share links that carry a code.

A click is no share: all that happens is that a code is made, which is kept nowhere, and that the
reader is sent to the network's own page with it in the story's address. Programs, HEAD and what
is fetched ahead are sent on without a code. Works without script; with it, a page asks for the
code by POST, keeps it on its device, and takes it along as `?s=`.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec

from almoner.intake.http import Receive, Scope, Send, read_body, respond
from almoner.intake.problem import Problem, decode, wrong_method
from almoner.reading import share_code
from almoner.reading.reads import Reads
from almoner.stories.networks import NETWORKS
from almoner.web import clients
from almoner.web.clients import Proxies
from almoner.web.readable import Readable
from almoner.web.reads import FRESH, MAX_BODY, require_own_page

_PATH = re.compile(r"/share/([1-9][0-9]{0,9})(?:/([a-z]{1,20}))?")
# A share page is no place that a search engine should go to.
_UNLISTED = (*FRESH, (b"x-robots-tag", b"noindex, nofollow"), (b"referrer-policy", b"no-referrer"))

_NO_SUCH = Problem(
    404, "no-such-share", "There is nothing to share here", "Share a story from its own page."
)


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends to have a code made. `share` is the code its reader came by."""

    share: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Coded(msgspec.Struct, frozen=True):
    """A share link: its code, the story's address with it, and where it says what it did."""

    code: str
    url: str
    did: str


_read_ask = msgspec.json.Decoder(Ask).decode
_encode = msgspec.json.Encoder().encode


def is_share(path: str) -> bool:
    """Whether an address is for this module."""
    return _PATH.fullmatch(path) is not None


def code_in(query: bytes) -> str:
    """The share code of an address whose query is that and nothing else, or ""."""
    name, _, code = query.decode("latin-1").partition("=")
    return code if name == "s" and share_code.SHAPE.fullmatch(code) else ""


class Sharing:
    """See the module."""

    def __init__(
        self, reads: Reads, find: Callable[[int], Awaitable[Readable | None]], proxies: Proxies
    ) -> None:
        self._reads = reads
        self._find = find
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for an address that `is_share`."""
        match = _PATH.fullmatch(scope["path"])
        assert match is not None, f"{scope['path']} shares nothing"
        method, network = scope["method"], match[2]
        if method not in (("GET", "HEAD") if network else ("POST",)):
            raise wrong_method(scope["path"], "GET, HEAD" if network else "POST", method)
        if network and network not in NETWORKS:
            raise _NO_SUCH
        found = await self._find(int(match[1]))
        if found is None or found.story.id > share_code.MAX_STORY:
            raise _NO_SUCH
        if network:
            await self._forward(scope, send, found, network)
        else:
            await self._mint(scope, receive, send, found)

    async def _forward(self, scope: Scope, send: Send, found: Readable, network: str) -> None:
        url = found.url
        made = self._reads.code(code_in(scope["query_string"]))
        if made is not None and made.story == found.story.id:
            url = _coded(found, made.text)
        elif scope["method"] == "GET" and not _excluded(scope):
            url = _coded(found, await self._code(scope, found, ""))
        address = NETWORKS[network].address(found.title, url, found.picture)
        location = (b"location", address.encode())
        await respond(send, 303, b"", b"text/plain", (*_UNLISTED, location))

    async def _mint(self, scope: Scope, receive: Receive, send: Send, found: Readable) -> None:
        require_own_page(scope)
        ask = decode(_read_ask, await read_body(receive, MAX_BODY))
        if _excluded(scope):
            raise _NO_SUCH
        code = await self._code(scope, found, ask.share)
        answer = Coded(code, _coded(found, code), f"/shared/{code}/")
        await respond(send, 200, _encode(answer), headers=_UNLISTED)

    async def _code(self, scope: Scope, found: Readable, parent: str) -> str:
        return await self._reads.mint(found.story, clients.visitor(scope, self._proxies), parent)


def _excluded(scope: Scope) -> bool:
    return clients.is_program(scope) or clients.is_ahead_of_reader(scope)


def _coded(found: Readable, code: str) -> str:
    return f"{found.url}?s={code}"
