"""The admin's screens, by real requests: what each does, and who may."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from almoner.campaigns.model import Refund, RefundedLine
from almoner.giving import publishing
from almoner.giving.models import Campaign, Cause, Charity, Fund
from almoner.intake.keys import key_ring
from almoner.ledger import Event, reads
from almoner.people.roles import AUDITORS, CAMPAIGN_MANAGERS, EDITORS, FINANCE

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def terms(meals, harbor):
    """What somebody fills in for two meals an item."""
    return {
        "title": "May Bowls",
        "slug": "may-bowls",
        "cause": meals.pk,
        "charity": harbor.pk,
        "trigger": "item",
        "rate": "2",
        "cap": "50,000",
        "partial": "on",
        "starts_on": "2026-05-01",
        "time_zone": "America/New_York",
        "products": "",
        "tags": "winter\nwinter\n\nsnow",
    }


@pytest.fixture
def manager(logged_in):
    return logged_in(CAMPAIGN_MANAGERS)


def page_of(campaign):
    return f"/admin/giving/campaigns/inspect/{campaign.pk}/"


def draft():
    return Campaign.objects.get(slug="may-bowls")


def test_saving_a_draft_promises_nothing(manager, terms):
    answer = manager.post("/admin/giving/campaigns/new/", terms)
    assert answer.status_code == 302, answer.context["form"].errors
    campaign = draft()
    assert (campaign.state, campaign.cap) == ("draft", "50000")
    assert campaign.tags == ["winter", "snow"]
    assert not publishing.versions("may-bowls")


def publish(browser):
    """Press “Publish the promise” on the campaign's page, alone."""
    return browser.post(
        f"/admin/giving/campaigns/publish/{draft().pk}/", {"nobody_else": "on"}, follow=True
    )


def test_publishing_freezes_what_was_in_the_form(manager, terms):
    made = manager.post("/admin/giving/campaigns/new/", {**terms, "action-next": "1"})
    assert made.url == f"/admin/giving/campaigns/inspect/{draft().pk}/"
    assert "Nobody else reviewed this" in manager.get(made.url).content.decode()
    publish(manager)
    (version,) = publishing.versions("may-bowls")
    assert (version.rate, version.cap, version.tags) == ("2", 50_000, ("winter", "snow"))
    assert draft().state == "published"


def test_a_published_campaign_says_that_a_change_makes_the_next_version(manager, terms):
    manager.post("/admin/giving/campaigns/new/", terms)
    publish(manager)
    address = f"/admin/giving/campaigns/edit/{draft().pk}/"
    manager.post(address, {**terms, "rate": "3"})
    page = manager.get(address).content.decode()
    assert "Version 1 stays in force" in page
    assert "to version 2" in page
    assert len(publishing.versions("may-bowls")) == 1
    assert "Gives: 3 meals, before 2 meals" in manager.get(page_of(draft())).content.decode()
    publish(manager)
    assert [each.rate for each in publishing.versions("may-bowls")] == ["2", "3"]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"rate": "two"}, "rate", "is not a rate"),
        ({"cap": "lots"}, "cap", "The limit is in meals"),
        ({"ends_on": "2026-04-01"}, "ends_on", "not after the start"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Select a valid choice"),
        ({"trigger": "revenue"}, "trigger", "counts meal"),
        ({"from_fund": "on"}, "sponsor", "Choose the sponsor"),
        ({"slug": "May-Bowls"}, "slug", "small letters"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(manager, terms, change, field, says):
    answer = manager.post("/admin/giving/campaigns/new/", {**terms, **change})
    assert says in str(answer.context["form"].errors[field])
    assert not Campaign.objects.exists()


def test_the_promise_is_worked_out_while_somebody_writes(manager, terms, send):
    for at in range(3):
        send(f"order-{at}", quantity=2, tags=("snow",))
    send("early", datetime(2026, 4, 1, tzinfo=UTC), tags=("winter",))
    said = manager.post("/admin/giving/campaigns/terms/", terms).content.decode()
    assert "Every item sold in an order tagged “winter” or “snow”" in said
    assert "<b>12 meals</b>" in said
    assert "<b>14 meals</b>" in said
    assert not Campaign.objects.exists()


ORDER = {
    "kind": "order",
    "id": "a",
    "currency": "USD",
    "occurred_at": "2026-05-05T10:00:00Z",
    "tags": ["snow"],
    "lines": [{"id": "1", "quantity": 7, "revenue": "10.00"}],
}
SHOPIFY = {
    "id": 1,
    "currency": "USD",
    "financial_status": "paid",
    "created_at": "2026-05-05T10:00:00-04:00",
    "tags": "snow",
    "line_items": [{"id": 1, "quantity": 3, "price": "5.00"}],
}


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        (json.dumps(ORDER), "<b>14 meals</b>"),
        (json.dumps([ORDER, {**ORDER, "id": "b"}]), "<b>28 meals</b>"),
        ("\n".join([json.dumps(ORDER)] * 3), "<b>42 meals</b>"),
        (json.dumps(SHOPIFY), "<b>6 meals</b>"),
        (json.dumps({"orders": [SHOPIFY]}), "<b>6 meals</b>"),
        ("{", "This is not JSON"),
        ("[]", "The sample is empty"),
        ('{"kind": "order"}', "missing"),
        ("3", "an order is a JSON object"),
        (json.dumps(ORDER) + "\n{", "Line 2 is not JSON"),
        (json.dumps([ORDER, {**ORDER, "currency": "XXQ"}]), "Event 2: The currency is not known"),
        (json.dumps({**ORDER, "test": True}), "no order that would count"),
    ],
)
def test_a_pasted_sample_is_tried(manager, terms, sample, says):
    answer = manager.post("/admin/giving/campaigns/terms/", {**terms, "sample": sample})
    assert says in answer.content.decode().replace("&#x27;", "'")


def test_a_copy_begins_as_a_draft_of_its_own(manager, make_campaign, terms):
    campaign = make_campaign()
    publishing.publish_draft(campaign, NOW)
    address = f"/admin/giving/campaigns/copy/{campaign.pk}/"
    form = manager.get(address).context["form"]
    assert (form["slug"].value(), form["rate"].value()) == ("", "2")
    manager.post(address, {**terms, "title": "June Bowls", "slug": "june-bowls"})
    copy = Campaign.objects.get(slug="june-bowls")
    assert (copy.state, copy.pk != campaign.pk) == ("draft", True)


def test_a_draft_with_something_wrong_still_opens(manager, make_campaign):
    campaign = make_campaign(rate="two", time_zone="Mars/Olympus")
    form = manager.get(f"/admin/giving/campaigns/edit/{campaign.pk}/").content.decode()
    assert "Not a promise yet" in form
    page = manager.get(f"/admin/giving/campaigns/inspect/{campaign.pk}/").content.decode()
    assert "Something is still missing" in page


def test_a_late_campaign_is_run_over_what_was_received(manager, make_campaign, send, ledger):
    send("early", quantity=2)
    campaign = make_campaign()
    publishing.publish_draft(campaign, NOW)
    page = f"/admin/giving/campaigns/inspect/{campaign.pk}/"
    assert "1 received event</b>" in manager.get(page).content.decode()
    answer = manager.post(f"/admin/giving/campaigns/replay/{campaign.pk}/", follow=True)
    assert "1 received event looked at, 1 pledged for" in answer.content.decode()
    assert reads.campaign_totals(ledger.db) == {"may-bowls": 4}


def test_ending_asks_first(manager, make_campaign):
    campaign = make_campaign(starts_on=date(2020, 1, 1), ends_on=None)
    publishing.publish_draft(campaign, NOW)
    address = f"/admin/giving/campaigns/end/{campaign.pk}/"
    assert "now?" in manager.get(address).content.decode()
    manager.post(address)
    manager.post(address)
    assert len(publishing.versions("may-bowls")) == 2
    assert draft().state == "ended"


def test_what_was_published_is_never_deleted(manager, make_campaign, ledger):
    campaign = make_campaign()
    publishing.publish_draft(campaign, NOW)
    manager.post(f"/admin/giving/campaigns/delete/{campaign.pk}/")
    assert draft()
    other = make_campaign(slug="draft", title="Draft")
    manager.post(f"/admin/giving/campaigns/delete/{other.pk}/")
    assert not Campaign.objects.filter(slug="draft").exists()


def test_an_entry_by_hand_is_counted_once(manager, make_campaign, ledger):
    campaign = make_campaign(trigger="manual", rate="1", starts_on=date(2026, 1, 1), ends_on=None)
    publishing.publish_draft(campaign, NOW)
    address = f"/admin/giving/campaigns/by-hand/{campaign.pk}/"
    entry = {"quantity": 120, "day": "2026-03-01", "reference": "trip 7"}
    assert "120 meals pledged" in manager.post(address, entry, follow=True).content.decode()
    assert "entered before" in manager.post(address, entry, follow=True).content.decode()
    other = manager.post(address, {**entry, "quantity": 5})
    assert "another content" in str(other.context["form"].errors)
    early = manager.post(address, {**entry, "day": "2025-12-31", "reference": "trip 6"})
    assert "does not run" in str(early.context["form"].errors)
    assert reads.campaign_totals(ledger.db) == {"may-bowls": 120}


def test_a_cause_brings_what_was_given_before(manager, ledger):
    cause = {
        "label": "Funded For Cats",
        "slug": "cats",
        "kind": "money",
        "unit": "USD",
        "icon": "almoner",
        "position": "7",
        "shown": "on",
        "before": "2,358.40",
    }
    answer = manager.post("/admin/giving/causes/new/", cause)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Cause.objects.get(slug="cats").scale == 2
    assert reads.totals(ledger.db)["cats"].opening == 235_840
    wrong = manager.post("/admin/giving/causes/new/", {**cause, "slug": "x", "unit": "XXQ"})
    assert "ISO 4217" in str(wrong.context["form"].errors)
    manager.post(f"/admin/giving/causes/delete/{Cause.objects.get().pk}/")
    assert Cause.objects.exists()


def test_finance_records_a_deposit_once(logged_in, mills, ledger):
    finance = logged_in(FINANCE)
    made = finance.post("/admin/giving/funds/new/", {"sponsor": mills.pk, "unit": "USD"})
    fund = Fund.objects.get()
    assert made.url == f"/admin/giving/funds/inspect/{fund.pk}/"
    assert made.url in finance.get("/admin/giving/funds/").content.decode()
    address = f"/admin/giving/funds/deposit/{fund.pk}/"
    deposit = {"amount": "2,500.00", "day": "2026-05-01", "reference": "wire 1"}
    for _ in range(2):
        assert finance.post(address, deposit).status_code == 302
    assert reads.balance(ledger.db, fund.account, "USD") == 250_000
    pasted = finance.post(address, {**deposit, "reference": " wire\t1 "}, follow=True)
    assert "entered before" in pasted.content.decode()
    unseen = finance.post(address, {**deposit, "reference": "wire\x01"})
    assert "cannot be shown" in str(unseen.context["form"].errors)
    wrong = finance.post(address, {**deposit, "amount": "0", "reference": "wire 2"})
    assert "deposit of nothing" in str(wrong.context["form"].errors)
    finance.post(f"/admin/giving/funds/delete/{fund.pk}/")
    assert Fund.objects.exists()


def test_what_matched_nothing_is_seen_first(manager, send):
    for at in range(60):
        send(f"order-{at}")
    page = manager.get("/admin/giving/events/?outcome=matched+nothing")
    assert (page.context["unmatched"], len(page.context["rows"])) == (60, 50)
    older = manager.get(f"/admin/giving/events/?before={page.context['more']}")
    assert len(older.context["rows"]) == 10
    detail = manager.get("/admin/giving/events/1/").content.decode()
    assert "No campaign covers it" in detail
    assert "&quot;currency&quot;: &quot;USD&quot;" in detail
    for seq in (999, 2**63 - 1, 2**63, 10**30):
        assert manager.get(f"/admin/giving/events/{seq}/").status_code == 404


def test_a_refund_is_listed_under_the_number_of_its_order(manager, send, ledger):
    send("order/5501")
    back = Refund("order/5501", (RefundedLine("1", 1, 1000),))
    ledger.append([Event("shop", "refund/1", "refund", NOW, back)], NOW)
    assert "Refund of order 5501" in manager.get("/admin/giving/events/").content.decode()


def test_an_event_names_the_campaign_that_would_cover_it(manager, send, make_campaign):
    send("early")
    publishing.publish_draft(make_campaign(), NOW)
    page = manager.get("/admin/giving/events/1/").content.decode()
    assert "covers it and was set up later" in page


def test_a_key_is_shown_once(administrator, ledger):
    address = "/admin/giving/keys/"
    made = administrator.post(address, {"name": "warehouse", "scopes": ["events:write"]})
    token = made.context["token"]
    assert token in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert token not in administrator.get(address).content.decode()
    key = key_ring(ledger.db).authorise(f"Bearer {token}", "events:write")
    again = administrator.post(address, {"name": "warehouse", "scopes": ["read"]})
    assert "already" in str(again.context["form"].errors)
    assert administrator.post(address, {"revoke": str(2**64)}).status_code == 404
    administrator.post(address, {"revoke": str(key.id)})
    assert key_ring(ledger.db).keys == {}


def test_the_ledger_is_shown(logged_in, meals, make_campaign, send):
    publishing.publish_draft(make_campaign(), NOW)
    send("order-1")
    page = logged_in(FINANCE).get("/admin/giving/ledger/").content.decode()
    assert "charity/harbor-table/owed/meals" in page


# Who may: each address, and the roles that may see it and post to it.
SEES = {
    "/admin/giving/campaigns/": {CAMPAIGN_MANAGERS, FINANCE, AUDITORS},
    "/admin/giving/campaigns/inspect/{campaign}/": {CAMPAIGN_MANAGERS, FINANCE, AUDITORS},
    "/admin/giving/campaigns/edit/{campaign}/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/new/": {CAMPAIGN_MANAGERS},
    "/admin/giving/causes/": {CAMPAIGN_MANAGERS, FINANCE, AUDITORS},
    "/admin/giving/charities/": {CAMPAIGN_MANAGERS, FINANCE, AUDITORS},
    "/admin/giving/sponsors/": {CAMPAIGN_MANAGERS, FINANCE, AUDITORS},
    "/admin/giving/sponsors/new/": {FINANCE},
    "/admin/giving/funds/": {CAMPAIGN_MANAGERS, FINANCE, AUDITORS},
    "/admin/giving/funds/inspect/{fund}/": {CAMPAIGN_MANAGERS, FINANCE, AUDITORS},
    "/admin/giving/funds/deposit/{fund}/": {FINANCE},
    "/admin/giving/events/": {CAMPAIGN_MANAGERS, FINANCE, AUDITORS},
    "/admin/giving/ledger/": {FINANCE, AUDITORS},
    "/admin/giving/keys/": {AUDITORS},
}
PRESSES = {
    "/admin/giving/campaigns/new/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/edit/{campaign}/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/delete/{campaign}/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/terms/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/replay/{campaign}/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/ask/{campaign}/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/review/{campaign}/": {CAMPAIGN_MANAGERS, FINANCE},
    "/admin/giving/campaigns/publish/{campaign}/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/end/{campaign}/": {CAMPAIGN_MANAGERS},
    "/admin/giving/campaigns/by-hand/{campaign}/": {CAMPAIGN_MANAGERS},
    "/admin/giving/causes/new/": {CAMPAIGN_MANAGERS},
    "/admin/giving/charities/new/": {CAMPAIGN_MANAGERS},
    "/admin/giving/sponsors/new/": {FINANCE},
    "/admin/giving/funds/new/": {FINANCE},
    "/admin/giving/funds/deposit/{fund}/": {FINANCE},
    "/admin/giving/keys/": set(),
}


@pytest.mark.parametrize("role", [EDITORS, CAMPAIGN_MANAGERS, FINANCE, AUDITORS])
def test_each_role_may_do_its_own_and_no_more(logged_in, role, make_campaign, mills):
    campaign = make_campaign()
    publishing.publish_draft(campaign, NOW)
    fund = Fund.objects.create(sponsor=mills, unit="USD")
    browser = logged_in(role)
    for address, roles in SEES.items():
        filled = address.format(campaign=campaign.pk, fund=fund.pk)
        assert (browser.get(filled).status_code == 200) == (role in roles), address
    for address, roles in PRESSES.items():
        filled = address.format(campaign=campaign.pk, fund=fund.pk)
        assert (browser.post(filled).status_code != 403) == (role in roles), address


@pytest.mark.parametrize("role", [EDITORS, CAMPAIGN_MANAGERS, FINANCE, AUDITORS])
def test_the_first_page_shows_the_figures_to_everybody(role, meals, logged_in):
    page = logged_in(role).get("/admin/").content.decode()
    assert "Meals Donated" in page
    assert ("Nothing was received yet" in page) == (role != EDITORS)


def test_the_first_page_leads_to_what_matched_nothing(send, meals, logged_in):
    send("unmatched")
    page = logged_in(AUDITORS).get("/admin/").content.decode()
    assert "1 event received" in page
    assert "?outcome=matched%20nothing" in page


def test_the_log_in_bears_the_name_of_the_site(client, ledger, settings):
    page = client.get("/admin/login/").content.decode()
    assert f"Sign in to {settings.WAGTAIL_SITE_NAME}" in page
    assert "Sign in to Wagtail" not in page


def test_every_term_is_read_from_the_form(manager, terms, harbor, mills):
    lantern = Charity.objects.create(slug="lantern-house", name="Lantern House")
    filled = {
        **terms,
        "rate": "2 %",
        "trigger": "revenue",
        "tags": "",
        "price": "0.25",
        "currency": "usd",
        "collections": "mugs",
        "including": ["tax"],
        "countries": "us\nca",
        "excluded": "us-al",
        "minimum": "1,000",
        "ends_on": "2026-05-31",
        "hold_days": "14",
        "sponsor": mills.pk,
        "tiers-first": ["100.00", "1,000.00", ""],
        "tiers-second": ["3", "5 %", ""],
        "split-first": [str(harbor.pk), str(lantern.pk), ""],
        "split-second": ["60", "40 %", ""],
    }
    answer = manager.post("/admin/giving/campaigns/new/", filled)
    assert answer.status_code == 302, answer.context["form"].errors
    campaign = draft()
    assert campaign.tiers == [["100.00", "3"], ["1000.00", "5"]]
    assert [(part.charity.slug, part.weight) for part in campaign.parts.all()] == [
        ("harbor-table", 60),
        ("lantern-house", 40),
    ]
    assert (campaign.countries, campaign.excluded) == (["US", "CA"], ["US-AL"])
    assert (campaign.minimum, campaign.currency, campaign.hold_days) == ("1000", "USD", 14)
    page = manager.get(f"/admin/giving/campaigns/edit/{campaign.pk}/").content.decode()
    assert 'value="1000.00"' in page
    assert "something is wrong here" not in page
    copy = manager.get(f"/admin/giving/campaigns/copy/{campaign.pk}/").context["form"]
    assert copy.initial["split"] == [[harbor.pk, 60], [lantern.pk, 40]]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"split-first": ["9999"], "split-second": ["1"]}, "split", "Choose the charity"),
        ({"split-first": ["{harbor}"], "split-second": ["some"]}, "split", "whole number"),
        ({"tiers-first": ["many"], "tiers-second": ["1"]}, "tiers", "a number of pieces"),
        ({"matches": "{campaign}"}, "matches", "leave this empty"),
        ({"hold_days": "400"}, "hold_days", "from 0 to 365"),
    ],
)
def test_what_is_wrong_in_a_closed_group_opens_it(
    manager, terms, harbor, make_campaign, change, field, says
):
    other = make_campaign(slug="other")
    named = {"harbor": harbor.pk, "campaign": other.pk}
    filled = {
        name: [each.format(**named) for each in value]
        if isinstance(value, list)
        else value.format(**named)
        for name, value in change.items()
    }
    answer = manager.post("/admin/giving/campaigns/new/", {**terms, **filled})
    assert says in str(answer.context["form"].errors[field])
    if field != "matches":
        assert "something is wrong here" in answer.content.decode()


def test_two_people_do_not_undo_one_another(manager, terms):
    manager.post("/admin/giving/campaigns/new/", terms)
    address = f"/admin/giving/campaigns/edit/{draft().pk}/"
    seen = manager.get(address).context["form"]["seen"].value()
    assert manager.post(address, {**terms, "rate": "3", "seen": seen}).status_code == 302
    late = manager.post(address, {**terms, "rate": "4", "seen": seen})
    assert "Somebody else has changed this draft" in str(late.context["form"].errors)
    assert draft().rate == "3"


def test_a_promise_goes_through_a_second_pair_of_hands(manager, logged_in, terms):
    finance = logged_in(FINANCE)
    manager.post("/admin/giving/campaigns/new/", terms)
    page, number = page_of(draft()), draft().pk
    refused = manager.post(
        f"/admin/giving/campaigns/publish/{number}/", {"nobody_else": "on"}, follow=True
    )
    assert "Somebody else has to approve these terms first" in refused.content.decode()
    asked = manager.post(f"/admin/giving/campaigns/ask/{number}/", follow=True)
    assert "It can be reviewed now by Finance" in asked.content.decode()
    assert "Approve these terms" not in asked.content.decode()
    assert "Waiting for review" in manager.get("/admin/giving/campaigns/").content.decode()
    seen = finance.get(page).context["draft_digest"]
    finance.post(f"/admin/giving/campaigns/review/{number}/", {"approve": "1", "seen": seen})
    assert "Publish the promise" in manager.get(page).content.decode()
    manager.post(f"/admin/giving/campaigns/publish/{number}/")
    assert len(publishing.versions("may-bowls")) == 1
    assert "Reviewed by Finance" in manager.get(page).content.decode()
    listed = manager.get("/admin/giving/campaigns/").content.decode()
    assert "Running" in listed
    assert "Published" not in listed


def test_a_page_shows_what_was_given_over_time(manager, make_campaign, send):
    publishing.publish_draft(make_campaign(), NOW)
    for at in range(3):
        send(f"order-{at}", NOW + timedelta(hours=at))
    page = manager.get(page_of(draft())).content.decode()
    assert "chart-drawing" in page
    assert "The same as a table" in page


@pytest.mark.parametrize(
    ("role", "address"), [(FINANCE, "new@harbor.test"), (CAMPAIGN_MANAGERS, "")]
)
def test_where_a_charity_confirms_is_for_finance_alone(logged_in, harbor, ledger, role, address):
    """Whoever could change it could confirm in the charity's place."""
    edited = logged_in(role).post(
        f"/admin/giving/charities/edit/{harbor.pk}/",
        {"name": "Harbor Tables", "slug": harbor.slug, "contact_email": "new@harbor.test"},
    )

    assert edited.status_code == 302
    harbor.refresh_from_db()
    assert (harbor.name, harbor.contact_email) == ("Harbor Tables", address)
