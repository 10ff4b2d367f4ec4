"""The demonstration loads whole, and once."""

import json

import msgspec
import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.exceptions import ImproperlyConfigured

from almoner.stories import demo
from almoner.stories.models import HomePage, StoryImage, StoryIndexPage, StoryPage, StoryYearPage
from almoner.stories.site import lay_out


@pytest.fixture
def folder(tmp_path, draw):
    art = tmp_path / "art"
    art.mkdir()
    for name, shade in (("lead.png", 10), ("bowl.png", 200)):
        (art / name).write_bytes(draw(shade).getvalue())
    for slug, day in (("the-ferry", "2025-11-02"), ("a-warm-coat", "2026-01-20")):
        story = {
            "slug": slug,
            "title": slug.replace("-", " ").capitalize(),
            "standfirst": "What it is about.",
            "byline": "Mara Lindqvist",
            "published": day,
            "lead": {"file": "lead.png", "alt": "A ferry", "caption": ""},
            "body": [
                {"type": "paragraph", "value": "<p>She had the last ticket.</p>"},
                {"type": "dialogue", "value": [{"speaker": "", "line": "Room for a dog?"}]},
                {
                    "type": "image",
                    "value": {"file": "bowl.png", "alt_text": "A bowl", "caption": "Supper"},
                },
            ],
        }
        (tmp_path / f"{slug}.json").write_text(json.dumps(story))
    return tmp_path


def load(folder):
    said = []
    return demo.load_sample_stories(said.append, folder), said


def test_stories_are_published_on_their_days_and_shelves(db, folder):
    new, said = load(folder)

    assert new == 2
    assert said == ["Story published: A warm coat", "Story published: The ferry"]
    ferry = StoryPage.objects.get(slug="the-ferry")
    assert ferry.live
    assert ferry.url == "/stories/2025/the-ferry/"
    assert ferry.first_published_at.date().isoformat() == "2025-11-02"
    assert ferry.last_published_at == ferry.first_published_at
    assert not ferry.has_unpublished_changes
    assert ferry.lead_image.description == "A ferry"
    image = ferry.body[2].value
    assert (image["alt_text"], image["caption"]) == ("A bowl", "Supper")
    assert ferry.body[1].value[0]["line"] == "Room for a dog?"


def test_loading_again_adds_nothing(db, folder):
    load(folder)
    before = census()

    new, said = load(folder)

    assert new == 0
    assert said == ["Story already there: A warm coat", "Story already there: The ferry"]
    assert census() == before
    assert StoryImage.objects.count() == 2
    assert StoryYearPage.objects.count() == 2


def test_a_story_is_loaded_whole_or_not_at_all(db, folder):
    (folder / "art" / "bowl.png").rename(folder / "art" / "moved.png")
    with pytest.raises(FileNotFoundError):
        load(folder)
    assert not StoryPage.objects.exists()

    (folder / "art" / "moved.png").rename(folder / "art" / "bowl.png")
    assert load(folder)[0] == 2
    assert StoryImage.objects.count() == 2


def test_what_an_editor_changed_is_left_alone(db, folder):
    load(folder)
    story = StoryPage.objects.get(slug="the-ferry")
    story.title = "The last ferry"
    story.save_revision().publish()

    load(folder)

    assert StoryPage.objects.get(slug="the-ferry").title == "The last ferry"


def test_every_sample_story_that_is_shipped_can_be_loaded(db):
    new, _ = load(demo.SAMPLE)

    files = {path.stem: json.loads(path.read_text()) for path in demo.SAMPLE.glob("*.json")}
    assert new == len(files)
    for story in StoryPage.objects.all():
        told = files[story.slug]
        assert story.body, story.slug
        assert (story.lead_image is None) is ("lead" not in told), story.slug
        assert [author.slug for author in story.authors] == told["authors"]
        assert {topic.slug for topic in story.topics.all()} == set(told["topics"])
        assert (story.series.slug if story.series else None) == told.get("series")


def test_the_site_is_laid_out_once(db):
    lay_out()
    lay_out()

    assert HomePage.objects.count() == StoryIndexPage.objects.count() == 1


def test_each_log_in_works_and_is_made_once(db, settings):
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, demo=True)

    names = demo.create_log_ins()
    demo.create_log_ins()

    assert names == ["demo", "editor", "writer", "manager", "finance", "auditor"]
    assert get_user_model().objects.count() == len(names)
    for name in names:
        assert authenticate(username=name, password=demo.PASSWORD).has_perm(
            "wagtailadmin.access_admin"
        )


def test_known_passwords_are_refused_outside_a_demonstration(db, settings):
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, demo=False)

    with pytest.raises(ImproperlyConfigured, match="demo = true"):
        demo.create_log_ins()
    assert not get_user_model().objects.exists()


def census():
    """How many rows there are of everything the loader makes."""
    return [
        model.objects.count()
        for model in (HomePage, StoryIndexPage, StoryYearPage, StoryPage, StoryImage)
    ]
