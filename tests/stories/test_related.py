"""Which stories stand under a story: the editor's choice, then the likest, then the newest."""

import pytest

from almoner.stories.models import StoryPage, StoryWords
from almoner.stories.related import compare

FERRY = "The ferry crossed the harbour in fog while the ferryman rang his brass bell."
HARBOUR = "A brass bell hangs in the harbour where the ferry and the ferryman rest."
BREAD = "Sourdough rises overnight in a warm kitchen beside flour, salt and patience."
WOOL = "She knitted mittens from plum coloured wool and counted every stitch aloud."


@pytest.fixture
def publish(write):
    def _publish(slug, text, **fields):
        body = [{"type": "paragraph", "value": f"<p>{text}</p>"}]
        story = write(slug, body=body, **fields)
        story.save_revision().publish()
        return StoryPage.objects.get(pk=story.pk)

    return _publish


def slugs(story):
    return [each.slug for each in StoryPage.objects.get(pk=story.pk).read_next()]


def test_the_likest_story_comes_before_newer_ones(publish):
    ferry = publish("ferry", FERRY)
    publish("harbour", HARBOUR)
    publish("bread", BREAD)
    publish("wool", WOOL)

    assert slugs(ferry) == ["harbour", "wool", "bread"]


def test_what_the_editor_chose_comes_first(publish):
    bread, _harbour = publish("bread", BREAD), publish("harbour", HARBOUR)
    ferry = publish("ferry", FERRY, related=[{"type": "story", "value": bread.pk}])

    assert slugs(ferry) == ["bread", "harbour"]


def test_a_story_that_was_taken_down_is_not_shown_even_if_chosen(publish):
    bread, harbour = publish("bread", BREAD), publish("harbour", HARBOUR)
    ferry = publish("ferry", FERRY, related=[{"type": "story", "value": bread.pk}])

    bread.unpublish()
    harbour.unpublish()

    assert slugs(ferry) == []


def test_changed_words_count_from_the_moment_they_are_published(publish):
    ferry, bread, wool = publish("ferry", FERRY), publish("bread", BREAD), publish("wool", WOOL)
    assert slugs(ferry)[0] == "wool"

    bread.body = [{"type": "paragraph", "value": f"<p>{HARBOUR}</p>"}]
    draft = bread.save_revision()
    assert slugs(ferry)[0] == "wool"
    draft.publish()

    assert slugs(ferry) == ["bread", wool.slug]


def test_publishing_without_new_words_keeps_the_comparison(publish):
    ferry = publish("ferry", FERRY)
    before = StoryWords.objects.get(pk=ferry.pk).digest

    ferry.byline = "Somebody"
    ferry.save_revision().publish()

    assert StoryWords.objects.get(pk=ferry.pk).digest == before


def test_words_that_every_story_has_make_nothing_alike():
    likeness = compare({1: {"and": 90, "bell": 1}, 2: {"and": 80}, 3: {"and": 70, "bell": 1}})

    assert likeness.like(1) == [3]
    assert likeness.like(2) == []


def test_any_script_has_words():
    words = {1: {"מעבורת": 2, "נמל": 1}, 2: {"מעבורת": 1}, 3: {"לחם": 4}}

    assert compare(words).like(1) == [2]
