"""What the ledger knows is told by webhook and e-mail, each moment once."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from almoner.giving import braking, publishing
from almoner.notices import watching, webhooks
from almoner.notices.models import Mail, Message, Watch
from almoner.people.roles import CAMPAIGN_MANAGERS
from almoner.reading import brake

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(make_campaign, harbor, mills):
    """Two meals an item, ten at most, over in three days; everybody has an address."""
    harbor.contact_email = "harbor@example.org"
    harbor.save()
    mills.contact_email = "mills@example.org"
    mills.save()
    today = datetime.now(UTC).date()
    return make_campaign(
        cap="10",
        sponsor=mills,
        time_zone="UTC",
        starts_on=today - timedelta(days=9),
        ends_on=today + timedelta(days=2),
    )


def told():
    return [each.type for each in Message.objects.order_by("created_at")]


def said(kind):
    return json.loads(Message.objects.get(type=kind).payload)["data"]


def test_nothing_is_told_of_what_was_before(ledger, campaign):
    publishing.publish_draft(campaign, timezone.now())
    watching.watch()
    watching.watch()

    assert told() == []


def test_a_campaign_s_moments_are_told_once_each(ledger, campaign, send, later):
    watching.watch()
    publishing.publish_draft(campaign, timezone.now())
    watching.watch()
    assert told() == ["campaign.published"]
    assert said("campaign.published")["charities"] == ["harbor-table"]
    assert sorted(Mail.objects.values_list("kind", "to")) == [
        ("campaign-ending", "harbor@example.org"),
        ("campaign-ending", "mills@example.org"),
    ]

    send("1", when=timezone.now(), quantity=4)
    watching.watch()
    assert "cap.reached" not in told()
    send("2", when=timezone.now(), quantity=1)
    send("3", when=timezone.now(), quantity=1)
    watching.watch()
    watching.watch()
    assert told() == ["campaign.published", "cap.reached"]
    assert said("cap.reached")["cap"] == {"unit": "meal", "value": "10"}
    assert Mail.objects.filter(kind="cap-reached").count() == 2
    assert "10 meals" in Mail.objects.filter(kind="cap-reached").first().text

    later(days=4)
    watching.watch()
    watching.watch()
    assert told() == ["campaign.published", "cap.reached", "campaign.ended"]
    assert said("campaign.ended")["pledged"] == {"unit": "meal", "value": "10"}
    assert Mail.objects.count() == 4


def test_a_watch_that_was_cut_off_leaves_nothing_out(ledger, campaign, send):
    watching.watch()
    before = Watch.objects.get().entry
    publishing.publish_draft(campaign, timezone.now())
    send("1", when=timezone.now(), quantity=9)
    watching.watch()
    Watch.objects.update(entry=before)
    watching.watch()

    assert told().count("cap.reached") == 1


def test_a_moment_is_told_once_also_when_its_message_was_tidied_away(ledger, campaign, send, later):
    watching.watch()
    publishing.publish_draft(campaign, timezone.now())
    watching.watch()
    later(days=4)
    watching.watch()
    assert told() == ["campaign.published", "campaign.ended"]

    later(days=91)
    webhooks.tidy()
    watching.watch()

    assert told() == ["campaign.published", "campaign.ended"]
    assert all(each.created_at < timezone.now() - webhooks.KEEP for each in Message.objects.all())


def test_a_running_campaign_is_not_published_anew_every_ninety_days(ledger, make_campaign, later):
    watching.watch()
    publishing.publish_draft(make_campaign(ends_on=None), timezone.now())
    watching.watch()
    later(days=91)
    webhooks.tidy()
    watching.watch()

    assert told() == ["campaign.published"]
    assert Message.objects.get().created_at < timezone.now() - webhooks.KEEP


def test_a_pause_is_told_to_the_managers_and_so_is_its_end(ledger, make_campaign, logged_in):
    logged_in(CAMPAIGN_MANAGERS)
    person = get_user_model().objects.get(username=CAMPAIGN_MANAGERS)
    person.email = "ann@example.org"
    person.save()
    campaign = make_campaign(slug="pages", trigger="read", rate="1/100", ends_on=None)
    publishing.publish_draft(campaign, timezone.now())
    watching.watch()
    why = "3,100 came in 10 minutes; it never had as many."
    since = brake.pull(ledger.db, "pages", why, timezone.now()).since

    watching.watch()
    watching.watch()
    assert told() == ["giving.paused"]
    assert said("giving.paused")["reason"] == why
    letter = Mail.objects.get()
    assert letter.to == "ann@example.org"
    assert why in letter.text
    assert f"/admin/giving/campaigns/reads/{campaign.pk}/" in letter.text

    braking.resume(campaign, person, since, 0, "A newsletter.", timezone.now())
    watching.watch()
    watching.watch()
    assert told() == ["giving.paused", "giving.resumed"]
    assert (said("giving.resumed")["left_out"], said("giving.resumed")["counted"]) == (0, 0)
    assert Mail.objects.count() == 1


def test_a_pause_that_is_over_before_anybody_looked_is_still_told(
    ledger, make_campaign, administrator
):
    campaign = make_campaign(slug="pages", trigger="read", rate="1/100", ends_on=None)
    publishing.publish_draft(campaign, timezone.now())
    watching.watch()
    since = brake.pull(ledger.db, "pages", "Too many.", timezone.now()).since
    root = get_user_model().objects.get(username="root")
    braking.resume(campaign, root, since, 0, "It was us.", timezone.now())

    watching.watch()

    assert told() == ["giving.paused", "giving.resumed"]
