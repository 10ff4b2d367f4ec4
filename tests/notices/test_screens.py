"""Who sees and does what on the notices' screens."""

import re
from html import unescape

import pytest
from django.contrib.auth import get_user_model

from almoner.notices import kinds, mail, webhooks
from almoner.notices.models import Dispatch, Endpoint, Mail, Message
from almoner.notices.screens.home import TroublePanel
from almoner.people.roles import AUDITORS, CAMPAIGN_MANAGERS, EDITORS, FINANCE

pytestmark = pytest.mark.django_db(transaction=True)

PERIOD = {"period": "2026-05", "size": 20540}
SENT = kinds.KINDS["delivery-sent"].sample


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_an_endpoint_s_secret_is_shown_once(administrator, private):
    answer = administrator.post(
        "/admin/notices/webhooks/", {"url": "http://127.0.0.1:9/", "types": ["period.closed"]}
    )
    secret = Endpoint.objects.get().secret

    assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]{44}", secret)
    assert secret in page(administrator, answer.url)
    assert secret not in page(administrator, answer.url)
    assert Endpoint.objects.get().types == ["period.closed"]


def test_an_address_inside_the_network_is_refused_with_a_reason(administrator):
    answer = administrator.post("/admin/notices/webhooks/", {"url": "https://127.0.0.1/"})

    assert "inside a private network" in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_everything_can_be_done_by_its_button(administrator, endpoint, receiver):
    address = f"/admin/notices/webhooks/{endpoint.pk}/"
    administrator.post(address, {"test": ""})
    webhooks.deliver_due()
    assert len(receiver.requests) == 1
    assert "webhook.test" in page(administrator, address)

    message = Message.objects.get()
    administrator.post(
        f"/admin/notices/messages/{message.pk}/", {"dispatch": Dispatch.objects.get().pk}
    )
    webhooks.deliver_due()
    assert receiver.requests[0][2] == receiver.requests[1][2]

    administrator.post(address, {"switch": "off"})
    assert not Endpoint.objects.get().enabled
    administrator.post(address, {"switch": "on"})
    administrator.post(address, {"secret": ""})
    assert Endpoint.objects.get().secret != endpoint.secret
    administrator.post(address, {"url": receiver.url, "description": "The warehouse"})
    assert str(Endpoint.objects.get()) == "The warehouse"
    administrator.post(address, {"delete": ""})
    assert not Endpoint.objects.exists()


def test_who_may_what(logged_in, endpoint):
    webhooks.publish("period.closed", PERIOD)
    message = Message.objects.get()
    again = (f"/admin/notices/messages/{message.pk}/", {"dispatch": Dispatch.objects.get().pk})
    one = f"/admin/notices/webhooks/{endpoint.pk}/"
    finance, auditor, manager, editor = map(
        logged_in, (FINANCE, AUDITORS, CAMPAIGN_MANAGERS, EDITORS)
    )

    assert endpoint.url in page(finance, "/admin/notices/webhooks/")
    assert finance.post(*again).status_code == 302
    assert finance.post(one, {"switch": "off"}).status_code == 403
    assert finance.post("/admin/notices/webhooks/", {"url": "https://8.8.8.8/"}).status_code == 403
    assert "period.closed" in page(auditor, again[0])
    assert auditor.post(*again).status_code == 403
    assert manager.get("/admin/notices/webhooks/").status_code in (302, 403)
    assert "period.closed" in page(manager, "/admin/notices/messages/")
    assert editor.get("/admin/notices/messages/").status_code in (302, 403)
    assert Endpoint.objects.get().enabled
    for client in (finance, auditor):
        assert endpoint.secret not in page(client, one)


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_kind_can_be_looked_at_before_it_is_ever_sent(logged_in, kind):
    shown = page(logged_in(CAMPAIGN_MANAGERS), f"/admin/notices/mail/kinds/{kind}/")

    assert mail.sample(kind).subject in shown.replace("&#x27;", "'")
    (framed,) = re.findall(r'srcdoc="([^"]*)"', shown)
    assert unescape(framed) == mail.sample(kind).html


def test_the_link_in_an_e_mail_is_for_those_who_may_send_it(logged_in):
    sent = mail.send("delivery-sent", "charity@example.org", SENT)
    Mail.objects.update(state="failed", error="550 no such person")
    address = f"/admin/notices/mail/{sent.pk}/"

    finance, auditor = logged_in(FINANCE), logged_in(AUDITORS)
    assert SENT["link"] in page(finance, address)
    assert SENT["link"] not in page(auditor, address)
    assert auditor.post(address, {"to": "me@example.org"}).status_code == 403
    assert finance.post(address, {"to": "charity2@example.org"}).status_code == 302
    again = Mail.objects.get()
    assert (again.state, again.to) == ("waiting", "charity2@example.org")


def test_the_first_page_says_what_should_be_looked_at(rf, endpoint):
    request = rf.get("/admin/")
    request.user = get_user_model().objects.create_superuser("root")
    assert "To be looked at" not in TroublePanel(request).render_html()
    mail.send("delivery-sent", "", SENT)
    Endpoint.objects.update(enabled=False, off_because="It took nothing for 3 days.")

    shown = TroublePanel(request).render_html()

    assert "It took nothing for 3 days." in shown
    assert "1 e-mail" in shown


def test_a_folder_in_place_of_a_mail_server_is_told(administrator):
    shown = page(administrator, "/admin/notices/mail/")

    assert "No mail server is set up" in shown
    for kind in kinds.KINDS.values():
        assert kind.title in shown
