"""Which pages are public: what feeds, maps, pictures and embeds all ask.

Guarantee: a draft, an expired page, a private one and what stands below a private one are in none
of the answers.
"""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

from almoner.stories.base import BasePage
from almoner.stories.models import HomePage, StoryPage, StoryYearPage


def public_stories() -> Any:
    """A query set of the published, public stories with their languages."""
    return StoryPage.objects.live().public().select_related("locale")


def public_pages() -> Any:
    """A query set of the published, public pages other than stories, in the order of the tree."""
    pages = BasePage.objects.live().public().not_type(StoryPage)
    return pages.filter(depth__gt=1).order_by("path")


def page_at(request: HttpRequest, place: str) -> Any | None:
    """The public page at a path below the front page of the active language."""
    page = BasePage.find_for_request(request, place)
    if page is None or page.get_view_restrictions():
        return None
    # Wagtail would answer with the site's own language below every other one's code.
    return page if page.locale.language_code == get_language() else None


def home_of(page: BasePage) -> HomePage | None:
    """The published front page in a page's language."""
    return HomePage.objects.live().filter(locale=page.locale_id).first()


def way_to(page: BasePage) -> list[Any]:
    """The pages from the front page down to a page, past the shelf of its year."""
    above = BasePage.objects.ancestor_of(page).filter(depth__gt=1).specific()
    return [*(each for each in above if not isinstance(each, StoryYearPage)), page]
