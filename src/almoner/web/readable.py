"""The stories whose reads count, as reading and sharing need them; kept until the site changes.

A story counts that is published, open to everybody and not sensitive. Guarantee: what is found
is never older than the site version it is asked for. Numbers of no such story cost no query.
Models are imported when they are first asked: the front door imports this before Django is set up.
"""

import asyncio
from typing import Any

import msgspec
from django.db import connection

from almoner.reading.reads import Story


class Readable(msgspec.Struct, frozen=True):
    """A story. `url` is its canonical address, `picture` that of its share picture."""

    story: Story
    title: str
    url: str
    picture: str


class Readables:
    """See the module. Lives on the event loop."""

    def __init__(self) -> None:
        self._looking = asyncio.Lock()  # guards the three
        self._version = -1
        self._known: frozenset[int] = frozenset()
        self._kept: dict[int, Readable] = {}

    async def find(self, story: int, version: int) -> Readable | None:
        """The story with this number at this site version, where its reads count."""
        found = self._kept.get(story)
        if found is not None and version == self._version:
            return found
        async with self._looking:
            if version != self._version:
                self._known = await asyncio.to_thread(known)
                self._version, self._kept = version, {}
            if story in self._known and story not in self._kept:
                read_now = await asyncio.to_thread(read, story)
                if read_now is not None:
                    self._kept[story] = read_now
            return self._kept.get(story)


def known() -> frozenset[int]:
    """The numbers of all stories whose reads count."""
    try:
        return frozenset(_counted().values_list("pk", flat=True))
    finally:
        connection.close()


def read(story: int) -> Readable | None:
    """The story as the database has it now."""
    from almoner.stories import share_picture

    try:
        page = _counted().filter(pk=story).first()
        if page is None:
            return None
        topics = tuple(page.topics.order_by("slug").values_list("slug", flat=True))
        return Readable(
            Story(page.pk, page.words, topics),
            page.title,
            page.full_url or "",
            share_picture.address(page),
        )
    finally:
        connection.close()


def _counted() -> Any:
    from almoner.stories.models import StoryPage

    return StoryPage.objects.live().public().filter(sensitive=False)  # type: ignore[attr-defined]
