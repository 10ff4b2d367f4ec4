"""What is told of a story outside its own page: in feeds, search results, shared links, cards.

Guarantee: of a sensitive story nothing goes out but its neutral title and text: no headline,
picture, author or topic, because these show on lock screens, in histories and over shoulders.
Whoever tells a story anywhere asks here and nowhere else.
"""

from dataclasses import dataclass
from uuid import UUID, uuid5

from django.conf import settings

from almoner.stories.base import BasePage
from almoner.stories.images import StoryImage
from almoner.stories.models import HomePage, StoryPage

# Names a page for ever, whatever becomes of its address and ours (RFC 9562, version 5).
_PAGES = UUID("6f1c6a52-4d0e-5b0a-9a3f-5b7d0c9e1a10")


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a story, and the address of their page, or ""."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Outward:
    """A story as others may know it."""

    title: str
    summary: str
    picture: StoryImage | None
    authors: tuple[Author, ...]
    topics: tuple[str, ...]
    sensitive: bool


def outward(story: StoryPage) -> Outward:
    """What may be told of `story`."""
    if getattr(story, "sensitive", False):
        return Outward(story.neutral_title, story.neutral_text, None, (), (), sensitive=True)
    return Outward(
        story.title,
        story.search_description or story.standfirst,
        story.lead_image,
        (Author(story.byline),) if story.byline else (),
        (),
        sensitive=False,
    )


def title_of(page: BasePage) -> str:
    """What a page is called where others see it; the front page is called after the site."""
    if isinstance(page, HomePage):
        return settings.WAGTAIL_SITE_NAME
    return outward(page).title if isinstance(page, StoryPage) else page.title


def permanent_id(page: BasePage) -> str:
    """A URN for a page: its translations have others, its later addresses have the same."""
    return uuid5(_PAGES, f"{page.translation_key}/{page.locale.language_code}").urn
