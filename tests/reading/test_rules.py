"""What a read must be, told in numbers that an editor can check."""

import pytest

from almoner.reading import rules
from almoner.reading.rules import DAY_MS, GRACE_MS, TOKEN_MS, Needed, Refusal, judge, needed


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (0, Needed(10_000, 60)),
        (80, Needed(10_000, 60)),  # a note: ten seconds, whatever it is
        (350, Needed(30_000, 71)),
        (1_050, Needed(90_000, 90)),
        (2_100, Needed(180_000, 95)),
        (20_000, Needed(180_000, 95)),  # a whole afternoon: nobody is asked for more
    ],
)
def test_a_longer_story_asks_for_more_time_and_more_of_its_text(words: int, asked: Needed) -> None:
    assert needed(words) == asked


@pytest.mark.parametrize(
    ("elapsed", "dwell", "depth", "code"),
    [
        (95_000, 90_000, 90, None),
        (90_000, 90_000, 100, None),
        (95_000, 89_999, 100, "too-fast"),
        (900_000, 0, 100, "too-fast"),  # the tab was hidden all the time
        (30_000, 90_000, 100, "impossible-dwell"),
        (95_000, 90_000, 89, "too-shallow"),
    ],
)
def test_a_read_of_a_thousand_words(elapsed: int, dwell: int, depth: int, code: str | None) -> None:
    found = judge(1_050, elapsed, dwell, depth)
    assert (found.code if found else None) == code


def test_no_token_outlives_the_salt_of_its_day() -> None:
    noon, late = DAY_MS // 2, DAY_MS - 1
    assert rules.expires(noon) == noon + TOKEN_MS
    assert rules.expires(late) == DAY_MS + GRACE_MS


def test_every_refusal_has_a_sentence() -> None:
    for code in rules.SENTENCES:
        assert Refusal(code).detail.endswith((".", "again."))
