"""Settlement's screens, by real requests: what each shows and does, and who may."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client

from almoner.giving import publishing
from almoner.people.roles import AUDITORS, CAMPAIGN_MANAGERS, EDITORS
from almoner.settlement import deliveries, links, owed
from almoner.settlement.models import CharityLink, Delivery
from tests.settlement.conftest import TODAY
from tests.settlement.test_deliveries import stands

OWED = "/admin/settlement/owed/"
DELIVERIES = "/admin/settlement/deliveries/"
LINE = "line-may-bowls/meals"
SCREENS = (OWED, DELIVERIES, "/admin/settlement/disputes/", "/admin/settlement/periods/")


def page_of(delivery):
    return f"{DELIVERIES}{delivery.pk}/"


def test_what_is_owed_is_shown_by_age_in_words_bars_and_a_table(owe, finance):
    owe(12)
    page = finance.get(OWED).content.decode()
    assert "12 meals owed, nothing overdue. Waiting: 12 meals for 0–30 days." in page
    assert "Prepare a delivery" in page
    rows = list(csv.reader(StringIO(finance.get(f"{OWED}?format=csv").content.decode())))
    assert rows[0][:6] == ["charity", "cause", "campaign", "sponsor", "unit", "owed"]
    assert rows[1][:11] == [
        *("Harbor Table", "Meals Donated", "May Bowls", "", "meal", "12"),
        *("12", "0", "0", "0", "0"),
    ]


def test_what_is_owed_can_be_chosen(owe, finance):
    owe(12)
    assert "12 meals" in finance.get(f"{OWED}?charity=harbor-table").content.decode()
    assert "Nothing of this is owed" in finance.get(f"{OWED}?cause=dogs").content.decode()
    assert "Nothing of this is owed" in finance.get(f"{OWED}?sponsor=nobody").content.decode()


def test_a_name_is_no_formula_to_a_spreadsheet(owe, finance, harbor):
    owe(12)
    harbor.name = "=HYPERLINK(1)"
    harbor.save()
    assert "'=HYPERLINK(1)" in finance.get(f"{OWED}?format=csv").content.decode()


def test_nothing_owed_says_so(finance, ledger):
    page = finance.get(OWED).content.decode()
    assert "Nothing is owed" in page
    assert "owed-filter" not in page  # nothing to choose from


def test_a_delivery_is_prepared_sent_and_taken_back(owe, finance):
    owe(12)
    new = f"{DELIVERIES}new/harbor-table/"
    assert 'value="12"' in finance.get(new).content.decode()
    answer = finance.post(
        new, {LINE: "10", "day": TODAY.date(), "reference": "WB-1", "note": "At the back."}
    )
    delivery = Delivery.objects.get()
    here = page_of(delivery)
    assert answer["Location"] == here
    assert "Send it" in finance.get(here).content.decode()
    finance.post(here, {"do": "send"})
    finance.post(here, {"do": "send"})
    assert stands() == (2, 10, 0)
    delivery.refresh_from_db()
    assert links.answer_link(delivery).rpartition(":")[0][:40] in finance.get(here).content.decode()
    finance.post(here, {"do": "reverse", "number": 1, "line-0": "4", "text": "Came back."})
    assert stands() == (6, 6, 0)
    page = finance.post(here, {"do": "reverse", "number": 2, "line-0": "7", "text": "More."})
    assert page.status_code == 422
    assert "6 meals of it can be taken back at most" in page.content.decode()


def test_a_figure_stays_with_its_promise_whatever_is_delivered_meanwhile(
    owe, bowls, make_campaign, harbor, send, finance, finance_user
):
    owe(12)
    june = make_campaign(slug="june-bowls", title="June Bowls", ends_on=None, trigger="order")
    publishing.publish_draft(june, TODAY - timedelta(days=40))
    send("order-2", TODAY + timedelta(days=1))
    new = f"{DELIVERIES}new/harbor-table/"
    page = finance.get(new).content.decode()
    names = re.findall(r'name="(line-[^"]+)" value="(\d+)"', page)
    assert len(names) == 2

    whole = deliveries.prepare(harbor, [(bowls, bowls.cause, 14)], TODAY.date(), "WB-0")
    deliveries.send(whole, finance_user, TODAY + timedelta(days=1))
    written = {name: value for name, value in names if value == "14"}
    answer = finance.post(new, {**written, "day": TODAY.date(), "reference": "WB-1", "note": ""})

    assert "not owed any more" in answer.content.decode()
    assert [each.reference for each in Delivery.objects.all()] == ["WB-0"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({LINE: "13"}, "is owed 12 meals"),
        ({LINE: ""}, "A delivery of nothing"),
        ({LINE: "lots"}, "is not an amount"),
        ({"reference": ""}, "This field is required"),
        ({"day": "yesterday"}, "Enter a valid date"),
    ],
)
def test_what_is_wrong_with_a_delivery_is_said(owe, finance, change, says):
    owe(12)
    written = {LINE: "10", "day": TODAY.date(), "reference": "WB-1", "note": ""}
    page = finance.post(f"{DELIVERIES}new/harbor-table/", {**written, **change})
    assert says in page.content.decode()
    assert not Delivery.objects.exists()


def test_a_prepared_delivery_is_changed_or_discarded(owe, prepare, finance):
    owe(12)
    delivery = prepare()
    written = {LINE: "4", "day": TODAY.date(), "reference": "WB-7", "note": ""}
    finance.post(f"{page_of(delivery)}edit/", written)
    delivery.refresh_from_db()
    assert (delivery.reference, delivery.lines.get().minor) == ("WB-7", 4)
    finance.post(page_of(delivery), {"do": "discard"})
    assert not Delivery.objects.exists()


def test_a_dispute_is_answered_and_settled_on_the_delivery_s_page(sent, finance):
    deliveries.answer(sent, 1, "wrong", "Maren", "Two boxes were wet.", {}, TODAY)
    assert "Two boxes were wet." in finance.get("/admin/settlement/disputes/").content.decode()
    (dispute,) = sent.disputes.all()
    finance.post(page_of(sent), {"do": "reply", "dispute": dispute.pk, "text": "We send two."})
    finance.post(page_of(sent), {"do": "settle", "dispute": dispute.pk, "text": "Sent."})
    dispute.refresh_from_db()
    assert (dispute.state, dispute.reply, dispute.outcome) == ("settled", "We send two.", "Sent.")


def test_a_charity_s_link_is_made_and_revoked(sent, finance):
    here = f"{OWED}charity/harbor-table/"
    finance.post(here, {"do": "make"})
    row = CharityLink.objects.get()
    assert (row.number, row.revoked_at) == (1, None)
    assert "/charity/" in finance.get(here).content.decode()
    finance.post(here, {"do": "revoke"})
    assert links.page_link(sent.charity) == ""


@pytest.mark.parametrize("role", [CAMPAIGN_MANAGERS, AUDITORS])
def test_who_may_look_changes_nothing_and_gets_no_link(sent, logged_in, role):
    person = logged_in(role)
    for screen in SCREENS:
        assert person.get(screen).status_code == 200
    here = page_of(sent)
    page = person.get(here).content.decode()
    assert "10 meals" in page
    assert "/arrived/" not in page
    assert "/charity/" not in person.get(f"{OWED}charity/harbor-table/").content.decode().replace(
        "/owed/charity/", ""
    )
    changes = [
        (here, {"do": "reverse", "number": 1, "line-0": "4", "text": "No."}),
        (here, {"do": "renew"}),
        (f"{OWED}charity/harbor-table/", {"do": "make"}),
        (f"{DELIVERIES}new/harbor-table/", {}),
    ]
    for address, data in changes:
        assert person.post(address, data).status_code == 403
    assert stands() == (2, 10, 0)


def test_an_editor_sees_none_of_it(sent, logged_in):
    editor = logged_in(EDITORS)
    for screen in (*SCREENS, page_of(sent)):
        assert editor.get(screen).status_code == 302
    assert "Settlement" not in editor.get("/admin/").content.decode()


def test_a_stranger_sees_none_of_it(sent):
    for screen in (*SCREENS, page_of(sent)):
        assert Client().get(screen).status_code == 302


def test_everything_shown_is_bounded(sent, finance):
    Delivery.objects.filter(pk=sent.pk).update(day=TODAY.date() - timedelta(days=1))
    assert finance.get(f"{DELIVERIES}?p=99&state=sent").status_code == 200
    assert finance.get(f"{DELIVERIES}?p=x&state=lost").status_code == 200


def test_what_one_campaign_owes_is_read_without_the_others(owe, make_campaign, send, ledger):
    owe(12)
    june = make_campaign(slug="june-bowls", title="June Bowls", ends_on=None, trigger="order")
    publishing.publish_draft(june, TODAY - timedelta(days=40))
    send("order-2", TODAY + timedelta(days=1))
    asked = []
    ledger.db.raw.set_trace_callback(asked.append)
    try:
        (row,) = owed.owed(ledger.db, TODAY, {"campaign": "june-bowls"})
    finally:
        ledger.db.raw.set_trace_callback(None)

    assert row.total_text == "2 meals"
    assert not any("may-bowls" in each for each in asked)
