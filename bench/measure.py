"""A speed is a ratio to a baseline measured in the same run.

Machines differ and are noisy, so baseline and subject take turns, and the median of the
rounds' ratios counts; the two speeds shown are medians too.
"""

from collections.abc import Callable
from statistics import median

import msgspec

ROUNDS = 5

Rate = Callable[[int], float]  # what a round (counted from 0) reached, in units a second


class Row(msgspec.Struct, frozen=True):
    """One line of the table. `goal` is the least ratio that will do, or None."""

    name: str
    baseline_name: str
    unit: str
    ours: float
    baseline: float
    ratio: float
    goal: float | None

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        if self.goal is None:
            return ""
        return "met" if self.ratio >= self.goal else "not met"


def compare(
    name: str,
    baseline_name: str,
    unit: str,
    subject: Rate,
    baseline: Rate,
    goal: float | None,
    rounds: int = ROUNDS,
) -> Row:
    """Let baseline and subject take turns."""
    pairs = [(baseline(number), subject(number)) for number in range(rounds)]
    return Row(
        name,
        baseline_name,
        unit,
        median(ours for _, ours in pairs),
        median(other for other, _ in pairs),
        median(ours / other for other, ours in pairs),
        goal,
    )
