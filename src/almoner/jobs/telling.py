"""Tells people on their next page of the admin what became of the jobs that they started."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from wagtail.admin import messages

from almoner.jobs.models import Job

AT_ONCE = 3  # notices on one page; the list of jobs has them all


class TellWhatEnded:
    """Adds a message for each job that has ended since."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; on a page of the admin, with what is to be told."""
        if _is_page(request):
            _tell(request)
        return self.get_response(request)


def _is_page(request: HttpRequest) -> bool:
    # A browser says what it wants the answer for: a page, not a part that a script asked for.
    wanted = request.headers.get("Sec-Fetch-Mode", "navigate")
    return request.method == "GET" and wanted == "navigate" and request.path.startswith("/admin/")


def _tell(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        return
    ended = (Job.State.FINISHED, Job.State.FAILED)
    for job in Job.objects.filter(started_by=request.user, told=False, state__in=ended)[:AT_ONCE]:
        # Two pages that are asked for at once tell it once.
        if not Job.objects.filter(pk=job.pk, told=False).update(told=True):
            continue
        finished = job.state == Job.State.FINISHED
        said = job.result.get("sentence", "It is done.") if finished else job.error
        link = job.result.get("link") if finished else None
        tell = messages.success if finished else messages.error
        page = link or reverse("jobs:job", args=(job.pk,))
        said = format_html("<b>{}</b>: {}", job.title, said)
        tell(request, said, buttons=[messages.button(page, "Look at it")])
