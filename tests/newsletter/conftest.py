"""A ledger, stories and somebody who wants to read them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from wagtail.models import Locale

from almoner.newsletter import signing_up
from almoner.newsletter.models import Subscriber
from almoner.stories.models import BasePage, StoryIndexPage, StoryPage
from almoner.stories.site import lay_out
from tests.giving.conftest import (  # noqa: F401 - fixtures of the room below
    _uncollected_static_files,
    administrator,
    django_db_modify_db_settings,
    harbor,
    ledger,
    logged_in,
    make_campaign,
    meals,
    send,
)

NOW = datetime.now(UTC)


@pytest.fixture
def site(ledger: Any) -> StoryIndexPage:  # noqa: F811
    """The pages every site has. A test before may have emptied what the migrations made."""
    Locale.objects.get_or_create(language_code="en")
    if BasePage.get_first_root_node() is None:
        BasePage.add_root(instance=BasePage(title="Root", slug="root"))
    return lay_out()


@pytest.fixture
def publish(site: StoryIndexPage) -> Any:
    """Publishes a story, now unless told otherwise."""

    def _publish(slug: str, when: datetime = NOW, **fields: Any) -> StoryPage:
        story = StoryPage(
            slug=slug,
            title=fields.pop("title", slug.replace("-", " ").capitalize()),
            standfirst="What it is about.",
            live=False,
            first_published_at=when,
            **fields,
        )
        StoryIndexPage.objects.get(pk=site.pk).add_child(instance=story)
        story.save_revision().publish()
        return StoryPage.objects.get(pk=story.pk)

    return _publish


@pytest.fixture
def subscribe(ledger: Any) -> Any:  # noqa: F811
    """Makes readers who confirmed."""

    def _subscribe(*emails: str, language: str = "en") -> list[Subscriber]:
        made = []
        for email in emails:
            signing_up.ask(email, language, NOW)
            row = Subscriber.objects.get(email=email)
            signing_up.confirm(row, NOW)
            made.append(row)
        Subscriber.objects.update(letter="")
        return made

    return _subscribe
