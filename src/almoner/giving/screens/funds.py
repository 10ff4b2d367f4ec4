"""Funds: what sponsors put up, and how a deposit is recorded."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic

from almoner.giving.book import open_ledger
from almoner.giving.entries import record_deposit
from almoner.giving.forms import DepositForm, SluggedForm
from almoner.giving.models import Campaign, Fund
from almoner.giving.screens.guard import Screen
from almoner.giving.screens.rows import Create, Rows, handler
from almoner.giving.wording import amount
from almoner.ledger import reads

PAGE = "giving_funds:inspect"


class FundForm(SluggedForm):
    """A fund: whose, and in what."""

    fixed = ("sponsor", "unit")

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                _ = self.instance.exact_unit
            except ValueError as error:
                self.add_error("unit", f"{error}.")


class FundCreate(Create):
    """A new fund."""

    object: Fund

    def get_success_url(self) -> str:
        """Go to where something can be put into it."""
        return reverse(PAGE, args=(self.object.pk,))


class FundPage(generic.InspectView):
    """A fund: what is left in it."""

    page_title = "Fund"
    template_name = "giving/admin/fund_page.html"
    any_permission_required: ClassVar = ["change", "view"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the balance, and the way to put something in."""
        context = super().get_context_data(**kwargs)
        context["left"] = _left(self.object)
        context["paid_from_it"] = Campaign.objects.filter(
            sponsor=self.object.sponsor, from_fund=True, cause__unit=self.object.unit
        )
        if self.request.user.has_perm("giving.change_fund"):
            context["deposit_url"] = reverse("giving_funds:deposit", args=(self.object.pk,))
        return context


class DepositView(Screen):
    """Records what a sponsor put into its fund."""

    sees = changes = "giving.change_fund"
    page_title = "Record a deposit"
    header_icon = "plus-inverse"
    template_name = "giving/admin/deposit.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self._form(get_object_or_404(Fund, pk=pk), None)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Append the deposit; the same reference counts once."""
        return self._form(get_object_or_404(Fund, pk=pk), request.POST)

    def _form(self, fund: Fund, data: Any) -> HttpResponse:
        form = DepositForm(data, fund)
        page = reverse(PAGE, args=(fund.pk,))
        if form.is_valid():
            entered = form.cleaned_data
            minor, day, reference = (entered[name] for name in ("amount", "day", "reference"))
            outcome = record_deposit(fund, minor, day, reference, datetime.now(UTC))
            if outcome.status == "conflict":
                form.add_error("reference", "This was entered before with another content.")
            else:
                new = outcome.status == "recorded"
                tell = messages.success if new else messages.warning
                told = "Deposit recorded." if new else "This was entered before. Nothing changed."
                tell(self.request, told)
                return redirect(page)
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse("giving_funds:index"), "label": "Funds"},
            {"url": page, "label": str(fund)},
            {"url": "", "label": self.page_title},
        ]
        return self.show(form=form, fund=fund, left=_left(fund), page_url=page)


class Funds(Rows):
    """What sponsors have put up."""

    model = Fund
    name = "giving_funds"
    url_prefix = "giving/funds"
    icon = "folder-inverse"
    add_view_class = FundCreate
    inspect_view_class = FundPage
    list_display: ClassVar = [
        TitleColumn("sponsor", get_url=lambda fund: reverse(PAGE, args=(fund.pk,))),
        "unit",
        Column("left", label="Left", accessor=lambda fund: _left(fund)),
    ]

    def get_edit_handler(self) -> Any:
        """Two fields."""
        return handler(FundForm, FieldPanel("sponsor"), FieldPanel("unit")).bind_to_model(
            self.model
        )

    def get_urlpatterns(self) -> list[Any]:
        """Add the deposit."""
        deposit = path("deposit/<int:pk>/", DepositView.as_view(), name="deposit")
        return [*super().get_urlpatterns(), deposit]


def _left(fund: Fund) -> str:
    unit = fund.exact_unit
    with open_ledger() as ledger:
        minor = reads.balance(ledger.db, fund.account, fund.unit)
    return amount(minor, unit.code, unit.kind, unit.scale)
