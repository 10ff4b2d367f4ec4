"""Where a log is read from: a site, a directory, or an audit bundle (a zip file).

A source gives a file's bytes by its path below the log's prefix, or None where there is none.
It believes nothing: what it gives is verified by who asked. Limit: redirects are not
followed, so that an audit reads exactly the address that was named.
"""

import gzip
import http.client
import os
import threading
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from almoner.log.store import CHECKPOINT
from almoner.log.tile import MAX_BUNDLE

TIMEOUT: Final = 30.0  # seconds; a tile is a few kilobytes
ATTEMPTS: Final = 3
LOG = "log"  # where a site's log lies, and an installation's


class SourceError(Exception):
    """The log cannot be read; the message says from where and why."""


class Source(Protocol):
    """A log's files. `name` is what a person calls it; `is_live` says it may grow."""

    name: str
    is_live: bool

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None where there is none."""
        ...


def open_source(text: str) -> Source:
    """The log at a web address, in a directory, or in a zip file."""
    if text.startswith(("http://", "https://")):
        return Site(text)
    path = Path(text).expanduser()
    if path.is_dir():
        return Directory(path)
    if zipfile.is_zipfile(path):
        return Bundle(path)
    raise SourceError(f"{text} is neither a web address, a directory nor an audit bundle.")


def state_path(kind: str, source: str) -> Path:
    """Where what was seen of a source is kept: the user's own place for state (XDG)."""
    place = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    name = source.rstrip("/") if "://" in source else str(Path(source).absolute())
    return place / "almoner" / f"{kind}-{sha256(name.encode()).hexdigest()[:16]}.json"


class Directory:
    """A copy of a log's files; also an installation's home, where they lie in `log`."""

    is_live = False

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path if (path / CHECKPOINT).exists() else path / LOG

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None where there is none."""
        try:
            return (self._path / path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise SourceError(f"{self._path / path} cannot be read: {error.strerror}.") from None


class Bundle:
    """A zip file that `almoner audit` made. Opened anew in each process that reads it."""

    is_live = False

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._local = threading.local()

    def __reduce__(self) -> tuple[type["Bundle"], tuple[Path]]:
        return Bundle, (self._path,)

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None where there is none."""
        archive: zipfile.ZipFile | None = getattr(self._local, "archive", None)
        try:
            if archive is None:
                archive = self._local.archive = zipfile.ZipFile(self._path)
            if archive.getinfo(path).file_size > MAX_BUNDLE:
                raise SourceError(f"{path} in {self.name} is larger than any file of a log.")
            return archive.read(path)
        except KeyError:
            return None
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(f"{self.name} cannot be read: {error}.") from None


class Site:
    """A log on the web, below `<site>/log/`. One connection a thread, kept open."""

    is_live = True

    def __init__(self, url: str) -> None:
        self.name = url.rstrip("/")
        parts = urlsplit(self.name)
        if not parts.hostname:
            raise SourceError(f"{url} is not the address of a site.")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        root = parts.path.rstrip("/")
        self._site = root.removesuffix(f"/{LOG}")
        self._prefix = f"{self._site}/{LOG}/"
        self._local = threading.local()

    def __reduce__(self) -> tuple[type["Site"], tuple[str]]:
        return Site, (self.name,)

    def get(self, path: str) -> bytes | None:
        """The content at a path below the log's prefix, or None where there is none."""
        return self._get(self._prefix + path)

    def counters(self) -> bytes | None:
        """What the site shows just now (`GET /counters`)."""
        return self._get(f"{self._site}/counters")

    def _get(self, path: str) -> bytes | None:
        last: Exception | None = None
        for _ in range(ATTEMPTS):
            try:
                return self._ask(path)
            except (OSError, http.client.HTTPException) as error:
                self._local.connection = None
                last = error
        raise SourceError(f"{self.name} does not answer for {path}: {last}.")

    def _ask(self, path: str) -> bytes | None:
        connection: http.client.HTTPConnection | None
        connection = getattr(self._local, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            connection = kind(self._host, self._port, timeout=TIMEOUT)
            self._local.connection = connection
        connection.request("GET", path, headers={"accept-encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read(MAX_BUNDLE + 1)
        if len(body) > MAX_BUNDLE:
            connection.close()
            raise SourceError(f"{self.name} answers for {path} with more than any file of a log.")
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise SourceError(f"{self.name} answers {answer.status} for {path}.")
        return gzip.decompress(body) if answer.getheader("content-encoding") == "gzip" else body
