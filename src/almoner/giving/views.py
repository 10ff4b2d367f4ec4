"""The public pages of causes and campaigns.

Figures that the banner shows too are slots, filled when the page is served. What else comes
from the ledger is rendered in, so the answer carries `depends_on_ledger`: whoever keeps it
renders it anew when the ledger has grown.
"""

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from almoner.giving import account
from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign, Cause
from almoner.ledger import reads


@require_safe
def causes_page(request: HttpRequest) -> HttpResponse:
    """Everything that is given."""
    return render(request, "giving/causes_page.html", {"causes": Cause.objects.all()})


@require_safe
def cause_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One cause: what was promised, by whom, and what became of it."""
    cause = get_object_or_404(Cause, slug=slug)
    now = datetime.now(UTC)
    with open_ledger() as ledger:
        opening = reads.totals(ledger.db).get(slug, reads.Totals()).opening
        context = {
            "cause": cause,
            "opening_text": account.figure(cause, opening) if opening else "",
            "campaigns": account.campaigns(ledger.db, cause, now),
            "chart": {"points": account.points(ledger.db, cause, now)},
            "movements": account.movements(ledger.db, cause),
        }
    return _of_the_ledger(render(request, "giving/cause_page.html", context))


@require_safe
def campaign_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One campaign's promise, as it is in force, and how much of it was pledged."""
    campaign = get_object_or_404(
        Campaign.objects.select_related("cause", "charity", "sponsor"), slug=slug
    )
    now = datetime.now(UTC)
    with open_ledger() as ledger:
        promised = account.promised(ledger.db, campaign, now)
        if promised is None:
            raise Http404("This campaign is not published.")
        context: dict[str, Any] = {
            "campaign": promised,
            "cause": campaign.cause,
            "terms": account.terms(ledger.db, campaign, now),
            "movements": account.movements(ledger.db, campaign.cause, campaign.slug),
        }
    return _of_the_ledger(render(request, "giving/campaign_page.html", context))


def _of_the_ledger(response: HttpResponse) -> HttpResponse:
    response.depends_on_ledger = True  # type: ignore[attr-defined]
    return response
