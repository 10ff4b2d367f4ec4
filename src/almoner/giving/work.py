"""What a worker does for giving: it brings a past period in, and keeps the ledger up.

As time goes by holds mature, minimums are topped up, and a flood of reads is braked.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from django.urls import reverse

from almoner.giving import backfill
from almoner.giving.backfill import BackfillError, Report, Source
from almoner.giving.book import open_ledger
from almoner.jobs.models import Job
from almoner.jobs.work import Progress, WorkError, every, work
from almoner.ledger import mature, top_up
from almoner.reading import brake

BACKFILL = "backfill"


class Cursor(msgspec.Struct):
    """How far a file is: lines that were brought in, the report's size, counts by status.

    `total` is how many there are, once that was found out.
    """

    total: int | None = None
    lines: int = 0
    report: int = 0
    counts: dict[str, int] = {}


@every(5)
def keep_up() -> None:
    """Do what is due; most of the time that is nothing."""
    with open_ledger() as ledger:
        now = datetime.now(UTC)
        mature(ledger, now)
        top_up(ledger, now)
        brake.watch(ledger, now)


@work(BACKFILL)
def bring_in(job: Job) -> Iterator[Progress]:
    """Bring a file in, step by step. `arguments` are its source."""
    source = msgspec.convert(job.arguments["source"], Source)
    cursor = msgspec.convert(job.cursor or {}, Cursor)
    try:
        if cursor.total is None:
            yield Progress(0, None, "Counting its lines")
            cursor.total = backfill.steps(source, datetime.now(UTC))
        if cursor.lines < cursor.total:
            yield from _steps(job, source, cursor, cursor.total)
    except BackfillError as error:
        raise WorkError(str(error)) from None
    backfill.forget(source)
    job.result = {
        "sentence": f"{_said(cursor.counts).capitalize()}. The report says what became of each "
        "line.",
        "link": reverse("giving_connections:report", args=(job.pk,)),
    }


def _steps(job: Job, source: Source, cursor: Cursor, total: int) -> Iterator[Progress]:
    report = Report(job.pk, cursor.report)
    try:
        lines = backfill.read(source, datetime.now(UTC))
        with open_ledger() as ledger:
            for step in backfill.chunks(lines, after=cursor.lines):
                report.add(backfill.append(ledger, step, datetime.now(UTC), cursor.counts))
                cursor.lines += len(step)
                cursor.report = report.size
                job.cursor = msgspec.to_builtins(cursor)
                yield Progress(cursor.lines, total, _said(cursor.counts))
    finally:
        report.close()


def _said(counts: dict[str, int]) -> str:
    """Counts by status, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda each: -each[1])
    return ", ".join(f"{number:,} {status}" for status, number in ordered) or "nothing"
