"""Makes a home directory into an installation, and says what is wrong with one.

Each step is safe to run again and after an interruption.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal

import django

from almoner import config
from almoner.config import DEMO_SHOP_SECRET, FILE_NAME, LOOPBACK, ConfigError, Settings
from almoner.intake import tables
from almoner.intake.connections import read_connections
from almoner.ledger import schema
from almoner.ledger.database import DatabaseError
from almoner.publication import keys
from almoner.reading import schema as reading

# Less than this free and a busy day can fill the disk.
FREE_BYTES = 500 * 1024 * 1024
# A worker takes a job within a second, unless it is busy with another one.
JOB_WAIT = timedelta(minutes=1)

Say = Callable[[str], None]


def write_settings(home: Path, *, demo: bool) -> None:
    """Write `almoner.toml` with a new secret key, where there is none."""
    path = home / FILE_NAME
    if path.exists():
        return
    lines = [
        "# Almoner's settings; every one is described in docs/reference/configuration.md.",
        f'secret_key = "{secrets.token_urlsafe(48)}"',
        f'log_passphrase = "{secrets.token_urlsafe(48)}"',
    ]
    if demo:
        lines += [
            'site_name = "The Almoner"',
            "demo = true",
            "",
            "[shopify]",
            f'demo = "{DEMO_SHOP_SECRET}"',
        ]
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text("\n".join(lines) + "\n", "utf-8")
        partial.rename(path)
    except OSError as error:
        raise ConfigError(
            f"The home {home} cannot be written ({error.strerror}): choose another with "
            "ALMONER_HOME, or mend its permissions."
        ) from None


def install(say: Say) -> Settings:
    """Bring database and files up to this version, and return the settings."""
    from django.core.management import call_command

    settings = config.load()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almoner.web.settings")
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    django.setup()
    from almoner.stories.site import lay_out
    from almoner.web.state import open_database

    say("Bringing the database up to date")
    path = settings.sqlite_path
    if path is not None and (not path.exists() or path.stat().st_size == 0):
        _make_database(path)
    db = open_database(settings)  # first: it says in one sentence where there is none
    try:
        call_command("migrate", verbosity=0, interactive=False)
        lay_out()
        schema.create(db)
        tables.create(db)
        reading.create(db)
        schema.check(db)
    finally:
        db.close()
    if not keys.path(settings).exists():
        say("Making the key that signs the log")
        keys.create(settings)
    say("Gathering style sheets and scripts")
    call_command("collectstatic", verbosity=0, interactive=False)
    return settings


def _make_database(path: Path) -> None:
    """Make a new SQLite database beside its place, and move it there whole.

    Some of Wagtail's migrations are not atomic on SQLite: one that is cut off can neither go
    on nor go back, so an interrupted beginning is thrown away.
    """
    from django.core.management import call_command
    from django.db import connection

    partial = path.with_name(path.name + ".partial")
    for leftover in path.parent.glob(partial.name + "*"):
        leftover.unlink()
    connection.close()
    connection.settings_dict["NAME"] = partial
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()  # the last one to close copies the write-ahead log back
        connection.settings_dict["NAME"] = path
    partial.replace(path)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `almoner doctor` looked at, and how to mend it where it is wrong."""

    level: Literal["fine", "warning", "wrong"]
    what: str
    mend: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything an installation needs."""
    yield from _examine_settings(settings)
    yield from _examine_disk(settings)
    yield from _examine_database(settings)


def _examine_settings(settings: Settings) -> Iterator[Finding]:
    path = settings.home / FILE_NAME
    if path.exists():
        yield Finding("fine", f"Settings are read from {path}")
        if path.stat().st_mode & 0o077:
            yield Finding(
                "warning", "Others on this machine can read the settings", f"chmod 600 {path}"
            )
    else:
        yield Finding("warning", f"There is no {path}", "almoner init")
    if not settings.secret_key:
        yield Finding(
            "warning",
            "No secret_key is set: everybody is logged out at each restart",
            "almoner init",
        )
    if settings.demo:
        yield Finding("warning", "This is a demonstration, with log-ins that everybody knows")
    local = settings.host in LOOPBACK
    if not local and settings.address.startswith("http://"):
        yield Finding(
            "warning", "The site is not served over https", "Set site_url to its https address"
        )
    if settings.site_url and not settings.trusted_proxies:
        yield Finding(
            "warning",
            "No proxy is trusted: behind one, readers with the same browser count as one visitor",
            "Set trusted_proxies to the proxy's address, or leave it where there is none",
        )


def _examine_disk(settings: Settings) -> Iterator[Finding]:
    if not settings.home.exists():
        yield Finding("wrong", f"There is no directory {settings.home}", "almoner init")
        return
    try:
        with TemporaryFile(dir=settings.home) as probe:
            probe.write(b"almoner")
    except OSError as error:
        yield Finding(
            "wrong",
            f"The home {settings.home} cannot be written ({error.strerror})",
            "Mend its owner or its disk, or choose another with ALMONER_HOME",
        )
        return
    if settings.home.stat().st_mode & 0o077:
        yield Finding(
            "warning",
            "Others on this machine can look into the home, where sessions and orders are",
            f"chmod 700 {settings.home}",
        )
    free = shutil.disk_usage(settings.home).free
    if free < FREE_BYTES:
        yield Finding("wrong", f"Only {free // 1024**2} MB are free on the disk", "Make room")
    else:
        yield Finding("fine", f"{free // 1024**3} GB are free on the disk")
    if not (settings.home / "static" / "staticfiles.json").exists():
        yield Finding("wrong", "Style sheets and scripts are not gathered", "almoner init")


def _examine_database(settings: Settings) -> Iterator[Finding]:
    from almoner.ledger import audit
    from almoner.web.state import open_database

    if settings.sqlite_path is not None and not settings.sqlite_path.exists():
        yield Finding("wrong", f"There is no database at {settings.sqlite_path}", "almoner init")
        return
    try:
        db = open_database(settings)
        try:
            schema.check(db)
            tables.check(db)
            reading.check(db)
            yield Finding("fine", "The database answers, and its ledger is of this version")
            if not read_connections(db, {"shopify": settings.shopify}).known:
                mend = "Connect one in the admin under Giving → Connections"
                yield Finding("warning", "No shop is connected", mend)
            problem = audit.check(db)
        finally:
            db.close()
    except DatabaseError as error:
        yield Finding("wrong", str(error), "Check the setting database, then almoner init")
        return
    if problem:
        yield Finding("wrong", problem, "Restore the last backup, and keep this database aside")
    else:
        yield Finding("fine", "The ledger adds up, and the log's root fits its leaves")
    if is_behind():
        yield Finding("wrong", "The database is of an older version", "almoner init")
    else:
        yield from _examine_work()
        if not settings.demo:
            yield from _examine_mail(settings)
            yield from _examine_known_secrets()


def _examine_work() -> Iterator[Finding]:
    """Look whether anything takes the jobs, and the webhooks' messages."""
    from almoner.jobs.queue import longest_wait
    from almoner.notices.models import Endpoint

    waited = longest_wait()
    if waited is not None and waited > JOB_WAIT:
        yield Finding(
            "warning",
            f"A job waits for {waited.total_seconds() / 60:.0f} minutes, and nothing is running",
            "almoner serve, or almoner work where the setting worker is false",
        )
    for endpoint in Endpoint.objects.filter(enabled=False).exclude(off_because=""):
        yield Finding(
            "warning",
            f"The webhook {endpoint} was switched off: {endpoint.off_because}",
            "Mend the receiver, then switch it on under Notices in the admin",
        )


def _examine_mail(settings: Settings) -> Iterator[Finding]:
    """Knock at the mail server."""
    from django.core.mail import get_connection

    if not settings.mail_url:
        yield Finding(
            "warning",
            f"No mail server is set up: e-mail is written to {settings.home / 'mail'}",
            "Set mail_url",
        )
        return
    connection = get_connection()
    try:
        connection.open()
        connection.close()
    except OSError as error:  # smtplib's own errors are among them
        yield Finding("wrong", f"The mail server does not answer: {error}", "Check mail_url")
    else:
        yield Finding("fine", "The mail server answers")


def is_behind() -> bool:
    """Whether the database lacks a migration of this version."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    connection.close()
    return behind


def _examine_known_secrets() -> Iterator[Finding]:
    """What a demonstration publishes opens a real installation to everybody."""
    from django.contrib.auth import get_user_model

    from almoner.giving.book import open_ledger
    from almoner.intake.keys import key_ring
    from almoner.stories.demo import PASSWORD
    from almoner.web.demo import API_KEY

    with open_ledger() as ledger:
        ring = key_ring(ledger.db)
    if ring.find(API_KEY) is not None:
        yield Finding(
            "wrong",
            "The demonstration's API key is good here, and everybody knows it",
            "Revoke the key demo in the admin under Giving → API keys",
        )
    user = get_user_model().objects.filter(username="demo", is_active=True).first()
    if user is not None and user.check_password(PASSWORD):
        yield Finding(
            "wrong",
            "The demonstration's log-in demo is good here, and everybody knows its password",
            "almoner manage changepassword demo",
        )
