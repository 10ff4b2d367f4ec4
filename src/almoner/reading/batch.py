"""Counts a batch of finished reads, each of them once, in one transaction.

Guarantee: when `count` returns, the serials it counted are spent, their visitors noted, their
reads in the ledger as one event a story, and what came by share codes credited, all in one
commit; or nothing of it is. The head's lock holds meanwhile, so the same is true of any number
of processes. A read is one leaf of its event's Merkle tree (`log.batch`); its nonce goes to the
reader and is kept nowhere else. A visit that came by a share code is an event beside the reads,
and gives beside them where a campaign is for visits.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from fractions import Fraction

import msgspec

from almoner.campaigns.model import Action
from almoner.ledger import Database, Event, Ledger, Outcome
from almoner.log.batch import NONCE_SIZE, Read, batch_levels, batch_root, line_of, path_in
from almoner.log.merkle import leaf_hash
from almoner.reading import shares, spent, visitors
from almoner.reading.brake import braked
from almoner.reading.rules import Refusal, day_of, expires
from almoner.reading.share_code import ShareCode
from almoner.reading.spent import Blocks
from almoner.reading.token import Token
from almoner.reading.visitors import Visit

SOURCE = "reads"
# One commit's worth: each holds the head's lock for a few hundredths of a second.
MAX_READS = 1_000


class Finished(msgspec.Struct, frozen=True):
    """A read that is good by itself. `topics` are its story's."""

    token: Token
    topics: tuple[str, ...] = ()
    share: ShareCode | None = None

    @property
    def visit(self) -> Visit:
        """Whose read it is, on the day that it was begun."""
        return day_of(self.token.begun_ms), self.token.tag


class Gift(msgspec.Struct, frozen=True):
    """What one read gave for a cause: an exact share in minor units of `unit`."""

    cause: str
    unit: str
    scale: int
    share: Fraction


class Receipt(msgspec.Struct, frozen=True):
    """What proves a read: its line, its place and path in the batch, and the log's entry."""

    entry: int
    line: str
    place: int
    path: tuple[str, ...]


class Counted(msgspec.Struct, frozen=True):
    """A read that counted. There is a receipt where it gave anything."""

    gifts: tuple[Gift, ...]
    receipt: Receipt | None


Answer = Counted | Refusal


class Result(msgspec.Struct, frozen=True):
    """An answer for each read, in order, and the blocks whose bits changed."""

    answers: tuple[Answer, ...]
    blocks: Blocks


def count(ledger: Ledger, reads: Sequence[Finished], now: datetime) -> Result:
    """Count what of these reads is new; see the module."""
    assert len(reads) <= MAX_READS, f"{len(reads)} reads in one batch"
    db = ledger.db
    counted: list[tuple[_Batch, Outcome]] = []
    changed: Blocks = {}
    with ledger.appending(now) as append:
        blocks, unspent = spent.unspent(db, [read.token.serial for read in reads])
        answers, fresh = _sort(db, reads, blocks, unspent, now)
        if fresh:
            changed = spent.spend(db, blocks, [reads[at].token.serial for at in fresh])
            visitors.note(db, [reads[at].visit for at in fresh])
            counted = _append(db, append, _by_story(reads, fresh), now)
    for batch, outcome in counted:
        answers.update(batch.answers(outcome))
    return Result(tuple(answers[at] for at in range(len(reads))), changed)


def _append(
    db: Database,
    append: Callable[[Sequence[Event]], list[Outcome]],
    batches: Sequence["_Batch"],
    now: datetime,
) -> list[tuple["_Batch", Outcome]]:
    """Append the events of every batch, and credit what came by share codes."""
    without = tuple(sorted(braked(db)))
    outcomes = iter(append([event for each in batches for event in each.events(without, now)]))
    found: list[tuple[_Batch, Outcome]] = []
    for batch in batches:
        outcome = next(outcomes)
        assert outcome.status not in ("duplicate", "conflict"), f"batch {batch.root} was here"
        found.append((batch, outcome))
        if batch.visits:
            _credit(db, batch, outcome, next(outcomes))
    return found


class _Batch:
    """The reads of one story, by their places among all that are counted."""

    def __init__(self, reads: Sequence[Finished], places: Sequence[int]) -> None:
        self.places = places
        self.story = str(reads[places[0]].token.story)
        self.topics = reads[places[0]].topics
        self.visits = [share for at in places if (share := reads[at].share) is not None]
        nonces = secrets.token_bytes(NONCE_SIZE * len(places)).hex()
        width = 2 * NONCE_SIZE
        self.lines = [
            line_of(Read(self.story, reads[at].token.serial, nonces[n * width : (n + 1) * width]))
            for n, at in enumerate(places)
        ]
        self._leaves = [leaf_hash(line) for line in self.lines]
        self.root = batch_root(self._leaves).hex()

    def events(self, without: tuple[str, ...], now: datetime) -> Iterable[Event]:
        """The reads, and the visits among them. Their id is the root: no other batch has it."""
        read = Action(
            "read", len(self.places), self.topics, story=self.story, root=self.root, without=without
        )
        yield Event(SOURCE, f"read:{self.root}", "action", now, read)
        if self.visits:
            visit = Action(
                "visit", len(self.visits), self.topics, story=self.story, without=without
            )
            yield Event(SOURCE, f"visit:{self.root}", "action", now, visit)

    def answers(self, outcome: Outcome) -> Iterable[tuple[int, Answer]]:
        """What each reader is told."""
        gifts = _gifts(outcome, len(self.places))
        levels = batch_levels(self._leaves)
        for place, at in enumerate(self.places):
            receipt = None
            if outcome.entry is not None:
                path = tuple(each.hex() for each in path_in(levels, place))
                receipt = Receipt(outcome.entry, self.lines[place].decode(), place, path)
            yield at, Counted(gifts, receipt)


def _sort(
    db: Database, reads: Sequence[Finished], blocks: Blocks, unspent: set[int], now: datetime
) -> tuple[dict[int, Answer], list[int]]:
    """Tell the refused why; the places of the others, one for each token and each visitor.

    A token may have expired while it waited, and then who has read that day may be forgotten.
    """
    now_ms = round(now.timestamp() * 1000)
    known = visitors.seen(db, {read.visit for read in reads})
    answers: dict[int, Answer] = {}
    fresh: list[int] = []
    for at, read in enumerate(reads):
        gone = read.token.serial >> spent.BLOCK_BITS not in blocks
        if gone or now_ms >= expires(read.token.begun_ms):
            answers[at] = Refusal("expired")
        elif read.token.serial not in unspent:
            answers[at] = Refusal("replayed")
        elif read.visit in known:
            answers[at] = Refusal("already-today")
        else:
            unspent.remove(read.token.serial)
            known.add(read.visit)
            fresh.append(at)
    return answers, fresh


def _by_story(reads: Sequence[Finished], fresh: Sequence[int]) -> list[_Batch]:
    stories: defaultdict[int, list[int]] = defaultdict(list)
    for at in fresh:
        stories[reads[at].token.story].append(at)
    return [_Batch(reads, places) for places in stories.values()]


def _gifts(outcome: Outcome, reads: int) -> tuple[Gift, ...]:
    """What one of `reads` reads gave, the same for each of them."""
    sums: dict[tuple[str, str, int], Fraction] = {}
    for pledge in outcome.pledges:
        if pledge.granted:
            of = pledge.cause, pledge.unit, pledge.scale
            share = Fraction(pledge.granted, pledge.parts * reads)
            sums[of] = sums.get(of, Fraction(0)) + share
    return tuple(Gift(*of, share) for of, share in sums.items())


def _credit(db: Database, batch: _Batch, read: Outcome, visit: Outcome) -> None:
    """Credit each code with its reads, and with what they gave as reads and as visits."""
    one: defaultdict[str, Fraction] = defaultdict(Fraction)
    for gift in (*_gifts(read, len(batch.places)), *_gifts(visit, len(batch.visits))):
        one[gift.cause] += gift.share
    for code, times in Counter(batch.visits).items():
        shares.credit(db, code, times, {cause: share * times for cause, share in one.items()})
