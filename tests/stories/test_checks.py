"""The check before publishing: what stops a story, what is only said, and what is left in peace."""

import pytest
from django.contrib.auth import get_user_model

from almoner.stories.checks.links import own_path
from almoner.stories.checks.story import findings
from almoner.stories.checks.wording import read, sentences_of
from almoner.stories.models import StoryImage, StoryPage

SHORT = "The ferry waited. Nobody was left on the quay. "
OFFICIAL = (
    "Notwithstanding considerations regarding administrative responsibilities, representatives "
    "throughout participating organisations subsequently acknowledged fundamental disagreements "
    "concerning transportation infrastructure investments. "
)


def paragraph(html):
    return {"type": "paragraph", "value": f"<p>{html}</p>"}


@pytest.fixture
def draft(write, picture):
    StoryImage.objects.filter(pk=picture.pk).update(width=1600, credit="Ada Moreno")
    picture.refresh_from_db()

    def _draft(*body, **fields):
        story = write("the-ferry", body=list(body), **{"lead_image": picture, **fields})
        return StoryPage.objects.get(pk=story.pk)

    return _draft


def said(story, kind):
    return [found.what for found in findings(story) if found.kind == kind]


def test_a_plain_story_is_left_in_peace(draft):
    assert findings(draft(paragraph(SHORT * 30))) == []


@pytest.mark.parametrize(
    ("html", "part"),
    [
        ('<a linktype="page" id="987654">the timetable</a>', "has been deleted"),
        ('<a href="/stories/2020/no-such/">the timetable</a>', "does not have"),
        ('<a href="https://example/">the timetable</a>', "no browser can open"),
        ('<a href="htps://example.org/">the timetable</a>', "no browser can open"),
        ('<a href="http://[example.org/">the timetable</a>', "no browser can open"),
        ('<a href="/admin/">the timetable</a>', "does not have"),
        ('<a href="https://example.org/"></a>', "has no words"),
        ("See the note.[^tide]", "footnote [^tide]"),
    ],
)
def test_what_would_fail_a_reader_stops_the_story(draft, html, part):
    [what] = said(draft(paragraph(html)), "error")

    assert part in what


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://example.org/tide?a=1&amp;b=2">the tide</a>',
        '<a href="mailto:quay@example.org">write to the quay</a>',
        '<a href="#note">further down</a>',
        '<a href="/stories/">all stories</a>',
        '<a href="/causes/">what is given</a>',
        '<a href="/log/checkpoint">the checkpoint</a>',
    ],
)
def test_a_good_link_is_not_mentioned(draft, html):
    assert findings(draft(paragraph(html))) == []


def test_an_absolute_address_of_this_site_is_followed_as_well(draft, settings):
    settings.WAGTAILADMIN_BASE_URL = "https://good.example"

    assert own_path("https://good.example/stories/") == "/stories/"
    assert own_path("https://good.example.org/stories/") is None
    [what] = said(draft(paragraph('<a href="https://good.example/nowhere/">it</a>')), "error")
    assert "/nowhere/" in what


def test_a_link_to_a_draft_is_advice_because_it_may_be_scheduled(draft, write):
    other = write("not-yet")

    [what] = said(draft(paragraph(f'<a linktype="page" id="{other.pk}">soon</a>')), "advice")

    assert "not published" in what


def test_a_link_to_an_old_address_says_the_new_one(
    draft, write, django_capture_on_commit_callbacks
):
    other = write("the-bell")
    other.save_revision().publish()
    other = StoryPage.objects.get(pk=other.pk)
    old = other.url
    other.slug = "the-brass-bell"
    with django_capture_on_commit_callbacks(execute=True):
        other.save_revision().publish()

    [found] = findings(draft(paragraph(f'<a href="{old}">the bell</a>')))

    assert found.kind == "advice"
    assert "the-brass-bell" in found.mend


def test_links_and_marks_in_a_hard_passage_count_as_well(draft):
    body = {
        "type": "content_note",
        "value": {"note": "Hard.", "passage": [paragraph('<a href="/nowhere/">a place</a>[^x]')]},
    }

    errors = said(draft(body), "error")

    assert len(errors) == 2


EMPTY_LINE = {"type": "paragraph", "value": ""}
EMPTY_PRODUCT = {"name": "", "text": "", "image": None, "alt_text": "", "price": "", "url": ""}


@pytest.mark.parametrize(
    ("block", "label"),
    [
        (EMPTY_LINE, "Paragraph"),
        ({"type": "product", "value": EMPTY_PRODUCT}, "Product"),
        ({"type": "gallery", "value": {"title": "", "pictures": []}}, "Gallery"),
        ({"type": "counter", "value": {"cause": "no-longer-there"}}, "Counter"),
        (
            {"type": "content_note", "value": {"note": "Hard.", "passage": [EMPTY_LINE]}},
            "Content note",
        ),
    ],
)
def test_a_block_that_the_form_would_refuse_is_named_before(draft, block, label):
    [what] = said(draft(paragraph(SHORT), block), "error")

    assert what == f"A block is not finished: “{label}”, number 2 of the body."


def test_a_picture_without_its_description_is_named_once(draft, picture):
    body = {"type": "image", "value": {"image": picture.pk, "alt_text": ""}}

    assert said(draft(body), "error") == ["The picture “Grey” has no description."]


def test_a_sensitive_story_without_a_neutral_title_is_told_so(draft):
    assert said(draft(sensitive=True), "error") == ["There is no neutral title."]


def test_a_description_that_is_a_files_name_stops_the_story(draft, picture):
    body = {"type": "image", "value": {"image": picture.pk, "alt_text": "IMG_2231.jpg"}}

    assert said(draft(body), "error") == ["The description “IMG_2231.jpg” is a file’s name."]


def test_what_is_missing_but_can_be_done_without_is_advice(draft):
    story = draft(paragraph('Click <a href="/stories/">here</a>.'), lead_image=None)
    story.standfirst = "Long. " * 60

    assert said(story, "error") == []
    assert len(said(story, "advice")) == 3


def test_a_footnote_nobody_refers_to_is_advice(draft):
    story = draft(
        paragraph(SHORT),
        footnotes=[{"type": "note", "value": {"mark": "tide", "text": "<p>High at six.</p>"}}],
    )

    assert said(story, "advice") == ["The text never refers to the footnote “tide”."]


def test_the_reading_level_is_björnssons():
    # Two sentences of five words, two of the ten with more than six letters: 5 + 20.
    assert read("The captain came on board. The lantern was not lit.").lix == 25


def test_official_prose_is_told_so_in_plain_words(draft):
    [level] = said(draft(paragraph(OFFICIAL * 8)), "advice")

    assert "hard to read" in level


def test_a_script_the_measure_was_not_made_for_is_not_measured(draft):
    hebrew = "אחריותיהם המשמעותיות להתפתחויות המתמשכות " * 5 + ". "

    assert said(draft(paragraph(hebrew * 10)), "advice") == []


def test_an_abbreviation_or_figure_alone_is_no_sentence():
    assert sentences_of("It cost 3.50 in all. … “Did it?” Yes!") == [
        "It cost 3.50 in all",
        "“Did it",
        "Yes!",
    ]


def test_the_points_of_a_list_are_sentences_of_their_own(draft):
    points = "".join(f"<li>{SHORT.replace('.', '')} {at}</li>" for at in range(10))

    assert said(draft({"type": "paragraph", "value": f"<ul>{points}</ul>"}), "advice") == []


def test_a_long_text_without_a_heading_is_told_so(draft):
    long_text = [paragraph(SHORT * 20) for _ in range(5)]
    heading = {"type": "heading", "value": "On the water"}

    assert len(said(draft(*long_text), "advice")) == 1
    story = StoryPage.objects.get()
    story.body = [*long_text[:3], heading, *long_text[3:]]
    assert said(story, "advice") == []


def test_the_side_panel_tells_errors_from_advice(draft, client):
    client.force_login(get_user_model().objects.create_superuser("demo"))
    story = draft(paragraph('<a href="/nowhere/">the timetable</a>'), lead_image=None)

    html = client.get(f"/admin/stories/check/{story.pk}/").content.decode()

    assert "Mend before publishing (1)" in html
    assert "Advice (1)" in html


def test_only_who_may_edit_a_story_sees_its_check(draft, client):
    story = draft(paragraph(SHORT))
    client.force_login(get_user_model().objects.create_user("stranger"))

    assert client.get(f"/admin/stories/check/{story.pk}/").status_code == 302


def test_many_are_published_at_once_unless_one_of_them_has_an_error(write, client):
    client.force_login(get_user_model().objects.create_superuser("demo"))
    good = write("good", body=[paragraph(SHORT)])
    bad = write("bad", body=[paragraph("A mark.[^lost]")])
    unfinished = write("unfinished", body=[EMPTY_LINE])
    for story in (good, bad, unfinished):
        story.save_revision()

    def publish(*stories):
        address = "/admin/bulk/stories/basepage/publish/"
        chosen = "&".join(f"id={story.pk}" for story in stories)
        client.post(f"{address}?{chosen}&next=/admin/stories/", {"include_descendants": ""})
        return set(StoryPage.objects.filter(live=True).values_list("slug", flat=True))

    assert publish(good, bad) == set()
    assert publish(good, unfinished) == set()
    assert publish(good) == {"good"}
