"""Footnotes: numbered as they are read, linked there and back."""

import re

from almoner.stories.footnotes import refer

TEXTS = {"ledger": "The pencil ledger.", "tins": "Four hundred."}


def test_notes_are_numbered_in_the_order_in_which_they_are_read():
    html, notes = refer("<p>Tins[^tins] in the ledger[^ledger].</p>", TEXTS)

    assert [(note.number, note.text) for note in notes] == [
        (1, "Four hundred."),
        (2, "The pencil ledger."),
    ]
    assert html.index('href="#note-1"') < html.index('href="#note-2"')


def test_a_note_that_is_referred_to_twice_leads_back_to_both_places():
    html, [note] = refer("<p>One[^tins] and two[^tins].</p>", TEXTS)

    assert note.places == ["ref-1", "ref-1-2"]
    for place in note.places:
        assert html.count(f'id="{place}"') == 1


def test_readers_never_see_a_mark_that_has_no_note():
    html, notes = refer("<p>Odd[^nothing].</p>", TEXTS)

    assert html == "<p>Odd.</p>"
    assert notes == []


def test_a_mark_in_a_pictures_description_makes_no_link_there():
    html, notes = refer('<img alt="Tins[^tins]">', TEXTS)

    assert html == '<img alt="Tins">'
    assert notes == []


def test_a_story_shows_its_notes_with_links_back(write, client):
    story = write(
        "the-ferry",
        body=[
            {"type": "paragraph", "value": "<p>It waited.[^log]</p>"},
            {"type": "letter", "value": {"text": "<p>It did.[^log]</p>"}},
        ],
        footnotes=[{"type": "note", "value": {"mark": "log", "text": "<p>The <b>log</b>.</p>"}}],
    )
    story.save_revision().publish()
    story.refresh_from_db()

    html = client.get(story.url).content.decode()

    assert "[^" not in html
    targets = set(re.findall(r'href="#((?:note|ref)-[\d-]+)"', html))
    assert targets == {"note-1", "ref-1", "ref-1-2"}
    for target in targets:
        assert html.count(f'id="{target}"') == 1
    assert "The <b>log</b>." in html
    assert 'role="doc-endnotes"' in html
