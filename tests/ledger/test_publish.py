"""Promise 9: a version is frozen, follows the one before, and fits the rest of the ledger."""

from datetime import timedelta

import pytest

from almoner.campaigns.force import in_force
from almoner.campaigns.model import CampaignVersion
from almoner.ledger import Event, Ledger, Posting, Transfer, publish, reads
from almoner.ledger.event import instant, timestamp
from almoner.ledger.publish import PublishError, read_campaigns, read_version
from almoner.units import MAX_MINOR, Amount, Unit
from tests.ledger.examples import FUND, NOW, START, campaign, order, pieces, refund, take

LATER = NOW + timedelta(days=1)


def test_a_version_is_read_as_it_was_published(ledger: Ledger) -> None:
    version = campaign(
        rate="2/7", cap=50, partial=False, fund=FUND, tags=("a",), products=("p",), ends_at=LATER
    )

    publish(ledger.db, version, START)

    assert read_campaigns(ledger.db) == {"bowls": (version,)}
    assert read_version(ledger.db, "bowls", 1) == version
    with pytest.raises(AssertionError, match="no version 2"):
        read_version(ledger.db, "bowls", 2)


@pytest.mark.parametrize(
    ("said", "terms"),
    [
        ("ends before it starts", {"ends_at": START}),
        ("is not a rate", {"rate": "a third"}),
        ("below zero", {"rate": "-1"}),
        ("0 is not a rate to give by", {"rate": "0"}),
        ("is finer than any rate kept here", {"rate": "1/1000000007"}),
        ("scale 7", {"scale": 7}),
        ("no ISO 4217", {"unit": "USD", "scale": 3}),
        ("use a lower-case word", {"unit": "A Meal"}),
        ("a share of money is money", {"trigger": "revenue"}),
        ("cap of -1", {"cap": -1}),
        ("cap of", {"cap": MAX_MINOR + 1}),
        ("charity 'a/owed/b'", {"charity": "a/owed/b"}),
        ("cause ''", {"cause": ""}),
        ("campaign 'Bowls'", {"slug": "Bowls"}),
        ("is not a fund", {"fund": "external"}),
        ("is not a fund", {"fund": "charity/harbor-table/owed/meals"}),
    ],
)
def test_terms_that_no_event_could_be_run_through_are_refused(
    ledger: Ledger, said: str, terms: dict[str, object]
) -> None:
    with pytest.raises(PublishError, match=said):
        publish(ledger.db, campaign(**terms), START)  # type: ignore[arg-type]

    assert read_campaigns(ledger.db) == {}
    assert reads.head(ledger.db).revision == 0


@pytest.mark.parametrize("name", ["starts_at", "ends_at", "effective_from"])
def test_a_time_without_a_zone_is_a_mistake_of_ours(ledger: Ledger, name: str) -> None:
    naive = (NOW + timedelta(days=9)).replace(tzinfo=None)
    with pytest.raises((AssertionError, TypeError)):
        publish(ledger.db, campaign(**{name: naive}), START)


@pytest.mark.parametrize(
    ("said", "second"),
    [
        ("is at version 1: the next is 2, not 1", campaign()),
        ("the next is 2, not 3", campaign(version=3, effective_from=NOW)),
        ("with trigger 'order'", campaign(version=2, trigger="item", effective_from=NOW)),
        ("with charity", campaign(version=2, charity="other", effective_from=NOW)),
        ("with cause", campaign(version=2, cause="toys", effective_from=NOW)),
        ("with unit", campaign(version=2, unit="bowl", effective_from=NOW)),
        ("takes effect from now on", campaign(version=2, effective_from=NOW - timedelta(1))),
    ],
)
def test_a_version_that_does_not_follow_is_refused(
    ledger: Ledger, said: str, second: CampaignVersion
) -> None:
    publish(ledger.db, campaign(), START)

    with pytest.raises(PublishError, match=said):
        publish(ledger.db, second, NOW)

    assert [each.version for each in read_campaigns(ledger.db)["bowls"]] == [1]


def test_one_unit_has_one_scale_in_the_whole_ledger(ledger: Ledger) -> None:
    publish(ledger.db, campaign(unit="mile"), START)

    with pytest.raises(PublishError, match="mile has 0 decimal places in this ledger, not 1"):
        publish(ledger.db, campaign("other", unit="mile", scale=1, cause="miles"), START)


def test_one_unit_has_the_scale_that_balances_have_already(ledger: Ledger) -> None:
    opening = Transfer(
        (Posting("external", "opening/miles", Amount(Unit("mile", "distance", 1), 5)),)
    )
    take(ledger, Event("opening", "miles", "opening", NOW, opening))

    with pytest.raises(PublishError, match="mile has 1 decimal places"):
        publish(ledger.db, campaign("other", unit="mile", cause="miles"), START)


def test_one_cause_is_counted_in_one_unit(ledger: Ledger) -> None:
    publish(ledger.db, campaign(), START)

    with pytest.raises(PublishError, match="meals is counted in meal, not in bowl"):
        publish(ledger.db, campaign("other", unit="bowl"), START)


def test_an_order_keeps_the_version_it_was_pledged_under_when_it_is_refunded(
    ledger: Ledger,
) -> None:
    publish(ledger.db, campaign(trigger="item", rate="2"), START)
    take(ledger, order("a", pieces(10)))
    publish(ledger.db, campaign(version=2, trigger="item", rate="5", effective_from=NOW), NOW)

    (back,) = take(ledger, refund("r", "a", 3))

    assert [(each.version, each.amount) for each in back.pledges] == [(1, -6)]
    assert reads.campaign_totals(ledger.db) == {"bowls": 14}


def test_an_event_falls_under_the_version_in_force_when_it_happened(ledger: Ledger) -> None:
    publish(ledger.db, campaign(rate="2"), START)
    publish(ledger.db, campaign(version=2, rate="5", effective_from=NOW), NOW)
    just_before = NOW - timedelta(microseconds=1)

    outcomes = take(ledger, order("a", when=just_before), order("b", when=NOW))

    assert [each.pledges[0].version for each in outcomes] == [1, 2]


def test_the_remainder_is_carried_from_version_to_version(ledger: Ledger) -> None:
    publish(ledger.db, campaign(rate="1/3"), START)
    take(ledger, order("a"))
    publish(ledger.db, campaign(version=2, rate="1/2", effective_from=NOW), NOW)

    take(ledger, order("b", when=LATER), now=LATER)
    assert reads.carried(ledger.db, "bowls") * 6 == 5
    take(ledger, order("c", when=LATER), refund("r", "a"), now=LATER)

    assert reads.campaign_totals(ledger.db) == {"bowls": 1}
    assert reads.carried(ledger.db, "bowls") == 0
    assert reads.carried(ledger.db, "nobody") == 0


def test_a_version_that_waited_for_the_lock_does_not_reach_back(ledger: Ledger) -> None:
    publish(ledger.db, campaign(rate="1"), START)
    (outcome,) = take(ledger, order("while it waited", when=LATER), now=LATER)

    frozen = publish(ledger.db, campaign(version=2, rate="2", effective_from=NOW), NOW)

    versions = read_campaigns(ledger.db)["bowls"]
    assert frozen.effective_from > LATER
    assert in_force(versions, LATER) == versions[outcome.pledges[0].version - 1]


def test_what_is_dated_ahead_counts_by_the_version_of_the_day_it_came(ledger: Ledger) -> None:
    publish(ledger.db, campaign(rate="1"), START)
    take(ledger, order("ahead", when=LATER), now=NOW)
    hour = NOW + timedelta(hours=1)
    publish(ledger.db, campaign(version=2, rate="2", effective_from=hour), hour)

    (stored,) = reads.events(ledger.db)
    when = min(instant(stored.occurred_at), instant(stored.received_at))
    version = in_force(read_campaigns(ledger.db)["bowls"], when)

    assert version is not None
    assert version.version == 1
    assert reads.campaign_totals(ledger.db) == {"bowls": 1}


def test_the_ledgers_clock_never_goes_back(ledger: Ledger) -> None:
    take(ledger, order("a"), now=LATER)
    take(ledger, order("b"), now=NOW)

    assert [each.received_at for each in reads.events(ledger.db)] == [timestamp(LATER)] * 2


def test_the_start_is_inside_and_the_end_is_outside(ledger: Ledger) -> None:
    publish(ledger.db, campaign(ends_at=NOW), START)
    moment = timedelta(microseconds=1)

    outcomes = take(
        ledger,
        order("before", when=START - moment),
        order("first", when=START),
        order("last", when=NOW - moment),
        order("after", when=NOW),
    )

    assert [each.status for each in outcomes] == [
        "matched nothing",
        "pledged",
        "pledged",
        "matched nothing",
    ]
