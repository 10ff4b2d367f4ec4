"""A ledger with a real life behind it, published into a directory: what audits are tried on."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from almoner import config
from almoner.config import Settings
from almoner.ledger import Database, Event, Ledger, Posting, Transfer, connect, publish, schema
from almoner.publication import keys
from almoner.publication.keys import Keys
from almoner.publication.publisher import Publisher
from almoner.publication.stores import open_store
from almoner.units import Amount, Unit
from tests.ledger.examples import FUND, NOW, START, campaign, order, pieces, refund, take

MEAL = Unit("meal", "count", 0)
USD = Unit("USD", "money", 2)
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Published:
    """An installation's home, its settings and keys."""

    home: Path
    settings: Settings
    keys: Keys

    @property
    def log(self) -> Path:
        """Where the public files lie."""
        return self.home / "log"

    def database(self) -> Database:
        """The ledger's database."""
        assert self.settings.sqlite_path is not None
        return connect(self.settings.sqlite_path)

    def publish(self) -> None:
        """Publish what was appended."""
        publisher = Publisher(self.settings, self.database(), open_store(self.settings))
        publisher.publish()
        publisher.close()


def install(home: Path) -> Published:
    """An installation with two causes, two campaigns, and nothing sold yet."""
    home.mkdir(parents=True)
    settings = config.load(
        {"ALMONER_HOME": str(home), "ALMONER_LOG_PASSPHRASE": "a passphrase for tests only"}
    )
    made = Published(home, settings, keys.create(settings))
    db = made.database()
    schema.create(db)
    # What the counters are read from besides the ledger; Django makes it in a real home.
    db.run(
        "CREATE TABLE giving_cause "
        "(slug TEXT, label TEXT, labels TEXT, unit TEXT, kind TEXT, scale INTEGER, "
        "position INTEGER)"
    )
    db.insert(
        "giving_cause",
        "slug, label, labels, unit, kind, scale, position",
        [
            ("meals", "Meals Donated", "", "meal", "count", 0, 1),
            ("service-dogs", "Funded For Service Dogs", "", "USD", "money", 2, 2),
        ],
    )
    publish(db, campaign("bowls", trigger="item", rate="1/3"), START)
    publish(
        db,
        campaign(
            "dogs",
            cause="service-dogs",
            unit="USD",
            scale=2,
            charity="paws",
            trigger="revenue",
            rate="2.5",
            fund=FUND,
        ),
        START,
    )
    opening = Transfer((Posting("external", "opening/meals", Amount(MEAL, 23_761)),))
    deposit = Transfer((Posting("external", FUND, Amount(USD, 100_000_00)),))
    take(
        Ledger(db),
        Event("opening", "meals", "opening", NOW, opening),
        Event("bank", "1", "deposit", NOW, deposit),
    )
    db.close()
    return made


def sell(made: Published, count: int, first: int = 0) -> None:
    """Sell `count` orders; every tenth comes back in part."""
    chance = Random(first)
    db = made.database()
    db.run("PRAGMA synchronous = OFF")
    ledger = Ledger(db)
    for start in range(first, first + count, BATCH):
        events: list[Event] = []
        for number in range(start, min(start + BATCH, first + count)):
            quantity = chance.randint(1, 4)
            line = pieces(quantity, quantity * chance.randint(500, 3000))
            events.append(order(f"order-{number}", line))
            if number % 10 == 9:
                events.append(refund(f"refund-{number}", f"order-{number}", 1, 500))
        ledger.append(events, NOW + timedelta(seconds=start))
    db.close()
