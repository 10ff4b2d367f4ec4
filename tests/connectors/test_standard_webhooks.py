"""Standard Webhooks: the specification's own vector, and the API's events inside."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from almoner.campaigns.model import Line, Order
from almoner.connectors import standard_webhooks
from almoner.connectors.standard_webhooks import read, sign, verify
from almoner.intake.problem import Problem
from tests.connectors.conftest import NOW

VECTOR = json.loads(
    (Path(__file__).parents[1] / "vectors/standard-webhooks/vector.json").read_bytes()
)
BODY = VECTOR["payload"].encode()
SENT = datetime.fromtimestamp(VECTOR["webhook-timestamp"], UTC)
SECRETS = {"kiosk": "whsec_" + "YW5vdGhlciBzZWNyZXQ=", "crm": VECTOR["secret"]}
EVENT = {
    "kind": "order",
    "currency": "JPY",
    "lines": [{"id": "1", "quantity": 2, "revenue": "1500", "kind": "gift"}],
}
ID = {"webhook-id": "msg_1"}


def headers(signature=VECTOR["webhook-signature"], **changes):
    made = {
        "webhook-id": VECTOR["webhook-id"],
        "webhook-timestamp": str(VECTOR["webhook-timestamp"]),
        "webhook-signature": signature,
    }
    return {**made, **{name.replace("_", "-"): value for name, value in changes.items()}}


def refused(given, now=SENT, secrets=SECRETS, body=BODY):
    with pytest.raises(Problem) as caught:
        verify(given, body, secrets, now)
    return caught.value.status, caught.value.code


def test_the_specifications_own_vector_verifies():
    assert verify(headers(), BODY, SECRETS, SENT) == "crm"
    assert sign(BODY, VECTOR["secret"], VECTOR["webhook-id"], SENT) == VECTOR["webhook-signature"]


def test_one_good_signature_among_several_is_enough():
    both = " ".join([VECTOR["bad_signatures"][0], VECTOR["webhook-signature"]])
    assert verify(headers(both), BODY, SECRETS, SENT) == "crm"


@pytest.mark.parametrize("signature", [*VECTOR["bad_signatures"], "v1", "é", "v1a," + "A" * 44])
def test_the_specifications_bad_signatures_are_refused(signature):
    assert refused(headers(signature)) == (401, "bad-signature")


def test_another_body_message_or_time_is_refused():
    assert refused(headers(), body=BODY + b" ") == (401, "bad-signature")
    assert refused(headers(webhook_id="msg_2")) == (401, "bad-signature")
    later = str(VECTOR["webhook-timestamp"] + 1)
    assert refused(headers(webhook_timestamp=later)) == (401, "bad-signature")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_delivery_of_another_time_is_stale(minutes):
    now = SENT + timedelta(minutes=minutes)
    assert refused(headers(), now) == (401, "stale-delivery")
    assert VECTOR["tolerance_seconds"] == standard_webhooks.TOLERANCE.total_seconds()


@pytest.mark.parametrize("time", ["soon", "1e9", "-5", "²", "9" * 30, "1614265330.5"])
def test_a_time_that_is_none_is_refused(time):
    assert refused(headers(webhook_timestamp=time)) == (401, "stale-delivery")


@pytest.mark.parametrize("name", ["webhook_id", "webhook_timestamp", "webhook_signature"])
def test_a_header_that_is_missing_is_named(name):
    assert refused(headers(**{name: ""})) == (401, "no-signature")


def test_a_secret_that_is_none_verifies_nothing():
    assert refused(headers(), secrets={"a": "whsec_é", "b": "whsec_"}) == (401, "bad-signature")
    assert refused(headers(), secrets={}) == (401, "bad-signature")


def test_an_event_is_read_bare_or_inside_the_specifications_body():
    sold = Order("JPY", (Line("1", 2, 1500, kind="gift"),))
    when = "2026-05-01T12:00:00+02:00"
    wrapped = {"type": "order.paid", "timestamp": when, "data": EVENT}
    (bare,) = read(ID, json.dumps({**EVENT, "id": "9"}).encode(), "crm", NOW)
    (inside,) = read(ID, json.dumps(wrapped).encode(), "crm", NOW)
    assert (bare.source, bare.ref, bare.kind, bare.body) == ("webhooks:crm", "9", "order", sold)
    assert (inside.ref, inside.body) == ("msg_1", sold)
    assert inside.occurred_at == datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (BODY, 422, "not-an-event", "data"),
        (b"[]", 422, "invalid-field", ""),
        (b"{", 400, "malformed-json", ""),
        (b'{"data": 5}', 422, "invalid-field", "data"),
        (b'{"data": {"kind": "order"}}', 422, "invalid-field", "data.currency"),
        (json.dumps({**EVENT, "reader": "a@b.example"}).encode(), 422, "personal-data", "reader"),
        (json.dumps({**EVENT, "tags": ["a\0"]}).encode(), 422, "invalid-field", ""),
    ],
)
def test_what_cannot_be_read_is_named(body, status, code, field):
    with pytest.raises(Problem) as caught:
        read(ID, body, "crm", NOW)
    assert (caught.value.status, caught.value.code, caught.value.field) == (status, code, field)


def test_a_message_whose_id_cannot_be_kept_is_refused():
    for message in ("a\tb", "x" * 151):
        with pytest.raises(Problem) as caught:
            read({"webhook-id": message}, json.dumps(EVENT).encode(), "crm", NOW)
        assert caught.value.code == "unusable-key"


def test_what_is_kept_of_a_rejected_delivery_names_nobody():
    told = {**EVENT, "reader": "customer 5", "email": "bob@example.com", "tags": ["bob@b.example"]}
    kept = standard_webhooks.without_personal(json.dumps({"data": told, "for": "Bob"}).encode())
    assert json.loads(kept) == {"data": {**EVENT, "tags": [""]}}
    assert standard_webhooks.without_personal(json.dumps(EVENT).encode()) != b""
