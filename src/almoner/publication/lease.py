"""Who publishes a log: one process, until it closes or dies."""

import fcntl
import os
from contextlib import suppress

import psycopg

from almoner.config import Settings
from almoner.ledger import Database


class Lease:
    """The locks that the one process holds.

    One is on a file in the home (flock), for its `keys/signed` is written; on PostgreSQL,
    whose publishers may have homes of their own, the session holds an advisory lock as well.
    The system lets go of both when the process is killed.
    """

    def __init__(self, settings: Settings, db: Database) -> None:
        self._path = settings.home / "publication.lock"
        self._db = db
        self._file: int | None = None
        self._held = False

    def take(self) -> bool:
        """Whether this process is the one."""
        if not self._held:
            self._held = self._lock_file() and self._lock_database()
            if not self._held:
                self.release()
        return self._held

    def check(self) -> None:
        """Refuse to go on where PostgreSQL ended the session, and with it the lock."""
        if self._db.postgresql:
            self._db.run("SELECT 1")

    def release(self) -> None:
        """Let go."""
        if self._held and self._db.postgresql:
            with suppress(psycopg.Error):  # a session that ended has let go
                self._db.run("SELECT pg_advisory_unlock(hashtext('almoner.publication'))")
        if self._file is not None:
            os.close(self._file)
        self._file, self._held = None, False

    def _lock_file(self) -> bool:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _lock_database(self) -> bool:
        if not self._db.postgresql:
            return True
        row = self._db.row("SELECT pg_try_advisory_lock(hashtext('almoner.publication'))")
        return bool(row and row[0])
