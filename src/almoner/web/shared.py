"""`/shared/<code>/`: what a share did. For whoever has the link; it says nothing of anybody.

In the story's language, never indexed or kept by a cache.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from almoner.counters.figures import text
from almoner.giving.book import open_ledger
from almoner.giving.models import Cause
from almoner.reading import share_code, shares, tables
from almoner.reading.shares import Share
from almoner.stories.models import StoryPage


@dataclass(frozen=True, slots=True)
class Line:
    """What the reads gave for one cause, as figures: by this link, and where it was passed on."""

    label: str
    icon: str
    url: str
    direct: str
    passed: str


@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """The page of one code; 404 where the code is none of ours or its story is gone."""
    with open_ledger() as ledger:
        found = share_code.read(tables.key(ledger.db), code)
        share = found and shares.find(ledger.db, found)
    story = share and StoryPage.objects.live().public().filter(pk=share.story).first()  # type: ignore[attr-defined]
    if not share or story is None or story.sensitive:
        raise Http404("There is no such share.")
    with translation.override(story.locale.language_code):
        response = render(
            request,
            "stories/shared.html",
            {"story": story, "share": share, "lines": lines(share), "code": code},
        )
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def lines(share: Share) -> list[Line]:
    """A line for each cause that the reads gave to, in the banner's order."""
    gifts = {gift.cause: gift for gift in share.gifts}
    causes = Cause.objects.filter(slug__in=gifts).order_by("position", "slug")
    return [
        Line(
            cause.local_label,
            cause.icon,
            f"/causes/{cause.slug}/",
            figure(cause, gifts[cause.slug].direct),
            figure(cause, gifts[cause.slug].passed) if gifts[cause.slug].passed else "",
        )
        for cause in causes
    ]


# A read gives a fraction of a thing, and three of them must not look like nothing.
PLACES = 2


def figure(cause: Cause, minor: Fraction) -> str:
    """Exact minor units as a figure: to two more places than are counted in, rounded down."""
    return text(
        floor(minor * 10**PLACES),
        "count" if cause.kind != "money" else cause.kind,
        cause.unit,
        cause.scale + PLACES,
    )
