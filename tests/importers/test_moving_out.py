"""What is written out is read back as what it was, byte for byte the second time."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.utils import timezone
from PIL import Image
from wagtail.models import PageViewRestriction
from wagtail.rich_text import RichText

from almoner import config
from almoner.config import ConfigError
from almoner.newsletter.models import Subscriber
from almoner.stories.demo import SAMPLE, load_sample_stories
from almoner.stories.exporting.folder import export
from almoner.stories.importers.markdown.folder import read_folder
from almoner.stories.importers.markdown.moving import move_markdown
from almoner.stories.models import (
    AuthorIndexPage,
    AuthorPage,
    SeriesIndexPage,
    SeriesPage,
    StoryAuthor,
    StoryImage,
    StoryIndexPage,
    StoryPage,
    TopicIndexPage,
    TopicPage,
)

# What is brought by hand elsewhere, or names the run.
OTHERS = {"redirects.csv", "log.zip", "SHA256SUMS", "site.yml"}


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def write_out(folder: Path) -> dict[str, bytes]:
    export(config.load(), folder, lambda title: None)
    return files(folder)


def bring_in(folder: Path) -> Any:
    read = read_folder(folder, timezone.now(), tags=False)
    move_markdown(read, apply=True)
    return read.report


def empty() -> None:
    for model in (StoryPage, AuthorPage, TopicPage, SeriesPage):
        for page in model.objects.all():
            page.delete()
    StoryImage.objects.all().delete()


HARD = [
    {"type": "paragraph", "value": "<p>1. No, <b>“bold”</b>and *</p><p>2 &amp; <i>last</i></p>"},
    {"type": "paragraph", "value": "<ul><li>One<br/>line<ol><li><b>deep</b></li></ol></li></ul>"},
    {"type": "paragraph", "value": "<ul><li>Another</li></ul><hr/><blockquote>Q</blockquote>"},
    {"type": "heading", "value": "# A [heading] #"},
    {"type": "pull_quote", "value": {"quote": "Two\nlines ``` and a fence", "attribution": "no"}},
    {"type": "dialogue", "value": [
        {"speaker": "Ana", "line": "Yes: “2024-01-01”"}, {"speaker": "", "line": "…"}]},
    {"type": "video", "value": {"url": "https://vimeo.com/76979871", "title": "- A film"}},
]  # fmt: skip


def shown(picture: StoryImage, description: str, caption: str) -> dict[str, Any]:
    value = {"image": picture.pk, "alt_text": description, "caption": caption}
    return {"type": "image", "value": value}


def write_one(folder: Path) -> None:
    """A site with a story of the demonstration's and its pictures."""
    (one := folder / "one").mkdir()
    shutil.copy(SAMPLE / "number-fourteen.json", one)
    for name in ("art", "found_by"):
        (one / name).symlink_to(SAMPLE / name)
    load_sample_stories(lambda said: None, one)


def write_all_kinds(folder: Path) -> None:
    """A site with one of everything."""
    write_one(folder)
    index = StoryIndexPage.objects.get()
    author = AuthorPage(
        title="Ana Ruiz", slug="ana-ruiz", role="Writes", biography="<p>From <b>here</b>.</p>"
    )
    AuthorIndexPage.objects.get().add_child(instance=author)
    topic = TopicPage(title="Harbours", slug="harbours", standfirst="By the sea.")
    TopicIndexPage.objects.get().add_child(instance=topic)
    series = SeriesPage(title="Ferries", slug="ferries")
    SeriesIndexPage.objects.get().add_child(instance=series)
    content = BytesIO()
    Image.new("L", (40, 30), 90).save(content, "PNG")
    picture = StoryImage.objects.create(
        title="Grey “wall”", description="A grey wall: “no”", file=ImageFile(content, name="w.png"),
        focal_point_x=3, focal_point_y=4, focal_point_width=5, focal_point_height=6,
    )  # fmt: skip
    other = StoryPage.objects.live().first()
    assert other is not None
    body = [
        *HARD,
        shown(picture, 'A "wall" [x]', "One\nTwo"),
        shown(picture, "Wall", 'Say "wall"'),
        {
            "type": "gallery",
            "value": {
                "title": "Walls",
                "pictures": [shown(picture, name, "")["value"] for name in ("One", "Two")],
            },
        },
        {
            "type": "content_note",
            "value": {"note": "Hard.", "passage": [{"type": "paragraph", "value": "<p>Bad.</p>"}]},
        },
        {
            "type": "post",
            "value": {"author": "Bo", "text": "Hi", "date": "2024-02-29", "url": "https://x.com/1"},
        },
        {
            "type": "recipe",
            "value": {"title": "Soup", "minutes": 20, "ingredients": ["1 leek"], "steps": ["Cut."]},
        },
        {"type": "paragraph", "value": f'<p>See <a linktype="page" id="{other.pk}">it</a> '
         'and <a href="https://a.example/?a=1&amp;b=(2)">that</a>.</p>'},
    ]  # fmt: skip
    published = datetime(2019, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)
    for slug, when in (
        ("all-kinds", published),
        ("a-draft", None),
        ("later", None),
        ("历史", published),
    ):
        story = StoryPage(
            title=f"Yes: {slug}", slug=slug, standfirst="no", body=body, live=False,
            first_published_at=when, lead_image=picture, lead_caption="- c", series=series,
            series_place=2, byline="#1", seo_title="'quoted'",
            sensitive=True, neutral_title="A day out", neutral_text="On a boat.",
            footnotes=[("note", {"mark": "a", "text": RichText("<p>A <b>note</b>.</p>")})],
            related=[("story", other)],
        )  # fmt: skip
        StoryIndexPage.objects.get(pk=index.pk).add_child(instance=story)
        story.story_authors = [StoryAuthor(author=author, sort_order=0)]
        story.topics = TopicPage.objects.all()
        if slug == "later":
            story.go_live_at = timezone.now() + timedelta(days=400)
        story.save()
        revision = story.save_revision()
        if slug != "a-draft":
            revision.publish()


@pytest.mark.django_db
def test_out_and_in_and_out_again_gives_the_same_bytes(tmp_path: Path) -> None:
    write_all_kinds(tmp_path)

    first = write_out(tmp_path / "first")
    empty()
    report = bring_in(tmp_path / "first")
    second = write_out(tmp_path / "second")

    assert set(first) == set(second)
    for path in sorted(set(first) - OTHERS):
        assert first[path] == second[path], path
    assert "stories/2019/all-kinds.md" in first
    assert {row.becomes for row in report.rows} == {
        "left out", "author", "topic", "series", "draft", "scheduled story", "story", "picture",
    }  # fmt: skip
    assert [row.title for row in report.rows if row.becomes == "left out"] == ["README.md"]

    again = bring_in(tmp_path / "first")
    assert write_out(tmp_path / "third") | {"SHA256SUMS": b""} == second | {"SHA256SUMS": b""}
    assert all("it is here already and was left as it is" in row.notes for row in again.rows
               if "story" in row.becomes or row.becomes == "draft")  # fmt: skip


@pytest.mark.django_db
def test_an_export_is_whole_by_its_own_sums_and_never_written_over(tmp_path: Path) -> None:
    write_one(tmp_path)
    folder = tmp_path / "out"

    found = write_out(folder)

    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, check=False)
    assert done.returncode == 0
    assert found["SHA256SUMS"].decode().count("\n") == len(found) - 1
    with pytest.raises(ConfigError, match="not empty"):
        write_out(folder)
    assert files(folder) == found


@pytest.mark.django_db
def test_addresses_of_readers_leave_only_where_asked_for(tmp_path: Path) -> None:
    now = timezone.now()
    for name, confirmed in (("ana", now), ("waits", None)):
        Subscriber.objects.create(
            email=f"{name}@a.example",
            language="en",
            asked_at=now,
            confirmed_at=confirmed,
            letter_at=now,
        )

    without = write_out(tmp_path / "without")
    export(config.load(), tmp_path / "with", lambda title: None, subscribers=True)

    assert not any(b"ana@a.example" in content for content in without.values())
    told = (tmp_path / "with/subscribers.csv").read_text()
    assert "ana@a.example,en," in told
    assert "waits" not in told


@pytest.mark.django_db
def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    write_one(tmp_path)

    def stop(title: str) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ConfigError, match="No space left"):
        export(config.load(), tmp_path / "out", stop)
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.django_db
def test_an_export_of_this_site_brings_nothing_twice(tmp_path: Path) -> None:
    write_one(tmp_path)
    write_out(tmp_path / "out")
    before = StoryPage.objects.count(), StoryImage.objects.count()

    bring_in(tmp_path / "out")

    assert (StoryPage.objects.count(), StoryImage.objects.count()) == before


@pytest.mark.django_db
def test_a_story_behind_a_password_does_not_come_back_for_everyone(tmp_path: Path) -> None:
    write_one(tmp_path)
    story = StoryPage.objects.live().get()
    PageViewRestriction.objects.create(page=story, restriction_type="password", password="quay")

    write_out(tmp_path / "out")
    empty()
    bring_in(tmp_path / "out")

    assert not StoryPage.objects.get(slug=story.slug).live
