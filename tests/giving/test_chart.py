"""The chart of a total: a stepped line between its own lowest and highest."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from almoner.giving.templatetags.chart import HEIGHT, MARGIN, WIDTH, draw_totals


@dataclass(frozen=True)
class At:
    at: datetime
    total: int
    text: str = ""


def at(day: int, total: int) -> At:
    return At(datetime(2026, 11, day, tzinfo=UTC), total)


def test_a_total_stands_still_until_it_moves_and_then_steps():
    drawing = draw_totals([at(1, 0), at(3, 10), at(5, 5)])

    assert drawing
    assert drawing.line == "M0 294.0H500.0V6.0H1000.0V150.0H1000"


def test_a_total_that_never_moved_is_a_level_line():
    drawing = draw_totals([at(1, 7), at(2, 7)])

    assert drawing
    assert drawing.line == "M0 6H1000.0V6H1000"


def test_without_a_stretch_of_time_there_is_no_line():
    assert draw_totals([]) is None
    assert draw_totals([at(1, 7)]) is None


@given(
    st.lists(
        st.tuples(st.datetimes(), st.integers(0, 10**18)),
        min_size=1,
        unique_by=lambda pair: pair[0],
    )
)
def test_the_line_stays_inside_the_drawing(pairs):
    drawing = draw_totals([At(moment, total) for moment, total in sorted(pairs)])

    if drawing:
        steps = drawing.line.removeprefix("M0 ").replace("H", " H").replace("V", " V").split()
        down = [float(step.lstrip("V")) for step in steps if not step.startswith("H")]
        across = [float(step[1:]) for step in steps if step.startswith("H")]
        assert all(MARGIN <= y <= HEIGHT - MARGIN for y in down)
        assert across == sorted(across)
        assert across[-1] == WIDTH
