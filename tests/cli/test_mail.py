"""The settings of e-mail and of webhooks, and what is said of them."""

import pytest

from almoner.config import ConfigError, load
from almoner.web.settings import mail
from tests.notices.receiver import mail_server
from tests.services import free_port


@pytest.mark.parametrize(
    "wrong",
    [
        {"mail_url": "mail.example.org"},
        {"mail_url": "https://mail.example.org"},
        {"mail_url": "smtp://mail.example.org:port"},
        {"mail_url": "smtp://mail.example.org/inbox"},
        {"mail_from": "Giving"},
    ],
)
def test_a_mail_server_that_is_none_is_one_sentence(home, wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ConfigError) as caught:
        load({"ALMONER_HOME": str(home), f"ALMONER_{name.upper()}": value})

    assert name in str(caught.value)


def test_a_password_with_odd_signs_arrives_whole():
    used = mail("smtp://me%40example.org:p%40ss%2Fword@mail.example.org")

    assert (used["EMAIL_HOST_USER"], used["EMAIL_HOST_PASSWORD"]) == ("me@example.org", "p@ss/word")


@pytest.mark.parametrize(
    ("url", "port", "safe", "starts_tls"),
    [
        ("smtp://mail.example.org", 587, False, True),
        ("smtps://mail.example.org", 465, True, False),
        ("smtp://localhost:25", 25, False, False),
    ],
)
def test_only_loopback_is_spoken_to_in_the_clear(url, port, safe, starts_tls):
    used = mail(url)

    assert used["EMAIL_PORT"] == port
    assert (used["EMAIL_USE_SSL"], used["EMAIL_USE_TLS"]) == (safe, starts_tls)


def test_the_doctor_knocks_at_the_mail_server(almoner, installed):
    with mail_server() as (port, _):
        assert (
            "The mail server answers" in almoner("doctor", mail_url=f"smtp://127.0.0.1:{port}").out
        )
    said = almoner("doctor", mail_url=f"smtp://me:word@127.0.0.1:{free_port()}")

    assert said.code == 1
    assert "The mail server does not answer" in said.out
    assert "word" not in said.out
    assert "e-mail is written to" in almoner("doctor").out


def test_a_webhook_is_added_by_a_command_that_prints_its_secret(almoner, installed):
    refused = almoner("webhook", "new", "http://127.0.0.1:9/")
    added = almoner("webhook", "new", "http://127.0.0.1:9/", webhooks_private="true")

    assert "https://" in refused.sentence
    assert added.out.startswith("whsec_")
    assert "http://127.0.0.1:9/" in almoner("webhook", "test").out
