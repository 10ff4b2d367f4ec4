"""A campaign's reads over time, and its brake: what pulled it, and letting it go."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin import messages

from almoner.giving import braking, publishing
from almoner.giving.book import open_ledger
from almoner.giving.braking import BrakeError
from almoner.giving.models.pauses import MAX_NOTE
from almoner.giving.screens.actions import CampaignAction


class ResumeForm(forms.Form):
    """What somebody found, and how much of it is to count."""

    note = forms.CharField(
        label="What you found",
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Such as “A newsletter linked to the story”. It is kept with the pause.",
    )
    count = forms.IntegerField(label="Count after all", min_value=0)
    since = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any, since: datetime, left_out: int) -> None:
        super().__init__(data, initial={"count": 0, "since": since.isoformat()})
        self.fields["count"].help_text = (
            f"Of the {left_out:,} that gave nothing: all of them if they were real, 0 if they "
            "were not. They are counted as one entry by hand, in the open."
        )

    def clean_since(self) -> datetime:
        """The pause that was on the screen."""
        try:
            return datetime.fromisoformat(self.cleaned_data["since"])
        except ValueError:
            raise forms.ValidationError("Open this screen again.") from None


class ReadsView(CampaignAction):
    """Reads over time; and, while reads give nothing, how they give again."""

    page_title = "What came"
    header_icon = "view"
    template_name = "giving/admin/reads.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what came."""
        return self._page(None)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let reads give again."""
        return self._page(request.POST)

    def _page(self, data: Any) -> HttpResponse:
        last = next(reversed(publishing.versions(self.campaign.slug)), None)
        if last is None or not braking.has_brake(last.trigger):
            return redirect(self.page)
        with open_ledger() as ledger:
            found = braking.read(ledger.db, self.campaign, datetime.now(UTC))
        on, form = found.brake, None
        if data is not None and on is None:
            messages.warning(self.request, "This pause is over already. Nothing has changed.")
            return redirect(self.request.path)
        if on is not None:
            form = ResumeForm(data, on.since, found.left_out)
            if form.is_valid() and self._resumed(form):
                return redirect(self.request.path)
        return self.show(
            form=form,
            campaign=self.campaign,
            reads=found,
            pauses=self.campaign.pauses.select_related("ended_by"),
            what="visits" if last.trigger == "visit" else "reads",
            page_url=self.page,
            may_change=self.request.user.has_perm(self.changes),
        )

    def _resumed(self, form: ResumeForm) -> bool:
        said, now = form.cleaned_data, datetime.now(UTC)
        try:
            pause = braking.resume(
                self.campaign, self.person, said["since"], said["count"], said["note"], now
            )
        except BrakeError as error:
            form.add_error(None, str(error))
            return False
        counted = f" {pause.counted:,} were counted after all." if pause.counted else ""
        messages.success(self.request, f"“{self.campaign}” gives again.{counted}")
        return True
