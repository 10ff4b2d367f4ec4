"""The command line: `almoner init`, `serve`, `demo`, `work`, `doctor`, `key new` and more.

Every command ends with 0 when it did what it says, with 1 and one clear sentence when it
could not.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from almoner import config
from almoner.audit.monitor_commands import monitor
from almoner.audit.verify_commands import audit, verify_app
from almoner.audit.witness_commands import witness_app
from almoner.config import DEMO_SHOP_SECRET, ConfigError, Settings
from almoner.ledger.database import DatabaseError
from almoner.publication.commands import forget, fsck, keys_app
from almoner.publication.stores import StoreError
from almoner.statements.commands import statement
from almoner.stories.exporting import commands as exporting
from almoner.stories.importers import commands as importing

app = App(name="almoner", help="Stories, campaigns, an exact ledger, and counters to check.")
import_app = App(name="import", help="Bring in what exists already.")
webhook_app = App(name="webhook", help="Programs that are told what happens here.")
key_app = App(name="key", help="API keys for shops and programs.")
app.command(import_app)
app.command(key_app)
app.command(webhook_app)
app.command(verify_app)
app.command(audit)
app.command(keys_app)
app.command(fsck)
app.command(forget)
app.command(witness_app)
app.command(monitor)
app.command(statement)
importing.add_to(import_app, lambda: _ready())
exporting.add_to(app, lambda: _ready())

console = Console()
errors = Console(stderr=True)

Port = Annotated[int | None, Parameter(help="The port to serve on; otherwise the setting's.")]


@app.command
def init() -> None:
    """Set the home directory up, or bring it up to this version."""
    from almoner.web import install

    home = config.load().home
    install.write_settings(home, demo=False)
    settings = install.install(_say)
    console.print(f"[green]Ready.[/] Everything is in {settings.home}. Next:")
    here = Path(sys.argv[0])
    name = "almoner" if shutil.which("almoner") else str(here)
    console.print(f"  {name} manage createsuperuser   make the first log-in", soft_wrap=True)
    console.print(f"  {name} serve                    start the site", soft_wrap=True)


@app.command
def serve(*, port: Port = None) -> None:
    """Serve the site until it is stopped."""
    settings = _settings(port)
    _django()
    from almoner.web import serve as server

    _check_database(settings)
    server.run(settings, lambda: console.print(f"Serving on [link]{settings.address}[/]"))


@app.command
def work() -> None:
    """Run a worker by itself: long jobs, e-mail and webhooks, until it is stopped."""
    _check_database(config.load())
    _django()
    from almoner.jobs import beside

    beside.run()


@app.command
def demo(*, port: Port = None) -> None:
    """Set up a demonstration with stories, causes and campaigns, and serve it."""
    from almoner.web import install

    install.write_settings(config.load().home, demo=True)
    settings = _settings(port)
    if not settings.demo:
        raise ConfigError(
            f"{settings.home} is a real installation: choose another home for the demonstration "
            "with ALMONER_HOME=/some/where."
        )
    from almoner.web import serve as server

    server.check_port(settings)
    with console.status("Starting") as status:

        def step(text: str) -> None:
            console.print(f"  [green]✓[/] {text}")

        status.update("Setting up the database and files")
        install.install(lambda text: status.update(text))
        step(f"Database and files in {settings.home}")
        status.update("Loading the demonstration")
        _load_demo(status.update)
        step("Stories, causes, campaigns, half a year of their promises, and log-ins")
    server.run(settings, lambda: _welcome(settings))


@app.command
def doctor() -> None:
    """Say what is wrong with this installation, and how to mend it."""
    settings = config.load()
    _django()
    from almoner.web.install import examine

    _show(settings)
    marks = {"fine": "[green]✓[/]", "warning": "[yellow]![/]", "wrong": "[red]✗[/]"}
    wrong = 0
    for finding in examine(settings):
        wrong += finding.level == "wrong"
        console.print(f"{marks[finding.level]} {escape(finding.what)}", highlight=False)
        if finding.mend:
            console.print(f"    → {escape(finding.mend)}", style="dim", highlight=False)
    if wrong:
        raise SystemExit(1)


@app.command
def manage(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
    """Run one of Django's or Wagtail's own commands, such as `createsuperuser`."""
    _django()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["almoner manage", *arguments])


@import_app.command(name="page")
def import_page(
    file: Annotated[
        str,
        Parameter(
            help="A saved page, HTML or plain text; - reads standard input.",
            allow_leading_hyphen=True,
        ),
    ],
    *,
    apply: Annotated[bool, Parameter(help="Write it: causes, and the story as a draft.")] = False,
    json: Annotated[bool, Parameter(help="Print what was understood for programs.")] = False,
) -> None:
    """Understand a page of an existing giving site; writes nothing unless told to."""
    from almoner.stories.importers import page as importer

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from None
    found = importer.read_page(data, file)
    if json:
        sys.stdout.buffer.write(importer.as_json(found) + b"\n")
        sys.stdout.flush()
    else:
        console.print(importer.describe(found))
    if apply:
        _check_database(config.load())
        _django()
        from almoner.stories.importers.apply import apply as write

        for line in write(found):
            errors.print(line, highlight=False)


@key_app.command(name="new")
def new_key(
    name: str, *, scope: Annotated[tuple[str, ...], Parameter(help="events:write, read")] = ()
) -> None:
    """Make an API key and print it, this once."""
    from almoner.intake import keys
    from almoner.web.state import open_database

    db = open_database(config.load())
    try:
        token = keys.create_key(db, name, scope or keys.SCOPES, datetime.now(UTC))
    except ValueError as error:
        raise ConfigError(f"The key was not made: {error}.") from None
    finally:
        db.close()
    print(token)


@webhook_app.command(name="new")
def new_webhook(
    url: str, *, type: Annotated[tuple[str, ...], Parameter(help="Empty: everything.")] = ()
) -> None:
    """Add an endpoint and print its signing secret, this once."""
    _check_database(config.load())
    _django()
    from almoner.notices.forms import EndpointForm
    from almoner.notices.webhooks import add

    form = EndpointForm({"url": url, "types": list(type)})
    if not form.is_valid():
        wrong = next(iter(form.errors.values()))[0]
        raise ConfigError(f"The webhook was not added: {wrong}")
    print(add(form.save(commit=False)).secret)


@webhook_app.command(name="test")
def test_webhooks() -> None:
    """Send every endpoint that is on a test; the worker delivers it within seconds."""
    _check_database(config.load())
    _django()
    from almoner.notices.models import Endpoint
    from almoner.notices.webhooks import send_test

    for endpoint in Endpoint.objects.filter(enabled=True):
        print(f"{send_test(endpoint).pk} to {endpoint.url}")


@app.command(name="config")
def show_config() -> None:
    """Print every setting as it is in force, secrets hidden."""
    _show(config.load())


def main() -> None:
    """Run the command line."""
    with _told():
        app()


@contextmanager
def _told() -> Iterator[None]:
    from almoner.stories.importers.page import ImportRefused

    try:
        yield
    except (ConfigError, DatabaseError, StoreError, ImportRefused) as error:
        errors.print(f"[red]almoner:[/] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


def _settings(port: int | None) -> Settings:
    if port is not None:
        os.environ["ALMONER_PORT"] = str(port)
    return config.load()


def _ready() -> None:
    _check_database(config.load())
    _django()


def _check_database(settings: Settings) -> None:
    if settings.sqlite_path is not None and not settings.sqlite_path.exists():
        raise DatabaseError(f"There is no database in {settings.home}: run `almoner init`.")


def _django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almoner.web.settings")
    django.setup()


def _say(text: str) -> None:
    console.print(f"  {text} …", highlight=False)


def _load_demo(say: object) -> None:
    from almoner.web.demo import load

    load(say)  # type: ignore[arg-type]


def _welcome(settings: Settings) -> None:
    from almoner.stories.demo import PASSWORD
    from almoner.web.demo import API_KEY

    address = settings.address
    console.print(
        f"""
  The site   [link={address}]{address}/[/]
  The admin  {address}/admin/
             log in as [b]demo[/], or as editor, writer, manager, finance or auditor;
             the password is [b]{PASSWORD}[/]
  The API    {address}/api/v1/docs
             key [b]{API_KEY}[/]
  A shop     POST {address}/e/shopify
             secret [b]{DEMO_SHOP_SECRET}[/]

Open the site, then send the order in README.md. Ctrl-C stops.
""",
        highlight=False,
        soft_wrap=True,
    )


def _show(settings: Settings) -> None:
    import msgspec

    table = Table(box=None, show_header=False, padding=(0, 2))
    for field in msgspec.structs.fields(Settings):
        value = getattr(settings, field.name)
        if field.name in ("secret_key", "log_passphrase", "log_key", "mail_url"):
            value = "set" if value else "not set"
        elif field.name == "shopify":
            value = ", ".join(value) or "none"
        elif field.name == "database" and "@" in value:
            value = "postgresql://…@" + value.rsplit("@", 1)[1]
        table.add_row(field.name, str(value))
    console.print(table, highlight=False)
