"""Events and campaign versions, as plain frozen data.

These are also the stored forms: an event's body is kept as the JSON of its struct, a
campaign version as the JSON of `CampaignVersion`, so that any event can be run again
through the version in force when it happened and give the same pledges, byte for byte.
An event holds only what a campaign can need: no name, address, e-mail or telephone.
"""

from datetime import datetime
from fractions import Fraction
from math import gcd
from typing import Literal

import msgspec

Trigger = Literal["order", "item", "revenue", "manual"]
Limit = Literal["", "cap", "fund", "delivered"]


class Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of an order. `revenue` is minor units, after discounts, without tax."""

    id: str
    quantity: int
    revenue: int
    product: str = ""
    sku: str = ""


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was sold. `currency` is an ISO 4217 code; `tags` are the order's own.

    `taxes_included` says that this shop's refunds give a line's revenue with its tax in it.
    `returned`, in what is left of an order, is money given back that belongs to no line.
    """

    currency: str
    lines: tuple[Line, ...]
    tags: tuple[str, ...] = ()
    taxes_included: bool = False
    returned: int = 0


class RefundedLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How much of one order line came back: pieces, minor units of revenue, and of tax."""

    id: str
    quantity: int = 0
    revenue: int = 0
    tax: int = 0


class Refund(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of the order `order` (its id in the same source) was given back.

    `revenue` is money returned that belongs to no line, in minor units of `currency`.
    """

    order: str
    lines: tuple[RefundedLine, ...] = ()
    revenue: int = 0
    currency: str = ""


class Manual(msgspec.Struct, frozen=True, gc=False):
    """Somebody's entry by hand: the campaign's trigger happened `quantity` times."""

    campaign: str
    quantity: int


class CampaignVersion(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A dated promise: trigger × rate × terms. Frozen once published.

    `rate` is a rational in decimal or fraction form, in whole units of the cause: per
    order, per item, per manual entry; for `revenue` it is percent. `cap` and money are minor
    units of `unit`; without a cap, a campaign stops at `units.MAX_MINOR`. `fund` is the
    account that pays, or "" where the promise has no fund put up. Times are UTC; an event
    counts from `starts_at` until before `ends_at`, under the last version whose
    `effective_from` is not after it. `products` match a line's product
    id or SKU, `tags` an order's tags; empty means every one.
    """

    campaign: str
    version: int
    cause: str
    unit: str
    scale: int
    charity: str
    trigger: Trigger
    rate: str
    starts_at: datetime
    ends_at: datetime | None = None
    effective_from: datetime
    time_zone: str = "UTC"
    products: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cap: int | None = None
    partial: bool = True
    fund: str = ""


class Pledge(msgspec.Struct, frozen=True, gc=False):
    """What one campaign promises because of one event.

    `granted / parts` is the exact share in minor units, negative when a refund takes off.
    `amount` is the whole minor units that move now: the floor of the campaign's exact total
    after, less the floor before. `limited` says which limit withheld something of `wanted`:
    the cap, the fund, or that what a refund would take back is delivered already.
    """

    campaign: str
    version: int
    wanted: int
    granted: int
    parts: int
    amount: int
    limited: Limit = ""
    cause: str = ""
    unit: str = ""
    scale: int = 0

    @property
    def share(self) -> str:
        """`granted / parts` in lowest terms, such as `2` or `-1/3`."""
        common = gcd(self.granted, self.parts)
        over = self.parts // common
        return f"{self.granted // common}/{over}" if over > 1 else str(self.granted // common)


class Standing(msgspec.Struct, frozen=True, gc=False):
    """Where a campaign stands: exactly `due / parts` minor units pledged in all."""

    due: int = 0
    parts: int = 1

    @property
    def posted(self) -> int:
        """Whole minor units in the ledger: the floor, the remainder being carried."""
        return self.due // self.parts


def rational(text: str) -> Fraction:
    """Read `1/3`, `2` or `0.5` exactly; `ValueError` for anything else or below zero."""
    if len(text) > 40 or not text.isascii() or "e" in text.lower() or "_" in text:
        raise ValueError(f"{text[:40]!r} is not a rate: write 2, 0.5 or 1/3")
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is not a rate: write 2, 0.5 or 1/3") from None
    if value < 0:
        raise ValueError(f"{text!r} is below zero: a rate gives, it does not take")
    return value
