"""Public pages: the account of promises, disclosures for other people's pages, shared files.

The first two depend on the ledger, and say so, so that whoever keeps one renders it anew.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign
from almoner.settlement import facts
from almoner.statements import disclosure as disclosures
from almoner.statements import promises as accounts
from almoner.statements.disclosure import Disclosure
from almoner.statements.downloads import PRIVATE, download
from almoner.statements.pdf import PdfError
from almoner.statements.sharing import ENDINGS, opened

# Anybody's page may read a disclosure; half a minute is as far as a copy may lag.
ANYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
BRIEFLY = {"Cache-Control": "public, max-age=30"}
FRAMED = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors *"


@require_safe
def shared_statement(request: HttpRequest, token: str, ending: str) -> HttpResponse:
    """A statement that was shared, for whoever has its link."""
    found = opened(token) if ending in ENDINGS else None
    if found is None:
        raise Http404("This link opens no statement.")
    try:
        return download(found, ending)
    except PdfError as error:
        return HttpResponse(str(error), status=503, content_type="text/plain", headers=PRIVATE)


@require_safe
def promises(request: HttpRequest) -> HttpResponse:
    """What became of every promise of the site."""
    with open_ledger() as ledger, ledger.db.reading():
        context = {"accounts": accounts.accounts(ledger.db, datetime.now(UTC))}
    return _of_the_ledger(render(request, "statements/promises.html", context))


@require_safe
def promises_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table."""
    with open_ledger() as ledger, ledger.db.reading():
        table = accounts.as_csv(ledger.db, datetime.now(UTC))
    response = HttpResponse(table, content_type="text/csv; charset=utf-8", headers=BRIEFLY)
    response["Content-Disposition"] = 'attachment; filename="promises.csv"'
    return _of_the_ledger(response)


@require_safe
def campaign_promise(request: HttpRequest, slug: str) -> HttpResponse:
    """What became of one campaign's promise, and what is told of it before buying."""
    campaign = _campaign(slug)
    now = datetime.now(UTC)
    with open_ledger() as ledger, ledger.db.reading():
        told = disclosures.read(ledger.db, campaign, now)
        if told is None:
            raise Http404("This campaign is not published.")
        context: dict[str, Any] = {
            "campaign": campaign,
            "disclosure": told,
            "accounts": accounts.accounts(ledger.db, now, campaign.slug),
            "deliveries": facts.of_campaign(campaign.slug),
        }
    return _of_the_ledger(render(request, "statements/campaign_promise.html", context))


@require_safe
def disclosure_json(request: HttpRequest, slug: str) -> HttpResponse:
    """A campaign's disclosure, for programs and for its own script."""
    told = _disclosure(slug)
    body = {
        "campaign": told.campaign,
        "title": told.title,
        "state": told.state.lower(),
        "cap_met": told.cap_met,
        "text": told.text,
        "sentences": told.sentences,
        "charities": told.charities,
        "page": _page(slug),
    }
    return _of_the_ledger(
        HttpResponse(
            msgspec.json.encode(body),
            content_type="application/json",
            headers=ANYWHERE | BRIEFLY,
        )
    )


@require_safe
def disclosure_html(request: HttpRequest, slug: str) -> HttpResponse:
    """A campaign's disclosure in a frame of somebody else's page. No script."""
    context = {"disclosure": _disclosure(slug), "page": _page(slug)}
    response = render(request, "statements/disclosure.html", context)
    response["Content-Security-Policy"] = FRAMED
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _of_the_ledger(response)


@require_safe
def disclosure_js(request: HttpRequest, slug: str) -> HttpResponse:
    """The script that keeps a pasted disclosure up to date. The same for every campaign."""
    _campaign(slug)
    path = finders.find("statements/disclosure.js")
    assert isinstance(path, str), "disclosure.js is not among the static files"
    with open(path, "rb") as file:
        return HttpResponse(
            file.read(),
            content_type="text/javascript; charset=utf-8",
            headers=ANYWHERE | {"Cache-Control": "public, max-age=3600"},
        )


def _campaign(slug: str) -> Campaign:
    return get_object_or_404(
        Campaign.objects.select_related("cause", "charity", "sponsor"), slug=slug
    )


def _disclosure(slug: str) -> Disclosure:
    campaign = _campaign(slug)
    with open_ledger() as ledger, ledger.db.reading():
        told = disclosures.read(ledger.db, campaign, datetime.now(UTC))
    if told is None:
        raise Http404("This campaign is not published.")
    return told


def _page(slug: str) -> str:
    return f"{settings.CONFIG.address}/campaigns/{slug}/promise/"


def _of_the_ledger(response: HttpResponse) -> HttpResponse:
    response.depends_on_ledger = True  # type: ignore[attr-defined]
    return response
