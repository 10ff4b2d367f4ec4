"""The brake: a flood of reads gives nothing more until a person has looked; an ordinary day does.

Time is said by these tests. A minute of reads is one event, as it is in a ledger.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from almoner.campaigns.model import Action
from almoner.ledger import Event, Ledger, publish
from almoner.ledger.reads import campaign_totals
from almoner.reading import brake, pace, schema
from almoner.reading.brake import FLOOR, TIMES, Pace, braked, brakes, release, watch
from almoner.reading.pace import Span
from tests.ledger.examples import NOW, START, by_hand, campaign, emptied, order, pieces

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A ledger with a campaign for reads of one topic, one for all, and one for visits."""
    db = emptied(database_url)
    for table in ("brake", "accepted", "pace", "seen"):
        db.run(f"DROP TABLE IF EXISTS reading_{table}")
    schema.create(db)
    for version in (
        campaign("pages", trigger="read", rate="1/100"),
        campaign("hope", trigger="read", rate="1", tags=("hope",)),
        campaign("doors", trigger="visit", rate="1"),
        campaign("double", trigger="match", matches="pages", rate="1"),
        campaign("bowls"),
    ):
        publish(db, version, START)
    yield Ledger(db)
    db.close()


Reads = Callable[..., None]


@pytest.fixture
def reads(ledger: Ledger) -> Reads:
    """Appends so many reads, as a site that knows the brakes does."""

    def append(count: int, when: datetime, kind: str = "read", tags: tuple[str, ...] = ()) -> None:
        without = tuple(sorted(braked(ledger.db)))
        body = Action(kind, count, tags, without=without)  # type: ignore[arg-type]
        ref = f"{kind}-{tags}-{when.isoformat()}"
        ledger.append([Event("reads", ref, "action", when, body)], when)

    return append


def live(ledger: Ledger, reads: Reads, start: datetime, days: int, an_hour: int) -> datetime:
    """So many quiet days: the same number of reads every hour. Returns their end."""
    for hour in range(days * 24):
        reads(an_hour, start + timedelta(hours=hour))
    end = start + days * DAY
    assert watch(ledger, end) == []
    return end


def given(ledger: Ledger) -> dict[str, int]:
    """Whole meals by campaign."""
    return {slug: minor for slug, minor in campaign_totals(ledger.db).items() if minor}


def test_four_times_the_usual_gives(ledger: Ledger, reads: Reads) -> None:
    now = live(ledger, reads, NOW, 14, 600)

    for minute in range(10):
        reads(45, now + minute * MINUTE)

    assert watch(ledger, now + 9 * MINUTE) == []
    assert brake.pace(ledger.db, "pages", now + 9 * MINUTE) == Pace(450, 100.0)


def test_six_times_the_usual_pulls_the_brake_and_says_why(ledger: Ledger, reads: Reads) -> None:
    now = live(ledger, reads, NOW, 14, 600)

    for minute in range(10):
        reads(60, now + minute * MINUTE)
    (pulled,) = watch(ledger, now + 9 * MINUTE)

    assert pulled.campaign == "pages"
    assert pulled.reason == "600 came in 10 minutes; usually it is 100 at this time of day."
    assert brakes(ledger.db) == [pulled]


def test_nothing_is_given_once_the_brake_is_on_and_all_of_it_is_counted(
    ledger: Ledger, reads: Reads
) -> None:
    reads(1_000, NOW)
    watch(ledger, NOW)
    reads(50_000, NOW + MINUTE)
    reads(7, NOW + MINUTE, "visit")
    watch(ledger, NOW + MINUTE)

    assert braked(ledger.db) == {"pages"}
    assert given(ledger) == {"pages": 10, "double": 10, "doors": 7}
    assert pace.total(ledger.db, "pages", NOW) == Span(NOW, 51_000, 50_000)


def test_a_brake_stays_on_until_somebody_lets_it_go(ledger: Ledger, reads: Reads) -> None:
    reads(1_000, NOW)
    (pulled,) = watch(ledger, NOW)

    for day in range(1, 20):
        reads(1, NOW + day * DAY)
        watch(ledger, NOW + day * DAY)

    assert brakes(ledger.db) == [pulled]
    assert release(ledger.db, "pages", NOW + 20 * DAY)
    reads(100, NOW + 20 * DAY)
    assert given(ledger)["pages"] == 11


def test_what_a_person_accepted_does_not_pause_again(ledger: Ledger, reads: Reads) -> None:
    reads(1_000, NOW)
    watch(ledger, NOW)
    reads(500, NOW + MINUTE)
    watch(ledger, NOW + MINUTE)
    assert release(ledger.db, "pages", NOW + 2 * MINUTE)

    reads(1_400, NOW + 2 * MINUTE)
    assert watch(ledger, NOW + 2 * MINUTE) == []
    reads(200, NOW + 3 * MINUTE)
    (again,) = watch(ledger, NOW + 3 * MINUTE)

    assert again.reason.startswith("3,100 came in 10 minutes")
    assert not release(ledger.db, "doors", NOW)


def test_a_site_without_a_past_brakes_at_the_floor_and_not_at_ten_reads(
    ledger: Ledger, reads: Reads
) -> None:
    reads(FLOOR, NOW)
    assert watch(ledger, NOW) == []

    reads(1, NOW + MINUTE)
    (pulled,) = watch(ledger, NOW + MINUTE)
    assert pulled.reason == "301 came in 10 minutes; it never had as many."


def test_each_campaign_has_a_brake_of_its_own(ledger: Ledger, reads: Reads) -> None:
    reads(400, NOW, "visit")
    reads(100, NOW, tags=("hope",))

    assert [each.campaign for each in watch(ledger, NOW)] == ["doors"]
    reads(201, NOW + MINUTE, tags=("war",))
    assert [each.campaign for each in watch(ledger, NOW + MINUTE)] == ["pages"]
    assert braked(ledger.db) == {"doors", "pages"}


def test_one_flood_in_two_weeks_does_not_set_the_measure(ledger: Ledger, reads: Reads) -> None:
    start = live(ledger, reads, NOW, 7, 60)
    reads(100_000, start - 30 * MINUTE)
    watch(ledger, start - 30 * MINUTE)
    release(ledger.db, "pages", start)
    now = live(ledger, reads, start + MINUTE, 6, 60)

    assert brake.pace(ledger.db, "pages", now).usual == 10


def test_a_busy_hour_of_every_day_is_usual_then_and_not_at_night(
    ledger: Ledger, reads: Reads
) -> None:
    for day in range(10):
        reads(6_000, NOW + day * DAY)
    watch(ledger, NOW + 9 * DAY)
    release(ledger.db, "pages", NOW + 9 * DAY)

    assert brake.pace(ledger.db, "pages", NOW + 10 * DAY).usual == 1_000
    assert brake.pace(ledger.db, "pages", NOW + 10 * DAY - 12 * 60 * MINUTE).usual == 0


def test_on_the_first_days_every_hour_so_far_is_the_past(ledger: Ledger, reads: Reads) -> None:
    for hour in range(30):
        reads(240 if hour % 3 else 60, NOW + hour * 60 * MINUTE)
    now = NOW + 30 * 60 * MINUTE

    watch(ledger, now)

    assert brake.pace(ledger.db, "pages", now).usual == 40


def test_orders_and_entries_by_hand_pull_no_brake(ledger: Ledger) -> None:
    ledger.append([order(f"o{n}", pieces(9)) for n in range(400)], NOW)
    ledger.append([by_hand("h", "pages", 900_000)], NOW)

    assert watch(ledger, NOW) == []
    assert braked(ledger.db) == frozenset()


def test_looking_again_counts_nothing_twice(ledger: Ledger, reads: Reads) -> None:
    for second in range(5):
        reads(50, NOW + timedelta(seconds=second))
        watch(ledger, NOW + timedelta(seconds=second))
        watch(ledger, NOW + timedelta(seconds=second))

    assert pace.total(ledger.db, "pages", NOW) == Span(NOW, 250, 0)
    assert pace.spans(ledger.db, "pages", NOW - DAY, 60) == [Span(NOW, 250, 0)]


def test_the_limit_is_never_under_the_floor_and_grows_with_the_usual() -> None:
    assert Pace(FLOOR, 0).limit == FLOOR
    assert Pace(0, 1_000).limit == TIMES * 1_000
    assert Pace(0, 1_000, 10_000).limit == 20_000
    assert [Pace(FLOOR, 0).is_beyond, Pace(FLOOR + 1, 0).is_beyond] == [False, True]


def test_what_is_older_than_two_weeks_is_forgotten(ledger: Ledger, reads: Reads) -> None:
    reads(9, NOW)
    watch(ledger, NOW)
    reads(1, NOW + 15 * DAY)
    watch(ledger, NOW + 15 * DAY)

    assert ledger.db.rows("SELECT reads FROM reading_pace") == [(1,)]


def test_what_a_brake_left_out_is_known_however_long_it_was_on(
    ledger: Ledger, reads: Reads
) -> None:
    brake.pull(ledger.db, "pages", "a test", NOW)
    reads(40, NOW)
    watch(ledger, NOW + MINUTE)
    later = NOW + (pace.DAYS + 2) * DAY
    reads(2, later)
    watch(ledger, later)
    assert pace.total(ledger.db, "pages", NOW).without == 42
