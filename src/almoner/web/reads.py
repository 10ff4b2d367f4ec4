"""`POST /reads/begin` and `POST /reads/finish`: a reader's page says that it is being read.

Answers 200 to every page of ours, also where a read does not count: then with a stable code and
a sentence, because that is no error and must not disturb the reading. What is no request of a
page of ours is a problem (RFC 9457). Nothing of a request is logged, and no cookie is set.
"""

from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Annotated

import msgspec

from almoner.counters.snapshot import Counter, Snapshot
from almoner.intake.http import Receive, Scope, Send, read_body, respond
from almoner.intake.problem import Problem, decode
from almoner.reading import rules
from almoner.reading.batch import Counted, Gift, Receipt
from almoner.reading.reads import Reads
from almoner.reading.rules import Refusal
from almoner.web import clients
from almoner.web.clients import Proxies
from almoner.web.readable import Readable

MAX_BODY = 1_000  # bytes: a token and a share code need a hundred
FRESH = ((b"cache-control", b"no-store"),)

Find = Callable[[int], Awaitable[Readable | None]]


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends when its story comes into view."""

    story: Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]


class Finish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page sends when its story was read. `share` is the code its reader came by."""

    token: Annotated[str, msgspec.Meta(max_length=100)]
    # A whole day: no read lasts longer.
    dwell_ms: Annotated[int, msgspec.Meta(ge=0, le=rules.DAY_MS)]
    depth: Annotated[int, msgspec.Meta(ge=0, le=100)]
    share: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Begun(msgspec.Struct, frozen=True):
    """What begin answers: the token, and what the read must come to."""

    token: str
    dwell_ms: int
    depth: int


class Given(msgspec.Struct, frozen=True):
    """What the read gave for a cause: `share` is whole units of it, such as `1/300`."""

    cause: str
    label: str
    unit: str
    kind: str
    share: str


class Finished(msgspec.Struct, frozen=True):
    """What finish answers to a read that counted. `receipt` is null where it gave nothing."""

    counted: bool
    given: tuple[Given, ...]
    receipt: Receipt | None


class Refused(msgspec.Struct, frozen=True):
    """What both answer where a read does not count, and why."""

    counted: bool
    code: str
    detail: str


_read_begin = msgspec.json.Decoder(Begin).decode
_read_finish = msgspec.json.Decoder(Finish).decode
_encode = msgspec.json.Encoder().encode


class ReadsApi:
    """See the module. `find` knows the stories, `snapshot` the causes as they are called now."""

    def __init__(
        self, reads: Reads, find: Find, proxies: Proxies, snapshot: Callable[[], Snapshot]
    ) -> None:
        self._reads = reads
        self._find = find
        self._proxies = proxies
        self._snapshot = snapshot

    async def begin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a token, or why there is none."""
        asked = decode(_read_begin, await _own_body(scope, receive))
        refusal = _excluded(scope)
        found = None if refusal else await self._find(asked.story)
        if found is None:
            await _tell(send, refusal or Refusal("not-counted-here"))
            return
        token = await self._reads.begin(found.story, clients.visitor(scope, self._proxies))
        needed = rules.needed(found.story.words)
        await _tell(send, Begun(token, needed.dwell_ms, needed.depth))

    async def finish(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer once the read is counted for good, or with why it is not."""
        ended = decode(_read_finish, await _own_body(scope, receive))
        token = _excluded(scope) or self._reads.opened(ended.token)
        if isinstance(token, Refusal):
            await _tell(send, token)
            return
        found = await self._find(token.story)
        if found is None:
            await _tell(send, Refusal("not-counted-here"))
            return
        visitor = clients.visitor(scope, self._proxies)
        answer = await self._reads.finish(
            token, found.story, visitor, ended.dwell_ms, ended.depth, ended.share
        )
        await _tell(send, self._counted(answer) if isinstance(answer, Counted) else answer)

    def _counted(self, counted: Counted) -> Finished:
        causes = {counter.cause: counter for counter in self._snapshot().document.counters}
        given = tuple(_given(gift, causes.get(gift.cause)) for gift in counted.gifts)
        return Finished(True, given, counted.receipt)


async def _own_body(scope: Scope, receive: Receive) -> bytes:
    require_own_page(scope)
    return await read_body(receive, MAX_BODY)


def require_own_page(scope: Scope) -> None:
    """Raise a `Problem` for what another site's page had its reader's browser send."""
    if not clients.is_own_page(scope):
        raise Problem(
            403,
            "foreign-origin",
            "Only a page of this site may ask that",
            "Send it from a page of this site, with its Origin.",
        )


def _excluded(scope: Scope) -> Refusal | None:
    if clients.is_program(scope):
        return Refusal("bot")
    return Refusal("prefetch") if clients.is_ahead_of_reader(scope) else None


def _given(gift: Gift, counter: Counter | None) -> Given:
    share = gift.share / Fraction(10**gift.scale)
    label, kind = (counter.label, counter.kind) if counter else (gift.cause, "count")
    return Given(gift.cause, label, gift.unit, kind, str(share))


async def _tell(send: Send, answer: Begun | Finished | Refusal) -> None:
    if isinstance(answer, Refusal):
        body = _encode(Refused(False, answer.code, answer.detail))
    else:
        body = _encode(answer)
    await respond(send, 200, body, headers=FRESH)
