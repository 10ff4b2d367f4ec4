"""The receipt of a read: its entry's part is anybody's, the rest is with its reader alone."""

import json
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from almoner.campaigns.model import Action
from almoner.ledger import Event, Ledger, connect, publish
from almoner.log import read_receipt
from almoner.log.batch import Read, batch_path, batch_root, line_of
from almoner.log.merkle import leaf_hashes
from tests.ledger.examples import campaign
from tests.server import Server
from tests.web.test_receipts import sell, verify_receipt

LINES = [line_of(Read("the-long-drive", at, f"{at:032x}")) for at in range(9)]


@pytest.fixture(scope="module")
def batch(site: Server) -> int:
    """The entry of a batch of reads, in a running site whose log covers it."""
    now = datetime.now(UTC)
    body = Action("read", 9, story="the-long-drive", root=batch_root(leaf_hashes(LINES)).hex())
    begin = now - timedelta(days=1)
    terms = {"trigger": "read", "rate": "1/1000", "starts_at": begin, "effective_from": begin}
    with closing(connect(site.home / "almoner.db")) as db:
        publish(db, campaign("told-to-the-end", **terms), now)
        (outcome,) = Ledger(db).append([Event("reads", "batch", "action", now, body)], now)
    assert outcome.entry is not None
    until = time.monotonic() + 30
    while part(site, outcome.entry).status_code == 503:
        assert time.monotonic() < until, "it is not published"
        time.sleep(0.05)
    return outcome.entry


def part(site: Server, entry: int) -> httpx.Response:
    return httpx.get(f"{site.url}/receipts/reads/{entry}.tlog-proof")


def test_a_read_is_proven_by_what_its_reader_has_and_what_anybody_has(
    site: Server, batch: int, tmp_path: Path
) -> None:
    path = batch_path(leaf_hashes(LINES), 4)
    file = tmp_path / "read.tlog-proof"
    file.write_text(read_receipt.compose(part(site, batch).text, LINES[4], 4, path))

    found = verify_receipt(site, file)

    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert (told["index"], told["place"], told["read"]["story"]) == (batch, 4, "the-long-drive")
    assert told["entry"]["reads"]["count"] == 9
    file.write_text(file.read_text().replace(f"index {batch}\n", f"index {batch - 1}\n"))
    assert verify_receipt(site, file).returncode == 1


def test_what_anybody_can_have_says_nothing_of_a_read(site: Server, batch: int) -> None:
    answer = part(site, batch)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "set-cookie" not in answer.headers
    assert not read_receipt.is_one(answer.text)


def test_the_entry_of_an_order_is_not_handed_out_there(site: Server, batch: int) -> None:
    assert part(site, sell(site).entry).status_code == 404
    assert part(site, 10**9).status_code == 404
    assert httpx.get(f"{site.url}/receipts/reads/x.tlog-proof").status_code == 404
