"""A receiver on loopback, a clock that can be put forward, and giving's own world."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from almoner.notices.models import Endpoint
from almoner.notices.webhooks import make_secret
from tests.giving.conftest import (  # noqa: F401 - fixtures
    _uncollected_static_files,
    administrator,
    django_db_modify_db_settings,
    harbor,
    ledger,
    logged_in,
    make_campaign,
    meals,
    mills,
    send,
)
from tests.notices.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes webhooks."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def private(settings: Any) -> None:
    """Allow addresses of loopback, where the receivers are."""
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, webhooks_private=True)


@pytest.fixture
def endpoint(transactional_db: None, receiver: Receiver, private: None) -> Endpoint:
    """An endpoint for everything, at the receiver."""
    return Endpoint.objects.create(url=receiver.url, secret=make_secret())


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts the clock forward."""
    real, ahead = timezone.now, [timedelta(0)]
    monkeypatch.setattr(timezone, "now", lambda: real() + ahead[0])

    def _later(**how: float) -> None:
        ahead[0] += timedelta(**how)

    return _later
