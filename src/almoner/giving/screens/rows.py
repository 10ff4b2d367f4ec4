"""The lists and forms of causes, charities and sponsors."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from typing import Any, ClassVar

from django.db.models import Model
from django.forms import RadioSelect, Textarea
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin import messages
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    ObjectList,
    TitleFieldPanel,
)
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from almoner.giving import account, openings
from almoner.giving.book import open_ledger
from almoner.giving.forms import CauseForm, CharityForm, SluggedForm
from almoner.giving.models import Cause, Charity, Fund, Sponsor
from almoner.giving.screens.guard import Guarded
from almoner.ledger import reads


class Create(Guarded, generic.CreateView):
    """A form for a new row."""


class Edit(Guarded, generic.EditView):
    """A form for a row."""


class Delete(Guarded, generic.DeleteView):
    """Deletes a row that the ledger does not speak of."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Ask once more, unless it has to stay."""
        return self._stays() or super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Delete it, unless it has to stay."""
        return self._stays() or super().post(request, *args, **kwargs)

    def _stays(self) -> HttpResponse | None:
        if not in_the_ledger(self.object):
            return None
        messages.error(self.request, "The ledger speaks of it, so it cannot be deleted.")
        return redirect(self.get_success_url())


def in_the_ledger(row: Model) -> bool:
    """Whether any account is named after a cause, a charity, a sponsor or a fund."""
    with open_ledger() as ledger:
        if isinstance(row, Cause):
            return row.slug in reads.totals(ledger.db)
        if isinstance(row, Fund):
            first, unit = f"{row.account} ", row.unit
            found = reads.balances(ledger.db, after=first)
            return any((each.account, each.unit) == (row.account, unit) for each in found)
        room = "charity" if isinstance(row, Charity) else "sponsor"
        first = f"{room}/{row.slug}/"  # type: ignore[attr-defined]
        found = reads.balances(ledger.db, after=first, limit=1)
        return any(each.account.startswith(first) for each in found)


class Rows(ModelViewSet):
    """What the lists of giving have in common."""

    add_view_class = Create
    edit_view_class = Edit
    delete_view_class = Delete
    copy_view_enabled = False
    inspect_view_enabled = True
    add_to_reference_index = True


def handler(form: type[SluggedForm], *panels: Any) -> ObjectList:
    """A form's fields in their order."""
    return ObjectList(list(panels), base_form_class=form)


class CauseCreate(Create):
    """A new cause, with what was given before the record began."""

    object: Cause

    def save_action(self) -> Any:
        """Carry the figure forward, now that the cause's own transaction is over."""
        minor = self.form.cleaned_data.get("minor")
        if minor:
            openings.carry_forward(self.object, minor)
        return super().save_action()


class Causes(Rows):
    """What is given and how it is counted."""

    model = Cause
    name = "giving_causes"
    url_prefix = "giving/causes"
    icon = "decimal"
    add_view_class = CauseCreate
    list_display: ClassVar = [
        "label",
        Column("figure", label="Shown", accessor=lambda cause: _shown(cause)),
        "unit",
        "position",
        BooleanColumn("shown", label="In the banner"),
    ]

    def get_edit_handler(self) -> Any:
        """Ask for what was given before only once."""
        return handler(
            CauseForm,
            TitleFieldPanel("label", classname="", placeholder=False),
            FieldPanel("slug"),
            FieldPanel("labels", widget=Textarea(attrs={"rows": 2})),
            FieldRowPanel([FieldPanel("kind", widget=RadioSelect), FieldPanel("unit")]),
            FieldPanel("before"),
            FieldRowPanel([FieldPanel("icon"), FieldPanel("position")]),
            FieldPanel("shown"),
        ).bind_to_model(self.model)


class Charities(Rows):
    """Who receives."""

    model = Charity
    name = "giving_charities"
    url_prefix = "giving/charities"
    icon = "home"
    list_display: ClassVar = ["name", "registration_number", "website"]

    def get_edit_handler(self) -> Any:
        """Group what readers see and what they do not."""
        return handler(
            CharityForm,
            TitleFieldPanel("name", classname="", placeholder=False),
            FieldPanel("slug"),
            FieldRowPanel([FieldPanel("legal_name"), FieldPanel("registration_number")]),
            FieldRowPanel([FieldPanel("website"), FieldPanel("contact_email")]),
            FieldPanel("place_is_secret"),
        ).bind_to_model(self.model)


class Sponsors(Rows):
    """Who pays."""

    model = Sponsor
    name = "giving_sponsors"
    url_prefix = "giving/sponsors"
    icon = "group"
    list_display: ClassVar = ["name", "website"]

    def get_edit_handler(self) -> Any:
        """Group what readers see and what they do not."""
        return handler(
            SluggedForm,
            TitleFieldPanel("name", classname="", placeholder=False),
            FieldPanel("slug"),
            FieldPanel("legal_name"),
            FieldRowPanel([FieldPanel("website"), FieldPanel("contact_email")]),
        ).bind_to_model(self.model)


def _shown(cause: Cause) -> str:
    with open_ledger() as ledger:
        shown = reads.totals(ledger.db).get(cause.slug, reads.Totals()).shown
    return account.figure(cause, shown)
