"""Deliveries: prepared from what is owed, sent, shown by documents, taken back."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from wagtail.admin import messages

from almoner.giving.book import open_ledger
from almoner.giving.models import Charity
from almoner.giving.screens.guard import Screen
from almoner.giving.screens.records import Record
from almoner.settlement import deliveries, entering, links, owed, standing
from almoner.settlement.forms import (
    DeliveryForm,
    DocumentForm,
    PublishForm,
    ReverseForm,
    TextForm,
)
from almoner.settlement.models import Delivery
from almoner.settlement.screens.actions import DONE
from almoner.settlement.standing import SettlementError
from almoner.settlement.views import hand_over

LIST = "settlement_deliveries:index"
PAGE = "settlement_deliveries:delivery"
ROWS = 50  # of a list: two screens


class DeliveriesView(Screen):
    """All deliveries, the newest first."""

    sees = "settlement.view_delivery"
    page_title = "Deliveries"
    header_icon = "snippet"
    template_name = "settlement/admin/deliveries.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """List a page of them, or of those in one state."""
        entering.catch_up_all()
        state = request.GET.get("state", "")
        found = Delivery.objects.select_related("charity").prefetch_related("lines", "documents")
        if state in Delivery.State.values:
            found = found.filter(state=state)
        page = Paginator(found, ROWS).get_page(request.GET.get("p"))
        return self.show(
            page=page,
            rows=[(each, standing.listed(each, standing.sent(each))) for each in page],
            states=Delivery.State.choices,
            state=state,
            owed_url=reverse("settlement_owed:index"),
        )


class Writing(Screen):
    """The form of a delivery that is not sent yet."""

    header_icon = "snippet"
    template_name = "settlement/admin/delivery_form.html"

    def form(self, charity: Charity, delivery: Delivery | None, data: Any) -> HttpResponse:
        """Show the form, or keep what was written in it."""
        with open_ledger() as ledger:
            rows = owed.owed(ledger.db, datetime.now(UTC), {"charity": charity.slug})
        form = DeliveryForm(data, rows, delivery)
        if form.is_valid():
            written = form.cleaned_data
            try:
                delivery = deliveries.prepare(
                    charity,
                    form.wanted,
                    written["day"],
                    written["reference"],
                    written["note"],
                    delivery,
                )
                return redirect(PAGE, delivery.pk)
            except SettlementError as error:
                form.add_error(None, str(error))
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse(LIST), "label": "Deliveries"},
        ]
        back = reverse(PAGE, args=(delivery.pk,)) if delivery else reverse("settlement_owed:index")
        return self.show(form=form, charity=charity, back=back)


class NewView(Writing):
    """A new delivery, of what one charity is owed."""

    sees = changes = "settlement.add_delivery"
    page_title = "Prepare a delivery"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show the form."""
        return self.form(get_object_or_404(Charity, slug=slug), None, None)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Keep it. Nothing moves before it is sent."""
        return self.form(get_object_or_404(Charity, slug=slug), None, request.POST)


class EditView(Writing):
    """Another version of a delivery that is not sent yet."""

    sees = changes = "settlement.change_delivery"
    page_title = "Change the delivery"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self._form(pk, None)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep it."""
        return self._form(pk, request.POST)

    def _form(self, pk: int, data: Any) -> HttpResponse:
        delivery = entering.catch_up(get_object_or_404(Delivery, pk=pk))
        if delivery.state != Delivery.State.PREPARED:
            messages.error(self.request, "It is sent already: take it back instead.")
            return redirect(PAGE, pk)
        return self.form(delivery.charity, delivery, data)


class DeliveryView(Screen):
    """One delivery, and everything that can be done with it."""

    sees = "settlement.view_delivery"
    changes = "settlement.change_delivery"
    header_icon = "snippet"
    template_name = "settlement/admin/delivery.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._page(entering.catch_up(get_object_or_404(Delivery, pk=pk)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what the pressed button says."""
        delivery = entering.catch_up(get_object_or_404(Delivery, pk=pk))
        do = DONE.get(request.POST.get("do", ""))
        if do is None:
            return redirect(PAGE, pk)
        try:
            said = do(request, delivery)
        except SettlementError as error:
            messages.error(request, str(error))
            return redirect(PAGE, pk)
        if isinstance(said, Form):
            return self._page(delivery, wrong=said)
        messages.success(request, said)
        there = Delivery.objects.filter(pk=pk).exists()
        return redirect(PAGE, pk) if there else redirect(LIST)

    def _page(self, delivery: Delivery, wrong: Form | None = None) -> HttpResponse:
        self.page_title = f"{delivery.reference}"
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse(LIST), "label": "Deliveries"},
        ]
        prepared = delivery.state == Delivery.State.PREPARED
        may_change = self.request.user.has_perm(self.changes)
        kept, there = standing.kept(delivery), standing.confirmed(delivery)
        left = standing.outstanding(delivery)

        def form(kind: Callable[..., Form], *options: Any) -> Form:
            return wrong if isinstance(wrong, kind) else kind(None, *options)  # type: ignore[arg-type]

        return self.show(
            status=422 if wrong else 200,
            delivery=delivery,
            prepared=prepared,
            may_change=may_change,
            may_read=self.request.user.has_perm("settlement.view_document"),
            lines=[
                {
                    "line": line,
                    "sent": standing.told(line.cause, line.minor),
                    "back": standing.told(line.cause, line.minor - kept[line.key])
                    if line.minor != kept[line.key]
                    else "",
                    "arrived": standing.told(line.cause, there[line.key]),
                    "waiting": standing.told(line.cause, left[line.key]),
                }
                for line in delivery.lines.all()
            ],
            link=links.answer_link(delivery)
            if may_change and any(left.values()) and not prepared
            else "",
            link_days=links.DAYS,
            answers=[
                (each, standing.listed(delivery, each.amounts)) for each in delivery.answers.all()
            ],
            reversals=[
                (each, standing.listed(delivery, each.steps[-1]["amounts"]))
                for each in delivery.reversals.all()
            ],
            disputes=delivery.disputes.all(),
            documents=[
                (each, each.media_type.startswith("image/")) for each in delivery.documents.all()
            ],
            document_form=form(DocumentForm),
            publish_form=form(PublishForm),
            text_form=form(TextForm),
            reverse_form=form(ReverseForm, delivery)
            if any(kept.values()) and not prepared
            else None,
            wrong=wrong,
            edit_url=reverse("settlement_deliveries:edit", args=(delivery.pk,)),
            charity_url=reverse("settlement_owed:charity", args=(delivery.charity.slug,)),
        )


class DocumentView(Screen):
    """A document itself, for those who may read it."""

    sees = "settlement.view_document"

    def get(self, request: HttpRequest, pk: int, document: int) -> HttpResponse:
        """Hand it over: pictures to look at, everything else as a file."""
        delivery = get_object_or_404(Delivery, pk=pk)
        return hand_over(get_object_or_404(delivery.documents, pk=document))


class Deliveries(Record):
    """Deliveries."""

    name = "settlement_deliveries"
    url_prefix = "settlement/deliveries"
    icon = "snippet"
    menu_label = "Deliveries"
    view = DeliveriesView

    def get_urlpatterns(self) -> list[Any]:
        """Add the pages of one delivery."""
        return [
            *super().get_urlpatterns(),
            path("new/<slug:slug>/", NewView.as_view(), name="new"),
            path("<int:pk>/", DeliveryView.as_view(), name="delivery"),
            path("<int:pk>/edit/", EditView.as_view(), name="edit"),
            path("<int:pk>/documents/<int:document>/", DocumentView.as_view(), name="document"),
        ]
