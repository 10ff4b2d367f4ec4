"""From a draft to a promise: asking for a review, answering it, publishing."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin import messages

from almoner.giving import publishing, reviewing
from almoner.giving.models import Review
from almoner.giving.publishing import TermsError
from almoner.giving.reviewing import ReviewError
from almoner.giving.screens.actions import CampaignAction


class AskView(CampaignAction):
    """Asks for the draft to be reviewed."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, once for the same terms."""
        try:
            reviewing.ask(self.campaign, self.person, datetime.now(UTC))
        except TermsError as error:
            messages.error(request, f"This cannot be reviewed yet. {error}")
        else:
            names = [str(each) for each in reviewing.others(self.person)]
            messages.success(
                request, f"It can be reviewed now by {' or '.join(names) or 'nobody'}."
            )
        return redirect(self.page)


class AnswerView(CampaignAction):
    """Approves a draft, or sends it back."""

    changes = reviewing.RIGHT

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep the answer to the terms that were seen."""
        review = reviewing.current(self.campaign)
        approve = "approve" in request.POST
        seen, note = request.POST.get("seen", ""), request.POST.get("note", "")
        try:
            if review is None:
                raise ReviewError("The draft has changed since you opened it: read it again.")
            review = reviewing.answer(review, self.person, seen, approve, note, datetime.now(UTC))
        except ReviewError as error:
            messages.error(request, str(error))
        else:
            done = "approved" if review.answer == Review.Answer.APPROVED else "sent back"
            messages.success(request, f"“{self.campaign}” is {done}.")
        return redirect(self.page)


class PublishView(CampaignAction):
    """Makes the draft a promise."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish what was approved. Pressing twice publishes once."""
        before = len(publishing.versions(self.campaign.slug))
        alone = request.POST.get("nobody_else") == "on"
        try:
            version = reviewing.publish(
                self.campaign, self.person, datetime.now(UTC), nobody_else=alone
            )
        except (TermsError, ReviewError) as error:
            messages.error(request, f"It is not published. {error}")
        else:
            new = version.version > before
            said = f"is published as version {version.version}" if new else "has not changed"
            messages.success(request, f"“{self.campaign}” {said}.")
        return redirect(self.page)
