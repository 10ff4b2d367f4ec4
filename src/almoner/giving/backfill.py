"""Brings a past period in from a file: a spreadsheet of orders, or what a shop exported.

A file has lines; each is read by the connector of its kind into the events that a delivery
would have brought, under the same ids. So what the connection sent already is found counted,
and a file can be brought in any number of times. Guarantee: the report has a line for each
line of the file, and names nobody. Limit: when a kill falls between an append and its line of
the report, that line says that the event was here already.

A file lies in the home's `imports` until it was brought in, and its report after that, at most
`KEEP_DAYS` days. Limit: so the worker must share the home with the server.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings

from almoner.connectors import csv_file
from almoner.connectors.csv_file import Layout, Table
from almoner.connectors.registry import CONNECTORS
from almoner.giving import exports
from almoner.intake.problem import Problem
from almoner.ledger import MAX_BATCH, Database, Event, Ledger, Outcome, reads

MAX_FILE = 200 * 1024 * 1024  # half a million lines of a spreadsheet
KEEP_DAYS = 7
STEP = 200  # lines that share a step: a second's work
SAMPLE, SHOWN = 200, 20  # lines that a preview reads, and those it shows

# What an exported order is read as: the topic that says nothing of itself.
_HEADERS: Mapping[str, Mapping[str, str]] = {
    "shopify": {"x-shopify-topic": "orders/create"},
    "woocommerce": {"x-wc-webhook-topic": "order.updated"},
}
_REFUND = {"x-shopify-topic": "refunds/create"}
_COLUMNS = ("line", "id", "status", "event", "entry", "detail")
_FORMULA = re.compile(r"[=+\-@\t\r]")


class BackfillError(Exception):
    """The file cannot be brought in. The message is one sentence for whoever chose it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and how it is read.

    `kind` and `name` are those of the connection its events are of, or `csv` and what a
    spreadsheet's own source is called; `layout`, its columns, is then guessed where none is
    given.
    """

    file: str
    kind: str
    name: str
    layout: Layout | None = None
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of the file, or the rows of one order in a spreadsheet, were read as."""

    numbers: Sequence[int]
    events: Sequence[Event] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first lines of a file, and how many of those that were looked at are what."""

    total: int
    looked_at: int
    readable: int
    known: int
    lines: Sequence[Line]


def folder() -> Path:
    """Where files and reports lie."""
    path = settings.CONFIG.home / "imports"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def keep(upload: Iterable[bytes], now: datetime) -> str:
    """Put an uploaded file beside the others; its name there. Old ones go."""
    for old in folder().iterdir():
        if old.stat().st_mtime < (now - timedelta(days=KEEP_DAYS)).timestamp():
            old.unlink(missing_ok=True)
    name, size = os.urandom(16).hex(), 0
    partial = folder() / f"{name}.partial"
    try:
        with partial.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            for chunk in upload:
                size += len(chunk)
                if size > MAX_FILE:
                    raise BackfillError(
                        f"The file is over {MAX_FILE // 1024**2} MB: bring it in by parts."
                    )
                file.write(chunk)
        if not size:
            raise BackfillError("The file is empty: choose another.")
        partial.replace(folder() / name)
    finally:
        partial.unlink(missing_ok=True)
    return name


def find(file: str) -> Path:
    """A file that was kept; `BackfillError` where it is gone."""
    path = folder() / file
    if not re.fullmatch("[0-9a-f]{32}", file) or not path.exists():
        raise BackfillError("The file is no longer here: choose it again.")
    return path


def forget(source: Source) -> None:
    """Delete a file: what people's names it had are no longer needed."""
    (folder() / source.file).unlink(missing_ok=True)


def read(source: Source, now: datetime) -> Iterator[Line]:
    """Every line of a file, read; blank ones are passed over."""
    if source.kind == csv_file.NAME:
        return _rows(source, now)
    return _objects(source, now)


def table(source: Source) -> Table:
    """A spreadsheet as rows."""
    try:
        return csv_file.tabulate(find(source.file).read_bytes(), sheet=source.sheet)
    except Problem as problem:
        raise BackfillError(problem.detail) from None


def count(source: Source) -> int:
    """How many lines or rows there are to read."""
    if source.kind == csv_file.NAME:
        return len(table(source).rows)
    with find(source.file).open("rb") as file:
        try:
            return sum(1 for _ in exports.bodies(file))
        except ValueError as error:
            raise BackfillError(str(error)) from None


def steps(source: Source, now: datetime) -> int:
    """How many of `read`'s lines there are: several rows of a spreadsheet can make one."""
    if source.kind == csv_file.NAME:
        return sum(1 for _ in _rows(source, now))
    return count(source)


def _rows(source: Source, now: datetime) -> Iterator[Line]:
    opened = table(source)
    layout = source.layout or csv_file.guess(opened, settings.TIME_ZONE)
    try:
        for numbers, told in csv_file.events(opened, layout, source.name, now):
            if isinstance(told, Problem):
                yield Line(numbers, problem=told.detail)
            else:
                yield Line(numbers, (told,))
    except Problem as problem:  # of the layout, not of a line
        raise BackfillError(problem.detail) from None


def _objects(source: Source, now: datetime) -> Iterator[Line]:
    connector = CONNECTORS[source.kind]
    key = settings.CONFIG.reader_key
    with find(source.file).open("rb") as file:
        bodies = exports.bodies(file)
        while True:
            try:
                number, body = next(bodies)
            except StopIteration:
                return
            except ValueError as error:
                raise BackfillError(str(error)) from None
            try:
                if len(body) > exports.MAX_LINE:
                    raise Problem(413, "line-too-long", "", "The line is longer than any order.")
                headers = _headers(source.kind, body)
                events = connector.read(headers, body, source.name, now, key)
            except Problem as problem:
                yield Line((number,), problem=problem.detail)
            else:
                yield Line((number,), events)


def preview(db: Database, source: Source, now: datetime) -> Preview:
    """What bringing a file in would begin with; nothing is changed."""
    lines = list(islice(read(source, now), SAMPLE))
    known = sum(
        any(reads.event_number(db, each.source, each.ref) is not None for each in line.events)
        for line in lines
    )
    readable = sum(not line.problem for line in lines)
    return Preview(count(source), len(lines), readable, known, lines[:SHOWN])


def append(
    ledger: Ledger, lines: Sequence[Line], now: datetime, counts: dict[str, int]
) -> list[list[str]]:
    """Append what lines were read as; the report's rows. What came of each adds to `counts`."""
    events = [event for line in lines for event in line.events]
    outcomes: list[Outcome] = []
    for at in range(0, len(events), MAX_BATCH):
        outcomes += ledger.append(events[at : at + MAX_BATCH], now)
    came = iter(outcomes)
    rows: list[list[str]] = []
    for line in lines:
        told = [_told(event, next(came)) for event in line.events]
        if not told:
            told = [["", "not read" if line.problem else "nothing in it", "", "", line.problem]]
        for each in told:
            counts[each[1]] = counts.get(each[1], 0) + 1
            rows += [[str(number), *each] for number in line.numbers]
    return rows


class Report:
    """The report of one job: appended to step by step, cut back to the last step on resume."""

    def __init__(self, job: int, size: int) -> None:
        self._file = report(job).open("r+b" if size else "w+b")
        os.fchmod(self._file.fileno(), 0o600)
        self._file.truncate(size)
        self._file.seek(size)
        if not size:
            self.add([list(_COLUMNS)])

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._file.tell()

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Write rows, and have them on disk."""
        text = io.StringIO()
        csv.writer(text).writerows([[_cell(each) for each in row] for row in rows])
        self._file.write(text.getvalue().encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def report(job: int) -> Path:
    """Where a job's report lies."""
    return folder() / f"report-{job}.csv"


def _headers(kind: str, body: bytes) -> Mapping[str, str]:
    if kind == "shopify" and b'"refund_line_items"' in body and b'"line_items"' not in body:
        return _REFUND
    return _HEADERS.get(kind, {})


def _told(event: Event, outcome: Outcome) -> list[str]:
    """What became of one event, but for the line it came from."""
    entry = "" if outcome.entry is None else str(outcome.entry)
    detail = "" if outcome.status == "duplicate" else outcome.detail
    return [event.ref, outcome.status, str(outcome.event), entry, detail]


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def chunks(lines: Iterable[Line], size: int = STEP, *, after: int = 0) -> Iterator[list[Line]]:
    """Lines by steps, but for those that were brought in before."""
    rest = islice(lines, after, None)
    while step := list(islice(rest, size)):
        yield step
