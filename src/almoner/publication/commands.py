"""The operator's commands for the public log: `almoner keys …`, `fsck`, `forget`."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress

from almoner import config
from almoner.config import ConfigError, Settings
from almoner.ledger import Database, connect, reads, schema
from almoner.ledger.forget import forget as forget_event
from almoner.publication import fsck as checking
from almoner.publication import keys
from almoner.publication.keys import Keys
from almoner.publication.stores import open_store

keys_app = App(name="keys", help="The keys that sign the public log.")
console = Console()


@keys_app.command
def new() -> None:
    """Make an installation's first key; `almoner init` does it, too."""
    _show(keys.create(config.load()))


@keys_app.command
def rotate() -> None:
    """Add a key, endorsed by the newest. Both sign, so that nobody has to act at once."""
    settings = config.load()
    with _ledger(settings) as db:
        _show(keys.rotate(settings, reads.head(db).size))
    console.print(
        "\nGive witnesses and auditors the new key; then `almoner keys retire` the old one.",
        highlight=False,
    )


@keys_app.command
def show() -> None:
    """Print every key's public half, oldest first, and which of them sign."""
    _show(keys.load(config.load()))


@keys_app.command
def retire(
    key_id: Annotated[str, Parameter(help="Its eight digits, as `almoner keys show` has them.")],
) -> None:
    """Destroy the private half of an older key. What it signed stays verifiable."""
    settings = config.load()
    keys.retire(settings, key_id)
    _show(keys.load(settings))


def fsck(
    *,
    mend: Annotated[bool, Parameter(help="Write missing and altered files anew.")] = False,
) -> None:
    """Hold database, log and files against one another, and say how to mend what differs."""
    settings = config.load()
    marks = {"fine": "[green]✓[/]", "mended": "[yellow]✓ mended:[/]", "wrong": "[red]✗[/]"}
    wrong = 0
    columns = ("Reading", BarColumn(), MofNCompleteColumn())
    with _ledger(settings) as db, Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        for found in checking.examine(
            settings,
            db,
            open_store(settings),
            mend=mend,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        ):
            wrong += found.level == "wrong"
            console.print(f"{marks[found.level]} {escape(found.what)}", highlight=False)
            if found.mend:
                console.print(f"    → {escape(found.mend)}", style="dim", highlight=False)
    if wrong:
        raise SystemExit(1)


def forget(
    source: Annotated[str, Parameter(help="Where the event came from, such as shopify:demo.")],
    ref: Annotated[str, Parameter(help="What it is known as there, such as order/450789469.")],
) -> None:
    """Destroy what links an order to its entries in the log. It cannot be undone."""
    with _ledger(config.load()) as db:
        if not forget_event(db, source, ref):
            raise ConfigError(
                f"There is nothing to forget: {ref} of {source} never came, or was forgotten. The "
                "admin's list of events has both names."
            )
    console.print("Forgotten. Its entries stay, and nobody can tell any more whose they are.")


@contextmanager
def _ledger(settings: Settings) -> Generator[Database]:
    db = connect(settings.sqlite_path or settings.database)
    try:
        schema.check(db)
        yield db
    finally:
        db.close()


def _show(held: Keys) -> None:
    signing = {str(each.key) for each in held.signers}
    for listed in held.listed.keys:
        state = "signs" if listed.vkey in signing else "retired"
        console.print(f"{listed.vkey}", highlight=False, soft_wrap=True)
        console.print(f"    from entry {listed.since:,}; {state}", style="dim", highlight=False)
