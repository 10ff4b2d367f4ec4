"""Signing up: confirmed twice, told to nobody, ended by one press."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from almoner.giving import publishing
from almoner.ledger import reads
from almoner.newsletter import sending, signing_up, views
from almoner.newsletter.models import Subscriber
from almoner.newsletter.views import SignUpForm
from tests.newsletter.conftest import NOW

ADA = "ada@example.org"


@pytest.fixture
def fill(client, site, monkeypatch):
    """Fills the form in as slowly as a person."""

    def _fill(email=ADA, **extra):
        page = client.get("/newsletter/").content.decode()
        made = re.search(r'name="made" type="hidden" value="([^"]+)"', page)[1]
        monkeypatch.setattr(views, "QUICKEST", extra.pop("quickest", 0))
        return client.post("/newsletter/", {"email": email, "made": made, **extra})

    return _fill


def link_in(letter):
    return re.search(r"/newsletter/(confirm|leave)/[\w-]+/", letter.body)[0]


def test_a_reader_signs_up_confirms_and_unsubscribes_without_a_cookie(client, fill):
    fill(" Ada@Example.org ")
    sending.send_letters()
    (letter,) = mail.outbox
    assert letter.to == [ADA]
    assert "List-Unsubscribe" not in letter.extra_headers  # nobody subscribed yet
    asked = client.get(link_in(letter))
    assert not sending.readers().exists()  # a mail program that opens links confirms nothing

    client.post(link_in(letter))
    assert sending.readers("en").count() == 1

    row = Subscriber.objects.get()
    leave = f"/newsletter/leave/{row.token}/"
    client.get(leave)
    assert Subscriber.objects.exists()
    gone = client.post(leave, {"List-Unsubscribe": "One-Click"})
    assert gone.status_code == 200
    assert not Subscriber.objects.exists()
    assert client.post(leave).status_code == 200  # twice is as good as once
    for answer in (asked, gone):
        assert answer["Cache-Control"] == "no-store"
        assert not answer.cookies
    assert not client.cookies


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(fill, subscribe):
    subscribe(ADA)
    known, unknown = fill(ADA), fill("new@example.org")
    assert known.status_code == unknown.status_code == 200
    assert known.content == unknown.content


def test_whoever_has_it_already_is_told_by_letter_and_not_on_the_page(fill, subscribe):
    subscribe(ADA)
    Subscriber.objects.update(letter_at=NOW - timedelta(hours=2))
    fill(ADA)
    sending.send_letters()
    assert "already" in mail.outbox[0].subject


def test_a_mailbox_gets_one_letter_an_hour_however_often_it_is_asked(fill):
    for _ in range(4):
        fill()
        sending.send_letters()
    assert len(mail.outbox) == 1


def test_more_than_an_hours_bound_is_turned_away_politely(fill, monkeypatch):
    monkeypatch.setattr(signing_up, "MAX_AN_HOUR", 2)
    assert [fill(f"{each}@example.org").status_code for each in range(3)] == [200, 200, 503]
    assert Subscriber.objects.count() == 2


def test_a_program_that_fills_in_every_field_is_told_what_it_expects(fill):
    answer = fill(website="https://example.org/")
    assert answer.status_code == 200
    assert not Subscriber.objects.exists()


def test_a_form_that_comes_back_at_once_is_asked_once_more(fill):
    answer = fill(quickest=30)
    assert answer.status_code == 422
    assert ADA in answer.content.decode()  # nothing is typed twice
    assert not Subscriber.objects.exists()


def test_a_form_on_another_site_is_refused(client, site):
    answer = client.post("/newsletter/", {"email": ADA}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert not Subscriber.objects.exists()


def test_an_address_with_a_fault_is_told_so_beside_the_field(fill):
    answer = fill("ada at home")
    assert answer.status_code == 422
    assert "This is not an e-mail address" in answer.content.decode()


def test_a_link_is_over_after_three_days_and_the_address_is_deleted(client, site):
    signing_up.ask(ADA, "en", NOW - timedelta(days=3))
    row = Subscriber.objects.get()
    link = f"/newsletter/confirm/{row.token}/"
    assert client.post(link).status_code == 410
    signing_up.tidy(datetime.now(UTC))
    assert not Subscriber.objects.exists()


def test_a_campaign_gives_for_a_confirmed_sign_up_once(ledger, make_campaign, subscribe):
    campaign = make_campaign(
        trigger="sign-up", rate="3", starts_on=date(2026, 1, 1), ends_on=None, time_zone="UTC"
    )
    publishing.publish_draft(campaign, NOW - timedelta(days=1))
    signing_up.ask("waiting@example.org", "en", NOW)
    assert reads.totals(ledger.db).get("meals") is None  # not confirmed: nothing is given

    (row,) = subscribe(ADA)
    assert reads.totals(ledger.db)["meals"].pledged == 3
    signing_up.leave(row.token)
    subscribe(ADA)  # again, and again
    assert reads.totals(ledger.db)["meals"].pledged == 3

    stored = reads.events(ledger.db)
    assert ADA not in str(stored)


@pytest.mark.parametrize("name", ['"\x0bBcc:eve"', '"\x0c"', '"a,b"'])
def test_a_quoted_name_is_refused_because_it_could_end_the_line_of_a_header(name):
    assert not SignUpForm({"email": f"{name}@example.org"}).is_valid()
