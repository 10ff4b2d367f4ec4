"""What outgoing webhooks promise, to a real receiver."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from almoner.notices import posting, types, webhooks
from almoner.notices.models import Attempt, Dispatch, Endpoint, Message
from almoner.notices.posting import AddressError, is_public
from tests.notices.receiver import drip, flood

VECTOR = Path(__file__).parents[1] / "vectors/standard-webhooks/vector.json"
PERIOD = {"period": "2026-05", "size": 20540}

pytestmark = pytest.mark.django_db(transaction=True)


def only_dispatch():
    return Dispatch.objects.select_related("message", "endpoint").get()


def test_a_message_is_signed_as_the_standard_s_own_library_verifies(endpoint, receiver):
    message = webhooks.publish("period.closed", PERIOD)
    webhooks.deliver_due()

    ((path, headers, body),) = receiver.requests
    said = Webhook(endpoint.secret).verify(body, headers)
    assert path == "/hook"
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == message.pk
    assert (said["type"], said["data"]) == ("period.closed", PERIOD)
    assert datetime.fromisoformat(said["timestamp"]) == message.created_at
    assert only_dispatch().state == "taken"
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks.make_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body + b" ", headers)


def test_our_headers_are_those_of_the_public_vector():
    vector = json.loads(VECTOR.read_text())
    message = Message(pk=vector["webhook-id"], payload=vector["payload"])
    at = datetime.fromtimestamp(vector["webhook-timestamp"], UTC)

    headers = webhooks.sign(message, vector["secret"], at)

    assert headers["webhook-id"] == vector["webhook-id"]
    assert headers["webhook-timestamp"] == str(vector["webhook-timestamp"])
    assert headers["webhook-signature"] == vector["webhook-signature"]


def test_what_failed_is_sent_again_by_the_schedule_the_same_to_the_byte(endpoint, receiver, later):
    receiver.answers = [500, (503, {"Retry-After": "60"}), 204]
    webhooks.publish("period.closed", PERIOD)
    webhooks.deliver_due()
    webhooks.deliver_due()
    assert len(receiver.requests) == 1  # not before its time

    later(seconds=6)
    webhooks.deliver_due()
    later(seconds=61)
    webhooks.deliver_due()
    assert len(receiver.requests) == 2  # the schedule's five minutes are longer than the minute
    later(minutes=5)
    webhooks.deliver_due()

    assert only_dispatch().state == "taken"
    assert len({body for _, _, body in receiver.requests}) == 1
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1
    assert [each.status for each in Attempt.objects.order_by("pk")] == [500, 503, 204]
    assert Attempt.objects.order_by("pk").first().error == "not now"
    assert Endpoint.objects.get().failing_since is None


def test_the_schedule_is_the_standard_s():
    hours = [each / timedelta(hours=1) for each in webhooks.SCHEDULE[3:]]
    assert webhooks.SCHEDULE[:3] == (timedelta(0), timedelta(seconds=5), timedelta(minutes=5))
    assert hours == [0.5, 2, 5, 10, 14, 20, 24]


def test_after_the_last_attempt_it_is_dead_the_endpoint_off_and_redelivery_brings_it(
    endpoint, receiver, later
):
    receiver.answers = [500] * 10
    webhooks.publish("period.closed", PERIOD)
    for pause in (*webhooks.SCHEDULE[1:], timedelta(days=9)):
        webhooks.deliver_due()
        later(seconds=pause.total_seconds() + 1)
    webhooks.deliver_due()

    assert len(receiver.requests) == 10
    assert only_dispatch().state == "dead"
    off = Endpoint.objects.get()
    assert (off.enabled, off.off_because) == (False, "It took nothing for 3 days.")

    webhooks.redeliver(only_dispatch())
    webhooks.deliver_due()
    assert len(receiver.requests) == 10  # nothing goes to an endpoint that is off
    webhooks.switch(off, on=True)
    webhooks.deliver_due()
    assert only_dispatch().state == "taken"


def test_an_endpoint_that_is_gone_is_asked_once(endpoint, receiver):
    receiver.answers = [410]
    webhooks.publish("period.closed", PERIOD)
    webhooks.deliver_due()

    assert only_dispatch().state == "dead"
    assert not Endpoint.objects.get().enabled


def test_redirects_are_not_followed(endpoint, receiver):
    receiver.answers = [(302, {"Location": receiver.url})]
    webhooks.publish("period.closed", PERIOD)
    webhooks.deliver_due()

    assert len(receiver.requests) == 1
    assert "not followed" in Attempt.objects.get().error


def test_an_endpoint_gets_what_it_wants_and_nothing_else(endpoint, receiver):
    Endpoint.objects.update(types=["delivery.disputed"])
    off = Endpoint.objects.create(url=receiver.url, secret="whsec_AAAA", enabled=False)
    webhooks.publish("period.closed", PERIOD)
    disputed = {"delivery": "1", "charity": "harbor-table", "reference": "HT-1"}
    webhooks.publish("delivery.disputed", disputed)
    webhooks.deliver_due()

    assert [json.loads(body)["type"] for _, _, body in receiver.requests] == ["delivery.disputed"]
    assert not off.dispatches.exists()


def test_one_that_does_not_answer_holds_up_no_other(endpoint, receiver, monkeypatch):
    monkeypatch.setattr(posting, "TIMEOUT", 0.5)
    slow = Endpoint.objects.create(url=f"{receiver.url}/slow", secret=endpoint.secret)
    receiver.answers = [drip]
    for _ in range(3):
        webhooks.send_test(slow)
    webhooks.deliver_due()
    webhooks.send_test(endpoint)
    webhooks.deliver_due()

    assert endpoint.dispatches.get().state == "taken"
    assert [
        each.error for each in Attempt.objects.filter(dispatch__endpoint=slow, status=None)
    ] == ["No answer within 0 seconds."]


@pytest.mark.parametrize(("answer", "status"), [(drip, None), (flood, 500)])
def test_a_receiver_cannot_keep_us_or_fill_our_memory(receiver, monkeypatch, answer, status):
    monkeypatch.setattr(posting, "TIMEOUT", 1.0)
    receiver.answers = [answer]
    started = time.monotonic()

    came = posting.post(receiver.url, {}, b"{}", private=True)

    assert came.status == status
    assert len(came.error) <= 200
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://0/",
        "https://2130706433/",
        "https://user:word@8.8.8.8/",
        "https://8.8.8.8:99999/",
        "ftp://8.8.8.8/",
        "https://no-such-host.invalid/",
        "https://8.8.8.8/\r\nHost: other",
    ],
)
def test_nothing_is_sent_into_a_private_network(url):
    with pytest.raises(AddressError):
        posting.check(url, private=False)

    assert posting.post(url, {}, b"{}", private=False).status is None


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


def test_a_moment_is_told_once_and_only_if_its_transaction_stands(endpoint):
    webhooks.publish("period.closed", PERIOD, "period.closed/2026-05")
    webhooks.publish("period.closed", PERIOD, "period.closed/2026-05")
    with transaction.atomic():
        webhooks.publish("period.closed", PERIOD, "period.closed/2026-06")
        transaction.set_rollback(True)

    assert Message.objects.get().key == "period.closed/2026-05"
    assert Dispatch.objects.count() == 1


@pytest.mark.parametrize("name", types.TYPES)
def test_every_type_s_example_is_of_its_form(name):
    webhooks.publish(name, types.TYPES[name].example)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("period.opened", PERIOD),
        ("period.closed", {"period": "2026-05"}),
        ("period.closed", {**PERIOD, "buyer": "somebody"}),
        ("period.closed", {**PERIOD, "size": "many"}),
    ],
)
def test_data_of_another_form_is_refused(name, data):
    with pytest.raises(types.MessageError):
        webhooks.publish(name, data)

    assert not Message.objects.exists()


def test_old_messages_are_deleted_unless_they_wait(endpoint, receiver, later):
    receiver.answers = [204, 500]
    webhooks.publish("period.closed", PERIOD)
    webhooks.publish("period.closed", {**PERIOD, "size": 1})
    webhooks.deliver_due()
    later(days=91)
    webhooks.tidy()

    assert json.loads(Message.objects.get().payload)["data"]["size"] == 1
    assert timezone.now() > Message.objects.get().created_at


def test_an_address_in_other_letters_holds_nobody_up(endpoint, receiver):
    Endpoint.objects.create(
        url=receiver.url.replace("/hook", "/häk?q=ü"), secret=webhooks.make_secret()
    )
    webhooks.publish("period.closed", PERIOD)
    webhooks.deliver_due()

    assert sorted(path for path, _, _ in receiver.requests) == ["/h%C3%A4k?q=%C3%BC", "/hook"]
    assert set(Dispatch.objects.values_list("state", flat=True)) == {"taken"}
