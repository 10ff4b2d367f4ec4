"""The files of a statement, by their endings: PDF, CSV, XLSX, its data, and its tree."""

from collections.abc import Callable, Mapping

from almoner.statements import checking, document, pdf, rows
from almoner.statements.document import Document

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "seen.json": "application/json",
}
_WRITERS: Mapping[str, Callable[[Document], bytes | None]] = {
    "pdf": pdf.as_pdf,
    "csv": rows.as_csv,
    "xlsx": rows.as_xlsx,
    "json": document.encode,
    "seen.json": checking.seen,
}


def write(drawn: Document, ending: str) -> bytes | None:
    """A statement in one form; None where there is none: an empty log has no tree."""
    return _WRITERS[ending](drawn)
