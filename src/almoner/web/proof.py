"""The page on which readers check the numbers themselves, in their own browser.

What it checks is fetched by its scripts (`static/web/proof/`); the page itself is the same for
everybody. A receipt's own page is in `web.receipts`.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from almoner.web.receipts import LOG_URL

COUNTERS_URL = "/counters"


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Recount the log, or verify a receipt."""
    context = {
        "log_url": LOG_URL,
        "counters_url": COUNTERS_URL,
        "site_address": settings.CONFIG.address,
    }
    return render(request, "proof/check.html", context)
