"""Audit bundles: a zip file with everything `almoner verify` needs, for who has no network.

The counters are read before the checkpoint, so that the checkpoint covers them.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path

from almoner.audit.sources import Source, SourceError
from almoner.log.checkpoint import Checkpoint, parse
from almoner.log.note import NoteError, split
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, read_tile
from almoner.log.tile import bundles, tiles


def write(source: Source, file: Path, progress: Callable[[int, int], None]) -> Checkpoint:
    """Copy a log into a new zip file; `progress` is told how many files of how many are in."""
    counters, keys = source.get(COUNTERS), source.get(KEYS)
    note = source.get(CHECKPOINT)
    if counters is None or keys is None or note is None:
        raise SourceError(f"{source.name} has no log: checkpoint, keys or counters are missing.")
    try:
        found = parse(split(note.decode())[0])
    except (NoteError, UnicodeDecodeError) as error:
        raise SourceError(f"{source.name}: {error}.") from None
    wanted = [*tiles(0, found.size), *bundles(0, found.size)]
    partial = file.with_name(f".{file.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in ((KEYS, keys), (COUNTERS, counters), (CHECKPOINT, note)):
                archive.writestr(name, content)
            for done, tile in enumerate(wanted, 1):
                archive.writestr(tile.path, read_tile(source, tile))
                progress(done, len(wanted))
        partial.replace(file)
    except OSError as error:
        raise SourceError(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)
    return found
