"""Looking for stories, on both databases through a real server, and in detail on one."""

import html
import re
import subprocess
import sys
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from django.utils.html import escape

from almoner.stories.finding.index import vocabulary
from almoner.stories.models import AuthorIndexPage, AuthorPage, StoryAuthor, StoryPage
from tests.stories.some_stories import SPRING, TEXT, put

# What breaks a search that passes on what was typed: operators, quotes, bytes, lengths.
ODD = (
    '"',
    "'",
    "''; DROP TABLE stories_storypage; --",
    "dog AND",
    "NOT dog",
    "NEAR(dog ferry)",
    "title:dog",
    "dog*",
    "^dog",
    "{dog}:",
    "dog & ferry | !",
    "dog\\",
    "100%",
    "%s %d",
    "\0",
    "dog\0ferry",
    "a" * 10_000,
    "dog " * 2_000,
    "_",
    "½ ② ﬁ",
    "🐕",
    "\u0301",
    "كلب",
    "\ud7ff\ufffe",
)


def ask(url, **query):
    with urlopen(f"{url}/search/?{urlencode(query)}", timeout=60) as answer:
        return answer.read().decode(), answer.headers


def found(page):
    return re.findall(r'<h3 class="result-title"><a href="[^"]*/([^/"]+)/">', page)


def test_both_databases_find_the_same_stories(serve, database_url):
    server = serve(database_url if "://" in database_url else "sqlite")
    subprocess.run(
        [sys.executable, "-m", "tests.stories.some_stories"], env=server.environment, check=True
    )

    def slugs(**query):
        return found(ask(server.url, **query)[0])

    assert slugs(q="dog") == ["title", "shown"], "a word in the headline counts for more"
    assert slugs(q="DOGS") == ["title", "shown"]
    assert slugs(q="cafe") == slugs(q="Café") == ["shown"]
    assert slugs(q="dog cafe") == ["shown"]
    assert slugs(q="blanket") == ["shown"]
    assert slugs(q="xylophone") == [], "drafts, private and expired stories are not found"
    assert slugs(q="blnaket") == ["shown"], "a slip of the finger"
    assert slugs(q="dog", topic="on-the-water") == ["shown"]
    assert slugs(q="dog", topic="nothing", year="abc") == ["title", "shown"]
    page, headers = ask(server.url, q="rain")
    assert "It was <mark>raining</mark> on the ferry" in page
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["Cache-Control"] == "no-store"
    for odd in ODD:
        odder, _ = ask(server.url, q=odd, topic=odd, author=odd, series=odd, year=odd, page=odd)
        assert "privately" not in odder, odd


@pytest.fixture
def stories(index):
    """The stories that a search must tell apart."""
    put()
    return {story.slug: story for story in StoryPage.objects.all()}


def search(client, **query):
    return client.get("/search/", query)


def test_what_was_typed_stands_in_the_field_and_does_nothing_else(stories, client):
    typed = '"><script>alert(1)</script>'

    page = search(client, q=typed).content.decode()

    assert f'value="{escape(typed)}"' in page
    assert "<script>alert" not in page


def test_a_misspelt_word_is_named_with_the_one_it_was_taken_for(stories, client):
    page = html.unescape(search(client, q="blankts ferry").content.decode())

    assert "No story has “blankts”. Did you mean <b>blankets</b>?" in " ".join(page.split())
    assert found(page) == ["shown"]


def test_no_word_of_a_hidden_story_is_ever_offered(stories, client):
    page = html.unescape(search(client, q="xylofone").content.decode())

    assert "xylophone" not in page
    assert found(page) == []


def test_a_story_is_found_as_soon_as_it_is_out_and_no_longer_than_that(stories, client):
    assert found(search(client, q="xylophones").content.decode()) == []

    stories["draft"].get_latest_revision().publish()
    assert found(search(client, q="xylophones").content.decode()) == ["draft"]

    StoryPage.objects.get(slug="draft").unpublish()
    assert found(search(client, q="xylophones").content.decode()) == []


def test_nothing_is_listed_until_something_is_asked(stories, client):
    answer = client.get("/search/")

    assert answer.context["answer"] is None
    assert "no-store" not in answer.headers.get("Cache-Control", "")
    assert answer["X-Robots-Tag"] == "noindex"


def test_choices_alone_list_the_newest_and_keep_the_form_open(stories, client):
    page = search(client, year="2026").content.decode()

    assert set(found(page)) == {"shown", "title", "other"}
    assert re.search(r'<details class="search-choices" open>', page)
    assert '<option value="2026" selected>' in page


def test_where_the_choices_leave_nothing_the_same_words_are_offered_without_them(stories, client):
    page = search(client, q="dog", year="2026", topic="").content.decode()
    assert "Look for it in all stories" not in page
    author = AuthorIndexPage.objects.get().add_child(instance=AuthorPage(title="Ida", slug="ida"))

    page = search(client, q="dog & cat", author=author.slug).content.decode()

    assert '<a href="?q=dog%20%26%20cat">Look for it in all stories</a>' in page
    assert "Try fewer words" not in page


def test_an_author_is_found_by_name_and_narrows_the_stories(stories, client):
    author = AuthorIndexPage.objects.get().add_child(
        instance=AuthorPage(title="Mara Lindqvist", slug="mara")
    )
    story = stories["shown"]
    story.story_authors.set([StoryAuthor(author=author)])
    story.save_revision().publish()

    assert [page.pk for page in search(client, q="lindqvist").context["answer"].names] == [
        author.pk
    ]
    assert found(search(client, q="dog", author="mara").content.decode()) == ["shown"]


def test_the_pages_of_an_answer_go_on_with_the_same_question(write, client):
    for number in range(12):
        story = write(f"ferry-{number}", SPRING, body=[{"type": "paragraph", "value": TEXT}])
        story.save_revision().publish()

    first = search(client, q="ferry & dog", year="2026")
    second = search(client, q="ferry & dog", year="2026", page="2")

    assert "?q=ferry+%26+dog&amp;year=2026&amp;page=2" in first.content.decode()
    assert len(found(first.content.decode())) == 10
    assert len(found(second.content.decode())) == 2
    assert not set(found(first.content.decode())) & set(found(second.content.decode()))


def test_a_search_takes_as_many_queries_for_six_stories_as_for_two(
    write, picture, client, django_assert_max_num_queries
):
    def publish(*slugs):
        for slug in slugs:
            write(slug, SPRING, lead_image=picture).save_revision().publish()

    publish("ferry-one", "ferry-two")
    with django_assert_max_num_queries(100) as few:
        search(client, q="ferry")
    publish("ferry-three", "ferry-four", "ferry-five", "ferry-six")

    with django_assert_max_num_queries(len(few)):
        answer = search(client, q="ferry")
    assert len(answer.context["answer"].stories) == 6


def test_the_words_are_those_of_stories_that_everyone_may_see(stories, index):
    known = vocabulary(index.locale)

    assert "ferry" in known.often
    assert "xylophones" not in known.often
