"""Signed notes (C2SP signed-note v1.0.0) and cosignatures (C2SP tlog-cosignature v1.0.1).

A note is text and signature lines. `open_note` gives the text only when at least one known
key's signature holds; a known key whose signature fails rejects the note; unknown keys are
passed over. Limit: of the algorithms, Ed25519 (0x01) and Ed25519 cosignatures (0x04) are
known; ML-DSA-44 (0x06) counts as an unknown key.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04

# The specification asks for 16 at least; a note with more than this is no checkpoint of ours.
MAX_SIGNATURES = 64
MAX_NOTE = 1 << 20  # characters
MAX_TIME = (1 << 63) - 1  # tlog-cosignature's bound

_LINE = re.compile(r"— (?P<name>[^ ]+) (?P<blob>[A-Za-z0-9+/=]+)")
# Half of a surrogate pair is no text, and UTF-8 has no bytes for it.
_UNFIT = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_SIGNATURE_SIZE = 64
# The points of order up to 8, canonical or not, without their sign bits: for such a key anybody
# makes signatures, so that whoever published it could deny all of them. (C2SP CCTV ed25519 has
# them as low_order_A.)
_LOW_ORDER = frozenset(
    map(
        bytes.fromhex,
        (
            "00" * 32,
            "01" + "00" * 31,
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ec" + "ff" * 30 + "7f",
            "ed" + "ff" * 30 + "7f",
            "ee" + "ff" * 30 + "7f",
        ),
    )
)
_TIME_SIZE = 8


class NoteError(ValueError):
    """A note or key that cannot be used; the message names what is wrong."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name, as in `example.com/log+33d7b496+AeHT…`."""

    name: str
    algorithm: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def id(self) -> bytes:
        """`SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key)[:4]`."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return sha256(named).digest()[:4]

    def __str__(self) -> str:
        encoded = b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: the key's name and id, and what the key made."""

    name: str
    key_id: bytes
    blob: bytes

    def __str__(self) -> str:
        return f"— {self.name} {b64encode(self.key_id + self.blob).decode()}\n"

    @property
    def time(self) -> int:
        """A cosignature's POSIX time in seconds."""
        return int.from_bytes(self.blob[:_TIME_SIZE])


@dataclass(frozen=True, slots=True)
class Signer:
    """A private Ed25519 key with its name. `algorithm` says what its signatures are."""

    name: str
    private: Ed25519PrivateKey
    algorithm: int = ED25519

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.algorithm, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """Sign a note's text (0x01)."""
        assert self.algorithm == ED25519, f"{self.name} cosigns, it does not sign"
        return Signature(self.name, self.key.id, self.private.sign(text.encode()))

    def cosign(self, text: str, time: int) -> Signature:
        """Cosign a checkpoint's text (0x04) as seen at `time`, POSIX seconds."""
        assert self.algorithm == COSIGNATURE, f"{self.name} signs, it does not cosign"
        assert 0 <= time <= MAX_TIME, f"{self.name} cosigns at {time}"
        made = self.private.sign(_cosigned(text, time))
        return Signature(self.name, self.key.id, time.to_bytes(_TIME_SIZE) + made)


@dataclass(frozen=True, slots=True)
class Note:
    """A note's text, and the signatures on it that were verified."""

    text: str
    verified: tuple[Signature, ...]


def check_name(name: str) -> None:
    """Refuse a key name that the format has no room for."""
    if not name or "+" in name or any(letter.isspace() for letter in name) or _UNFIT.search(name):
        raise NoteError(
            f"{name[:80]!r} is not a key name: no spaces, no plus sign, not empty, all of it text"
        )


def parse_key(text: str) -> VerifierKey:
    """Read a verifier key: `<name>+<8 hex digits>+<base64>`."""
    name, _, rest = text.strip().partition("+")
    shown, plus, encoded = rest.partition("+")
    if not plus or not re.fullmatch("[0-9a-f]{8}", shown):
        raise NoteError(f"{text[:80]!r} is not a verifier key: name+hash+base64")
    made = _decode(encoded, f"the key of {name!r}")
    if len(made) < 2:
        raise NoteError(f"the key of {name!r} is empty")
    key = VerifierKey(name, made[0], made[1:])
    if key.id.hex() != shown:
        raise NoteError(f"the key of {name!r} has the hash {key.id.hex()}, not {shown}")
    if key.algorithm in (ED25519, COSIGNATURE):
        if len(key.public) != 32:
            raise NoteError(f"the key of {name!r} is {len(key.public)} bytes long, not 32")
        if key.public[:31] + bytes([key.public[31] & 0x7F]) in _LOW_ORDER:
            raise NoteError(f"the key of {name!r} is one that anybody can sign for")
    return key


def split(note: str) -> tuple[str, tuple[Signature, ...]]:
    """A note's text and its signature lines, none of them verified."""
    if len(note) > MAX_NOTE or _UNFIT.search(note):
        raise NoteError("this is no note: it is too long, or holds control characters")
    head, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise NoteError("this is no signed note: an empty line and signatures are missing")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"the note has {len(lines)} signatures, over {MAX_SIGNATURES}")
    return head + "\n", tuple(map(_signature, lines))


def open_note(note: str, keys: Iterable[VerifierKey]) -> Note:
    """The note, if a signature by one of `keys` holds and none by them fails."""
    text, signatures = split(note)
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            raise NoteError(f"two keys of {key.name} have the hash {key.id.hex()}")
    verified: dict[tuple[str, bytes], Signature] = {}
    for signature in signatures:
        at = signature.name, signature.key_id
        key = known.get(at)
        if key is not None and key.algorithm in (ED25519, COSIGNATURE):
            verify(text, signature, key)
            verified.setdefault(at, signature)
    if not verified:
        names = ", ".join(f"{each.name}+{each.key_id.hex()}" for each in signatures)
        raise NoteError(f"no known key has signed this note, only {names}")
    return Note(text, tuple(verified.values()))


def verify(text: str, signature: Signature, key: VerifierKey) -> None:
    """Refuse a signature or cosignature on `text` that does not hold."""
    if key.algorithm == COSIGNATURE:
        if signature.time > MAX_TIME:
            raise NoteError(f"the cosignature of {key.name} is of no time that there is")
        message = _cosigned(text, signature.time)
        made = signature.blob[_TIME_SIZE:]
    else:
        message, made = text.encode(), signature.blob
    try:
        if len(made) != _SIGNATURE_SIZE:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(key.public).verify(made, message)
    except InvalidSignature:
        raise NoteError(f"the signature of {key.name}+{key.id.hex()} does not hold") from None


def write(text: str, signatures: Sequence[Signature]) -> str:
    """The signed note's own form."""
    assert text.endswith("\n"), "a note's text ends with a line break"
    assert signatures, "a note needs a signature"
    return text + "\n" + "".join(map(str, signatures))


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _signature(line: str) -> Signature:
    found = _LINE.fullmatch(line)
    if found is None:
        raise NoteError(f"{line[:80]!r} is not a signature line")
    check_name(found["name"])
    blob = _decode(found["blob"], f"the signature of {found['name']!r}")
    if len(blob) < 5:
        raise NoteError(f"the signature of {found['name']!r} is too short")
    return Signature(found["name"], blob[:4], blob[4:])


def _decode(text: str, what: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise NoteError(f"{what} is not base64") from None
    if b64encode(decoded).decode() != text:
        raise NoteError(f"{what} is not canonical base64")
    return decoded
