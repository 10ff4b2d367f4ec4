"""From the ledger's rows to a statement's figures, exactly. A pure fold.

Guarantee: for every account of a promise, what stood at the start and what moved come to what
stands at the end, which is read the other way round; and what was pledged, topped up and taken
off comes to the growth of the exact total, rounded down. Both are asserted, so a statement
that does not tie out is never made. Amounts are whole minor units, exact ones rationals.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Literal

import msgspec

from almoner.ledger.statement import Account, Flow, Shares

Stage = Literal["held", "owed", "delivered", "confirmed"]
STAGES: tuple[Stage, ...] = ("held", "owed", "delivered", "confirmed")
# The kinds of entry in the order in which a promise lives through them.
KINDS = (
    "opening",
    "pledge",
    "top-up",
    "refund",
    "maturity",
    "delivery",
    "confirmation",
    "reversal",
    "deposit",
    "transfer",
)
PROMISING = ("pledge", "top-up", "refund")


class Place(msgspec.Struct, frozen=True, order=True):
    """Whose promise: a campaign's to a charity, counted for a cause."""

    campaign: str
    charity: str
    cause: str


class Stages(msgspec.Struct, frozen=True):
    """Minor units in each stage of a promise's life, or how they changed."""

    held: int = 0
    owed: int = 0
    delivered: int = 0
    confirmed: int = 0

    def __add__(self, other: "Stages") -> "Stages":
        return Stages(*(getattr(self, each) + getattr(other, each) for each in STAGES))

    @property
    def total(self) -> int:
        """All that is promised, wherever it is."""
        return self.held + self.owed + self.delivered + self.confirmed


class Movement(msgspec.Struct, frozen=True):
    """What entries of one kind changed."""

    kind: str
    change: Stages


class Rounding(msgspec.Struct, frozen=True):
    """Exact totals in minor units, each a rational in lowest terms such as `7/3`.

    `carried` is the part of a minor unit that is promised and not yet posted: 0 ≤ it < 1.
    """

    pledged: str
    topped_up: str
    taken_off: str
    total_before: str
    total_after: str
    carried_before: str
    carried_after: str


class Priced(msgspec.Struct, frozen=True):
    """What a version of the terms promised in the stretch, net: an exact rational."""

    version: int
    share: str


class Limited(msgspec.Struct, frozen=True):
    """How many pledges or refunds a limit held something back of."""

    limit: str
    kind: str
    pledges: int


class Figures(msgspec.Struct, frozen=True):
    """One promise's figures over a stretch, in minor units of `unit`.

    `pledges` is how many events pledged, topped up and took off, whole units or less.
    """

    place: Place
    unit: str
    scale: int
    opening: Stages
    movements: tuple[Movement, ...]
    closing: Stages
    rounding: Rounding
    by_version: tuple[Priced, ...]
    limits: tuple[Limited, ...]
    pledges: tuple[tuple[str, int], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it had happened yet: an account that was opened later."""
        return not (
            self.opening.total or self.movements or self.pledges or self.rounding.total_after != "0"
        )


class FundFigures(msgspec.Struct, frozen=True):
    """A sponsor's fund over a stretch. `paid` is what campaigns took, less what came back."""

    account: str
    unit: str
    scale: int
    opening: int
    put_in: int
    paid: int
    moved: int
    closing: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing had been put in yet."""
        return not (self.opening or self.put_in or self.paid or self.moved or self.closing)


def place_of(path: str) -> tuple[Stage, Place] | None:
    """The stage and the promise that an account belongs to, or None for any other account."""
    match path.split("/"):
        case ["campaign", campaign, "held", cause, charity]:
            return "held", Place(campaign, charity, cause)
        case ["charity", charity, "owed" | "delivered" | "confirmed" as stage, cause, campaign]:
            return stage, Place(campaign, charity, cause)
        case _:
            return None


def promises(
    accounts: Sequence[Account],
    opening: Mapping[int, int],
    flows: Sequence[Flow],
    closing: Mapping[int, int],
    shares_before: Iterable[Shares],
    shares_within: Iterable[Shares],
) -> list[Figures]:
    """The figures of every promise among the accounts, by campaign and charity.

    `opening` and `closing` hold minor units by account; flows and shares are of the stretch,
    and `shares_before` of everything before it.
    """
    before = _by_place(shares_before)
    within = _by_place(shares_within)
    return [
        _figures(place, held, opening, flows, closing, before, within)
        for place, held in sorted(_accounts_by_place(accounts).items())
    ]


def _figures(
    place: Place,
    held: Mapping[Stage, Account],
    opening: Mapping[int, int],
    flows: Sequence[Flow],
    closing: Mapping[int, int],
    before: Mapping[tuple[str, str], list[Shares]],
    within: Mapping[tuple[str, str], list[Shares]],
) -> Figures:
    first = Stages(**{stage: opening[account.id] for stage, account in held.items()})
    last = Stages(**{stage: closing[account.id] for stage, account in held.items()})
    movements = _movements(place, flows)
    moved = sum((each.change for each in movements), first)
    assert moved == last, f"{place}: {first} and what moved make {moved}, but {last} stands there"
    key = (place.campaign, place.charity)
    rounding = _rounding(before.get(key, ()), within.get(key, ()))
    posted = sum(each.change.total for each in movements if each.kind in PROMISING)
    grown = int(Fraction(rounding.total_after) // 1) - int(Fraction(rounding.total_before) // 1)
    assert posted == grown, f"{place}: {posted} was posted, the exact total grew by {grown}"
    some = next(iter(held.values()))
    return Figures(
        place,
        some.unit,
        some.scale,
        first,
        movements,
        last,
        rounding,
        _by_version(within.get(key, ())),
        _limits(within.get(key, ())),
        _pledges(within.get(key, ())),
    )


def funds(
    accounts: Sequence[Account],
    opening: Mapping[int, int],
    flows: Sequence[Flow],
    closing: Mapping[int, int],
) -> list[FundFigures]:
    """The figures of every sponsor's fund among the accounts."""
    found: list[FundFigures] = []
    for account in accounts:
        match account.path.split("/"):
            case ["sponsor", _, "fund"]:
                pass
            case _:
                continue
        change = {"put_in": 0, "paid": 0, "moved": 0}
        for flow in flows:
            if flow.unit != account.unit or account.path not in (flow.debit, flow.credit):
                continue
            sign = 1 if flow.credit == account.path else -1
            if flow.kind in PROMISING:
                change["paid"] -= sign * flow.minor
            else:
                change["put_in" if flow.kind == "deposit" else "moved"] += sign * flow.minor
        first, last = opening[account.id], closing[account.id]
        made = first + change["put_in"] - change["paid"] + change["moved"]
        assert made == last, f"{account.path}: {made} by its movements, but {last} stands there"
        found.append(
            FundFigures(account.path, account.unit, account.scale, first, closing=last, **change)
        )
    return found


def given(shares: Iterable[Shares]) -> dict[str, tuple[int, Fraction]]:
    """What each campaign promised to all its charities together, in minor units.

    In whole ones, each charity's rounded down, and exactly.
    """
    found: dict[str, tuple[int, Fraction]] = {}
    for (campaign, _), of_place in _by_place(shares).items():
        whole, total = found.get(campaign, (0, Fraction(0)))
        exact = _exact(of_place)
        found[campaign] = whole + int(exact // 1), total + exact
    return found


def _accounts_by_place(accounts: Iterable[Account]) -> dict[Place, dict[Stage, Account]]:
    found: dict[Place, dict[Stage, Account]] = {}
    for account in accounts:
        stage = place_of(account.path)
        if stage is not None:
            found.setdefault(stage[1], {})[stage[0]] = account
    return found


def _by_place(shares: Iterable[Shares]) -> dict[tuple[str, str], list[Shares]]:
    found: dict[tuple[str, str], list[Shares]] = {}
    for each in shares:
        found.setdefault((each.campaign, each.charity), []).append(each)
    return found


def _movements(place: Place, flows: Iterable[Flow]) -> tuple[Movement, ...]:
    change: dict[str, Stages] = {}
    for flow in flows:
        for path, sign in ((flow.debit, -1), (flow.credit, 1)):
            found = place_of(path)
            if found is not None and found[1] == place:
                at = Stages(**{found[0]: sign * flow.minor})
                change[flow.kind] = change.get(flow.kind, Stages()) + at
    return tuple(Movement(kind, change[kind]) for kind in sorted(change, key=KINDS.index))


def _rounding(before: Iterable[Shares], within: Iterable[Shares]) -> Rounding:
    start = _exact(before)
    by_kind = {kind: _exact(each for each in within if each.kind == kind) for kind in PROMISING}
    end = start + sum(by_kind.values())
    assert min(start, end) >= 0, f"promised in all: {start}, then {end}"
    return Rounding(
        str(by_kind["pledge"]),
        str(by_kind["top-up"]),
        str(-by_kind["refund"]),
        str(start),
        str(end),
        str(start % 1),
        str(end % 1),
    )


def _exact(shares: Iterable[Shares]) -> Fraction:
    return sum((Fraction(each.share) * each.pledges for each in shares), Fraction(0))


def _by_version(shares: Iterable[Shares]) -> tuple[Priced, ...]:
    found: dict[int, Fraction] = {}
    for each in shares:
        made = Fraction(each.share) * each.pledges
        found[each.version] = found.get(each.version, Fraction(0)) + made
    return tuple(Priced(version, str(found[version])) for version in sorted(found))


def _limits(shares: Iterable[Shares]) -> tuple[Limited, ...]:
    found: dict[tuple[str, str], int] = {}
    for each in shares:
        if each.limited:
            key = (each.limited, each.kind)
            found[key] = found.get(key, 0) + each.pledges
    return tuple(Limited(limit, kind, found[limit, kind]) for limit, kind in sorted(found))


def _pledges(shares: Iterable[Shares]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for each in shares:
        found[each.kind] = found.get(each.kind, 0) + each.pledges
    return tuple((kind, found[kind]) for kind in PROMISING if kind in found)
