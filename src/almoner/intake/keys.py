"""API keys: shown once, kept as SHA-256, limited to scopes.

A key is 160 random bits, so a plain hash is enough: there is nothing to guess. Making or
revoking one raises the ledger head's revision, by which running servers read them anew.
"""

import secrets
from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

import msgspec

from almoner.intake.problem import Problem
from almoner.ledger.database import Database
from almoner.ledger.event import timestamp

SCOPES = ("events:write", "read")
PREFIX = "alm_"
# It begins the source of the key's events: see intake.wire.Source, and ledger.event.MAX_ID.
MAX_NAME = 100


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it is kept: never its text."""

    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: str
    revoked_at: str | None


class KeyRing(msgspec.Struct, frozen=True):
    """The keys that are good now, by hash."""

    keys: dict[bytes, ApiKey]

    def authorise(self, authorization: str, scope: str) -> ApiKey:
        """The key of an `Authorization: Bearer` header, or the `Problem` with it."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Problem(
                401,
                "no-key",
                "An API key is needed",
                "Send the header `Authorization: Bearer alm_…`; keys are made in the admin.",
            )
        key = self.find(token.strip())
        if key is None:
            raise Problem(
                401, "unknown-key", "This API key is not known", "It is mistyped or was revoked."
            )
        if scope not in key.scopes:
            raise Problem(
                403,
                "missing-scope",
                "This API key may not do that",
                f"The key {key.name} lacks the scope {scope}: make one that has it.",
            )
        return key

    def find(self, token: str) -> ApiKey | None:
        """The key with this text, if it is good."""
        return self.keys.get(_hash(token))


def create_key(
    db: Database, name: str, scopes: Iterable[str], now: datetime, token: str = ""
) -> str:
    """Make a key and return its text, which is not kept. `token` is for demonstrations.

    A revoked key's name may be given again: its events have the same source, so that a key
    can be exchanged without breaking repetitions and refunds.
    """
    if not (name.strip() and name.isprintable() and len(name) <= MAX_NAME):
        raise ValueError(f"the name {name[:40]!r}: use 1 to {MAX_NAME} printable characters")
    if "/" in name:  # it stands between the key and a source of its own
        raise ValueError(f"the name {name[:40]!r}: leave out the slash")
    chosen = tuple(scopes)
    unknown = [scope for scope in chosen if scope not in SCOPES]
    if unknown or not chosen:
        raise ValueError(f"scopes {unknown or 'none'}: choose among {', '.join(SCOPES)}")
    token = token or PREFIX + b32encode(secrets.token_bytes(20)).decode().lower()
    with db.transaction():
        db.run("UPDATE ledger_head SET revision = revision + 1")
        if db.row("SELECT 1 FROM ledger_api_key WHERE name = ? AND revoked_at IS NULL", (name,)):
            raise ValueError(f"there is a key named {name!r} already: choose another name")
        row = db.row("SELECT COALESCE(MAX(id), 0) + 1 FROM ledger_api_key")
        assert row is not None
        db.insert(
            "ledger_api_key",
            "id, name, hash, scopes, created_at",
            [(row[0], name, _hash(token), " ".join(chosen), timestamp(now))],
        )
    return token


def list_keys(db: Database) -> list[ApiKey]:
    """Every key ever made, the newest first."""
    return [
        ApiKey(row[0], row[1], tuple(row[2].split()), row[3], row[4])
        for row in db.rows(
            "SELECT id, name, scopes, created_at, revoked_at FROM ledger_api_key ORDER BY id DESC"
        )
    ]


def revoke_key(db: Database, key_id: int, now: datetime) -> None:
    """Make a key useless from now on; revoking again changes nothing."""
    with db.transaction():
        db.run("UPDATE ledger_head SET revision = revision + 1")
        db.run(
            "UPDATE ledger_api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            (timestamp(now), key_id),
        )


def key_ring(db: Database) -> KeyRing:
    """The keys that are good now."""
    return KeyRing(
        {
            bytes(row[0]): ApiKey(row[1], row[2], tuple(row[3].split()), row[4], None)
            for row in db.rows(
                "SELECT hash, id, name, scopes, created_at FROM ledger_api_key "
                "WHERE revoked_at IS NULL"
            )
        }
    )


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
