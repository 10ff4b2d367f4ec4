"""A flood of reads pauses giving; a campaign manager sees it, looks, and lets it give again."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from almoner.campaigns.model import Action
from almoner.giving import publishing
from almoner.giving.models import Pause
from almoner.giving.work import keep_up
from almoner.ledger import Event, reads
from almoner.people.roles import AUDITORS, CAMPAIGN_MANAGERS
from almoner.reading.brake import braked


@pytest.fixture
def pages(make_campaign):
    """A meal for every hundred reads, published."""
    today = datetime.now(UTC).date()
    campaign = make_campaign(
        slug="pages",
        title="Pages for Meals",
        trigger="read",
        rate="1/100",
        starts_on=today - timedelta(days=2),
        ends_on=None,
        time_zone="UTC",
    )
    publishing.publish_draft(campaign, datetime.now(UTC) - timedelta(days=2))
    return campaign


@pytest.fixture
def read(ledger):
    """Sends so many reads, as a site that knows the brakes does."""

    def _read(ref, count):
        now = datetime.now(UTC)
        body = Action("read", count, without=tuple(braked(ledger.db)))
        ledger.append([Event("reads", ref, "action", now, body)], now)
        keep_up()

    return _read


@pytest.fixture
def flood(pages, read):
    """A flood of reads, of which 5,000 came after the brake was pulled."""
    read("first", 1_000)
    read("second", 5_000)
    return f"/admin/giving/campaigns/reads/{pages.pk}/"


@pytest.fixture
def manager(logged_in):
    return logged_in(CAMPAIGN_MANAGERS)


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def given(ledger):
    return reads.campaign_totals(ledger.db).get("pages", 0)


def resume(browser, address, **said):
    since = browser.get(address).context["form"]["since"].value()
    form = {"since": since, "note": "A newsletter linked to it.", "count": 0, **said}
    return browser.post(address, form, follow=True)


def test_the_manager_is_told_wherever_they_look(ledger, flood, pages, manager):
    why = "1,000 came in 10 minutes; it never had as many."

    assert given(ledger) == 10
    home = text(manager.get("/admin/"))
    assert f"“Pages for Meals” is paused. {why}" in home
    assert "Giving is paused" in text(manager.get(f"/admin/giving/campaigns/inspect/{pages.pk}/"))
    page = text(manager.get(flood))
    assert why in page
    assert "5,000 reads were left out so far" in page
    assert "when more than 300 come in 10 minutes" in page


def test_reads_give_again_and_what_was_left_out_does_not(ledger, flood, manager, read):
    page = text(resume(manager, flood))

    assert "“Pages for Meals” gives again." in page
    assert "Giving is paused" not in page
    read("third", 200)
    assert given(ledger) == 12
    (pause,) = Pause.objects.all()
    assert (pause.left_out, pause.counted, pause.note) == (5_000, 0, "A newsletter linked to it.")
    assert str(pause.ended_by) == CAMPAIGN_MANAGERS
    assert "A newsletter linked to it." in page


def test_what_was_real_is_counted_by_hand_and_once(ledger, flood, manager):
    since = manager.get(flood).context["form"]["since"].value()
    page = text(resume(manager, flood, count=4_500))
    again = manager.post(flood, {"since": since, "note": "Again", "count": 4_500}, follow=True)

    assert "4,500 were counted after all" in page
    assert "over already" in text(again)
    assert given(ledger) == 10 + 45
    assert [each.kind for each in reads.events(ledger.db)] == ["manual", "action", "action"]
    assert Pause.objects.get().counted == 4_500


def test_more_than_was_left_out_or_nothing_found_lets_nothing_go(ledger, flood, manager):
    for said, sentence in (
        ({"count": 5_001}, "count that many at most"),
        ({"count": -1}, "greater than or equal to 0"),
        ({"note": "  "}, "This field is required"),
        ({"since": "2026-01-01T00:00:00+00:00"}, "over already"),
        ({"since": "yesterday"}, "Open this screen again"),
    ):
        assert sentence in text(resume(manager, flood, **said)), said

    assert braked(ledger.db) == {"pages"}
    assert not Pause.objects.exists()
    assert given(ledger) == 10


def test_an_auditor_sees_it_and_lets_nothing_go(ledger, flood, logged_in):
    auditor = logged_in(AUDITORS)

    page = auditor.get(flood)
    assert "A campaign manager can let it give again." in text(page)
    assert auditor.post(flood, {"note": "x", "count": 0}).status_code == 403
    assert braked(ledger.db) == {"pages"}


def test_the_screen_shows_the_hours_without_a_pause_and_is_only_for_reads(
    ledger, pages, read, manager, make_campaign
):
    read("a few", 7)
    answer = manager.get(f"/admin/giving/campaigns/reads/{pages.pk}/")
    page, bowls = text(answer), make_campaign()

    assert "Giving is paused" not in page
    assert answer.context["breadcrumbs_items"][-1]["sublabel"] == "Pages for Meals"
    assert re.search(r"\d\d:00 7 0", page), page
    answer = manager.get(f"/admin/giving/campaigns/reads/{bowls.pk}/")
    assert answer.url == f"/admin/giving/campaigns/inspect/{bowls.pk}/"
