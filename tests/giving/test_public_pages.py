"""What readers see of causes and campaigns."""

from datetime import UTC, date, datetime, timedelta

import pytest
from wagtail.models import Locale

from almoner.campaigns.model import Refund, RefundedLine
from almoner.giving import account, publishing
from almoner.giving.models import CampaignPart, Charity
from almoner.giving.openings import carry_forward
from almoner.ledger import Event
from almoner.web.slots import slot

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def published(make_campaign):
    campaign = make_campaign(cap="10")
    publishing.publish_draft(campaign, NOW - timedelta(days=1))
    return campaign


def test_a_cause_shows_what_was_before_and_what_moved(client, ledger, meals, published, send):
    carry_forward(meals, 23_761)
    send("order-1", quantity=3)
    part = Refund("order-1", (RefundedLine("1", 1, 333),))
    ledger.append([Event("shop", "refund-1", "refund", NOW, part)], NOW)
    page = client.get("/causes/meals/")
    assert page.depends_on_ledger
    said = page.content.decode()
    assert "23,761" in said
    assert [(m.what, m.direction, m.amount_text) for m in page.context["movements"]] == [
        ("Taken off after a refund", "down", "2"),
        ("Pledged", "up", "6"),
        ("Carried forward from before the public record", "up", "23,761"),
    ]
    assert page.context["chart"]["points"][-1].total == 23_765
    (campaign,) = page.context["campaigns"]
    assert (campaign.title, campaign.pledged_text) == ("May Bowls", "4 meals")


def test_an_arabic_cause_says_in_arabic_what_moved_and_when(client, meals, published, send):
    Locale.objects.create(language_code="ar")
    send("order-1", quantity=3)

    page = client.get("/ar/causes/meals/")

    said = page.content.decode()
    for english in ("Pledged", "Running"):
        assert english not in said
    assert '<span dir="ltr">+6</span>' in said
    assert '<b dir="auto">6 meals</b>' in said
    assert "مايو 2026" in page.context["chart"]["points"][0].when


def test_the_list_of_causes_says_what_was_only_carried_forward(client, meals):
    said = client.get("/causes/").content.decode()
    assert slot("meals", "opening") in said
    assert "not proven" in said


def test_a_campaign_shows_its_promise_and_how_much_of_the_cap_is_used(client, published, send):
    send("order-1", quantity=4)
    page = client.get("/campaigns/may-bowls/")
    assert "gives 2 meals to Harbor Table, at most 10." in page.content.decode()
    assert (page.context["campaign"].cap_percent, page.context["campaign"].cap_met) == (80, False)
    send("order-2", quantity=4)
    assert "has been reached" in client.get("/campaigns/may-bowls/").content.decode()


def test_readers_never_see_a_draft(client, make_campaign, published):
    make_campaign(slug="secret", title="Secret")
    assert client.get("/campaigns/secret/").status_code == 404
    published.rate = "9"
    published.save()
    assert "gives 2 meals" in client.get("/campaigns/may-bowls/").content.decode()


def test_a_movement_names_the_campaign_of_its_own_cause(
    client, meals, dogs, published, make_campaign, send
):
    other = make_campaign(slug="a-dogs", title="Dogs", cause=dogs, trigger="revenue", rate="5")
    publishing.publish_draft(other, NOW)
    send("order-1")
    (moved,) = client.get("/causes/meals/").context["movements"]
    assert moved.campaign == "May Bowls"
    (moved,) = client.get("/campaigns/a-dogs/").context["movements"]
    assert (moved.campaign, moved.amount_text) == ("Dogs", "$0.50")


def test_every_term_is_listed_in_plain_words(client, make_campaign, harbor, mills):
    shelter = Charity.objects.create(slug="shelter", name="Night Shelter")
    campaign = make_campaign(
        cap="5000", minimum="600", daily_cap="50", hold_days=14, deliver_days=60,
        collections=["kitchen"], ends_on=date(2035, 12, 31), sponsor=mills,
    )  # fmt: skip
    campaign.parts.set(
        [CampaignPart(charity=harbor, weight=2), CampaignPart(charity=shelter, weight=1)]
    )
    campaign.save()
    publishing.publish_draft(campaign, NOW)
    assert dict(client.get("/campaigns/may-bowls/").context["terms"]) == {
        "Who receives": "Harbor Table (2 of 3 parts) and Night Shelter (1 of 3 parts)",
        "Who pays": "Northgate Mills",
        "Collections": "“kitchen”",
        "Begins": "1 May 2026",
        "Ends": "31 December 2035",
        "Time zone": "New York time",
        "Limit": "5,000 meals",
        "Guaranteed minimum": "600 meals, topped up after the end",
        "Limit a day": "50 meals",
        "Return window": "14 days; after that a gift is counted for good",
        "Delivered": "within 60 days",
    }


@pytest.mark.parametrize(("trigger", "payer"), [("order", "shop"), ("read", "site")])
def test_who_pays_without_a_sponsor_depends_on_what_gives(client, make_campaign, trigger, payer):
    publishing.publish_draft(make_campaign(trigger=trigger), NOW)
    terms = dict(client.get("/campaigns/may-bowls/").context["terms"])
    assert terms["Who pays"] == f"The {payer} itself"


def test_a_split_campaign_s_movement_is_what_really_moved(
    client, ledger, meals, make_campaign, harbor, published, send
):
    shelter = Charity.objects.create(slug="shelter", name="Night Shelter")
    split = make_campaign(slug="split", title="Split", rate="1")
    split.parts.set(
        [CampaignPart(charity=harbor, weight=2), CampaignPart(charity=shelter, weight=1)]
    )
    split.save()
    publishing.publish_draft(split, NOW - timedelta(days=1))
    send("order-1", quantity=3)
    (moved,) = client.get("/campaigns/split/").context["movements"]
    assert (moved.campaign, moved.amount_text) == ("Split", "3")


def test_every_cause_is_listed(client, meals, dogs):
    assert {cause.slug for cause in client.get("/causes/").context["causes"]} == {"meals", "dogs"}


def test_no_reader_gets_a_cookie(client, published):
    for address in ("/causes/", "/causes/meals/", "/campaigns/may-bowls/"):
        assert not client.get(address).cookies
    assert client.get("/causes/nothing/").status_code == 404


def test_a_cause_reads_what_was_published_once_however_many_campaigns_it_has(
    ledger, make_campaign, meals
):
    for number in range(4):
        made = make_campaign(slug=f"bowls-{number}", title=f"Bowls {number}")
        publishing.publish_draft(made, NOW)
    asked = []
    ledger.db.raw.set_trace_callback(asked.append)
    try:
        assert len(account.campaigns(ledger.db, meals, NOW)) == 4
    finally:
        ledger.db.raw.set_trace_callback(None)

    assert sum("FROM ledger_campaign" in each for each in asked) == 1
    assert not [each for each in asked if each.endswith("FROM ledger_standing")]
