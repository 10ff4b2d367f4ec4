"""A ledger beside Django's tables, causes and campaigns in it, and people of each role."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from almoner.campaigns.model import Line, Order
from almoner.giving.book import location, open_ledger
from almoner.giving.models import Campaign, Cause, Charity, Sponsor
from almoner.giving.openings import establish
from almoner.intake import tables
from almoner.ledger import Event, Ledger, connect, schema
from almoner.people.roles import establish_roles
from almoner.reading import schema as reading

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _uncollected_static_files(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def ledger(transactional_db: None) -> Any:
    """An empty ledger in the test database. The append has a connection of its own, so the
    tests cannot run inside a transaction."""
    _drop_ledger()
    db = connect(location())
    schema.create(db)
    tables.create(db)
    reading.create(db)
    yield Ledger(db)
    db.close()
    _drop_ledger()


def _drop_ledger() -> None:
    db = connect(location())
    kinds = "SELECT name FROM sqlite_master WHERE type = 'table' AND "
    kinds += "(name LIKE 'ledger_%' OR name LIKE 'intake_%' OR name LIKE 'reading_%')"
    if db.postgresql:
        kinds = "SELECT tablename FROM pg_tables WHERE tablename ~ '^(ledger|intake|reading)_'"
    for (table,) in db.rows(kinds):
        db.run(f"DROP TABLE {table}")
    if db.postgresql:
        db.run("DROP FUNCTION IF EXISTS ledger_refuse")
    db.close()


@pytest.fixture
def meals(ledger: Ledger) -> Cause:
    """A cause that counts things."""
    return establish("meals", label="Meals Donated", unit="meal", kind="count", icon="bowl")


@pytest.fixture
def dogs(ledger: Ledger) -> Cause:
    """A cause that counts money."""
    return establish("dogs", label="Funded For Dogs", unit="USD", kind="money", icon="dog")


@pytest.fixture
def harbor(ledger: Ledger) -> Charity:
    """A charity."""
    return Charity.objects.create(slug="harbor-table", name="Harbor Table")


@pytest.fixture
def mills(ledger: Ledger) -> Sponsor:
    """A sponsor."""
    return Sponsor.objects.create(slug="northgate-mills", name="Northgate Mills")


@pytest.fixture
def make_campaign(meals: Cause, harbor: Charity) -> Callable[..., Campaign]:
    """Makes a draft: two meals for every item sold in May, unless told otherwise."""

    def _make(**terms: Any) -> Campaign:
        fields: dict[str, Any] = {
            "slug": "may-bowls",
            "title": "May Bowls",
            "cause": meals,
            "charity": harbor,
            "trigger": "item",
            "rate": "2",
            "starts_on": date(2026, 5, 1),
            "ends_on": date(2026, 5, 31),
            "time_zone": "America/New_York",
        }
        return Campaign.objects.create(**{**fields, **terms})

    return _make


@pytest.fixture
def send(ledger: Ledger) -> Callable[..., Any]:
    """Sends a paid order to the ledger; returns what became of it."""

    def _send(ref: str, when: datetime = NOW, **what: Any) -> Any:
        line = Line("1", what.pop("quantity", 1), what.pop("revenue", 1000), "p-1", "BOWL")
        order = Order(what.pop("currency", "USD"), (line,), tuple(what.pop("tags", ())))
        assert not what, f"not a part of an order: {what}"
        return ledger.append([Event("shop", ref, "order", when, order)], max(when, NOW))[0]

    return _send


@pytest.fixture
def logged_in(transactional_db: None) -> Callable[[str], Client]:
    """Makes a person of the role and returns their browser."""

    def _logged_in(role: str) -> Client:
        establish_roles()
        user = get_user_model().objects.create_user(role)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return _logged_in


@pytest.fixture
def administrator(transactional_db: None) -> Client:
    """The browser of somebody who may do everything."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


@pytest.fixture
def book() -> Any:
    """Opens the ledger as the admin does."""
    return open_ledger


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Keep the test database in a file: the ledger opens a connection of its own."""
    from django.conf import settings

    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        home = settings.CONFIG.home
        home.mkdir(parents=True, exist_ok=True)
        settings.DATABASES["default"]["TEST"] = {
            **settings.DATABASES["default"].get("TEST", {}),
            "NAME": home / "test.db",
        }
