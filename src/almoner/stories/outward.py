"""What is told of a story outside the site: in feeds, search engines, shared links, letters.

Guarantee: of a sensitive story nothing goes out but its neutral title and text: no headline,
picture, author or topic, because these show on lock screens, in histories and over shoulders.
Whoever tells a story anywhere asks here, and shows no more of it than it gets. Limit: the site's
own lists show the headline, as the editor wrote it for readers of the site.
"""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid5

from django.conf import settings
from wagtail.models import Locale

from almoner.stories.base import BasePage
from almoner.stories.images import StoryImage
from almoner.stories.listing import cards, in_language
from almoner.stories.models import HomePage, StoryPage

# Names a page for ever, whatever becomes of its address and ours (RFC 9562, version 5).
_PAGES = UUID("6f1c6a52-4d0e-5b0a-9a3f-5b7d0c9e1a10")


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a story, and the address of their page, or ""."""

    name: str
    url: str = ""


def title_of(page: BasePage) -> str:
    """What a page is called; the front page is called after the site."""
    if isinstance(page, StoryPage):
        return (page.neutral_title or settings.WAGTAIL_SITE_NAME) if page.sensitive else page.title
    return settings.WAGTAIL_SITE_NAME if isinstance(page, HomePage) else page.title


def summary_of(page: BasePage) -> str:
    """One or two sentences of what it is about; may be empty."""
    if isinstance(page, StoryPage):
        return page.outward_text
    told = page.search_description or getattr(page, "standfirst", "")
    return cast(str, told or getattr(page, "role", ""))


def picture_of(story: StoryPage) -> StoryImage | None:
    """The picture shown with it."""
    return None if story.sensitive else story.lead_image


def authors_of(story: StoryPage) -> tuple[Author, ...]:
    """Who wrote it, in their order."""
    if story.sensitive:
        return ()
    # A list has them already, read for all its stories at once (`listing.cards`).
    shown = getattr(story, "shown_authors", None)
    authors = in_language(story.authors, story.locale) if shown is None else shown
    if authors:
        return tuple(Author(author.title, author.full_url or "") for author in authors)
    return (Author(story.byline),) if story.byline else ()


def topics_of(story: StoryPage) -> tuple[str, ...]:
    """What it is about, by name."""
    if story.sensitive:
        return ()
    shown = getattr(story, "shown_topics", None)
    topics = in_language(story.topics.order_by("title"), story.locale) if shown is None else shown
    return tuple(topic.title for topic in topics)


def with_all_told(found: Any, locale: Locale) -> list[Any]:
    """Stories ready to be told of, in a constant number of queries."""
    told = cards(found.prefetch_related("topics"), locale)
    named = {topic.pk: topic for story in told for topic in story.topics.all()}
    shown = {each.translation_key: each for each in in_language(named.values(), locale)}
    for story in told:
        keys = sorted(topic.translation_key for topic in story.topics.all())
        story.shown_topics = [shown[key] for key in keys if key in shown]
    return told


def permanent_id(page: BasePage) -> str:
    """A URN for a page: its translations have others, its later addresses have the same."""
    return uuid5(_PAGES, f"{page.translation_key}/{page.locale.language_code}").urn
