"""What came hour by hour, as bars drawn on the server: deliveries of a connection, and reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import template

from almoner.giving import braking
from almoner.intake.deliveries import Health, Hour

register = template.Library()

# The drawing's own coordinates; the page stretches it to whatever width there is.
STEP, GAP, HEIGHT = 10, 2, 40
FINE, WRONG = ("accepted", "duplicate"), ("conflict", "rejected")


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: what was fine stands at the bottom, what was wrong on top of it."""

    x: int
    fine_y: float
    fine: float
    wrong_y: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bars of a day."""

    width: int
    height: int
    bar: int
    bars: Sequence[Bar]


@register.simple_tag
def draw_hours(health: Health) -> Drawing:
    """Return a bar for each hour; the highest reaches the top."""
    return _draw([(_sum(hour, FINE), _sum(hour, WRONG)) for hour in health.hours])


@register.simple_tag
def draw_reads(hours: Sequence[braking.Hour]) -> Drawing:
    """Return a bar for each hour of reads; those that gave nothing stand on top."""
    return _draw([(hour.gave, hour.without) for hour in hours])


def _draw(counts: Sequence[tuple[int, int]]) -> Drawing:
    most = max((fine + wrong for fine, wrong in counts), default=0)
    scale = HEIGHT / most if most else 0.0
    bars = [_bar(at, *each, scale) for at, each in enumerate(counts)]
    return Drawing(STEP * len(bars), HEIGHT, STEP - GAP, bars)


def _bar(at: int, fine_count: int, wrong_count: int, scale: float) -> Bar:
    # One of ten thousand is still to be seen.
    fine, wrong = (
        max(1.0, round(count * scale, 1)) if count else 0.0 for count in (fine_count, wrong_count)
    )
    fine = min(fine, HEIGHT - wrong)
    return Bar(at * STEP, HEIGHT - fine, fine, HEIGHT - fine - wrong, wrong)


def _sum(hour: Hour, statuses: Sequence[str]) -> int:
    return sum(hour.counts.get(status, 0) for status in statuses)
