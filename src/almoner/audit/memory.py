"""What a monitor remembers from round to round: a JSON file, written whole or not at all.

Guarantee: what is in it was verified; it is only written after a round that was. It holds all
that the next round needs to go on: the pinned keys, the last checkpoint, the edge of the
tree, the fold of the entries, what waits to be compared, and which alerts are raised.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from almoner.audit.growth import Edge
from almoner.audit.sources import SourceError
from almoner.audit.verifying import ShownCounters
from almoner.log import checkpoint, note
from almoner.log.checkpoint import Checkpoint
from almoner.log.merkle import HASH_SIZE
from almoner.log.note import NoteError
from almoner.log.recount import Recount, Standing
from almoner.log.tile import hashes_of

VERSION: Final = 2


class Raised(msgspec.Struct, frozen=True):
    """An alert that has not cleared: since when (POSIX seconds), and whether the hook has it."""

    sentence: str
    since: int
    told: bool


class Waiting(msgspec.Struct, frozen=True):
    """Counters that were shown, since when, of a size that the log has not reached."""

    since: int
    shown: ShownCounters


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of one log.

    `edge` is the hashes of each level's unfinished tile. A standing is a campaign, the charity
    whose part it is, and that part's exact totals (`recount.Standing`).
    """

    version: int = VERSION
    keys: tuple[str, ...] = ()
    note: str = ""
    edge: tuple[bytes, ...] = (b"",)
    time: str = ""
    balances: tuple[tuple[str, str, int], ...] = ()
    scales: dict[str, int] = {}
    standings: tuple[tuple[str, str, Standing], ...] = ()
    waiting: Waiting | None = None
    raised: dict[str, Raised] = {}

    @property
    def held(self) -> Checkpoint | None:
        """The last checkpoint that was verified."""
        return checkpoint.parse(note.split(self.note)[0]) if self.note else None

    def resume(self) -> tuple[Edge, Recount]:
        """The tree's edge and the fold, to go on from."""
        size = self.held.size if self.held else 0
        counted = Recount.resumed(
            size,
            self.time.encode(),
            {(path, unit): minor for path, unit, minor in self.balances},
            dict(self.scales),
            {(campaign, charity): standing for campaign, charity, standing in self.standings},
        )
        return Edge(size, [hashes_of(each) for each in self.edge]), counted

    def grown(self, verified: str, edge: Edge, counted: Recount) -> "Memory":
        """The memory after a verified round: the checkpoint's note, the edge, the fold."""
        return msgspec.structs.replace(
            self,
            note=verified,
            edge=tuple(b"".join(each) for each in edge.levels),
            time=counted.time.decode(),
            balances=tuple((*at, minor) for at, minor in sorted(counted.balances.items())),
            scales=dict(counted.scales),
            standings=tuple((*part, each) for part, each in sorted(counted.standings.items())),
        )


class _Versioned(msgspec.Struct, frozen=True):
    version: int


def read(path: Path) -> Memory:
    """What an earlier round left, or an empty memory; a `SourceError` where it is damaged."""
    try:
        content = path.read_bytes()
        version = msgspec.json.decode(content, type=_Versioned).version
        if version != VERSION:
            raise ValueError(
                f"it is of version {version}, not {VERSION}: move it away, and the log is "
                "verified from its first entry again"
            )
        found = msgspec.json.decode(content, type=Memory)
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError) as error:
        raise SourceError(f"The state file {path} cannot be read: {error}.") from None
    try:
        if any(len(each) % HASH_SIZE for each in found.edge):
            raise ValueError("its edge is torn")
        edge, _ = found.resume()
        if found.held and edge.root != found.held.root:
            raise ValueError("its edge is not that of its checkpoint")
    except (ValueError, NoteError, AssertionError, IndexError) as error:
        raise SourceError(f"The state file {path} was altered: {error}.") from None
    return found


def write(path: Path, memory: Memory) -> None:
    """Put the memory on disk, in place of what is there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(msgspec.json.encode(memory) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise SourceError(f"The state file {path} cannot be written: {error.strerror}.") from None
