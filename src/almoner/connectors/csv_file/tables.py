"""A file as rows of text: CSV in whatever dialect and encoding, or a sheet of an XLSX.

Numbers in a sheet are binary: they are written with the fifteen digits that Excel itself
shows, so that 59.94 is 59.94. A formula stands for the value that was last saved. Every size
is bounded; a file that passes one is refused as a `Problem` that says what to do.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from xml.etree.ElementTree import ParseError

import msgspec
import openpyxl

from almoner.intake.problem import Problem

MAX_FILE = 20 * 1024 * 1024  # a hundred thousand rows of two hundred characters
MAX_UNPACKED = 200 * 1024 * 1024  # a sheet's XML has about ten times the size of its zip
MAX_ROWS = 100_000  # held in memory while they are read
MAX_COLUMNS = 200  # Shopify's export of orders has eighty
MAX_CELL = 2_000
SHEET_ROWS = 2**20  # Excel's own; a file may say that a row is the thousand millionth

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 20  # rows that a delimiter is judged by
_ZIP = b"PK\x03\x04"


class Row(msgspec.Struct, frozen=True):
    """A row, and the line of the file where it begins, the header being line 1."""

    line: int
    cells: tuple[str, ...]


class Table(msgspec.Struct, frozen=True):
    """A file's header and rows, and how it was read: both can be chosen anew.

    `sheets` are the names of an XLSX's sheets, the one that was read first.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()


def tabulate(data: bytes, encoding: str = "", delimiter: str = "", sheet: str = "") -> Table:
    """Open a file; what is not chosen is found out. A `Problem` where it is no table."""
    if len(data) > MAX_FILE:
        raise Problem(
            413,
            "file-too-large",
            "The file is too large",
            f"It has over {MAX_FILE // 2**20} MB: split it, for example by month.",
        )
    if data.startswith(_ZIP):
        return _workbook(data, sheet)
    text, encoding = _decoded(data, encoding)
    text, delimiter = _dialect(text, delimiter)
    rows = _bounded(_csv_rows(text, delimiter))
    header = next(rows, None)
    return _table(header, rows, encoding=encoding, delimiter=delimiter)


def _table(
    header: Row | None,
    rows: Iterable[Row],
    encoding: str = "",
    delimiter: str = "",
    sheets: tuple[str, ...] = (),
) -> Table:
    kept = tuple(rows)
    if header is None or not any(header.cells) or not kept:
        raise _unusable("It needs a first row that names the columns, and rows under it.")
    width = len(header.cells)
    even = tuple(Row(row.line, (*row.cells, *[""] * width)[:width]) for row in kept)
    return Table(header.cells, even, encoding, delimiter, sheets)


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    """The text: as chosen, by its byte order mark, as UTF-8, or else as Windows writes."""
    if not encoding:
        encoding = "windows-1252"
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            encoding = "utf-16"
        elif _is_utf8(data):
            encoding = "utf-8"
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "strict")
    except (UnicodeDecodeError, LookupError):
        raise _unusable(
            f"It is not text in {encoding[:40]}: save it as CSV in UTF-8, or upload the XLSX."
        ) from None
    if "\x00" in text:
        raise _unusable("It is not text: save it as CSV in UTF-8, or upload the XLSX.")
    return text, encoding


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _dialect(text: str, delimiter: str) -> tuple[str, str]:
    """What separates the cells: as chosen, as Excel notes in `sep=;`, or what fits best."""
    first, _, rest = text.partition("\n")
    noted = first.strip()
    if noted.lower().startswith("sep=") and len(noted) == 5:
        # The line stays as an empty one, so that lines keep their numbers.
        return "\n" + rest, delimiter or noted[4]
    if delimiter:
        return text, delimiter

    def evenness(candidate: str) -> tuple[int, int]:
        sample = [row.cells for row in islice(_csv_rows(text, candidate), _SAMPLE)]
        width = len(sample[0]) if sample else 1
        return (sum(len(cells) == width for cells in sample) if width > 1 else 0, width)

    return text, max(_DELIMITERS, key=evenness)


def _csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(line, tuple(cell.strip() for cell in cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unusable(f"Line {reader.line_num}: {error}.") from None


def _workbook(data: bytes, sheet: str) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED:
                raise _unusable("It unpacks to more than any sheet needs: save it as CSV.")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            names = [each.title for each in book.worksheets]
            if not names or (sheet and sheet not in names):
                raise _unusable(f"It has no sheet {sheet[:40]!r}: choose one that it has.")
            chosen = sheet or names[0]
            cells = book[chosen].iter_rows(
                max_row=SHEET_ROWS, max_col=MAX_COLUMNS + 1, values_only=True
            )
            rows = _bounded(_sheet_rows(cells))
            others = tuple(name for name in names if name != chosen)
            return _table(next(rows, None), rows, sheets=(chosen, *others))
        finally:
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, ParseError, EOFError):
        raise _unusable("It is not an XLSX file that can be read: save it as CSV.") from None


def _sheet_rows(rows: Iterable[tuple[object, ...]]) -> Iterator[Row]:
    for line, values in enumerate(rows, 1):
        if values.count(None) == len(values):
            continue
        cells = [_text(value).strip() for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield Row(line, tuple(cells))


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return format(value, ".15g")
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _bounded(rows: Iterable[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count > MAX_ROWS:
            raise _unusable(f"It has over {MAX_ROWS:,} rows: split it, for example by month.")
        if len(row.cells) > MAX_COLUMNS:
            raise _unusable(f"Line {row.line} has over {MAX_COLUMNS} columns: leave some out.")
        if any(len(cell) > MAX_CELL for cell in row.cells):
            raise _unusable(
                f"Line {row.line} has a cell of over {MAX_CELL:,} characters. If that is not "
                "meant, a quotation mark may be missing there."
            )
        yield row


def _unusable(detail: str) -> Problem:
    return Problem(422, "unusable-file", "The file cannot be read", detail, field="file")
