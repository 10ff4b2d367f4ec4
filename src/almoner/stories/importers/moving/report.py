"""What becomes of everything in a source: one row each, and totals that add up.

Guarantee: `Report.add` is called once for each thing of the source, and `check` refuses a report
in which a thing is missing or there twice. Cells of the CSV are never a formula (OWASP, CSV
injection).
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from almoner.stories.importers.decoding import ImportRefused

SHOWN = 200  # rows on a terminal; a file has all of them
COLUMNS = ("Kind", "Number", "Title", "Status there", "Address there", "Becomes", "Notes")


@dataclass(slots=True)
class Row:
    """One thing of the source. `key` is unique; `becomes` is one of a few words."""

    key: str
    kind: str
    title: str
    becomes: str
    number: str = ""
    status: str = ""
    address: str = ""
    notes: list[str] = field(default_factory=list[str])

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `COLUMNS`."""
        notes = "; ".join(self.notes)
        return (
            self.kind, self.number, self.title, self.status, self.address, self.becomes, notes
        )  # fmt: skip


class Report:
    """The rows of a source, in its order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.notes: list[str] = []
        self._rows: dict[str, Row] = {}

    @property
    def rows(self) -> list[Row]:
        """Every row."""
        return list(self._rows.values())

    def add(self, row: Row) -> Row:
        """Take a thing's only row."""
        assert row.key not in self._rows, f"two rows for {row.key}"
        self._rows[row.key] = row
        return row

    def row(self, key: str) -> Row:
        """The row of a thing."""
        return self._rows[key]

    def totals(self) -> dict[str, Counter[str]]:
        """How many of each kind became what."""
        totals: dict[str, Counter[str]] = {}
        for row in self._rows.values():
            totals.setdefault(row.kind, Counter())[row.becomes] += 1
        return totals

    def check(self, items: int) -> None:
        """Hold that each of the source's items has exactly one row (those with a number)."""
        counted = sum(1 for key in self._rows if key.startswith("item:"))
        assert counted == items, f"{items} items in {self.name}, {counted} rows in the report"


def write_report(report: Report, path: Path) -> None:
    """Write the report as the ending of the file says: .csv or .html."""
    ending = path.suffix.lower()
    if ending not in (".csv", ".html"):
        raise ImportRefused("report", f"--report {path}: name a file that ends in .csv or .html.")
    text = as_csv(report) if ending == ".csv" else as_html(report)
    try:
        path.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise ImportRefused("report", f"{path} cannot be written: {error.strerror}.") from None


def as_csv(report: Report) -> str:
    """RFC 4180, a header first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in report.rows:
        writer.writerow([_cell(cell) for cell in row.cells()])
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def as_html(report: Report) -> str:
    """One page that needs nothing else."""
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in COLUMNS)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells()) + "</tr>"
        for row in report.rows
    )
    sums = "".join(f"<li>{escape(line)}</li>" for line in [*summary(report), *report.notes])
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>Import of {escape(report.name)}</title>"
        "<style>body{font:1rem/1.5 system-ui;margin:2rem}table{border-collapse:collapse}"
        "td,th{border-block-end:1px solid #8886;padding:.3rem .6rem;text-align:start;"
        "vertical-align:top;overflow-wrap:anywhere}</style>"
        f"<h1>Import of {escape(report.name)}</h1><ul>{sums}</ul>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></html>\n"
    )


def summary(report: Report) -> list[str]:
    """One line a kind: `12 posts: 9 stories, 2 drafts, 1 left out`."""
    lines: list[str] = []
    for kind, became in report.totals().items():
        parts = ", ".join(f"{count} {becomes}" for becomes, count in became.most_common())
        lines.append(f"{kind}, {became.total()}: {parts}")
    return lines


def describe(report: Report) -> RenderableType:
    """The report on a terminal."""
    table = Table(title=f"What becomes of {report.name}", title_justify="left", title_style="bold")
    for name in ("Kind", "Title", "Status there", "Becomes", "Notes"):
        table.add_column(name, overflow="fold")
    rows = report.rows
    for row in rows[:SHOWN]:
        notes = Text("; ".join(row.notes))
        table.add_row(Text(row.kind), Text(row.title), Text(row.status), Text(row.becomes), notes)
    parts: list[RenderableType] = [table]
    if len(rows) > SHOWN:
        parts.append(Text(f"… and {len(rows) - SHOWN:,} more: --report FILE.csv has every row."))
    parts += [Text(line, style="bold") for line in summary(report)]
    parts += [Text(note) for note in report.notes]
    return Group(*parts)
