"""A WordPress site is here after its import, once, however often that runs."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from wagtail.contrib.redirects.models import Redirect

from almoner.stories.importers.moving.pictures import PictureError, uploads
from almoner.stories.importers.wordpress.moving import move_wordpress
from almoner.stories.importers.wordpress.survey import survey
from almoner.stories.models import (
    AuthorPage,
    BasePage,
    SeriesPage,
    StoryImage,
    StoryPage,
    TopicPage,
)

FOLDER = Path(__file__).parents[2] / "docs/examples/wordpress"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def move(find: Any = None) -> Any:
    found = survey(FOLDER / "export.xml", NOW, tags=False)
    move_wordpress(found, find or uploads(FOLDER / "uploads"), apply=True)
    return found.report


def everything() -> dict[str, Any]:
    """What the site has, in a form that two runs can be compared by."""
    return {
        "pages": list(
            BasePage.objects.order_by("pk").values_list("pk", "path", "url_path", "live")
        ),
        "bodies": [story.body.raw_data[:] for story in StoryPage.objects.order_by("pk")],
        "pictures": list(StoryImage.objects.order_by("pk").values_list("pk", "file_hash")),
        "redirects": list(Redirect.objects.order_by("pk").values_list("old_path", "redirect_page")),
        "revisions": sum(page.revisions.count() for page in StoryPage.objects.all()),
    }


def story(slug: str) -> StoryPage:
    return StoryPage.objects.get(slug=slug)


@pytest.mark.django_db
def test_a_site_moves_in_whole_and_once(client: Any) -> None:
    report = move()

    # Who and what about.
    basket = story("basket-library")
    assert [author.title for author in basket.authors] == ["Ines Aguilar"]
    assert {topic.title for topic in basket.topics.all()} == {"Neighbours", "On wheels"}
    assert (basket.series.title, basket.series_place) == ("Small transport", 1)
    assert AuthorPage.objects.count() == 2
    assert TopicPage.objects.count() == 2
    assert SeriesPage.objects.count() == 1
    # When, in the time that WordPress calls GMT.
    assert basket.first_published_at == datetime(2024, 5, 2, 9, tzinfo=UTC)
    assert basket.url.endswith("/stories/2024/basket-library/")
    assert basket.standfirst == "Eleven kilos of books come to Quince Street every Thursday."
    assert basket.lead_image.description == "Books in a basket"
    # The text, block by block.
    assert [block.block_type for block in basket.body] == [
        "paragraph", "image", "heading", "paragraph", "pull_quote", "gallery", "paragraph", "video",
    ]  # fmt: skip
    assert basket.body[1].value["alt_text"] == "A bicycle basket full of books"
    assert basket.body[1].value["caption"] == "Thursday’s selection."
    assert "<li>" in basket.body[3].value.source
    # What only some could see, nobody can.
    assert {page.slug for page in StoryPage.objects.live()} == {"basket-library", "goat-ticket"}
    assert not StoryPage.objects.filter(title="A joke about geese").exists()
    lamp = story("lamp")
    assert not lamp.live
    assert lamp.approved_schedule
    # Two stories, one link to the other.
    goat = story("goat-ticket")
    words = " ".join(block.value.source for block in goat.body if block.block_type == "paragraph")
    assert f'<a linktype="page" id="{basket.pk}">' in words
    assert "javascript" not in words
    assert "contact-form" not in words
    assert "[sic]" in words
    # The old addresses.
    for old in ("/2024/05/goat-ticket/", "/?p=11", "/author/tomas/", "/category/on-wheels/"):
        answer = client.get(old)
        assert answer.status_code == 301, old
    assert client.get("/?p=11").headers["Location"] == goat.url
    assert not Redirect.objects.filter(old_path__contains="names").exists()
    assert any("lost.jpg" in note for row in report.rows for note in row.notes)

    before = everything()
    again = move()

    assert everything() == before
    assert all(
        "it is here already and was left as it is" in row.notes
        for row in again.rows
        if row.becomes in ("story", "draft", "scheduled story")
    )


@pytest.mark.django_db
def test_an_import_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    find = uploads(FOLDER / "uploads")

    def killing(address: str) -> Any:
        if "street" in address:
            raise Killed
        return find(address)

    with pytest.raises(Killed):
        move(killing)
    assert StoryPage.objects.exists()
    assert not StoryPage.objects.live().exists()

    move()
    resumed = everything()

    assert {page.slug for page in StoryPage.objects.live()} == {"basket-library", "goat-ticket"}
    assert StoryImage.objects.count() == 2
    move()
    assert everything() == resumed


@pytest.mark.django_db
def test_what_an_editor_changed_since_stays(tmp_path: Path) -> None:
    move()
    goat = story("goat-ticket")
    goat.title = "The goat retires"
    goat.save_revision().publish()

    move()

    assert story("goat-ticket").title == "The goat retires"


def test_a_copy_of_the_uploads_gives_nothing_from_outside(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    shutil.copy(FOLDER / "uploads/2024/05/street.png", secret)
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads/link.png").symlink_to(secret)
    (tmp_path / "uploads/words.png").write_text("not a picture")
    find = uploads(tmp_path / "uploads")

    for address in ("/wp-content/uploads/../secret.png", "/wp-content/uploads/link.png",
                    "/wp-content/uploads/%2e%2e/secret.png", str(secret)):  # fmt: skip
        with pytest.raises(PictureError, match="is not in"):
            find(address)
    with pytest.raises(PictureError, match="no picture"):
        find("/wp-content/uploads/words.png")
