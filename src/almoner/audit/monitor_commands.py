"""`almoner monitor SOURCE`: a line for each alert, and a webhook where one is named.

With `--once` it ends with 0 when all is well, with 2 when an alert is raised, and with 1 and
one clear sentence when it could not watch at all. Without, it goes on until it is stopped.
"""

import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console

from almoner.audit import memory as memories
from almoner.audit.alerts import HookError, Post, hook, update
from almoner.audit.memory import Memory
from almoner.audit.monitor import Seen, Watch, look
from almoner.audit.sources import Site, SourceError, open_source, state_path
from almoner.log import policy as policies
from almoner.log.note import NoteError, parse_key
from almoner.log.policy import Policy, PolicyError

ALERTED = 2
SECRET = "ALMONER_MONITOR_SECRET"  # noqa: S105 - the name of a setting

errors = Console(stderr=True)


def monitor(
    source: Annotated[str, Parameter(help="A site's address, or a directory of a log's files.")],
    *,
    once: Annotated[
        bool, Parameter(help="Look once, and end with 2 where anything is wrong.")
    ] = False,
    every: Annotated[int, Parameter(help="Seconds from one look to the next.")] = 60,
    key: Annotated[
        tuple[str, ...], Parameter(help="The log's verifier key, where you know it from elsewhere.")
    ] = (),
    policy: Annotated[
        Path | None, Parameter(help="A C2SP tlog-policy file: the log, witnesses, the quorum.")
    ] = None,
    site: Annotated[
        str, Parameter(help="The site whose counters to compare, where SOURCE is a directory.")
    ] = "",
    stale: Annotated[
        int, Parameter(help="Seconds that entries may wait for a checkpoint.")
    ] = 3_600,
    webhook: Annotated[str, Parameter(help="An address to post each alert to.")] = "",
    state: Annotated[
        Path | None, Parameter(help="Where to remember what was seen; one is kept for you.")
    ] = None,
) -> None:
    """Watch a public log, and say when it is forked, rolled back, altered or stale."""
    try:
        watch = _watch(source, key, policy, site, stale)
        post = hook(webhook, os.environ.get(SECRET, ""), watch.source.name) if webhook else None
        path = state or state_path("monitor", source)
        with suppress(KeyboardInterrupt):
            if once:
                raise SystemExit(0 if _round(watch, path, post, every_alert=True) else ALERTED)
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            while True:
                _round(watch, path, post, every_alert=False)
                time.sleep(every)
    except (SourceError, HookError) as error:
        errors.print(f"[red]almoner:[/] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


def _round(watch: Watch, path: Path, post: Post | None, *, every_alert: bool) -> bool:
    """Look once and say what there is to say; whether all is well."""
    before = memories.read(path)
    now = int(time.time())
    seen = look(watch, before, now, time.sleep)
    raised, troubles = update(before.raised, seen.alerts, now, post, whole=seen.whole)
    for alert in seen.alerts:
        if every_alert or alert.kind not in before.raised:
            _say(f"{alert.kind}: {alert.sentence}")
    for trouble in troubles:
        _say(trouble)
    for kind in before.raised.keys() - raised.keys():
        print(f"{_moment()} cleared: {kind}", flush=True)
    _tell_growth(watch, before, seen)
    memories.write(path, msgspec.structs.replace(seen.memory, raised=raised))
    return not raised


def _tell_growth(watch: Watch, before: Memory, seen: Seen) -> None:
    held, had = seen.memory.held, before.held
    if seen.whole and held is not None and (had is None or held != had):
        new = held.size - (had.size if had else 0)
        print(
            f"{_moment()} {held.origin}: {held.size} entries verified, {new} of them new",
            flush=True,
        )


def _watch(source: str, keys: tuple[str, ...], policy: Path | None, site: str, stale: int) -> Watch:
    opened = open_source(source)
    window = Site(site) if site else None
    try:
        trusted = policies.parse(policy.read_text("utf-8")) if policy else Policy()
    except (OSError, UnicodeDecodeError, PolicyError) as error:
        raise SourceError(f"{policy}: {error}.") from None
    try:
        given = tuple(map(parse_key, keys)) or trusted.logs
    except NoteError as error:
        raise SourceError(f"--key: {error}.") from None
    return Watch(opened, given, trusted, stale, window)


def _say(text: str) -> None:
    # What a log says of itself is printed as it is: nothing in it is markup.
    errors.print(f"{_moment()} {text}", markup=False, highlight=False, soft_wrap=True)


def _moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
