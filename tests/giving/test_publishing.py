"""Publishing freezes; a preview tells exactly what a replay will do."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from almoner.giving import publishing
from almoner.giving.entries import moment_on, record_by_hand, record_deposit
from almoner.giving.models import Charity, Fund
from almoner.giving.problems import problems
from almoner.giving.publishing import TermsError, draft_version, publish_draft, run_over
from almoner.giving.terms import ends_at
from almoner.ledger import reads
from almoner.ledger.publish import read_campaigns

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


def pledged(ledger, campaign="may-bowls"):
    return reads.campaign_totals(ledger.db).get(campaign, 0)


def test_what_a_preview_says_is_what_publishing_and_replaying_gives(ledger, make_campaign, send):
    draft = make_campaign(rate="1/3", cap="20")
    for at in range(100):
        send(f"order-{at}", NOW - timedelta(days=at % 40), quantity=at % 4)
    seen = publishing.foresee(draft_version(draft, NOW), ledger.db)
    publish_draft(draft, NOW)
    done = run_over(draft, NOW)
    assert done.pledged == seen.within.matched
    assert pledged(ledger) == seen.within.minor == 20
    assert seen.ignoring_dates.matched > seen.within.matched


def test_a_preview_stops_where_the_fund_is_empty(ledger, dogs, mills, make_campaign, send):
    fund = Fund.objects.create(sponsor=mills, unit="USD")
    record_deposit(fund, 120, date(2026, 5, 1), "cheque 1", NOW)
    draft = make_campaign(
        cause=dogs, sponsor=mills, from_fund=True, trigger="revenue", rate="5", ends_on=None
    )
    for at in range(5):
        send(f"order-{at}", revenue=1000)
    seen = publishing.foresee(draft_version(draft, NOW), ledger.db).within
    assert (seen.matched, seen.minor, seen.limited) == (5, 120, 3)
    publish_draft(draft, NOW)
    run_over(draft, NOW)
    assert pledged(ledger) == 120


def test_publishing_freezes(ledger, make_campaign, send):
    campaign = make_campaign()
    publish_draft(campaign, NOW)
    send("before")
    campaign.rate = "5"
    campaign.save()
    send("while it was a draft")
    assert pledged(ledger) == 4
    publish_draft(campaign, NOW + timedelta(minutes=1))
    send("after", NOW + timedelta(minutes=2))
    assert pledged(ledger) == 9
    first, second = read_campaigns(ledger.db)["may-bowls"]
    assert (first.rate, second.rate) == ("2", "5")


def test_the_same_terms_are_published_once(ledger, make_campaign):
    campaign = make_campaign()
    assert publish_draft(campaign, NOW) == publish_draft(campaign, NOW + timedelta(hours=1))
    assert len(publishing.versions("may-bowls")) == 1


def test_an_event_from_before_it_was_set_up_can_be_replayed(ledger, make_campaign, send):
    assert send("early", NOW - timedelta(days=10)).status == "matched nothing"
    campaign = make_campaign()
    publish_draft(campaign, NOW)
    version = publishing.versions("may-bowls")[-1]
    assert publishing.missed(ledger.db, version) == publishing.Missed(1, 2)
    run_over(campaign, NOW)
    assert pledged(ledger) == 2
    assert publishing.missed(ledger.db, version).events == 0
    run_over(campaign, NOW)
    assert pledged(ledger) == 2


def test_ending_keeps_what_was_given_and_stops_the_rest(ledger, make_campaign, send):
    campaign = make_campaign()
    publish_draft(campaign, NOW - timedelta(days=1))
    send("before", NOW - timedelta(hours=1))
    publishing.end(campaign, NOW)
    after = NOW + timedelta(seconds=1)
    assert send("after", after).status == "matched nothing"
    assert (pledged(ledger), campaign.state) == (2, "ended")


def test_one_that_has_not_begun_can_be_called_off(ledger, make_campaign, send):
    campaign = make_campaign(starts_on=date(2026, 6, 1), ends_on=date(2026, 6, 30))
    publish_draft(campaign, NOW)
    publishing.end(campaign, NOW)
    june = datetime(2026, 6, 10, tzinfo=UTC)
    assert send("in June", june).status == "matched nothing"


def test_a_start_can_be_brought_forward(ledger, make_campaign, send):
    campaign = make_campaign(starts_on=date(2026, 6, 1), ends_on=date(2026, 6, 30))
    publish_draft(campaign, NOW)
    campaign.starts_on = date(2026, 5, 21)
    publish_draft(campaign, NOW)
    assert send("in May", datetime(2026, 5, 25, tzinfo=UTC)).status == "pledged"


WRONG = [
    ({"rate": "two"}, "rate", "is not a rate"),
    ({"rate": "0"}, "rate", "gives nothing"),
    ({"rate": "1/1000000007"}, "rate", "finer than any rate"),
    ({"rate": "-1"}, "rate", "below zero"),
    ({"rate": "1/0"}, "rate", "is not a rate"),
    ({"cap": "many"}, "cap", "50000"),
    ({"cap": "1.5"}, "cap", "0 decimal places"),
    ({"cap": "0"}, "cap", "nothing through"),
    ({"ends_on": date(2026, 4, 30)}, "ends_on", "not after the start"),
    ({"ends_on": None, "ends_time": time(9)}, "ends_on", "without a day"),
    ({"time_zone": "Mars/Olympus"}, "time_zone", "no time zone"),
    ({"time_zone": "../../etc/passwd"}, "time_zone", "no time zone"),
    ({"ends_on": date(9999, 12, 31)}, "ends_on", "not meant"),
    ({"starts_on": date(1, 1, 1)}, "starts_on", "not meant"),
    ({"trigger": "revenue", "rate": "5"}, "trigger", "counts meal"),
    ({"from_fund": True}, "sponsor", "Choose the sponsor"),
    ({"trigger": "manual", "tags": ["x"]}, "tags", "no tags"),
]


@pytest.mark.parametrize(("terms", "field", "says"), WRONG)
def test_a_wrong_term_is_named_and_never_published(ledger, make_campaign, terms, field, says):
    draft = make_campaign(**terms)
    assert says in problems(draft)[field]
    with pytest.raises(TermsError):
        publish_draft(draft, NOW)
    assert read_campaigns(ledger.db) == {}


def test_a_published_promise_stays_with_its_charity(ledger, make_campaign):
    campaign = make_campaign()
    publish_draft(campaign, NOW)
    campaign.charity = Charity.objects.create(slug="lantern-house", name="Lantern House")
    with pytest.raises(TermsError, match="another charity"):
        publish_draft(campaign, NOW)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 3, 8), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),  # 02:30 is left out
        (date(2026, 11, 1), datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
    ],
)
def test_an_end_never_comes_before_its_hour(make_campaign, day, last):
    draft = make_campaign(starts_on=date(2026, 1, 1), ends_on=day, ends_time=time(2, 30))
    assert ends_at(draft) == last


def test_an_end_in_an_hour_that_comes_twice_is_its_second(make_campaign):
    draft = make_campaign(ends_on=date(2026, 11, 1), ends_time=time(1, 30))
    assert ends_at(draft) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_fund_in_another_unit_is_named(make_campaign, mills):
    Fund.objects.create(sponsor=mills, unit="EUR")
    draft = make_campaign(sponsor=mills, from_fund=True)
    assert "its funds are in EUR" in problems(draft)["from_fund"]


def test_an_entry_by_hand_counts_once(ledger, make_campaign):
    campaign = make_campaign(trigger="manual", rate="1")
    version = publish_draft(campaign, NOW)
    when = moment_on(date(2026, 5, 3), version)
    outcomes = [record_by_hand(campaign, 40, when, "trip 7", NOW) for _ in range(3)]
    assert [each.status for each in outcomes] == ["pledged", "duplicate", "duplicate"]
    assert pledged(ledger) == 40
    assert moment_on(date(2026, 6, 1), version) is None


def test_days_are_meant_by_the_campaigns_own_calendar(make_campaign):
    version = draft_version(make_campaign(), NOW)
    assert version.starts_at == datetime(2026, 5, 1, 4, tzinfo=UTC)
    assert version.ends_at == datetime(2026, 6, 1, 4, tzinfo=UTC)


def test_an_hour_that_comes_twice_ends_at_its_second_coming(make_campaign):
    draft = make_campaign(ends_on=date(2026, 11, 1), ends_time=time(1, 30))
    assert draft_version(draft, NOW).ends_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
