"""What stories add to Wagtail's admin: lists in the menu, ways to a new one, the check.

Each list says what there is, whatever page it stands under, and has the way to a new one.
"""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail import hooks
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.pages.choose_parent import ChooseParentView
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.contrib.redirects.models import Redirect

from almoner.stories.approval import spare_editors
from almoner.stories.base import BasePage
from almoner.stories.editing import check, put_whole_story, refuse_faulty
from almoner.stories.models import (
    AuthorPage,
    HelpLine,
    HomePage,
    SeriesPage,
    StoryIndexPage,
    StoryPage,
    TopicPage,
)


class AddUnderStories(ChooseParentView):
    """Goes straight to the form: a story is moved to its year when it is published."""

    def get_valid_parent_pages(self, user: AbstractBaseUser) -> Any:
        """Offer the index alone, of the pages that Wagtail would offer."""
        return super().get_valid_parent_pages(user).type(StoryIndexPage)


class StoriesMenuItem(MenuItem):
    """Shown to those who may see the pages."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Leave it out where following it would be refused."""
        return user_has_any_page_permission(request.user)


class StoryListing(PageListingViewSet):
    """All stories, whatever year they stand under."""

    model = StoryPage
    name = "stories"
    icon = "doc-full-inverse"
    menu_label = "Stories"
    menu_order = 90  # before Wagtail's own "Pages", which has 100
    menu_item_class = StoriesMenuItem
    add_to_admin_menu = True
    choose_parent_view_class = AddUnderStories


@hooks.register("register_admin_viewset")
def story_listing() -> StoryListing:
    """Put the list at /admin/stories/."""
    return StoryListing()


class TopicListing(PageListingViewSet):
    """All topics."""

    model = TopicPage
    name = "topics"
    icon = "tag"
    menu_label = "Topics"
    menu_item_class = StoriesMenuItem


class SeriesListing(PageListingViewSet):
    """All series."""

    model = SeriesPage
    name = "series"
    icon = "list-ol"
    menu_label = "Series"
    menu_item_class = StoriesMenuItem


class AuthorListing(PageListingViewSet):
    """All authors."""

    model = AuthorPage
    name = "authors"
    icon = "user"
    menu_label = "Authors"
    menu_item_class = StoriesMenuItem


class FoundBy(ViewSetGroup):
    """What stories are found by."""

    menu_label = "Topics, authors"
    menu_icon = "tag"
    menu_order = 95  # after the stories
    items = (TopicListing, SeriesListing, AuthorListing)


@hooks.register("register_admin_viewset")
def found_by() -> FoundBy:
    """Put the lists at /admin/topics/, /admin/series/ and /admin/authors/."""
    return FoundBy()


def _checked(line: HelpLine) -> str:
    return date_format(line.checked_on, "j F Y")


class HelpLines(ModelViewSet):
    """The help lines, each with the day its number was last checked."""

    model = HelpLine
    name = "help_lines"
    icon = "mobile-alt"
    menu_label = "Help lines"
    menu_order = 91
    add_to_admin_menu = True
    list_display = (
        "name",
        "country",
        "telephone",
        Column("checked_on", label="Checked", accessor=_checked, sort_key="checked_on"),
    )
    list_filter = ("country",)
    search_fields = ("name", "country")
    ordering = ("country", "position", "name")


@hooks.register("register_admin_viewset")
def help_lines() -> HelpLines:
    """Put the list at /admin/help_lines/."""
    return HelpLines()


@hooks.register("before_serve_page")
def refuse_other_language(page: BasePage, request: HttpRequest, *args: Any) -> None:
    """Answer 404 below a language's code where the page is not in that language.

    Wagtail would serve the site's own language at every address that has a language in front.
    """
    if page.locale.language_code != get_language():
        raise Http404("The page is not in this language.")


@hooks.register("register_admin_urls")
def check_address() -> list[URLPattern]:
    """Put the check at /admin/stories/check/<story>/."""
    return [path("stories/check/<int:story>/", check, name="story_check")]


@hooks.register("insert_editor_js")
def check_script() -> SafeString:
    """Have the editor show the check."""
    return format_html('<script type="module" src="{}"></script>', static("stories/check.js"))


@hooks.register("insert_global_admin_css")
def check_style() -> SafeString:
    """Style the check."""
    return format_html('<link rel="stylesheet" href="{}">', static("stories/check.css"))


@hooks.register("construct_wagtail_userbar")
def check_whole_story(request: HttpRequest, items: list[Any], page: Any) -> None:
    """Have axe look at every rule."""
    put_whole_story(items)


@hooks.register("construct_page_action_menu")
def offer_what_may_be_done(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Offer editors to publish, and writers to submit."""
    spare_editors(items)


@hooks.register("before_serve_page")
def follow_old_number(page: BasePage, request: HttpRequest, *args: Any) -> HttpResponse | None:
    """Lead WordPress's `/?p=12` to what it was the address of.

    Redirects are looked up where there is no page; the front page is there whatever is asked of it.
    """
    asked = request.GET.get("p") or request.GET.get("page_id")
    if not asked or not isinstance(page.specific, HomePage):
        return None
    old = Redirect.normalise_path(request.get_full_path(), decode_unicode=False)
    found = Redirect.objects.filter(old_path=old).first()
    return HttpResponsePermanentRedirect(found.link) if found is not None and found.link else None


@hooks.register("before_bulk_action")
def check_before_publishing_many(
    request: HttpRequest, action_type: str, objects: Any, action: Any
) -> HttpResponse | None:
    """Hold what is published in bulk to the same check."""
    if action_type != "publish" or request.method != "POST":
        return None
    return refuse_faulty(request, objects)
