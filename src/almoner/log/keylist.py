"""A log's published list of keys, and how trust goes from one to the next.

The list names every key that ever signed this log, oldest first. Each but the first carries
an endorsement: a signed note of the key before it, whose text is `almoner/key/v1`, the log's
origin and the new verifier key, a line each. Who trusts one key so trusts those after it.
Limit: whoever sees the list for the first time takes its first key on trust.
"""

from collections.abc import Sequence

import msgspec

from almoner.log.note import NoteError, VerifierKey, open_note, parse_key

ENDORSEMENT = "almoner/key/v1"
MAX_KEYS = 100  # one a month for eight years


class ListedKey(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """A verifier key, the size of the log from which it signs, and its endorsement."""

    vkey: str
    since: int
    endorsement: str = ""


class KeyList(msgspec.Struct, frozen=True):
    """`keys.json`: the log's origin, its keys, and the witnesses that it asks."""

    origin: str
    keys: tuple[ListedKey, ...]
    witnesses: tuple[str, ...] = ()


encode = msgspec.json.Encoder().encode


def endorsement_text(origin: str, key: VerifierKey) -> str:
    """What the key before signs for `key`."""
    return f"{ENDORSEMENT}\n{origin}\n{key}\n"


def read(document: bytes) -> KeyList:
    """Read `keys.json`; a `NoteError` says what is wrong with it."""
    try:
        found = msgspec.json.decode(document, type=KeyList)
    except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
        raise NoteError(f"the log's list of keys cannot be read: {error}") from None
    if not 0 < len(found.keys) <= MAX_KEYS:
        raise NoteError(f"the log's list of keys has {len(found.keys)} of them")
    return found


def trusted(found: KeyList, anchor: VerifierKey | None = None) -> Sequence[VerifierKey]:
    """The keys that follow from `anchor`, itself the first; without one from the list's first."""
    keys = [parse_key(each.vkey) for each in found.keys]
    stray = next((each for each in keys if each.name != found.origin), None)
    if stray is not None:
        raise NoteError(f"{stray.name} is no key of the log {found.origin}")
    start = 0 if anchor is None else keys.index(anchor) if anchor in keys else -1
    if start < 0:
        raise NoteError(f"the log {found.origin} does not list the key {anchor}")
    for at in range(start + 1, len(keys)):
        note = open_note(found.keys[at].endorsement, [keys[at - 1]])
        if note.text != endorsement_text(found.origin, keys[at]):
            raise NoteError(f"the key {keys[at]} is not endorsed by the one before it")
    return keys[start:]
