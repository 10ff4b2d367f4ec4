"""The builder for other sites: what it makes, and what it says about colours."""

import re
from html import unescape

import pytest
from liquid import Environment

from almoner.giving.embedding import contrast
from almoner.people.roles import CAMPAIGN_MANAGERS, EDITORS

AT = "/admin/giving/embeds/"
COLOURS = "&text=%23fbf1dd&background=%231c2745&accent=%23f3b64c"


@pytest.fixture
def made(logged_in, meals, settings):
    """Makes snippets from a query: for any page, for WordPress, for Shopify."""
    settings.WAGTAILADMIN_BASE_URL = "https://giving.example"
    meals.label, meals.labels = 'Meals & "more"', "ar: وجبات"
    meals.save()
    manager = logged_in(CAMPAIGN_MANAGERS)

    def _made(query):
        page = manager.get(AT + query).content.decode()
        return [
            unescape(each).strip("\n")
            for each in re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
        ]

    return _made


def test_at_first_it_makes_a_banner_of_the_causes_that_our_own_banner_shows(made):
    html, wordpress, liquid = made("")

    assert html == (
        '<script type="module" src="https://giving.example/widget.js"></script>\n'
        '<impact-banner causes="meals"><a href="https://giving.example/causes/">'
        "Meals &amp; &quot;more&quot;</a></impact-banner>"
    )
    assert wordpress == f"<!-- wp:html -->\n{html}\n<!-- /wp:html -->"
    assert Environment().from_string(liquid).render().strip() == html
    assert 'causes="toys"' in Environment().from_string(liquid).render(causes="toys")


def test_a_figure_has_the_language_and_the_colours_that_were_chosen(made):
    html, *_ = made(f"?kind=counter&causes=meals&language=ar&coloured=on{COLOURS}")

    assert html.endswith(
        '<impact-counter cause="meals" lang="ar" text="#fbf1dd" background="#1c2745" '
        'accent="#f3b64c"><a href="https://giving.example/causes/meals/">وجبات</a></impact-counter>'
    )


def test_a_badge_needs_no_script(made):
    html, *_ = made("?kind=badge&causes=meals&language=ar")  # nor colours in the address

    assert html == (
        '<a href="https://giving.example/causes/meals/"><img '
        'src="https://giving.example/badge/meals.svg?lang=ar" height="24" alt="وجبات"></a>'
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (f"?kind=banner{COLOURS}", "Choose at least one cause."),
        (f"?kind=flag&causes=meals{COLOURS}", "not one of the available choices"),
        (
            "?kind=banner&causes=meals&text=red&background=%23000000&accent=%23ffffff",
            "is no colour",
        ),
    ],
)
def test_what_cannot_be_made_is_said_and_not_made(logged_in, meals, query, said):
    page = logged_in(CAMPAIGN_MANAGERS).get(AT + query).content.decode()
    # Where a choice without the button puts what it makes (embeds.js), not in the form alone.
    assert said in page.partition("data-embeds-made")[2]
    assert "<textarea" not in page


def test_colours_that_cannot_be_read_are_told(logged_in, meals):
    pale = "&text=%23777777&background=%23888888&accent=%23ffffff"
    manager = logged_in(CAMPAIGN_MANAGERS)
    page = manager.get(f"{AT}?kind=banner&causes=meals&coloured=on{pale}").content.decode()
    assert "The words are hard to read" in page
    assert "The figures are hard to read" in page
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)


def test_who_may_not_see_causes_is_sent_back(logged_in):
    assert logged_in(EDITORS).get(AT).status_code == 302
