"""Share codes: sixteen characters that name a story and no person.

Layout, big-endian: story (3 bytes), a random number (4), the sharer's mark (2), then 3 bytes of
HMAC-SHA-256 over a purpose and the rest; base64url. Nothing is kept when one is made. The mark
is a hash of the sharer's visitor tag under that day's salt: on the same day a visit of the
sharer's own is told by it, and when the salt is destroyed it says nothing to anyone. Limits:
the mark takes one stranger in 65,536 for the sharer; from another network or on another day the
sharer's own visit counts like anybody's. The signature is short because a forged code is worth
no more than a real one, which anybody may have by asking: it keeps out what is mistyped.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

import msgspec

LENGTH = 16
MAX_STORY = 2**24 - 1
SHAPE = re.compile(r"[A-Za-z0-9_-]{16}", re.ASCII)

_PURPOSE = b"almoner share"
_MAC = 3


class ShareCode(msgspec.Struct, frozen=True):
    """A code that opens: its text, the story it is for, and the mark of who made it."""

    text: str
    story: int
    mark: bytes


def mint(key: bytes, story: int, number: int, mark: bytes) -> ShareCode:
    """A code for `story`; `number` is 32 random bits."""
    assert 0 < story <= MAX_STORY, f"story {story} has no room in a share code"
    said = story.to_bytes(3, "big") + number.to_bytes(4, "big") + mark
    return ShareCode(urlsafe_b64encode(said + _mac(key, said)).decode(), story, mark)


def read(key: bytes, text: str) -> ShareCode | None:
    """What a code says; None where it is none of ours."""
    if not SHAPE.fullmatch(text):
        return None
    raw = urlsafe_b64decode(text)
    said, mac = raw[:-_MAC], raw[-_MAC:]
    if not hmac.compare_digest(mac, _mac(key, said)):
        return None
    return ShareCode(text, int.from_bytes(said[:3], "big"), said[7:])


def mark_of(salt: bytes, tag: int) -> bytes:
    """The mark of a visitor, of the day that `salt` is for."""
    said = tag.to_bytes(8, "big", signed=True)
    return blake2b(said, key=salt, person=b"almoner mark", digest_size=2).digest()


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + said, "sha256")[:_MAC]
