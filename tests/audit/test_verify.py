"""`almoner verify`: what is whole holds, and whatever is altered is named."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from random import Random

import msgspec
import pytest

from almoner.audit import verifying
from almoner.audit.sources import Directory, SourceError
from almoner.audit.verifying import Trust, VerifyError
from almoner.ledger import audit, reads
from almoner.log import receipt
from almoner.log.note import NoteError
from almoner.log.proof import ProofError
from almoner.log.receipt import ReceiptError
from almoner.publication import receipts
from almoner.publication.stores import open_store
from tests.audit.published import Published, install, sell

SIZE = 10_000
FLIPS = 15  # of each kind; each is a recount of everything


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A published log of more than 10,000 entries."""
    made = install(tmp_path_factory.mktemp("published") / "home")
    sell(made, 9_500)
    made.publish()
    with_entries = made.database()
    assert reads.head(with_entries).size > SIZE
    with_entries.close()
    return made


@pytest.fixture
def copy(published: Published, tmp_path: Path) -> Published:
    """One to be altered."""
    return branch(published, tmp_path / "home")


def branch(published: Published, home: Path) -> Published:
    """A copy with a life of its own."""
    shutil.copytree(published.home, home)
    settings = msgspec.structs.replace(published.settings, home=home)
    return replace(published, home=home, settings=settings)


def verdict(log: Path, trust: Trust | None = None) -> str:
    """ "" where everything holds, else the first sentence that says what does not."""
    try:
        report, _ = verifying.verify(Directory(log), trust or Trust(), processes=1)
    except VerifyError as error:
        return str(error)
    return report.differences[0] if report.differences else ""


def flip(file: Path, at: int, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 1 << bit
    file.write_bytes(content)


def test_a_whole_log_holds_and_every_counter_is_what_its_entries_make(
    published: Published,
) -> None:
    report, seen = verifying.verify(Directory(published.log), Trust())

    assert report.holds
    assert report.size == seen.size > SIZE
    lines = {(each.cause, each.measure): each for each in report.counters}
    assert lines["meals", "opening"].recounted == "23761"
    assert all(each.shown == each.recounted for each in report.counters)
    assert int(lines["meals", "pledged"].recounted) > 1_000


def test_two_processes_find_what_one_finds(published: Published) -> None:
    one, _ = verifying.verify(Directory(published.log), Trust(), processes=1)
    two, _ = verifying.verify(Directory(published.log), Trust(), processes=2)

    assert (one.root, one.counters) == (two.root, two.counters)


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("tile/entries/*", ("entries/", "Entry ", "entry ")),
        ("tile/entries/*.p/*", ("entries/", "Entry ", "entry ")),
        ("tile/0/*", ("tile/0/",)),
        ("tile/0/*.p/*", ("tile/0/",)),
        ("tile/1/*.p/*", ("tile/1/",)),
        ("checkpoint", ("checkpoint", "signature", "note", "key", "base64")),
    ],
)
def test_a_flipped_bit_anywhere_is_found_and_named(
    copy: Published, pattern: str, named: tuple[str, ...]
) -> None:
    chance = Random(pattern)
    files = sorted(each for each in copy.log.glob(pattern) if each.is_file())
    assert files
    for _ in range(FLIPS):
        file = chance.choice(files)
        at, bit = chance.randrange(file.stat().st_size), chance.randrange(8)
        flip(file, at, bit)
        said = verdict(copy.log)
        assert any(each in said for each in named), f"{file} byte {at} bit {bit}: {said!r}"
        flip(file, at, bit)
    assert verdict(copy.log) == ""


def test_every_byte_of_the_listed_key_counts(copy: Published) -> None:
    file = copy.log / "keys.json"
    start = file.read_bytes().index(str(copy.keys.verifiers[0]).encode())
    for at in range(start, start + len(str(copy.keys.verifiers[0]))):
        flip(file, at, 0)
        assert verdict(copy.log), f"byte {at} was flipped and nothing was said"
        flip(file, at, 0)


def test_every_byte_of_the_signature_counts(copy: Published) -> None:
    file = copy.log / "checkpoint"
    note = file.read_bytes()
    start = note.rindex(b" ") + 1
    for at in range(start, len(note) - 1):
        flip(file, at, 1)
        assert verdict(copy.log), f"byte {at} was flipped and nothing was said"
        flip(file, at, 1)


@pytest.mark.parametrize("measure", ["shown", "opening", "pledged", "owed", "delivered"])
def test_a_counter_that_is_off_by_one_is_named_with_the_difference(
    copy: Published, measure: str
) -> None:
    file = copy.log / "counters.json"
    shown = json.loads(file.read_bytes())
    figure = shown["counters"][0][measure]
    figure["value"] = str(int(figure["value"]) + 1)
    file.write_text(json.dumps(shown))

    said = verdict(copy.log)

    assert f"Meals Donated (meals, {measure})" in said
    assert said.endswith(": 1 too much.")


def test_a_cause_that_is_hidden_is_missed(copy: Published) -> None:
    file = copy.log / "counters.json"
    shown = json.loads(file.read_bytes())
    del shown["counters"][1]
    file.write_text(json.dumps(shown))

    assert verdict(copy.log) == "service-dogs is counted in the entries, and shown nowhere."


def test_each_byte_of_a_receipt_counts(published: Published) -> None:
    db = published.database()
    held = reads.sealed(db, 4_321)
    db.close()
    assert held is not None
    whole = receipts.write(open_store(published.settings), held)
    keys = published.keys.verifiers
    assert receipt.verify(whole, keys).ref == held.ref

    content = whole.encode()
    for at in range(len(content)):
        altered = bytearray(content)
        altered[at] ^= 1 << Random(at).randrange(7)
        try:
            text = altered.decode()
        except UnicodeDecodeError:
            continue  # no text any more, which `almoner verify receipt` says
        with pytest.raises((ReceiptError, ProofError, NoteError)):
            receipt.verify(text, keys)


def test_a_flipped_balance_in_the_database_is_found(copy: Published) -> None:
    db = copy.database()
    accounts = [row[0] for row in db.rows("SELECT id FROM ledger_account WHERE balance > 0")]
    for account in accounts:
        for bit in (1, 2, 64):
            db.run("UPDATE ledger_account SET balance = balance + ? WHERE id = ?", (bit, account))
            assert "its entries make" in audit.check(db)
            db.run("UPDATE ledger_account SET balance = balance - ? WHERE id = ?", (bit, account))
    assert audit.check(db) == ""
    db.close()


def test_a_log_that_grew_begins_with_what_was_seen(copy: Published) -> None:
    report, seen = verifying.verify(Directory(copy.log), Trust(), processes=1)
    sell(copy, 700, first=50_000)
    copy.publish()

    later, _ = verifying.verify(Directory(copy.log), Trust(seen=seen), processes=1)

    assert later.holds
    assert later.seen_before == report.size < later.size


def test_a_log_that_was_rolled_back_is_found(copy: Published, published: Published) -> None:
    sell(copy, 700, first=50_000)
    copy.publish()
    _, seen = verifying.verify(Directory(copy.log), Trust(), processes=1)

    said = verdict(published.log, Trust(seen=seen))

    assert "was rolled back" in said


def test_a_fork_is_found(published: Published, tmp_path: Path) -> None:
    honest, forked = (branch(published, tmp_path / name) for name in ("honest", "forked"))
    sell(honest, 300, first=60_000)
    sell(forked, 500, first=70_000)
    honest.publish()
    forked.publish()
    _, seen = verifying.verify(Directory(honest.log), Trust(), processes=1)

    assert "was forked" in verdict(forked.log, Trust(seen=seen))
    assert verdict(forked.log) == "", "by itself a fork looks whole: this is what witnesses are for"


def test_another_key_than_the_one_known_is_refused(published: Published, tmp_path: Path) -> None:
    stranger = install(tmp_path / "stranger")

    said = verdict(published.log, Trust(key=stranger.keys.verifiers[0]))

    assert "does not list the key" in said


def test_counters_ahead_of_the_checkpoint_are_not_believed(copy: Published) -> None:
    file = copy.log / "counters.json"
    shown = json.loads(file.read_bytes())
    shown["size"] += 1
    file.write_text(json.dumps(shown))

    assert "what is shown is not published" in verdict(copy.log)


@pytest.mark.parametrize("missing", ["tile/0/005", "tile/entries/005", "tile/1/000.p/*"])
def test_a_missing_file_is_named(copy: Published, missing: str) -> None:
    for file in copy.log.glob(missing):
        file.unlink()

    assert f"{missing.rstrip('*')}" in verdict(copy.log)
    assert "is missing" in verdict(copy.log)


@pytest.mark.parametrize("missing", ["checkpoint", "keys.json", "counters.json"])
def test_where_there_is_no_log_nothing_is_claimed(copy: Published, missing: str) -> None:
    (copy.log / missing).unlink()

    with pytest.raises(SourceError):
        verifying.verify(Directory(copy.log), Trust(), processes=1)
