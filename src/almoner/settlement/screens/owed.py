"""What is owed, by charity, cause, campaign, sponsor and age; and each charity's own link."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from wagtail.admin import messages

from almoner.giving.book import open_ledger
from almoner.giving.models import Charity
from almoner.giving.screens.guard import Screen
from almoner.giving.screens.records import Record
from almoner.settlement import entering, links, owed
from almoner.settlement.ages import NAMES
from almoner.settlement.forms import charities_owed
from almoner.settlement.models import CharityLink

LIST = "settlement_owed:index"


class OwedView(Screen):
    """Everything that is owed, the longest waiting first."""

    sees = "settlement.view_delivery"
    page_title = "Owed"
    header_icon = "history"
    template_name = "settlement/admin/owed.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it, or hand it over as a table for a spreadsheet."""
        entering.catch_up_all()
        chosen = {by: request.GET.get(by, "") for by in owed.BY}
        now = datetime.now(UTC)
        with open_ledger() as ledger:
            everything = owed.owed(ledger.db, now)
            rows = owed.owed(ledger.db, now, chosen) if any(chosen.values()) else everything
        if request.GET.get("format") == "csv":
            return _csv(rows, now)
        offered = owed.choices(everything)
        csv = urlencode({**{by: slug for by, slug in chosen.items() if slug}, "format": "csv"})
        return self.show(
            rows=rows,
            names=NAMES,
            charts=owed.charts(rows),
            filters=[
                (by, by.capitalize(), offered[by], chosen[by]) for by in owed.BY if offered[by]
            ],
            is_chosen=any(chosen.values()),
            csv_url=f"?{csv}",
            charities=charities_owed(rows),
            may_prepare=request.user.has_perm("settlement.add_delivery"),
        )


class CharityView(Screen):
    """The link to a charity's own page: made, shown, revoked."""

    sees = "settlement.view_delivery"
    changes = "settlement.change_charitylink"
    header_icon = "link"
    template_name = "settlement/admin/charity.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the charity."""
        super().setup(request, *args, **kwargs)
        self.charity = get_object_or_404(Charity, slug=kwargs["slug"])
        self.page_title = f"{self.charity}: its own page"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show the link to those who may hand it on."""
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse(LIST), "label": "Owed"},
        ]
        may_change = request.user.has_perm(self.changes)
        return self.show(
            charity=self.charity,
            row=CharityLink.objects.filter(charity=self.charity).first(),
            link=links.page_link(self.charity) if may_change else "",
            may_change=may_change,
            list_url=reverse(LIST),
        )

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Make a new link, or revoke the one there is."""
        now = datetime.now(UTC)
        if request.POST.get("do") == "revoke":
            links.revoke_page_link(self.charity, now)
            messages.success(request, "The link is revoked: it opens nothing from now on.")
        else:
            links.make_page_link(self.charity, now)
            messages.success(request, "There is a new link. Any earlier one opens nothing now.")
        return redirect("settlement_owed:charity", slug)


class Owed(Record):
    """What is owed."""

    name = "settlement_owed"
    url_prefix = "settlement/owed"
    icon = "history"
    menu_label = "Owed"
    view = OwedView

    def get_urlpatterns(self) -> list[Any]:
        """Add the charities' links."""
        one = path("charity/<slug:slug>/", CharityView.as_view(), name="charity")
        return [*super().get_urlpatterns(), one]


def _csv(rows: list[owed.Owed], now: datetime) -> HttpResponse:
    response = HttpResponse(owed.as_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="owed-{owed.today(now)}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
