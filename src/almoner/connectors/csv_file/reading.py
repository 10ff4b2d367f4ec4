"""Rows as events: an order of all its rows, and each refund; or what is wrong and on which line.

A line is known by its own number, else by its SKU or product, else by its place in the order,
so that a refund's row finds it. A refund without a number is known by what it says: the same
row again is the same refund, and a second such row of one file another. What is told once an
order, such as shipping, may stand on one of its rows or on all, but only as one value. An
order with anything wrong in it is refused whole.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from almoner.campaigns.model import Line, Order, Refund, RefundedLine
from almoner.connectors import buyers
from almoner.connectors.csv_file.layout import Layout
from almoner.connectors.csv_file.rows import Reader
from almoner.connectors.csv_file.tables import Row, Table
from almoner.connectors.money import exactly, less, refuse_twins
from almoner.intake.problem import Problem
from almoner.intake.wire import MAX_LINES, pseudonym
from almoner.ledger import Event
from almoner.units import Unit

NAME = "csv"
TITLE = "CSV or XLSX file"

Told = tuple[tuple[int, ...], Event | Problem]


def events(table: Table, layout: Layout, name: str, now: datetime) -> Iterator[Told]:
    """Each order and each refund of a table, with its lines, in the order of the file."""
    reader, source = Reader(table, layout, now), f"{NAME}:{name}"
    orders: dict[str, list[Row]] = {}
    returned: set[str] = set()
    steps: list[tuple[str, list[Row], Problem | None]] = []
    for row in table.rows:
        try:
            number = reader.number(row)
        except Problem as problem:
            steps.append(("", [row], problem))
            continue
        if reader.gives_back(row):
            returned.add(number)
            steps.append((number, [row], None))
        elif number in orders:
            orders[number].append(row)
        else:
            orders[number] = [row]
            steps.append((number, orders[number], None))
    twins: Counter[str] = Counter()
    for number, rows, refused in steps:
        lines = tuple(row.line for row in rows)
        try:
            if refused:
                raise refused
            with exactly():
                if reader.gives_back(rows[0]):
                    unit = reader.unit([*rows, *orders.get(number, [])])
                    told = _refund(reader, source, number, rows[0], unit, twins)
                else:
                    told = _order(reader, source, number, rows, number in returned)
        except Problem as problem:
            told = problem
        yield lines, told


def _order(reader: Reader, source: str, number: str, rows: Sequence[Row], returned: bool) -> Event:
    """The order that rows tell together; `returned` says that others tell what went back."""
    if len(rows) > MAX_LINES:
        raise reader.wrong(rows[0], "order", f"it has over {MAX_LINES:,} rows: split the order")
    unit = reader.unit(rows)
    lines = _lines(reader, rows, unit)
    off = reader.once_money(rows, "off", unit)
    reduced = {line.id: line for line in less([x for x in lines if x.kind == "product"], off)}
    order = Order(
        unit.code,
        tuple(reduced.get(line.id, line) for line in lines),
        buyers.tags(reader.once(rows, "tags")),
        shipping=reader.once_money(rows, "shipping", unit),
        shipping_tax=reader.once_money(rows, "shipping_tax", unit),
        place=_place(reader.once(rows, "country"), reader.once(rows, "region")),
        reader=_buyer(reader, source, rows),
    )
    test = any(reader.kind(row) == "test" for row in rows)
    paid = all(reader.paid(row, returned) for row in rows)
    when, dated = reader.when(rows)
    kind = "test_order" if test else "order" if paid else "unpaid_order"
    return Event(source, f"order/{number}", kind, when, order, dated)


def _lines(reader: Reader, rows: Sequence[Row], unit: Unit) -> list[Line]:
    lines: list[Line] = []
    seen: Counter[str] = Counter()
    for at, row in enumerate(rows, 1):
        known = reader.line_id(row) or str(at)
        seen[known] += 1
        if seen[known] > 1 and not reader.cell(row, "line"):
            known = f"{known}#{seen[known]}"
        lines.append(_line(reader, row, known, unit))
    try:
        refuse_twins(lines, "line")
    except Problem as problem:
        raise reader.wrong(rows[0], "line", problem.detail) from None
    return lines


def _line(reader: Reader, row: Row, known: str, unit: Unit) -> Line:
    kind = reader.kind(row)
    assert kind != "refund", f"line {row.line} is a refund"
    revenue, quantity = reader.revenue(row), reader.pieces(row, 1)
    if revenue < 0 or quantity < 0:
        raise reader.wrong(row, "kind", "it is below zero: what went back is of the kind refund")
    return Line(
        known,
        quantity,
        reader.minor(row, "revenue", revenue, unit),
        reader.cell(row, "product")[:255],
        reader.cell(row, "sku")[:255],
        "product" if kind == "test" else kind,
        buyers.tags(reader.cell(row, "collections")),
        reader.minor(row, "discount", abs(reader.money(row, "discount")), unit),
        reader.minor(row, "tax", reader.money(row, "tax"), unit),
    )


def _refund(
    reader: Reader, source: str, number: str, row: Row, unit: Unit, twins: Counter[str]
) -> Event:
    """The refund that a row tells; `twins` counts those that say the same."""
    back = reader.minor(row, "revenue", abs(reader.revenue(row)), unit)
    shipping = reader.minor(row, "shipping", abs(reader.money(row, "shipping")), unit)
    line = reader.line_id(row)
    lines = (RefundedLine(line, abs(reader.pieces(row, 0)), back),) if line else ()
    body = Refund(f"order/{number}", lines, 0 if line else back, unit.code, shipping)
    told = reader.number(row, "refund")
    if not told:
        said = msgspec.json.encode((body, reader.cell(row, "time")))
        told = blake2b(said, digest_size=8).hexdigest()
        twins[told] += 1
        told = f"{told}/{twins[told]}"
    when, dated = reader.when([row])
    return Event(source, f"refund/{number}/{told}", "refund", when, body, dated)


def _buyer(reader: Reader, source: str, rows: Sequence[Row]) -> str:
    try:
        return pseudonym(source, reader.once(rows, "reader"))
    except Problem as problem:
        raise reader.wrong(rows[0], "reader", problem.detail.partition(": ")[2]) from None


def _place(country: str, region: str) -> str:
    """A country's and a region's code, or both in the country's column."""
    code, _, part = country.partition("-")
    return buyers.place(code, region or part)
