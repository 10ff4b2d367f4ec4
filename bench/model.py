"""What a ledger must hold after some events: the rules again, in a few plain lines.

Written apart from `almoner.campaigns.rules` on purpose, for sales of one line each: two
programs that agree after a crash are unlikely to be wrong in the same way.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from almoner.campaigns.model import CampaignVersion

Key = tuple[str, str]  # source and id
CAP = 400
_SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def campaign(
    slug: str, cause: str, unit: str, trigger: str, rate: str, cap: int | None
) -> CampaignVersion:
    """A campaign that has always run."""
    return CampaignVersion(
        campaign=slug,
        version=1,
        cause=cause,
        unit=unit,
        scale=2 if unit.isupper() else 0,
        charity="harbor-table",
        trigger=trigger,  # type: ignore[arg-type]
        rate=rate,
        cap=cap,
        starts_at=_SINCE,
        effective_from=_SINCE,
    )


CAMPAIGNS = [
    campaign("third-helping", "meals", "meal", "item", "1/3", None),
    campaign("warm-nights", "blankets", "blanket", "order", "1", CAP),
    campaign("tails-and-trails", "service-dogs", "USD", "revenue", "5", None),
]


@dataclass(frozen=True, slots=True)
class Sale:
    """An order of one line: so many pieces at so many cents."""

    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Return:
    """Pieces of the order `order` that came back at its price."""

    order: Key
    quantity: int
    price: int


@dataclass(slots=True)
class Model:
    """`due` is what each campaign has promised, exactly."""

    due: dict[str, Fraction] = field(
        default_factory=lambda: {each.campaign: Fraction(0) for each in CAMPAIGNS}
    )
    _left: dict[Key, Sale] = field(default_factory=dict[Key, Sale])
    _held: dict[tuple[Key, str], Fraction] = field(default_factory=dict[tuple[Key, str], Fraction])
    _early: dict[Key, list[Return]] = field(default_factory=dict[Key, list[Return]])

    def add(self, key: Key, event: Sale | Return) -> None:
        """Count an event once, in the order the ledger took it."""
        if isinstance(event, Sale):
            self._left[key] = event
            for each in CAMPAIGNS:
                cap = self.due[each.campaign] + 10**9 if each.cap is None else each.cap
                granted = min(_share(each, event), cap - self.due[each.campaign])
                self._held[key, each.campaign] = granted
                self.due[each.campaign] += granted
            for back in self._early.pop(key, []):
                self._take(back)
        elif event.order in self._left:
            self._take(event)
        else:
            self._early.setdefault(event.order, []).append(event)

    def _take(self, back: Return) -> None:
        was = self._left[back.order]
        left = self._left[back.order] = Sale(max(0, was.quantity - back.quantity), was.price)
        for each in CAMPAIGNS:
            held = self._held[back.order, each.campaign]
            keeps = min(held, _share(each, left))
            self._held[back.order, each.campaign] = keeps
            self.due[each.campaign] -= held - keeps


def _share(version: CampaignVersion, sale: Sale) -> Fraction:
    rate = Fraction(version.rate)
    if version.trigger == "revenue":
        return rate / 100 * sale.quantity * sale.price
    return rate * (sale.quantity if version.trigger == "item" else min(1, sale.quantity))
