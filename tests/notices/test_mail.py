"""What e-mail promises, to a real mail server and to the folder."""

import re
from email import message_from_bytes, policy

import pytest

from almoner.notices import kinds, mail
from almoner.notices.models import Mail
from almoner.web.settings import mail as back_end
from tests.notices.receiver import mail_server

pytestmark = pytest.mark.django_db(transaction=True)

SENT = kinds.KINDS["delivery-sent"].sample


def use(settings, port):
    for name, value in back_end(f"smtp://127.0.0.1:{port}").items():
        setattr(settings, name, value)
    # Django's own test environment keeps e-mail in memory; these tests send it.


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "almoner.notices.folder.Folder"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_kind_says_everything_in_its_sample_in_both_forms(kind):
    letter = mail.sample(kind)

    assert letter.subject
    assert "\n" not in letter.subject
    for form in (letter.text, re.sub(r"\s+", " ", letter.html)):
        assert "{{" not in form
        assert "{%" not in form
    words = " ".join(letter.text.split())
    for value in kinds.KINDS[kind].sample.values():
        for each in [value] if isinstance(value, str) else value:
            assert each in words, each
            assert each in re.sub(r"\s+", " ", letter.html), each


def test_what_somebody_wrote_is_shown_as_they_wrote_it():
    odd = "Ham & <b>Eggs</b>\n\nhttps://elsewhere.example/"
    letter = mail.compose("delivery-sent", {**SENT, "charity": odd})

    assert "Ham & <b>Eggs</b> https://elsewhere.example/" in letter.text
    assert "Ham &amp; &lt;b&gt;Eggs&lt;/b&gt; https://elsewhere.example/" in letter.html
    assert 'href="https://elsewhere' not in letter.html


def test_without_a_mail_server_it_lies_in_the_folder(folder):
    mail.send("delivery-sent", "charity@example.org", SENT)
    mail.send_due()

    (file,) = folder.iterdir()
    read = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.stat().st_mode & 0o077 == 0
    assert read["To"] == "charity@example.org"
    assert read["Auto-Submitted"] == "auto-generated"
    assert SENT["link"] in read.get_body(("plain",)).get_content()
    assert SENT["link"] in read.get_body(("html",)).get_content()
    assert Mail.objects.get().state == "written"


def test_with_one_it_is_sent(settings):
    import msgspec

    with mail_server() as (port, taken):
        use(settings, port)
        settings.CONFIG = msgspec.structs.replace(settings.CONFIG, mail_url="smtp://127.0.0.1")
        mail.send("delivery-sent", "charity@example.org", SENT)
        mail.send("cap-reached", "sponsor@example.org", kinds.KINDS["cap-reached"].sample)
        mail.send_due()
        mail.send_due()

    assert len(taken) == 2
    assert set(Mail.objects.values_list("state", flat=True)) == {"sent"}


def test_what_fails_is_tried_again_and_says_why(settings, later):
    with mail_server() as (port, _):
        pass
    use(settings, port)
    mail.send("delivery-sent", "charity@example.org", SENT)
    mail.send_due()
    waiting = Mail.objects.get()
    assert (waiting.state, waiting.tries) == ("waiting", 1)
    assert "does not answer" in waiting.error

    with mail_server() as (port, taken):
        use(settings, port)
        mail.send_due()
        assert not taken
        later(seconds=6)
        mail.send_due()

    assert len(taken) == 1
    assert Mail.objects.get().error == ""


def test_a_refused_address_fails_at_once_and_another_can_be_given(settings):
    with mail_server(refused=["nobody@"]) as (port, taken):
        use(settings, port)
        mail.send("delivery-sent", "nobody@example.org", SENT)
        mail.send("delivery-sent", "somebody@example.org", SENT)
        mail.send_due()
        failed = Mail.objects.get(state="failed")
        assert "550 no such person" in failed.error
        assert len(taken) == 1

        mail.send_again(failed, "charity@example.org")
        mail.send_due()

    assert len(taken) == 2
    assert not Mail.objects.filter(state="failed").exists()


def test_who_has_no_address_is_not_forgotten():
    kept = mail.send("delivery-sent", "", SENT)

    assert kept.state == "failed"
    assert "no address" in kept.error


def test_a_moment_is_told_once():
    mail.send("delivery-sent", "charity@example.org", SENT, "delivery-sent/1")
    mail.send("delivery-sent", "charity@example.org", SENT, "delivery-sent/1")

    assert Mail.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "context"),
    [
        ("birthday", SENT),
        ("delivery-sent", {**SENT, "buyer": "somebody"}),
        ("delivery-sent", {name: value for name, value in SENT.items() if name != "link"}),
        ("delivery-sent", {**SENT, "lines": "one"}),
    ],
)
def test_nothing_else_can_be_said(kind, context):
    with pytest.raises(kinds.MailError):
        mail.send(kind, "charity@example.org", context)

    assert not Mail.objects.exists()
