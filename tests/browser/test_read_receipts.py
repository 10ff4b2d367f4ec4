"""A reader keeps the receipt of a read, and sees in their own browser whether it holds."""

import json
from base64 import b64encode

import pytest

from almoner.log import read_receipt, receipt
from almoner.log.batch import Read, batch_path, line_of
from almoner.log.merkle import leaf_hashes
from tests.browser.published import Published, published

pytestmark = pytest.mark.browser

LINES = [line_of(Read("the-long-drive", 70 + at, f"{at:032x}")) for at in range(11)]
PLACE = 6
COMPOSE = """async (given) => {
  const { composeReceipt } = await import("/static/web/proof/read-receipt.js");
  return composeReceipt(...given);
}"""


@pytest.fixture
def log() -> Published:
    log = published(9)
    log.read(LINES)
    log.order()
    return log.publish()


@pytest.fixture
def site(serve_log, log):
    return serve_log(log)


@pytest.fixture
def reader(page, site):
    page.goto(site.url + "/check/")
    return page


def entry(log: Published) -> int:
    """The entry that is for the reads."""
    return next(at for at, body in enumerate(log.entries) if b'"reads"' in body)


def made(log: Published, **altered: object) -> str:
    """The receipt of a read, as Python makes it; `altered` changes what it holds."""
    path = batch_path(leaf_hashes(LINES), PLACE)
    text = read_receipt.compose(log.part_for_reads(entry(log)), LINES[PLACE], PLACE, path)
    held = json.loads(receipt.parse(text).extra)
    extra = json.dumps(held | altered, ensure_ascii=False, separators=(",", ":"))
    before, _, rest = text.partition("extra ")
    return f"{before}extra {b64encode(extra.encode()).decode()}\n{rest.partition(chr(10))[2]}"


def shown(page, text):
    """What the page says of a file that the reader chooses."""
    file = {"name": "read.tlog-proof", "mimeType": "text/plain", "buffer": text.encode()}
    page.get_by_label("Choose a receipt").set_input_files(file)
    verdict = page.locator("receipt-proof .verdict:not([data-state=working])")
    verdict.wait_for()
    steps = [each.get_attribute("data-state") for each in page.locator(".proof-steps > li").all()]
    return verdict.get_attribute("data-state"), verdict.inner_text(), steps


def test_the_receipt_of_a_read_turns_green_and_says_what_it_proves(reader, log):
    state, said, steps = shown(reader, made(log))

    assert (state, steps) == ("holds", ["holds"] * 4), said
    told = reader.locator(".proof-steps").inner_text()
    assert "Your read is one of those that the entry is for" in told
    assert "A read of “the-long-drive”, one of 11 reads that the entry is for." in told
    reader.locator("receipt-proof details summary").click()
    proven = reader.locator("receipt-proof details").inner_text()
    assert LINES[PLACE].decode() in proven
    assert "2/3 through holiday-bowls, 355/7 through service-dogs" in proven


def test_the_browser_makes_the_same_file_as_the_server_would(reader, log):
    path = [each.hex() for each in batch_path(leaf_hashes(LINES), PLACE)]
    given = [log.part_for_reads(entry(log)), LINES[PLACE].decode(), PLACE, path]

    assert reader.evaluate(COMPOSE, given) == made(log)


def test_what_was_altered_in_the_receipt_of_a_read_is_named(reader, log):
    none = f"The read is none of those that entry {entry(log)} is for: it was altered."
    for text, sentence, held in (
        (made(log, read=LINES[5].decode()), none, 2),
        (made(log, place=5), none, 2),
        (made(log, place=11), none, 2),
        (made(log, path=["ab" * 32] * 4), none, 2),
        (made(log, path=["AB" * 32]), "is not written as it should be", 0),
        (made(log, path="ab"), "does not hold the read that it is for", 0),
        (made(log, read='{"story":"the-long-drive"}'), "not written as its content", 0),
        (made(log, entry=log.entries[2].decode()), "leads to another root", 1),
        (made(log).replace("\nindex", "\nindex 3\nindex", 1), "receipt", 0),
    ):
        state, said, steps = shown(reader, text)
        assert (state, sentence in said) == ("failed", True), (sentence, said)
        assert steps == ["holds"] * held + ["failed"] + ["waiting"] * (3 - held)


def test_an_entry_that_is_for_no_reads_holds_none(reader, log):
    path = batch_path(leaf_hashes(LINES), PLACE)
    text = read_receipt.compose(log.part_for_reads(2), LINES[PLACE], PLACE, path)

    state, said, _ = shown(reader, text)

    assert (state, "Entry 2 is for no reads." in said) == ("failed", True), said
