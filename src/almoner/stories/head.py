"""What the head of a page tells machines: search engines, social networks, feed readers.

Sources: ogp.me, developers.google.com/search (canonical, robots), docs of X's cards. Guarantee: of
a sensitive story it tells what `stories.outward` lets out, and asks search engines to keep no
copy and show no words or pictures of it.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from almoner.stories import share_picture
from almoner.stories.base import BasePage
from almoner.stories.feeds import FORMATS, stories_of
from almoner.stories.models import HomePage, StoryPage
from almoner.stories.outward import summary_of, title_of, topics_of
from almoner.stories.public import home_of
from almoner.stories.structured import described

FEED_NAMES = {"rss.xml": "RSS", "atom.xml": "Atom", "feed.json": "JSON Feed"}
EMBED_TYPES = {"json": "application/json+oembed", "xml": "text/xml+oembed"}

OPEN = "max-image-preview:large"
SENSITIVE = "noarchive, nosnippet, noimageindex"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that a machine follows."""

    type: str
    href: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a page says."""

    title: str
    description: str
    address: str
    kind: str
    robots: str
    data: SafeString
    feeds: tuple[Link, ...]
    picture: str = ""
    embeds: tuple[Link, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    topics: tuple[str, ...] = ()


def head_of(page: BasePage, below: str = "", number: int = 1) -> Head:
    """The head of a page, or of what it shows at a path below its own.

    `number` is the page of its list, each of which stands for itself.
    """
    address = page.full_url or settings.WAGTAILADMIN_BASE_URL + "/"  # a preview may have none
    address += below
    if number > 1:
        address += f"?page={number}"
    if isinstance(page, StoryPage):
        return _story_head(page, address)
    return Head(
        title=title_of(page),
        description=summary_of(page),
        address=address,
        kind="website",
        robots=OPEN,
        data=described(page),
        feeds=(*_feeds(page), *_site_feeds(page)),
    )


def _story_head(story: StoryPage, address: str) -> Head:
    title = title_of(story)
    return Head(
        title=title,
        description=summary_of(story),
        address=address,
        kind="article",
        robots=SENSITIVE if story.sensitive else OPEN,
        data=described(story),
        feeds=_site_feeds(story),
        picture=share_picture.address(story),
        embeds=embeds(address, title),
        published=story.first_published_at,
        modified=story.last_published_at,
        topics=topics_of(story),
    )


def embeds(address: str, title: str) -> tuple[Link, ...]:
    """Where others learn how to embed what is at an address (oEmbed 1.0, section 4)."""
    asked = f"{settings.WAGTAILADMIN_BASE_URL}/oembed?"
    return tuple(
        Link(media_type, asked + urlencode({"url": address, "format": name}), title)
        for name, media_type in EMBED_TYPES.items()
    )


def _site_feeds(page: BasePage) -> tuple[Link, ...]:
    """The feeds of the front page in the page's language; it has told its own already."""
    if isinstance(page, HomePage):
        return ()
    home = home_of(page)
    return _feeds(home) if home is not None else ()


def _feeds(page: BasePage) -> tuple[Link, ...]:
    if not page.full_url or stories_of(page) is None:
        return ()
    return tuple(
        Link(
            FORMATS[name].content_type.partition(";")[0],
            page.full_url + name,
            _("%(title)s: %(format)s") % {"title": title_of(page), "format": written},
        )
        for name, written in FEED_NAMES.items()
    )
