"""`POST /api/v1/events` and `POST /e/shopify` of a real server, on each database."""

import gzip
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from almoner.intake.keys import create_key, list_keys, revoke_key
from almoner.ledger import audit
from almoner.reading.brake import pull, release
from tests.shop import encoded, headers, line, order, refund, refunded, send

NDJSON = "application/x-ndjson"


def by_hand(ref, campaign="none", quantity=1, **more):
    return {"kind": "manual", "id": str(ref), "campaign": campaign, "quantity": quantity, **more}


def lines(answer):
    assert answer.headers["content-type"] == NDJSON
    return [json.loads(each) for each in answer.content.splitlines()]


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"].endswith(".")
    return answer.status_code, told["type"].removeprefix("/problems/"), told.get("field", "")


def test_a_new_event_is_created_a_known_one_is_told(till, number):
    till.publish(f"miles-{number}")
    event = by_hand(number, f"miles-{number}", 12)
    first, again = till.post(event), till.post(event)
    assert (first.status_code, first.json()["status"]) == (201, "pledged")
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert again.json()["event"] == first.json()["event"]
    told = first.json()["pledges"][0]
    assert told["amount"] == {"unit": f"miles-{number}-unit", "value": "12"}
    assert till.given(f"miles-{number}") == 12


def test_an_event_that_made_an_entry_is_answered_with_its_receipt(till, number):
    till.publish(f"miles-{number}")
    told = till.post(by_hand(number, f"miles-{number}", 12)).json()
    assert told["receipt"].startswith(f"/receipts/{told['entry']}/")
    assert "receipt" not in till.post(by_hand(f"{number}-none")).json()


def test_the_same_id_with_another_content_is_a_conflict(till, number):
    till.post(by_hand(number, quantity=1))
    assert problem(till.post(by_hand(number, quantity=2))) == (409, "conflict", "id")


def test_a_valid_event_that_matches_nothing_is_kept(till, number):
    answer = till.post(by_hand(number, "no-such-campaign"))
    assert (answer.status_code, answer.json()["status"]) == (201, "matched nothing")


def test_the_idempotency_key_makes_a_retry_safe(till, number):
    event = {k: v for k, v in by_hand(0).items() if k != "id"}
    first = till.post(event, Idempotency_Key=f"key-{number}")
    assert first.status_code == 201
    assert till.post(event, Idempotency_Key=f'"key-{number}"').json()["status"] == "duplicate"
    assert problem(till.post(event)) == (422, "no-id", "id")
    assert problem(till.post(event, Idempotency_Key="k" * 151))[:2] == (400, "unusable-key")
    assert problem(till.post(event, Idempotency_Key="a\tb"))[:2] == (400, "unusable-key")


def test_each_line_is_answered_and_a_bad_one_hinders_none(till, number):
    good = [json.dumps(by_hand(f"{number}-{n}")) for n in range(4)]
    sent = [good[0], "", "{not json", good[1], '{"kind":"gift"}', good[0], "   ", good[2]]
    sent += [json.dumps(by_hand(f"{number}!")), json.dumps(by_hand(f"{number}\n")), good[3]]
    body = "\r\n".join(sent)
    answers = lines(till.post(body.encode(), NDJSON))
    assert [(each["line"], each["status"]) for each in answers] == [
        (1, "matched nothing"),
        (3, "refused"),
        (4, "matched nothing"),
        (5, "refused"),
        (6, "duplicate"),
        (8, "matched nothing"),
        (9, "matched nothing"),
        (10, "refused"),
        (11, "matched nothing"),
    ]
    refused = [each["problem"]["type"] for each in answers if each["status"] == "refused"]
    assert refused == [
        "/problems/malformed-json",
        "/problems/invalid-field",
        "/problems/invalid-field",
    ]


def test_a_conflict_in_the_middle_of_a_bulk_is_told_on_its_line(till, number):
    body = "\n".join(json.dumps(by_hand(number, quantity=n)) for n in (1, 2))
    answers = lines(till.post(body.encode(), NDJSON))
    assert answers[1]["problem"]["type"] == "/problems/conflict"


def test_nothing_is_answered_with_nothing(till):
    for body in (b"", b"\n\n"):
        answer = till.post(body, NDJSON)
        assert (answer.status_code, answer.content) == (200, b"")


def test_five_thousand_lines_are_one_answer_and_one_more_is_refused(till, number):
    body = [json.dumps(by_hand(f"{number}-{n}")) for n in range(5_001)]
    answer = till.post("\n".join(body[:5_000]).encode(), NDJSON)
    assert [each["line"] for each in lines(answer)] == list(range(1, 5_001))
    assert {each["status"] for each in lines(answer)} == {"matched nothing"}
    assert problem(till.post("\n".join(body).encode(), NDJSON))[:2] == (413, "too-many-lines")


def test_the_header_names_the_lines_of_a_bulk_too(till, number):
    body = b'{"kind":"manual","campaign":"none","quantity":1}\n' * 3
    first = lines(till.post(body, NDJSON, Idempotency_Key=f"bulk-{number}"))
    again = lines(till.post(body, NDJSON, Idempotency_Key=f"bulk-{number}"))
    assert [each["status"] for each in first] == ["matched nothing"] * 3
    assert [each["status"] for each in again] == ["duplicate"] * 3


def test_a_body_of_five_megabytes_is_refused_in_words(till):
    big = b'{"kind":"' + b"x" * 5_000_000 + b'"}'
    assert problem(till.post(big))[:2] == (413, "body-too-large")
    answer = till.http.post("/e/shopify", content=big, headers=headers(big, "orders/paid"))
    assert problem(answer)[:2] == (413, "body-too-large")
    chunks = (big[at : at + 65_536] for at in range(0, len(big), 65_536))
    answer = till.http.post("/e/shopify", content=chunks, headers=headers(big, "orders/paid"))
    assert problem(answer)[:2] == (413, "body-too-large")


@pytest.mark.parametrize(
    ("media_type", "status"),
    [("text/plain", 415), ("application/xml", 415), ("application/json; charset=utf-8", 201)],
)
def test_the_media_type_is_looked_at(till, number, media_type, status):
    body = json.dumps(by_hand(number)).encode()
    assert till.post(body, media_type).status_code == status


def test_a_compressed_body_is_no_json(till, number):
    body = gzip.compress(json.dumps(by_hand(number)).encode())
    assert problem(till.post(body, Content_Encoding="gzip"))[0] == 400


def test_only_a_key_with_the_scope_may_write_and_a_revoked_one_at_once_may_not(till, number):
    with till.ledger() as db:
        token = create_key(db, f"writer-{number}", ["events:write"], datetime.now(UTC))
        reads = create_key(db, f"reader-{number}", ["read"], datetime.now(UTC))
    time.sleep(0.6)  # another process's change is seen within a quarter of a second

    def as_key(token):
        return till.post(by_hand(f"{token}-{number}"), Authorization=f"Bearer {token}")

    assert as_key(token).status_code == 201
    assert problem(as_key(reads))[:2] == (403, "missing-scope")
    assert problem(as_key("alm_guess"))[:2] == (401, "unknown-key")
    assert problem(till.post(by_hand(1), Authorization=""))[:2] == (401, "no-key")
    with till.ledger() as db:
        made = next(key for key in list_keys(db) if key.name == f"writer-{number}")
        revoke_key(db, made.id, datetime.now(UTC))
    time.sleep(0.6)
    answer = till.post(by_hand(f"late-{number}"), Authorization=f"Bearer {token}")
    assert problem(answer)[:2] == (401, "unknown-key")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/e/shopify", "/api/v1/events"])
def test_another_method_is_refused_and_the_right_one_named(till, method, path):
    answer = till.http.request(method, path)
    assert problem(answer)[:2] == (405, "wrong-method")
    assert answer.headers["allow"] == "POST"


def test_ten_identical_deliveries_at_once_have_one_effect(till, number):
    till.publish(f"bowls-{number}", trigger="item", rate="2")
    body = order(number)
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: send(till.server.url, body), range(10)))
    statuses = sorted(answer.json()["received"][0]["status"] for answer in answers)
    assert statuses == ["duplicate"] * 9 + ["pledged"]
    assert till.given(f"bowls-{number}") == 2


def test_sixteen_writers_reach_a_cap_of_a_hundred_exactly(till, number):
    campaign = f"capped-{number}"
    till.publish(campaign, cap=100)

    def write(writer):
        with httpx.Client(base_url=till.server.url, timeout=60) as http:
            return [
                http.post(
                    "/api/v1/events",
                    json=by_hand(f"{campaign}-{writer}-{n}", campaign, 3),
                    headers={"Authorization": f"Bearer {till.token}"},
                ).json()
                for n in range(10)
            ]

    with ThreadPoolExecutor(16) as threads:
        answers = [each for some in threads.map(write, range(16)) for each in some]

    assert len(answers) == 160
    granted = [int(each["pledges"][0]["amount"]["value"]) for each in answers]
    assert sum(granted) == 100
    assert till.given(campaign) == 100
    assert {each["status"] for each in answers} == {"pledged", "limit reached"}


def test_two_hundred_at_once_are_all_acknowledged_and_all_there(till, number):
    campaign = f"crowd-{number}"
    till.publish(campaign)
    with ThreadPoolExecutor(40) as threads:
        answers = list(
            threads.map(lambda n: till.post(by_hand(f"{campaign}-{n}", campaign)), range(200))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert till.given(campaign) == 200


def test_a_sender_that_leaves_in_the_middle_harms_nobody(till, number):
    host, port = till.server.url.removeprefix("http://").split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port))) as gone:
            gone.sendall(b"POST /e/shopify HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
    assert till.post(by_hand(number)).status_code == 201


def test_what_was_acknowledged_survives_a_kill(till, number):
    campaign = f"killed-{number}"
    till.publish(campaign)
    acknowledged, stop = [], threading.Event()

    def write(writer):
        for n in range(10_000):
            if stop.is_set():
                return
            ref = f"{campaign}-{writer}-{n}"
            try:
                if till.post(by_hand(ref, campaign)).status_code == 201:
                    acknowledged.append(ref)
            except httpx.HTTPError:
                return

    with ThreadPoolExecutor(8) as threads:
        for writer in range(8):
            threads.submit(write, writer)
        time.sleep(1)
        till.server.kill()
        stop.set()
    till.server.start()

    assert acknowledged
    assert till.given(campaign) >= len(acknowledged)
    before = till.given(campaign)
    again = till.post(
        "\n".join(json.dumps(by_hand(ref, campaign)) for ref in acknowledged[:5_000]).encode(),
        NDJSON,
    )
    assert {each["status"] for each in lines(again)} == {"duplicate"}
    assert till.given(campaign) == before
    with till.ledger() as db:
        assert audit.check(db) == ""


def test_a_malformed_and_an_unknown_thing_get_each_their_own_problem(till, number):
    def deliver(raw, topic="orders/paid"):
        return till.http.post("/e/shopify", content=raw, headers=headers(raw, topic))

    assert problem(deliver(b"{")) == (400, "malformed-json", "")
    unknown = encoded(order(number, currency="XXX"))
    assert problem(deliver(unknown)) == (422, "unknown-currency", "currency")
    assert problem(deliver(encoded(order(number)), "orders/deleted"))[:2] == (422, "unknown-topic")
    stale = {**headers(b"{}", "orders/paid"), "X-Shopify-Triggered-At": "2020-01-01T00:00:00Z"}
    answer = till.http.post("/e/shopify", content=b"{}", headers=stale)
    assert problem(answer)[:2] == (401, "stale-delivery")
    assert problem(till.http.post("/e/shopify", content=b"{}"))[:2] == (401, "no-signature")
    # and the good one is still good
    assert send(till.server.url, order(number)).status_code == 200


def test_one_key_cannot_take_the_ids_of_another(till, number):
    with till.ledger() as db:
        other = create_key(db, f"other-{number}", ["events:write"], datetime.now(UTC))
    time.sleep(0.6)  # another process's change is seen within a quarter of a second
    assert till.post(by_hand(number, source="till")).status_code == 201
    taken = by_hand(number, source="till", quantity=9)
    assert till.post(taken, Authorization=f"Bearer {other}").status_code == 201
    assert problem(till.post(taken))[:2] == (409, "conflict")


@pytest.mark.parametrize("feed", [b"\n", b"\r", b"\r\n"])
def test_a_body_of_line_feeds_is_refused_before_it_is_split(till, feed):
    body = feed * (16 * 1024 * 1024 // len(feed))
    assert problem(till.post(body, NDJSON))[:2] == (413, "too-many-lines")


def test_an_edited_order_is_told_to_the_log_and_not_sent_for_ever(till, number):
    till.publish(f"edited-{number}", trigger="item", rate="1")
    assert send(till.server.url, order(number)).json()["received"][0]["status"] == "pledged"
    answer = send(
        till.server.url,
        order(number, [line(quantity=5)], refunds=[refund(number, number, [refunded()])]),
    )
    edited, given_back = answer.json()["received"]
    assert answer.status_code == 200
    assert edited["status"] == "conflict"
    assert "Nothing was changed" in edited["detail"]
    assert given_back["status"] == "taken off"
    assert till.given(f"edited-{number}") == 0
    log = (till.server.home / "server.log").read_text()
    assert log.count(f"shopify:demo changed order/{number} after it was received") == 1


def test_reads_counted_elsewhere_give_nothing_while_the_brake_is_on(till, number):
    slug = f"pages-{number}"
    till.publish(slug, trigger="read")
    read = {"kind": "action", "action": "read", "quantity": 3, "story": "the-long-drive"}
    till.post({**read, "id": f"{number}-before"})
    with till.ledger() as db:
        pull(db, slug, "Too many.", datetime.now(UTC))
    until = time.monotonic() + 30
    for attempt in range(1_000):  # the server looks several times a second
        before = till.given(slug)
        answer = till.post({**read, "id": f"{number}-{attempt}"})
        if till.given(slug) == before:
            break
        assert time.monotonic() < until, "the brake does not hold"

    assert answer.json()["status"] == "matched nothing"
    with till.ledger() as db:
        assert release(db, slug, datetime.now(UTC))
    again = till.post({**read, "id": f"{number}-{attempt}"})
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
