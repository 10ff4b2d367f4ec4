"""The campaign's form: it reads every term, and names at its field what cannot be published.

The draft is saved as it was written. Two people who have the same draft open do not undo one
another: whoever saves second is told so and loses nothing that stands in their form.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict

from almoner.campaigns.model import CampaignVersion
from almoner.giving import publishing
from almoner.giving.forms import LinesField, SluggedForm, zones
from almoner.giving.models import Campaign, CampaignPart, Charity
from almoner.giving.problems import LIMITS, problems
from almoner.giving.terms import plain

SPARE = 2  # empty rows beneath the filled ones, for whoever has no script

Rows = list[list[str]]

TRIGGERS = (
    ("What is sold", ("order", "item", "revenue")),
    ("What people give", ("gift", "round-up")),
    ("What readers do", ("sign-up", "read", "visit")),
    ("Otherwise", ("manual", "match")),
)
BASES = (
    ("discounts", "Before discounts: what was taken off the price counts too"),
    ("tax", "With tax"),
    ("shipping", "With shipping"),
)


class RowsWidget(forms.Widget):
    """Pairs of inputs, one pair a row."""

    template_name = "giving/admin/rows_widget.html"

    def __init__(self, labels: tuple[str, str], of: str) -> None:
        super().__init__()
        self.labels, self.of = labels, of
        self.choices: Sequence[tuple[str, str]] = ()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Show the filled rows and some empty ones."""
        context = super().get_context(name, value, attrs)
        rows = [list(map(str, row)) for row in value or ()] + [["", ""]] * SPARE
        return {
            **context,
            "rows": rows,
            "labels": self.labels,
            "choices": list(self.choices),
            "of": self.of,
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Rows:
        """Read the rows in which something stands."""
        read = data.getlist if hasattr(data, "getlist") else lambda key: data.get(key, [])
        pairs = zip(read(f"{name}-first"), read(f"{name}-second"), strict=False)
        return [[a.strip(), b.strip()] for a, b in pairs if a.strip() or b.strip()]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """No row may mean no pair."""
        return False

    def id_for_label(self, id_: str, index: Any = None) -> str:
        """Let the field's label name its first input."""
        return f"{id_}-0" if id_ else id_


class StepsField(forms.Field):
    """Steps: from so many pieces or so much money on, another rate."""

    widget = RowsWidget(("From", "Rate"), "step")

    def to_python(self, value: Any) -> Rows:
        """Read numbers as people write them."""
        return [[plain(at), rate.replace(" ", "").removesuffix("%")] for at, rate in value or ()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as rows."""
        return list(initial or []) != self.to_python(data)


class SplitField(forms.Field):
    """Charities and their parts."""

    widget = RowsWidget(("Charity", "Part"), "charity")

    def to_python(self, value: Any) -> list[tuple[Charity, int]]:
        """Read charities by their number in the list, and parts as whole numbers."""
        found: list[tuple[Charity, int]] = []
        for chosen, weight in value or ():
            charity = Charity.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
            if charity is None:
                raise ValidationError("Choose the charity that has this part.")
            number = weight.removesuffix("%").strip()
            if not number.isdecimal():
                raise ValidationError(f"{charity}: a part is a whole number, such as 60.")
            found.append((charity, int(number)))
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as rows of text."""
        return [[str(a), str(b)] for a, b in initial or ()] != list(data or ())


class PlacesField(LinesField):
    """Country codes, one a line, in whatever case."""

    def to_python(self, value: Any) -> Any:
        """Read codes in capitals."""
        return list(dict.fromkeys(line.upper() for line in super().to_python(value)))


def _lines(name: str, field: type[LinesField] = LinesField) -> LinesField:
    """A field of lines with the model's own words."""
    about: Any = Campaign._meta.get_field(name)
    label = about.verbose_name[0].upper() + about.verbose_name[1:]
    return field(label=label, required=False, help_text=about.help_text)


class CampaignForm(SluggedForm):
    """A campaign's draft, with every term that cannot be published named at its field."""

    # Without the empty choice that Django would add: a campaign always has a trigger.
    trigger = forms.ChoiceField(
        label="What makes it give",
        choices=[
            (group, [(each, Campaign.Trigger(each).label) for each in names])
            for group, names in TRIGGERS
        ],
        initial=Campaign.Trigger.ORDER,
        widget=forms.RadioSelect,
    )
    time_zone = forms.ChoiceField(
        choices=zones, help_text=Campaign._meta.get_field("time_zone").help_text
    )
    products = _lines("products")
    collections = _lines("collections")
    tags = _lines("tags")
    countries = _lines("countries", PlacesField)
    excluded = _lines("excluded", PlacesField)
    including = forms.MultipleChoiceField(
        label="Sales are counted",
        choices=BASES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=Campaign._meta.get_field("including").help_text,
    )
    tiers = StepsField(
        label="Steps",
        required=False,
        help_text=Campaign._meta.get_field("tiers").help_text,
    )
    split = SplitField(
        label="Parts",
        required=False,
        help_text="Every charity with its part: 60 and 40, or 2 and 1. The charity chosen above "
        "is one of them.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaign: Campaign = self.instance
        self.published: CampaignVersion | None = None
        self.stored = fingerprint(campaign) if campaign.pk else ""
        self.initial.setdefault("seen", self.stored)
        parts = list(campaign.parts.all())
        self.initial.setdefault("split", [[part.charity.pk, part.weight] for part in parts])
        split: Any = self.fields["split"].widget
        split.choices = [(str(each.pk), each.name) for each in Charity.objects.all()]
        matched: Any = self.fields["matches"]
        matched.queryset = Campaign.objects.exclude(pk=campaign.pk).exclude(trigger="match")
        self.fields["tags"].help_text = (
            "Tags of the order or form, or topics of stories as in their addresses "
            "(coming-home), one a line; one of them is enough."
        )
        for name in ("hold_days", "deliver_days", "rank"):
            self.fields[name].required = False
        if campaign.pk:
            self.published = next(reversed(publishing.versions(campaign.slug)), None)
        if self.published:
            for name in ("cause", "charity", "trigger", "matches", "split"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        """Read numbers as people write them, and notice that somebody else was here."""
        data = super().clean()
        for name in (*LIMITS, "price"):
            data[name] = plain(data.get(name) or "")
        data["rate"] = (data.get("rate") or "").replace(" ", "").removesuffix("%")
        data["currency"] = (data.get("currency") or "").strip().upper()
        for name in ("hold_days", "deliver_days", "rank"):
            data[name] = data.get(name) or 0
        if data.get("seen") and data["seen"] != self.stored:
            self.add_error(
                None,
                "Somebody else has changed this draft since you opened it. Open it again in "
                "another window, and enter there what is missing.",
            )
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        if "split" in self.cleaned_data and not self.fields["split"].disabled:
            self.instance.parts.set(
                [
                    CampaignPart(charity=charity, weight=weight)
                    for charity, weight in self.cleaned_data["split"]
                ]
            )
        for field, message in problems(self.instance, self.published).items():
            self.add_error(field, message)


def fingerprint(campaign: Campaign) -> str:
    """What a saved draft looks like, to tell whether somebody changed it."""
    parts = [[part.charity.pk, part.weight] for part in campaign.parts.all()]
    said = msgspec.json.encode([model_to_dict(campaign), parts], enc_hook=str)
    return sha256(said).hexdigest()
