"""Every public counter at one size of the ledger, as data and as the JSON that is served.

Guarantee: the size and the figures are of one moment, so that a fold of the first `size`
entries gives exactly these figures.
"""

from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from almoner.counters.figures import text
from almoner.counters.labels import labels
from almoner.ledger import Database, reads
from almoner.ledger.reads import Totals
from almoner.units import decimal

MEASURES = ("shown", "opening", "pledged", "held", "owed", "delivered", "confirmed")


class Figure(msgspec.Struct, frozen=True):
    """One measure: the exact decimal value, and how readers see it."""

    value: str
    text: str


class Counter(msgspec.Struct, frozen=True):
    """A cause's measures. `shown` is what the banner shows: opening plus pledged.

    `labels` are the label in other languages, by their codes.
    """

    cause: str
    label: str
    labels: dict[str, str]
    unit: str
    kind: str
    url: str
    shown: Figure
    opening: Figure
    pledged: Figure
    held: Figure
    owed: Figure
    delivered: Figure
    confirmed: Figure


class Document(msgspec.Struct, frozen=True):
    """What `GET /counters` answers: the counters after `size` entries of the log."""

    size: int
    counters: tuple[Counter, ...]


class Snapshot(msgspec.Struct, frozen=True):
    """The counters, ready to serve. `root` is the log's at their size.

    `tag` is of the figures alone: another entry that moves none of them keeps it.
    """

    document: Document
    root: bytes
    body: bytes
    texts: Mapping[tuple[str, str], str]
    tag: str

    def text(self, cause: str, measure: str) -> str:
        """The figure for a slot in a page; an unknown cause shows as a dash."""
        return self.texts.get((cause, measure), "–")


def read(db: Database) -> Snapshot:
    """Read every cause's counter, in the order of the banner."""
    with db.reading():
        head = reads.head(db)
        totals = reads.totals(db)
        causes = db.rows(
            "SELECT slug, label, labels, unit, kind, scale "
            "FROM giving_cause ORDER BY position, slug"
        )
    counters = tuple(
        _counter(slug, label, labels(more), unit, kind, scale, totals.get(slug, Totals()))
        for slug, label, more, unit, kind, scale in causes
    )
    document = Document(head.size, counters)
    texts = {
        (counter.cause, measure): getattr(counter, measure).text
        for counter in counters
        for measure in MEASURES
    }
    tag = blake2b(msgspec.json.encode(counters), digest_size=8).hexdigest()
    return Snapshot(document, head.root, msgspec.json.encode(document), texts, tag)


def _counter(
    slug: str,
    label: str,
    others: dict[str, str],
    unit: str,
    kind: str,
    scale: int,
    totals: Totals,
) -> Counter:
    def figure(minor: int) -> Figure:
        return Figure(decimal(minor, scale), text(minor, kind, unit, scale))

    measures = {measure: figure(getattr(totals, measure)) for measure in MEASURES}
    return Counter(slug, label, others, unit, kind, f"/causes/{slug}/", **measures)
