"""What other people's pages get from us: a small script and a badge, for any origin."""

import re
import sqlite3
import time
from xml.etree import ElementTree

import brotli
import httpx
import pytest

from almoner.counters import badge

WIDGET_BUDGET = 6 * 1024  # bytes, compressed: what the issue allows


@pytest.fixture
def http(site):
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize("encoding", ["br", "gzip", "zstd"])
def test_the_widget_is_one_small_file_in_every_encoding(http, encoding):
    with http.stream("GET", "/widget.js", headers={"Accept-Encoding": encoding}) as answer:
        body = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert len(body) <= WIDGET_BUDGET
    whole = http.get("/widget.js").text
    assert not re.search(r"^\s*(import|export)[ {*]", whole, flags=re.MULTILINE)
    assert not re.search(r"cookie|Storage|indexedDB", whole)
    if encoding == "br":
        assert brotli.decompress(body).decode() == whole


@pytest.mark.parametrize("path", ["/widget.js", "/badge/meals.svg"])
def test_what_is_embedded_may_be_used_anywhere_and_is_kept_for_a_short_while(http, path):
    first = http.get(path)

    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert first.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in first.headers
    (age,) = re.findall(r"public, max-age=(\d+), ", first.headers["cache-control"])
    assert 0 < int(age) <= 600
    again = http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == "*"
    assert http.head(path).headers["etag"] == first.headers["etag"]


def test_any_origin_may_read_the_figures_and_hear_them_change(http):
    assert http.get("/counters").headers["access-control-allow-origin"] == "*"
    with http.stream("GET", "/counters/stream") as stream:
        assert stream.headers["access-control-allow-origin"] == "*"


def test_the_badge_says_the_figure_under_its_label(http):
    meals = http.get("/counters").json()["counters"][0]
    answer = http.get("/badge/meals.svg")

    assert answer.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert ElementTree.fromstring(answer.content).attrib["aria-label"] == (
        f"{meals['label']}: {meals['shown']['text']}"
    )


def test_figures_and_badges_have_the_labels_in_every_language_that_an_editor_gave(http, site):
    with sqlite3.connect(site.home / "almoner.db", timeout=20) as database:
        database.execute("UPDATE giving_cause SET labels = 'fr: Jouets' WHERE slug = 'toys'")
        database.execute("UPDATE web_siteversion SET version = version + 1")
    until = time.monotonic() + 5
    while "Jouets" not in http.get("/badge/toys.svg?lang=fr").text:
        assert time.monotonic() < until, http.get("/counters").text
        time.sleep(0.05)

    labels = {each["cause"]: each["labels"] for each in http.get("/counters").json()["counters"]}
    assert labels["toys"] == {"fr": "Jouets"}
    assert "Jouets" not in http.get("/badge/toys.svg?lang=nl").text


@pytest.mark.parametrize("path", ["nothing.svg", "meals.png", "", "../counters", "meals.svg/x"])
def test_a_badge_of_no_cause_is_not_found(http, path):
    answer = http.get(f"/badge/{path}" if path != "../counters" else "/badge/%2e%2e%2fcounters")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/unknown-cause"


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        ("", 0),
        ("Meals", 32),  # M 833, e 556, a 556, l 222, s 500
        ("Méals", 32),  # an accent takes no room
        ("1,234", 30),  # four digits of 556, a comma of 278
        ("餐", 12),  # a full square
    ],
)
def test_a_text_is_as_long_as_the_characters_of_helvetica(text, pixels):
    assert badge.length(text) == pixels


def test_a_badge_is_as_wide_as_its_two_texts_and_escapes_them():
    drawn = ElementTree.fromstring(badge.draw('<b>"Fish" & chips', "1,234"))
    rects = [each for each in drawn.iter("{http://www.w3.org/2000/svg}rect") if "x" in each.attrib]
    assert sum(int(each.attrib["width"]) for each in rects) == int(drawn.attrib["width"])
    texts = list(drawn.iter("{http://www.w3.org/2000/svg}text"))
    assert [each.text for each in texts] == ['<b>"Fish" & chips', "1,234"]
    assert int(texts[1].attrib["textLength"]) == badge.length("1,234")


def test_a_label_that_is_read_from_the_right_stands_on_the_right():
    label, figure = ElementTree.fromstring(badge.draw("وجبات", "12")).iter(
        "{http://www.w3.org/2000/svg}text"
    )
    assert float(label.attrib["x"]) > float(figure.attrib["x"])
