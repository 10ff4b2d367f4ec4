"""A kept statement as the answer to a request."""

from django.http import Http404, HttpResponse

from almoner.statements import document, files
from almoner.statements.models import Drawn

# What a statement says is between those it is about: no cache keeps it, no engine lists it.
PRIVATE = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def download(row: Drawn, ending: str) -> HttpResponse:
    """One form of it, to be saved; `PdfError` where this machine can set no PDF."""
    if ending not in files.MEDIA_TYPES:
        raise Http404("There is no such form of a statement.")
    drawn = document.decode(bytes(row.data))
    content = files.write(drawn, ending)
    if content is None:
        raise Http404("The log was empty: there is nothing to check it by.")
    response = HttpResponse(content, content_type=files.MEDIA_TYPES[ending], headers=PRIVATE)
    name = f"{document.file_name(drawn)}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
