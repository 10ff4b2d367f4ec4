"""What a connection received in 24 hours, as bars drawn on the server."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import template

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
    most = max((sum(hour.counts.values()) for hour in health.hours), default=0)
    scale = HEIGHT / most if most else 0.0
    bars = [_bar(at, hour, scale) for at, hour in enumerate(health.hours)]
    return Drawing(STEP * len(bars), HEIGHT, STEP - GAP, bars)


def _bar(at: int, hour: Hour, scale: float) -> Bar:
    # One of ten thousand is still to be seen.
    fine, wrong = (
        max(1.0, round(count * scale, 1)) if count else 0.0
        for count in (_sum(hour, FINE), _sum(hour, WRONG))
    )
    fine = min(fine, HEIGHT - wrong)
    return Bar(at * STEP, HEIGHT - fine, fine, HEIGHT - fine - wrong, wrong)


def _sum(hour: Hour, statuses: Sequence[str]) -> int:
    return sum(hour.counts.get(status, 0) for status in statuses)
