"""A statement is shared with whom it is about, once, and opens for nobody else."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from almoner.giving.models import Campaign, Charity, Sponsor
from almoner.notices.models import Mail, Message
from almoner.people.roles import FINANCE
from almoner.settlement import links
from almoner.statements.models import Drawn
from almoner.statements.sharing import link, readers, share
from almoner.statements.shelf import Order, draw_now
from tests.statements.conftest import NOW

pytestmark = pytest.mark.usefixtures("published")
SITE = "http://127.0.0.1:8000"
MAY = (date(2026, 5, 1), date(2026, 5, 31), "UTC")


@pytest.fixture
def drawn(bowls: Campaign, sell: Callable[..., None], harbor: Charity) -> Drawn:
    harbor.contact_email = "table@example.org"
    harbor.save()
    sell("a", 9)
    return draw_now(Order("charity", "harbor-table", *MAY), NOW)


def path(drawn: Drawn, ending: str = "pdf") -> str:
    return link(drawn, ending).removeprefix(SITE)


def test_a_statement_that_was_not_shared_opens_for_nobody(drawn: Drawn, client: Client) -> None:
    assert client.get(path(drawn, "csv")).status_code == 404


def test_a_shared_statement_opens_by_its_link_and_is_kept_by_no_cache(
    drawn: Drawn, client: Client
) -> None:
    share(drawn, NOW)

    answer = client.get(path(drawn, "csv"))

    assert answer.status_code == 200
    assert b"Harbor Table" in answer.content
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert client.get(path(drawn, "exe")).status_code == 404
    assert client.get(path(drawn).replace(drawn.digest[:4], "0000")).status_code == 404


def test_sharing_twice_tells_once(drawn: Drawn) -> None:
    first = share(drawn, NOW)
    assert share(drawn, NOW).shared_at == first.shared_at

    (mail,) = Mail.objects.filter(kind="statement-ready")
    assert mail.to == "table@example.org"
    assert link(drawn) in mail.text
    assert Message.objects.filter(type="statement.ready").count() == 1


def test_a_charity_finds_it_on_its_own_page_and_no_other_does(
    drawn: Drawn, harbor: Charity, client: Client
) -> None:
    other = Charity.objects.create(name="Quiet House", slug="quiet-house")
    for charity in (harbor, other):
        links.make_page_link(charity, NOW)
    pages = [
        links.page_link(charity).removeprefix("http://127.0.0.1:8000")
        for charity in (harbor, other)
    ]
    assert str(drawn).encode() not in client.get(pages[0]).content
    share(drawn, NOW)

    mine, theirs = (client.get(each).content for each in pages)

    assert str(drawn).encode() in mine
    assert str(drawn).encode() not in theirs


def test_a_campaigns_statement_goes_to_its_charity_and_its_sponsor(
    bowls: Campaign, sell: Callable[..., None], mills: Sponsor
) -> None:
    sell("a", 9)
    drawn = draw_now(Order("campaign", bowls.slug, *MAY), NOW)

    assert [name for name, _ in readers(drawn)] == [bowls.charity.name, mills.name]


def test_finance_shares_it_with_a_press_of_a_button(
    drawn: Drawn, logged_in: Callable[[str], Client]
) -> None:
    answer = logged_in(FINANCE).post(f"/admin/statements/drawn/{drawn.digest}/share/", follow=True)

    assert b"is on its way to Harbor Table" in answer.content
    assert link(Drawn.objects.get(pk=drawn.pk)).encode() in answer.content
