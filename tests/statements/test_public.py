"""What anybody sees: the account of promises, and disclosures that change by themselves."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from django.test import Client

from almoner.giving import publishing
from almoner.giving.book import open_ledger
from almoner.giving.entries import record_deposit
from almoner.giving.models import Campaign, Cause, Charity, Fund, Sponsor
from almoner.settlement.models import Delivery, Line
from almoner.statements import disclosure, promises
from almoner.statements.models import Contract

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 25, tzinfo=UTC)


def told(campaign: Campaign, now: datetime = NOW) -> disclosure.Disclosure:
    with open_ledger() as ledger:
        found = disclosure.read(ledger.db, campaign, now)
    assert found is not None, campaign
    return found


def accounts(now: datetime, campaign: str = "") -> list[promises.Account]:
    with open_ledger() as ledger:
        return promises.accounts(ledger.db, now, campaign)


def test_a_disclosure_says_what_the_rules_ask_for(may: Campaign, contract: Contract) -> None:
    contract.flat_gift, contract.flat_currency = "500", "USD"
    contract.save()
    text = told(may).text
    assert "every 3 items sold" in text
    assert "1 meal goes to Harbor Table Food Bank, Inc." in text
    assert "from 1 April 2026 to 31 May 2026" in text
    assert "at most 10" in text
    assert "So far 8 meals of at most 10 meals: the limit is not reached." in text
    assert "It is given in kind. One meal is 1.2 pounds of food." in text
    assert "Northgate Mills, Inc. gives $500 besides, whatever is sold." in text
    assert "Harbor Table Food Bank, Inc.: EIN 00-0000000." in text
    assert "proceeds" not in text


def test_a_disclosure_changes_when_the_cap_is_met_and_when_the_campaign_ends(
    may: Campaign, sell: Callable[..., None]
) -> None:
    sell("o-7", 30, NOW)
    met = told(may)
    assert met.cap_met
    assert "The limit of 10 meals is reached: what is bought now gives nothing more." in met.text
    publishing.end(may, NOW + timedelta(hours=1))
    ended = told(may, NOW + timedelta(hours=2))
    assert "This campaign has ended: nothing more is given. It gave 10 meals." in ended.text


def test_a_disclosure_can_be_read_from_any_page_and_framed_in_any(
    client: Client, may: Campaign
) -> None:
    answer = client.get("/campaigns/may-bowls/disclosure.json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert json.loads(answer.content)["text"] == told(may, LATER).text
    framed = client.get("/campaigns/may-bowls/disclosure.html")
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "script-src" not in framed["Content-Security-Policy"]
    assert "<script" not in framed.content.decode()
    script = client.get("/campaigns/may-bowls/disclosure.js")
    assert script["Access-Control-Allow-Origin"] == "*"
    for each in (answer, framed):
        assert each.depends_on_ledger  # type: ignore[attr-defined]


def test_a_draft_has_no_disclosure(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    make_campaign()
    assert client.get("/campaigns/may-bowls/disclosure.json").status_code == 404
    assert client.get("/campaigns/may-bowls/promise/").status_code == 404


def test_what_is_promised_is_told_by_what_became_of_it(may: Campaign) -> None:
    (account,) = accounts(NOW)
    assert account.sentence == (
        "8 meals promised. 4 meals delivered; the charity has confirmed 3 of them. 4 meals owed."
    )
    assert account.overdue == ""
    assert [part.value for part in account.rows[0].parts] == ["3", "1", "4", "0", "0", "0", "0"]


def test_what_is_overdue_is_told_in_words(may: Campaign) -> None:
    (account,) = accounts(NOW + timedelta(days=100))
    assert account.overdue == "4 meals overdue. The oldest promise has waited 118 days."
    assert [part.value for part in account.rows[0].parts] == ["3", "1", "0", "0", "0", "4", "0"]


def test_no_counter_is_shown_without_its_promises(client: Client, may: Campaign) -> None:
    page = client.get("/promises/").content.decode()
    assert 'id="meals"' in page
    assert 'href="/promises/"' in page  # in the banner, on every page
    assert 'href="/promises/#meals"' in client.get("/causes/meals/").content.decode()
    assert "/campaigns/may-bowls/promise/" in client.get("/campaigns/may-bowls/").content.decode()


def test_a_cause_taken_out_of_the_banner_still_answers_for_its_promises(
    client: Client, may: Campaign, meals: Cause
) -> None:
    meals.shown = False
    meals.save()
    assert 'id="meals"' in client.get("/promises/").content.decode()


def test_a_promise_to_two_charities_is_two_bars_of_the_chart(
    make_campaign: Callable[..., Campaign],
    harbor: Charity,
    second: Charity,
    sell: Callable[..., None],
) -> None:
    alone = make_campaign(slug="alone", title="Alone", rate="1", time_zone="UTC")
    shared = make_campaign(slug="shared", title="Shared", rate="1", time_zone="UTC")
    for charity in (harbor, second):
        shared.parts.create(charity=charity, weight=1)
    for campaign in (alone, shared):
        publishing.publish_draft(campaign, NOW - timedelta(days=30))
    sell("o-1", 10)
    (meals,) = [each for each in accounts(NOW) if each.rows]
    assert sorted(row.bar for row in meals.rows) == [
        "Alone",
        f"Shared, to {harbor.name}",
        f"Shared, to {second.name}",
    ]


def test_the_promises_as_a_table(client: Client, may: Campaign) -> None:
    answer = client.get("/promises.csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["promised"], row["confirmed"], row["delivered, not confirmed yet"]) == (
        "8",
        "3",
        "1",
    )


def test_a_campaign_that_has_not_begun_says_so(make_campaign: Callable[..., Campaign]) -> None:
    made = make_campaign(starts_on=date(2026, 7, 1), ends_on=None)
    publishing.publish_draft(made, NOW)
    assert "It has not begun yet" in told(made).text


def test_a_limit_that_nothing_fits_under_any_more_is_told_as_reached(
    make_campaign: Callable[..., Campaign], sell: Callable[..., None]
) -> None:
    made = make_campaign(rate="3", cap="10", partial=False, starts_on=date(2026, 4, 1))
    publishing.publish_draft(made, NOW - timedelta(days=30))
    sell("o-1", 2)
    assert not told(made).cap_met
    sell("o-2", 1)
    assert told(made).cap_met
    sell("o-3", 1)
    assert "9 meals" in accounts(NOW)[0].sentence


def test_a_fund_that_is_used_up_is_told_and_one_that_is_filled_again_too(
    make_campaign: Callable[..., Campaign], mills: Sponsor, sell: Callable[..., None]
) -> None:
    fund = Fund.objects.create(sponsor=mills, unit="meal")
    made = make_campaign(sponsor=mills, from_fund=True, starts_on=date(2026, 4, 1))
    publishing.publish_draft(made, NOW - timedelta(days=30))
    assert "is used up" in told(made).text
    record_deposit(fund, 5, NOW.date(), "first", NOW)
    assert "is used up" not in told(made).text
    sell("o-1", 30)
    assert "The fund that pays for it is used up" in told(made).text


def test_a_match_that_is_used_up_is_not_offered_any_more(
    may: Campaign, make_campaign: Callable[..., Campaign], sell: Callable[..., None]
) -> None:
    match = make_campaign(
        slug="twice", title="Twice", trigger="match", rate="1", matches=may, cap="1"
    )
    publishing.publish_draft(match, NOW)
    used_up = "That is used up: what is bought now is not matched."
    assert "up to 1 meal" in told(may).text
    assert used_up not in told(may).text
    sell("o-9", 3, NOW)
    assert "up to 1 meal" in told(may).text
    assert used_up in told(may).text


def test_a_limit_that_thirds_reach_is_told_as_reached(
    make_campaign: Callable[..., Campaign],
    harbor: Charity,
    second: Charity,
    sell: Callable[..., None],
) -> None:
    third = Charity.objects.create(slug="reed-house", name="Reed House")
    made = make_campaign(cap="10", starts_on=date(2026, 4, 1))
    for charity in (harbor, second, third):
        made.parts.create(charity=charity, weight=1)
    publishing.publish_draft(made, NOW - timedelta(days=30))
    sell("o-1", 30)

    met = told(made)
    assert met.cap_met
    assert "The limit of 10 meals is reached: what is bought now gives nothing more." in met.text


def test_a_disputed_delivery_is_told_without_its_day(may: Campaign, harbor: Charity) -> None:
    disputed = Delivery.objects.create(
        charity=harbor, day=date(2026, 5, 12), reference="Truck 12", state="disputed", entry=7
    )
    Line.objects.create(delivery=disputed, campaign=may, cause=may.cause, minor=4)
    (account,) = accounts(NOW)
    assert account.disputes == "1 delivery is disputed by the charity: one to Harbor Table."
