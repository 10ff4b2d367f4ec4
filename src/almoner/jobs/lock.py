"""Locks that end with the process that holds them, however it ends.

On SQLite one is on a file in the home's `workers` (flock), on PostgreSQL it is an advisory lock of
the session. Limit: a session that PostgreSQL ends lets go while its process lives; whoever
relies on the lock for long asks `is_held`.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection

_TAKE = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_RELEASE = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"
_IS_HELD = """
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
        AND (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 0)
    )
"""


def folder() -> Path:
    """Where the locks' files are."""
    return settings.CONFIG.home / "workers"


class Lock:
    """A lock by its name. It belongs to the thread that takes it.

    `connection` is the session that holds it on PostgreSQL: the thread's own, unless given.
    """

    def __init__(self, name: str, session: Any = None) -> None:
        self._name = name
        self._session = session or connection
        self._file: int | None = None

    def take(self) -> bool:
        """Whether it was free, and is ours now."""
        if self._session.vendor == "postgresql":
            return bool(self._ask(_TAKE))
        folder().mkdir(mode=0o700, exist_ok=True)
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            # Somebody may have deleted the file between its opening and its locking.
            with suppress(FileNotFoundError):
                if os.stat(self._path).st_ino == os.fstat(file).st_ino:
                    self._file = file
                    return True
            os.close(file)

    def release(self) -> None:
        """Let go."""
        if self._session.vendor == "postgresql":
            with suppress(Error):  # a session that ended has let go
                self._ask(_RELEASE)
        elif self._file is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None

    def is_held(self) -> bool:
        """Whether it is still ours."""
        if self._session.vendor != "postgresql":
            return self._file is not None
        return bool(self._ask(_IS_HELD))

    @property
    def _path(self) -> Path:
        return folder() / f"{self._name}.lock"

    def _ask(self, statement: str) -> Any:
        with self._session.cursor() as cursor:
            cursor.execute(statement, [f"almoner.jobs/{self._name}"])
            (answer,) = cursor.fetchone() or (None,)
            return answer


def is_free(name: str) -> bool:
    """Whether nobody holds a lock."""
    lock = Lock(name)
    free = lock.take()
    if free:
        lock.release()
    return free
