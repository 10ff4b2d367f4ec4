"""Checkpoints (C2SP tlog-checkpoint v1.0.0): a signed statement of a log's size and root.

A `Checkpoint` read from a note is verified: `read` refuses one that no known key has signed.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass

from almoner.log.merkle import EMPTY_ROOT, HASH_SIZE
from almoner.log.note import ED25519, Note, NoteError, VerifierKey, open_note

# Sizes are signed 64-bit numbers in every database, and a proof has a hash for each bit.
MAX_SIZE = (1 << 63) - 1

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log `origin` has `size` entries, and `root` over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed: three lines, and no extension."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def parse(text: str) -> Checkpoint:
    """Read a checkpoint's text; who signed it is the caller's to check."""
    found = claimed(text)
    if found.size == 0 and found.root != EMPTY_ROOT:
        raise NoteError("the checkpoint of an empty log has another root than the empty one")
    return found


def claimed(text: str) -> Checkpoint:
    """What a checkpoint's lines say, even where no tree is so: a witness answers that apart."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise NoteError("this is no checkpoint: origin, size and root are three lines")
    origin, size, encoded = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise NoteError(f"{size[:20]!r} is not the size of a log")
    try:
        root = b64decode(encoded, validate=True)
    except (Base64Error, ValueError):
        raise NoteError("the checkpoint's root is not base64") from None
    if len(root) != HASH_SIZE or b64encode(root).decode() != encoded:
        raise NoteError(f"the checkpoint's root is no SHA-256 hash: {encoded[:60]!r}")
    return Checkpoint(origin, int(size), root)


def read(note: str, keys: Iterable[VerifierKey]) -> tuple[Checkpoint, Note]:
    """A verified checkpoint, with the note that carries its signatures.

    At least one of the log's own `keys`, named by the origin, has signed it. A cosignature is
    no signature of a log: else a witness could vouch for a log of its own name.
    """
    known = tuple(keys)
    opened = open_note(note, known)
    found = parse(opened.text)
    own = {each.id for each in known if each.name == found.origin and each.algorithm == ED25519}
    if not any(each.name == found.origin and each.key_id in own for each in opened.verified):
        raise NoteError(f"the log {found.origin} has not signed this checkpoint itself")
    return found, opened
