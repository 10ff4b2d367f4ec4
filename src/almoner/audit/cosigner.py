"""A witness's key and its memory: what it has cosigned last of each log, kept durably.

Guarantee: a cosignature is given only after the checkpoint is on disk, in the transaction
in which it was judged (`BEGIN IMMEDIATE`), so that no request, process or crash makes this
witness cosign two checkpoints that do not continue each other. Durability is SQLite's with
WAL and synchronous=FULL (sqlite.org/pragma.html). It refuses to start without its memory: who
forgets what it cosigned can be rolled back. Limit: a memory restored from an old backup
cannot be told from a current one; make a new key instead.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from almoner.log import checkpoint, note, witness
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import COSIGNATURE, NoteError, Signature, Signer, VerifierKey
from almoner.log.witness import Answer, RequestError

KEY_FILE: Final = "key.pem"
MEMORY_FILE: Final = "witness.db"
PASSPHRASE: Final = "ALMONER_WITNESS_PASSPHRASE"  # noqa: S105 - the name of a setting

# How long a request waits for another process's transaction, which is one sync long.
BUSY_SECONDS = 5.0

_SCHEMA = """
CREATE TABLE witness (one INTEGER PRIMARY KEY CHECK (one = 1), key TEXT NOT NULL) STRICT;
CREATE TABLE held (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TRIGGER held_never_shrinks BEFORE UPDATE ON held WHEN new.size < old.size
BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END;
CREATE TRIGGER held_never_forgets BEFORE DELETE ON held
BEGIN SELECT RAISE(ABORT, 'a witness never forgets'); END;
"""


class WitnessError(Exception):
    """A witness that cannot be set up or started; the message says what its operator can do."""


class Cosigner:
    """Judges, keeps and cosigns checkpoints of the logs whose keys it was given."""

    def __init__(
        self,
        signer: Signer,
        logs: Iterable[VerifierKey],
        memory: sqlite3.Connection,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.key = signer.key
        self.origins: dict[str, tuple[VerifierKey, ...]] = {}
        for key in logs:
            self.origins[key.name] = (*self.origins.get(key.name, ()), key)
        self._signer = signer
        self._clock = clock
        self._memory = memory
        self._turn = threading.Lock()  # guards `_memory`, which one thread uses at a time

    def add_checkpoint(self, body: bytes) -> Signature | Answer:
        """The answer to an `add-checkpoint` request: a cosignature, kept already, or a refusal.

        Raises `sqlite3.Error` where the memory cannot be written; nothing is cosigned then.
        """
        try:
            request = witness.parse(body)
            origin = witness.origin_of(request)
        except RequestError as error:
            return Answer(400, f"This is no add-checkpoint request: {error}.\n")
        keys = self.origins.get(origin, ())
        with self._turn:
            self._memory.execute("BEGIN IMMEDIATE")
            try:
                verdict = witness.decide(request, keys, self._held(origin))
                if isinstance(verdict, Answer):
                    self._memory.execute("ROLLBACK")
                    return verdict
                made = self._signer.cosign(verdict.note.text, int(self._clock()))
                kept = note.write(verdict.note.text, (*verdict.note.verified, made))
                self._memory.execute(
                    "INSERT INTO held (origin, size, note) VALUES (?, ?, ?) "
                    "ON CONFLICT (origin) DO UPDATE SET size = excluded.size, note = excluded.note",
                    (origin, verdict.checkpoint.size, kept),
                )
                self._memory.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # it may have ended already, or never begun
                    self._memory.execute("ROLLBACK")
                raise
        return made

    def notes(self) -> dict[str, str]:
        """What is held: each log's last checkpoint, cosigned, by origin."""
        with self._turn:
            return dict(self._memory.execute("SELECT origin, note FROM held ORDER BY origin"))

    def close(self) -> None:
        """Close the memory."""
        with self._turn:
            self._memory.close()

    def _held(self, origin: str) -> Checkpoint | None:
        row = self._memory.execute("SELECT note FROM held WHERE origin = ?", (origin,)).fetchone()
        if row is None:
            return None
        # Our own cosignature is what makes a kept checkpoint one: a damaged row is refused.
        text = note.open_note(row[0], [self.key]).text
        return checkpoint.parse(text)


def make(home: Path, name: str, passphrase: str) -> VerifierKey:
    """Make a witness's key and its empty memory in a directory; the key to publish."""
    try:
        signer = Signer(name, Ed25519PrivateKey.generate(), COSIGNATURE)
        key = signer.key
    except NoteError as error:
        raise WitnessError(f"The key was not made: {error}.") from None
    path = home / KEY_FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise WitnessError(f"{path} is there already: a witness keeps its key.")
        # The key comes last: while it is not there nobody has been cosigned for.
        _make_memory(home / MEMORY_FILE, key)
        _write_key(path, signer.private, passphrase)
    except OSError as error:
        raise WitnessError(f"{error.filename} cannot be written: {error.strerror}.") from None
    return key


def load(
    home: Path,
    logs: Iterable[VerifierKey],
    passphrase: str,
    clock: Callable[[], float] = time.time,
) -> Cosigner:
    """The witness that was made in a directory; refuses to guess what is missing or altered."""
    key, memory = _open_memory(home / MEMORY_FILE)
    signer = Signer(key.name, _read_key(home / KEY_FILE, passphrase), COSIGNATURE)
    if signer.key != key:
        memory.close()
        raise WitnessError(f"{home / KEY_FILE} is not the key that {home / MEMORY_FILE} is of.")
    return Cosigner(signer, logs, memory, clock)


def public_key(home: Path) -> VerifierKey:
    """The verifier key of the witness in a directory."""
    key, memory = _open_memory(home / MEMORY_FILE)
    memory.close()
    return key


def _make_memory(path: Path, key: VerifierKey) -> None:
    if path.exists():
        raise WitnessError(
            f"{path} is there and its key is not: put the key back, or make another witness "
            "in another directory."
        )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    memory = _connect(path)
    memory.executescript(f"BEGIN;{_SCHEMA}COMMIT;")
    memory.execute("INSERT INTO witness VALUES (1, ?)", (str(key),))
    memory.close()


def _open_memory(path: Path) -> tuple[VerifierKey, sqlite3.Connection]:
    if not path.exists():
        raise WitnessError(
            f"{path} is missing. A witness that does not know what it cosigned must not go on: "
            "put it back, or make a new one with `almoner witness key NAME`."
        )
    memory: sqlite3.Connection | None = None
    try:
        memory = _connect(path)
        (text,) = memory.execute("SELECT key FROM witness").fetchone()
        return note.parse_key(text), memory
    except (sqlite3.Error, NoteError, TypeError, ValueError) as error:
        if memory is not None:
            memory.close()
        raise WitnessError(f"{path} is no witness's memory, or is damaged: {error}.") from None


def _connect(path: Path) -> sqlite3.Connection:
    memory = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    memory.execute("PRAGMA journal_mode = WAL")
    memory.execute("PRAGMA synchronous = FULL")
    return memory


def _write_key(path: Path, private: Ed25519PrivateKey, passphrase: str) -> None:
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _read_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    try:
        if path.stat().st_mode & 0o077:
            raise WitnessError(f"Others on this machine can read {path}: run `chmod 600 {path}`.")
        content = path.read_bytes()
    except OSError as error:
        raise WitnessError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        key = load_pem_private_key(content, passphrase.encode() or None)
    except TypeError:
        state = "is not encrypted, and a passphrase is set" if passphrase else "is encrypted"
        raise WitnessError(f"{path} {state}: mend {PASSPHRASE}.") from None
    except ValueError:
        raise WitnessError(
            f"{path} is no key in PEM, or {PASSPHRASE} is not its passphrase."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise WitnessError(f"{path} holds a key of another kind than Ed25519.")
    return key
