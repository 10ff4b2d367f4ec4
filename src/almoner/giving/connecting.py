"""What the admin tells of connections: where to send to, how each is, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.timesince import timesince

from almoner.config import LOOPBACK
from almoner.giving.guides import GUIDES, Guide
from almoner.giving.sentences import plural
from almoner.intake import deliveries
from almoner.intake.connections import Connection, Connections, read_connections
from almoner.intake.deliveries import Health
from almoner.ledger import Database
from almoner.ledger.event import instant

# A shop that sold something every day and has been silent for a week has likely lost its webhook.
QUIET = timedelta(days=7)

Level = Literal["fine", "new", "paused", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class State:
    """How a connection is: a level to colour it by, and a sentence."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A connection with everything the list shows of it."""

    connection: Connection
    title: str
    health: Health
    state: State

    @property
    def last_received(self) -> datetime | None:
        """When its last delivery came."""
        return instant(self.health.last_received) if self.health.last_received else None

    @property
    def lag(self) -> str:
        """The typical lag."""
        return lag_text(self.health.lag)

    @property
    def accepted(self) -> int:
        """Deliveries of 24 hours that were fine."""
        return self.health.count("accepted", "duplicate")

    @property
    def wrong(self) -> int:
        """Deliveries of 24 hours that were rejected or in conflict."""
        return self.health.count("rejected", "conflict")


def configured() -> Mapping[str, Mapping[str, str]]:
    """The connections of the settings file: their secrets, by name, by kind."""
    return {"shopify": settings.CONFIG.shopify}


def connections(db: Database) -> Connections:
    """Every connection."""
    return read_connections(db, configured())


def address(kind: str, name: str = "") -> str:
    """Where deliveries of a kind are sent, or those of one connection."""
    return f"{settings.CONFIG.address}/e/{kind}{f'/{name}' if name else ''}"


def unreachable() -> str:
    """Why no shop out there can send to this installation, or ""."""
    parts = urlsplit(settings.CONFIG.address)
    if parts.hostname in LOOPBACK:
        return (
            f"This installation's address is {settings.CONFIG.address}, which only this computer "
            "can reach. Set site_url to the address that the shop can reach."
        )
    if parts.scheme != "https":
        return "This address has no https, and most shops send to nothing else: set site_url."
    return ""


def guide(kind: str) -> Guide:
    """How this kind is connected."""
    return GUIDES[kind]


def overviews(db: Database, now: datetime) -> list[Overview]:
    """Every connection, as the list shows it."""
    return [overview(db, each, now) for each in connections(db).known.values()]


def overview(db: Database, connection: Connection, now: datetime) -> Overview:
    """One connection, as it is now."""
    health = deliveries.health(db, connection.kind, connection.name, now)
    last = deliveries.page(db, connection.kind, connection.name, limit=1)
    wrong = bool(last) and last[0].status == "rejected"
    found = GUIDES.get(connection.kind)
    title = found.title if found else connection.kind
    return Overview(connection, title, health, state(connection, health, now, last_wrong=wrong))


def state(connection: Connection, health: Health, now: datetime, *, last_wrong: bool) -> State:
    """How a connection is, in words: what keeps it from counting comes first."""
    if connection.paused_at:
        since = _since(instant(connection.paused_at), now)
        return State("paused", "Paused just now" if since[0] == "0" else f"Paused for {since}")
    if health.last_received is None:
        return State("new", "Waiting for its first delivery")
    if last_wrong:
        return State("wrong", "The last delivery was rejected")
    last = instant(health.last_received)
    if now - last > QUIET:
        return State("warning", f"Silent for {_since(last, now)}")
    wrong = health.count("rejected", "conflict")
    if wrong:
        return State("warning", f"Receiving; {wrong:,} of today need a look")
    return State("fine", "Receiving")


def lag_text(lag: int | None) -> str:
    """A lag as people say it."""
    if lag is None:
        return "not known yet"
    if lag < 1_000:
        return "under a second"
    for size, word in ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute")):
        if lag >= size:
            return f"{lag // size:,} {plural(word, lag // size)}"
    return f"{lag // 1_000} {plural('second', lag // 1_000)}"


def _since(then: datetime, now: datetime) -> str:
    """How long ago, in its largest unit."""
    return timesince(then, now).partition(",")[0].replace("\xa0", " ")
