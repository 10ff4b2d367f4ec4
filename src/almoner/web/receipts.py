"""A receipt's page, its file, and its QR code, for who holds the link.

Nothing here is kept by a cache, indexed, or sent on in a referrer: the link is the secret.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from almoner import config
from almoner.counters.figures import text
from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign, Cause
from almoner.ledger import reads
from almoner.ledger.event import instant, measured
from almoner.ledger.reads import Sealed
from almoner.log.entry import Entry, decode
from almoner.log.recount import place
from almoner.log.store import Readable
from almoner.publication import receipts
from almoner.publication.receipts import NotPublishedError
from almoner.publication.stores import StoreError, open_store
from almoner.units import minor_units

LOG_URL = "/log/"
FILE = "receipt.tlog-proof"
# The receipt appears with the next checkpoint, within a second of the append.
RETRY_SECONDS = 2

_GONE = "The link between this receipt and its order was destroyed on request."

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest, Sealed, str], HttpResponse]


@dataclass(frozen=True, slots=True)
class Told:
    """An entry, for people: when, what kind of, and a line for each thing that it moved."""

    index: int
    time: datetime
    kind: str
    lines: tuple[str, ...]
    source: str
    ref: str


def _receipt(view: View) -> Callable[..., HttpResponse]:
    """A view of the entry that the link opens."""

    @require_safe
    def opened(request: HttpRequest, index: int, token: str) -> HttpResponse:
        with open_ledger() as ledger:
            held = reads.sealed(ledger.db, index) if index < reads.head(ledger.db).size else None
        if held is not None and held.salt is None:
            response = render(request, "proof/forgotten.html", {"why": _GONE}, status=410)
        elif held is None or not receipts.opens(held, token):
            raise Http404("There is no such receipt.")
        else:
            response = view(request, held, token)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return opened


@_receipt
def page(request: HttpRequest, held: Sealed, token: str) -> HttpResponse:
    """The page that verifies the receipt in the browser."""
    here = f"/receipts/{held.index}/{token}/"
    context: dict[str, Any] = {
        "receipt_url": here + FILE,
        "qr_url": here + "qr.svg",
        "log_url": LOG_URL,
        "entry": tell(held),
        "site_name": settings.WAGTAIL_SITE_NAME,
    }
    return render(request, "proof/receipt.html", context)


@_receipt
def file(request: HttpRequest, held: Sealed, token: str) -> HttpResponse:
    """The receipt itself (C2SP tlog-proof)."""
    return _file(receipts.write, held)


@require_safe
def reads_file(request: HttpRequest, index: int) -> HttpResponse:
    """The entry's part of the receipts of its reads; it is public and opens nothing.

    The read's own line and its path in the batch are with the reader: nobody is told of a read
    who has not got it already.
    """
    with open_ledger() as ledger:
        held = reads.sealed(ledger.db, index) if index < reads.head(ledger.db).size else None
    if held is None or decode(held.body).reads is None:
        raise Http404("There is no entry of reads with this number.")
    response = _file(receipts.write_for_reads, held)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _file(write: Callable[[Readable, Sealed], str], held: Sealed) -> HttpResponse:
    try:
        content = write(open_store(config.load()), held)
    except NotPublishedError:
        return _later("This entry is not in a checkpoint yet: ask again in a moment.\n")
    except StoreError as error:
        logger.error("A receipt cannot be made: %s", error)
        return _later("The log's files cannot be read just now: ask again in a few seconds.\n")
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="receipt-{held.index}.tlog-proof"'
    return response


def _later(why: str) -> HttpResponse:
    response = HttpResponse(why, content_type="text/plain; charset=utf-8", status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


@_receipt
def qr(request: HttpRequest, held: Sealed, token: str) -> HttpResponse:
    """The page's address as a QR code."""
    address = config.load().address + f"/receipts/{held.index}/{token}/"
    out = BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", border=4, light="#fff", title="QR code of this receipt's address"
    )
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


def tell(held: Sealed) -> Told:
    """What an entry says, in the words of the site's causes and campaigns."""
    entry = decode(held.body)
    return Told(
        entry.index, instant(entry.time), entry.kind, tuple(_lines(entry)), held.source, held.ref
    )


def _lines(entry: Entry) -> list[str]:
    causes = {each.slug: each for each in Cause.objects.all()}
    names = [each.campaign for each in entry.pledges]
    campaigns = {
        each.slug: each for each in Campaign.objects.filter(slug__in=names).select_related("cause")
    }
    lines: list[str] = []
    moved: set[str] = set()
    for posting in entry.postings:
        if entry.pledges and place(posting.debit) and place(posting.credit):
            continue  # between held and owed: nothing was promised or taken off by it
        slug = measured(posting.credit)[1] or measured(posting.debit)[1]
        cause = causes.get(slug)
        if cause is None:
            amount = f"{posting.value} {posting.unit}"
            lines.append(f"{amount} from {posting.debit} to {posting.credit}")
            continue
        moved.add(slug)
        figure = text(minor_units(posting.value, cause.scale), cause.kind, cause.unit, cause.scale)
        through = [str(each.title) for each in campaigns.values() if each.cause.slug == slug]
        if entry.kind == "refund":
            figure += " taken off"
        elif measured(posting.credit)[0] == "held":
            figure += " held for its return window"
        lines.append(_line(cause.label, figure, through))
    for pledge in entry.pledges:
        campaign = campaigns.get(pledge.campaign)
        if campaign is not None and campaign.cause.slug not in moved:
            part = f"a share of {pledge.share}, carried until it makes a whole"
            lines.append(_line(campaign.cause.label, part, [str(campaign.title)]))
    return lines


def _line(label: str, what: str, through: list[str]) -> str:
    return f"{label}: {what}" + (f", through {' and '.join(through)}" if through else "")
