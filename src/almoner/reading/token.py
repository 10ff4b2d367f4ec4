"""The token of a read that was begun: signed, with a serial number, kept by the reader alone.

Layout, big-endian: story (4 bytes), serial (6), begun at in milliseconds since 1970 (6),
visitor tag (8), then 16 bytes of HMAC-SHA-256 (RFC 2104; truncated as its section 5 allows)
over a purpose and the rest; base64url without padding. Guarantee: a token that opens was made
here and not altered. It names no person: the tag is a hash whose salt is destroyed daily.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

import msgspec

_PURPOSE = b"almoner read"
_MAC = 16
_SIZE = 24 + _MAC
LENGTH = 54  # characters
MAX_STORY = 2**32 - 1
MAX_SERIAL = 2**48 - 1


class Token(msgspec.Struct, frozen=True):
    """A read that was begun. `tag` is the visitor's, signed 64 bits (see `visitors`)."""

    story: int
    serial: int
    begun_ms: int
    tag: int


def seal(key: bytes, token: Token) -> str:
    """The token as text."""
    said = (
        token.story.to_bytes(4, "big")
        + token.serial.to_bytes(6, "big")
        + token.begun_ms.to_bytes(6, "big")
        + token.tag.to_bytes(8, "big", signed=True)
    )
    return _text(said + _mac(key, said))


def unseal(key: bytes, text: str) -> Token | None:
    """What a token says; None where it is none of ours."""
    if len(text) != LENGTH or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "==")
    except Base64Error:
        return None
    said, mac = raw[:-_MAC], raw[-_MAC:]
    if len(raw) != _SIZE or not hmac.compare_digest(mac, _mac(key, said)):
        return None
    if text != _text(raw):  # bits of the last character that say nothing (RFC 4648, 3.5)
        return None
    return Token(
        int.from_bytes(said[:4], "big"),
        int.from_bytes(said[4:10], "big"),
        int.from_bytes(said[10:16], "big"),
        int.from_bytes(said[16:], "big", signed=True),
    )


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + said, "sha256")[:_MAC]
