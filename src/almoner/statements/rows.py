"""A statement as one table, for CSV and XLSX: a row a fact, a column a stage.

CSV follows RFC 4180, one row a line. Text that a spreadsheet would take for a formula gets an
apostrophe before it (owasp.org, CSV Injection). Figures are decimals with all their places,
typed as numbers in XLSX. The same document gives the same bytes: nothing in the files tells
when they were made.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from almoner.statements import reading
from almoner.statements.document import Document, Promise, digest, encode
from almoner.statements.figures import STAGES, Stages
from almoner.units import decimal

COLUMNS = (
    "section",
    "campaign",
    "charity",
    "cause",
    "line",
    "unit",
    *STAGES,
    "total",
    "note",
)
WIDTHS = (14, 24, 24, 18, 34, 10, 13, 13, 13, 13, 13, 80)
_FORMULA = re.compile(r"[=+\-@\t\r]")
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms)")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP can hold


@dataclass(frozen=True, slots=True)
class Number:
    """Minor units with their scale."""

    minor: int
    scale: int


Cell = str | Number
Row = tuple[Cell, ...]


def rows(document: Document) -> Iterator[Row]:
    """Every fact of a statement."""
    yield from _head(document)
    for promise in document.promises:
        yield from _promise(promise)
    for fund in document.funds:
        made = fund.figures
        for label, minor in (
            ("At the start", made.opening),
            ("Put in", made.put_in),
            ("Promised from it, refunds taken off", -made.paid),
            ("Moved", made.moved),
            ("At the end", made.closing),
        ):
            total = Number(minor, made.scale)
            yield _row("fund", line=label, unit=made.unit, total=total, note=fund.sponsor)
    for each in document.handed:
        note = f"entry {each.entry}, {each.time}, {each.reference}"
        yield _row(
            "handed over",
            campaign=each.campaign,
            charity=each.charity,
            line=reading.MOVED[each.kind],
            unit=each.unit,
            total=Number(each.minor, each.scale),
            note=note,
        )
    for paper in document.evidence:
        where = ", ".join(str(entry) for entry in paper.entries)
        note = f"{paper.sha256}, in entry {where}"
        yield _row("evidence", line=paper.what or "A document", note=note)
    for clause in document.clauses:
        yield _row("contract", line=clause.label, note=clause.text)


def as_csv(document: Document) -> bytes:
    """The table as CSV in UTF-8."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(document):
        writer.writerow([_safe(cell) for cell in row])
    return written.getvalue().encode()


def as_xlsx(document: Document) -> bytes:
    """The table as a workbook of one sheet, its figures as numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Statement")
    sheet.freeze_panes = "A2"
    for at, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEFGHIJKL"[at]].width = width
    sheet.append([_heading(sheet, name) for name in COLUMNS])
    for row in rows(document):
        sheet.append([_typed(sheet, cell) for cell in row])
    book.properties.title, book.properties.creator = document.title, document.site
    written = io.BytesIO()
    book.save(written)
    return _without_times(written.getvalue())


def _head(document: Document) -> Iterator[Row]:
    log, period = document.log, document.period
    facts = (
        ("Title", document.title),
        ("Site", document.site),
        ("Period", period.words),
        ("From", period.since),
        ("Until before", period.until),
        ("Period over", "yes" if period.over else "no: this statement is provisional"),
        ("Log", log.origin),
        ("First entry", str(log.first)),
        ("Entries up to, not with", str(log.end)),
        ("Root of the tree", log.root),
        ("SHA-256 of the data", digest(encode(document))),
    )
    for label, text in facts:
        yield _row("statement", line=label, note=text)
    for party in document.parties:
        parts = (party.legal_name, party.registration, party.address, *party.signatories)
        note = "; ".join(part for part in parts if part)
        yield _row("party", line=party.role, note=note)


def _promise(promise: Promise) -> Iterator[Row]:
    def row(section: str, **cells: Cell) -> Row:
        return _row(
            section,
            campaign=promise.title,
            charity=promise.charity_name,
            cause=promise.cause_label,
            **cells,
        )

    for term in promise.terms:
        label = f"Version {term.version}, from {term.since}"
        yield row("terms", line=label, note=term.sentence)
    yield row(
        "account", line="At the start", unit=promise.unit, **_stages(promise, promise.opening)
    )
    for each in promise.movements:
        label = reading.MOVED[each.kind]
        yield row("account", line=label, unit=promise.unit, **_stages(promise, each.change))
    yield row("account", line="At the end", unit=promise.unit, **_stages(promise, promise.closing))
    rounding = promise.rounding
    for label, exact in (
        ("Pledged, exactly", rounding.pledged),
        ("Topped up, exactly", rounding.topped_up),
        ("Taken off, exactly", rounding.taken_off),
        ("In all at the start, exactly", rounding.total_before),
        ("In all at the end, exactly", rounding.total_after),
        ("Carried at the start, exactly", rounding.carried_before),
        ("Carried at the end, exactly", rounding.carried_after),
    ):
        yield row("exact", line=label, unit=promise.unit, note=_exact(exact, promise.scale))
    for each in promise.bounds:
        label = "Limit" if each.kind == "cap" else "Guaranteed minimum"
        yield row(
            "bound",
            line=label,
            unit=promise.unit,
            total=Number(each.minor, promise.scale),
            note="reached" if each.met else "not reached",
        )
    for each in promise.receipts:
        for label, minor in (
            ("Gross receipts", each.gross),
            ("Returns", each.returned),
            ("Net receipts", each.net),
        ):
            yield row("receipts", line=label, unit=each.currency, total=Number(minor, each.scale))
    for label, note in reading.facts(promise):
        if label not in ("Limit", "Guaranteed minimum", "Gross receipts"):
            yield row("fact", line=label, note=note)


def _stages(promise: Promise, stages: Stages) -> dict[str, Cell]:
    found: dict[str, Cell] = {each: Number(getattr(stages, each), promise.scale) for each in STAGES}
    return {**found, "total": Number(stages.total, promise.scale)}


def _row(section: str, **cells: Cell) -> Row:
    return tuple(section if name == "section" else cells.get(name, "") for name in COLUMNS)


def _exact(minor: str, scale: int) -> str:
    return str(Fraction(minor) / 10**scale)


def _safe(cell: Cell) -> str:
    """A cell of CSV, on one line."""
    if isinstance(cell, Number):
        return decimal(cell.minor, cell.scale)
    line = " ".join(cell.split())
    return f"'{line}" if _FORMULA.match(line) else line


def _typed(sheet: Any, cell: Cell) -> Any:
    if isinstance(cell, Number):
        value: Any = Decimal(decimal(cell.minor, cell.scale))
        made = WriteOnlyCell(sheet, value=value)
        made.number_format = "#,##0" + ("." + "0" * cell.scale if cell.scale else "")
        return made
    made = WriteOnlyCell(sheet, value=" ".join(cell.split()))
    made.data_type = "s"  # never a formula, whatever it begins with
    return made


def _heading(sheet: Any, name: str) -> Any:
    made = WriteOnlyCell(sheet, value=name.capitalize())
    made.font = Font(bold=True)
    return made


def _without_times(content: bytes) -> bytes:
    """The same workbook, dated 1980 throughout."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as made,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as plain,
    ):
        for name in made.namelist():
            data = made.read(name)
            if name == "docProps/core.xml":
                data = _MODIFIED.sub(rb"\g<1>1980-01-01T00:00:00Z\g<3>", data)
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            plain.writestr(member, data)
    return written.getvalue()
