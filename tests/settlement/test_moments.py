"""Who is told what, and when: once, in the transaction of what happened."""

from datetime import timedelta

import pytest

from almoner.notices.models import Mail, Message
from almoner.settlement import deliveries, entering, links, moments, periods
from tests.settlement.conftest import BOWLS, TODAY


@pytest.fixture
def told(bowls, harbor, mills):
    """A campaign whose sponsor and charity can be written to."""
    harbor.contact_email, mills.contact_email = "maren@harbor.test", "ida@mills.test"
    harbor.save()
    mills.save()
    bowls.sponsor = mills
    bowls.save()


def mails():
    return [(each.kind, each.to) for each in Mail.objects.order_by("pk")]


def messages():
    return [each.type for each in Message.objects.order_by("created_at")]


def test_the_charity_gets_its_link_when_a_delivery_is_sent(told, sent):
    (mail,) = Mail.objects.all()
    assert (mail.kind, mail.to) == ("delivery-sent", "maren@harbor.test")
    assert "10 meals of May Bowls" in mail.text
    link = next(word for word in mail.text.split() if "/arrived/" in word)
    assert links.open_answer(link.split("/")[-2]).delivery == sent
    assert messages() == ["delivery.sent"]
    deliveries.send(sent, None, TODAY)
    entering.catch_up_all()
    assert len(mails()) == 1


def test_sponsors_hear_of_what_arrived_and_that_something_is_wrong(told, sent):
    deliveries.answer(sent, 1, "part", "Maren", "", {BOWLS: 4}, TODAY)
    deliveries.answer(sent, 2, "wrong", "Maren", "Six were wet.", {}, TODAY)
    assert mails()[1:] == [
        ("delivery-confirmed", "ida@mills.test"),
        ("delivery-disputed", "maren@harbor.test"),
        ("delivery-disputed", "ida@mills.test"),
    ]
    assert messages() == ["delivery.sent", "delivery.confirmed", "delivery.disputed"]
    for mail in Mail.objects.all():
        assert "wet" not in mail.text
        assert ("/arrived/" in mail.text) == (mail.kind == "delivery-sent")


def test_after_two_weeks_a_charity_is_asked_once_more(told, sent):
    before = sent.sent_at + timedelta(days=13)
    after = sent.sent_at + timedelta(days=15)
    assert moments.remind(before) == 0
    deliveries.answer(sent, 1, "part", "Maren", "", {BOWLS: 4}, TODAY)
    assert (moments.remind(after), moments.remind(after)) == (1, 0)
    mail = Mail.objects.get(kind="delivery-reminder")
    assert "6 meals of May Bowls" in mail.text


def test_what_is_confirmed_or_disputed_is_not_asked_about(told, sent):
    deliveries.answer(sent, 1, "wrong", "Maren", "All wet.", {}, TODAY)
    assert moments.remind(sent.sent_at + timedelta(days=15)) == 0


def test_a_closed_month_is_told(told, owe):
    owe(12)
    month = periods.next_month(TODAY)
    periods.close(month.first_day, None, TODAY + timedelta(days=40))
    assert messages() == ["period.closed"]
