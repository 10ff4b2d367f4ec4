"""Reads are counted exactly while their process is killed; `make chaos ARGS=--reads` at length."""

import pytest

from bench import reading

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.mark.parametrize("database", DATABASES)
def test_replays_and_kills_lose_and_double_no_read(database: str) -> None:
    seen: list[int] = []
    wrong = reading.run(database, 12_000, kills=3, seed=7, tell=lambda _, kills: seen.append(kills))
    assert wrong == []
    assert seen[-1] == 3
