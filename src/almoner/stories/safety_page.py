"""The page about reading safely: what this site keeps, what it cannot hide, whom to call."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from almoner.stories.safety import ReaderSafety


@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    """Say it. The page itself is kept off the device, like a sensitive story."""
    context = {"safety": ReaderSafety.current(), "can_leave": True}
    answer = render(request, "stories/safety_page.html", context)
    answer.keep_off_devices = True  # type: ignore[attr-defined]
    return answer


urlpatterns = [path("safety/", safety, name="safety")]
