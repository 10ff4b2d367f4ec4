"""Writes a whole site into a directory, in open formats.

Guarantee: the directory is there with everything in it, or not at all: it is written under
another name beside it, synced, and renamed. `SHA256SUMS` has the digest of every file, as
`sha256sum -c` reads it. Nothing that is there is written over.
"""

# pyright: basic

import csv
import io
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from django.apps import apps
from wagtail.contrib.redirects.models import Redirect

from almoner.config import ConfigError, Settings
from almoner.stories.exporting.giving import giving_files, write_log
from almoner.stories.exporting.places import NAMED, Places
from almoner.stories.exporting.stories import dumped, named_file, story_file
from almoner.stories.models import HomePage, StoryImage, StoryIndexPage, StoryPage

SUMS = "SHA256SUMS"
README = """# Everything that this site has

Written by `almoner export`. Check that it is whole with `sha256sum -c SHA256SUMS`.

| where | what |
| --- | --- |
| `stories/` | each story as Markdown with front matter, by the year it came out; drafts apart |
| `authors/`, `topics/`, `series/` | what stories name, the same way |
| `translations/` | the same again for each further language |
| `media/` | the pictures as they were sent up; `pictures.yml` says what each shows |
| `site.yml` | the site's name and its introductions |
| `redirects.csv` | which address leads where |
| `giving/` | causes, charities, sponsors, funds and campaigns as JSON |
| `log.zip` | the public log, which is the ledger: `almoner verify log.zip` recounts it |

`almoner import markdown` reads the stories, what they name, and the pictures. Charities' and
sponsors' contact addresses are in `giving/`: this is for the publisher, not for the public.
"""

Step = Callable[[str], None]


class Writing:
    """An export under way: files are written below `root`, and their digests kept."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sums: dict[str, str] = {}

    def put(self, path: str, content: bytes | str) -> None:
        """Write a file and sync it."""
        data = content.encode() if isinstance(content, str) else content
        assert path not in self.sums, f"{path} is written twice"
        self.sums[path] = sha256(data).hexdigest()
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())

    def took(self, path: str) -> None:
        """Keep the digest of a file that something else wrote."""
        with (self.root / path).open("rb") as file:
            digest = sha256()
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
        self.sums[path] = digest.hexdigest()


def export(
    settings: Settings, directory: Path, step: Step, *, subscribers: bool = False
) -> list[str]:
    """Write everything; returns what could not be, one sentence each."""
    directory = directory.absolute()
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()
    elif directory.exists():
        raise ConfigError(f"{directory} is not empty: name a directory that is not there yet.")
    partial = directory.with_name(f".{directory.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)  # of an export that was killed
        partial.mkdir(parents=True)
        writing = Writing(partial)
        missing = _write(settings, writing, step)
        if subscribers:
            writing.put("subscribers.csv", _subscribers())
        lines = [f"{digest}  {path}\n" for path, digest in sorted(writing.sums.items())]
        writing.put(SUMS, "".join(lines))
        partial.rename(directory)
        _sync(directory.parent)
    except OSError as error:
        raise ConfigError(f"{directory} cannot be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return missing


def steps() -> int:
    """How many steps an export has."""
    named = sum(model.objects.count() for model, _ in NAMED)
    return StoryPage.objects.count() + StoryImage.objects.count() + named


def _write(settings: Settings, writing: Writing, step: Step) -> list[str]:
    missing: list[str] = []
    places = Places()
    said: dict[str, dict[str, object]] = {}
    for image, path, content in places.pictures():
        if not path:
            missing.append(f"The file of the picture “{image.title}” is gone.")
        elif content is not None:
            writing.put(path, content)
            said[path.removeprefix("media/")] = _said(image)
        step(image.title)
    if said:
        writing.put("media/pictures.yml", dumped(dict(sorted(said.items()))))
    for model, _ in NAMED:
        for page in model.objects.order_by("pk"):
            writing.put(places.page(page.pk) or "", named_file(page, places))
            step(page.title)
    for story in StoryPage.objects.order_by("pk").iterator():
        writing.put(places.page(story.pk) or "", story_file(story, places))
        if story.live and story.has_unpublished_changes:
            missing.append(f"“{story.title}” has changes that are not published, nor here.")
        step(story.title)
    writing.put("site.yml", _site(settings))
    writing.put("redirects.csv", _redirects())
    for path, text in giving_files():
        writing.put(path, text)
    if reason := write_log(settings, writing.root / "log.zip"):
        missing.append(reason)
    else:
        writing.took("log.zip")
    writing.put("README.md", README)
    return missing


def _said(image: StoryImage) -> dict[str, object]:
    """What is known of a picture beside its file."""
    point = [image.focal_point_x, image.focal_point_y,
             image.focal_point_width, image.focal_point_height]  # fmt: skip
    known = {
        "title": image.title,
        "description": image.description,
        "credit": image.credit,
        "focal_point": point if image.has_focal_point() else None,
    }
    return {name: value for name, value in known.items() if value}


def _site(settings: Settings) -> str:
    pages = [*HomePage.objects.order_by("pk"), *StoryIndexPage.objects.order_by("pk")]
    introductions = [
        {"page": page.title, "language": page.locale.language_code, "standfirst": page.standfirst}
        for page in pages
    ]
    return dumped({"name": settings.site_name, "address": settings.address,
                   "introductions": introductions})  # fmt: skip


def _redirects() -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("old", "new", "permanent"))
    for each in Redirect.objects.order_by("old_path", "pk"):
        writer.writerow((each.old_path, each.link or "", "yes" if each.is_permanent else "no"))
    return out.getvalue()


def _subscribers() -> str:
    """Who confirmed that they want the newsletter, and when. Personal: only where asked for."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("email", "language", "confirmed_at"))
    # By its name: the newsletter is a room above this one.
    model = apps.get_model("newsletter", "Subscriber")
    for each in model.objects.exclude(confirmed_at=None).order_by("email"):
        writer.writerow((each.email, each.language, each.confirmed_at.isoformat()))
    return out.getvalue()


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
