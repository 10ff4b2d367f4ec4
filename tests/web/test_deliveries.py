"""Deliveries at the front door of a real server: signed, counted once, and noted."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from almoner.intake import connections, deliveries
from almoner.ledger import connect
from almoner.ledger.event import timestamp
from almoner.ledger.reads import head
from tests.server import SHOP, Server
from tests.shop import encoded, headers, order, refund

OWN, CUPS = "the-secret-of-bowls", "the-secret-of-cups"


class Door:
    """A server with two shops set up in the admin, and a look into what it keeps."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.http = httpx.Client(base_url=server.url, timeout=60)
        with self.db() as db:
            now = datetime.now(UTC)
            connections.add(db, "shopify", "bowls", OWN, now)
            connections.add(db, "shopify", "cups", CUPS, now)

    def db(self):
        return closing(connect(self.database))

    def send(self, body, secret=OWN, path="/e/shopify", topic="orders/paid"):
        raw = body if isinstance(body, bytes) else encoded(body)
        return self.http.post(path, content=raw, headers=headers(raw, topic, secret))

    def wait_for_answer(self, secret, status):
        """Another process's change is seen within a quarter of a second."""
        until = time.monotonic() + 5
        while (answer := self.send(order(1), secret)).status_code != status:
            assert time.monotonic() < until, answer.text
            time.sleep(0.05)
        return answer

    def noted(self, name, *statuses):
        """What was written down, once it is quiet."""
        time.sleep(0.4)
        with self.db() as db:
            return deliveries.page(db, "shopify", name, statuses or deliveries.KEPT)

    def body(self, delivery):
        with self.db() as db:
            return deliveries.find(db, delivery.id).body

    def events(self):
        with self.db() as db:
            return head(db).events


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def door(request, tmp_path_factory, install):
    home = tmp_path_factory.mktemp("door")
    if request.param == "sqlite":
        install(home)
        server, database = Server(home), home / "almoner.db"
    else:
        database = request.getfixturevalue("postgresql").database()
        install(home, database)
        server = Server(home, database)
    server.start()
    opened = Door(server, database)
    opened.wait_for_answer(OWN, 200)
    yield opened
    opened.http.close()
    server.stop()


def test_the_secret_says_which_shop_it_is(door):
    body = order(100)
    for secret, name in ((OWN, "bowls"), (CUPS, "cups")):
        assert door.send(body, secret).json()["received"][0]["status"] == "matched nothing"
        assert (door.noted(name)[0].status, door.noted(name)[0].ref) == ("accepted", "order/100")
    again = door.send(body).json()["received"][0]["status"]
    assert (again, door.noted("bowls")[0].status) == ("duplicate", "duplicate")


def test_a_shop_of_the_settings_file_still_sends(door):
    from tests.server import SECRET

    assert door.send(order(110), SECRET).status_code == 200
    assert door.noted(SHOP)[0].ref == "order/110"


def test_at_its_own_address_a_shop_needs_its_own_secret(door):
    assert door.send(order(120), OWN, "/e/shopify/bowls").status_code == 200
    before = door.events()
    for path in ("/e/shopify/cups", "/e/shopify/nobody"):
        answer = door.send(order(121), OWN, path)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/bad-signature")
    assert door.events() == before


@pytest.mark.parametrize("path", ["/e/", "/e/ebay", "/e/shopify/a/b", "/e/csv_file"])
def test_where_nothing_is_received_the_answer_says_where_it_is(door, path):
    answer = door.send(order(130), OWN, path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-source")
    assert "/e/shopify" in answer.json()["detail"]


def test_a_delivery_is_posted(door):
    answer = door.http.get("/e/shopify/bowls")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_strangers_delivery_is_noted_without_its_body(door):
    time.sleep(1.1)  # they are noted once a second
    door.send(order(140, email="ada@example.org"), "a-secret-of-nobody")
    stranger = door.noted("")[0]
    assert (stranger.status, stranger.code) == ("rejected", "bad-signature")
    assert not stranger.kept
    assert door.noted("bowls", "rejected") == []


def test_what_cannot_be_read_is_kept_without_anything_personal(door):
    odd = order(150, currency="ZZZ", email="ada@example.org", customer={"first_name": "Ada"})
    assert door.send(odd).status_code == 422
    rejected = door.noted("bowls", "rejected")[0]
    assert (rejected.code, rejected.topic) == ("unknown-currency", "orders/paid")
    assert "ZZZ" in rejected.problem
    kept = door.body(rejected)
    assert b"ZZZ" in kept
    assert b"ada@" not in kept
    assert b"Ada" not in kept
    assert rejected.headers == '{"x-shopify-topic":"orders/paid"}'


def test_an_order_that_was_edited_is_acknowledged_and_kept_as_a_conflict(door):
    door.send(order(160))
    edited = order(160)
    edited["line_items"][0]["quantity"] = 3
    answer = door.send(edited)
    assert answer.status_code == 200
    assert answer.json()["received"][0]["status"] == "conflict"
    conflict = door.noted("bowls", "conflict")[0]
    assert conflict.problem.startswith("order/160: It was received before")
    assert conflict.kept


def test_the_lag_is_from_what_happened_to_its_receipt(door):
    when = (datetime.now(UTC) - timedelta(seconds=90)).isoformat()
    door.send(order(170, created_at=when))
    assert 90_000 <= door.noted("bowls")[0].lag < 150_000


def test_a_refund_and_its_order_are_one_shops(door):
    door.send(order(180))
    answer = door.send(refund(181, 180), topic="refunds/create")
    assert answer.json()["received"][0]["status"] == "nothing to take off"
    assert door.noted("bowls")[0].topic == "refunds/create"


def test_a_paused_shop_is_told_to_come_back_and_counted_once_it_is_resumed(door):
    with door.db() as db:
        connections.pause(db, "shopify", "cups", datetime.now(UTC))
    answer = door.wait_for_answer(CUPS, 503)
    assert answer.headers["retry-after"] == "3600"
    assert door.noted("cups", "rejected")[0].code == "paused"
    assert door.send(order(190), OWN).status_code == 200
    with door.db() as db:
        connections.resume(db, "shopify", "cups")
    door.wait_for_answer(CUPS, 200)


def test_an_exchanged_secret_opens_at_once_and_the_old_one_for_a_while(door):
    with door.db() as db:
        connections.exchange(db, "shopify", "bowls", "a-new-secret", datetime.now(UTC))
    door.wait_for_answer("a-new-secret", 200)
    assert door.send(order(200), OWN).status_code == 200
    with door.db() as db:
        connections.exchange(db, "shopify", "bowls", OWN, datetime.now(UTC))
    door.wait_for_answer(OWN, 200)


def test_the_days_tally_counts_every_delivery(door):
    door.noted("bowls")  # what the tests before this one sent
    with door.db() as db:
        before = deliveries.health(db, "shopify", "bowls", datetime.now(UTC)).count("accepted")
    for at in range(30):
        door.send(order(1_000 + at))
    door.noted("bowls")
    with door.db() as db:
        health = deliveries.health(db, "shopify", "bowls", datetime.now(UTC))
    assert health.count("accepted") == before + 30
    assert health.last_received < timestamp(datetime.now(UTC))
