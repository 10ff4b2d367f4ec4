"""The form that asks for a statement."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings

from almoner.giving.models import Campaign, Charity, Sponsor
from almoner.statements import drawing, period
from almoner.statements.period import PeriodError
from almoner.statements.shelf import Order


class StatementForm(forms.Form):
    """Of whom, and of which period."""

    of = forms.ChoiceField(label="Of", help_text="A campaign, a charity or a sponsor.")
    period = forms.CharField(
        max_length=30,
        required=False,
        help_text="2026-05, 2026-Q2, 2026, or 2026-05-01..2026-05-15.",
    )
    time_zone = forms.ChoiceField(label="Days by the clock of")
    final = forms.BooleanField(
        label="Final accounting",
        required=False,
        help_text="A campaign’s whole life, with its contract and lines to sign. Leave the "
        "period empty for it to begin with the first day and end yesterday or when it is due.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        published = Campaign.objects.exclude(state=Campaign.State.DRAFT)
        self.fields["of"].choices = [  # type: ignore[attr-defined]
            ("Campaigns", [(f"campaign/{each.slug}", each.title) for each in published]),
            ("Charities", [(f"charity/{each.slug}", each.name) for each in Charity.objects.all()]),
            ("Sponsors", [(f"sponsor/{each.slug}", each.name) for each in Sponsor.objects.all()]),
        ]
        zones = dict.fromkeys(("UTC", settings.TIME_ZONE))
        self.fields["time_zone"].choices = [(each, each) for each in zones]  # type: ignore[attr-defined]
        if not self.is_bound:
            last = datetime.now(UTC).date().replace(day=1)
            year, month = (last.year, last.month - 1) if last.month > 1 else (last.year - 1, 12)
            self.fields["period"].initial = f"{year}-{month:02}"
            campaign = self.initial.get("campaign")
            if campaign:
                self.fields["of"].initial = f"campaign/{campaign}"
                self.fields["period"].initial, self.fields["final"].initial = "", True

    def clean(self) -> dict[str, Any]:
        """Refuse what names no period, and a final accounting of what is no campaign."""
        data = super().clean() or {}
        final, text = data.get("final"), (data.get("period") or "").strip()
        if final and not (data.get("of") or "").startswith("campaign/"):
            self.add_error("final", "A final accounting is of a campaign: choose one above.")
        if not text and not final:
            self.add_error("period", "Which period? Write 2026-05 or 2026-05-01..2026-05-15.")
        if text and data.get("time_zone"):
            try:
                data["chosen"] = period.period(text, data["time_zone"])
            except PeriodError as error:
                self.add_error("period", str(error))
        return data

    def order(self, now: datetime) -> Order:
        """What was asked for; raises `StatementError` for a campaign never published."""
        data = self.cleaned_data
        scope, _, slug = data["of"].partition("/")
        chosen = data.get("chosen") or drawing.whole_life(slug, now)
        return Order(
            scope,
            slug,
            chosen.first_day,
            chosen.last_day,
            chosen.time_zone,
            final=bool(data["final"]),
        )
