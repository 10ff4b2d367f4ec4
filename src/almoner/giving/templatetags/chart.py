"""A total over time as one SVG path, drawn on the server: no script, no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django import template

register = template.Library()

# The drawing's own coordinates; the page stretches it to whatever width there is.
WIDTH = 1000
HEIGHT = 300
MARGIN = 6  # half the thickest stroke, so that the line is never clipped


class Point(Protocol):
    """The total at a time, in minor units, and as it is written."""

    at: datetime
    total: int
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A stepped line, because a total stands still until something moves it."""

    width: int
    height: int
    line: str
    area: str
    lowest: Point
    highest: Point
    first: Point
    last: Point


@register.simple_tag
def draw_totals(points: Sequence[Any]) -> Drawing | None:
    """Return the drawing of `points`, oldest first; None where there is no stretch of time."""
    lowest = min(points, key=lambda point: point.total, default=None)
    highest = max(points, key=lambda point: point.total, default=None)
    if not (lowest and highest) or points[0].at == points[-1].at:
        return None
    first, last = points[0], points[-1]
    stretch = last.at - first.at
    span = highest.total - lowest.total

    def across(point: Point) -> float:
        return round((point.at - first.at) / stretch * WIDTH, 1)

    def down(point: Point) -> float:
        if not span:
            return MARGIN
        return round(
            HEIGHT - MARGIN - (point.total - lowest.total) / span * (HEIGHT - 2 * MARGIN), 1
        )

    steps = "".join(f"H{across(point)}V{down(point)}" for point in points[1:])
    line = f"M0 {down(first)}{steps}H{WIDTH}"
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        line=line,
        area=f"{line}V{HEIGHT}H0Z",
        lowest=lowest,
        highest=highest,
        first=first,
        last=last,
    )
