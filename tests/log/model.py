"""The log told in the shortest way that is plainly right, and what its tests share."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from almoner.log.note import COSIGNATURE, Signer
from tests.ledger.folds import merkle_tree_hash as mth

VECTORS = Path(__file__).parent.parent / "vectors"
ORIGIN = "giving.example/log"


def signer(name: str = ORIGIN, seed: int = 1) -> Signer:
    """A log's key, the same on every run."""
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


def witness(name: str, seed: int) -> Signer:
    """A witness's key, the same on every run."""
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)), COSIGNATURE)


def vectors(path: str) -> Any:
    """A file of public vectors."""
    return json.loads((VECTORS / path).read_text("utf-8"))


def entries(count: int) -> list[bytes]:
    """Entries of which no two are alike."""
    return [b"entry %d" % index for index in range(count)]


def flips(content: bytes) -> list[bytes]:
    """The content with each of its bits flipped in turn."""
    return [flip(content, bit) for bit in range(len(content) * 8)]


def flip(content: bytes, bit: int) -> bytes:
    """The content with one bit flipped."""
    at, within = divmod(bit, 8)
    return content[:at] + bytes([content[at] ^ 1 << within]) + content[at + 1 :]


def path(index: int, found: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1, word for word."""
    n = len(found)
    if n == 1:
        return []
    k = _largest_power_below(n)
    if index < k:
        return [*path(index, found[:k]), mth(list(found[k:]))]
    return [*path(index - k, found[k:]), mth(list(found[:k]))]


def proof(old: int, found: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2, word for word."""
    n = len(found)
    if old == n:
        return [] if whole else [mth(list(found))]
    k = _largest_power_below(n)
    if old <= k:
        return [*proof(old, found[:k], whole), mth(list(found[k:]))]
    return [*proof(old - k, found[k:], False), mth(list(found[:k]))]


def _largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def files(found: Sequence[bytes], size: int) -> dict[str, bytes]:
    """Every tile and bundle of a log of `size` entries, by the words of tlog-tiles."""
    made: dict[str, bytes] = {}
    level, span = 0, 1
    while size // span:
        hashes = [mth(list(found[at * span : (at + 1) * span])) for at in range(size // span)]
        for first in range(0, len(hashes), 256):
            row = hashes[first : first + 256]
            made[_path(str(level), first // 256, len(row))] = b"".join(row)
        level, span = level + 1, span * 256
    for first in range(0, size, 256):
        row = found[first : min(first + 256, size)]
        made[_path("entries", first // 256, len(row))] = b"".join(
            len(entry).to_bytes(2, "big") + entry for entry in row
        )
    return made


def _path(level: str, number: int, width: int) -> str:
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == 256 else f".p/{width}")


class Memory:
    """A store in memory that remembers what was put, in which order."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.puts: list[str] = []

    def get(self, path: str) -> bytes | None:
        return self.files.get(path)

    def put(self, path: str, content: bytes) -> None:
        assert self.files.get(path, content) == content, f"{path} was put with other bytes"
        self.puts.append(path)
        self.files[path] = content

    def delete(self, path: str) -> None:
        if path.endswith("/"):
            self.files = {at: c for at, c in self.files.items() if not at.startswith(path)}
        self.files.pop(path, None)
