"""The forms of giving's admin screens. They read and check; what is done is elsewhere."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput

from almoner.campaigns.model import CampaignVersion
from almoner.giving.entries import moment_on
from almoner.giving.models import Cause, Fund
from almoner.giving.problems import YEARS
from almoner.giving.terms import plain
from almoner.intake.keys import SCOPES
from almoner.intake.wire import MAX_QUANTITY
from almoner.units import Unit, UnitError, minor_units

MAX_LINE = 200  # a product number, a SKU or a tag
MAX_REFERENCE = 90  # with fund or campaign before it, it fits ledger.event.MAX_ID


def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every time zone of a place, by continent, as a menu's groups."""
    groups: dict[str, list[tuple[str, str]]] = {"": [("UTC", "UTC")]}
    for name in sorted(available_timezones()):
        continent, _, place = name.partition("/")
        if place and continent not in ("Etc", "SystemV", "US", "posix", "right"):
            groups.setdefault(continent, []).append((name, place.replace("_", " ")))
    return list(groups.items())


class LinesField(forms.CharField):
    """A list written one a line. Blank lines and repetitions are left out."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 30})

    def prepare_value(self, value: Any) -> Any:
        """Write a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Read lines into a list."""
        lines = value if isinstance(value, list) else (super().to_python(value) or "").splitlines()
        found = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
        long = next((line for line in found if len(line) > MAX_LINE), None)
        if long:
            raise ValidationError(f"“{long[:30]}…” is too long: one product or tag a line.")
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as lists."""
        return (initial or []) != self.to_python(data)


class ReferenceField(forms.CharField):
    """What an entry is known by, never entered twice. Blanks and tabs in a row are one blank."""

    def to_python(self, value: Any) -> str:
        """Read what was typed, or pasted from a bank's statement."""
        text = " ".join((super().to_python(value) or "").split())
        if not text.isprintable():
            raise ValidationError("There is a character in it that cannot be shown: leave it out.")
        return text


class SluggedForm(WagtailAdminModelForm):
    """A form of something whose slug is chosen once."""

    fixed: tuple[str, ...] = ("slug",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in self.fixed:
                self.fields[name].disabled = True


class CharityForm(SluggedForm):
    """A charity. Where its links go is for those who settle with it, and nobody who campaigns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.for_user is None or not self.for_user.has_perm("settlement.change_charitylink"):
            contact = self.fields["contact_email"]
            contact.disabled = True
            contact.help_text = (
                "Finance keeps it: the links by which the charity confirms what arrived go there."
            )


class CauseForm(SluggedForm):
    """A cause; when it is made, also what was given before."""

    fixed = ("slug", "unit", "kind")

    before = forms.CharField(
        label="Given before",
        required=False,
        max_length=24,
        help_text="What was given before this record began, as a whole number or in money "
        "2358.00. It is shown as carried forward, not as proven, and can be entered once.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["before"]

    def clean(self) -> dict[str, Any]:
        """Read the figure in the unit that was chosen."""
        data = super().clean()
        written = plain(data.get("before") or "")
        if written and data.get("unit") and data.get("kind"):
            try:
                unit = Cause(unit=data["unit"], kind=data["kind"]).exact_unit
                data["minor"] = minor_units(written, unit.scale)
            except UnitError as error:
                self.add_error("before", f"{error}.")
        return data


class DepositForm(forms.Form):
    """What a sponsor put into its fund."""

    amount = forms.CharField(max_length=24)
    day = forms.DateField(widget=AdminDateInput, help_text="The day it arrived.")
    reference = ReferenceField(
        max_length=MAX_REFERENCE,
        help_text="What it is known by, such as the bank's reference. The same reference is "
        "never entered twice.",
    )

    def __init__(self, data: Mapping[str, Any] | None, fund: Fund) -> None:
        super().__init__(data, initial={"day": date.today()})  # noqa: DTZ011 - a suggestion
        self.unit: Unit = fund.exact_unit
        self.fields["amount"].help_text = f"In {fund.unit}" + (
            ", such as 2500.00." if self.unit.scale else ", a whole number."
        )

    def clean_amount(self) -> int:
        """The amount in minor units."""
        try:
            minor = minor_units(plain(self.cleaned_data["amount"]), self.unit.scale)
        except UnitError as error:
            raise ValidationError(f"{error}.") from None
        if not minor:
            raise ValidationError("A deposit of nothing is none: write what was put in.")
        return minor


class ByHandForm(forms.Form):
    """How often a manual campaign's trigger happened."""

    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    day = forms.DateField(widget=AdminDateInput, help_text="The day it happened.")
    reference = ReferenceField(
        max_length=MAX_REFERENCE,
        help_text="What it is known by, such as “trip 2026-114”. The same reference is never "
        "counted twice.",
    )

    def __init__(self, data: Mapping[str, Any] | None, version: CampaignVersion) -> None:
        super().__init__(data)
        self.version = version

    def clean_day(self) -> datetime:
        """The moment on that day from which the campaign counts."""
        day: date = self.cleaned_data["day"]
        moment = moment_on(day, self.version) if day.year in YEARS else None
        if moment is None:
            raise ValidationError("The campaign does not run on that day.")
        if moment > datetime.now(UTC):
            raise ValidationError("That day has not come yet.")
        return moment


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.SlugField(
        max_length=60,  # type: ignore[call-arg]
        help_text="What uses it, such as warehouse. It names the source of what is sent with it.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=["events:write"],
        help_text="events:write may send orders, refunds and entries; read may read counters, "
        "campaigns, balances and transactions.",
    )


def said(errors: Mapping[str, Iterable[Any]], form: forms.BaseForm) -> list[tuple[str, str]]:
    """A form's errors as (label, message), for a list beside it."""
    found: list[tuple[str, str]] = []
    for name, messages in errors.items():
        label = form[name].label if name in form.fields else ""
        found += [(str(label), str(message)) for message in messages]
    return found
