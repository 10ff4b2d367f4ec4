"""Plays a case of the golden table through the pure rules, and through a real ledger.

`Rules` is the whole of giving in a screen: what a ledger does around the rules, without one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Protocol

import msgspec

from almoner.campaigns import rules
from almoner.campaigns.force import Index
from almoner.campaigns.given import Memory, Scope, scopes, sponsor_scopes
from almoner.campaigns.model import Action, CampaignVersion, Manual, Order, Pledge, Refund
from almoner.campaigns.refunds import net
from almoner.ledger import Event, Ledger, Posting, Transfer, reads
from almoner.ledger.publish import publish
from almoner.ledger.upkeep import mature, top_up
from almoner.units import Amount, Unit
from tests.campaigns.golden import Case, Delivery, Step

Limits = dict[tuple[str, str], str]


class Player(Protocol):
    """Takes the steps of a case; returns what held something back, by campaign and charity."""

    def take(self, step: Step) -> Limits: ...

    def total(self, campaign: str, charity: str) -> Fraction: ...

    def balance(self, account: str, campaign: str, charity: str) -> int: ...


def differences(case: Case, player: Player) -> Iterator[str]:
    """Where a player comes to something else than the table."""
    for number, step in enumerate(case.steps, 1):
        limits = player.take(step)
        for stands in step.after:
            version = case.versions[stands.campaign]
            charities = [stands.charity] if stands.charity else [p.charity for p in version.parts]
            if stands.account:
                found: Fraction | int = sum(
                    player.balance(stands.account, stands.campaign, each) for each in charities
                )
            else:
                found = sum(player.total(stands.campaign, each) for each in charities)
            name = f"step {number}: {stands.campaign} {stands.charity} {stands.account}"
            if found != stands.minor:
                yield f"{name} is {found}, not {stands.minor}"
            limited = {limits.get((stands.campaign, each), "") for each in charities} - {""}
            told = "".join(limited)
            if stands.limited is not None and stands.limited != told:
                yield f"{name} is held back by {told!r}, not by {stands.limited!r}"


# Through the rules alone


@dataclass
class Held:
    """What one campaign promised to one charity for one event."""

    version: CampaignVersion
    share: Fraction
    matures: datetime
    limits: list[Scope]
    waiting: bool
    carried: Fraction = Fraction(0)


@dataclass
class Rules:
    """Giving by the rules alone."""

    case: Case
    given: Memory = field(default_factory=Memory)
    published: dict[str, list[CampaignVersion]] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    holdings: dict[str, dict[tuple[str, str], Held]] = field(default_factory=dict)
    delivered: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.given.funds = {fund: minor for (fund, _, _), minor in self.case.funds.items()}
        self.published = {name: [version] for name, version in self.case.versions.items()}

    def take(self, step: Step) -> Limits:
        """Take a step."""
        match step.what:
            case Order() | Manual() | Action():
                return self._promise(step.ref, step.what, step.when)
            case Refund():
                return self._refund(step.what)
            case Delivery():
                at = step.what.campaign, step.what.charity
                self.delivered[at] = self.delivered.get(at, 0) + step.what.minor
            case CampaignVersion():
                self.published[step.ref].append(step.what)
            case None:
                self._top_up(step.when)
                self._mature(step.when)
        return {}

    def total(self, campaign: str, charity: str) -> Fraction:
        """What was promised in all."""
        standing = self.given.standing(campaign, charity)
        return Fraction(standing.due, standing.parts)

    def balance(self, account: str, campaign: str, charity: str) -> int:
        """What is held, or owed."""
        standing = self.given.standing(campaign, charity)
        if account == "held":
            return standing.posted - standing.ripe
        return standing.ripe - self.delivered.get((campaign, charity), 0)

    def _promise(self, ref: str, body: Order | Manual | Action, when: datetime) -> Limits:
        versions = Index(self.published).covering(body, when)
        made = rules.pledges(body, when, versions, self.given)
        if isinstance(body, Order):
            self.orders[ref] = body
        self.holdings[ref] = {
            (each.campaign, each.charity): Held(
                version,
                Fraction(each.granted, each.parts),
                when + timedelta(days=version.hold_days),
                list(scopes(version, body, when)),
                each.held,
            )
            for version, each in made
        }
        for at in self.holdings[ref]:
            self._collect(at)
        return _limits([each for _, each in made])

    def _refund(self, body: Refund) -> Limits:
        order = self.orders[body.order] = net(self.orders[body.order], [body])
        keeps: dict[str, Fraction] = {}
        made: list[Pledge] = []
        holdings = self.holdings[body.order]
        for at in sorted(holdings, key=lambda at: holdings[at].version.trigger == "match"):
            held = holdings[at]
            if held.version.trigger == "match":
                rate = rules.minor_rate("match", held.version.rate, held.version.scale)
                left = keeps[held.version.matches] * rate * rules.part_of(held.version, at[1])
            else:
                left = rules.keeps(held.version, at[1], order)
            left = min(held.share, left)
            keeps[at[0]] = keeps.get(at[0], Fraction(0)) + left
            made += self._reverse(at, held, left)
            held.carried = held.share - left
        return _limits(made)

    def _reverse(self, at: tuple[str, str], held: Held, keeps: Fraction) -> list[Pledge]:
        owed = None if held.waiting else self.balance("owed", *at)
        standing = self.given.standing(*at)
        back = rules.take_off(held.version, at[1], held.share, keeps, standing, owed)
        if back is None:
            return []
        self.given.add(held.version, back, held.limits)
        held.share += Fraction(back.granted, back.parts)
        return [back]

    def _collect(self, at: tuple[str, str]) -> None:
        for holdings in self.holdings.values():
            held = holdings.get(at)
            if held is not None and held.carried:
                keeps = held.share - held.carried
                self._reverse(at, held, keeps)
                held.carried = held.share - keeps

    def _mature(self, now: datetime) -> None:
        for holdings in self.holdings.values():
            for at, held in holdings.items():
                if held.waiting and held.matures <= now:
                    held.waiting = False
                    standing = self.given.standing(*at)
                    parts = standing.parts * held.share.denominator
                    ripe = int((Fraction(standing.matured, standing.parts) + held.share) * parts)
                    due = standing.due * held.share.denominator
                    self.given.standings[at] = type(standing)(due, parts, ripe)
                    self._collect(at)

    def _top_up(self, now: datetime) -> None:
        for versions in self.published.values():
            last = versions[-1]
            if last.minimum is None or last.ends_at is None or last.ends_at > now:
                continue
            given = sum(self.total(last.campaign, part.charity) for part in last.parts)
            if given < last.minimum:
                at_once = msgspec.structs.replace(last, hold_days=0)
                limits = sponsor_scopes(last)
                for made in rules.grant(at_once, last.minimum - given, self.given, limits):
                    self.given.add(last, made, limits)


def _limits(pledges: list[Pledge]) -> Limits:
    return {(each.campaign, each.charity): each.limited for each in pledges if each.limited}


# Through a ledger


class Book:
    """Giving by a real ledger."""

    def __init__(self, case: Case, ledger: Ledger) -> None:
        self.case, self.ledger = case, ledger
        first = min(step.when for step in case.steps)
        self.now = first - timedelta(days=1)
        for version in case.versions.values():
            if version.trigger != "match":
                publish(ledger.db, version, self.now)
        for version in case.versions.values():
            if version.trigger == "match":
                publish(ledger.db, version, self.now)
        for (fund, unit, scale), minor in case.funds.items():
            if minor:
                amount = Amount(_unit(unit, scale), minor)
                put = Transfer((Posting("external", fund, amount),))
                self._append(Event("admin", f"deposit-{unit}", "deposit", self.now, put))

    def take(self, step: Step) -> Limits:
        """Take a step. The ledger's own clock never goes back."""
        self.now = max(self.now, step.when)
        match step.what:
            case Order():
                return self._append(Event("shop", step.ref, "order", step.when, step.what))
            case Manual():
                return self._append(Event("admin", step.ref, "manual", step.when, step.what))
            case Action():
                return self._append(Event("site", step.ref, "action", step.when, step.what))
            case Refund():
                return self._append(Event("shop", step.ref, "refund", step.when, step.what))
            case Delivery():
                return self._deliver(step.ref, step.what)
            case CampaignVersion():
                publish(self.ledger.db, step.what, self.now)
            case None:
                top_up(self.ledger, self.now)
                mature(self.ledger, self.now)
        return {}

    def total(self, campaign: str, charity: str) -> Fraction:
        """What was promised in all."""
        row = self.ledger.db.row(
            "SELECT due, parts FROM ledger_standing WHERE campaign = ? AND charity = ?",
            (campaign, charity),
        )
        return Fraction(int(row[0]), int(row[1])) if row else Fraction(0)

    def balance(self, account: str, campaign: str, charity: str) -> int:
        """What is held, or owed."""
        path = f"campaign/{campaign}/held/{campaign}/{charity}"
        if account == "owed":
            path = f"charity/{charity}/owed/{campaign}/{campaign}"
        return reads.balance(self.ledger.db, path, self.case.versions[campaign].unit)

    def _deliver(self, ref: str, what: Delivery) -> Limits:
        version = self.case.versions[what.campaign]
        owed, delivered = (
            f"charity/{what.charity}/{state}/{version.cause}/{what.campaign}"
            for state in ("owed", "delivered")
        )
        amount = Amount(_unit(version.unit, version.scale), what.minor)
        moved = Transfer((Posting(owed, delivered, amount),))
        return self._append(Event("admin", ref, "delivery", self.now, moved))

    def _append(self, event: Event) -> Limits:
        (outcome,) = self.ledger.append([event], self.now)
        assert outcome.status not in ("refused", "conflict", "duplicate"), outcome
        return _limits(list(outcome.pledges))


def _unit(code: str, scale: int) -> Unit:
    return Unit(code, "money" if code.isupper() else "count", scale)
