"""A past period from a file: looked at, brought in once however often, resumed after a kill."""

import csv
import json
import re
from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from almoner.giving import backfill, work
from almoner.giving.backfill import BackfillError, Source
from almoner.intake import connections
from almoner.jobs.models import Job
from almoner.jobs.worker import Worker
from almoner.ledger.reads import head
from almoner.people.roles import CAMPAIGN_MANAGERS
from tests.shop import encoded, order, refund

NOW = datetime.now(UTC)
ADDRESS = "/admin/giving/connections/backfill/"


@pytest.fixture(autouse=True)
def bowls(ledger, book):
    with book() as opened:
        connections.add(opened.db, "shopify", "bowls", "the-secret-of-bowls", NOW)


def lines(*bodies):
    return b"".join(each if isinstance(each, bytes) else encoded(each) + b"\n" for each in bodies)


def kept(content):
    return Source(backfill.keep([content], NOW), "shopify", "bowls")


def start(source):
    told = {"file": source.file, "kind": source.kind, "name": source.name}
    arguments = {"source": told}
    return Job.objects.create(kind=work.BACKFILL, title="Bring in", arguments=arguments)


def run(job, steps=None):
    """Do a job, or only so many steps of it, as if it were killed then."""
    for at, progress in enumerate(work.bring_in(job)):
        job.done, job.total = progress.done, progress.total
        job.save()
        if at + 1 == steps:
            return
    job.save()


def rows(job):
    with backfill.report(job.pk).open(newline="") as file:
        return list(csv.DictReader(file))


def events(book):
    with book() as ledger:
        return head(ledger.db).events


def test_every_line_has_its_line_in_the_report(book):
    odd = order(3, currency="ZZZ", email="ada@example.org")
    source = kept(lines(order(1), order(2), odd, b"\n", b"no json\n", refund(9, 1)))
    job = start(source)
    run(job)
    told = [(each["line"], each["id"], each["status"]) for each in rows(job)]
    assert told == [
        ("1", "order/1", "matched nothing"),
        ("2", "order/2", "matched nothing"),
        ("3", "", "not read"),
        ("5", "", "not read"),
        ("6", "refund/9", "nothing to take off"),
    ]
    assert "ZZZ" in rows(job)[2]["detail"]
    assert b"ada@" not in backfill.report(job.pk).read_bytes()
    assert (job.done, job.total, events(book)) == (5, 5, 3)
    assert job.result["sentence"].startswith("2 matched nothing, 2 not read, 1 nothing to take")


def test_the_same_file_again_counts_nothing_twice(book):
    content = lines(*(order(at) for at in range(1, 6)))
    run(start(kept(content)))
    again = start(kept(content))
    run(again)
    assert events(book) == 5
    assert {each["status"] for each in rows(again)} == {"duplicate"}


def test_what_the_shop_sent_already_is_found_counted(book):
    from almoner.connectors import shopify

    with book() as ledger:
        headers = {"x-shopify-topic": "orders/paid"}
        ledger.append(shopify.read(headers, encoded(order(1)), "bowls", NOW), NOW)
    job = start(kept(lines(order(1), order(2))))
    run(job)
    assert [each["status"] for each in rows(job)] == ["duplicate", "matched nothing"]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_killed_job_goes_on_where_it_was(book, monkeypatch, steps):
    monkeypatch.setattr(backfill.chunks, "__defaults__", (10,))
    job = start(kept(lines(*(order(at) for at in range(1, 36)))))
    run(job, 1 + steps)  # the first of them counts the lines
    assert events(book) == 10 * steps
    # What it was doing when it was killed: appended, half of a line in the report, no cursor.
    with backfill.report(job.pk).open("ab") as file:
        file.write(b"31,order/3")
    run(Job.objects.get(pk=job.pk))
    assert events(book) == 35
    assert [each["line"] for each in rows(job)] == [str(at) for at in range(1, 36)]


def test_a_job_that_was_killed_at_its_very_end_still_ends(book):
    source = kept(lines(order(1)))
    job = start(source)
    run(job, 2)
    backfill.forget(source)
    run(Job.objects.get(pk=job.pk))
    assert events(book) == 1


def test_a_file_is_deleted_once_it_was_brought_in(book):
    source = kept(lines(order(1)))
    run(start(source))
    with pytest.raises(BackfillError, match="choose it again"):
        backfill.find(source.file)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([order(1), order(2)]).encode(),
        json.dumps({"orders": [order(1), order(2)]}).encode(),
        json.dumps([order(1), order(2)], indent=2).encode(),
        b"\xef\xbb\xbf" + lines(order(1), order(2)),
        lines(order(1), b"\r\n", order(2)),
    ],
    ids=["list", "wrapped", "indented", "with a byte order mark", "with blank lines"],
)
def test_a_list_of_orders_is_read_as_well_as_lines(content):
    source = kept(content)
    assert backfill.count(source) == 2
    refs = [each.ref for line in backfill.read(source, NOW) for each in line.events]
    assert refs == ["order/1", "order/2"]


def test_one_order_by_itself_is_a_file_of_one():
    source = kept(json.dumps(order(1), indent=2).encode())
    assert [line.events[0].ref for line in backfill.read(source, NOW)] == ["order/1"]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"PK\x03\x04", "neither"), (b"[1, 2", "no JSON"), (b"{", "no JSON")],
)
def test_what_is_no_export_says_so(content, says):
    with pytest.raises(BackfillError, match=says):
        backfill.count(kept(content))


def test_a_file_that_is_too_large_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(backfill, "MAX_FILE", 10)
    before = set(backfill.folder().iterdir())
    with pytest.raises(BackfillError, match="by parts"):
        backfill.keep([b"12345678", b"90123"], NOW)
    assert set(backfill.folder().iterdir()) == before


@pytest.mark.parametrize("file", ["../almoner.toml", "", "a" * 32, "/etc/passwd"])
def test_no_other_file_can_be_asked_for(file):
    with pytest.raises(BackfillError):
        backfill.find(file)


def test_no_spreadsheet_takes_an_id_for_a_formula():
    assert backfill._cell("=1+1") == "'=1+1"
    assert backfill._cell("@SUM(A1)") == "'@SUM(A1)"
    assert backfill._cell("order/1") == "order/1"


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def upload(person, content, name="orders.jsonl"):
    form = {"of": "shopify:bowls", "file": SimpleUploadedFile(name, content)}
    return person.post(ADDRESS, form)


def test_a_person_looks_at_a_file_starts_it_and_takes_its_report(administrator, book):
    answer = upload(administrator, lines(order(1), order(2, currency="ZZZ")))
    page = text(administrator.get(answer.url))
    assert "orders.jsonl: 2 lines for Shopify bowls." in page
    assert "1 can be read and <b>1 cannot</b>." in page
    assert "received before" not in page
    assert "Order: 1 item, $10" in page
    assert "ZZZ" in page
    assert events(book) == 0

    started = administrator.post(answer.url, {"action": "start"})
    Worker().run_waiting()
    job = Job.objects.get()
    assert started.url == f"/admin/jobs/{job.pk}/"
    assert (job.state, job.title) == ("finished", "Bring in orders.jsonl for bowls")
    assert events(book) == 1
    report = administrator.get(job.result["link"])
    content = b"".join(report.streaming_content).decode()
    assert content.splitlines()[1].startswith("1,order/1,matched nothing,1,,")


def test_a_file_that_was_brought_in_is_asked_for_again(administrator):
    answer = upload(administrator, lines(order(1)))
    administrator.post(answer.url, {"action": "start"})
    Worker().run_waiting()
    again = administrator.get(answer.url, follow=True)
    assert "choose it again" in text(again)
    page = text(administrator.get(upload(administrator, lines(order(1))).url))
    assert "1 was received before, and counts only once." in page


def test_who_may_only_look_brings_nothing_in(logged_in, administrator, book):
    answer = upload(administrator, lines(order(1)))
    manager = logged_in(CAMPAIGN_MANAGERS)
    assert manager.get(ADDRESS).status_code == 302
    assert upload(manager, lines(order(1))).status_code == 403
    assert manager.post(answer.url, {"action": "start"}).status_code == 403
    assert not Job.objects.exists()


SHEET = b"""Order;Datum;SKU;Menge;Summe;Currency
A-1;05.06.2026;BOWL;2;1.030,50;EUR
A-1;05.06.2026;CUP;1;4,00;EUR
A-2;13.06.2026;BOWL;1;15,25;EUR
A-3;13.06.2026;BOWL;one;15,25;EUR
"""
COLUMNS = {
    "column_order": "0",
    "column_time": "1",
    "column_sku": "2",
    "column_quantity": "3",
    "column_revenue": "4",
    "column_currency": "5",
    "decimal": ",",
    "dates": "day first",
    "time_zone": "Europe/Zurich",
}


def upload_sheet(person, content=SHEET, name="stall", file="till.csv"):
    form = {"of": "csv", "name": name, "file": SimpleUploadedFile(file, content)}
    return person.post(ADDRESS, form)


def test_a_spreadsheet_is_looked_at_with_its_columns_and_brought_in(administrator, book):
    answer = upload_sheet(administrator)
    assert "Which column tells what" in text(administrator.get(answer.url))
    page = text(administrator.post(answer.url, {**COLUMNS, "action": "look"}))
    assert "Order: 3 items, €1,034.50" in page
    assert "2–3" in page
    assert "2 can be read and <b>1 cannot</b>" in page
    assert events(book) == 0

    administrator.post(answer.url, {**COLUMNS, "action": "start"})
    Worker().run_waiting()
    job = Job.objects.get()
    assert (job.state, job.error, events(book)) == ("finished", "", 2)
    told = [(each["line"], each["id"], each["status"]) for each in rows(job)]
    assert told == [
        ("2", "order/A-1", "matched nothing"),
        ("3", "order/A-1", "matched nothing"),
        ("4", "order/A-2", "matched nothing"),
        ("5", "", "not read"),
    ]


def test_a_workbook_is_read_as_well(administrator, book, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    workbook.active.append(["Order", "Date", "SKU", "Quantity", "Total", "Currency"])
    workbook.active.append(["A-1", date(2026, 6, 5), "BOWL", 2, 30.5, "USD"])
    workbook.save(tmp_path / "till.xlsx")
    content = (tmp_path / "till.xlsx").read_bytes()
    answer = upload_sheet(administrator, content, file="till.xlsx")
    look = {**COLUMNS, "decimal": ".", "action": "look"}
    assert "Order: 2 items, $30.50" in text(administrator.post(answer.url, look))


def test_columns_that_cannot_be_right_can_be_chosen_anew(administrator):
    answer = upload_sheet(administrator)
    page = text(administrator.post(answer.url, {**COLUMNS, "column_order": "", "action": "look"}))
    assert "choose the column with the order" in page
    assert "Bring it in" not in page
    assert "Look again" in page


@pytest.mark.parametrize(
    ("name", "says"), [("", "Name the till"), ("My Stall", "Use small letters")]
)
def test_a_spreadsheet_needs_a_name_of_its_own(administrator, name, says):
    assert says in text(upload_sheet(administrator, name=name))


def test_what_is_no_table_says_so(administrator):
    answer = upload_sheet(administrator, b"just a line")
    assert "first row that names the columns" in text(administrator.get(answer.url, follow=True))
