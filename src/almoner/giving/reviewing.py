"""Four eyes: a promise is read by somebody else before it is made.

Guarantee: terms are published only as another person with the right approved them, to the last
digit, or with the recorded word of whoever publishes that there is nobody else to ask. Whoever
asks does not approve; a draft that changes after it was approved is unapproved again.
"""

from datetime import datetime
from hashlib import sha256

import msgspec
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser

from almoner.campaigns.model import CampaignVersion
from almoner.giving import account, publishing
from almoner.giving.models import Campaign, Publication, Review
from almoner.giving.problems import problems
from almoner.giving.publishing import TermsError

RIGHT = "giving.review_campaign"
MAX_NOTE = 2_000


class ReviewError(ValueError):
    """A review or a publication that may not be; the message says why and what to do."""


def digest(version: CampaignVersion) -> str:
    """What stands for exact terms, whenever they come into force."""
    terms = msgspec.structs.replace(version, version=0, effective_from=version.starts_at)
    return sha256(msgspec.json.encode(terms)).hexdigest()


def draft_digest(campaign: Campaign) -> str:
    """What stands for the terms of a draft without problems."""
    return digest(publishing.draft_version(campaign))


def current(campaign: Campaign) -> Review | None:
    """The last review, if it is of the draft as it stands."""
    last = campaign.reviews.select_related("asked_by", "answered_by").first()
    if last is None or problems(campaign) or last.digest != draft_digest(campaign):
        return None
    return last


def others(person: AbstractUser) -> list[AbstractUser]:
    """Who else may approve, by name."""
    able = get_user_model().objects.with_perm(RIGHT)
    return sorted(able.exclude(pk=person.pk), key=str)


def ask(campaign: Campaign, person: AbstractUser, now: datetime) -> Review:
    """Ask for the draft to be reviewed. Asking twice for the same terms asks once."""
    last = next(reversed(publishing.versions(campaign.slug)), None)
    found = problems(campaign, last)
    if found:
        raise TermsError(found)
    review = current(campaign)
    if review is not None and review.answer != Review.Answer.DECLINED:
        return review
    version = publishing.draft_version(campaign)
    return Review.objects.create(
        campaign=campaign,
        digest=digest(version),
        sentence=account.sentence(campaign, version),
        asked_by=person,
        asked_at=now,
    )


def answer(
    review: Review, person: AbstractUser, seen: str, approve: bool, note: str, now: datetime
) -> Review:
    """Approve the terms whose digest is `seen`, or send them back with a note."""
    if not person.has_perm(RIGHT):
        raise ReviewError("You have no right to review campaigns: ask an administrator.")
    if person.pk == review.asked_by.pk:
        raise ReviewError("You asked for this review yourself: somebody else has to answer it.")
    review = Review.objects.get(pk=review.pk)
    if review.answer != Review.Answer.WAITING:
        raise ReviewError(f"{review.answered_by} has answered this already.")
    if seen != review.digest or current(review.campaign) != review:
        raise ReviewError("The draft has changed since you opened it: read it again.")
    if not approve and not note.strip():
        raise ReviewError("Say what is to be changed before it can be approved.")
    review.answer = Review.Answer.APPROVED if approve else Review.Answer.DECLINED
    review.answered_by, review.answered_at, review.note = person, now, note.strip()[:MAX_NOTE]
    review.save()
    return review


def publish(
    campaign: Campaign, person: AbstractUser, now: datetime, *, nobody_else: bool = False
) -> CampaignVersion:
    """Publish a draft that was approved, or by whoever says that nobody else reviewed it."""
    earlier = publishing.versions(campaign.slug)
    found = problems(campaign, earlier[-1] if earlier else None)
    if found:
        raise TermsError(found)
    draft = publishing.draft_version(campaign)
    if earlier and publishing.same_terms(earlier[-1], draft):
        return publishing.publish_draft(campaign, now)
    review = current(campaign)
    if review is None or review.answer != Review.Answer.APPROVED:
        review = None
        able = others(person)
        if able:
            names = " or ".join(str(each) for each in able[:3])
            raise ReviewError(f"Somebody else has to approve these terms first: ask {names}.")
        if not nobody_else:
            raise ReviewError("Nobody else can review this. Say so, and it is recorded.")
    version = publishing.publish_draft(campaign, now)
    record(campaign, version, person, now, review)
    return version


def end(campaign: Campaign, person: AbstractUser, now: datetime) -> CampaignVersion:
    """End a campaign now. It takes nothing back, so nobody has to approve it."""
    before = len(publishing.versions(campaign.slug))
    version = publishing.end(campaign, now)
    if version.version > before:
        record(campaign, version, person, now, None)
    return version


def record(
    campaign: Campaign,
    version: CampaignVersion,
    person: AbstractUser,
    now: datetime,
    review: Review | None,
) -> None:
    """Keep who published a version."""
    Publication.objects.get_or_create(
        campaign=campaign,
        version=version.version,
        defaults={
            "digest": digest(version),
            "published_by": person,
            "published_at": now,
            "review": review,
        },
    )
