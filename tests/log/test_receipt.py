"""Receipts: a file that proves one entry, by itself, and nothing that was altered."""

import json
from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from almoner.log import note, receipt
from almoner.log.checkpoint import Checkpoint
from almoner.log.entry import Entry, EntryPosting, commitment, encode
from almoner.log.note import NoteError
from almoner.log.proof import ProofError
from almoner.log.receipt import HEADER, LogProof, ReceiptError
from tests.ledger.folds import merkle_tree_hash as mth
from tests.log import model
from tests.log.model import ORIGIN, signer, vectors

LOG = signer()
SALT = bytes(range(16))
REFUSED = ReceiptError, ProofError, NoteError


def body(index: int, event: str = "") -> bytes:
    meal = EntryPosting("external", "charity/harbor-table/owed/meals/bowls", "meal", "1")
    return encode(
        Entry(1, index, "2026-05-20T12:00:00.000000Z", "deposit", event, postings=(meal,))
    )


def made(index: int = 5, size: int = 9, source: str = "shop", ref: str = "order-1") -> LogProof:
    """The receipt of one entry in a log of `size`."""
    bodies = [body(at, commitment(SALT, source, ref) if at == index else "") for at in range(size)]
    text = Checkpoint(ORIGIN, size, mth(bodies)).text
    extra = receipt.enclose(bodies[index], source, ref, SALT)
    signed = note.write(text, [LOG.sign(text)])
    return LogProof(index, tuple(model.path(index, bodies)), signed, extra)


FOUND = made()
FILE = receipt.write(FOUND)


# The properties


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_a_receipt_proves_its_entry_and_whose_it_is(at: tuple[int, int]) -> None:
    index, size = at

    found = receipt.verify(receipt.write(made(index, size, "Bücher & Co", "№ 7")), [LOG.key])

    assert (found.index, found.checkpoint.size) == (index, size)
    assert (found.source, found.ref) == ("Bücher & Co", "№ 7")
    assert found.entry == body(index, commitment(SALT, "Bücher & Co", "№ 7"))


@given(
    st.builds(
        LogProof,
        st.integers(0, 2**63 - 1),
        st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        st.binary(max_size=60),
    )
)
def test_a_file_reads_back_as_it_was_written(found: LogProof) -> None:
    assert receipt.parse(receipt.write(found)) == found


def test_no_bit_of_the_signed_and_proven_lines_can_be_flipped() -> None:
    """What is left is the extra line, which has a test of its own."""
    whole = FILE.encode()
    extra = range(whole.index(b"extra ") * 8, whole.index(b"\nindex") * 8)

    for bit in range(len(whole) * 8):
        if bit not in extra:
            with pytest.raises((*REFUSED, UnicodeDecodeError)):
                receipt.verify(model.flip(whole, bit).decode(), [LOG.key])


@given(st.text(), st.binary())
@example("", b'{"entry":"","source":"","ref":"","salt":""}')
def test_any_text_is_a_receipt_or_an_error_that_says_why(text: str, extra: bytes) -> None:
    for each in (
        text,
        f"{HEADER}\n{text}",
        FILE.replace("index 5", text),
        f"{HEADER}\nextra {b64encode(extra).decode()}\nindex 0\n\n{text}",
        receipt.write(replace(FOUND, extra=extra)),
    ):
        if each != FILE:
            with pytest.raises(REFUSED):
                receipt.verify(each, [LOG.key])


# Public vectors: the checkpoints in them are placeholders, so they are read and not verified.


def test_the_files_of_others_are_read() -> None:
    for case in vectors("formats-constants/tlog_proof.json")["ok"]:
        found = receipt.parse(case["text"])

        assert found.index == case["index"]
        assert b64encode(found.extra).decode() == case.get("extra", "")
        assert [b64encode(each).decode() for each in found.hashes] == case["hashes"]
        assert found.checkpoint == case["checkpoint"]
        assert receipt.write(found) == case["text"]
        with pytest.raises(REFUSED):
            receipt.verify(case["text"], [LOG.key])


@pytest.mark.parametrize("text", vectors("formats-constants/tlog_proof.json")["bad"])
def test_the_wrong_files_of_others_are_refused(text: str) -> None:
    with pytest.raises(ReceiptError):
        receipt.parse(text)


# By example


def test_a_receipt_looks_like_this() -> None:
    lines = FILE.split("\n")

    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 5"
    assert [len(line) for line in lines[3:7]] == [44] * 4
    assert lines[7:10] == ["", ORIGIN, "9"]
    assert json.loads(FOUND.extra) == {
        "entry": body(5, commitment(SALT, "shop", "order-1")).decode(),
        "source": "shop",
        "ref": "order-1",
        "salt": SALT.hex(),
    }


def test_a_receipt_without_its_salt_proves_the_entry_and_tells_nobody_whose_it_is() -> None:
    entry = json.loads(FOUND.extra)["entry"].encode()
    text = receipt.write(replace(FOUND, extra=receipt.enclose(entry, "", "", b"")))

    found = receipt.verify(text, [LOG.key])

    assert found.entry == entry
    assert (found.source, found.ref) == ("", "")


@pytest.mark.parametrize(
    ("source", "ref", "salt"),
    [("shop", "order-2", SALT), ("store", "order-1", SALT), ("shop", "order-1", bytes(16))],
)
def test_a_receipt_is_not_for_another_order(source: str, ref: str, salt: bytes) -> None:
    entry = json.loads(FOUND.extra)["entry"].encode()
    text = receipt.write(replace(FOUND, extra=receipt.enclose(entry, source, ref, salt)))

    with pytest.raises(ReceiptError, match=f"is not for {ref} of {source}"):
        receipt.verify(text, [LOG.key])


def test_an_entry_that_is_not_in_the_log_is_not_proven() -> None:
    changed = json.loads(FOUND.extra)["entry"].replace('"value":"1"', '"value":"100"').encode()
    text = receipt.write(replace(FOUND, extra=receipt.enclose(changed, "shop", "order-1", SALT)))

    with pytest.raises(ProofError, match="leads to another root"):
        receipt.verify(text, [LOG.key])


def test_an_entry_that_lies_elsewhere_than_it_says_is_refused() -> None:
    entry = body(6)
    text = Checkpoint(ORIGIN, 1, mth([entry])).text
    signed = note.write(text, [LOG.sign(text)])
    found = LogProof(0, (), signed, receipt.enclose(entry, "", "", b""))

    with pytest.raises(ReceiptError, match="the entry says that it is number 6, not 0"):
        receipt.verify(receipt.write(found), [LOG.key])


def test_an_entry_that_is_none_is_refused_although_it_is_in_the_log() -> None:
    text = Checkpoint(ORIGIN, 1, mth([b"hello"])).text
    signed = note.write(text, [LOG.sign(text)])
    found = LogProof(0, (), signed, receipt.enclose(b"hello", "", "", b""))

    with pytest.raises(ReceiptError, match="the receipt's entry cannot be read"):
        receipt.verify(receipt.write(found), [LOG.key])


def test_a_receipt_of_another_log_is_refused() -> None:
    with pytest.raises(NoteError, match="no known key has signed"):
        receipt.verify(FILE, [signer("other.example", 2).key])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * (receipt.MAX_RECEIPT + 1), "over 200,000 characters long"),
        ("", "does not begin with c2sp"),
        (HEADER, "does not begin with c2sp"),
        (f"{HEADER}\nindex 0\n\n", "does not begin with c2sp"),
        (f"{HEADER}\n\n\nnote\n", "does not say which entry"),
        (f"{HEADER}\nextra YQ==\n\nnote\n", "does not say which entry"),
        (f"{HEADER}\nindex 00\n\nnote\n", "does not say which entry"),
        (f"{HEADER}\nindex ١\n\nnote\n", "does not say which entry"),
        (f"{HEADER}\nextra a\nindex 0\n\nnote\n", "the extra line is not base64"),
        (f"{HEADER}\nextra \nindex 0\n\nnote\n", "an extra line with nothing on it"),
        (f"{HEADER}\nextra é\nindex 0\n\nnote\n", "the extra line is not base64"),
        (f"{HEADER}\nindex 0\nYQ==\n\nnote\n", "a hash of the proof is 1 bytes long, not 32"),
        (f"{HEADER}\nindex 0\n{'A' * 43}=" + f"\n{'A' * 43}=" * 63 + "\n\nnote\n", "64 hashes"),
    ],
)
def test_what_is_no_receipt_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ReceiptError, match=said):
        receipt.parse(text)


@pytest.mark.parametrize(
    "extra",
    [b"", b"[]", b"{}", b"null", b'{"entry":"x","source":"","ref":"","salt":"xyz"}', b"\xff"],
)
def test_a_receipt_without_its_entry_is_refused(extra: bytes) -> None:
    with pytest.raises(ReceiptError, match="does not hold the entry that it is for"):
        receipt.verify(receipt.write(replace(FOUND, extra=extra)), [LOG.key])


def test_no_bit_of_the_extra_line_can_be_flipped() -> None:
    for flipped in model.flips(FOUND.extra):
        with pytest.raises(REFUSED):
            receipt.verify(receipt.write(replace(FOUND, extra=flipped)), [LOG.key])


@pytest.mark.parametrize(
    "extra",
    [
        b'{"entry":"\\ud800","source":"","ref":"","salt":""}',
        b'{"entry":"","source":"\\ud800","ref":"","salt":"00"}',
        b'{"entry":"","source":"\xed\xa0\x80","ref":"","salt":"00"}',
        b'{"entry":1,"source":"","ref":"","salt":""}',
        b'{"entry":"","source":"","ref":"","salt":"","more":' + b"[" * 50_000,
        b"[" * 50_000,
    ],
)
def test_an_extra_line_that_is_no_text_is_refused_by_name(extra: bytes) -> None:
    with pytest.raises(ReceiptError, match="does not hold the entry that it is for"):
        receipt.verify(receipt.write(replace(FOUND, extra=extra)), [LOG.key])


def test_an_extra_line_is_written_in_one_way() -> None:
    for altered in (
        FOUND.extra.replace(b'","source', b'", "source'),
        FOUND.extra.replace(b"shop", b"\\u0073hop"),
        FOUND.extra.replace(SALT.hex().encode(), SALT.hex(" ").encode()),
        FOUND.extra.replace(SALT.hex().encode(), SALT.hex().upper().encode()),
    ):
        with pytest.raises(ReceiptError, match="is not written as its content is written"):
            receipt.verify(receipt.write(replace(FOUND, extra=altered)), [LOG.key])


@pytest.mark.parametrize("salt", [SALT + b"\0", SALT[:-1], b"\0"])
def test_a_salt_of_another_length_is_refused(salt: bytes) -> None:
    """With a zero after it, it would make the very same commitment."""
    entry = json.loads(FOUND.extra)["entry"].encode()
    text = receipt.write(replace(FOUND, extra=receipt.enclose(entry, "shop", "order-1", salt)))

    with pytest.raises(ReceiptError, match=f"the receipt's salt is {len(salt)} bytes long, not 16"):
        receipt.verify(text, [LOG.key])


def test_an_entry_nested_beyond_reason_is_refused_by_name() -> None:
    entry = b'{"v":1,"more":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    text = Checkpoint(ORIGIN, 1, mth([entry])).text
    signed = note.write(text, [LOG.sign(text)])
    found = LogProof(0, (), signed, receipt.enclose(entry, "", "", b""))

    with pytest.raises(ReceiptError, match="the receipt's entry cannot be read"):
        receipt.verify(receipt.write(found), [LOG.key])


def test_a_line_break_does_not_move_a_reference_into_its_source() -> None:
    """A commitment is over both with a line break between them."""
    entry = json.loads(made(ref="1\n2").extra)["entry"].encode()
    extra = receipt.enclose(entry, "shop\n1", "2", SALT)
    text = receipt.write(replace(made(ref="1\n2"), extra=extra))

    with pytest.raises(ReceiptError, match="the commitment differs"):
        receipt.verify(text, [LOG.key])
