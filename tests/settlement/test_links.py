"""What a charity can do with its links, and nobody with another's."""

import logging
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client

from almoner.giving.models import Charity
from almoner.settlement import disputes, links, standing
from tests.settlement.conftest import TODAY
from tests.settlement.test_deliveries import stands


@pytest.fixture
def charity():
    """Somebody who has nothing but the link, and whose browser checks forms for forgery."""
    return Client(enforce_csrf_checks=True)


def address(link):
    return link.partition("://")[2].partition("/")[2].join(("/", ""))


def said(**changes):
    return {"number": 1, "kind": "all", "name": "Maren", "note": "", **changes}


def test_looking_confirms_nothing(charity, sent):
    here = address(links.answer_link(sent))
    page = charity.get(here)
    charity.head(here)
    assert page.status_code == 200
    assert "10 meals" in page.content.decode()
    assert stands() == (2, 10, 0)


def test_saying_that_all_arrived_confirms_it_and_twice_is_harmless(charity, sent):
    here = address(links.answer_link(sent))
    for _ in range(2):
        answer = charity.post(here, said())
        assert (answer.status_code, answer["Location"]) == (303, here)
    assert stands() == (2, 0, 10)
    page = charity.get(here).content.decode()
    assert "Thank you, Maren" in page
    assert "<form" not in page


def test_a_part_is_confirmed_line_by_line(charity, sent):
    here = address(links.answer_link(sent))
    charity.post(here, said(kind="part", **{"line-0": "4"}))
    assert stands() == (2, 6, 4)
    assert "4 meals arrived" in charity.get(here).content.decode()
    charity.post(here, said(number=2))
    assert stands() == (2, 0, 10)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"kind": ""}, "Choose one of the three"),
        ({"kind": "some"}, "not one of the available choices"),
        ({"name": ""}, "Write your name"),
        ({"kind": "part", "line-0": ""}, "If nothing arrived"),
        ({"kind": "part", "line-0": "11"}, "More arrived than was sent"),
        ({"kind": "part", "line-0": "many"}, "is not an amount"),
        ({"kind": "part", "line-0": "-4"}, "is not an amount"),
        ({"kind": "wrong"}, "Write what is wrong"),
        ({"number": 9}, "out of date"),
    ],
)
def test_what_cannot_be_said_is_told_and_changes_nothing(charity, sent, answer, says):
    page = charity.post(address(links.answer_link(sent)), said(**answer))
    assert page.status_code == 422
    assert says in page.content.decode()
    assert stands() == (2, 10, 0)


def test_what_is_wrong_reaches_finance_and_the_answer_comes_back(charity, sent, finance_user):
    here = address(links.answer_link(sent))
    charity.post(here, said(kind="wrong", note="Two boxes were wet.", **{"line-0": "what"}))
    (dispute,) = sent.disputes.all()
    disputes.reply(dispute, "We send two more.", finance_user, TODAY)
    page = charity.get(here).content.decode()
    assert "Two boxes were wet." in page
    assert "We send two more." in page
    assert stands() == (2, 10, 0)


def later(monkeypatch, days):
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + days * 86_400)


def test_an_expired_link_says_whom_to_ask_and_confirms_nothing(charity, sent, monkeypatch):
    here = address(links.answer_link(sent))
    later(monkeypatch, 29.9)
    assert charity.get(here).status_code == 200
    later(monkeypatch, 0.2)
    for answer in (charity.get(here), charity.post(here, said())):
        assert answer.status_code == 410
        page = answer.content.decode()
        assert "has expired" in page
        assert "Ask Ida Quist for a new link" in page
        assert "fin@almoner.test" in page
    assert stands() == (2, 10, 0)


def test_a_new_link_ends_the_one_before(charity, sent):
    old = address(links.answer_link(sent))
    links.renew(sent)
    assert charity.post(old, said()).status_code == 410
    assert "newer link" in charity.get(old).content.decode()
    assert stands() == (2, 10, 0)
    assert charity.post(address(links.answer_link(sent)), said()).status_code == 303


def test_forged_links_open_nothing(charity, sent):
    token = address(links.answer_link(sent)).split("/")[2]
    forged = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "x" + token,
        signing.dumps([sent.uuid.hex, 1], salt="another purpose"),
        signing.dumps([sent.uuid.hex, 1], salt="almoner.settlement.answer", key="another key"),
        "a" * 5_000,
        "x",
    ]
    for each in forged:
        assert charity.get(f"/arrived/{each}/").status_code == 404
        assert charity.post(f"/arrived/{each}/", said()).status_code == 404
    assert stands() == (2, 10, 0)


def test_a_link_for_one_purpose_opens_no_other(charity, sent, harbor):
    links.make_page_link(harbor, TODAY)
    page, answer = links.page_link(harbor), links.answer_link(sent)
    assert charity.get(f"/arrived/{page.split('/')[-2]}/").status_code == 404
    assert charity.get(f"/charity/{answer.split('/')[-2]}/").status_code == 404


def test_pages_behind_a_link_are_kept_and_sent_on_nowhere(charity, sent, harbor):
    links.make_page_link(harbor, TODAY)
    for link in (links.answer_link(sent), links.page_link(harbor)):
        answer = charity.get(address(link))
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "script-src" not in answer["Content-Security-Policy"]
        assert "<script" not in answer.content.decode()
        assert not answer.cookies


def test_no_log_has_the_link(charity, sent, monkeypatch, caplog):
    link = links.answer_link(sent)
    monkeypatch.setattr(standing, "outstanding", lambda _: 1 / 0)
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "django.request"):
        assert charity.get(address(link)).status_code == 500
        assert charity.post(address(link), said()).status_code == 500
        assert charity.put(address(link)).status_code == 405
        assert charity.get(address(link).replace(":", ".")).status_code == 404
    assert caplog.records
    assert link.split("/")[-2].partition(":")[0] not in caplog.text


def test_a_charity_sees_its_own_and_nothing_else(charity, sent, harbor):
    other = Charity.objects.create(slug="quill-street", name="Quill Street")
    for each in (harbor, other):
        links.make_page_link(each, TODAY)
    page = charity.get(address(links.page_link(harbor))).content.decode()
    for text in ("12 meals", "10 meals", "2 meals", "WB-1", "Say what arrived"):
        assert (text in page) == (text != "12 meals")
    stranger = charity.get(address(links.page_link(other))).content.decode()
    assert "WB-1" not in stranger
    assert "Nothing is promised yet" in stranger


def test_a_revoked_page_opens_nothing_and_a_new_link_does(charity, harbor):
    links.make_page_link(harbor, TODAY)
    first = address(links.page_link(harbor))
    links.make_page_link(harbor, TODAY + timedelta(days=1))
    second = address(links.page_link(harbor))
    assert (charity.get(first).status_code, charity.get(second).status_code) == (404, 200)
    links.revoke_page_link(harbor, TODAY)
    assert charity.get(second).status_code == 404
    assert links.page_link(harbor) == ""
    links.make_page_link(harbor, TODAY)
    assert charity.get(second).status_code == 404
    assert charity.get(address(links.page_link(harbor))).status_code == 200
