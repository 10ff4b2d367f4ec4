"""The golden table: every case through the rules alone and through a real ledger."""

from pathlib import Path

import msgspec
import pytest

from almoner.campaigns.model import CampaignVersion
from almoner.giving.unused import UNUSED
from almoner.ledger import Ledger
from tests.campaigns.golden import Case, cases
from tests.campaigns.playing import Book, Rules, differences
from tests.ledger.examples import emptied

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_promise_gives_what_the_table_says(case: Case) -> None:
    assert list(differences(case, Rules(case))) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_ledger_gives_what_the_table_says(case: Case, tmp_path: Path) -> None:
    db = emptied(str(tmp_path / "ledger.db"))
    try:
        assert list(differences(case, Book(case, Ledger(db)))) == []
    finally:
        db.close()


# What the table covers

TERMS = (
    "products collections tags countries excluded including cap daily_cap reader_cap sponsor_cap "
    "minimum partial fund split hold_days group ends_at"
).split()
DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(CampaignVersion)}


def kinds(version: CampaignVersion) -> set[str]:
    """What kinds of rate a promise has."""
    found = {"tiers"} if version.tiers else set[str]()
    if version.price:
        found.add("price")
    elif version.trigger in ("revenue", "gift", "round-up"):
        found.add("percent")
    else:
        found.add("money" if version.unit.isupper() else "units")
    return found


def terms(version: CampaignVersion) -> set[str]:
    """Which terms a promise has."""
    return {term for term in TERMS if getattr(version, term) != DEFAULTS[term]}


# What each trigger's rate can be, and the terms that say nothing for it.
RATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("order", "item"), ("units", "money", "price", "tiers")),
    **dict.fromkeys(("revenue", "gift", "round-up"), ("percent", "price", "tiers")),
    **dict.fromkeys(("sign-up", "read", "visit", "manual"), ("units", "money", "price")),
    "match": ("units", "money"),
}


def meant(trigger: str, kind: str) -> set[str]:
    """The terms that can be covered for a trigger and a kind of rate."""
    found = set(TERMS) - set(UNUSED[trigger])
    return found - {"including"} if trigger == "order" and kind != "tiers" else found


def test_the_table_is_worth_its_name() -> None:
    assert len(CASES) >= 150
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("trigger", "kind"), [(trigger, kind) for trigger in RATES for kind in RATES[trigger]]
)
def test_every_term_is_in_the_table_under_every_rate(trigger: str, kind: str) -> None:
    said = [
        terms(version)
        for case in CASES
        for version in case.versions.values()
        if version.trigger == trigger and kind in kinds(version)
    ]
    assert meant(trigger, kind) - set().union(*said) == set()
