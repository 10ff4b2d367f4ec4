"""The campaign's screens: its form with the promise beside it, and its own page.

The form saves a draft; “Publish” saves it and then freezes it in the ledger, after the
draft's own transaction is done. What the draft would have given is worked out anew while
somebody writes, and nothing of that is kept.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from wagtail.admin import messages
from wagtail.admin.views import generic

from almoner.campaigns.model import CampaignVersion
from almoner.giving import account, publishing
from almoner.giving.book import open_ledger
from almoner.giving.forms import CampaignForm, said
from almoner.giving.models import Campaign
from almoner.giving.problems import problems
from almoner.giving.publishing import TermsError
from almoner.giving.samples import SampleError, read_sample
from almoner.giving.screens.guard import Guarded, Screen
from almoner.giving.wording import amount, days

LIST = "giving_campaigns:index"
PAGE = "giving_campaigns:inspect"


def foresight(campaign: Campaign, version: CampaignVersion, sample: str) -> dict[str, Any]:
    """What terms would have given, in words, on a sample or on what was received."""
    try:
        occurred = read_sample(sample, datetime.now(UTC)) if sample.strip() else None
    except SampleError as error:
        return {"sample_error": str(error)}
    with open_ledger() as ledger:
        found = publishing.foresee(version, ledger.db, occurred)

    def told(minor: int) -> str:
        return amount(minor, version.unit, campaign.cause.kind, version.scale)

    return {
        "sampled": occurred is not None,
        "events": found.within.events,
        "within": found.within,
        "within_text": told(found.within.minor),
        "ignoring": found.ignoring_dates,
        "ignoring_text": told(found.ignoring_dates.minor),
    }


def standing(form: CampaignForm, sample: str = "") -> dict[str, Any]:
    """What stands beside the form: the promise and its foresight, or what is in the way."""
    campaign = form.instance
    if form.is_bound and not form.is_valid():
        return {"problems": said(form.errors, form), "published": form.published}
    if not campaign.pk and not form.is_bound:
        return {"empty": True}
    last = form.published
    found = problems(campaign, last)
    if found:
        errors = {field: [message] for field, message in found.items()}
        return {"problems": said(errors, form), "published": last}
    version = publishing.draft_version(campaign)
    return {
        "sentence": account.sentence(campaign, version),
        "published": last,
        "changed": last is not None and not publishing.same_terms(last, version),
        "promised": account.sentence(campaign, last) if last else "",
        **foresight(campaign, version, sample),
    }


class TermsView(Screen):
    """The promise of what stands in the form right now, without saving it."""

    sees = changes = "giving.change_campaign"

    form_class: Any = None

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Answer with what stands beside the form."""
        campaign = get_object_or_404(Campaign, pk=pk) if pk else Campaign()
        form = self.form_class(request.POST, instance=campaign, for_user=request.user)
        context = standing(form, request.POST.get("sample", ""))
        return render(request, "giving/admin/terms.html", context)


class Publishing(Guarded):
    """Saving and publishing, shared by the form of a new campaign and that of an old one."""

    template_name = "giving/admin/campaign_form.html"
    request: HttpRequest
    object: Campaign
    form: Any

    def get_success_url(self) -> str:
        """Go to the campaign's own page after publishing, back to its form after saving."""
        place = PAGE if "action-publish" in self.request.POST else "giving_campaigns:edit"
        return reverse(place, args=(self.object.pk,))

    def get_success_buttons(self) -> list[Any]:
        """Leave out the button to where they are already."""
        return []

    def save_action(self) -> Any:
        """Publish where that was pressed. The draft's transaction is over by now."""
        if "action-publish" not in self.request.POST:
            return super().save_action()  # type: ignore[misc]
        before = len(publishing.versions(self.object.slug))
        try:
            version = publishing.publish_draft(self.object, datetime.now(UTC))
        except TermsError as error:
            messages.error(self.request, f"The draft is saved but not published. {error}")
        else:
            new = version.version > before
            said = f"is published as version {version.version}" if new else "has not changed"
            messages.success(self.request, f"“{self.object}” {said}.")
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the promise beside the form."""
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        form, pk = context["form"], getattr(self.object, "pk", None)
        terms = reverse("giving_campaigns:terms", args=(pk,) if pk else ())
        sample = self.request.POST.get("sample", "")
        return {**context, **standing(form, sample), "terms_url": terms, "sample": sample}


class CampaignCreate(Publishing, generic.CreateView):
    """A new campaign."""

    success_message = "Draft of “%(object)s” saved. Nothing is promised before you publish it."


class CampaignCopy(generic.models.CopyViewMixin, CampaignCreate):
    """A new campaign that begins with the terms of another one."""

    def get_initial_form_instance(self) -> Campaign:
        """Begin as a draft with an address of its own."""
        campaign = super().get_initial_form_instance()
        campaign.pk, campaign._state.adding = None, True
        campaign.state = Campaign.State.DRAFT
        campaign.slug = ""
        return campaign


class CampaignEdit(Publishing, generic.EditView):
    """A campaign's draft."""

    success_message = "Draft of “%(object)s” saved."


class CampaignDelete(Guarded, generic.DeleteView):
    """Deletes drafts. What was published stays."""

    object: Campaign

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Ask once more, unless it was published."""
        return self._stays() or super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Delete it, unless it was published."""
        return self._stays() or super().post(request, *args, **kwargs)

    def _stays(self) -> HttpResponse | None:
        if not publishing.versions(self.object.slug):
            return None
        messages.error(self.request, "It was published, and a promise is not unsaid: end it.")
        return redirect(PAGE, self.object.pk)


class CampaignPage(generic.InspectView):
    """A campaign: its promise, what it gave, and what can be done with it."""

    page_title = "Campaign"
    template_name = "giving/admin/campaign_page.html"
    any_permission_required: ClassVar = ["change", "view"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the ledger knows of it."""
        context = super().get_context_data(**kwargs)
        campaign, now = self.object, datetime.now(UTC)
        versions = publishing.versions(campaign.slug)
        may_change = self.request.user.has_perm("giving.change_campaign")
        context |= {"campaign": campaign, "may_change": may_change, "versions": []}
        if not versions:
            context["state"] = "Draft"
            if not problems(campaign):
                draft = publishing.draft_version(campaign)
                context["sentence"] = account.sentence(campaign, draft)
            return context
        last = versions[-1]
        unfinished = problems(campaign, last)
        with open_ledger() as ledger:
            missed = publishing.missed(ledger.db, last)
            promised = account.promised(ledger.db, campaign, now)
            movements = account.movements(ledger.db, campaign.cause, campaign.slug)
        return context | {
            "sentence": account.sentence(campaign, last),
            "state": account.phase(last, now),
            "promised": promised,
            "movements": movements,
            "versions": [_row(each, campaign.cause.kind) for each in reversed(versions)],
            "missed": missed,
            "missed_text": amount(missed.minor, last.unit, campaign.cause.kind, last.scale),
            "differs": unfinished
            or not publishing.same_terms(last, publishing.draft_version(campaign)),
            "by_hand": last.trigger == "manual",
        }


def _row(version: CampaignVersion, kind: str) -> dict[str, Any]:
    """A version in a table."""
    percent = " %" if version.trigger == "revenue" else ""
    cap = version.cap
    return {
        "number": version.version,
        "effective_from": version.effective_from,
        "days": days(version),
        "rate": f"{version.rate}{percent}",
        "cap": amount(cap, version.unit, kind, version.scale) if cap is not None else "none",
    }
