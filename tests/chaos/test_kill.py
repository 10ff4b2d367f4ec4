"""Promise 5, with few kills; `make chaos N=20` runs the same at length."""

import pytest

from bench.chaos import run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "kills"),
    [("sqlite", 3), pytest.param("postgresql", 4, marks=pytest.mark.postgresql)],
)
def test_killing_the_server_loses_nothing_acknowledged_and_counts_nothing_twice(
    database: str, kills: int
) -> None:
    verdict = run(database, kills, seconds_between=0.8, seed=kills, tell=lambda kill, told: None)

    assert verdict.different == ()
    assert (verdict.lost, verdict.double) == (0, 0)
    assert verdict.acknowledged > 500
