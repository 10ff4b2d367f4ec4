"""The campaign's screens: its form with the promise beside it, and its own page.

The form saves a draft. From its own page a draft goes to review and is published, see
`screens.reviews`. What it would have given is worked out anew while somebody writes, and
nothing of that is kept.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from wagtail.admin import messages
from wagtail.admin.views import generic

from almoner.campaigns.model import CampaignVersion
from almoner.giving import account, braking, history, publishing, reviewing
from almoner.giving.book import open_ledger
from almoner.giving.campaign_form import CampaignForm
from almoner.giving.forms import said
from almoner.giving.models import Campaign, CampaignPart, Publication
from almoner.giving.problems import problems
from almoner.giving.samples import SampleError, read_sample
from almoner.giving.screens.guard import Guarded, Screen
from almoner.giving.unused import UNUSED
from almoner.giving.wording import amount, days
from almoner.ledger import reads
from almoner.ledger.publish import read_campaigns

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
        "points": account.told(found.series, campaign.cause),
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


class Drafting(Guarded):
    """Saving a draft, shared by the form of a new campaign and that of an old one."""

    template_name = "giving/admin/campaign_form.html"
    request: HttpRequest
    object: Campaign
    form: Any

    def get_success_url(self) -> str:
        """Go on to the campaign's own page, or back to its form."""
        place = PAGE if "action-next" in self.request.POST else "giving_campaigns:edit"
        return reverse(place, args=(self.object.pk,))

    def get_success_buttons(self) -> list[Any]:
        """Leave out the button to where they are already."""
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the promise beside the form."""
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        form, pk = context["form"], getattr(self.object, "pk", None)
        terms = reverse("giving_campaigns:terms", args=(pk,) if pk else ())
        sample = self.request.POST.get("sample", "")
        return {
            **context,
            **standing(form, sample),
            "terms_url": terms,
            "sample": sample,
            "unused": UNUSED,
        }


class CampaignCreate(Drafting, generic.CreateView):
    """A new campaign."""

    success_message = "Draft of “%(object)s” saved. Nothing is promised before you publish it."


class CampaignCopy(generic.models.CopyViewMixin, CampaignCreate):
    """A new campaign that begins with the terms of another one."""

    def get_initial_form_instance(self) -> Campaign:
        """Begin as a draft with an address of its own."""
        campaign = super().get_initial_form_instance()
        parts = [(part.charity, part.weight) for part in campaign.parts.all()]
        campaign.pk, campaign._state.adding = None, True
        campaign.parts.set([CampaignPart(charity=each, weight=weight) for each, weight in parts])
        campaign.state = Campaign.State.DRAFT
        campaign.slug = ""
        return campaign


class CampaignEdit(Drafting, generic.EditView):
    """A campaign's draft."""

    success_message = "Draft of “%(object)s” saved."


class CampaignList(generic.IndexView):
    """All campaigns, with the same words for their state as on their own pages."""

    template_name = "giving/admin/campaign_list.html"

    def get_table(self, object_list: Any) -> Any:
        """Add what the ledger knows of each, read once for the whole page."""
        found, now = list(object_list), datetime.now(UTC)
        with open_ledger() as ledger:
            published = read_campaigns(ledger.db)
            totals = reads.campaign_totals(ledger.db)
        for campaign in found:
            cause, versions = campaign.cause, published.get(campaign.slug)
            given = totals.get(campaign.slug, 0)
            campaign.given = amount(given, cause.unit, cause.kind, cause.scale)
            campaign.stands = account.phase(versions[-1], now) if versions else _drafted(campaign)
        return super().get_table(found)


def _drafted(campaign: Campaign) -> str:
    """Where a campaign that was never published is on its way."""
    review = reviewing.current(campaign)
    return review.answered if review else "Draft"


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
        """Add what the ledger knows of it, and how far its draft is."""
        context = super().get_context_data(**kwargs)
        campaign, now = self.object, datetime.now(UTC)
        versions = publishing.versions(campaign.slug)
        may_change = self.request.user.has_perm("giving.change_campaign")
        context |= {"campaign": campaign, "may_change": may_change, "versions": []}
        context |= drafted(campaign, versions, self.request.user)
        if not versions:
            return context | {"state": _drafted(campaign), "sentence": context["draft_sentence"]}
        last = versions[-1]
        with open_ledger() as ledger:
            missed = publishing.missed(ledger.db, last)
            promised = account.promised(ledger.db, campaign, now)
            movements = account.movements(ledger.db, campaign.cause, campaign.slug)
            points = account.campaign_points(ledger.db, campaign, now)
            on = dict(braking.paused(ledger.db)).get(campaign)
        return context | {
            "sentence": account.sentence(campaign, last),
            "state": account.phase(last, now),
            "promised": promised,
            "movements": movements,
            "points": points,
            "versions": _rows(campaign, versions),
            "missed": missed,
            "missed_text": amount(missed.minor, last.unit, campaign.cause.kind, last.scale),
            "by_hand": last.trigger == "manual",
            "has_brake": braking.has_brake(last.trigger),
            "brake": on,
        }


def drafted(campaign: Campaign, versions: Sequence[CampaignVersion], person: Any) -> dict[str, Any]:
    """How far a draft is on its way to a promise, and what this person can do about it."""
    last = versions[-1] if versions else None
    found = problems(campaign, last)
    if found:
        return {"differs": bool(versions), "draft_sentence": "", "draft_problems": found.values()}
    version = publishing.draft_version(campaign)
    if last and publishing.same_terms(last, version):
        return {"differs": False, "draft_sentence": ""}
    review = reviewing.current(campaign)
    return {
        "differs": True,
        "next": True,
        "draft_sentence": account.sentence(campaign, version),
        "draft_changes": history.changes(last, version, campaign.cause.kind) if last else [],
        "draft_digest": reviewing.draft_digest(campaign),
        "review": review,
        "others": reviewing.others(person),
        "may_review": person.has_perm(reviewing.RIGHT)
        and bool(review)
        and review.asked_by.pk != person.pk,
    }


def _rows(campaign: Campaign, versions: Sequence[CampaignVersion]) -> list[dict[str, Any]]:
    """The versions in a table, the newest first, with what changed and who looked at it."""
    who = {
        each.version: each
        for each in Publication.objects.filter(campaign=campaign).select_related(
            "published_by", "review__answered_by"
        )
    }
    rows: list[dict[str, Any]] = []
    for at, version in enumerate(versions):
        before = versions[at - 1] if at else None
        rows.append(
            {
                "number": version.version,
                "effective_from": version.effective_from,
                "days": days(version),
                "changes": history.changes(before, version, campaign.cause.kind) if before else [],
                "publication": who.get(version.version),
                "ends": before is not None and version.ends_at == version.effective_from,
            }
        )
    return rows[::-1]
