"""Tokens and share codes open as they were made, and in no other way."""

import secrets
from base64 import urlsafe_b64encode
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.reading import share_code, token
from almoner.reading.token import MAX_SERIAL, MAX_STORY, Token

KEY, OTHER = bytes(32), bytes([1]) * 32
TOKENS = st.builds(
    Token,
    st.integers(0, MAX_STORY),
    st.integers(0, MAX_SERIAL),
    st.integers(0, 2**48 - 1),
    st.integers(-(2**63), 2**63 - 1),
)


@given(TOKENS)
def test_a_token_says_what_it_was_given(made: Token) -> None:
    text = token.seal(KEY, made)
    assert len(text) == token.LENGTH
    assert token.unseal(KEY, text) == made
    assert token.unseal(OTHER, text) is None


@given(TOKENS, st.integers(0, token.LENGTH - 1), st.sampled_from("AbZ0-_"))
def test_no_letter_of_a_token_can_be_changed(made: Token, at: int, letter: str) -> None:
    text = token.seal(KEY, made)
    altered = text[:at] + letter + text[at + 1 :]
    assert token.unseal(KEY, altered) in ({made} if altered == text else {None})


@given(TOKENS)
def test_a_token_has_one_spelling(made: Token) -> None:
    text = token.seal(KEY, made)
    for letter in ascii_letters + digits + "-_":  # four bits of the last one say nothing
        assert token.unseal(KEY, text[:-1] + letter) == (made if letter == text[-1] else None)


@given(st.text(max_size=80))
def test_what_is_no_token_opens_nothing(text: str) -> None:
    assert token.unseal(KEY, text) is None
    assert share_code.read(KEY, text) is None


@given(
    st.integers(1, share_code.MAX_STORY),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=2, max_size=2),
)
def test_a_share_code_is_short_and_names_its_story(story: int, number: int, mark: bytes) -> None:
    made = share_code.mint(KEY, story, number, mark)
    assert len(made.text) == share_code.LENGTH == 16
    assert share_code.read(KEY, made.text) == made
    assert (made.story, made.mark) == (story, mark)


def test_a_share_code_altered_or_of_another_site_is_none() -> None:
    made = [share_code.mint(KEY, 41, number, b"ab") for number in range(200)]
    for code in made:
        assert share_code.read(OTHER, code.text) is None
        moved = ("B" if code.text[3] != "B" else "C").join((code.text[:3], code.text[4:]))
        assert share_code.read(KEY, moved) is None


def test_a_token_is_no_share_code_and_a_share_code_no_token() -> None:
    loose = urlsafe_b64encode(secrets.token_bytes(12)).decode()
    assert share_code.read(KEY, token.seal(KEY, Token(1, 2, 3, 4))[:16]) is None
    assert share_code.read(KEY, loose) is None


def test_a_mark_tells_the_same_visitor_of_the_same_day_and_nobody_else() -> None:
    salt, tomorrow = secrets.token_bytes(32), secrets.token_bytes(32)
    marks = {share_code.mark_of(salt, tag) for tag in range(100)}
    assert len(marks) > 95
    assert share_code.mark_of(salt, 7) == share_code.mark_of(salt, 7)
    assert share_code.mark_of(tomorrow, 7) != share_code.mark_of(salt, 7)


@pytest.mark.parametrize("story", [0, share_code.MAX_STORY + 1])
def test_a_story_that_has_no_room_in_a_code_gets_none(story: int) -> None:
    with pytest.raises(AssertionError):
        share_code.mint(KEY, story, 1, b"ab")
