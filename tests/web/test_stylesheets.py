"""A page brings its styles along, and its policy allows exactly those."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from almoner.stories.site import lay_out
from almoner.web.stylesheets import stylesheet

LINKS = (
    "{% load static stylesheets %}{% inlined %}"
    '<link rel="stylesheet" href="{% static \'web/base.css\' %}">'
    '<link rel="stylesheet" href="{% static \'stories/cards.css\' %}">'
    '<link rel="stylesheet" href="{% static \'web/base.css\' %}">'
    "{% endinlined %}"
)


@pytest.fixture(autouse=True)
def _plain_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/stories/", "/causes/", "/check/", "/nowhere/"])
def test_no_page_asks_for_a_style_sheet_and_its_policy_allows_the_one_it_brings(client, path):
    lay_out()
    answer = client.get(path)
    page = answer.content.decode()

    assert 'rel="stylesheet"' not in page
    (css,) = re.findall(r"<style>(.*?)</style>", page, flags=re.S)
    digest = b64encode(sha256(css.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'self' 'sha256-{digest}';" in policy


def test_each_file_stands_once_in_the_order_of_its_links_with_addresses_that_hold_anywhere():
    request = RequestFactory().get("/")
    page = Template(LINKS).render(Context({"request": request}))

    assert page.count("<style>") == 1
    assert page.count("@layer tokens,base") == 1
    assert page.index("@layer tokens,base") < page.index(".card-picture")
    assert 'url("/static/web/fonts/young-serif.woff2")' in page
    assert len(request.style_sources) == 1


def test_a_pseudo_class_keeps_its_distance_from_what_it_stands_in():
    sheet = stylesheet(("/static/stories/inserts.css",)).css

    assert ".recipe *:is(ul,ol){" in sheet
    assert ".letter *:is(i,em){" in sheet
    assert ".footnotes li:target," in sheet


def test_where_no_policy_can_be_told_the_links_stay():
    page = Template(LINKS).render(Context())

    assert "<style>" not in page
    assert page.count("<link") == 3


@pytest.mark.django_db
def test_a_policy_that_allows_any_inline_style_is_left_as_it_is(client):
    """A hash beside 'unsafe-inline' would switch it off, and break the admin's own styles."""
    policy = client.get("/admin/login/").headers["Content-Security-Policy"]

    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "sha256" not in policy
