"""Statements: drawing one, the list of those drawn, and their files."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from almoner.people.guard import Screen
from almoner.statements.downloads import download
from almoner.statements.forms import StatementForm
from almoner.statements.models import Drawn
from almoner.statements.pdf import PdfError
from almoner.statements.sharing import link, readers, share
from almoner.statements.shelf import draw_later, draw_now, is_large
from almoner.statements.tree import StatementError

PAGE_SIZE = 30
FORMS = (("pdf", "PDF"), ("csv", "CSV"), ("xlsx", "XLSX"), ("json", "Data"))


class DrawnView(Screen):
    """What was drawn, and the form to draw another."""

    sees = "statements.view_drawn"
    changes = "statements.add_drawn"
    page_title = "Statements"
    header_icon = "doc-full"
    template_name = "statements/admin/drawn.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show both."""
        return self._page(StatementForm(initial=self._wanted(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Draw one: at once where it is small, as a job where it is large."""
        form = StatementForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        now = datetime.now(UTC)
        try:
            order = form.order(now)
            if is_large(order):
                job = draw_later(order, request.user)
                messages.success(request, "It is being drawn, and is told here when it is done.")
                return redirect("jobs:job", job.pk)
            drawn = draw_now(order, now, request.user)
        except StatementError as error:
            form.add_error(None, str(error))
            return self._page(form)
        messages.success(request, f"“{drawn}” is drawn.", buttons=self._buttons(drawn))
        return redirect("statements_drawn:index")

    def _page(self, form: StatementForm) -> HttpResponse:
        rows = Drawn.objects.select_related("drawn_by").defer("data")
        page = Paginator(rows, PAGE_SIZE).get_page(self.request.GET.get("p"))
        for row in page:
            row.link = link(row) if row.shared_at else ""
        may_draw = self.request.user.has_perm(self.changes)
        return self.show(form=form, page=page, forms=FORMS, may_draw=may_draw)

    @staticmethod
    def _wanted(request: HttpRequest) -> dict[str, str]:
        campaign = request.GET.get("campaign", "")
        return {"campaign": campaign} if campaign else {}

    @staticmethod
    def _buttons(drawn: Drawn) -> list[Any]:
        return [messages.button(_address(drawn, "pdf"), "PDF")]


class FileView(Screen):
    """A statement in one form."""

    sees = changes = "statements.view_drawn"

    def get(self, request: HttpRequest, digest: str, ending: str) -> HttpResponse:
        """Send it as a file."""
        try:
            return download(get_object_or_404(Drawn, digest=digest), ending)
        except PdfError as error:
            messages.error(request, str(error))
            return redirect("statements_drawn:index")


class ShareView(Screen):
    """Shares a statement with whom it is about."""

    sees = "statements.view_drawn"
    changes = "statements.add_drawn"

    def get(self, request: HttpRequest, digest: str) -> HttpResponse:
        """Lead back to the list whose button this is."""
        return redirect("statements_drawn:index")

    def post(self, request: HttpRequest, digest: str) -> HttpResponse:
        """Share it, and say whom it was sent to."""
        drawn = share(get_object_or_404(Drawn, digest=digest), datetime.now(UTC))
        names = [name for name, address in readers(drawn) if address]
        lacking = [name for name, address in readers(drawn) if not address]
        if names:
            messages.success(request, f"“{drawn}” is on its way to {', '.join(names)}.")
        if lacking:
            messages.warning(
                request, f"There is no address for {', '.join(lacking)}: copy the link instead."
            )
        return redirect("statements_drawn:index")


class Statements(ViewSet):
    """Statements of campaigns, charities and sponsors."""

    name = "statements_drawn"
    url_prefix = "statements/drawn"
    menu_label = "Statements"
    icon = "doc-full"

    def get_menu_item(self, order: Any = None) -> MenuItem:
        """Show it to those who may see statements."""
        address = reverse("statements_drawn:index")
        return _Seen(self.menu_label, address, icon_name=self.icon, order=order)

    def get_urlpatterns(self) -> list[Any]:
        """The list, the files of one, and its sharing."""
        return [
            path("", DrawnView.as_view(), name="index"),
            path("<slug:digest>/share/", ShareView.as_view(), name="share"),
            path("<slug:digest>.<str:ending>", FileView.as_view(), name="file"),
        ]


class _Seen(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DrawnView.sees)


def _address(drawn: Drawn, ending: str) -> str:
    return reverse("statements_drawn:file", args=(drawn.digest, ending))
