"""A real server over an empty installation, with capped campaigns and a key, on each database."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from almoner.campaigns.model import CampaignVersion
from almoner.intake.keys import create_key
from almoner.ledger import connect
from almoner.ledger.publish import publish
from almoner.ledger.reads import campaign_totals
from tests.server import Server
from tests.shop import NUMBERS

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Till:
    """A program with a key to a server, and a look into its ledger."""

    def __init__(self, server: Server, database: str | Path) -> None:
        self.server = server
        self.database = database
        with self.ledger() as db:
            self.token = create_key(db, "till", ["events:write", "read"], datetime.now(UTC))
        self.http = httpx.Client(base_url=server.url, timeout=60)
        while self.post(b"{").status_code == 401:
            time.sleep(0.05)  # another process's key is seen within a quarter of a second

    def ledger(self) -> Any:
        """The server's database, to be closed."""
        return closing(connect(self.database))

    def publish(self, campaign: str, **terms: Any) -> None:
        """Publish a campaign with a cause of its own."""
        version = CampaignVersion(
            campaign=campaign,
            version=1,
            cause=f"{campaign}-cause",
            unit=f"{campaign}-unit",
            scale=0,
            charity="harbor-table",
            starts_at=LONG_AGO,
            effective_from=LONG_AGO,
            **{"trigger": "manual", "rate": "1", **terms},
        )
        with self.ledger() as db:
            publish(db, version, LONG_AGO)

    def given(self, campaign: str) -> int:
        """What a campaign has pledged."""
        with self.ledger() as db:
            return campaign_totals(db).get(campaign, 0)

    def post(self, content: Any, media_type: str = "application/json", **headers: str) -> Any:
        """Send one event, or bytes as they are."""
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": media_type,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if isinstance(content, bytes):
            return self.http.post("/api/v1/events", content=content, headers=sent)
        return self.http.post("/api/v1/events", json=content, headers=sent)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def till(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    install: Callable[..., None],
) -> Iterator[Till]:
    """The one server of a module, on each database."""
    home = tmp_path_factory.mktemp("till")
    database: str | Path = home / "almoner.db"
    server = Server(home)
    if request.param == "postgresql":
        database = request.getfixturevalue("postgresql").database()
        server = Server(home, database)
    install(home, "sqlite" if request.param == "sqlite" else database)
    server.start()
    opened = Till(server, database)
    yield opened
    opened.http.close()
    server.stop()


@pytest.fixture
def number() -> int:
    """A number that no other test's event has."""
    return next(NUMBERS)
