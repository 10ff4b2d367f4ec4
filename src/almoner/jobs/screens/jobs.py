"""The list of jobs and the page of one: how far it is, and what can be done about it.

Both are asked again every second by `jobs.js` while something is open; where no script runs
there is a link to look again.
"""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

import json
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from almoner.jobs import queue
from almoner.jobs.models import Job
from almoner.people.guard import Screen

PAGE = 30  # jobs on one page


class JobScreen(Screen):
    """What both have in common."""

    sees = "jobs.view_job"
    changes = "jobs.change_job"
    header_icon = "tasks"

    def answer(self, part: str, **context: Any) -> HttpResponse:
        """The whole page, or the part of it that a script asks for again."""
        context |= {"part": part, "may_change": self.request.user.has_perm(self.changes)}
        if "part" in self.request.GET:
            return render(self.request, part, context)
        return self.show(**context)


class JobsView(JobScreen):
    """All jobs, the newest first."""

    page_title = "Jobs"
    template_name = "jobs/admin/page.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them."""
        jobs = Job.objects.select_related("started_by")
        page = Paginator(jobs, PAGE).get_page(request.GET.get("p"))
        return self.answer(
            "jobs/admin/jobs.html",
            page=page,
            moving=any(job.is_open for job in page),
        )


class JobView(JobScreen):
    """One job."""

    template_name = "jobs/admin/page.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        job = get_object_or_404(Job.objects.select_related("started_by"), pk=pk)
        self.page_title = job.title
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse("jobs:index"), "label": "Jobs"},
            {"url": "", "label": job.title},
        ]
        return self.answer(
            "jobs/admin/job.html",
            job=job,
            moving=job.is_open,
            arguments=json.dumps(job.arguments, indent=2, ensure_ascii=False),
        )

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Show the way back."""
        return self.breadcrumbs_items

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop it, or let it go on."""
        job = get_object_or_404(Job, pk=pk)
        if "stop" in request.POST:
            queue.stop(job)
            messages.success(request, f"“{job}” stops after its present step.")
        elif queue.go_on(job):
            messages.success(request, f"“{job}” goes on from where it was.")
        else:
            messages.warning(request, f"“{job}” is {Job.State(job.state).label.lower()} already.")
        return redirect("jobs:job", job.pk)


class JobsItem(MenuItem):
    """Shown to those who may see jobs."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Ask for the right."""
        return request.user.has_perm(JobScreen.sees)


class Jobs(ViewSet):
    """The screens under /admin/jobs/."""

    name = "jobs"
    url_prefix = "jobs"
    icon = "tasks"
    menu_label = "Jobs"
    menu_order = 97  # behind Giving (95)
    add_to_admin_menu = True
    menu_item_class = JobsItem

    def get_urlpatterns(self) -> list[Any]:
        """The list and the page."""
        return [
            path("", JobsView.as_view(), name="index"),
            path("<int:pk>/", JobView.as_view(), name="job"),
        ]
