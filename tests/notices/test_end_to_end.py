"""A server on each database tells what happened, also when it is killed between two attempts."""

import time

import pytest
from standardwebhooks.webhooks import Webhook

PUBLISH = """
from django.db import transaction
from almoner.notices import mail, webhooks
from almoner.notices.kinds import KINDS
with transaction.atomic():
    webhooks.publish("period.closed", {"period": "2026-05", "size": 7}, "period.closed/2026-05")
    mail.send("delivery-sent", "charity@example.org", KINDS["delivery-sent"].sample, "sent/1")
"""


def wait_for(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def test_what_happened_is_told_whatever_is_killed(serve, receiver, database, request, monkeypatch):
    monkeypatch.setenv("ALMONER_WEBHOOKS_PRIVATE", "true")
    url = "sqlite" if database == "sqlite" else request.getfixturevalue("postgres_url")
    receiver.answers = [500]
    server = serve(url)
    secret = server.run("webhook", "new", receiver.url).strip()

    server.run("manage", "shell", "-c", PUBLISH)
    wait_for(lambda: receiver.requests)
    server.kill()
    server.start()
    wait_for(lambda: len(receiver.requests) == 2)

    (_, _, first), (_, headers, second) = receiver.requests
    assert first == second
    said = Webhook(secret).verify(second, headers)
    assert (said["type"], said["data"]["size"]) == ("period.closed", 7)
    wait_for(lambda: len(list((server.home / "mail").glob("*.eml"))) == 1)
    time.sleep(3)
    assert len(receiver.requests) == 2
    assert len(list((server.home / "mail").glob("*.eml"))) == 1
