"""A campaign with its contract, a ledger beside it, and the log it is published in."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from almoner.campaigns.model import Line, Order, Refund, RefundedLine
from almoner.config import Settings
from almoner.giving.book import location
from almoner.giving.models import Campaign, Charity, Sponsor
from almoner.giving.publishing import publish_draft
from almoner.ledger import Event, Ledger, Posting, Transfer, connect
from almoner.log import checkpoint
from almoner.publication import keys
from almoner.publication.publisher import Publisher
from almoner.publication.stores import Directory
from almoner.statements import tree as trees
from almoner.statements.models import Contract, Filing
from almoner.statements.tree import Tree
from almoner.units import Amount, Unit
from tests.giving.conftest import (  # noqa: F401 - fixtures
    _uncollected_static_files,
    administrator,
    django_db_modify_db_settings,
    dogs,
    harbor,
    ledger,
    logged_in,
    make_campaign,
    meals,
    mills,
)

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
MEAL = Unit("meal", "count", 0)
INVOICE = "1f" * 32


@pytest.fixture
def bowls(
    ledger: Ledger,  # noqa: F811
    make_campaign: Callable[..., Campaign],  # noqa: F811
    mills: Sponsor,  # noqa: F811
) -> Campaign:
    """A published campaign: a third of a meal for every item sold, at most ten."""
    made = make_campaign(
        rate="1/3", cap="10", sponsor=mills, time_zone="UTC", starts_on=date(2026, 4, 1)
    )
    publish_draft(made, NOW - timedelta(days=30))
    return made


@pytest.fixture
def sell(ledger: Ledger) -> Callable[..., None]:  # noqa: F811
    """Sells items of a bowl at ten dollars each."""

    def _sell(ref: str, items: int, when: datetime = NOW) -> None:
        line = Line("1", items, 1000 * items, "p-1", "BOWL")
        event = Event("shop", ref, "order", when, Order("USD", (line,)))
        ledger.append([event], when)

    return _sell


@pytest.fixture
def give_back(ledger: Ledger) -> Callable[..., None]:  # noqa: F811
    """Gives items of an order back."""

    def _give_back(ref: str, order: str, items: int, when: datetime = NOW) -> None:
        body = Refund(order, (RefundedLine("1", items, 1000 * items),), currency="USD")
        ledger.append([Event("shop", ref, "refund", when, body)], when)

    return _give_back


@pytest.fixture
def hand_over(ledger: Ledger) -> Callable[..., None]:  # noqa: F811
    """Delivers or confirms meals of May Bowls."""

    def _hand_over(ref: str, kind: str, minor: int, when: datetime = NOW) -> None:
        at = {"delivery": ("owed", "delivered"), "confirmation": ("delivered", "confirmed")}[kind]
        debit, credit = (f"charity/harbor-table/{stage}/meals/may-bowls" for stage in at)
        evidence = (INVOICE,) if kind == "delivery" else ()
        body = Transfer((Posting(debit, credit, Amount(MEAL, minor)),), evidence=evidence)
        event = Event("almoner", ref, kind, when, body)  # type: ignore[arg-type]
        outcome = ledger.append([event], when)[0]
        assert outcome.status == "recorded", outcome

    return _hand_over


@pytest.fixture
def may(
    bowls: Campaign,
    sell: Callable[..., None],
    give_back: Callable[..., None],
    hand_over: Callable[..., None],
) -> Campaign:
    """A campaign's April and May: 11 sold before, 16 in May, 2 given back, 4 meals delivered."""
    sell("o-1", 11, datetime(2026, 4, 25, tzinfo=UTC))
    sell("o-2", 12, datetime(2026, 5, 2, tzinfo=UTC))
    give_back("r-1", "o-2", 2, datetime(2026, 5, 4, tzinfo=UTC))
    sell("o-3", 4, datetime(2026, 5, 9, tzinfo=UTC))
    hand_over("Truck 12", "delivery", 4, datetime(2026, 5, 12, tzinfo=UTC))
    hand_over("Truck 12, said", "confirmation", 3, datetime(2026, 5, 15, tzinfo=UTC))
    return bowls


@pytest.fixture
def contract(bowls: Campaign) -> Contract:
    """What was signed for it."""
    made = Contract.objects.create(
        campaign=bowls,
        sponsor_legal_name="Northgate Mills, Inc.",
        sponsor_signatory="Ada Fenn, treasurer",
        sponsor_address="1 Mill Lane\nNorthgate, NY",
        charity_legal_name="Harbor Table Food Bank, Inc.",
        charity_registration="EIN 00-0000000",
        charity_signatory="Bo Lind, director",
        charity_address="2 Quay Street\nHarbor, NY",
        signed_on=date(2026, 3, 20),
        goods="Every bowl sold at the shop",
        territory="The United States",
        manner="in-kind",
        unit_definition="One meal is 1.2 pounds of food",
        payment_manner="Delivered monthly",
    )
    Filing.objects.create(contract=made, state="Massachusetts", form="Form 10B")
    return made


@pytest.fixture
def tree(ledger: Ledger, tmp_path: Path) -> Callable[[], Tree]:  # noqa: F811
    """Publishes the log and opens it."""
    home = tmp_path / "published"
    home.mkdir()
    settings = Settings(
        home=home, log_passphrase="correct horse", site_url="https://giving.example"
    )
    keys.create(settings)

    def _tree() -> Tree:
        store: Any = Directory(home / "log")
        publisher = Publisher(settings, connect(location()), store)
        try:
            publisher.publish()
        finally:
            publisher.close()
        held = keys.load(settings)
        found, _ = checkpoint.read((store.get("checkpoint") or b"").decode(), held.verifiers)
        return Tree(found.origin, str(held.verifiers[0]), found.size, store)

    return _tree


@pytest.fixture
def second(ledger: Ledger) -> Charity:  # noqa: F811
    """Another charity."""
    return Charity.objects.create(slug="quill-street", name="Quill Street")


@pytest.fixture
def published(tree: Callable[[], Tree], monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation's log is the one of these tests."""
    monkeypatch.setattr(trees, "open_tree", lambda settings: tree())
