"""Where everything of a site lies in an export, by its path from the top.

Guarantee: a path depends only on what it names (an address, the year of a story, a picture's
title and content), so the same site is always written the same way. Pictures with the same
content are one file, the oldest's.
"""

# pyright: basic

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Locale

from almoner.stories.models import (
    AuthorPage,
    BasePage,
    SeriesPage,
    StoryImage,
    StoryPage,
    TopicPage,
)

NAMED = ((AuthorPage, "authors"), (TopicPage, "topics"), (SeriesPage, "series"))
_TITLE = 60  # letters of a picture's title in its file's name


class Places:
    """The paths of a site's pages and pictures."""

    def __init__(self) -> None:
        self._own = Locale.get_default().pk
        self._pages: dict[int, str] = {}
        self._pictures: dict[int, str] = {}
        for model, folder in NAMED:
            for page in model.objects.order_by("pk"):
                self._pages[page.pk] = f"{self._language(page)}{folder}/{page.slug}.md"
        for story in StoryPage.objects.order_by("pk").defer("body"):
            self._pages[story.pk] = self._story(story)

    def _language(self, page: BasePage) -> str:
        """Translations stand apart: the same address can be there in each language."""
        if page.locale_id == self._own:
            return ""
        return f"translations/{page.locale.language_code}/"

    def _story(self, story: StoryPage) -> str:
        shelf = "drafts"
        if story.live and story.first_published_at is not None:
            shelf = str(timezone.localtime(story.first_published_at).year)
        return f"{self._language(story)}stories/{shelf}/{story.slug}.md"

    def page(self, pk: int) -> str | None:
        """The path of a page's file; None for one that has none, such as the front page."""
        return self._pages.get(pk)

    def picture(self, pk: int) -> str | None:
        """The path of a picture's file, once `pictures` has come by it."""
        return self._pictures.get(pk)

    def pictures(self) -> Iterator[tuple[StoryImage, str, bytes | None]]:
        """Every picture with its path and content; no content where another has the same."""
        written: set[str] = set()
        for image in StoryImage.objects.order_by("pk").iterator():
            try:
                with image.file.storage.open(image.file.name) as file:
                    content = file.read()
            except OSError:
                yield image, "", None
                continue
            digest = sha256(content).hexdigest()
            same = next((p for p in written if f"-{digest[:16]}." in p), None)
            ending = PurePosixPath(image.file.name).suffix.lower()
            title = slugify(image.title)[:_TITLE].strip("-") or "picture"
            path = same or f"media/{title}-{digest[:16]}{ending}"
            self._pictures[image.pk] = path
            yield image, path, None if same else content
            written.add(path)


def relative(path: str, base: str) -> str:
    """A path from the top as a file at `base` names it."""
    return Path(os.path.relpath(path, PurePosixPath(base).parent)).as_posix()
