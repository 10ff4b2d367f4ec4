"""Four eyes before a promise, and what changed in words after it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from almoner.giving import history, publishing, reviewing
from almoner.giving.models import Publication, Review
from almoner.giving.publishing import TermsError
from almoner.giving.reviewing import ReviewError
from almoner.people.roles import AUDITORS, CAMPAIGN_MANAGERS, FINANCE, establish_roles

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def people(transactional_db):
    """Makes people of a role."""
    establish_roles()

    def _people(name, role):
        user = get_user_model().objects.create_user(name)
        user.groups.add(Group.objects.get(name=role))
        return get_user_model().objects.get(pk=user.pk)

    return _people


@pytest.fixture
def ann(people):
    return people("ann", CAMPAIGN_MANAGERS)


@pytest.fixture
def bob(people):
    return people("bob", FINANCE)


def approve(review, person, seen=None, note=""):
    return reviewing.answer(review, person, seen or review.digest, True, note, NOW)


def test_terms_are_published_as_somebody_else_approved_them(make_campaign, ann, bob, ledger):
    campaign = make_campaign()
    with pytest.raises(ReviewError, match="ask bob"):
        reviewing.publish(campaign, ann, NOW)
    review = reviewing.ask(campaign, ann, NOW)
    assert reviewing.ask(campaign, ann, NOW) == review
    with pytest.raises(ReviewError, match="somebody else has to answer"):
        approve(review, ann)
    approve(review, bob, note="Agreed.")
    version = reviewing.publish(campaign, ann, NOW)
    assert version.version == 1
    kept = Publication.objects.get()
    assert (kept.published_by, kept.review.answered_by) == (ann, bob)
    assert kept.digest == review.digest == reviewing.digest(version)
    assert reviewing.publish(campaign, ann, NOW) == version, "twice publishes once"


def test_a_draft_that_changes_is_unapproved_again(make_campaign, ann, bob, ledger):
    campaign = make_campaign()
    approve(reviewing.ask(campaign, ann, NOW), bob)
    campaign.rate = "3"
    campaign.save()
    assert reviewing.current(campaign) is None
    with pytest.raises(ReviewError, match="approve these terms first"):
        reviewing.publish(campaign, ann, NOW)
    second = reviewing.ask(campaign, ann, NOW + timedelta(minutes=1))
    approve(second, bob)
    assert reviewing.publish(campaign, ann, NOW).rate == "3"


def test_nobody_approves_what_they_did_not_see(make_campaign, ann, bob, ledger):
    campaign = make_campaign()
    review = reviewing.ask(campaign, ann, NOW)
    with pytest.raises(ReviewError, match="read it again"):
        approve(review, bob, seen="f" * 64)
    campaign.rate = "3"
    campaign.save()
    with pytest.raises(ReviewError, match="read it again"):
        approve(review, bob)


def test_what_is_sent_back_says_why_and_can_be_asked_again(make_campaign, ann, bob, ledger):
    campaign = make_campaign()
    review = reviewing.ask(campaign, ann, NOW)
    with pytest.raises(ReviewError, match="Say what is to be changed"):
        reviewing.answer(review, bob, review.digest, False, " ", NOW)
    reviewing.answer(review, bob, review.digest, False, "The cap is too high.", NOW)
    with pytest.raises(ReviewError, match="bob has answered this already"):
        approve(review, bob)
    again = reviewing.ask(campaign, ann, NOW + timedelta(minutes=1))
    assert (again != review, again.answer) == (True, Review.Answer.WAITING)


def test_only_whoever_has_the_right_answers(make_campaign, ann, people, ledger):
    campaign = make_campaign()
    review = reviewing.ask(campaign, ann, NOW)
    with pytest.raises(ReviewError, match="no right to review"):
        approve(review, people("cid", AUDITORS))


def test_one_person_alone_says_so_and_it_is_kept(make_campaign, ann, ledger):
    campaign = make_campaign()
    with pytest.raises(ReviewError, match="Say so, and it is recorded"):
        reviewing.publish(campaign, ann, NOW)
    reviewing.publish(campaign, ann, NOW, nobody_else=True)
    assert Publication.objects.get().review is None


def test_saying_so_does_not_help_where_there_is_somebody_else(make_campaign, ann, bob, ledger):
    with pytest.raises(ReviewError, match="ask bob"):
        reviewing.publish(make_campaign(), ann, NOW, nobody_else=True)
    bob.is_active = False
    bob.save()
    reviewing.publish(make_campaign(slug="other"), ann, NOW, nobody_else=True)


def test_a_draft_with_a_problem_is_neither_reviewed_nor_published(make_campaign, ann, ledger):
    campaign = make_campaign(rate="two")
    with pytest.raises(TermsError):
        reviewing.ask(campaign, ann, NOW)
    with pytest.raises(TermsError):
        reviewing.publish(campaign, ann, NOW, nobody_else=True)


def test_ending_needs_nobody_and_is_kept(make_campaign, ann, bob, ledger):
    campaign = make_campaign()
    publishing.publish_draft(campaign, NOW)
    reviewing.end(campaign, ann, NOW + timedelta(hours=1))
    reviewing.end(campaign, ann, NOW + timedelta(hours=2))
    assert [(each.version, each.published_by) for each in Publication.objects.all()] == [(2, ann)]


def test_what_changed_is_told_in_words(make_campaign, mills, ledger):
    campaign = make_campaign(cap="50000")
    first = publishing.publish_draft(campaign, NOW)
    campaign.rate, campaign.cap, campaign.hold_days, campaign.sponsor = "3", "", 14, mills
    campaign.excluded, campaign.tiers = ["US-AL"], [["10", "5"]]
    second = publishing.publish_draft(campaign, NOW + timedelta(minutes=1))
    assert history.changes(first, second, "count") == [
        "Gives: 3 meals, before 2 meals",
        "Steps: 10 pieces: 5 meals, before none",
        "Not in: Alabama, before none",
        "At most: none, before 50,000 meals",
        "Paid by: northgate-mills, before none",
        "Counted for good after: 14 days, before none",
    ]
    assert history.changes(first, first, "count") == []
