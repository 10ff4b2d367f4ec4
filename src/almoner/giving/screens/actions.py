"""What can be done with a published campaign: run it over the past, end it, count by hand."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from wagtail.admin import messages

from almoner.giving import account, publishing, reviewing
from almoner.giving.entries import record_by_hand
from almoner.giving.forms import ByHandForm
from almoner.giving.models import Campaign
from almoner.giving.screens.campaigns import LIST, PAGE
from almoner.giving.screens.guard import Screen
from almoner.giving.wording import amount, plural


class CampaignAction(Screen):
    """One press of a button on a campaign's page."""

    sees = "giving.view_campaign"
    changes = "giving.change_campaign"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the campaign."""
        super().setup(request, *args, **kwargs)
        self.campaign = get_object_or_404(Campaign, pk=kwargs["pk"])
        self.person: Any = request.user  # `Screen` lets nobody in who is not logged in
        self.page = reverse(PAGE, args=(self.campaign.pk,))

    def get_page_subtitle(self) -> str:
        """Name the campaign in the window's title."""
        return str(self.campaign)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Show the way back."""
        return [
            *self.breadcrumbs_items,
            {"url": reverse(LIST), "label": "Campaigns"},
            {"url": self.page, "label": str(self.campaign)},
            {"url": "", "label": self.page_title, "sublabel": str(self.campaign)},
        ]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead back to the page whose button this is."""
        return redirect(self.page)


class ReplayView(CampaignAction):
    """Runs a campaign over what was received before it was set up."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Run it, and say what came of it."""
        done = publishing.run_over(self.campaign, datetime.now(UTC))
        seen = f"{done.seen:,} received {plural('event', done.seen)}"
        messages.success(request, f"{seen} looked at, {done.pledged:,} pledged for.")
        return redirect(self.page)


class EndView(CampaignAction):
    """Ends a campaign now."""

    page_title = "End"
    header_icon = "time"
    template_name = "giving/admin/campaign_end.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more."""
        if not request.user.has_perm(self.changes) or self.campaign.state != "published":
            return redirect(self.page)
        return self.show(campaign=self.campaign, page_url=self.page)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it. Pressing twice ends it once."""
        if publishing.versions(self.campaign.slug):
            reviewing.end(self.campaign, self.person, datetime.now(UTC))
            messages.success(request, f"“{self.campaign}” has ended. What it gave stays.")
        return redirect(self.page)


class ByHandView(CampaignAction):
    """Enters what happened for a campaign that people count themselves."""

    page_title = "Record by hand"
    header_icon = "edit"
    template_name = "giving/admin/by_hand.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the form."""
        return self._form(None)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Append the entry; the same reference counts once."""
        return self._form(request.POST)

    def _form(self, data: Any) -> HttpResponse:
        version = next(reversed(publishing.versions(self.campaign.slug)), None)
        if version is None or version.trigger != "manual":
            messages.error(self.request, "Only a published campaign of entries by hand has these.")
            return redirect(self.page)
        form = ByHandForm(data, version)
        if form.is_valid():
            entered = form.cleaned_data
            reference = f"{self.campaign.slug}/{entered['reference']}"
            outcome = record_by_hand(
                self.campaign, entered["quantity"], entered["day"], reference, datetime.now(UTC)
            )
            if outcome.status == "conflict":
                form.add_error("reference", "This was entered before with another content.")
            elif outcome.status == "duplicate":
                messages.warning(self.request, "This was entered before. Nothing has changed.")
                return redirect(self.page)
            else:
                kind = self.campaign.cause.kind
                moved = sum(each.amount for each in outcome.pledges)
                told = amount(moved, version.unit, kind, version.scale)
                limit = " The limit held back the rest." if _limited(outcome.pledges) else ""
                messages.success(self.request, f"{told} pledged.{limit}")
                return redirect(self.page)
        sentence = account.sentence(self.campaign, version)
        return self.show(form=form, campaign=self.campaign, sentence=sentence, page_url=self.page)


def _limited(pledges: Any) -> bool:
    return any(each.limited for each in pledges)
