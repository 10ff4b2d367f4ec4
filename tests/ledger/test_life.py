"""Events, refunds, deliveries, confirmations, repetitions and kills, beside a small model.

`make chaos ARGS=--life` lives ten times as long.
"""

from collections.abc import Callable
from random import Random

from almoner.ledger import Database, Ledger, audit, reads
from almoner.log.recount import Recount, shape
from tests.ledger import folds, life

EVENTS = 10_000
SEED = 20_261_125
KILLS = 4


def test_a_long_life_comes_to_what_a_small_model_says(
    database_url: str, fresh: Callable[[], Database]
) -> None:
    db = fresh()
    life.begin(Ledger(db))
    batches = EVENTS // life.BATCH
    deaths = sorted(Random(SEED).sample(range(batches), KILLS))

    assert life.live_and_die(database_url, SEED, batches, deaths) == KILLS

    model = life.foretold(SEED, batches)
    found = {path: int(value) for (path, _), value in folds.stored_balances(db).items()}
    assert found.pop("external") == -sum(found.values())
    assert found == model.balances()
    assert audit.check(db) == ""
    recount = Recount()
    recount.add(shape(0, folds.bodies(db)))
    assert recount.size == reads.head(db).size
    db.close()
