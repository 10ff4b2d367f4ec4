"""What was already given: all that a rule needs to know of the past.

`Given` is what the rules ask; the ledger answers from its tables under its lock, `Memory`
from itself: for previews, and for whoever wants to follow the rules by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from almoner.campaigns.model import CampaignVersion, Limit, Occasion, Pledge, Standing


class Scope(NamedTuple):
    """A limit besides the campaign's own cap: its name, what may be given, and for whom.

    `key` says what its use is added up under; "" for an event that is by itself.
    """

    limit: Limit
    minor: int
    key: str


class Given(Protocol):
    """What was given, and what is left to give."""

    def standing(self, campaign: str, charity: str) -> Standing:
        """Where a campaign stands with one charity."""
        ...

    def used(self, key: str) -> Fraction:
        """Exact minor units given under a scope."""
        ...

    def left(self, version: CampaignVersion) -> int | None:
        """Minor units left in the fund that pays, or None without a fund."""
        ...

    def add(self, version: CampaignVersion, made: Pledge, scopes: Sequence[Scope]) -> None:
        """Take note of a pledge."""
        ...


def after(standing: Standing, made: Pledge) -> Standing:
    """The standing once `made` is in the ledger."""
    widened = made.parts // standing.parts
    due = standing.due * widened + made.granted
    matured = standing.matured * widened + (0 if made.held else made.granted)
    assert 0 <= matured <= due, f"{made.campaign} would stand at {matured} of {due}/{made.parts}"
    return Standing(due, made.parts, matured)


def scopes(version: CampaignVersion, body: Occasion, when: datetime) -> Sequence[Scope]:
    """The limits, besides its cap, that a version sets to an event."""
    if version.daily_cap is None and version.reader_cap is None and version.sponsor_cap is None:
        return ()
    found: list[Scope] = []
    if version.daily_cap is not None:
        day = when.astimezone(ZoneInfo(version.time_zone)).date().isoformat()
        found.append(Scope("daily cap", version.daily_cap, f"day/{version.campaign}/{day}"))
    if version.reader_cap is not None:
        # Whoever has no pseudonym is somebody else each time.
        reader = getattr(body, "reader", "")
        key = f"reader/{version.campaign}/{reader}" if reader else ""
        found.append(Scope("reader cap", version.reader_cap, key))
    return [*found, *sponsor_scopes(version)]


def sponsor_scopes(version: CampaignVersion) -> Sequence[Scope]:
    """The limit of its sponsor, which holds for a top-up too: it is of no day and no reader."""
    if version.sponsor_cap is None:
        return ()
    key = f"sponsor/{version.sponsor}/{version.unit}"
    return (Scope("sponsor cap", version.sponsor_cap, key),)


@dataclass(slots=True)
class Memory:
    """What was given, kept in memory. `funds` are what is left in them, by account."""

    funds: dict[str, int] = field(default_factory=dict[str, int])
    standings: dict[tuple[str, str], Standing] = field(
        default_factory=dict[tuple[str, str], Standing]
    )
    uses: dict[str, Fraction] = field(default_factory=dict[str, Fraction])

    def standing(self, campaign: str, charity: str) -> Standing:
        """Where a campaign stands with one charity."""
        return self.standings.get((campaign, charity), Standing())

    def used(self, key: str) -> Fraction:
        """Exact minor units given under a scope."""
        return self.uses.get(key, Fraction(0))

    def left(self, version: CampaignVersion) -> int | None:
        """Minor units left in the fund that pays; one that is not told of never ends."""
        return self.funds.get(version.fund) if version.fund else None

    def add(self, version: CampaignVersion, made: Pledge, scopes: Sequence[Scope]) -> None:
        """Take note of a pledge, or of what a refund takes off one."""
        at = made.campaign, made.charity
        self.standings[at] = after(self.standing(*at), made)
        if version.fund in self.funds:
            self.funds[version.fund] -= made.amount
        for scope in scopes:
            if scope.key:
                share = Fraction(made.granted, made.parts)
                self.uses[scope.key] = self.used(scope.key) + share
