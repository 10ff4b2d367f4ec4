"""Receipts: for who holds the link, and for nobody else; forgotten for good."""

import fcntl
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from almoner.intake.keys import create_key
from almoner.ledger import connect
from almoner.log.checkpoint import parse
from almoner.log.note import split
from almoner.web.demo import API_KEY
from tests.server import ALMONER, SHOP, Server
from tests.shop import NUMBERS, order, refund, refunded, send

SOURCE = f"shopify:{SHOP}"
FILE = "receipt.tlog-proof"


@dataclass(frozen=True)
class Sold:
    """An order that was counted, and the link to its receipt."""

    number: int
    entry: int
    url: str

    @property
    def token(self) -> str:
        """What only its buyer was given."""
        return self.url.rstrip("/").rpartition("/")[2]


def api(server: Server, ref: str, key: str = API_KEY, source: str = SOURCE) -> httpx.Response:
    """Ask for an event's receipts, as a shop does."""
    return httpx.get(
        f"{server.url}/api/v1/receipts",
        params={"source": source, "id": ref},
        headers={"authorization": f"Bearer {key}"} if key else {},
        timeout=30,
    )


def sell(server: Server) -> Sold:
    """An order, and its receipt's link from the API."""
    number = next(NUMBERS)
    assert send(server.url, order(number)).status_code == 200
    [found] = api(server, f"order/{number}").json()
    return Sold(number, found["entry"], found["url"])


def wait(sold: Sold) -> None:
    """Until a checkpoint covers it."""
    until = time.monotonic() + 30
    while httpx.get(sold.url + FILE).status_code != 200:
        assert time.monotonic() < until, "it is not published"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def sold(site: Server) -> Sold:
    """An order whose receipt is published."""
    found = sell(site)
    wait(found)
    return found


VIEWS = ["", FILE, "qr.svg"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_receipt_is_kept_by_nobody_and_leads_nowhere(sold: Sold, view: str) -> None:
    answer = httpx.get(sold.url + view)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_the_page_says_what_was_given_and_for_which_order(sold: Sold) -> None:
    answer = httpx.get(sold.url)

    assert answer.headers["content-type"].startswith("text/html")
    assert "Meals Donated" in answer.text
    assert f"order/{sold.number}" in answer.text
    assert FILE in answer.text


def test_the_file_is_a_receipt_that_verifies_without_the_network(
    site: Server, sold: Sold, tmp_path: Path
) -> None:
    answer = httpx.get(sold.url + FILE)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    wanted = f'attachment; filename="receipt-{sold.entry}.tlog-proof"'
    assert answer.headers["content-disposition"] == wanted
    file = tmp_path / FILE
    file.write_text(answer.text)

    found = verify_receipt(site, file)

    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert (told["index"], told["source"]) == (sold.entry, SOURCE)
    assert told["ref"] == f"order/{sold.number}"
    assert told["entry"]["kind"] == "pledge"


def test_an_altered_file_does_not_verify(site: Server, sold: Sold, tmp_path: Path) -> None:
    text = httpx.get(sold.url + FILE).text
    file = tmp_path / FILE
    file.write_text(text.replace(f"index {sold.entry}\n", f"index {sold.entry - 1}\n"))

    assert verify_receipt(site, file).returncode == 1


def verify_receipt(server: Server, file: Path) -> subprocess.CompletedProcess[str]:
    """`almoner verify receipt` by the key that the site lists first."""
    key = httpx.get(f"{server.url}/log/keys.json").json()["keys"][0]["vkey"]
    return subprocess.run(
        [ALMONER, "verify", "receipt", str(file), "--key", key, "--json"],
        env=server.environment,
        capture_output=True,
        text=True,
    )


def test_the_qr_code_is_a_picture_of_the_address(sold: Sold) -> None:
    answer = httpx.get(sold.url + "qr.svg")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<?xml")
    assert "QR code of this receipt" in answer.text
    assert sold.token not in answer.text


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "token",
    [
        "0" * 32,
        "x",
        "another's",
        "upper case",
        "one letter less",
        "é",
        "%00",
        "%ff",
    ],
)
def test_only_the_entrys_own_token_opens_it(
    site: Server, sold: Sold, view: str, token: str
) -> None:
    tokens = {
        "another's": sell(site).token,
        "upper case": sold.token.upper() + "F",
        "one letter less": sold.token[:-1],
    }
    given = tokens.get(token, token)

    answer = httpx.get(f"{site.url}/receipts/{sold.entry}/{given}/{view}")

    assert answer.status_code == 404
    assert f"order/{sold.number}" not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("index", ["before", "10000000", "9" * 40, "9" * 5000, "-1", "0x1", "1.0"])
def test_a_token_opens_no_other_entry(site: Server, sold: Sold, view: str, index: str) -> None:
    named = str(sold.entry - 1) if index == "before" else index

    answer = httpx.get(f"{site.url}/receipts/{named}/{sold.token}/{view}")

    assert answer.status_code == 404
    assert f"order/{sold.number}" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_receipt_is_only_read(sold: Sold, method: str) -> None:
    assert httpx.request(method, sold.url + FILE).status_code in (403, 405)


@contextmanager
def unpublished(server: Server) -> Iterator[None]:
    """Meanwhile another process has the right to publish, and does not."""
    server.stop()
    with (server.home / "publication.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        server.start()
        yield


def test_before_its_checkpoint_a_receipt_says_when_to_ask_again(demo: Server) -> None:
    with unpublished(demo):
        sold = sell(demo)

        answer = httpx.get(sold.url + FILE)

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert answer.headers["cache-control"] == "no-store"
        assert "not in a checkpoint yet" in answer.text
        assert httpx.get(sold.url).status_code == 200
    wait(sold)


@pytest.mark.parametrize("damage", ["unreachable", "no checkpoint's text", "a missing tile"])
def test_while_the_logs_files_cannot_be_read_a_receipt_says_so(demo: Server, damage: str) -> None:
    sold = sell(demo)
    wait(sold)
    if damage == "unreachable":
        demo.stop()
        demo.environment |= {
            "ALMONER_LOG_STORE": "s3://giving/log",
            "AWS_ENDPOINT": "http://127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
            "AWS_REGION": "us-east-1",
        }
        demo.start()
    elif damage == "a missing tile":
        shutil.rmtree(demo.home / "log" / "tile")
    else:
        (demo.home / "log" / "checkpoint").write_bytes(b"\xff")

    answer = httpx.get(sold.url + FILE, timeout=30)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.text == ("The log's files cannot be read just now: ask again in a few seconds.\n")
    assert httpx.get(sold.url).status_code == 200


def test_a_forgotten_order_has_no_receipt_and_every_proof_holds(
    demo: Server, tmp_path: Path
) -> None:
    kept, gone = sell(demo), sell(demo)
    wait(gone)
    held = size(demo)
    bundle = f"{demo.url}/log/tile/entries/{held // 256:03}.p/{held % 256}"
    before = httpx.get(bundle).raise_for_status().content

    assert "Forgotten." in demo.run("forget", SOURCE, f"order/{gone.number}")

    for view in VIEWS:
        answer = httpx.get(gone.url + view)
        assert answer.status_code == 410
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert "destroyed on request" in answer.text
        assert str(gone.number) not in answer.text
    assert api(demo, f"order/{gone.number}").json() == []
    assert httpx.get(kept.url + FILE).status_code == 200
    assert size(demo) == held
    assert httpx.get(bundle).raise_for_status().content == before
    printed = demo.run("verify", demo.url, "--state", str(tmp_path / "state.json"))
    assert "Every number holds." in printed
    file = tmp_path / FILE
    file.write_text(httpx.get(kept.url + FILE).text)
    assert verify_receipt(demo, file).returncode == 0
    # Who comes with any token at all hears the same: there is nothing to hold it against.
    assert httpx.get(f"{demo.url}/receipts/{gone.entry}/{'0' * 32}/").status_code == 410


def size(server: Server) -> int:
    """How many entries are published."""
    return parse(split(httpx.get(f"{server.url}/log/checkpoint").text)[0]).size


def test_what_was_never_there_cannot_be_forgotten(site: Server) -> None:
    done = subprocess.run(
        [ALMONER, "forget", SOURCE, "order/1"],
        env=site.environment,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("almoner: There is nothing to forget: order/1 of ")
    assert len(done.stderr.splitlines()) == 1


def test_a_shop_is_given_the_links_of_an_order_and_of_its_refund(site: Server) -> None:
    sold = sell(site)
    back = next(NUMBERS)
    send(site.url, refund(back, sold.number, [refunded()]), "refunds/create")

    [of_order] = api(site, f"order/{sold.number}").json()
    [of_refund] = api(site, f"refund/{back}").json()

    assert of_order == {"entry": sold.entry, "url": sold.url}
    assert re.fullmatch(
        rf"{site.url}/receipts/{of_refund['entry']}/[0-9a-f]{{32}}/", of_refund["url"]
    )
    assert (
        of_refund["url"].rpartition("/receipts/")[2] != of_order["url"].rpartition("/receipts/")[2]
    )


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("", 401, "unauthorised"),
        ("alm_nonsense", 401, "unauthorised"),
        ("events:write", 403, "missing-scope"),
        ("read", 200, ""),
    ],
)
def test_receipts_are_given_to_keys_that_may_read(
    site: Server, sold: Sold, key: str, status: int, code: str
) -> None:
    if key in ("events:write", "read"):
        with closing(connect(site.home / "almoner.db")) as db:
            key = create_key(db, f"only {key}", [key], datetime.now(UTC))

    answer = api(site, f"order/{sold.number}", key)

    assert answer.status_code == status
    if code:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].startswith("/problems/")
        assert sold.token not in answer.text


def test_an_event_that_never_came_has_no_receipts(site: Server) -> None:
    answer = api(site, "order/1")

    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize("missing", ["source", "id"])
def test_both_names_of_an_event_are_needed(site: Server, missing: str) -> None:
    params = {"source": SOURCE, "id": "order/1"}
    del params[missing]

    answer = httpx.get(
        f"{site.url}/api/v1/receipts",
        params=params,
        headers={"authorization": f"Bearer {API_KEY}"},
    )

    assert answer.status_code == 422
    assert answer.json()["field"] == missing
