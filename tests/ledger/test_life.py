"""Events, refunds, deliveries, confirmations, repetitions and kills, beside a small model.

`make chaos ARGS=--life` lives ten times as long.
"""

from collections.abc import Callable
from random import Random

from almoner.ledger import Database, Ledger, audit
from tests.ledger import folds, life

EVENTS = 10_000
SEED = 20_261_125
KILLS = 4


def test_a_long_life_comes_to_what_a_small_model_says(
    database_url: str, fresh: Callable[[], Database]
) -> None:
    db = fresh()
    life.begin(Ledger(db))
    count = EVENTS // life.BATCH
    deaths = sorted(Random(SEED).sample(range(count), KILLS))

    lived = _live_and_die(database_url, count, deaths)

    assert lived == KILLS
    model = life.Model()
    for number, events in enumerate(life.batches(SEED, count)):
        for event in events:
            model.hear(event, life.moment(number))
        model.pass_time(life.moment(number))
    found = {path: int(value) for (path, _), value in folds.stored_balances(db).items()}
    assert found.pop("external") == -sum(found.values())
    assert found == model.balances()
    assert audit.check(db) == ""
    db.close()


def _live_and_die(database: str, count: int, deaths: list[int]) -> int:
    """Run it to its end, killed as each batch of `deaths` is said; how often it was."""
    first, killed = 0, 0
    while first < count:
        end = deaths[killed] if killed < len(deaths) else None
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.ledger.life",
                database,
                str(SEED),
                str(first),
                str(count),
            ],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                first = int(line) + 1
                if first > (count if end is None else end):
                    process.kill()
                    killed += 1
                    break
        assert end is None or process.returncode == -9, "it ended by itself"
    return killed
