"""Connections: which shops and services may send events, each with a secret of its own.

A connection has a kind (which connector reads it) and a name; the two make the source of its
events, `kind:name`, so neither ever changes. A signature is checked with the secret itself,
so unlike an API key's it is kept as it is: whoever can read the database can sign as the
shop. After an exchange the old secret stays good for a day, because not every shop sends
again what was refused in between. A change raises the ledger head's revision, by which
running servers read them anew.
"""

import re
import secrets
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec

from almoner.ledger.database import Database
from almoner.ledger.event import instant, timestamp

# It is part of an address and of a source: see config, which asks the same of [shopify].
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
MIN_SECRET = 8
MAX_SECRET = 200
OVERLAP = timedelta(days=1)
MAX_CONNECTIONS = 100  # of one kind: at an address without a name each secret is tried


class Connection(msgspec.Struct, frozen=True):
    """One sender. `fixed` is one from the configuration, which the admin cannot change."""

    kind: str
    name: str
    secret: str
    old_secret: str = ""
    old_until: str = ""
    options: dict[str, str] = {}
    created_at: str = ""
    paused_at: str | None = None
    fixed: bool = False

    def __repr__(self) -> str:
        return f"Connection({self.source})"  # never its secret: it ends in logs

    @property
    def source(self) -> str:
        """What its events come from."""
        return f"{self.kind}:{self.name}"


class Connections(msgspec.Struct, frozen=True):
    """Every connection, by kind and name."""

    known: dict[tuple[str, str], Connection]

    def find(self, kind: str, name: str) -> Connection | None:
        """The connection of this name, if there is one."""
        return self.known.get((kind, name))

    def secrets(self, kind: str, name: str, now: datetime) -> list[dict[str, str]]:
        """The secrets to try, by name: those in force, then those exchanged lately.

        With a name only its own are tried; without one every connection's of the kind.
        """
        chosen = [
            each for each in self.known.values() if each.kind == kind and name in ("", each.name)
        ]
        old = {
            each.name: each.old_secret
            for each in chosen
            if each.old_secret and now < instant(each.old_until)
        }
        return [{each.name: each.secret for each in chosen}, *([old] if old else [])]


def read_connections(
    db: Database, configured: Mapping[str, Mapping[str, str]] | None = None
) -> Connections:
    """Every connection; `configured` are secrets by name by kind, and win over the table."""
    known = {(each.kind, each.name): each for each in _rows(db)}
    for kind, shops in (configured or {}).items():
        for name, secret in shops.items():
            known[kind, name] = Connection(kind, name, secret, fixed=True)
    return Connections(dict(sorted(known.items())))


def add(
    db: Database,
    kind: str,
    name: str,
    secret: str,
    now: datetime,
    *,
    options: Mapping[str, str] | None = None,
    configured: Mapping[str, Mapping[str, str]] | None = None,
) -> Connection:
    """Make a connection; `ValueError` says in one sentence what cannot be used."""
    if not NAME.fullmatch(name):
        raise ValueError(f"the name {name[:40]!r}: use a-z, 0-9, dots and hyphens, 63 at most")
    with _changing(db):
        known = read_connections(db, configured)
        if known.find(kind, name):
            raise ValueError(f"there is a {kind} connection {name!r} already: choose another name")
        if sum(each.kind == kind for each in known.known.values()) >= MAX_CONNECTIONS:
            raise ValueError(f"there are {MAX_CONNECTIONS} {kind} connections: more are not kept")
        _check_secret(secret, kind, name, known.known.values())
        row = db.row("SELECT COALESCE(MAX(id), 0) + 1 FROM intake_connection")
        assert row is not None
        written = msgspec.json.encode(dict(options or {})).decode()
        db.insert(
            "intake_connection",
            "id, kind, name, secret, old_secret, old_until, options, created_at",
            [(row[0], kind, name, secret, "", "", written, timestamp(now))],
        )
    return Connection(kind, name, secret, options=dict(options or {}), created_at=timestamp(now))


def exchange(
    db: Database,
    kind: str,
    name: str,
    secret: str,
    now: datetime,
    *,
    configured: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Give a connection another secret; the one before it is good for `OVERLAP` longer."""
    with _changing(db):
        known = read_connections(db, configured)
        found = _changeable(known, kind, name)
        if secret == found.secret:
            raise ValueError("this is the secret it has already: paste the new one")
        others = [each for each in known.known.values() if each is not found]
        _check_secret(secret, kind, name, others)
        db.run(
            "UPDATE intake_connection SET secret = ?, old_secret = ?, old_until = ? "
            "WHERE kind = ? AND name = ?",
            (secret, found.secret, timestamp(now + OVERLAP), kind, name),
        )


def pause(db: Database, kind: str, name: str, now: datetime) -> None:
    """Count nothing more of it until it is resumed; its deliveries are refused and kept."""
    _set_paused(db, kind, name, timestamp(now))


def resume(db: Database, kind: str, name: str) -> None:
    """Count again what it sends from now on."""
    _set_paused(db, kind, name, None)


def make_secret() -> str:
    """A secret for senders that let us choose it: 256 random bits, without odd characters."""
    return secrets.token_hex(32)


@contextmanager
def _changing(db: Database) -> Generator[None]:
    """One transaction in which the head's revision is raised, so that servers look."""
    with db.transaction():
        db.run("UPDATE ledger_head SET revision = revision + 1")
        yield


def _set_paused(db: Database, kind: str, name: str, paused_at: str | None) -> None:
    with _changing(db):
        _changeable(read_connections(db), kind, name)
        db.run(
            "UPDATE intake_connection SET paused_at = ? WHERE kind = ? AND name = ?",
            (paused_at, kind, name),
        )


def _changeable(known: Connections, kind: str, name: str) -> Connection:
    found = known.find(kind, name)
    if found is None or found.fixed:
        raise ValueError(f"the connection {kind}/{name} is not one that the admin can change")
    return found


def _check_secret(secret: str, kind: str, name: str, others: Iterable[Connection]) -> None:
    if not (MIN_SECRET <= len(secret) <= MAX_SECRET and secret.isascii() and secret.isprintable()):
        raise ValueError(
            f"the secret: use {MIN_SECRET} to {MAX_SECRET} printable characters, without accents"
        )
    twin = next(
        (
            each.name
            for each in others
            if each.kind == kind and secret in (each.secret, each.old_secret)
        ),
        None,
    )
    if twin is not None:
        raise ValueError(
            f"{twin!r} has the same secret, so it could not be told from {name!r}: use another"
        )


def _rows(db: Database) -> list[Connection]:
    return [
        Connection(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            msgspec.json.decode(row[5], type=dict[str, str]),
            row[6],
            row[7],
        )
        for row in db.rows(
            "SELECT kind, name, secret, old_secret, old_until, options, created_at, paused_at "
            "FROM intake_connection ORDER BY kind, name"
        )
    ]
