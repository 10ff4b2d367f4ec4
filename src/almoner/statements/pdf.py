"""A statement as a tagged, accessible PDF (PDF/UA-1), set by WeasyPrint.

Guarantee: nothing is fetched but our own font, and the same document gives the same bytes on
the same machine: no time of making is in the file, and its identifier is the statement's hash.
Limit: WeasyPrint draws text with Pango, a library of the system; without it `PdfError` says
what to install.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string
from PIL import ImageFile

from almoner.statements import reading
from almoner.statements.document import Document, Promise, digest, encode, file_name

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher

HERE = Path(__file__).parent
FONT = HERE.parent / "web" / "static" / "web" / "fonts" / "young-serif.woff2"
LANGUAGE = "en"


class PdfError(Exception):
    """No PDF can be made here; the message says what to install."""


def as_pdf(document: Document) -> bytes:
    """The statement as a PDF."""
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
    except OSError as error:
        raise PdfError(
            "Statements as PDF need Pango, which draws their text, and it is not here "
            f"({error}). This installs it on Debian: apt install libpango-1.0-0 "
            "libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation"
        ) from None
    finally:
        # WeasyPrint lets the whole process take half a picture; evidence has to be whole.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    fonts, fetcher = FontConfiguration(), _fetcher()
    style = CSS(
        filename=HERE / "statement.css", url_fetcher=fetcher, font_config=fonts, base_url=str(HERE)
    )
    page = HTML(string=as_html(document), url_fetcher=fetcher, base_url=str(HERE))
    made = page.write_pdf(
        stylesheets=[style],
        font_config=fonts,
        pdf_variant="pdf/ua-1",
        pdf_identifier=digest(encode(document)).encode(),
    )
    assert made is not None, "WeasyPrint wrote nothing"
    return made


def as_html(document: Document) -> str:
    """The page that the PDF is set from."""
    return render_to_string("statements/statement.html", context(document))


def context(document: Document) -> dict[str, Any]:
    """What the page shows."""
    return {
        "document": document,
        "language": LANGUAGE,
        "digest": digest(encode(document)),
        "file_name": file_name(document),
        "address": settings.CONFIG.address,
        "last_entry": document.log.end - 1,
        "entries": document.log.end - document.log.first,
        "promises": [_promise(document, each) for each in document.promises],
        "funds": [(each.sponsor, reading.fund_lines(each.figures)) for each in document.funds],
        "handed": [
            {
                "day": reading.day(document, each.time),
                "what": reading.MOVED[each.kind],
                "reference": each.reference,
                "to": each.charity,
                "amount": reading.amount(each, each.minor),
                "entry": each.entry,
            }
            for each in document.handed
        ],
        "nothing": reading.NOTHING,
    }


def _promise(document: Document, promise: Promise) -> dict[str, Any]:
    several = len(promise.terms) > 1
    return {
        "promise": promise,
        "columns": reading.columns(promise),
        "lines": reading.lines(promise),
        "facts": reading.facts(promise),
        "counted_in": promise.unit if promise.unit.isupper() else reading.plural(promise.unit, 2),
        "terms": [
            (f"From {reading.day(document, each.since)}: " if several else "", each.sentence)
            for each in promise.terms
        ],
    }


def _fetcher() -> "URLFetcher":
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OurFont(URLFetcher):
        """Gives the font, and nothing else."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            """Refuse every address but the font's."""
            if url != "font:young-serif":
                raise ValueError(f"a statement fetches nothing, and not {url[:100]}")
            return URLFetcherResponse(url, FONT.read_bytes(), {"Content-Type": "font/woff2"})

    return OurFont()
