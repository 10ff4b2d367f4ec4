"""Something owed, and the people who settle it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from almoner.giving import publishing
from almoner.giving.models import Campaign, Charity
from almoner.people.roles import FINANCE
from almoner.settlement import deliveries
from almoner.settlement.models import Delivery
from tests.giving.conftest import (  # noqa: F401 - fixtures of the room below
    _uncollected_static_files,
    administrator,
    book,
    django_db_modify_db_settings,
    dogs,
    harbor,
    ledger,
    logged_in,
    make_campaign,
    meals,
    mills,
    send,
)

TODAY = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    """Documents of a test lie in the test's own home."""
    import msgspec

    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, home=tmp_path)


@pytest.fixture
def bowls(make_campaign: Callable[..., Campaign]) -> Campaign:  # noqa: F811
    """A published campaign: two meals an item."""
    campaign = make_campaign(ends_on=None)
    publishing.publish_draft(campaign, datetime(2026, 4, 1, tzinfo=UTC))
    return campaign


@pytest.fixture
def owe(bowls: Campaign, send: Callable[..., Any]) -> Callable[..., None]:  # noqa: F811
    """Makes `meals` owed to Harbor Table through May Bowls."""

    def _owe(meals: int, ref: str = "order-1", when: datetime = TODAY) -> None:  # noqa: F811
        send(ref, when, quantity=meals // 2)

    return _owe


@pytest.fixture
def prepare(bowls: Campaign, harbor: Charity) -> Callable[..., Delivery]:  # noqa: F811
    """Prepares a delivery of so many meals, handed over today."""

    def _prepare(meals: int = 10, reference: str = "WB-1", day: date | None = None) -> Delivery:  # noqa: F811
        return deliveries.prepare(
            harbor, [(bowls, bowls.cause, meals)], day or TODAY.date(), reference
        )

    return _prepare


@pytest.fixture
def sent(
    owe: Callable[..., None],
    prepare: Callable[..., Delivery],
    finance_user: Any,
) -> Delivery:
    """A delivery of ten meals that is on its way, of twelve that were owed."""
    owe(12)
    return deliveries.send(prepare(), finance_user, TODAY)


@pytest.fixture
def finance_user(transactional_db: None) -> Any:
    """Who settles."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from almoner.people.roles import establish_roles

    establish_roles()
    user = get_user_model().objects.create_user(
        "fin", email="fin@almoner.test", first_name="Ida", last_name="Quist"
    )
    user.groups.add(Group.objects.get(name=FINANCE))
    return user


@pytest.fixture
def finance(finance_user: Any) -> Client:
    """The browser of who settles."""
    client = Client()
    client.force_login(finance_user)
    return client


BOWLS = "may-bowls/meals"
SOON = timedelta(minutes=1)
