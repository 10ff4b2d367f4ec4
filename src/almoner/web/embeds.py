"""What other people's pages take from us: `/widget.js`, and `/badge/<cause>.svg`.

Guarantee: the widget is one file at a fixed address, so that a page with a strict policy has
one address to allow: the modules that it is written in are put together here. Either may be
used by any origin, is checked by its tag, and may be shown for a day by a cache in front of a
server that is down. Limit: a new widget or figure reaches a page that kept the old one when
its time is over, ten minutes and one.
"""

import re
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from urllib.parse import parse_qs

import brotli
import rjsmin

from almoner.counters import badge
from almoner.counters.snapshot import Snapshot
from almoner.intake.http import Scope, Send, header, respond
from almoner.intake.problem import Problem
from almoner.web.pages import choose, compress

WIDGET = "/widget.js"
BADGES = "/badge/"

_MODULES = Path(badge.__file__).parent / "static" / "counters"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=class|function|const)", re.MULTILINE)
_BADGE = re.compile(r"([a-z0-9-]{1,64})\.svg")

_ANYBODY = (
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
_MEANWHILE = b"stale-while-revalidate=60, stale-if-error=86400"
# Opened by itself, a badge is a document: it may style itself and do nothing else.
_STILL = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'")

_NO_BADGE = Problem(
    404,
    "unknown-cause",
    "There is no such badge",
    "A badge is at /badge/<cause>.svg, by the cause's short name as /counters has it.",
)


async def widget(scope: Scope, send: Send) -> None:
    """Answer with the widget."""
    encoding = choose(header(scope, b"accept-encoding").encode())
    headers = (
        (b"cache-control", b"public, max-age=600, " + _MEANWHILE),
        (b"vary", b"accept-encoding"),
    )
    if encoding != "identity":
        headers += ((b"content-encoding", encoding.encode()),)
    await _answer(scope, send, _form(encoding), b"text/javascript; charset=utf-8", headers)


async def draw_badge(snapshot: Snapshot, scope: Scope, send: Send) -> None:
    """Answer with a cause's badge; `?lang=ar` has its label in another language."""
    found = _BADGE.fullmatch(scope["path"].removeprefix(BADGES))
    cause = found[1] if found else ""
    counter = next((each for each in snapshot.document.counters if each.cause == cause), None)
    if counter is None:
        raise _NO_BADGE
    language = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
    label = counter.labels.get(language, counter.label)
    body = badge.draw(label, counter.shown.text).encode()
    headers = (_STILL, (b"cache-control", b"public, max-age=60, " + _MEANWHILE))
    await _answer(scope, send, body, b"image/svg+xml; charset=utf-8", headers)


@lru_cache(maxsize=1)
def bundle() -> bytes:
    """The widget's modules as one, without comments."""
    text = _IMPORT.sub(lambda found: _read(found[1]), _read("widget.js"))
    assert "\nimport " not in text, "an import that is not of a file beside it"
    minified = rjsmin.jsmin(text)
    assert isinstance(minified, str), "text comes out as text"
    return minified.encode()


def _read(name: str) -> str:
    return _EXPORT.sub("", (_MODULES / name).read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def _form(encoding: str) -> bytes:
    # Once in a process, so at the best that Brotli has.
    return brotli.compress(bundle()) if encoding == "br" else compress(bundle(), encoding)


async def _answer(
    scope: Scope,
    send: Send,
    body: bytes,
    media_type: bytes,
    headers: tuple[tuple[bytes, bytes], ...],
) -> None:
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'.encode()
    headers += (*_ANYBODY, (b"etag", tag))
    match = header(scope, b"if-none-match").encode()
    if match and (tag in match or match == b"*"):
        await send({"type": "http.response.start", "status": 304, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b""})
    else:
        await respond(send, 200, body, media_type, headers)
