"""Receipts of reads: a file that proves one read is in the log, and nothing that was altered."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.log import note, read_receipt, receipt
from almoner.log.batch import Read, batch_path, batch_root, line_of
from almoner.log.checkpoint import Checkpoint
from almoner.log.entry import Entry, EntryPledge, EntryReads, encode
from almoner.log.merkle import leaf_hashes
from almoner.log.note import NoteError
from almoner.log.proof import ProofError
from almoner.log.receipt import LogProof, ReceiptError
from tests.ledger.folds import merkle_tree_hash as mth
from tests.log import model
from tests.log.model import ORIGIN, signer

LOG = signer()
TIME = "2026-05-20T12:00:00.000000Z"
REFUSED = ReceiptError, ProofError, NoteError


def lines(count: int) -> list[bytes]:
    return [line_of(Read("the-long-drive", 7 + at, f"{at:032x}")) for at in range(count)]


def entry_receipt(count: int, *, index: int = 5, size: int = 9, reads: bool = True) -> str:
    """What the site gives to anybody: one entry for a batch of reads, in a log of `size`."""
    batch = EntryReads(count, batch_root(leaf_hashes(lines(count))).hex()) if reads else None
    pledge = EntryPledge("pages", 1, f"{count}/100")
    bodies = [
        encode(Entry(1, at, TIME, "pledge", pledges=(pledge,), reads=batch)) for at in range(size)
    ]
    text = Checkpoint(ORIGIN, size, mth(bodies)).text
    extra = receipt.enclose(bodies[index], "", "", b"")
    signed = note.write(text, [LOG.sign(text)])
    return receipt.write(LogProof(index, tuple(model.path(index, bodies)), signed, extra))


def made(count: int = 11, place: int = 6) -> str:
    """The receipt of one read of a batch."""
    found = lines(count)
    path = batch_path(leaf_hashes(found), place)
    return read_receipt.compose(entry_receipt(count), found[place], place, path)


FILE = made()


def with_extra(**changed: object) -> str:
    found = receipt.parse(FILE)
    extra = json.loads(found.extra) | changed
    return receipt.write(replace(found, extra=json.dumps(extra, separators=(",", ":")).encode()))


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_every_read_of_a_batch_has_a_receipt(at: tuple[int, int]) -> None:
    count, place = at

    found = read_receipt.verify(made(count, place), [LOG.key])

    assert (found.read.serial, found.place, found.batch.count) == (7 + place, place, count)
    assert (found.entry.index, found.entry.checkpoint.size) == (5, 9)
    assert (found.entry.source, found.entry.ref) == ("", "")


def test_what_the_site_gives_to_anybody_proves_the_entry_alone() -> None:
    found = receipt.verify(entry_receipt(3), [LOG.key])

    assert (found.index, found.source, found.ref) == (5, "", "")
    assert not read_receipt.is_one(entry_receipt(3))
    assert read_receipt.is_one(FILE)


def test_no_bit_of_a_receipt_can_be_flipped() -> None:
    whole = FILE.encode()

    for bit in range(0, len(whole) * 8, 5):
        with pytest.raises((*REFUSED, UnicodeDecodeError)):
            read_receipt.verify(model.flip(whole, bit).decode(), [LOG.key])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"place": 5}, "another root"),
        ({"place": -1}, "not within the 11"),
        ({"place": 11}, "not within the 11"),
        ({"path": []}, "too short"),
        ({"path": ["ab" * 32] * 9}, "too long|another root"),
        ({"path": ["AB" * 32]}, "no hash"),
        ({"path": ["zz"]}, "holds no read"),
        ({"path": ["ab"]}, "hash of 1 bytes"),
        ({"read": lines(11)[5].decode()}, "another root"),
        ({"read": ""}, "holds no read"),
        ({"read": lines(11)[6].decode().replace(":13,", ": 13,")}, "holds no read"),
        ({"read": "{}"}, "holds no read"),
        ({"more": 1}, "not that of a read"),
        ({"entry": "{}"}, "another root"),
    ],
)
def test_a_receipt_that_says_otherwise_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(REFUSED, match=said):
        read_receipt.verify(with_extra(**changed), [LOG.key])


def test_a_receipt_written_otherwise_is_refused() -> None:
    found = receipt.parse(FILE)
    spaced = receipt.write(replace(found, extra=json.dumps(json.loads(found.extra)).encode()))

    with pytest.raises(ReceiptError, match="not written as its content"):
        read_receipt.verify(spaced, [LOG.key])


def test_an_entry_without_reads_has_no_receipt_of_any() -> None:
    (line,) = lines(1)
    file = read_receipt.compose(entry_receipt(1, reads=False), line, 0, [])

    with pytest.raises(ReceiptError, match="entry 5 is for no reads"):
        read_receipt.verify(file, [LOG.key])


def test_the_receipt_of_an_order_is_not_that_of_a_read() -> None:
    with pytest.raises(ReceiptError, match="not that of a read"):
        read_receipt.verify(entry_receipt(3), [LOG.key])


def test_a_receipt_signed_by_another_is_refused() -> None:
    with pytest.raises(NoteError):
        read_receipt.verify(FILE, [signer("elsewhere.example/log", 9).key])
