"""Who may open and who may press: the same rule on every screen of our own.

A page that somebody may not see sends them back with a message, as everywhere in the admin;
an attempt to change something without the right to is answered 403, and changes nothing.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

SAFE = ("GET", "HEAD", "OPTIONS")


class Guarded:
    """Answers 403 to a refused change. Mixed in before Wagtail's own views."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Let the view answer; say no in its place where it refuses a change."""
        try:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except PermissionDenied:
            if request.method in SAFE:
                raise
            return refuse(request)


class Screen(Guarded, WagtailAdminTemplateMixin, View):
    """A screen of our own: `sees` is the right to open it, `changes` the right to post to it."""

    sees = ""
    changes = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse whoever lacks the right."""
        needed = self.sees if request.method in SAFE else self.changes
        if request.user.has_perm(needed):
            return super().dispatch(request, *args, **kwargs)
        if request.method in SAFE:
            raise PermissionDenied
        return refuse(request)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Show where this is."""
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def show(self, status: int = 200, **context: Any) -> HttpResponse:
        """Render the template in the admin's frame."""
        return render(
            self.request,
            self.get_template_names(),
            self.get_context_data(**context),
            status=status,
        )


def refuse(request: HttpRequest) -> HttpResponse:
    """Say that this person may not do this."""
    return render(request, "people/refused.html", status=403)
