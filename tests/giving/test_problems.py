"""What cannot be published is refused at its field, before the ledger would refuse it."""

from datetime import UTC, date, datetime

import pytest

from almoner.giving.models import Campaign, CampaignPart, Cause, Charity, Fund
from almoner.giving.openings import establish
from almoner.giving.problems import problems
from almoner.giving.publishing import TermsError, publish_draft
from almoner.giving.unused import UNUSED
from almoner.ledger.publish import read_campaigns

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)

REVENUE = {"trigger": "revenue", "rate": "10", "price": "0.25", "currency": "USD"}
FILLED = {
    "products": ["BOWL"],
    "collections": ["mugs"],
    "tags": ["winter"],
    "including": ["tax"],
    "tiers": [["10", "2"]],
    "countries": ["US"],
    "excluded": ["US-AL"],
    "reader_cap": "5",
    "group": "spring",
    "price": "0.25",
    "currency": "USD",
}

WRONG = [
    ({"trigger": "revenue", "rate": "101"}, "rate", "more than the whole sale"),
    ({"trigger": "gift", "rate": "101"}, "rate", "more than the whole amount"),
    ({"trigger": "gift", "rate": "50"}, "trigger", "give the price of one meal"),
    ({"price": "0.25"}, "currency", "A price needs its currency"),
    ({"price": "cheap", "currency": "USD"}, "price", "is not a price"),
    ({"price": "0", "currency": "USD"}, "price", "is not a price"),
    ({"price": "0.25", "currency": "XXQ"}, "currency", "is not a currency code"),
    ({"currency": "USD"}, "currency", "Nothing here is money"),
    ({"rate": "1/1000000007"}, "rate", "round it"),
    ({**REVENUE, "rate": "1/99999989"}, "rate", "round the rate, the price or the parts"),
    ({"tiers": [["10", "2"], ["10", "3"]]}, "tiers", "begins higher"),
    ({"tiers": [["10", "2"], ["5", "3"]]}, "tiers", "begins higher"),
    ({"tiers": [["0", "2"]]}, "tiers", "not more than 0"),
    ({"tiers": [["ten", "2"]]}, "tiers", "a number of pieces"),
    ({"tiers": [["10", "two"]]}, "tiers", "is not a rate"),
    ({"tiers": [["10", "0"]], "rate": "0"}, "tiers", "gives something"),
    ({"tiers": [[str(at), "2"] for at in range(1, 15)]}, "tiers", "enough for anybody"),
    ({"trigger": "order", "tiers": [["50.00", "2"]]}, "currency", "steps are in money"),
    ({**REVENUE, "tiers": [["50.001", "20"]]}, "tiers", "a number of USD"),
    ({**REVENUE, "including": ["shipping"], "products": ["BOWL"]}, "including", "whole order"),
    ({**REVENUE, "including": ["shipping"], "collections": ["a"]}, "including", "whole order"),
    ({"trigger": "order", "including": ["tax"]}, "including", "Every order gives the same"),
    ({"countries": ["UK"]}, "countries", "no country's code"),
    ({"excluded": ["US-ZZ"]}, "excluded", "no country's code"),
    ({"excluded": ["Alabama"]}, "excluded", "no country's code"),
    ({"countries": ["US"], "excluded": ["US"]}, "excluded", "leave out one"),
    ({"countries": ["US"], "excluded": ["CA-QC"]}, "excluded", "does not count anyway"),
    ({"minimum": "60", "cap": "50"}, "minimum", "more than at most 50"),
    ({"minimum": "0"}, "minimum", "promises nothing"),
    ({"minimum": "60", "ends_on": None}, "ends_on", "choose the last day"),
    ({"daily_cap": "60", "cap": "50"}, "daily_cap", "more than the 50"),
    ({"reader_cap": "60", "cap": "50"}, "reader_cap", "more than the 50"),
    ({"trigger": "read", "reader_cap": "5"}, "reader_cap", "Reads have no person behind them"),
    ({"trigger": "visit", "reader_cap": "5"}, "reader_cap", "Visits have no person behind them"),
    ({"daily_cap": "1.5"}, "daily_cap", "The limit is in meals"),
    ({"sponsor_cap": "60"}, "sponsor", "whose campaigns are limited"),
    ({"hold_days": 366}, "hold_days", "from 0 to 365"),
    ({"deliver_days": 400}, "deliver_days", "from 0 to 365"),
    ({"rank": 2}, "group", "in which group"),
    ({"trigger": "match", "rate": "1"}, "matches", "Choose the campaign"),
]


@pytest.mark.parametrize(("terms", "field", "says"), WRONG)
def test_a_wrong_term_is_named_and_never_published(ledger, make_campaign, terms, field, says):
    draft = make_campaign(**terms)
    assert says in problems(draft)[field]
    with pytest.raises(TermsError):
        publish_draft(draft, NOW)
    assert read_campaigns(ledger.db) == {}


@pytest.mark.parametrize("trigger", UNUSED)
def test_a_field_that_says_nothing_for_a_trigger_must_be_empty(trigger, make_campaign):
    for field in UNUSED[trigger]:
        if field != "matches":
            draft = make_campaign(slug=f"with-{field}", trigger=trigger, **{field: FILLED[field]})
            assert "leave this empty" in problems(draft)[field]


def test_money_has_no_price(dogs, make_campaign):
    draft = make_campaign(cause=dogs, price="0.25", currency="EUR")
    found = problems(draft)
    assert "counts money, which has no price" in found["price"]
    assert "is counted in USD" in found["currency"]


@pytest.fixture
def lantern(ledger):
    return Charity.objects.create(slug="lantern-house", name="Lantern House")


def split(campaign, *parts):
    campaign.parts.set([CampaignPart(charity=charity, weight=weight) for charity, weight in parts])
    return problems(campaign).get("split", "")


def test_a_split_is_between_two_or_more_and_the_charity_is_among_them(
    make_campaign, harbor, lantern
):
    draft = make_campaign()
    assert split(draft, (harbor, 60), (lantern, 40)) == ""
    assert "at least two charities" in split(draft, (harbor, 1))
    assert "stands there twice" in split(draft, (harbor, 1), (harbor, 2))
    assert "Harbor Table, chosen above, has no part" in split(
        draft, (lantern, 1), (Charity.objects.create(slug="road", name="Road"), 1)
    )
    assert "a whole number from 1" in split(draft, (harbor, 0), (lantern, 1))
    many = [(Charity.objects.create(slug=f"c{at}", name=f"C{at}"), 1) for at in range(12)]
    assert "12 are the most" in split(draft, (harbor, 1), *many)


def test_a_published_split_stays_as_it_is(make_campaign, harbor, lantern, ledger):
    draft = make_campaign()
    split(draft, (harbor, 60), (lantern, 40))
    draft.save()
    version = publish_draft(draft, NOW)
    assert [part.weight for part in version.split] == [60, 40]
    split(draft, (harbor, 50), (lantern, 50))
    assert "with another split" in problems(draft, version)["split"]


def test_only_a_published_campaign_in_the_same_unit_can_be_matched(make_campaign, ledger):
    bowls = make_campaign()
    match = make_campaign(slug="twice", trigger="match", rate="1", matches=bowls)
    assert "is a draft still" in problems(match)["matches"]
    publish_draft(bowls, NOW)
    assert problems(match) == {}
    publish_draft(match, NOW)
    again = make_campaign(slug="thrice", trigger="match", rate="1", matches=match)
    assert "match what it matches, “May Bowls”" in problems(again)["matches"]
    match.matches = match
    assert "cannot match itself" in problems(match)["matches"]
    blankets = establish("blankets", label="Blankets", unit="blanket", kind="count")
    other = make_campaign(slug="warm", trigger="match", rate="1", matches=bowls, cause=blankets)
    assert "only the same can be matched" in problems(other)["matches"]


def test_a_fund_must_be_in_the_unit_that_is_given(make_campaign, mills, meals):
    draft = make_campaign(sponsor=mills, from_fund=True)
    assert "it has no fund yet" in problems(draft)["from_fund"]
    Fund.objects.create(sponsor=mills, unit="meal")
    assert problems(draft) == {}


def test_every_term_at_once_is_published_as_it_stands(
    make_campaign, mills, harbor, lantern, ledger
):
    Fund.objects.create(sponsor=mills, unit="meal")
    draft: Campaign = make_campaign(
        **REVENUE,
        collections=["mugs"],
        tags=["winter"],
        including=["discounts", "tax"],
        tiers=[["100.00", "20"]],
        countries=["US", "CA"],
        excluded=["US-AL"],
        cap="50000",
        minimum="100",
        daily_cap="5000",
        reader_cap="40",
        sponsor_cap="90000",
        sponsor=mills,
        from_fund=True,
        hold_days=14,
        deliver_days=60,
        group="spring",
        rank=1,
        ends_on=date(2026, 6, 30),
    )
    split(draft, (harbor, 2), (lantern, 1))
    assert problems(draft) == {}
    version = publish_draft(draft, NOW)
    assert (version.tiers[0].at, version.minimum, version.money) == (10_000, 100, "USD")
    assert version.sponsor == "northgate-mills"
    assert Cause.objects.get(slug="meals")
