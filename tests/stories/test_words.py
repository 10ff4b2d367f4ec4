"""Which words are taken for the same, which for a slip of the finger, and what is marked."""

import pytest

from almoner.stories.finding.words import Vocabulary, distances, excerpt, fold, mark, words


@pytest.fixture
def known():
    vocabulary = Vocabulary()
    vocabulary.learn("A dog, two dogs and a doghouse. The blankets of Café Ångström; one blanket.")
    return vocabulary


def test_words_are_letters_and_digits_and_nothing_that_a_database_would_obey():
    assert words("“Don't” AND title:(x* OR -y) NEAR/3 it’s_ 14% \\ '") == [
        "don",
        "t",
        "and",
        "title",
        "x",
        "or",
        "y",
        "near",
        "3",
        "it",
        "s",
        "14",
    ]


@pytest.mark.parametrize(
    ("written", "folded"),
    [("Café", "cafe"), ("CAFE\u0301", "cafe"), ("Straße", "strasse"), ("كَتَبَ", "كتب")],
)
def test_case_and_accents_do_not_matter(written, folded):
    assert [fold(word) for word in words(written)] == [folded]


@pytest.mark.parametrize(
    ("asked", "forms"),
    [
        ("dog", ["dog", "dogs"]),
        ("dogs", ["dogs", "dog"]),
        ("blanket", ["blanket", "blankets"]),
        ("blank", ["blanket", "blankets"]),
        ("cafe", ["cafe"]),
        ("horse", []),
    ],
)
def test_a_word_finds_its_forms(known, asked, forms):
    assert sorted(known.forms(asked)) == sorted(forms)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("blankt", ["blanket"]),
        ("balnket", ["blanket"]),
        ("dgohouse", ["doghouse"]),
        ("dgo", []),  # three letters are too few to guess from
        ("dgohous", ["doghouse"]),  # and a letter short
        ("aardvark", []),
    ],
)
def test_a_slip_of_the_finger_finds_the_word_that_was_meant(known, typed, meant):
    assert known.nearest(typed) == meant


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [("", "", 0), ("bowl", "bowl", 0), ("bowl", "bwol", 1), ("bowl", "owls", 2), ("", "bowl", 4)],
)
def test_distance_counts_letters_put_in_left_out_changed_and_swapped(one, other, far):
    assert distances(one, other)[-1] == distances(other, one)[-1] == far


def test_marks_never_let_markup_through():
    assert mark("<b>Café</b> & cafe", frozenset({"cafe"})) == (
        "&lt;b&gt;<mark>Café</mark>&lt;/b&gt; &amp; <mark>cafe</mark>"
    )


def test_an_excerpt_shows_the_place_and_ends_at_words():
    text = "word " * 100 + "the blanket itself " + "after " * 100

    found = excerpt(text, frozenset({"blanket"}))

    assert "<mark>blanket</mark>" in found
    assert found.startswith("…\u00a0word")
    assert found.endswith("after\u00a0…")
    assert len(found) < 300


@pytest.mark.parametrize("text", ["", "short", "x" * 5000, "x" * 5000 + " y"])
def test_an_excerpt_can_be_made_of_any_text(text):
    assert len(excerpt(text, frozenset({"y"}))) < 300
