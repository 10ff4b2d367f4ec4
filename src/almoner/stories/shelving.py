"""Puts each story on the shelf of the year it was first published in.

Guarantee: a published story stands under the page of its year, in the site's time zone, and
keeps its address for good; a draft stays where its editor put it. Running it again changes
nothing.
"""

from django.db import transaction
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect

from almoner.stories.models import StoryIndexPage, StoryPage, StoryYearPage


@transaction.atomic
def shelve(story: StoryPage) -> None:
    """Move a story that is being published under its year; brings `story` up to date as well."""
    was_new = isinstance(story.get_parent(update=True).specific, StoryIndexPage)
    before = story.url
    if _move(story) and was_new and before is not None:
        # Wagtail makes a redirect from the old address, but nobody had it: it was a draft's.
        # Those from addresses that readers did have stay.
        Redirect.objects.filter(
            redirect_page=story.pk,
            automatically_created=True,
            old_path=Redirect.normalise_path(before),
        ).delete()


def shelve_strays() -> None:
    """Shelve what was published but never moved: the server was stopped between the two."""
    for index in StoryIndexPage.objects.all():
        for story in StoryPage.objects.child_of(index).live():
            with transaction.atomic():
                _move(story)


def _move(story: StoryPage) -> bool:
    """Whether the story stood anywhere but under its year."""
    if not story.live or story.first_published_at is None:
        return False
    year = str(timezone.localtime(story.first_published_at).year)
    parent = story.get_parent(update=True).specific
    if isinstance(parent, StoryYearPage):
        if parent.slug == year:
            return False
        parent = parent.get_parent().specific
    assert isinstance(parent, StoryIndexPage), f"story {story.pk} stands under {parent!r}"
    StoryPage.objects.get(pk=story.pk).move(shelf(parent, year), pos="last-child")
    story.refresh_from_db(fields=["path", "depth", "url_path"])
    story.get_parent(update=True)
    return True


def shelf(stories: StoryIndexPage, year: str) -> StoryYearPage:
    """The page of a year, made if it is the year's first story in its language."""
    found = StoryYearPage.objects.child_of(stories).filter(slug=year).first()
    if found is not None:
        return found
    # Read anew: adding a child counts on the parent's own count being right.
    parent = StoryIndexPage.objects.get(pk=stories.pk)
    made = StoryYearPage(title=year, slug=year, locale=parent.locale, live=True)
    twin = StoryYearPage.objects.filter(slug=year, alias_of=None).first()
    if twin is not None:
        made.translation_key = twin.translation_key
    return parent.add_child(instance=made)
