"""The pages that every installation has, in its own language: the front page and the indexes.

Guarantee: `lay_out` leaves exactly one of each, however often it runs and wherever it was
interrupted; it never renames or moves what an editor has changed.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from wagtail.models import Locale, Site

from almoner.stories.approval import establish_approval
from almoner.stories.base import BasePage
from almoner.stories.models import (
    AuthorIndexPage,
    HomePage,
    SeriesIndexPage,
    StoryIndexPage,
    TopicIndexPage,
)

HTTP_PORTS = {"http": 80, "https": 443}
INDEXES = (
    (StoryIndexPage, "Stories", "stories"),
    (TopicIndexPage, "Topics", "topics"),
    (SeriesIndexPage, "Series", "series"),
    (AuthorIndexPage, "Authors", "authors"),
)


@transaction.atomic
def lay_out() -> StoryIndexPage:
    """Make what is missing, point the site at the configured address, return the stories."""
    own = Locale.get_default()
    home = HomePage.objects.filter(locale=own).first() or _front_page()
    address = urlsplit(settings.WAGTAILADMIN_BASE_URL)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": address.hostname,
            "port": address.port or HTTP_PORTS[address.scheme],
            "site_name": settings.WAGTAIL_SITE_NAME,
            "root_page": home,
        },
    )
    _remove_welcome(home)
    establish_approval()
    for model, title, slug in INDEXES:
        if not model.objects.filter(locale=own).exists():
            # Read anew: adding a child counts on the parent's own count being right.
            HomePage.objects.get(pk=home.pk).add_child(
                instance=model(title=title, slug=slug, live=True)
            )
    return StoryIndexPage.objects.get(locale=own)


def _front_page() -> HomePage:
    root = BasePage.get_first_root_node()
    return root.add_child(
        instance=HomePage(title=settings.WAGTAIL_SITE_NAME, slug="front", live=True)
    )


def _remove_welcome(home: HomePage) -> None:
    """Delete what Wagtail's migrations leave: a page saying welcome, and a group of approvers."""
    root = BasePage.get_first_root_node()
    for page in BasePage.objects.child_of(root).exclude(pk=home.pk):
        if page.specific_class is BasePage:
            page.delete()
    # The editors approve (`stories.approval`); a group that somebody is in was made use of.
    Group.objects.filter(name="Moderators", user__isnull=True).delete()
