"""The forms of settlement. They read and check; what is done is elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.admin.widgets import AdminDateInput

from almoner.giving.forms import ReferenceField
from almoner.giving.models import Campaign, Cause, Charity
from almoner.giving.terms import plain
from almoner.settlement import standing
from almoner.settlement.models import MAX_REFERENCE, MAX_TEXT, Answer, Delivery, Document
from almoner.settlement.owed import Owed
from almoner.settlement.standing import Amounts
from almoner.units import UnitError, decimal, minor_units

MAX_FIGURE = 24  # characters: as many as the largest amount has, with its commas


class FigureField(forms.CharField):
    """An amount in a unit, read exactly; blank is nothing."""

    def __init__(self, unit: str, scale: int, **options: Any) -> None:
        super().__init__(max_length=MAX_FIGURE, required=False, **options)
        self.unit, self.scale = unit, scale
        self.widget.attrs |= {"inputmode": "decimal" if scale else "numeric", "autocomplete": "off"}

    def clean(self, value: Any) -> int:
        """The amount in minor units."""
        written = plain(super().clean(value) or "")
        if not written:
            return 0
        try:
            return minor_units(written, self.scale)
        except UnitError as error:
            raise ValidationError(f"{error}.") from None


class DeliveryForm(forms.Form):
    """A delivery to one charity: how much of each promise, when, and under which reference."""

    day = forms.DateField(label="Handed over on", widget=AdminDateInput)
    reference = ReferenceField(
        max_length=MAX_REFERENCE,
        help_text="What both sides know it by, such as a waybill or a payment's reference. The "
        "charity sees it.",
    )
    note = forms.CharField(
        max_length=MAX_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For the charity, such as where the boxes are.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None, rows: Sequence[Owed], delivery: Delivery | None = None
    ) -> None:
        initial: dict[str, Any] = {"day": timezone.localdate()}
        if delivery is not None:
            initial = {
                "day": delivery.day,
                "reference": delivery.reference,
                "note": delivery.note,
            }
        super().__init__(data, initial=initial)
        written = standing.sent(delivery) if delivery else {}
        self.rows: dict[str, Owed] = {}
        for row in rows:
            key = f"{row.share.campaign}/{row.share.cause}"
            # By what it is and not by its place: what is owed changes while somebody writes.
            name = f"line-{key}"
            self.rows[name] = row
            minor = written.get(key, 0)
            if delivery is None:
                minor = row.share.owed
            self.fields[name] = FigureField(
                row.share.unit,
                row.share.scale,
                label=f"{row.campaign}: {row.cause}",
                initial=decimal(minor, row.share.scale) if minor else "",
            )

    def clean(self) -> dict[str, Any]:
        """Refuse a figure of something that is not owed any more."""
        gone = [name for name in self.data if name.startswith("line-") and name not in self.rows]
        if any(str(self.data[name]).strip() for name in gone):
            raise ValidationError(
                "Something of this is not owed any more. Look at what is owed now, and write the "
                "figures again."
            )
        return super().clean() or self.cleaned_data

    @property
    def lines(self) -> list[tuple[Owed, forms.BoundField]]:
        """The promises, each with its field."""
        return [(row, self[name]) for name, row in self.rows.items()]

    @property
    def wanted(self) -> list[tuple[Campaign, Cause, int]]:
        """How much of which promise."""
        campaigns = {each.slug: each for each in Campaign.objects.all()}
        causes = {each.slug: each for each in Cause.objects.all()}
        return [
            (campaigns[row.share.campaign], causes[row.share.cause], self.cleaned_data[name])
            for name, row in self.rows.items()
            if self.cleaned_data[name]
        ]


class DocumentForm(forms.Form):
    """A document that shows a delivery."""

    kind = forms.ChoiceField(choices=Document.Kind.choices)
    file = forms.FileField(help_text="PDF, JPEG, PNG, WebP, HEIC or TIFF, at most 20 MB.")


class PublishForm(forms.Form):
    """What a public picture shows, and that somebody looked at it."""

    caption = forms.CharField(
        max_length=200,
        label="What it shows",
        help_text="Read to those who cannot see it: “Forty boxes of pasta on pallets”.",
    )
    looked = forms.BooleanField(
        label="I looked: it shows no shelter's place or date, no person who did not agree, and "
        "nothing that only we may know.",
    )


class TextForm(forms.Form):
    """A few sentences."""

    text = forms.CharField(max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 4}))


class _Amounts(forms.Form):
    """A figure for each line of a delivery."""

    number = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        delivery: Delivery,
        most: Amounts,
        number: int,
        **options: Any,
    ) -> None:
        super().__init__(data, initial={"number": number}, **options)
        self.names: dict[str, str] = {}
        for at, line in enumerate(delivery.lines.all()):
            minor = most.get(line.key, 0)
            if minor:
                name = f"line-{at}"
                self.names[name] = line.key
                self.fields[name] = FigureField(
                    line.cause.unit,
                    line.cause.scale,
                    label=f"{line.campaign}",
                    help_text=f"of {standing.told(line.cause, minor)}",
                )

    @property
    def figures(self) -> list[forms.BoundField]:
        """The lines' fields."""
        return [self[name] for name in self.names]

    @property
    def amounts(self) -> Amounts:
        """What was written, by line."""
        return {key: self.cleaned_data[name] for name, key in self.names.items()}


class ReverseForm(_Amounts):
    """What of a delivery is taken back, and why."""

    text = forms.CharField(
        label="Why", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Mapping[str, Any] | None, delivery: Delivery) -> None:
        number = standing.next_number(delivery.reversals)
        super().__init__(data, delivery, standing.kept(delivery), number)


class AnswerForm(_Amounts):
    """What a charity says of a delivery."""

    kind = forms.ChoiceField(choices=Answer.Kind.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        max_length=MAX_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def __init__(self, data: Mapping[str, Any] | None, delivery: Delivery) -> None:
        number = standing.next_number(delivery.answers)
        super().__init__(data, delivery, standing.outstanding(delivery), number)
        self.fields["kind"].error_messages["required"] = "Choose one of the three."
        self.fields["name"].error_messages["required"] = "Write your name."

    def clean(self) -> dict[str, Any]:
        """Read the amounts only where a part arrived, so that a forgotten figure stops nobody."""
        data = super().clean() or self.cleaned_data
        if data.get("kind") != Answer.Kind.PART:
            for name in self.names:
                self.errors.pop(name, None)
                data[name] = 0
        if data.get("kind") == Answer.Kind.WRONG and not data.get("note"):
            self.add_error("note", "Write what is wrong, so that it can be put right.")
        return data

    @property
    def said(self) -> dict[str, Any]:
        """The answer, as `deliveries.answer` takes it."""
        data = self.cleaned_data
        return {
            "number": data["number"],
            "kind": data["kind"],
            "name": data["name"],
            "note": data["note"],
            "amounts": self.amounts,
        }


def charities_owed(rows: Sequence[Owed]) -> list[Charity]:
    """The charities among rows of what is owed, by name."""
    return list(Charity.objects.filter(slug__in={row.share.charity for row in rows}))
