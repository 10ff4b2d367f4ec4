"""Which column tells what, and how numbers and dates are written: guessed, then confirmed.

A guess never decides what it cannot know: where every date of the sample would be one both
ways, `dates` stays open, and `events` asks for it line by line.
"""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from almoner.connectors.csv_file.tables import Table

Dates = Literal["", "day first", "month first"]


class Field(msgspec.Struct, frozen=True):
    """Something that a column can tell; `names` are headers that are known to mean it."""

    name: str
    label: str
    names: tuple[str, ...]


FIELDS = (
    Field("order", "Order number", ("order", "order id", "order number", "order no")),
    Field("kind", "Kind (order, refund, gift, round-up, gift-card)", ("kind", "type")),
    Field("status", "Payment status", ("financial status", "payment status", "status", "paid")),
    Field("time", "When it was ordered", ("time", "created at", "order date", "date", "paid at")),
    Field("refund", "Refund number", ("refund", "refund id", "refund number")),
    Field("line", "Line number", ("line", "line id", "lineitem id", "item id")),
    Field("product", "Product number", ("product", "product id", "item")),
    Field("sku", "SKU", ("sku", "lineitem sku", "item sku", "product sku")),
    Field("quantity", "Pieces", ("quantity", "qty", "pieces", "lineitem quantity", "items")),
    Field(
        "revenue",
        "Paid for the line, after discounts, without tax",
        ("revenue", "line total", "net", "net amount", "net sales", "item total", "amount"),
    ),
    Field("price", "Price of a piece", ("price", "unit price", "lineitem price", "item price")),
    Field("discount", "Discount on the line", ("discount", "line discount", "lineitem discount")),
    Field("tax", "Tax on the line", ("tax", "line tax", "item tax")),
    Field("off", "Discount on the order", ("discount amount", "order discount", "cart discount")),
    Field(
        "shipping", "Shipping, without its tax", ("shipping", "shipping amount", "shipping total")
    ),
    Field("shipping_tax", "Tax on shipping", ("shipping tax",)),
    Field("currency", "Currency", ("currency", "currency code", "order currency")),
    Field("country", "Country code", ("shipping country", "country", "place", "billing country")),
    Field("region", "Region code", ("shipping province", "region", "state", "province")),
    Field("tags", "The order's tags", ("tags", "order tags")),
    Field("collections", "The product's collections", ("collections", "collection", "category")),
    Field("reader", "Customer number (never a name or an e-mail)", ("customer id", "reader")),
)
MONEY = ("revenue", "price", "discount", "tax", "off", "shipping", "shipping_tax")
_SAMPLE = 200
_SLASHED = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})\b")


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The columns by the field they tell, counted from 0, and how their cells are written.

    `currency` is that of rows without one of their own. A time without a zone is in `time_zone`.
    """

    columns: dict[str, int]
    decimal: Literal[".", ","] = "."
    dates: Dates = ""
    time_zone: str = "UTC"
    currency: str = ""


def guess(table: Table, time_zone: str = "UTC", currency: str = "") -> Layout:
    """What a table's columns probably tell. Every part can be changed."""
    plain = [_plain(each) for each in table.header]
    columns: dict[str, int] = {}
    if "name" in plain and "lineitem name" in plain:  # Shopify's export: a name is #1001 there
        columns["order"] = plain.index("name")
    for field in FIELDS:
        for name in field.names:
            taken = field.name in columns or name not in plain
            if not taken and plain.index(name) not in columns.values():
                columns[field.name] = plain.index(name)
                break
    sample = table.rows[:_SAMPLE]
    money = [row.cells[columns[name]] for name in MONEY if name in columns for row in sample]
    times = [row.cells[columns["time"]] for row in sample] if "time" in columns else []
    return Layout(
        columns=columns,
        decimal=_decimal(money),
        dates=_dates(times),
        time_zone=time_zone,
        currency=currency,
    )


def _plain(header: str) -> str:
    """A header without its case, signs and unit: `Line-Total (USD)` is `line total`."""
    return " ".join(re.sub(r"\(.*?\)|[^a-z0-9]+", " ", header.lower().replace("_", " ")).split())


def _decimal(cells: Iterable[str]) -> Literal[".", ","]:
    """A comma, where some amount ends as only that allows, and none ends so with a point."""
    cells = list(cells)
    commas = sum(bool(re.search(r",\d{1,2}\D*$", cell)) for cell in cells)
    points = sum(bool(re.search(r"\.\d{1,2}\D*$", cell)) for cell in cells)
    return "," if commas > points else "."


def _dates(cells: Iterable[str]) -> Dates:
    pairs = [found.groups() for cell in cells if (found := _SLASHED.match(cell))]
    day_first = any(int(first) > 12 for first, _, _ in pairs)
    month_first = any(int(second) > 12 for _, second, _ in pairs)
    if day_first == month_first:
        return ""
    return "day first" if day_first else "month first"
