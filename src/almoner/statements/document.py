"""A statement as data: everything that its pages, rows and hash are made of.

The JSON of a `Document` is the statement; PDF, CSV and XLSX are ways to read it. Its SHA-256
stands on each of them. Amounts are whole minor units with their scale beside them, exact ones
rationals, times UTC.
"""

from hashlib import sha256

import msgspec

from almoner.statements.figures import FundFigures, Limited, Movement, Rounding, Stages

SCHEMA = "almoner-statement/1"


class Log(msgspec.Struct, frozen=True):
    """The tree the figures were read from: entries `first` up to `end` of the log `origin`.

    `root` is over the `end` entries that the log had then, in hexadecimal; `key` is the log's
    verifier key.
    """

    origin: str
    key: str
    first: int
    end: int
    root: str


class Span(msgspec.Struct, frozen=True):
    """The period, in words and by its ends. `over` says that nothing can be added to it."""

    words: str
    name: str
    since: str
    until: str
    time_zone: str
    over: bool


class Party(msgspec.Struct, frozen=True):
    """Who is in it, as registered."""

    role: str
    name: str
    legal_name: str
    registration: str = ""
    address: str = ""
    signatories: tuple[str, ...] = ()


class Term(msgspec.Struct, frozen=True):
    """A version of the promise, from when it was in force."""

    version: int
    since: str
    sentence: str


class Due(msgspec.Struct, frozen=True):
    """Units of one version at its contracted price. `exact` is a rational of minor units."""

    version: int
    units: str
    price: str
    currency: str
    scale: int
    exact: str


class Occasion(msgspec.Struct, frozen=True):
    """Events that pledged, by kind, and how often the trigger happened in them."""

    kind: str
    events: int
    quantity: int


class Receipt(msgspec.Struct, frozen=True):
    """What was paid for the goods that count, and what of it was given back."""

    currency: str
    scale: int
    gross: int
    returned: int

    @property
    def net(self) -> int:
        """What was kept."""
        return self.gross - self.returned


class Bound(msgspec.Struct, frozen=True):
    """The cap or the guaranteed minimum of a campaign, and where the whole campaign stands."""

    kind: str
    minor: int
    given: int
    met: bool


class Promise(msgspec.Struct, frozen=True):
    """One campaign's promise to one charity, over the period.

    `asked` is what the rate alone would have given for what happened, `waiting` what refunds
    should have taken off by the end and could not, because it was delivered already: both exact
    rationals of minor units, empty for a match, which happens inside another campaign.
    """

    campaign: str
    title: str
    charity: str
    charity_name: str
    cause: str
    cause_label: str
    sponsor_name: str
    kind: str
    unit: str
    scale: int
    terms: tuple[Term, ...]
    opening: Stages
    movements: tuple[Movement, ...]
    closing: Stages
    rounding: Rounding
    limits: tuple[Limited, ...]
    bounds: tuple[Bound, ...]
    pledges: tuple[tuple[str, int], ...]
    asked: str = ""
    waiting: str = ""
    occasions: tuple[Occasion, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    due: tuple[Due, ...] = ()


class Fund(msgspec.Struct, frozen=True):
    """A sponsor's fund over the period."""

    sponsor: str
    figures: FundFigures


class Handover(msgspec.Struct, frozen=True):
    """A delivery, confirmation or reversal: the part of an entry that concerns one promise."""

    entry: int
    time: str
    kind: str
    reference: str
    campaign: str
    charity: str
    unit: str
    scale: int
    minor: int
    evidence: tuple[str, ...] = ()


class Evidence(msgspec.Struct, frozen=True):
    """A document that an entry names by its SHA-256. `what` is empty where only that is known."""

    sha256: str
    entries: tuple[int, ...]
    what: str = ""


class Clause(msgspec.Struct, frozen=True):
    """A line of the contract, as it was signed."""

    label: str
    text: str


class Document(msgspec.Struct, frozen=True):
    """A whole statement."""

    schema: str
    title: str
    site: str
    scope: str
    slug: str
    name: str
    period: Span
    log: Log
    parties: tuple[Party, ...]
    promises: tuple[Promise, ...]
    funds: tuple[Fund, ...] = ()
    handed: tuple[Handover, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    clauses: tuple[Clause, ...] = ()
    final: bool = False


def encode(document: Document) -> bytes:
    """The statement's bytes: its fields in their order, indented, one newline at the end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode(data: bytes) -> Document:
    """Read what `encode` wrote."""
    return msgspec.json.decode(data, type=Document)


def digest(data: bytes) -> str:
    """What is printed on a statement: the SHA-256 of its bytes, in hexadecimal."""
    return sha256(data).hexdigest()


def file_name(document: Document) -> str:
    """The name of its files, without an ending."""
    kind = "final-accounting" if document.final else "statement"
    return f"{kind}-{document.scope}-{document.slug}-{document.period.name}"
