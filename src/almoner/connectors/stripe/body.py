"""What is decoded of Stripe's events and of the objects in them.

Names, streets, e-mails, telephones and cards have no field here, so they are never decoded.
"""

from typing import Annotated, Literal

import msgspec

from almoner.intake.wire import MAX_LINES

# Stripe counts in 64 bits; below zero where a balance is owed.
Count = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=150, pattern=r"^\w+$(?!\n)")]


class Metadata(msgspec.Struct, frozen=True):
    """What the shop itself wrote to a payment, for us."""

    almoner_kind: Literal["", "product", "gift", "round-up", "gift-card"] = ""
    almoner_sku: str = ""
    almoner_quantity: str = "1"


class Address(msgspec.Struct, frozen=True):
    """The codes of an address."""

    country: str | None = None
    state: str | None = None


class Addressed(msgspec.Struct, frozen=True):
    """Where something went, or who paid."""

    address: Address | None = None


class Totals(msgspec.Struct, frozen=True):
    """What a session's total is made of."""

    amount_discount: Count | None = None
    amount_shipping: Count | None = None
    amount_tax: Count | None = None


class ShippingCost(msgspec.Struct, frozen=True):
    """Shipping, with its tax in the total."""

    amount_total: Count = 0
    amount_tax: Count = 0


class Session(msgspec.Struct, frozen=True):
    """A checkout session."""

    id: Reference
    payment_status: str
    currency: str | None = None
    amount_total: Count | None = None
    payment_intent: Reference | None = None
    created: int | None = None
    customer: str | None = None
    customer_details: Addressed | None = None
    shipping: Addressed | None = None
    shipping_details: Addressed | None = None
    metadata: Metadata | None = None
    shipping_cost: ShippingCost | None = None
    total_details: Totals | None = None


class Charge(msgspec.Struct, frozen=True):
    """A payment intent or a charge: what of them is read has the same names."""

    id: Reference
    currency: str
    amount: Count
    amount_received: Count | None = None
    amount_captured: Count | None = None
    captured: bool = True
    payment_intent: Reference | None = None
    customer: str | None = None
    shipping: Addressed | None = None
    billing_details: Addressed | None = None
    metadata: Metadata | None = None


class Refund(msgspec.Struct, frozen=True):
    """A refund."""

    id: Reference
    amount: Count
    currency: str
    created: int
    status: str | None = None
    payment_intent: Reference | None = None
    charge: Reference | None = None


class Refunds(msgspec.Struct, frozen=True):
    """A charge's refunds, as older API versions list them."""

    data: Annotated[list[Refund], msgspec.Meta(max_length=MAX_LINES)]
    has_more: bool = False


class RefundedCharge(msgspec.Struct, frozen=True):
    """A charge that something was given back of."""

    id: Reference
    payment_intent: Reference | None = None
    refunds: Refunds | None = None


class Dispute(msgspec.Struct, frozen=True):
    """A dispute."""

    id: Reference
    amount: Count
    currency: str
    status: str
    payment_intent: Reference | None = None
    charge: Reference | None = None


class Data(msgspec.Struct, frozen=True):
    """Holds the object that an event is about."""

    object: msgspec.Raw


class Envelope(msgspec.Struct, frozen=True):
    """An event."""

    type: str
    data: Data
    created: int
    livemode: bool = True


class KeptData(msgspec.Struct, frozen=True):
    """Every key that any of the objects is read by."""

    object: Session | Charge | Refund | RefundedCharge | Dispute


class Kept(msgspec.Struct, frozen=True):
    """Every key that an event is read by."""

    type: str
    data: KeptData
    created: int
    livemode: bool = True
