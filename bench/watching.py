"""Readers of a public log who remember every checkpoint they saw, and hold the files to them.

Promises under test: no published checkpoint is ever contradicted by another, sizes never go
back, and every tile and bundle that one implies is there. They go by what lies in a store
alone, and remember over every kill. Limit: that each file holds what its name says is for
`almoner verify`, which recounts all of them.
"""

import threading
from pathlib import Path

from almoner.log import checkpoint, keylist, merkle, proof
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import NoteError
from almoner.log.proof import ProofError
from almoner.log.store import CHECKPOINT, KEYS, read_tile, reader
from almoner.log.tile import TileError, bundles, tiles
from almoner.publication.stores import Directory

# Between two looks: a checkpoint is there for a quarter of a second, or for much less where
# nothing is done but publishing.
PAUSE = 0.002  # seconds


class Watchers:
    """A thread that looks all the time, from `start` to `stop`; `check` holds what it saw."""

    def __init__(self, files: Path) -> None:
        self.seen: list[Checkpoint] = []
        self.contradictions: list[str] = []
        self.missing: list[str] = []
        self._store = Directory(files)
        self._held = 0  # of those seen, how many are known to be consistent
        self._note: bytes | None = None  # as read last
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchers")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join()

    def check(self) -> None:
        """Hold every checkpoint seen against the one there now, and that against the files."""
        seen = list(self.seen)
        if not seen:
            return
        now = seen[-1]
        for before in seen[max(0, self._held - 1) : -1]:
            self._check_consistent(before, now)
        self._held = len(seen)
        self._check_files(now)

    def look(self) -> None:
        """Read the checkpoint, and remember it if it is a new one."""
        note = self._store.get(CHECKPOINT)
        if note is not None and note == self._note:
            return
        self._note, listed = note, self._store.get(KEYS)
        if note is None or listed is None:
            if self.seen:
                self.contradictions.append("the checkpoint that was there is gone")
            return
        try:
            keys = keylist.trusted(keylist.read(listed))
            found, _ = checkpoint.read(note.decode(), keys)
        except (NoteError, UnicodeDecodeError) as error:
            self.contradictions.append(f"what lay there was no signed checkpoint: {error}")
            return
        if self.seen and found == self.seen[-1]:
            return
        if self.seen and found.size <= self.seen[-1].size:
            self.contradictions.append(f"{found} came after {self.seen[-1]}")
        self.seen.append(found)

    def _watch(self) -> None:
        while not self._stopping.wait(PAUSE):
            self.look()

    def _check_consistent(self, before: Checkpoint, now: Checkpoint) -> None:
        if not 0 < before.size <= now.size:
            return
        try:
            hashes = proof.consistency(before.size, now.size, reader(self._store, now.size))
            proof.verify_consistency(before.size, now.size, before.root, now.root, hashes)
        except ProofError as error:
            self.contradictions.append(f"{before} and {now}: {error}")
        except TileError as error:
            self.missing.append(f"{error}, between {before.size} and {now.size}")

    def _check_files(self, now: Checkpoint) -> None:
        """Every file that `now` implies is there, and the right edge makes its root."""
        for tile in (*tiles(0, now.size), *bundles(0, now.size)):
            try:
                read_tile(self._store, tile)
            except TileError as error:
                self.missing.append(f"{error}, of {now.size}")
        try:
            read = reader(self._store, now.size)
            made = proof.roots([(0, now.size)], read)[0] if now.size else merkle.EMPTY_ROOT
        except TileError as error:
            self.missing.append(f"{error}, of {now.size}")
            return
        if made != now.root:
            self.contradictions.append(f"the files make another root than {now}")
