"""Puts stories on the site of `ALMONER_HOME`: one of each kind that a search must tell apart.

Run as a program, in a process of its own, because a server's database is not Django's test one.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import django

SPRING = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)
TEXT = "<p>It was <b>raining</b> on the ferry, and the dog had a café to itself.</p>"


def put() -> None:
    """A published story, one about something else, a draft, a private one and an expired one."""
    from wagtail.models import PageViewRestriction

    from almoner.stories.models import StoryIndexPage, StoryPage, TopicIndexPage, TopicPage

    topic = TopicIndexPage.objects.get().add_child(
        instance=TopicPage(title="On the water", slug="on-the-water")
    )

    def write(slug: str, title: str, **fields: Any) -> StoryPage:
        story = StoryPage(
            slug=slug,
            title=title,
            standfirst="What it is about.",
            body=[{"type": "paragraph", "value": fields.pop("text", TEXT)}],
            live=False,
            first_published_at=SPRING,
            **fields,
        )
        StoryIndexPage.objects.get().add_child(instance=story)
        return story

    shown = write("shown", "Blankets on the quay")
    shown.topics.set([topic])
    shown.save_revision().publish()
    write("title", "The dog and the ferry", text="<p>Nothing else.</p>").save_revision().publish()
    write("other", "A toy", text="<p>“Nuts, bolts” 100% it's fine.</p>").save_revision().publish()
    write("draft", "Dog: a draft about xylophones").save_revision()
    private = write("private", "Dog: privately about xylophones")
    private.save_revision().publish()
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    expired = write("expired", "Dog: xylophones, expired", expire_at=SPRING + timedelta(days=1))
    expired.save_revision().publish()
    StoryPage.objects.get(pk=expired.pk).unpublish()


if __name__ == "__main__":
    django.setup()
    put()
