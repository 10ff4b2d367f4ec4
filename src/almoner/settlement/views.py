"""Pages behind a charity's links, and the evidence that is public.

Nothing behind a link is kept by a cache, indexed, sent on in a referrer or written to a log:
the link is the secret, and there is no session or cookie. For the same reason the forms need
no other token against forgery. Looking confirms nothing (mail scanners look); answering does.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from almoner.giving.book import open_ledger
from almoner.giving.models import Charity
from almoner.settlement import charity_page, deliveries, evidence, links, standing
from almoner.settlement.forms import AnswerForm
from almoner.settlement.models import Delivery, Document
from almoner.settlement.standing import SettlementError

logger = logging.getLogger(__name__)

# No script at all, and nothing from anywhere else.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
# A document is shown or saved, and runs nothing wherever it is opened.
DOCUMENT = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


METHODS = ("GET", "HEAD", "POST")


class SeeOther(HttpResponseRedirect):
    """After a form: look at what it came to (RFC 9110, 15.4.4)."""

    status_code = 303


def _by_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that the link alone opens. Its address is in no answer's headers and no log."""

    @csrf_exempt
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        try:
            if request.method in METHODS:
                response = view(request, token)
            else:
                response = HttpResponseNotAllowed(METHODS)
        except Http404:
            response = render(request, "settlement/no_such_link.html", status=404)
        except Exception:
            logger.exception("A page behind a charity's link failed")
            response = render(request, "settlement/failed.html", status=500)
        for name, value in PRIVATE.items():
            response[name] = value
        # Django logs the address of whatever it answers with an error, but for this.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    return opened


@_by_link
def arrived(request: HttpRequest, token: str) -> HttpResponse:
    """What was sent to the charity, and what it says of it."""
    opened = links.open_answer(token)
    if opened is None:
        raise Http404
    delivery = opened.delivery
    context: dict[str, Any] = {"delivery": delivery, "asked": _asked(delivery)}
    if opened.state != "open":
        context["replaced"] = opened.state == "replaced"
        return render(request, "settlement/link_over.html", context, status=410)
    form = AnswerForm(request.POST if request.method == "POST" else None, delivery)
    if form.is_valid():
        try:
            deliveries.answer(delivery, **form.said, now=datetime.now(UTC))
            return SeeOther(request.path)
        except SettlementError as error:
            form.add_error(None, str(error))
    delivery.refresh_from_db()
    last = delivery.answers.order_by("-number").first()
    context.update(
        form=form,
        lines=_lines(delivery),
        waits=any(standing.outstanding(delivery).values()),
        last=last,
        all_of_it="The rest arrived" if last and last.kind == "part" else "All arrived",
        last_text=standing.listed(delivery, last.amounts) if last else "",
        open_dispute=delivery.disputes.exclude(state="settled").first(),
        until=opened.until,
        pictures=[each for each in delivery.documents.all() if each.public],
    )
    status = 422 if form.errors else 200
    return render(request, "settlement/arrived.html", context, status=status)


@_by_link
def charity(request: HttpRequest, token: str) -> HttpResponse:
    """A charity's own page."""
    found = links.open_page(token)
    if found is None:
        raise Http404
    now = datetime.now(UTC)
    with open_ledger() as ledger:
        promised = charity_page.promised(ledger.db, found, now)
    sent = charity_page.sent(found)
    context = {
        "charity": found,
        "promised": promised,
        "sent": sent,
        "to_answer": sum(bool(each.answer_url) for each in sent),
        "statements": charity_page.statements(found),
        "asked": _asked(_last(found)),
    }
    return render(request, "settlement/charity.html", context)


@require_safe
def public_evidence(request: HttpRequest, digest: str, ending: str) -> HttpResponse:
    """The stripped copy of a document that is public."""
    document = (
        Document.objects.filter(public=True, public_sha256=digest)
        .exclude(delivery__charity__place_is_secret=True)
        .first()
    )
    if document is None or not document.public_url.endswith(f".{ending}"):
        raise Http404("There is no such document.")
    response = HttpResponse(
        evidence.read(digest), content_type=document.public_media_type, headers=DOCUMENT
    )
    # Asked for anew each time, so that what is withdrawn is gone.
    response["Cache-Control"] = "public, no-cache"
    response["Content-Disposition"] = f'inline; filename="evidence-{digest[:8]}.{ending}"'
    return response


def hand_over(document: Document) -> HttpResponse:
    """The document itself, for whoever may see it."""
    response = HttpResponse(
        evidence.read(document.sha256), content_type=document.media_type, headers=DOCUMENT
    )
    shown = document.media_type in evidence.SHOWN
    # The file's own name may say more than it should, and needs no quoting this way.
    ending = evidence.ending(document.media_type)
    name = f"{document.kind.replace(' ', '-')}-{document.sha256[:8]}.{ending}"
    response["Content-Disposition"] = f'{"inline" if shown else "attachment"}; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _lines(delivery: Delivery) -> list[dict[str, Any]]:
    """What was sent, line by line, and how much of it is confirmed."""
    there, kept = standing.confirmed(delivery), standing.kept(delivery)
    return [
        {
            "line": line,
            "sent": standing.told(line.cause, kept[line.key]),
            "arrived": standing.told(line.cause, there[line.key]) if there[line.key] else "",
            "all": there[line.key] == kept[line.key],
        }
        for line in delivery.lines.all()
        if kept[line.key]
    ]


def _asked(delivery: Delivery | None) -> dict[str, str]:
    """Whom a charity asks about a delivery: who sent it, else the site."""
    by = delivery.sent_by if delivery else None
    email = by.email if by else ""
    name = by.get_full_name() if by and email else ""
    return {"name": name or settings.WAGTAIL_SITE_NAME, "email": email}


def _last(found: Charity) -> Delivery | None:
    return Delivery.objects.filter(charity=found, sent_by__isnull=False).first()
