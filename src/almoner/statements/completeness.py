"""Which fields of a contract are empty, and who asks for them.

Facts, dated and with their sources (`jurisdictions.toml`): no claim that anything complies, and
no advice. What counts itself (rate, cap, dates, split) is in the published campaign and is not
asked for again.
"""

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from almoner.statements.models import Contract, Filing

NOTICE = (
    "Facts collected from statutes and public pages, as of the date beside them. Laws change, "
    "and this list is not complete. It is not legal advice, and nothing here says that a "
    "campaign complies."
)

# Every field, what it is called in a sentence, and why it is in a record at all.
FIELDS: tuple[tuple[str, str, str], ...] = (
    ("sponsor_legal_name", "The sponsor’s legal name", "Who is bound by the promise."),
    ("sponsor_registration", "The sponsor’s registration number", "Tells it from its namesakes."),
    ("sponsor_signatory", "Who signed for the sponsor", "Who may bind it."),
    ("sponsor_address", "The sponsor’s address for notices", "Where a notice is served."),
    ("charity_legal_name", "The charity’s legal name", "Who may ask for it."),
    ("charity_registration", "The charity’s registration number", "Tells it from its namesakes."),
    ("charity_signatory", "Who signed for the charity", "Who may bind it."),
    ("second_signatory", "The charity’s second signature", "Some ask for two officers."),
    ("charity_address", "The charity’s address for notices", "Where a notice is served."),
    ("signed_on", "The day it was signed", "It has to be before the start."),
    ("goods", "The goods or the action", "What exactly makes it give."),
    ("territory", "The territory", "Which laws are asked."),
    ("unit_definition", "What one unit is", "A gift in kind says nothing without it."),
    ("flat_gift", "A flat gift", "Told beside what depends on sales. “0” is an answer."),
    ("estimated_total", "The estimated total", "Some forms ask for it beforehand."),
    ("objectives", "Objectives and methods", "What is raised for, and how."),
    ("name_consent", "The charity’s consent to its name", "Its name sells."),
    ("advertisement_consent", "Its consent to the advertisements", "What is said with its name."),
    ("accounting_on", "When the final accounting is due", "A promise ends with an account."),
    ("payment_on", "When it is paid", "Owing has an end."),
    ("payment_manner", "How it is paid", "What to look for."),
    ("termination", "How it is ended early", "What then happens to what was sold."),
    ("variation", "How it is changed", "A version is not changed under people’s feet."),
    ("fees", "Fees and expenses", "What does not arrive. “None” is an answer."),
    ("filings", "Filings", "Where and when it was filed."),
)


class Jurisdiction(msgspec.Struct, frozen=True):
    """What one place asks, by whom it is asked, and where that stands."""

    place: str
    code: str
    whom: str
    source: str
    says: str
    asks: tuple[str, ...]
    retain_years: int = 0


class Facts(msgspec.Struct, frozen=True):
    """The whole table, and its day."""

    as_of: date
    jurisdiction: tuple[Jurisdiction, ...]


class Missing(msgspec.Struct, frozen=True):
    """An empty field: what it is, why it is in a record, and who asks for it."""

    field: str
    what: str
    why: str
    asked_by: tuple[Jurisdiction, ...]


class Completeness(msgspec.Struct, frozen=True):
    """How much of a contract is there. `too_short` are those that ask to keep records longer."""

    there: int
    of: int
    missing: tuple[Missing, ...]
    too_short: tuple[Jurisdiction, ...]

    @property
    def percent(self) -> int:
        """How many fields of a hundred are filled in."""
        return self.there * 100 // self.of


@cache
def facts() -> Facts:
    """The table of jurisdictions."""
    path = Path(__file__).with_name("jurisdictions.toml")
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Facts)


def examine(contract: Contract) -> Completeness:
    """What is missing in a contract."""
    places = facts().jurisdiction
    missing = tuple(
        Missing(field, what, why, _asking(places, field))
        for field, what, why in FIELDS
        if _is_asked(contract, field) and not _is_there(contract, field)
    )
    asked = sum(_is_asked(contract, field) for field, _, _ in FIELDS)
    short = tuple(each for each in places if each.retain_years > contract.retain_years)
    return Completeness(asked - len(missing), asked, missing, short)


def _asking(places: Sequence[Jurisdiction], field: str) -> tuple[Jurisdiction, ...]:
    return tuple(each for each in places if field in each.asks)


def _is_asked(contract: Contract, field: str) -> bool:
    return field != "unit_definition" or contract.manner == Contract.Manner.IN_KIND


def _is_there(contract: Contract, field: str) -> bool:
    if field == "filings":
        return Filing.objects.filter(contract=contract).exists()
    return bool(getattr(contract, field))
