"""`almoner witness key NAME` and `almoner witness serve`.

They end with 0 when they did what they say, with 1 and one clear sentence when they could not.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from almoner.audit import cosigner
from almoner.audit.cosigner import PASSPHRASE, WitnessError
from almoner.log import policy as policies
from almoner.log.note import VerifierKey
from almoner.log.policy import PolicyError

witness_app = App(name="witness", help="Cosign other publishers' logs, and refuse roll-backs.")
errors = Console(stderr=True)

Home = Annotated[
    Path,
    Parameter(
        env_var="ALMONER_WITNESS_HOME", help="The directory of its key and of what it cosigned."
    ),
]


@witness_app.command
def key(
    name: Annotated[
        str,
        Parameter(help="A new witness's name, such as witness.example.org; none: show its key."),
    ] = "",
    *,
    home: Home = Path("witness"),
) -> None:
    """Make a witness's key and print its public half, or print that of the one there is."""
    with _told():
        made = cosigner.make(home, name, _passphrase()) if name else cosigner.public_key(home)
        print(made)


@witness_app.command
def serve(
    policy: Annotated[Path, Parameter(help="A C2SP tlog-policy file with a `log` line a log.")],
    *,
    home: Home = Path("witness"),
    host: Annotated[str, Parameter(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="The port to listen on.")] = 8100,
) -> None:
    """Cosign the logs of a policy until it is stopped."""
    from almoner.audit import witness

    with _told():
        opened = cosigner.load(home, _logs(policy), _passphrase())
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        named = f"{opened.key.name} cosigns {len(opened.origins)} logs at {address}"
        witness.run(opened, host, port, lambda: print(named, flush=True))


def _logs(path: Path) -> tuple[VerifierKey, ...]:
    try:
        logs = policies.parse(path.read_text("utf-8")).logs
    except (OSError, UnicodeDecodeError, PolicyError) as error:
        raise WitnessError(f"{path}: {error}.") from None
    if not logs:
        raise WitnessError(f"{path} names no log to cosign: add a line `log <verifier key>`.")
    return logs


def _passphrase() -> str:
    return os.environ.get(PASSPHRASE, "")


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except WitnessError as error:
        errors.print(f"[red]almoner:[/] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None
