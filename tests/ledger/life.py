"""A long life of a ledger, made from a seed: what arrives, and what it should come to.

`python -m tests.ledger.life DATABASE SEED FIRST LAST` appends the batches FIRST to LAST and
says so after each, so that whoever started it can kill it at any moment and start it again.
"""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Literal

from almoner.campaigns.model import Part
from almoner.ledger import Event, Ledger, connect, mature, publish
from tests.ledger.examples import NOW, START, campaign, handed, order, pieces, refund

BATCH = 500
HOLD = 3  # days; a batch takes an hour
Stage = Literal["delivery", "confirmation"]

CAMPAIGNS = [
    campaign("thirds", trigger="item", rate="1/3"),
    campaign("held", trigger="item", rate="2/7", hold_days=HOLD),
    campaign("halves", trigger="match", rate="1/2", matches="held", hold_days=HOLD),
    campaign(
        "both",
        trigger="item",
        rate="5/11",
        charity="harbor-table",
        split=(Part("harbor-table", 2), Part("quiet-house", 1)),
    ),
]
RATES = {
    ("thirds", "harbor-table"): Fraction(1, 3),
    ("held", "harbor-table"): Fraction(2, 7),
    ("halves", "harbor-table"): Fraction(1, 7),
    ("both", "harbor-table"): Fraction(10, 33),
    ("both", "quiet-house"): Fraction(5, 33),
}


def moment(batch: int) -> datetime:
    """When a batch arrives."""
    return NOW + timedelta(hours=batch)


def batches(seed: int, count: int) -> Iterator[list[Event]]:
    """Orders, refunds, deliveries, confirmations and what was said before, over again."""
    random = Random(seed)
    sold: list[str] = []
    said: list[Event] = []
    for batch in range(count):
        events: list[Event] = []
        # Every third day of trade is a day of returns, when everything is handed over already.
        sells, returns = (0.05, 0.6) if batch // 24 % 3 == 2 else (0.6, 0.8)
        for place in range(BATCH):
            ref, chance = f"{batch}-{place}", random.random()
            if chance < sells or not sold:
                events.append(order(ref, pieces(random.randint(1, 9), 900), when=moment(batch)))
                sold.append(ref)
            elif chance < returns:
                events.append(refund(ref, random.choice(sold), random.randint(1, 5), 0))
            elif chance < 0.95:
                stage: Stage = random.choice(["delivery", "confirmation"])
                events.append(
                    hand_over(ref, stage, random.choice(list(RATES)), 2 ** random.randint(0, 9))
                )
            else:
                events.append(random.choice(said or events or [order(ref)]))
        said = random.sample(events, 50)
        yield events


def hand_over(ref: str, stage: Stage, to: tuple[str, str], minor: int) -> Event:
    """Meals handed to a charity, or confirmed by it."""
    slug, charity = to
    places = ("owed", "delivered") if stage == "delivery" else ("delivered", "confirmed")
    debit, credit = (f"charity/{charity}/{place}/meals/{slug}" for place in places)
    return handed(ref, stage, debit, credit, minor)


class Model:
    """Pieces left, each times its rate; what is delivered stays delivered."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}
        self.since: dict[str, datetime] = {}
        self.done: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.sure: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.seen: set[str] = set()
        self.young: set[str] = set()
        self.old = 0

    def hear(self, event: Event, now: datetime) -> None:
        if event.ref in self.seen:
            return
        self.seen.add(event.ref)
        if event.kind == "order":
            self.left[event.ref], self.since[event.ref] = event.body.lines[0].quantity, now
            self.young.add(event.ref)
        elif event.kind == "refund":
            before = self.left[event.body.order]
            after = max(0, before - event.body.lines[0].quantity)
            self.left[event.body.order] = after
            if event.body.order not in self.young:
                self.old += after - before
        else:
            self.hand(event)

    def hand(self, event: Event) -> None:
        (posting,) = event.body.postings
        _, charity, place, _, slug = posting.debit.split("/")
        at, minor = (slug, charity), posting.amount.minor
        if place == "owed" and minor <= self.owed(at):
            self.done[at] += minor
        elif place == "delivered" and minor <= self.done[at] - self.sure[at]:
            self.sure[at] += minor

    def pass_time(self, now: datetime) -> None:
        due = {ref for ref in self.young if self.since[ref] + timedelta(days=HOLD) <= now}
        self.young -= due
        self.old += sum(self.left[ref] for ref in due)

    def owed(self, at: tuple[str, str]) -> int:
        pieces = self.old if at[0] in ("held", "halves") else self.old + self.waiting()
        return max(int(RATES[at] * pieces) - self.done[at], 0)

    def waiting(self) -> int:
        return sum(self.left[ref] for ref in self.young)

    def balances(self) -> dict[str, int]:
        """Every balance that there should be."""
        found: dict[str, int] = {}
        for at in RATES:
            slug, charity = at
            found[f"charity/{charity}/owed/meals/{slug}"] = self.owed(at)
            found[f"charity/{charity}/delivered/meals/{slug}"] = self.done[at] - self.sure[at]
            found[f"charity/{charity}/confirmed/meals/{slug}"] = self.sure[at]
            if slug in ("held", "halves"):
                matured = max(RATES[at] * self.old, self.done[at])
                promised = matured + RATES[at] * self.waiting()
                found[f"campaign/{slug}/held/meals/{charity}"] = int(promised) - int(matured)
        return {path: minor for path, minor in found.items() if minor}


def live(database: str, seed: int, first: int, last: int) -> None:
    """Append batches, saying each once it is durable."""
    ledger = Ledger(connect(database))
    for number, events in enumerate(batches(seed, last)):
        if number >= first:
            ledger.append(events, moment(number))
            mature(ledger, moment(number))
            print(number, flush=True)


def begin(ledger: Ledger) -> None:
    """Publish what the life is about."""
    for version in CAMPAIGNS:
        publish(ledger.db, version, START)


def live_and_die(database: str, seed: int, count: int, deaths: Sequence[int]) -> int:
    """Live `count` batches, killed as each of `deaths` is said; how often that was."""
    first, killed = 0, 0
    while first < count:
        end = deaths[killed] if killed < len(deaths) else None
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.ledger.life",
                database,
                str(seed),
                str(first),
                str(count),
            ],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                first = int(line) + 1
                if end is not None and first > end:
                    process.kill()
                    killed += 1
                    break
        assert process.returncode == (0 if end is None else -9), "it did not end as it should"
    return killed


def foretold(seed: int, count: int) -> Model:
    """What the small model says of the same life."""
    model = Model()
    for number, events in enumerate(batches(seed, count)):
        for event in events:
            model.hear(event, moment(number))
        model.pass_time(moment(number))
    return model


if __name__ == "__main__":
    live(sys.argv[1], *map(int, sys.argv[2:5]))
