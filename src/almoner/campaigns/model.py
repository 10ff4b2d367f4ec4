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

Trigger = Literal[
    "order",
    "item",
    "revenue",
    "gift",
    "round-up",
    "sign-up",
    "read",
    "visit",
    "manual",
    "match",
]
Limit = Literal[
    "", "cap", "daily cap", "reader cap", "sponsor cap", "fund", "delivered", "another campaign"
]
LineKind = Literal["product", "gift", "round-up", "gift-card"]
Basis = Literal["discounts", "tax", "shipping"]


class Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of an order. Money is minor units of the order's currency.

    `revenue` is after discounts and without tax; `discount` and `tax` are what was left out
    of it. `collections` are what the shop sorts the product under: collections, categories
    or tags. A `gift` or a `round-up` is money that the buyer gives; a sold `gift-card` is no
    sale yet. `sold`, in what is left of an order, is the revenue before anything came back.
    """

    id: str
    quantity: int
    revenue: int
    product: str = ""
    sku: str = ""
    kind: LineKind = "product"
    collections: tuple[str, ...] = ()
    discount: int = 0
    tax: int = 0
    sold: int = 0


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was sold or given. `currency` is an ISO 4217 code; `tags` are the order's own.

    `taxes_included` says that this shop's refunds give a line's revenue with its tax in it.
    `returned`, in what is left of an order, is money given back that belongs to no line.
    `shipping` is without its tax; `shipped`, in what is left, is shipping before anything of it
    came back. `place` is where the buyer is: ISO 3166-1 alpha-2 or, with
    its part of the country, ISO 3166-2 (`US`, `US-AL`). `reader` is a pseudonym of who bought.
    """

    currency: str
    lines: tuple[Line, ...]
    tags: tuple[str, ...] = ()
    taxes_included: bool = False
    returned: int = 0
    shipping: int = 0
    shipping_tax: int = 0
    shipped: int = 0
    place: str = ""
    reader: str = ""


class RefundedLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How much of one order line came back: pieces, minor units of revenue, and of tax."""

    id: str
    quantity: int = 0
    revenue: int = 0
    tax: int = 0


class Refund(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of the order `order` (its id in the same source) was given back.

    `revenue` is money returned that belongs to no line, `shipping` what was given back of
    shipping without its tax, both in minor units of `currency`.
    """

    order: str
    lines: tuple[RefundedLine, ...] = ()
    revenue: int = 0
    currency: str = ""
    shipping: int = 0


class Manual(msgspec.Struct, frozen=True, gc=False):
    """Somebody's entry by hand: the campaign's trigger happened `quantity` times."""

    campaign: str
    quantity: int


class Action(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What readers did without paying, `quantity` times. `tags` are the story's or form's.

    A batch of reads is one action: of one `story`, `root` being the Merkle root over its reads
    (`log.batch`), hexadecimal. `without` are the campaigns whose brake was on when it happened:
    they give nothing for it, then or in a replay.
    """

    kind: Literal["sign-up", "read", "visit"]
    quantity: int = 1
    tags: tuple[str, ...] = ()
    place: str = ""
    reader: str = ""
    story: str = ""
    root: str = ""
    without: tuple[str, ...] = ()


Occasion = Order | Manual | Action


class Tier(msgspec.Struct, frozen=True, gc=False):
    """From `at` on, the whole of an event gives by `rate`.

    `at` is pieces where items are counted, else minor units of the order's money.
    """

    at: int
    rate: str


class Part(msgspec.Struct, frozen=True, gc=False):
    """A charity's part of a split promise: `weight` out of the sum of all weights."""

    charity: str
    weight: int


class CampaignVersion(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A dated promise: trigger × rate × terms. Frozen once published.

    `rate` is a rational in decimal or fraction form: whole units of the cause for each order,
    item, action or entry; percent of the money for `revenue`, `gift` and `round-up`; for
    `match`, units for each unit that the campaign `matches` gives. With `price`, what the rate
    gives is money of `currency`, and buys units of the cause at that price each. `tiers`, in
    ascending order, take the place of the rate from their thresholds on. `including` says what
    revenue is counted with, beyond what is paid for the goods alone.

    Every limit is minor units of `unit`: `cap` in all (without one a campaign stops at
    `units.MAX_MINOR`), `daily_cap` a day of the campaign's calendar, `reader_cap` a reader,
    `sponsor_cap` what all campaigns of `sponsor` that name one give together. `minimum` is
    topped up after the end. `fund` is the account that pays, or "" where no fund is put up.

    Times are UTC; an event counts from `starts_at` until before `ends_at`, under the last
    version whose `effective_from` is not after it. `products` match a line's product id or
    SKU, `collections` one of its collections, `tags` an event's tags; `countries` and
    `excluded` where the buyer is (`US` covers `US-AL`). Empty means every one. A pledge is held
    for `hold_days`. Of the campaigns in one `group` the first, by `rank` and then by name, that
    gives something keeps the event to itself. `deliver_days` is how long the charity may wait.
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
    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    including: tuple[Basis, ...] = ()
    currency: str = ""
    price: str = ""
    tiers: tuple[Tier, ...] = ()
    cap: int | None = None
    daily_cap: int | None = None
    reader_cap: int | None = None
    sponsor_cap: int | None = None
    minimum: int | None = None
    partial: bool = True
    fund: str = ""
    sponsor: str = ""
    split: tuple[Part, ...] = ()
    matches: str = ""
    hold_days: int = 0
    group: str = ""
    rank: int = 0
    deliver_days: int = 0

    @property
    def money(self) -> str:
        """The currency that this promise counts money in, or "" where it counts none."""
        return self.unit if self.unit.isupper() else self.currency

    @property
    def parts(self) -> tuple[Part, ...]:
        """Who receives, the whole to the one charity where nothing is split."""
        return self.split or (Part(self.charity, 1),)


class Pledge(msgspec.Struct, frozen=True, gc=False):
    """What one campaign promises to one charity because of one event.

    `granted / parts` is the exact share in minor units, negative when a refund takes off.
    `amount` is the whole minor units that move now: the floor of the campaign's exact total
    after, less the floor before. `limited` says which limit withheld something of `wanted`:
    a cap, the fund, or that what a refund would take back is delivered already. `held` says
    that it is inside its return window.
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
    charity: str = ""
    held: bool = False

    @property
    def share(self) -> str:
        """`granted / parts` in lowest terms, such as `2` or `-1/3`."""
        common = gcd(self.granted, self.parts)
        over = self.parts // common
        return f"{self.granted // common}/{over}" if over > 1 else str(self.granted // common)


class Standing(msgspec.Struct, frozen=True, gc=False):
    """Where a campaign stands with a charity, in exact minor units.

    `due / parts` was pledged in all, `matured / parts` of it is past its return window.
    """

    due: int = 0
    parts: int = 1
    matured: int = 0

    @property
    def posted(self) -> int:
        """Whole minor units in the ledger: the floor, the remainder being carried."""
        return self.due // self.parts

    @property
    def ripe(self) -> int:
        """Whole minor units past their hold: no longer in the campaign's held account."""
        return self.matured // self.parts


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
