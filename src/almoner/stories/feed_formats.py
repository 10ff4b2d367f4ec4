"""The three formats of a feed, over Django's feed generators: RSS 2.0, Atom and JSON Feed 1.1.

Sources: rssboard.org/rss-specification with its `content` and `dc` modules, RFC 4287,
jsonfeed.org/version/1.1. Besides Django's own arguments an item has `content` (HTML) and
`authors`; a feed has `authors` and `updated`. Its pictures are its enclosures.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed, rfc3339_date
from django.utils.html import escape

from almoner.stories.outward import Author

ATOM = "http://www.w3.org/2005/Atom"


class Rss(Rss201rev2Feed):
    """RSS 2.0 with the full text in `content:encoded`."""

    content_type = "application/rss+xml; charset=utf-8"

    def rss_attributes(self) -> dict[str, str]:
        """Declare what the items use."""
        return {
            "version": "2.0",
            "xmlns:atom": ATOM,
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        }

    def latest_post_date(self) -> datetime:
        """When the feed last changed, also where it is empty."""
        return self.feed["updated"]

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the authors and the full text to what Django writes."""
        super().add_item_elements(handler, _described_in_html(item))
        for author in item["authors"]:
            handler.addQuickElement("dc:creator", author.name)
        handler.addQuickElement("content:encoded", item["content"])


class Atom(Atom1Feed):
    """Atom with the full text as its content and any number of authors."""

    content_type = "application/atom+xml; charset=utf-8"

    def latest_post_date(self) -> datetime:
        """When the feed last changed, also where it is empty."""
        return self.feed["updated"]

    def add_root_elements(self, handler: Any) -> None:
        """Name the publisher: each entry must have an author, its own or the feed's."""
        super().add_root_elements(handler)
        _add_atom_authors(handler, self.feed["authors"])

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the authors and the full text to what Django writes."""
        super().add_item_elements(handler, _described_in_html(item))
        _add_atom_authors(handler, item["authors"])
        handler.addQuickElement("content", item["content"], {"type": "html"})


def _described_in_html(item: dict[str, Any]) -> dict[str, Any]:
    """Both XML formats take an item's description for HTML."""
    return {**item, "description": escape(item["description"])}


def _add_atom_authors(handler: Any, authors: Sequence[Author]) -> None:
    for author in authors:
        handler.startElement("author", {})
        handler.addQuickElement("name", author.name)
        if author.url:
            handler.addQuickElement("uri", author.url)
        handler.endElement("author")


class JsonFeed(SyndicationFeed):
    """JSON Feed 1.1."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: Any, encoding: str) -> None:
        """Write the feed as one JSON document, which is UTF-8 always (RFC 8259)."""
        feed = self.feed
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed["title"],
            "home_page_url": feed["link"],
            "feed_url": feed["feed_url"],
            "description": feed["description"],
            "language": feed["language"],
            "authors": _json_authors(feed["authors"]),
            "items": [self._item(item) for item in self.items],
        }
        text = json.dumps(_told(document), ensure_ascii=False, indent=1)
        outfile.write(text)

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        return _told(
            {
                "id": item["unique_id"],
                "url": item["link"],
                "title": item["title"],
                "content_html": item["content"],
                "summary": item["description"],
                "image": next((each.url for each in item["enclosures"]), ""),
                "date_published": rfc3339_date(item["pubdate"]),
                "date_modified": rfc3339_date(item["updateddate"]),
                "authors": _json_authors(item["authors"]),
                "tags": list(item["categories"]),
                "attachments": [
                    {
                        "url": enclosure.url,
                        "mime_type": enclosure.mime_type,
                        "size_in_bytes": int(enclosure.length),
                    }
                    for enclosure in item["enclosures"]
                ],
            }
        )


def _json_authors(authors: Sequence[Author]) -> list[dict[str, Any]]:
    return [_told({"name": author.name, "url": author.url}) for author in authors]


def _told(members: dict[str, Any]) -> dict[str, Any]:
    """Leave out what has nothing to say; `items` is required even so."""
    return {name: value for name, value in members.items() if value or name == "items"}
