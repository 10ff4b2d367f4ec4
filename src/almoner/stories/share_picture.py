"""The picture that a shared link to a story shows: its headline, its picture, today's figures.

Guarantee: a picture's address names all that is drawn but the figures, and the day; so a changed
headline or picture, and a new day, have a new address, and what an address gives stays. An older
address leads to the newest one, which alone is ever drawn: nobody can make us draw at will.
Drawn when first asked for, kept in a folder of at most `KEPT` files. Limit: the figures are
those of the moment it was drawn, and the picture says of which day.
"""

import os
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almoner.counters import snapshot
from almoner.giving.book import open_ledger
from almoner.giving.models import Cause
from almoner.stories.drawing import (
    DRAWING,
    HEIGHT,
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    WIDTH,
    Drawing,
    draw,
)
from almoner.stories.images import StoryImage
from almoner.stories.models import StoryPage
from almoner.stories.outward import picture_of, title_of
from almoner.stories.public import public_stories

__all__ = ["HEIGHT", "WIDTH", "address", "urlpatterns"]

A_YEAR = 365 * 24 * 3600  # seconds
FOLDER = "share-pictures"  # beside the stories' own pictures
KEPT = 400  # files, about 100 KB each
FIGURES = 3  # as many as can be read at a third of the size


def address(story: StoryPage) -> str:
    """Where a story's picture is today."""
    return f"{settings.WAGTAILADMIN_BASE_URL}/share-pictures/{story.pk}-{_version(story)}.jpg"


@require_safe
def share_picture(request: HttpRequest, pk: int, version: str) -> HttpResponseBase:
    """The picture of a published, public story, or the way to its newest one."""
    story = get_object_or_404(public_stories(), pk=pk)
    if version != _version(story):
        return HttpResponseRedirect(address(story))
    headers = {"Cache-Control": f"public, max-age={A_YEAR}, immutable"}
    return HttpResponse(_kept(story, version), content_type="image/jpeg", headers=headers)


def _version(story: StoryPage) -> str:
    shown = (
        DRAWING,
        settings.WAGTAIL_SITE_NAME,
        title_of(story),
        story.locale.language_code,
        _identity(picture_of(story)),
    )
    digest = blake2b(repr(shown).encode(), digest_size=6).hexdigest()
    return f"{timezone.localdate():%Y%m%d}-{digest}"


def _identity(picture: StoryImage | None) -> tuple[Any, ...]:
    """What tells one cut of a picture from another."""
    if picture is None:
        return ()
    file = picture.file.name, picture.file_hash
    focus = picture.focal_point_x, picture.focal_point_y
    return (*file, *focus, picture.focal_point_width, picture.focal_point_height)


def _kept(story: StoryPage, version: str) -> bytes:
    """The picture from the folder, drawn and put there if it is not."""
    folder = settings.MEDIA_ROOT / FOLDER
    file = folder / f"{story.pk}-{version}.jpg"
    try:
        return file.read_bytes()
    except FileNotFoundError:
        drawn = draw(_drawn(story))
    folder.mkdir(parents=True, exist_ok=True)
    # Under another name first: whoever reads meanwhile finds all of it or none.
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "wb") as part:
        part.write(drawn)
    Path(name).replace(file)
    _make_room(folder)
    return drawn


def _make_room(folder: Path) -> None:
    """Delete the oldest beyond `KEPT`; another process may be at it as well."""
    ages = []
    for each in folder.iterdir():
        with suppress(FileNotFoundError):
            ages.append((each.stat().st_mtime, each))
    for _age, each in sorted(ages)[:-KEPT]:
        each.unlink(missing_ok=True)


def _drawn(story: StoryPage) -> Drawing:
    language, picture = story.locale.language_code, picture_of(story)
    with translation.override(language):
        return Drawing(
            site=settings.WAGTAIL_SITE_NAME,
            title=title_of(story),
            figures=_figures(),
            day=_("Given by %(day)s") % {"day": date_format(timezone.localdate(), "j F Y")},
            picture=_cut(picture) if picture else None,
            from_right=translation.get_language_bidi(),
        )


def _figures() -> tuple[tuple[str, str], ...]:
    """The first figures of the banner: each with its cause's label."""
    causes = Cause.objects.filter(shown=True).order_by("position", "slug")[:FIGURES]
    with open_ledger() as ledger:
        now = snapshot.read(ledger.db)
    return tuple((now.text(cause.slug, "shown"), cause.local_label) for cause in causes)


def _cut(picture: StoryImage) -> bytes:
    """The part of a picture that is drawn, around its focal point."""
    cut = picture.get_rendition(f"fill-{PICTURE_WIDTH}x{PICTURE_HEIGHT}|format-jpeg")
    with cut.file.open("rb") as file:
        return file.read()


urlpatterns = [
    path(
        "share-pictures/<int:pk>-<slug:version>.jpg",
        share_picture,
        name="share_picture",
    )
]
