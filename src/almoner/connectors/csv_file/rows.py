"""The cells of one table's rows under one layout; a `Problem` names the line and the column."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from almoner.connectors.csv_file import cells
from almoner.connectors.csv_file.layout import FIELDS, Layout
from almoner.connectors.csv_file.tables import Row, Table
from almoner.connectors.money import NOTHING, minor
from almoner.intake.problem import Problem
from almoner.intake.wire import read_currency
from almoner.units import Unit

MAX_NUMBER = 90  # an order's and a refund's together fit the ledger's 200


class Reader:
    """Reads cells by the field that they tell."""

    def __init__(self, table: Table, layout: Layout, now: datetime) -> None:
        known = {field.name for field in FIELDS}
        for field, column in layout.columns.items():
            if field not in known or not 0 <= column < len(table.header):
                raise _unusable(f"columns.{field}", "there is no such field or column")
        if "order" not in layout.columns:
            raise _unusable("columns.order", "choose the column with the order's number")
        if not {"revenue", "price", "quantity"} & set(layout.columns):
            raise _unusable("columns.revenue", "choose a column with money or with pieces")
        try:
            self._zone = ZoneInfo(layout.time_zone)
        except (KeyError, ValueError, OSError):
            raise _unusable("time_zone", "write a name such as Europe/London") from None
        self._header = table.header
        self._layout = layout
        self._now = now

    def cell(self, row: Row, field: str) -> str:
        """A field's text; "" where no column tells it."""
        column = self._layout.columns.get(field)
        return "" if column is None else row.cells[column]

    def number(self, row: Row, field: str = "order") -> str:
        """The order's number, or the refund's, which may be ""."""
        number = self.cell(row, field)
        fits = len(number) <= MAX_NUMBER and number.isprintable() and "@" not in number
        if not fits or not (number or field == "refund"):
            raise self.wrong(
                row, field, f"{number[:40]!r} is no number of an {field}: fill it in on every row"
            )
        return number

    def kind(self, row: Row) -> cells.RowKind:
        """What the row is."""
        try:
            return cells.kind(self.cell(row, "kind"))
        except Problem as problem:
            raise self.wrong(row, "kind", problem.detail) from None

    def gives_back(self, row: Row) -> bool:
        """Whether the row is a refund; one of no known kind is left for its order to refuse."""
        try:
            return self.kind(row) == "refund"
        except Problem:
            return False

    def line_id(self, row: Row) -> str:
        """The line's own number, or else what was sold; "" without either."""
        told = (self.cell(row, field) for field in ("line", "sku", "product"))
        return next((each[:MAX_NUMBER] for each in told if each and each.isprintable()), "")

    def revenue(self, row: Row) -> Decimal:
        """What a row says was paid, or pieces at their price less the line's discount."""
        if self.cell(row, "revenue"):
            return self.money(row, "revenue")
        return self.money(row, "price") * self.pieces(row, 1) - abs(self.money(row, "discount"))

    def pieces(self, row: Row, otherwise: int) -> int:
        """A number of pieces; `otherwise` where the cell is empty."""
        cell = self.cell(row, "quantity")
        try:
            return cells.pieces(cell) if cell else otherwise
        except Problem as problem:
            raise self.wrong(row, "quantity", problem.detail) from None

    def money(self, row: Row, field: str) -> Decimal:
        """An amount; nothing where the cell is empty."""
        cell = self.cell(row, field)
        try:
            return cells.money(cell, self._layout.decimal) if cell else NOTHING
        except Problem as problem:
            raise self.wrong(row, field, problem.detail) from None

    def minor(self, row: Row, field: str, amount: Decimal, unit: Unit) -> int:
        """Minor units of an amount that a field told."""
        try:
            return minor(amount, unit, field)
        except Problem as problem:
            raise self.wrong(row, field, _what(problem)) from None

    def unit(self, rows: Sequence[Row]) -> Unit:
        """The currency of the rows, or else of the file."""
        code = self.once(rows, "currency").upper() or self._layout.currency
        try:
            return read_currency(code)
        except Problem as problem:
            raise self.wrong(rows[0], "currency", _what(problem)) from None

    def once(self, rows: Sequence[Row], field: str) -> str:
        """What one of an order's rows tells, or all of them alike."""
        told = ""
        for row in rows:
            cell = self.cell(row, field)
            if told and cell and cell != told:
                raise self.wrong(
                    row, field, f"{cell[:40]!r} here, {told[:40]!r} on another row of the order"
                )
            told = told or cell
        return told

    def once_money(self, rows: Sequence[Row], field: str, unit: Unit) -> int:
        """An amount that one of an order's rows tells, or all of them alike."""
        self.once(rows, field)
        row = next((row for row in rows if self.cell(row, field)), rows[0])
        amount = self.money(row, field)
        return self.minor(row, field, abs(amount) if field == "off" else amount, unit)

    def paid(self, row: Row, told: bool) -> bool:
        """Whether the row was paid; `told` says whether rows of the file tell what went back.

        Where they do not, an order that was refunded whole does not count, and one that was in
        part cannot be used.
        """
        try:
            status = cells.status(self.cell(row, "status"))
        except Problem as problem:
            raise self.wrong(row, "status", problem.detail) from None
        if status == "partly refunded" and not told:
            raise self.wrong(
                row, "status", "a part of it went back: add a row of the kind refund that says what"
            )
        return status == "paid" or (status != "unpaid" and told)

    def when(self, rows: Sequence[Row]) -> tuple[datetime, bool]:
        """When it was, and whether the file says so."""
        row = next((row for row in rows if self.cell(row, "time")), None)
        if row is None:
            return self._now, False
        cell = self.cell(row, "time")
        try:
            return cells.instant(cell, self._layout.dates, self._zone, self._now), True
        except Problem as problem:
            raise self.wrong(row, "time", problem.detail) from None

    def wrong(self, row: Row, field: str, what: str) -> Problem:
        """What is wrong, with the line and the column where it stands."""
        column = self._layout.columns.get(field)
        header = field if column is None else self._header[column]
        return Problem(
            422,
            "invalid-cell",
            "A cell cannot be used",
            f"Line {row.line}, {header[:40]}: {what.rstrip('.')}.",
            field=field,
        )


def _what(problem: Problem) -> str:
    """What a problem says, without the field that it begins with."""
    return problem.detail.partition(": ")[2]


def _unusable(field: str, what: str) -> Problem:
    return Problem(
        422, "unusable-layout", "The columns cannot be read so", f"{field}: {what}.", field=field
    )
