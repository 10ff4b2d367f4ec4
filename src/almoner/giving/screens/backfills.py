"""The screens that bring a past period in: choose a file, look at its beginning, start it."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from wagtail.admin import messages

from almoner.connectors.csv_file import guess
from almoner.giving import backfill, connecting
from almoner.giving.backfill import BackfillError, Line, Source
from almoner.giving.backfill_forms import SPREADSHEET, FileForm, LayoutForm
from almoner.giving.book import open_ledger
from almoner.giving.guides import GUIDES
from almoner.giving.screens.connections import ConnectionScreen
from almoner.giving.screens.records import summary
from almoner.giving.work import BACKFILL
from almoner.intake.connections import NAME
from almoner.jobs import queue
from almoner.jobs.models import Job
from almoner.ledger import Event, reads
from almoner.ledger.event import encode_body, timestamp

CHOOSE = "giving_connections:backfill"
LOOK = "giving_connections:preview"


class BackfillScreen(ConnectionScreen):
    """For administrators: what is brought in counts."""

    sees = "giving.manage_connections"
    header_icon = "upload"
    page_title = "Bring in a past period"


class ChooseFileView(BackfillScreen):
    """Takes the file."""

    template_name = "giving/admin/backfill_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for it."""
        return self.show(form=FileForm(None, None, _choices()))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it, and show its beginning."""
        form = FileForm(request.POST, request.FILES, _choices())
        if form.is_valid():
            kind, _, name = form.cleaned_data["of"].partition(":")
            name = name or form.cleaned_data["name"]
            upload = form.cleaned_data["file"]
            try:
                file = backfill.keep(upload.chunks(), datetime.now(UTC))
            except BackfillError as error:
                form.add_error("file", str(error))
            else:
                request.session[file] = str(upload.name)[:100]
                return redirect(LOOK, kind, name, file)
        return self.show(form=form)


class PreviewView(BackfillScreen):
    """Shows what a file begins with, and starts the job."""

    template_name = "giving/admin/backfill_preview.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the connection."""
        super().setup(request, *args, **kwargs)
        self.source = Source(kwargs["file"], kwargs["kind"], kwargs["name"])
        with open_ledger() as ledger:
            found = connecting.connections(ledger.db).find(self.source.kind, self.source.name)
        named = self.source.kind == SPREADSHEET and NAME.fullmatch(self.source.name)
        if found is None and not named:
            raise Http404("There is no such connection.")

    def get(self, request: HttpRequest, kind: str, name: str, file: str) -> HttpResponse:
        """Show it, as its columns were guessed."""
        return self._answer(None)

    def post(self, request: HttpRequest, kind: str, name: str, file: str) -> HttpResponse:
        """Look again with other columns, or start. What was brought in before counts once."""
        return self._answer(request.POST)

    def _answer(self, data: Any) -> HttpResponse:
        source, form, preview, wrong = self.source, None, None, ""
        try:
            if source.kind == SPREADSHEET:
                source = replace(source, sheet=data.get("sheet", "") if data else "")
                table = backfill.table(source)
                guessed = guess(table, settings.TIME_ZONE)
                form = LayoutForm(data, table, guessed)
                chosen = form.layout() if data and form.is_valid() else guessed
                source = replace(source, layout=chosen)
            if data and data.get("action") == "start" and (form is None or form.is_valid()):
                return self._start(source)
        except BackfillError as error:
            messages.error(self.request, str(error))
            return redirect(CHOOSE)
        try:
            with open_ledger() as ledger:
                preview = backfill.preview(ledger.db, source, datetime.now(UTC))
        except BackfillError as error:
            if form is None:
                messages.error(self.request, str(error))
                return redirect(CHOOSE)
            wrong = str(error)  # of the columns: they can be chosen anew
        return self.show(
            form=form,
            preview=preview,
            wrong=wrong,
            unreadable=preview.looked_at - preview.readable if preview else 0,
            rows=[
                (
                    _numbers(line),
                    [(each.ref, each.occurred_at, _told(each)) for each in line.events],
                    line.problem,
                )
                for line in (preview.lines if preview else ())
            ],
            title=self._title(),
            connection=f"{GUIDES[source.kind].title if source.kind in GUIDES else 'the source'} "
            f"{source.name}",
            choose_url=reverse(CHOOSE),
        )

    def _start(self, source: Source) -> HttpResponse:
        backfill.find(source.file)
        title = f"Bring in {self._title()} for {source.name}"
        arguments = {"source": msgspec.to_builtins(source)}
        job = queue.start(BACKFILL, title, arguments, self.request.user)
        return redirect("jobs:job", job.pk)

    def _title(self) -> str:
        return self.request.session.get(self.source.file, "a file")


class ReportView(ConnectionScreen):
    """The report of a job, line by line, as a file for a spreadsheet."""

    page_title = "Report"

    def get(self, request: HttpRequest, job: int) -> FileResponse:
        """Send it."""
        found = get_object_or_404(Job, pk=job, kind=BACKFILL)
        path = backfill.report(found.pk)
        if not path.exists():
            raise Http404("The report is no longer here: bring the file in again.")
        return FileResponse(
            path.open("rb"),
            as_attachment=True,
            filename=f"report-{found.pk}.csv",
            content_type="text/csv; charset=utf-8",
        )


def _choices() -> list[tuple[str, str]]:
    with open_ledger() as ledger:
        known = connecting.connections(ledger.db).known.values()
    return [
        (each.source, f"{GUIDES[each.kind].title}: {each.name}")
        for each in known
        if each.kind in GUIDES
    ]


def _numbers(line: Line) -> str:
    """The lines of the file that something came from."""
    first, last = line.numbers[0], line.numbers[-1]
    return str(first) if first == last else f"{first}–{last}"


def _told(event: Event) -> str:
    """An event in a few words, as the list of those received tells it."""
    when = timestamp(event.occurred_at)
    body = encode_body(event).decode()
    return summary(reads.StoredEvent(0, event.source, event.ref, event.kind, when, when, body, ""))
