"""A hundred thousand events, repetitions and kills beside a small model (tests.ledger.life)."""

import random
import tempfile
from contextlib import ExitStack
from pathlib import Path

from almoner.ledger import Ledger, audit, connect, schema
from tests.ledger import folds, life
from tests.services import PostgreSQL

EVENTS = 100_000


def run(database: str, kills: int, seed: int) -> list[str]:
    """Live once on `sqlite` or `postgresql`; what differs from the model, if anything."""
    with ExitStack() as stack:
        if database == "sqlite":
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="almoner-life-"))
            url = str(Path(place, "ledger.db"))
        else:
            url = stack.enter_context(PostgreSQL(durable=True)).url
        db = connect(url)
        stack.callback(db.close)
        schema.create(db)
        life.begin(Ledger(db))
        batches = EVENTS // life.BATCH
        deaths = sorted(random.Random(seed).sample(range(batches), kills))
        life.live_and_die(url, seed, batches, deaths)
        found = {path: int(value) for (path, _), value in folds.stored_balances(db).items()}
        found.pop("external")
        told = life.foretold(seed, batches).balances()
        differences = [
            f"{path} holds {found.get(path, 0)}, the model says {told.get(path, 0)}"
            for path in sorted(found.keys() | told.keys())
            if found.get(path, 0) != told.get(path, 0)
        ]
        problem = audit.check(db)
        return [*differences, problem] if problem else differences
