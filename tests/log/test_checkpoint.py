"""Checkpoints: what a log states, and that nobody states it in the log's place."""

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from almoner.log import checkpoint, note
from almoner.log.checkpoint import Checkpoint
from almoner.log.merkle import EMPTY_ROOT
from almoner.log.note import NoteError, parse_key
from tests.log.model import ORIGIN, flips, signer, vectors, witness

LOG = signer()
ROOT = bytes(range(32))
ENCODED = b64encode(ROOT).decode()
SIZES = st.integers(1, 2**63 - 1)
ORIGINS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


def signed(text: str) -> str:
    return note.write(text, [LOG.sign(text)])


@given(ORIGINS, SIZES, st.binary(min_size=32, max_size=32))
def test_a_checkpoint_reads_back_as_it_was_written(origin: str, size: int, root: bytes) -> None:
    made = Checkpoint(origin, size, root)

    assert checkpoint.parse(made.text) == made


@given(SIZES, st.binary(min_size=32, max_size=32))
def test_what_the_log_signed_is_read_as_verified(size: int, root: bytes) -> None:
    made = Checkpoint(ORIGIN, size, root)

    found, opened = checkpoint.read(signed(made.text), [LOG.key])

    assert found == made
    assert opened.verified == (LOG.sign(made.text),)


def test_no_bit_of_a_checkpoint_can_be_flipped() -> None:
    whole = signed(Checkpoint(ORIGIN, 70_000, ROOT).text)

    for flipped in flips(whole.encode()):
        with pytest.raises((NoteError, UnicodeDecodeError)):
            checkpoint.read(flipped.decode(), [LOG.key])


@given(st.text() | st.lists(st.text()).map("\n".join))
@example(f"a\n{'9' * 5000}\n{ENCODED}\n")
@example("a\n1\né\n")
@example("\n\n\n\n")
def test_any_text_is_a_checkpoint_or_an_error_that_says_why(text: str) -> None:
    with suppress(NoteError):
        checkpoint.parse(text)


def test_the_checkpoints_of_a_public_log_open() -> None:
    for case in vectors("formats-constants/checkpoints.json")["checkpoints"]:
        # This log's origin is not its key's name, which C2SP only recommends and we require.
        keys = [parse_key(each) for each in (case["vkey"], *case.get("more_vkeys", ()))]
        opened = note.open_note(case["note"], keys)
        found = checkpoint.parse(opened.text)
        assert (found.origin, found.size) == (case["origin"], case["size"])
        assert len(opened.verified) == case.get("verified", 1)
        with pytest.raises(NoteError, match="has not signed this checkpoint itself"):
            checkpoint.read(case["note"], keys)


def test_the_keys_of_public_witnesses_are_read() -> None:
    found = vectors("formats-constants/checkpoints.json")["cosigner_vkeys_ok"]

    assert [str(parse_key(each)) for each in found] == found


def test_the_log_itself_must_have_signed() -> None:
    text = Checkpoint(ORIGIN, 1, ROOT).text
    other = witness("w.example", 2)
    made = note.write(text, [other.cosign(text, 1)])

    with pytest.raises(NoteError, match=r"the log giving\.example/log has not signed"):
        checkpoint.read(made, [LOG.key, other.key])


def test_another_log_cannot_sign_in_its_place() -> None:
    text = Checkpoint(ORIGIN, 1, ROOT).text
    other = signer("other.example", 2)

    with pytest.raises(NoteError, match=r"the log giving\.example/log has not signed"):
        checkpoint.read(note.write(text, [other.sign(text)]), [LOG.key, other.key])


def test_lines_of_an_extension_are_passed_over_and_stay_signed() -> None:
    text = Checkpoint(ORIGIN, 1, ROOT).text + "more\n"

    found, opened = checkpoint.read(signed(text), [LOG.key])

    assert found == Checkpoint(ORIGIN, 1, ROOT)
    assert opened.text == text


def test_an_empty_log_has_the_empty_root() -> None:
    assert checkpoint.parse(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text).size == 0
    with pytest.raises(NoteError, match="another root than the empty one"):
        checkpoint.parse(Checkpoint(ORIGIN, 0, ROOT).text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "origin, size and root are three lines"),
        (f"o\n1\n{ENCODED}", "origin, size and root are three lines"),
        (f"\n1\n{ENCODED}\n", "origin, size and root are three lines"),
        (f"o\n01\n{ENCODED}\n", "'01' is not the size of a log"),
        (f"o\n-1\n{ENCODED}\n", "'-1' is not the size of a log"),
        (f"o\n1 \n{ENCODED}\n", "'1 ' is not the size of a log"),
        (f"o\n１\n{ENCODED}\n", "is not the size of a log"),
        (f"o\n{10**19}\n{ENCODED}\n", "is not the size of a log"),
        (f"o\n{2**63}\n{ENCODED}\n", "is not the size of a log"),
        (f"o\n1\n{ENCODED}\nmore", "origin, size and root are three lines"),
        (f"o\n1\n{ENCODED}\n\n", "origin, size and root are three lines"),
        (f"o\n1\n{ENCODED}\n\nmore\n", "origin, size and root are three lines"),
        (f"o\n\n{ENCODED}\n", "origin, size and root are three lines"),
        (f"o\n1\n{ENCODED[:-1]}\n", "the checkpoint's root is not base64"),
        (f"o\n1\n{ENCODED}=\n", "the checkpoint's root is not base64"),
        ("o\n1\nAAAA\n", "is no SHA-256 hash"),
        (f"o\n1\n{ENCODED[:-2]}9=\n", "is no SHA-256 hash"),
    ],
)
def test_what_is_no_checkpoint_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(NoteError, match=said):
        checkpoint.parse(text)


def test_a_witness_cannot_be_the_log_that_has_its_name() -> None:
    """Its key is trusted to cosign; what it alone has signed is no log's checkpoint."""
    other = witness("w.example", 2)
    text = Checkpoint(other.name, 1, ROOT).text

    with pytest.raises(NoteError, match=r"the log w\.example has not signed this"):
        checkpoint.read(note.write(text, [other.cosign(text, 1)]), [LOG.key, other.key])
