"""The week's letter: what it says, and that everybody gets it once."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends import locmem

from almoner.giving import publishing
from almoner.jobs import queue, running
from almoner.jobs.models import Job
from almoner.newsletter import digest, sending
from almoner.newsletter.models import Edition, NewsletterSettings, Subscriber
from almoner.people.roles import EDITORS
from tests.newsletter.conftest import NOW

TOMORROW = NOW.date() + timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.fixture
def given(make_campaign, send):
    """Ten meals, pledged today."""
    campaign = make_campaign(starts_on=date(2026, 1, 1), ends_on=None, time_zone="UTC")
    publishing.publish_draft(campaign, NOW - timedelta(days=1))
    send("order-1", NOW, quantity=5)


def compose(until=TOMORROW):
    return digest.compose("en", until - WEEK, until, sending.LEAVE)


def run_jobs():
    for job in Job.objects.filter(state=Job.State.WAITING):
        running.run(job.pk, "the-tests-worker")


def test_it_tells_the_stories_and_the_figures_with_where_to_check_them(publish, given):
    publish("the-ferry")
    publish("long-ago", NOW - timedelta(days=40))
    letter = compose()
    for form in (letter.text, letter.html):
        assert "The ferry" in form
        assert "/the-ferry/" in form
        assert "Long ago" not in form
        assert re.search(r"Meals Donated.*10", form, re.DOTALL)
        assert "/causes/meals/" in form
        assert "/check/" in form
        assert sending.LEAVE in form
    assert letter.subject.endswith("The ferry")


def test_a_figure_is_not_turned_round_among_arabic_words(given, monkeypatch):
    monkeypatch.setattr(digest, "text", lambda *_: "$69")

    letter = digest.compose("ar", TOMORROW - WEEK, TOMORROW, sending.LEAVE)

    for form in (letter.text, letter.html):
        assert "\N{LEFT-TO-RIGHT ISOLATE}$69\N{POP DIRECTIONAL ISOLATE}" in form
    assert "\N{LEFT-TO-RIGHT ISOLATE}" not in compose().text


def test_the_greeting_stands_above_letters_of_its_own_language(publish, given):
    NewsletterSettings.objects.create(greeting="The first frost.")
    publish("the-ferry")

    assert "The first frost." in compose().html
    assert "The first frost." in compose().text
    arabic = digest.compose("ar", TOMORROW - WEEK, TOMORROW, sending.LEAVE)
    assert "The first frost." not in arabic.html + arabic.text


def test_opening_it_asks_nothing_of_anybody_and_its_links_do_not_count(publish, given):
    publish("the-ferry")
    letter = compose()
    assert not re.search(r"<(img|link|script|iframe|video|audio)|url\(|srcset", letter.html)
    links = re.findall(r'href="([^"]+)"', letter.html)
    assert len(links) > 3
    assert not [link for link in links if "?" in link]


def test_a_sensitive_story_stands_under_its_neutral_title(publish):
    publish("thursday", title="She left", sensitive=True, neutral_title="A Thursday")
    letter = compose()
    for words in (letter.subject, letter.text, letter.html):
        assert "She left" not in words
        assert "What it is about." not in words
    assert "A Thursday" in letter.text


def test_a_week_without_news_has_no_letter(site):
    assert compose() is None
    assert sending.start("en", TOMORROW) is None
    assert not Edition.objects.exists()


def test_figures_are_of_the_letters_own_days(publish, given):
    publish("the-ferry")
    assert compose(TOMORROW + timedelta(days=30)) is None
    assert digest.gifts(NOW.date() - WEEK, NOW.date()) == []
    assert [each.week for each in digest.gifts(NOW.date(), TOMORROW)] == ["10"]


def test_every_reader_gets_it_once_with_a_way_out_of_their_own(publish, subscribe):
    publish("the-ferry")
    rows = subscribe(*(f"reader-{each}@example.org" for each in range(45)))
    subscribe("autre@example.org", language="fr")
    edition = sending.start("en", TOMORROW)
    assert sending.start("en", TOMORROW) == edition
    run_jobs()

    assert sorted(each.to[0] for each in mail.outbox) == sorted(row.email for row in rows)
    edition.refresh_from_db()
    assert edition.sent == 45
    for letter in mail.outbox:
        token = Subscriber.objects.get(email=letter.to[0]).token
        leave = letter.extra_headers["List-Unsubscribe"].strip("<>")
        assert leave.endswith(f"/newsletter/leave/{token}/")
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for form in (letter.body, letter.alternatives[0][0]):
            assert leave in form
            assert "unsubscribe.invalid" not in form
    assert len({each.extra_headers["Message-ID"] for each in mail.outbox}) == 45


class Killed(BaseException):
    """The process ends here: no `except Exception` may tidy up after it."""


@pytest.mark.parametrize("at", [1, 19, 20, 33])
def test_a_job_killed_anywhere_goes_on_and_writes_to_nobody_twice(
    publish, subscribe, monkeypatch, at
):
    publish("the-ferry")
    rows = subscribe(*(f"reader-{each}@example.org" for each in range(40)))
    edition = sending.start("en", TOMORROW)
    job = edition.job
    sent = locmem.EmailBackend.send_messages

    def until_killed(self, messages):
        if len(mail.outbox) == at:
            raise Killed
        return sent(self, messages)

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", until_killed)
    with pytest.raises(Killed):
        running.run(job.pk, "the-first-worker")
    monkeypatch.setattr(locmem.EmailBackend, "send_messages", sent)
    job.refresh_from_db()
    assert running.give_back(job, "the-first-worker")
    run_jobs()

    got = [each.to[0] for each in mail.outbox]
    assert len(got) == len(set(got))
    assert len(got) == len(rows) - 1  # whoever's turn it was at the kill: never twice
    job.refresh_from_db()
    assert job.state == Job.State.FINISHED


def test_a_mail_server_that_is_gone_loses_nobody(publish, subscribe, monkeypatch):
    publish("the-ferry")
    subscribe("ada@example.org", "bo@example.org")
    edition = sending.start("en", TOMORROW)
    sent = locmem.EmailBackend.send_messages

    def gone(self, messages):
        if mail.outbox:
            raise ConnectionResetError("gone")
        return sent(self, messages)

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", gone)
    run_jobs()
    edition.job.refresh_from_db()
    assert edition.job.state == Job.State.FAILED
    assert "nobody gets it twice" in edition.job.error
    monkeypatch.setattr(locmem.EmailBackend, "send_messages", sent)
    assert queue.go_on(edition.job)
    run_jobs()
    assert sorted(each.to[0] for each in mail.outbox) == ["ada@example.org", "bo@example.org"]


def test_it_goes_out_in_its_hour_and_once_a_week(publish, subscribe):
    friday = datetime(2026, 5, 22, 9, tzinfo=UTC)
    publish("the-ferry", friday - timedelta(days=2))
    subscribe("ada@example.org")
    sending.send_weekly(friday)
    assert not Edition.objects.exists()  # nobody has switched it on

    NewsletterSettings.objects.update_or_create(defaults={"weekly": True, "day": 4, "hour": 8})
    sending.send_weekly(friday - timedelta(hours=2))
    sending.send_weekly(friday - timedelta(days=3))
    assert not Edition.objects.exists()
    for hours in (0, 1, 30):
        sending.send_weekly(friday + timedelta(hours=hours))
    assert Edition.objects.get().until == friday.date()


def test_an_editor_looks_at_it_tests_it_and_sends_it(publish, subscribe, logged_in):
    publish("the-ferry", NOW - timedelta(days=1))
    Edition.objects.all().delete()
    subscribe("ada@example.org")
    editor = logged_in(EDITORS)
    assert "ada@example.org" in editor.get("/admin/newsletter/subscribers/").content.decode()
    assert editor.get("/admin/newsletter/").status_code == 200
    assert "Send it to 1 reader now" in editor.get("/admin/newsletter/next/en/").content.decode()

    test = {"test": "", "to": "me@example.org"}
    answer = editor.post("/admin/newsletter/next/en/", test, follow=True)
    assert "There is no mail server" in answer.content.decode()
    editor.post("/admin/newsletter/next/en/", {"send": ""})
    for edition in Edition.objects.all():
        page = editor.get(f"/admin/newsletter/editions/{edition.pk}/")
        assert page.status_code == 200


def test_with_nobody_to_read_it_there_is_no_button_to_send_it(publish, logged_in):
    publish("the-ferry", NOW - timedelta(days=1))

    screen = logged_in(EDITORS).get("/admin/newsletter/next/en/").content.decode()

    assert "nobody to send it to" in screen
    assert 'name="send"' not in screen
    assert "The next letter in English" in screen
