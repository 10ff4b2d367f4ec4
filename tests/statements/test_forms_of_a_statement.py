"""The same statement as PDF, CSV and XLSX: readable by people, by screen readers, by programs."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import html
from openpyxl import load_workbook
from PIL import ImageFile
from pypdf import PdfReader

from almoner.giving.models import Campaign
from almoner.statements import document, drawing, pdf, rows
from almoner.statements.document import Clause, Document
from almoner.statements.models import Contract
from almoner.statements.period import period
from almoner.statements.tree import Tree
from tests.statements.conftest import INVOICE

GOLDEN = Path(__file__).with_name("golden.txt")
JUNE = datetime(2026, 6, 2, tzinfo=UTC)
MAY = period("2026-05")


@pytest.fixture
def drawn(may: Campaign, contract: Contract, tree: Callable[[], Tree]) -> Document:
    """The final accounting of May Bowls, up to the end of May."""
    named = {INVOICE: "Invoice: quay-foods-117.pdf"}
    return drawing.draw("campaign", "may-bowls", MAY, tree(), JUNE, final=True, named=named)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def tags_of(content: bytes) -> list[str]:
    found: list[str] = []

    def walk(element: Any) -> None:
        element = element.get_object() if hasattr(element, "get_object") else element
        if isinstance(element, list):
            for each in element:
                walk(each)
        elif isinstance(element, dict):
            if "/S" in element:
                found.append(str(element["/S"]))
            if "/K" in element:
                walk(element["/K"])

    walk(PdfReader(io.BytesIO(content)).trailer["/Root"]["/StructTreeRoot"])
    return found


def test_a_final_accounting_reads_as_it_should(drawn: Document) -> None:
    """The whole text of one, as a person reads it. Hashes differ from run to run."""
    page = html.document_fromstring(pdf.as_html(drawn)).body
    rows = [" | ".join(_words(cell) for cell in row) for row in page.iter("tr")]
    lines = [_words(each) for each in page.iter("h1", "h2", "h3", "p")]
    text = re.sub(r"\b[0-9a-f]{64}\b", "HASH", "\n".join(line for line in lines + rows if line))
    assert text == GOLDEN.read_text("utf-8").strip()


def test_the_pdf_has_every_word_of_it(drawn: Document) -> None:
    page = html.document_fromstring(pdf.as_html(drawn)).body
    said = "".join(text_of(pdf.as_pdf(drawn)).split())
    missing = [word for word in _words(page).split() if word not in said]
    assert not missing


def _words(element: Any) -> str:
    return " ".join(element.text_content().split())


def test_the_pdf_is_tagged_and_says_its_title_and_language(drawn: Document) -> None:
    content = pdf.as_pdf(drawn)
    read = PdfReader(io.BytesIO(content))
    root: Any = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert read.metadata is not None
    assert read.metadata.title == "Final accounting: May Bowls, May 2026 (UTC)"
    assert read.metadata.creation_date is None
    assert b"pdfuaid" in root["/Metadata"].get_data()
    tags = tags_of(content)
    assert {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/P"} <= set(tags)
    assert tags.count("/H1") == 1
    assert [str(each["/Title"]) for each in read.outline if isinstance(each, dict)]


def test_the_hash_on_the_pdf_is_that_of_its_data(drawn: Document) -> None:
    assert document.digest(document.encode(drawn)) in text_of(pdf.as_pdf(drawn))
    assert document.decode(document.encode(drawn)) == drawn


def test_a_pdf_leaves_damaged_pictures_refused(drawn: Document) -> None:
    """What evidence has to be is asked of Pillow, whose switches are the whole process's."""
    pdf.as_pdf(drawn)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_csv_is_one_row_a_line_in_the_form_of_rfc_4180(drawn: Document) -> None:
    content = rows.as_csv(drawn).decode()
    assert content.endswith("\r\n")
    lines = content.split("\r\n")[:-1]
    assert "\n" not in "".join(lines)
    table = list(csv.DictReader(io.StringIO(content)))
    assert len(table) == len(lines) - 1
    account = [row for row in table if row["section"] == "account"]
    assert [row["total"] for row in account] == ["3", "5", "0", "0", "8"]


def test_no_cell_is_a_formula(drawn: Document) -> None:
    bad = msgspec.structs.replace(
        drawn, clauses=(Clause("=1+1", '=HYPERLINK("http://evil")'), Clause("@x", "+1"))
    )
    table = list(csv.reader(io.StringIO(rows.as_csv(bad).decode())))
    texts = [cell for row in table for cell in row if cell and not cell.lstrip("-").isdigit()]
    assert not [cell for cell in texts if cell[0] in "=+@"]
    sheet = load_workbook(io.BytesIO(rows.as_xlsx(bad))).active
    assert sheet is not None
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_xlsx_has_numbers_with_as_many_places_as_their_unit(drawn: Document) -> None:
    sheet = load_workbook(io.BytesIO(rows.as_xlsx(drawn))).active
    assert sheet is not None
    found = {row[4].value: row[10] for row in sheet.iter_rows()}
    assert Decimal(str(found["Gross receipts"].value)) == Decimal("160")
    assert found["Gross receipts"].number_format == "#,##0.00"
    assert found["At the end"].number_format == "#,##0"


def test_a_pdf_fetches_nothing(drawn: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a statement opened a connection")

    monkeypatch.setattr("socket.create_connection", refuse)
    assert pdf.as_pdf(drawn)
