"""What others embed of ours: a story's card and a cause's counter, each a page for a frame.

Guarantee: a frame shows live figures, keeps no cookie, loads nothing from elsewhere and can be
shown in any page; it is the only part of the site that can. A sensitive story has no card.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import override
from django.views.decorators.http import require_safe

from almoner.giving.models import Cause
from almoner.stories.models import StoryPage
from almoner.stories.public import public_stories

FIGURES = 2  # beside a card's headline there is no room for more
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors *",
    )
)


@require_safe
def story(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of a public story, in the story's language."""
    page = get_object_or_404(public_stories(), pk=pk)
    if page.sensitive:
        raise Http404("This story has no card.")
    causes = Cause.objects.filter(shown=True).order_by("position", "slug")[:FIGURES]
    with override(page.locale.language_code):
        return _framed(request, "stories/embed_story.html", {"story": page, "causes": causes})


@require_safe
def counter(request: HttpRequest, slug: str) -> HttpResponse:
    """A cause's live figure."""
    cause = get_object_or_404(Cause, slug=slug)
    return _framed(request, "stories/embed_counter.html", {"cause": cause})


def story_frame(page: StoryPage) -> str:
    """The absolute address of a story's card."""
    return settings.WAGTAILADMIN_BASE_URL + reverse("embed_story", args=(page.pk,))


def counter_frame(slug: str) -> str:
    """The absolute address of a cause's counter, in the language at hand."""
    return settings.WAGTAILADMIN_BASE_URL + reverse("embed_counter", args=(slug,))


def _framed(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    answer = render(request, template, {**context, "address": settings.WAGTAILADMIN_BASE_URL})
    answer["Content-Security-Policy"] = POLICY
    return answer


urlpatterns = [path("embed/stories/<int:pk>/", story, name="embed_story")]
local_urlpatterns = [path("embed/counters/<slug:slug>/", counter, name="embed_counter")]
