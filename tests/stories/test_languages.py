"""Stories in several languages: addresses, translations by an editor, and the demonstration's."""

import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from wagtail.models import Locale
from wagtail_localize.models import StringTranslation, Translation, TranslationSource

from almoner.people.roles import EDITORS
from almoner.stories.demo import SAMPLE, load_sample_stories
from almoner.stories.demo_arabic import STORIES, translate_samples
from almoner.stories.models import HomePage, StoryIndexPage, StoryPage, StoryYearPage

TRANSLATIONS = Path(__file__).parents[2] / "scripts" / "translations"


@pytest.fixture
def arabic(index):
    return Locale.objects.create(language_code="ar")


@pytest.fixture
def translate(arabic, django_capture_on_commit_callbacks):
    """Translates a page as wagtail-localize does, by a dictionary of strings."""

    def _translate(page, words):
        source, _ = TranslationSource.update_or_create_from_instance(page)
        translation, _ = Translation.objects.get_or_create(source=source, target_locale=arabic)
        for segment in source.stringsegment_set.select_related("string"):
            if segment.string.data in words:
                StringTranslation.objects.update_or_create(
                    translation_of=segment.string,
                    locale=arabic,
                    context=segment.context,
                    defaults={"data": words[segment.string.data]},
                )
        with django_capture_on_commit_callbacks(execute=True):
            translation.save_target(publish=True)
        return page.get_translation(arabic)

    return _translate


@pytest.fixture
def ferry(write, translate, index):
    """The English story and its Arabic translation, on their shelves."""
    english = write("the-ferry")
    english.save_revision().publish()
    translate(HomePage.objects.get(), {})
    translate(index, {"Stories": "القصص"})
    arabic = translate(english, {"The ferry": "العبّارة"})
    # Read anew: both were moved to their year when they were published.
    return StoryPage.objects.get(pk=english.pk), StoryPage.objects.get(pk=arabic.pk)


def test_every_word_that_readers_see_is_gathered_translated_and_compiled():
    done = subprocess.run(
        [sys.executable, TRANSLATIONS, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_translation_stands_below_its_languages_code_and_is_written_from_right_to_left(ferry):
    english, arabic = ferry

    page = Client().get(arabic.get_url())

    assert arabic.get_url() == "/ar" + english.get_url()
    text = page.content.decode()
    assert '<html lang="ar" dir="rtl"' in text
    assert "العبّارة" in text
    assert "انتقل إلى المحتوى" in text


def test_the_address_alone_decides_the_language(ferry):
    english, _ = ferry
    client = Client(headers={"accept-language": "ar"})
    client.cookies["django_language"] = "ar"

    page = client.get(english.get_url())

    assert '<html lang="en" dir="ltr"' in page.content.decode()


@pytest.mark.parametrize("code", ["ar", "de"])
def test_a_page_that_is_not_in_a_language_has_no_address_in_it(write, ferry, code):
    lonely = write("only-english")
    lonely.save_revision().publish()

    assert Client().get(f"/{code}{lonely.get_url()}").status_code == 404


def test_a_story_and_its_translation_link_to_each_other(ferry):
    english, arabic = ferry

    there = Client().get(english.get_url()).content.decode()
    back = Client().get(arabic.get_url()).content.decode()

    assert f'href="{arabic.get_url()}" lang="ar"' in there
    assert f'href="{english.get_url()}" lang="en"' in back


def test_a_site_of_one_language_shows_no_choice_of_languages(write):
    story = write("the-ferry")
    story.save_revision().publish()

    assert 'class="languages"' not in Client().get(story.get_url()).content.decode()


def test_lists_show_the_stories_of_their_own_language(ferry):
    english, arabic = ferry

    front = Client().get("/ar/").content.decode()

    assert "العبّارة" in front
    assert english.title not in front
    assert arabic.title not in Client().get("/").content.decode()


def test_an_address_may_be_used_once_in_each_language(ferry):
    english, arabic = ferry

    english.full_clean()
    arabic.full_clean()


def test_the_years_of_two_languages_are_one_page_in_two_translations(ferry):
    first, second = StoryYearPage.objects.all()

    assert first.translation_key == second.translation_key
    assert {first.locale.language_code, second.locale.language_code} == {"en", "ar"}


def test_an_editor_translates_a_story_in_the_admin(
    write, translate, index, arabic, django_capture_on_commit_callbacks
):
    story = write("the-ferry")
    story.save_revision().publish()
    translate(HomePage.objects.get(), {})
    translate(index, {})
    editor = get_user_model().objects.create_user("mara", password="a-long-password")
    editor.groups.add(Group.objects.get(name=EDITORS))
    client = Client()
    client.force_login(editor)

    shelf = StoryYearPage.objects.get(locale=story.locale)
    listing = client.get(f"/admin/pages/{shelf.pk}/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post(f"/admin/localize/submit/page/{story.pk}/", {"locales": [arabic.pk]})
    made = story.get_translation(arabic)
    screen = client.get(f"/admin/pages/{made.pk}/edit/")

    assert f"/admin/localize/submit/page/{story.pk}/" in listing
    assert asked.status_code == 302
    assert screen.status_code == 200
    assert "The ferry" in screen.content.decode()
    assert not made.live, "readers would see it in the original's words"

    with django_capture_on_commit_callbacks(execute=True):
        Translation.objects.get(source__object_id=made.translation_key).save_target(user=editor)
    made = StoryPage.objects.get(pk=made.pk)
    assert Client().get(made.url).status_code == 200


def test_the_demonstration_is_whole_in_arabic(index, tmp_path, django_capture_on_commit_callbacks):
    for name in ("art", "found_by"):
        (tmp_path / name).symlink_to(SAMPLE / name)
    for slug in STORIES:
        (tmp_path / f"{slug}.json").symlink_to(SAMPLE / f"{slug}.json")
    load_sample_stories(lambda _: None, tmp_path)
    said = []
    with django_capture_on_commit_callbacks(execute=True):
        translate_samples(said.append)
    again = []
    translate_samples(again.append)

    assert len(said) == 2 + len(STORIES)
    assert again == []
    known = {entry.msgid for entry in polib.pofile(str(SAMPLE / "ar.po"))}
    arabic = Locale.objects.get(language_code="ar")
    wanted = {
        segment.string.data
        for source in TranslationSource.objects.all()
        for segment in source.stringsegment_set.select_related("string", "context")
        if segment.context.path != "slug"
    }
    assert wanted <= known, wanted - known
    for slug in STORIES:
        story = StoryPage.objects.get(slug=slug, locale=arabic)
        twin = StoryPage.objects.get(slug=slug, locale=Locale.get_default())
        assert story.live
        assert story.first_published_at == twin.first_published_at
        spoken = [turn for part in story.body.blocks_by_name("dialogue") for turn in part.value]
        assert spoken
        assert not any(re.search("[A-Za-z]", each["speaker"] + each["line"]) for each in spoken)
    assert StoryIndexPage.objects.filter(locale=arabic, live=True).count() == 1
