"""Sharing: plain links that arrive as they were written, and Mastodon without script."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from almoner.stories.networks import BLUESKY_LIMIT
from almoner.stories.share import host_name
from almoner.stories.templatetags.share import share_links

AWKWARD = "“Bread & salt”, 100 % + #1?"
ADDRESS = "https://stories.example/stories/2026/bread-salt/?a=1&b=2"


def query(name: str, title: str = AWKWARD) -> dict[str, list[str]]:
    (link,) = (link for link in share_links(title, ADDRESS, "") if link.name == name)
    return parse_qs(urlsplit(link.href).query, strict_parsing=True)


def test_every_link_carries_the_headline_and_the_address_unharmed():
    assert query("Facebook") == {"u": [ADDRESS]}
    assert query("X") == {"text": [AWKWARD], "url": [ADDRESS]}
    assert query("Threads") == {"text": [AWKWARD], "url": [ADDRESS]}
    assert query("WhatsApp") == {"text": [f"{AWKWARD} {ADDRESS}"]}
    assert query("Bluesky") == {"text": [f"{AWKWARD} {ADDRESS}"]}
    assert query("Pinterest") == {"url": [ADDRESS], "description": [AWKWARD]}
    assert query("E-mail")["subject"] == [AWKWARD]
    assert ADDRESS in query("E-mail")["body"][0]


def test_an_e_mail_shows_spaces_and_not_plus_signs():
    (mail,) = (link for link in share_links("Two words", ADDRESS) if link.name == "E-mail")

    assert "subject=Two%20words" in mail.href


def test_e_mail_is_called_by_its_name_in_the_readers_language():
    with translation.override("ar"):
        names = [link.name for link in share_links("Bread", ADDRESS)]

    assert names[0] == "بريد إلكتروني"


def test_the_picture_goes_to_pinterest_only():
    links = share_links("Bread", ADDRESS, "https://stories.example/media/bread.jpg")

    assert [link.name for link in links if "bread.jpg" in link.href] == ["Pinterest"]


@given(title=st.text(min_size=1, max_size=400))
def test_bluesky_never_loses_the_address(title):
    (text,) = query("Bluesky", title)["text"]

    assert text.endswith(f" {ADDRESS}")
    assert len(text) <= BLUESKY_LIMIT


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("mastodon.example", "mastodon.example"),
        (" Mastodon.Example ", "mastodon.example"),
        ("https://mastodon.example/home", "mastodon.example"),
        ("@ada@mastodon.example", "mastodon.example"),
        ("ada@mastodon.example", "mastodon.example"),
        ("tröt.example", "xn--trt-tna.example"),
        ("mastodon.example:8443", "mastodon.example:8443"),
    ],
)
def test_a_server_is_understood_however_it_is_typed(typed, host):
    assert host_name(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "javascript:alert(1)",
        "a b.example",
        "-a.example",
        "a..example",
        "mastodon.example:port",
        "x" * 64 + ".example",
        "https://[broken",
    ],
)
def test_what_is_no_public_server_is_refused(typed):
    assert host_name(typed) is None


def test_without_script_the_reader_gets_a_link_to_their_server(client, db):
    page = client.get("/share/mastodon", {"instance": "mastodon.example", "text": AWKWARD})
    html = page.content.decode()

    assert page.status_code == 200
    assert 'href="https://mastodon.example/share?text=%E2%80%9CBread%20%26%20salt' in html
    assert 'rel="noopener noreferrer"' in html
    assert "no-store" in page["Cache-Control"]


def test_a_refused_server_is_asked_for_again_and_nothing_is_redirected(client, db):
    page = client.get("/share/mastodon", {"instance": "<b>nowhere</b>", "text": "Bread"})
    html = page.content.decode()

    assert page.status_code == 200
    assert "not a server’s name" in html
    assert "<b>nowhere" not in html
    assert "Location" not in page
