"""Files that are there whole or not at all, also after the power went.

Guarantee: when `write` returns, the file's content and its name are on disk (rename is
atomic in POSIX; the directory is synced after it, as LWN's "ensuring data reaches disk"
asks). A reader sees the old content or the new. Limit: as true as the disk's own flush.
"""

import os
from pathlib import Path


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file durably and at once, making the directories it lies in."""
    make_directory(path.parent)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def make_directory(path: Path) -> None:
    """Make a directory and those above it, durably."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    sync_directory(path.parent)


def sync_up(path: Path, top: Path) -> None:
    """Bring a directory's names to disk, and those of the directories above it up to `top`."""
    sync_directory(path)
    while path != top:
        path = path.parent
        sync_directory(path)


def sync_directory(path: Path) -> None:
    """Bring a directory's names to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
