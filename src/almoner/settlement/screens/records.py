"""Disputes and closed months."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from datetime import UTC, date, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin import messages

from almoner.giving.screens.guard import Screen
from almoner.giving.screens.records import Record
from almoner.settlement import periods
from almoner.settlement.models import Dispute, Period
from almoner.settlement.standing import SettlementError

ROWS = 200  # of disputes: more than that is another problem


class DisputesView(Screen):
    """Disagreements, those that wait for us first."""

    sees = "settlement.view_dispute"
    page_title = "Disputes"
    header_icon = "warning"
    template_name = "settlement/admin/disputes.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them."""
        found = Dispute.objects.select_related("delivery", "delivery__charity")[:ROWS]
        order = {"open": 0, "answered": 1, "settled": 2}
        return self.show(rows=sorted(found, key=lambda each: order[each.state]))


class PeriodsView(Screen):
    """Closed months, and the one to close next."""

    sees = "settlement.view_period"
    changes = "settlement.add_period"
    page_title = "Periods"
    header_icon = "calendar-check"
    template_name = "settlement/admin/periods.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them."""
        return self.show(
            month=periods.next_month(datetime.now(UTC)),
            rows=[(each, each.end_entry - each.first_entry) for each in Period.objects.all()],
            may_close=request.user.has_perm(self.changes),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Close the month that the button names."""
        try:
            first_day = date.fromisoformat(request.POST.get("month", ""))
        except ValueError:
            raise Http404("There is no such month.") from None
        try:
            period = periods.close(first_day, request.user, datetime.now(UTC))
            messages.success(request, f"{period} is closed. It cannot be opened again.")
        except SettlementError as error:
            messages.error(request, str(error))
        return redirect("settlement_periods:index")


class Disputes(Record):
    """Disagreements."""

    name = "settlement_disputes"
    url_prefix = "settlement/disputes"
    icon = "warning"
    menu_label = "Disputes"
    view = DisputesView


class Periods(Record):
    """Closed months."""

    name = "settlement_periods"
    url_prefix = "settlement/periods"
    icon = "calendar-check"
    menu_label = "Periods"
    view = PeriodsView
