"""A site laid out, a picture, and stories to put on it."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.images import ImageFile
from PIL import Image

from almoner.stories.models import StoryImage, StoryIndexPage, StoryPage
from almoner.stories.site import lay_out


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    """Uploads go to the test's own folder; static files need no collecting."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    cache.clear()  # it knows cut pictures by a number that another test's picture had


@pytest.fixture
def index(db: None) -> StoryIndexPage:
    """The index of stories, on a site laid out anew."""
    return lay_out()


@pytest.fixture
def draw() -> Callable[..., BytesIO]:
    """Makes a PNG file of one grey."""
    return png


@pytest.fixture
def picture(db: None) -> StoryImage:
    """A small grey picture."""
    return StoryImage.objects.create(
        title="Grey", description="A grey wall", file=ImageFile(png(), name="grey.png")
    )


@pytest.fixture
def write(index: StoryIndexPage) -> Callable[..., StoryPage]:
    """Writes a draft under the index, as an editor does."""

    def _write(slug: str, published: datetime | None = None, **fields: Any) -> StoryPage:
        story = StoryPage(
            slug=slug,
            title=slug.replace("-", " ").capitalize(),
            standfirst="What it is about.",
            live=False,
            first_published_at=published,
            **fields,
        )
        StoryIndexPage.objects.get(pk=index.pk).add_child(instance=story)
        return story

    return _write


def png(shade: int = 128, size: tuple[int, int] = (64, 48)) -> BytesIO:
    """A picture of one grey."""
    file = BytesIO()
    Image.new("L", size, shade).save(file, "PNG")
    file.seek(0)
    return file
