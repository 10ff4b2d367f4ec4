"""The list of keys: trust goes from one key to the next, and nowhere else."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from almoner.log import keylist, note
from almoner.log.keylist import MAX_KEYS, KeyList, ListedKey, endorsement_text, trusted
from almoner.log.note import NoteError, Signer
from tests.log.model import ORIGIN, signer

SIGNERS = [signer(ORIGIN, seed) for seed in range(1, 7)]


def endorsed(by: Signer, new: Signer, origin: str = ORIGIN) -> str:
    text = endorsement_text(origin, new.key)
    return note.write(text, [by.sign(text)])


def listed(count: int) -> KeyList:
    """A log's list after `count - 1` rotations."""
    first = ListedKey(str(SIGNERS[0].key), 0)
    later = [
        ListedKey(str(SIGNERS[at].key), at * 100, endorsed(SIGNERS[at - 1], SIGNERS[at]))
        for at in range(1, count)
    ]
    return KeyList(ORIGIN, (first, *later))


@given(st.integers(1, 6), st.integers(0, 5))
def test_who_trusts_one_key_trusts_those_after_it(count: int, at: int) -> None:
    found = keylist.read(keylist.encode(listed(count)))
    keys = [each.key for each in SIGNERS[:count]]

    assert list(trusted(found)) == keys
    if at < count:
        assert list(trusted(found, keys[at])) == keys[at:]
    else:
        with pytest.raises(NoteError, match="does not list the key"):
            trusted(found, SIGNERS[at].key)


@given(st.binary())
@example(b'{"origin":"","keys":[]}')
def test_any_bytes_are_a_list_or_an_error_that_says_why(document: bytes) -> None:
    with suppress(NoteError):
        trusted(keylist.read(document))


def test_a_key_that_the_one_before_it_did_not_endorse_is_refused() -> None:
    strange = KeyList(
        ORIGIN,
        (
            ListedKey(str(SIGNERS[0].key), 0),
            ListedKey(str(SIGNERS[1].key), 9, endorsed(SIGNERS[2], SIGNERS[1])),
        ),
    )

    with pytest.raises(NoteError, match="no known key has signed"):
        trusted(strange)
    # Who already trusts the second key does not ask how it came there.
    assert list(trusted(strange, SIGNERS[1].key)) == [SIGNERS[1].key]


@pytest.mark.parametrize(
    "of", [endorsed(SIGNERS[0], SIGNERS[2]), endorsed(SIGNERS[0], SIGNERS[1], "x")]
)
def test_an_endorsement_is_for_one_key_of_one_log(of: str) -> None:
    keys = ListedKey(str(SIGNERS[0].key), 0), ListedKey(str(SIGNERS[1].key), 9, of)

    with pytest.raises(NoteError, match="is not endorsed by the one before it"):
        trusted(KeyList(ORIGIN, keys))


def test_a_key_of_another_name_is_refused() -> None:
    other = signer("other.example", 9)

    with pytest.raises(NoteError, match=r"other\.example is no key of the log giving"):
        trusted(KeyList(ORIGIN, (ListedKey(str(other.key), 0),)))


def test_a_list_of_none_and_a_flood_are_refused() -> None:
    one = ListedKey(str(SIGNERS[0].key), 0)

    for count in (0, MAX_KEYS + 1):
        document = msgspec.json.encode(KeyList(ORIGIN, (one,) * count))
        with pytest.raises(NoteError, match=f"has {count} of them"):
            keylist.read(document)
    with pytest.raises(NoteError, match="cannot be read"):
        keylist.read(b"[]")


def test_a_list_nested_beyond_reason_is_refused_by_name() -> None:
    with pytest.raises(NoteError, match="cannot be read: maximum recursion depth"):
        keylist.read(b'{"more":' + b"[" * 50_000)
