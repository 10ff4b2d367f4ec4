"""Where the log's files are put: a directory, or an S3-compatible object store.

Guarantee: `put` returns when the file is durable and whole, and a tile or bundle is never
put over another with different content: such a write is refused, because it would contradict
a published checkpoint. Sources: RFC 9111 for the cache headers. Limit: an object store is as
durable and as consistent as its provider says.
"""

import re
import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import from_url

from almoner.config import Settings
from almoner.log.store import Store
from almoner.publication import files

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, RetryConfig

# Immutable files may be kept for ever; a checkpoint for as long as it takes to be out of date.
IMMUTABLE: Final = "public, max-age=31536000, immutable"
CHANGING: Final = "public, max-age=1"
BYTES: Final = "application/octet-stream"


# A store that does not answer is given up on within seconds: a reader waits for an answer, and
# publication tries again by itself. The largest file, a bundle, has 16 MB.
_CLIENT: Final["ClientConfig"] = {
    "allow_http": True,
    "connect_timeout": timedelta(seconds=3),
    "timeout": timedelta(seconds=10),
}
_RETRIES: Final["RetryConfig"] = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
_MOMENT = re.compile(
    r" in [0-9.]+[mµn]?s|, after [0-9]+ retries|, max_retries: [0-9]+|, retry_timeout: [0-9a-z]+"
)
_CODE = re.compile("<Code>([A-Za-z]+)</Code>")


class StoreError(Exception):
    """The log's files cannot be read or written; the message says what an operator can do."""


def open_store(settings: Settings) -> Store:
    """The store that the settings name."""
    if "://" in settings.log_store:
        return ObjectStore(settings.log_store)
    return Directory(settings.home / settings.log_store)


def is_immutable(path: str) -> bool:
    """Whether a path determines what lies there."""
    return path.startswith("tile/")


def media_type(path: str) -> str:
    """The media type a file is served with."""
    if is_immutable(path):
        return BYTES
    return "application/json" if path.endswith(".json") else "text/plain; charset=utf-8"


def cache_control(path: str) -> str:
    """The `Cache-Control` a file is served with."""
    return IMMUTABLE if is_immutable(path) else CHANGING


class Directory:
    """Files below one directory, as any web server can serve them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None where there is none."""
        try:
            return (self.path / path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failure(path, "read", error) from None

    def put(self, path: str, content: bytes) -> None:
        """Write a file durably; a tile that is there already is compared instead.

        Also one that is there is synced: a kill may have come between its name and the disk.
        """
        file = self.path / path
        there = self.get(path) if is_immutable(path) else None
        if there is not None:
            _check_same(path, there, content)
        try:
            if there is None:
                files.write(file, content)
            files.sync_up(file.parent, self.path)
        except OSError as error:
            raise self._failure(path, "written", error) from None

    def delete(self, path: str) -> None:
        """Remove a file, or all below a path that ends in a slash."""
        try:
            if path.endswith("/"):
                shutil.rmtree(self.path / path)
            else:
                (self.path / path).unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise self._failure(path, "removed", error) from None

    def _failure(self, path: str, done: str, error: OSError) -> StoreError:
        return StoreError(
            f"{self.path / path} cannot be {done} ({error.strerror}): mend the disk or the "
            "permissions; publication then goes on by itself"
        )


class ObjectStore:
    """Objects below a URL such as `s3://bucket/prefix`.

    Credentials, region and endpoint come from the environment, by the names that AWS's own
    tools use: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._store = from_url(url, client_options=_CLIENT, retry_config=_RETRIES)
        except (BaseError, ValueError) as error:
            raise StoreError(f"The setting log_store is {url!r}: {_reason(error)}") from None

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None where there is none."""
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._failure(path, "read", error) from None

    def put(self, path: str, content: bytes) -> None:
        """Write an object; a tile that is there already is compared instead."""
        attributes = {"Content-Type": media_type(path), "Cache-Control": cache_control(path)}
        mode = "create" if is_immutable(path) else "overwrite"
        try:
            obstore.put(self._store, path, content, attributes=attributes, mode=mode)
        except AlreadyExistsError:
            _check_same(path, self.get(path) or b"", content)
        except (BaseError, OSError) as error:
            raise self._failure(path, "written", error) from None

    def delete(self, path: str) -> None:
        """Remove an object, or all below a path that ends in a slash."""
        try:
            paths = [path]
            if path.endswith("/"):
                paths = [each["path"] for each in self._list(path)]
            if paths:
                obstore.delete(self._store, paths)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise self._failure(path, "removed", error) from None

    def _failure(self, path: str, done: str, error: Exception) -> StoreError:
        return StoreError(
            f"{self.url}/{path} cannot be {done} ({_reason(error)}): see that the store "
            "answers and that AWS_ENDPOINT and the credentials are right; publication then goes "
            "on by itself"
        )

    def _list(self, path: str) -> "list[ObjectMeta]":
        """What lies below a path."""
        pages = cast("Iterable[list[ObjectMeta]]", obstore.list(self._store, path))  # type: ignore[reportUnknownMemberType]
        return [each for page in pages for each in page]


def _reason(error: Exception) -> str:
    """What an object store's error says, without its dump and what differs each time."""
    said = str(error).partition("\n\nDebug source:")[0]
    code = _CODE.search(said)
    said = _MOMENT.sub("", said.partition("<")[0].partition("\n")[0]).strip(" :")
    return f"{said}: {code[1]}" if code else said


def _check_same(path: str, there: bytes, content: bytes) -> None:
    if there != content:
        raise StoreError(
            f"{path} is published with other content, and is never written anew: "
            "`almoner fsck` says which of the two fits the database"
        )
