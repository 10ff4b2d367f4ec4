"""Pages that time alone changes are rendered anew."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from almoner.giving.models import Campaign
from almoner.giving.publishing import publish_draft
from almoner.web import site_version, work

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_pages_turn_when_a_day_or_a_campaign_begins_or_ends(
    make_campaign: Callable[..., Campaign],
) -> None:
    made = make_campaign(time_zone="UTC", starts_on=date(2026, 5, 20), ends_on=date(2026, 5, 25))
    publish_draft(made, NOON - timedelta(days=9))
    midnight = datetime(2026, 5, 20, tzinfo=UTC)
    assert not work.turned(NOON, NOON + MINUTE)
    assert work.turned(midnight - MINUTE, midnight)
    assert not work.turned(midnight, midnight + MINUTE)
    assert work.turned(datetime(2026, 5, 25, 23, 59, tzinfo=UTC), datetime(2026, 5, 26, tzinfo=UTC))
    assert work.turned(NOON, NOON + timedelta(days=1))


def test_the_first_look_turns_pages_and_the_next_does_not(
    make_campaign: Callable[..., Campaign],
) -> None:
    before = site_version.current()
    work._looked = None
    work.turn()
    assert site_version.current() == before + 1
    work.turn()
    assert site_version.current() == before + 1
