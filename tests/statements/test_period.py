"""What people write as a period, and the moments it means."""

from datetime import UTC, datetime

import pytest

from almoner.statements.period import PeriodError, period


@pytest.mark.parametrize(
    ("text", "words", "name"),
    [
        ("2026-05", "May 2026 (UTC)", "2026-05"),
        ("2026-Q2", "April to June 2026 (UTC)", "2026-04-01--2026-06-30"),
        ("2024-q1", "January to March 2024 (UTC)", "2024-01-01--2024-03-31"),
        ("2026", "the year 2026 (UTC)", "2026"),
        ("2026-05-03", "3 May 2026 (UTC)", "2026-05-03--2026-05-03"),
        ("2026-05-03..2026-06-01", "3 May 2026 to 1 June 2026 (UTC)", "2026-05-03--2026-06-01"),
    ],
)
def test_a_period_is_read_as_it_is_written(text: str, words: str, name: str) -> None:
    assert (period(text).words, period(text).name) == (words, name)


def test_days_are_by_the_clock_that_is_named() -> None:
    # The clocks of New York go forward in March: the month is an hour short.
    march = period("2026-03", "America/New_York")
    assert march.since == datetime(2026, 3, 1, 5, tzinfo=UTC)
    assert march.until == datetime(2026, 4, 1, 4, tzinfo=UTC)
    assert march.words == "March 2026 (New York time)"


@pytest.mark.parametrize(
    "text", ["", "May", "2026-13", "2026-02-30", "2026-05-02..2026-05-01", "0001", "9999-12"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        period(text)


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(PeriodError, match="no time zone 'Mars/Olympus'"):
        period("2026-05", "Mars/Olympus")
