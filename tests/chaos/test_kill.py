"""Promise 5 and the log's, with few kills; `make chaos N=20` runs the same at length."""

from collections.abc import Callable

import pytest

from bench import chaos, publishing
from bench.verdict import Verdict

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


def tell(kill: int, acknowledged: int) -> None:
    """Progress that nobody watches."""


def assert_held(verdict: Verdict) -> None:
    """Nothing lost or doubled, no checkpoint taken back, and nothing behind one missing."""
    assert verdict.different == ()
    assert (verdict.lost, verdict.double) == (0, 0)
    assert (verdict.contradictions, verdict.missing) == (0, 0)
    assert verdict.fine


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "kills"),
    [("sqlite", 3), pytest.param("postgresql", 4, marks=pytest.mark.postgresql)],
)
def test_killing_the_server_loses_nothing_acknowledged_and_counts_nothing_twice(
    database: str, kills: int, install: Callable[..., None]
) -> None:
    verdict = chaos.run(database, kills, 0.8, seed=kills, tell=tell, prepare=install)

    assert_held(verdict)
    assert verdict.acknowledged > 500
    assert verdict.checkpoints > 1


@pytest.mark.slow
@pytest.mark.parametrize("database", DATABASES)
def test_killing_a_publisher_contradicts_no_checkpoint(
    database: str, install: Callable[..., None]
) -> None:
    verdict = publishing.run(database, kills=5, seed=5, tell=tell, prepare=install)

    assert_held(verdict)
    assert verdict.kills == 5
    assert verdict.checkpoints > 1  # so that one could contradict another
