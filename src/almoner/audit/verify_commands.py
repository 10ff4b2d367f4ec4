"""`almoner verify SOURCE` and `almoner verify receipt FILE`.

They end with 0 when everything holds, with 1 when something does not, and with 2 when it
could not be looked at.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from almoner.audit import bundle, verifying
from almoner.audit.report import render, render_read, render_receipt
from almoner.audit.sources import SourceError, open_source, state_path
from almoner.audit.verifying import Report, Seen, Trust, VerifyError
from almoner.log import policy as policies
from almoner.log import read_receipt, receipt
from almoner.log.note import NoteError, VerifierKey, parse_key
from almoner.log.policy import Policy, PolicyError
from almoner.log.proof import ProofError
from almoner.log.receipt import ReceiptError

DIFFERS, UNREADABLE = 1, 2

verify_app = App(name="verify", help="Recount every number of a public log, or verify a receipt.")
console = Console()
errors = Console(stderr=True)

Key = Annotated[str, Parameter(help="The log's verifier key, where you know it from elsewhere.")]
PolicyFile = Annotated[Path | None, Parameter(name="--policy", help="A C2SP tlog-policy file.")]
Json = Annotated[bool, Parameter(name="--json", help="Print what was found for programs.")]


@verify_app.default
def verify(
    source: Annotated[str, Parameter(help="A site's address, a directory, or an audit bundle.")],
    *,
    key: Key = "",
    policy: PolicyFile = None,
    state: Annotated[
        Path | None, Parameter(help="Where to remember what was seen; one is kept for you.")
    ] = None,
    processes: Annotated[int | None, Parameter(help="How many to work at once.")] = None,
    as_json: Json = False,
) -> None:
    """Verify signatures, every entry and tile, and recount every number that is shown."""
    with _told():
        kept = state or state_path("verify", source)
        trust = Trust(_key(key), _policy(policy), verifying.read_seen(kept))
        report, seen = _verify(source, trust, processes, quiet=as_json)
        if as_json:
            _print_json(report)
        else:
            console.print(render(report))
        if not report.holds:
            raise SystemExit(DIFFERS)
        verifying.write_seen(kept, seen)


@verify_app.command(name="receipt")
def verify_receipt(
    file: Annotated[Path, Parameter(help="A receipt, as its page gives it.")],
    *,
    key: Key = "",
    policy: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """Verify a receipt without the network, by a key you know."""
    with _told():
        trusted = _policy(policy)
        known = _key(key)
        keys = [*trusted.keys, *([known] if known else [])]
        if not keys:
            raise SourceError(
                "A receipt is verified by the log's key: name it with --key or --policy. The site "
                "has it in log/keys.json, and `almoner verify` prints it."
            )
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{file} cannot be read as a receipt: {error}.") from None
        try:
            of_read = read_receipt.verify(text, keys) if read_receipt.is_one(text) else None
            found = of_read.entry if of_read else receipt.verify(text, keys)
        except (ReceiptError, ProofError, NoteError) as error:
            raise VerifyError(f"{file}: {error}.") from None
        if not trusted.is_met(found.note.verified):
            raise VerifyError(f"{file}: the policy's quorum {trusted.quorum} is not met.")
        if as_json:
            held = {"index": found.index, "source": found.source, "ref": found.ref}
            entry = msgspec.json.decode(found.entry)
            read = {"read": of_read.read, "place": of_read.place} if of_read else {}
            _print_json({**held, "size": found.checkpoint.size, "entry": entry, **read})
        else:
            console.print(render_read(of_read) if of_read else render_receipt(found))


def audit(
    file: Annotated[Path, Parameter(help="The zip file to write.")],
    *,
    source: Annotated[str, Parameter(help="A site's address, or a directory.")] = "",
) -> None:
    """Write a bundle of a whole log for `almoner verify`; of this installation's own by default."""
    with _told():
        columns = ("Copying", BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=errors, transient=True) as bar:
            task = bar.add_task("", total=None)
            home = os.environ.get("ALMONER_HOME") or ".almoner"
            found = bundle.write(
                open_source(source or home),
                file,
                lambda done, of: bar.update(task, completed=done, total=of),
            )
        console.print(f"{file} holds the log {found.origin} of {found.size:,} entries.")


def _verify(
    source: str, trust: Trust, processes: int | None, *, quiet: bool
) -> tuple[Report, Seen]:
    columns = ("Recounting", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)

        def progress(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        return verifying.verify(open_source(source), trust, processes=processes, progress=progress)


def _key(text: str) -> VerifierKey | None:
    try:
        return parse_key(text) if text else None
    except NoteError as error:
        raise SourceError(f"--key: {error}.") from None


def _policy(file: Path | None) -> Policy:
    try:
        return policies.parse(file.read_text("utf-8")) if file else Policy()
    except (OSError, UnicodeDecodeError, PolicyError) as error:
        raise SourceError(f"{file}: {error}.") from None


def _print_json(found: object) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    sys.stdout.flush()


@contextmanager
def _told() -> Generator[None]:
    """One sentence on standard error, and the exit code that goes with it."""
    try:
        yield
    except VerifyError as error:
        errors.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(DIFFERS) from None
    except SourceError as error:
        errors.print(f"[red]almoner:[/] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(UNREADABLE) from None
