"""What is decoded of Shopify's REST Order and Refund resources, API version 2026-07.

Names, streets, e-mails and telephones have no field here, so they are never decoded.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from almoner.intake.wire import MAX_LINES, Quantity

Time = Annotated[datetime, msgspec.Meta(tz=True)]
# Shopify numbers everything in 64 bits.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Allocation(msgspec.Struct, frozen=True):
    """A discount's part that falls on one line."""

    amount: Decimal


class TaxLine(msgspec.Struct, frozen=True):
    """One tax on one line."""

    price: Decimal


class Property(msgspec.Struct, frozen=True):
    """The name alone of what a theme or an app noted at a line; values are the buyer's words."""

    name: str = ""


class Line(msgspec.Struct, frozen=True):
    """A line of an order."""

    id: Number
    quantity: Quantity
    price: Decimal
    product_id: Number | None = None
    sku: str | None = None
    gift_card: bool | None = None
    properties: list[Property] | None = None
    total_discount: Decimal = Decimal(0)
    discount_allocations: list[Allocation] | None = None
    tax_lines: list[TaxLine] = []


class ShippingLine(msgspec.Struct, frozen=True):
    """A way of shipping that was paid for."""

    price: Decimal
    discounted_price: Decimal | None = None
    discount_allocations: list[Allocation] | None = None
    tax_lines: list[TaxLine] = []


class Address(msgspec.Struct, frozen=True):
    """The codes of an address."""

    country_code: str | None = None
    province_code: str | None = None


class Customer(msgspec.Struct, frozen=True):
    """The number of a customer: a reader's pseudonym is made of it."""

    id: Number | None = None


class Money(msgspec.Struct, frozen=True):
    """An amount in one currency."""

    amount: Decimal
    currency_code: str


class MoneySet(msgspec.Struct, frozen=True):
    """An amount in the shop's own currency, whatever the buyer paid in."""

    shop_money: Money


class SoldLine(msgspec.Struct, frozen=True):
    """The order's line inside a refunded one."""

    price: Decimal = Decimal(0)


class RefundLine(msgspec.Struct, frozen=True):
    """How much of a line came back."""

    line_item_id: Number
    quantity: Quantity
    subtotal: Decimal | None = None
    total_tax: Decimal = Decimal(0)
    subtotal_set: MoneySet | None = None
    total_tax_set: MoneySet | None = None
    line_item: SoldLine = SoldLine()


class Adjustment(msgspec.Struct, frozen=True):
    """Money beyond the lines: below zero where it was given back."""

    amount: Decimal
    kind: str = ""
    amount_set: MoneySet | None = None


class RefundedShipping(msgspec.Struct, frozen=True):
    """Shipping that was given back, without its tax."""

    subtotal_amount_set: MoneySet | None = None


class Other(msgspec.Struct, frozen=True):
    """A duty or a fee that was given back: that there is one is all that counts."""


class Transaction(msgspec.Struct, frozen=True):
    """Money that moved, in the currency that it moved in."""

    kind: str = ""
    status: str = ""
    amount: Decimal | None = None
    currency: str | None = None


class Refund(msgspec.Struct, frozen=True):
    """What refunds/create sends, and what an order carries in `refunds`."""

    id: Number
    order_id: Number
    refund_line_items: Annotated[list[RefundLine], msgspec.Meta(max_length=MAX_LINES)]
    created_at: Time | None = None
    transactions: list[Transaction] = []
    order_adjustments: list[Adjustment] = []
    refund_shipping_lines: list[RefundedShipping] = []
    duties: list[Other] = []
    additional_fees: list[Other] = []
    total_duties_set: MoneySet | None = None
    total_additional_fees_set: MoneySet | None = None


class Order(msgspec.Struct, frozen=True):
    """What every topic orders/… but orders/edited sends."""

    id: Number
    currency: str
    line_items: Annotated[list[Line], msgspec.Meta(max_length=MAX_LINES)]
    created_at: Time
    financial_status: str | None
    cancelled_at: Time | None = None
    test: bool = False
    taxes_included: bool = False
    tags: str = ""
    refunds: Annotated[list[Refund], msgspec.Meta(max_length=MAX_LINES)] = []
    shipping_lines: list[ShippingLine] = []
    shipping_address: Address | None = None
    billing_address: Address | None = None
    customer: Customer | None = None
