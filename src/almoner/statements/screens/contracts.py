"""A campaign's contract: its form, and beside it what is missing and who asks for it."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
)
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.base import ViewSet

from almoner.giving.book import open_ledger
from almoner.giving.screens.rows import Create, Edit, Rows
from almoner.ledger.publish import read_campaigns
from almoner.people.guard import Guarded, Screen
from almoner.statements import completeness
from almoner.statements.models import Contract

PAGE = "statements_contracts:inspect"


class ContractPage(generic.InspectView):
    """How complete a contract is."""

    page_title = "Contract"
    template_name = "statements/admin/contract.html"
    any_permission_required: ClassVar = ["change", "view"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the checklist."""
        context = super().get_context_data(**kwargs)
        contract: Contract = self.object
        with open_ledger() as ledger:
            versions = read_campaigns(ledger.db).get(contract.campaign.slug, ())
        ended = versions[-1].ends_at if versions else None
        return context | {
            "contract": contract,
            "completeness": completeness.examine(contract),
            "as_of": completeness.facts().as_of,
            "notice": completeness.NOTICE,
            "retain_until": contract.retain_until(ended.date()) if ended else None,
            "may_change": self.request.user.has_perm("statements.change_contract"),
        }


class ContractDelete(Guarded, generic.DeleteView):
    """Deletes a contract's record."""


class Contracts(Rows):
    """What was signed for each campaign."""

    model = Contract
    name = "statements_contracts"
    url_prefix = "statements/contracts"
    menu_label = "Contracts"
    icon = "form"
    add_view_class = Create
    edit_view_class = Edit
    delete_view_class = ContractDelete
    inspect_view_class = ContractPage
    list_display: ClassVar = [
        TitleColumn("campaign", get_url=lambda row: reverse(PAGE, args=(row.pk,))),
        Column("there", label="Filled in", accessor=lambda row: _filled_in(row)),
        "signed_on",
        "accounting_on",
    ]

    def get_edit_handler(self) -> Any:
        """Parties, promise, settling, filings."""
        return ObjectList(
            [
                FieldPanel("campaign"),
                MultiFieldPanel(
                    [
                        FieldRowPanel(
                            [FieldPanel("sponsor_legal_name"), FieldPanel("sponsor_registration")]
                        ),
                        FieldRowPanel(
                            [FieldPanel("sponsor_signatory"), FieldPanel("sponsor_address")]
                        ),
                    ],
                    "Who pays",
                ),
                MultiFieldPanel(
                    [
                        FieldRowPanel(
                            [FieldPanel("charity_legal_name"), FieldPanel("charity_registration")]
                        ),
                        FieldRowPanel(
                            [FieldPanel("charity_signatory"), FieldPanel("second_signatory")]
                        ),
                        FieldPanel("charity_address"),
                    ],
                    "Who receives",
                ),
                MultiFieldPanel(
                    [FieldPanel("further_parties"), FieldPanel("signed_on")], "Signing"
                ),
                MultiFieldPanel(
                    [
                        FieldPanel("goods"),
                        FieldPanel("territory"),
                        FieldRowPanel([FieldPanel("manner"), FieldPanel("unit_definition")]),
                        FieldRowPanel([FieldPanel("flat_gift"), FieldPanel("flat_currency")]),
                        FieldPanel("estimated_total"),
                        FieldPanel("objectives"),
                        FieldRowPanel(
                            [FieldPanel("name_consent"), FieldPanel("advertisement_consent")]
                        ),
                    ],
                    "The promise, beyond its published terms",
                ),
                MultiFieldPanel(
                    [
                        FieldRowPanel([FieldPanel("accounting_on"), FieldPanel("payment_on")]),
                        FieldPanel("payment_manner"),
                        FieldPanel("termination"),
                        FieldPanel("variation"),
                        FieldPanel("fees"),
                        FieldPanel("retain_years"),
                    ],
                    "Settling and ending",
                ),
                InlinePanel("filings", heading="Filings", label="Filing"),
            ]
        ).bind_to_model(self.model)


class FactsView(Screen):
    """What jurisdictions ask, as dated facts."""

    sees = changes = "statements.view_contract"
    page_title = "What is asked where"
    header_icon = "list-ul"
    template_name = "statements/admin/facts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the table."""
        facts = completeness.facts()
        names = {field: what for field, what, _ in completeness.FIELDS}
        rows = [
            (each, [names.get(field, "Years to keep the records") for field in each.asks])
            for each in facts.jurisdiction
        ]
        return self.show(rows=rows, as_of=facts.as_of, notice=completeness.NOTICE)


class Facts(ViewSet):
    """What is asked where."""

    name = "statements_facts"
    url_prefix = "statements/facts"
    menu_label = "What is asked where"
    icon = "list-ul"

    def get_menu_item(self, order: Any = None) -> MenuItem:
        """Show it to those who may read contracts."""
        return _Seen(
            self.menu_label, reverse("statements_facts:index"), icon_name=self.icon, order=order
        )

    def get_urlpatterns(self) -> list[Any]:
        """One page."""
        return [path("", FactsView.as_view(), name="index")]


class _Seen(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(FactsView.sees)


def _filled_in(contract: Contract) -> str:
    found = completeness.examine(contract)
    return f"{found.there} of {found.of}"
