"""Loads the demonstration: sample stories with their pictures, and log-ins for each role.

Guarantee: each story is loaded whole or not at all, and once, however often this runs and
wherever it was stopped: a story is known by its slug, a picture by its file's hash. What an
editor has changed since is left alone. Limit: a stop in the middle of a story can leave a
picture's file without a row; it is never shown.
"""

import json
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.core.files.images import ImageFile
from django.db import transaction
from django.utils import timezone
from wagtail.utils.file import hash_filelike

from almoner.people.roles import AUDITORS, CAMPAIGN_MANAGERS, EDITORS, FINANCE, WRITERS
from almoner.stories.demo_found_by import Found, load_found_by
from almoner.stories.models import (
    HelpLine,
    HomePage,
    StoryAuthor,
    StoryImage,
    StoryIndexPage,
    StoryPage,
)
from almoner.stories.site import lay_out

SAMPLE = Path(__file__).parent / "sample"
# Real numbers: a wrong one would be dangerous even in a demonstration. Where each was checked
# stands in docs/how-to/protect-readers.md.
HELP_LINES = SAMPLE / "help" / "lines.json"
HELP_LINES_CHECKED = date(2026, 11, 25)
# Known to everyone, so `create_log_ins` refuses outside a demonstration.
PASSWORD = "almoner-demo"  # noqa: S105
CREDIT = "drawn for this demonstration"
MORNING = time(9, 0)  # sample stories name a day only; in the site's zone it stays that day

FRONT_PAGE_STANDFIRST = "Good news, told properly, and every gift counted where anyone can check."
STORIES_STANDFIRST = "People, animals, and those who turned up for them."

Progress = Callable[[str], None]


def load_sample_stories(progress: Progress, folder: Path = SAMPLE) -> int:
    """Publish every story of the folder that is not there yet; returns how many were new."""
    index = lay_out()
    _introduce(index)
    found = load_found_by(folder / "found_by")
    new = 0
    for path in sorted(folder.glob("*.json")):
        story = json.loads(path.read_text("utf-8"))
        if StoryPage.objects.filter(slug=story["slug"]).exists():
            progress(f"Story already there: {story['title']}")
            continue
        _publish(index, story, folder / "art", found)
        new += 1
        progress(f"Story published: {story['title']}")
    return new


def load_help_lines() -> None:
    """List help lines for a few countries, where none are listed."""
    if HelpLine.objects.exists():
        return
    for line in json.loads(HELP_LINES.read_text("utf-8")):
        HelpLine.objects.create(**line, checked_on=HELP_LINES_CHECKED)


def create_log_ins() -> list[str]:
    """Make the log-ins of the demonstration; returns their names. Passwords are not reset."""
    if not settings.CONFIG.demo:
        raise ImproperlyConfigured(
            "These log-ins have a password that everyone knows: set demo = true first, and "
            "never on a site that others can reach."
        )
    users = get_user_model().objects
    roles = {
        "editor": EDITORS,
        "writer": WRITERS,
        "manager": CAMPAIGN_MANAGERS,
        "finance": FINANCE,
        "auditor": AUDITORS,
    }
    with transaction.atomic():
        if not users.filter(username="demo").exists():
            users.create_superuser("demo", email=_address("demo"), password=PASSWORD)
        for name, role in roles.items():
            if not users.filter(username=name).exists():
                user = users.create_user(name, email=_address(name), password=PASSWORD)
                user.groups.add(Group.objects.get(name=role))
    return ["demo", *roles]


def _address(name: str) -> str:
    """An address that no mail reaches (RFC 2606, section 2)."""
    return f"{name}@almoner.example"


def _introduce(index: StoryIndexPage) -> None:
    home = HomePage.objects.get(locale=index.locale)
    for page, standfirst in ((home, FRONT_PAGE_STANDFIRST), (index, STORIES_STANDFIRST)):
        if not page.standfirst and page.latest_revision is None:
            page.standfirst = standfirst
            page.save()


@transaction.atomic
def _publish(index: StoryIndexPage, story: dict[str, Any], art: Path, found: Found) -> None:
    lead = story.get("lead")
    published = timezone.make_aware(
        datetime.combine(date.fromisoformat(story["published"]), MORNING)
    )
    page: Any = StoryPage(
        slug=story["slug"],
        title=story["title"],
        standfirst=story["standfirst"],
        byline=story["byline"],
        lead_image=_picture(art / lead["file"], lead["alt"]) if lead else None,
        lead_caption=lead.get("caption", "") if lead else "",
        body=json.dumps([_block(block, art) for block in story["body"]]),
        footnotes=json.dumps(story.get("footnotes", [])),
        series=found["series"].get(story.get("series", "")),
        series_place=story.get("series_place"),
        first_published_at=published,
        live=False,
        sensitive=story.get("sensitive", False),
        neutral_title=story.get("neutral_title", ""),
        neutral_text=story.get("neutral_text", ""),
    )
    page.story_authors.set(
        [StoryAuthor(author=found["authors"][slug]) for slug in story.get("authors", ())]
    )
    page.topics.set([found["topics"][slug] for slug in story.get("topics", ())])
    # Read anew: adding a child counts on the parent's own count being right.
    StoryIndexPage.objects.get(pk=index.pk).add_child(instance=page)
    page.save_revision().publish()
    StoryPage.objects.filter(pk=page.pk).update(last_published_at=published)


def _block(block: dict[str, Any], art: Path) -> dict[str, Any]:
    """A sample file names a picture by its file; a body names it by its key."""
    if block["type"] != "image":
        return block
    value = dict(block["value"])
    picture = _picture(art / value.pop("file"), value["alt_text"])
    return {"type": "image", "value": {**value, "image": picture.pk}}


def _picture(path: Path, description: str) -> StoryImage:
    with path.open("rb") as file:
        file_hash = hash_filelike(file)
        there = StoryImage.objects.filter(file_hash=file_hash).first()
        return there or StoryImage.objects.create(
            title=path.stem.replace("-", " ").capitalize(),
            description=description,
            credit=CREDIT,
            file=ImageFile(file, name=path.name),
            file_size=path.stat().st_size,
            file_hash=file_hash,
        )
