"""Cuts the pictures of a story that was just published, so that its first reader need not wait.

The worker renders the story and the front page, as a reader's visit would, which cuts whatever size
is not there yet. Limit: whoever comes before the worker has done so waits as before.
"""

from typing import Any

from django.utils import translation
from django_tasks import task
from wagtail.coreutils import get_dummy_request

from almoner.jobs.queue import BACKEND
from almoner.stories.models import StoryPage
from almoner.stories.public import home_of

BEHIND = -10  # of −100 to 100: a whole import's pictures hold up no statement and no newsletter


@task(backend=BACKEND, priority=BEHIND)
def cut_pictures(pk: int) -> None:
    """Render a published story and its front page."""
    stories: Any = StoryPage.objects  # its manager is made at run time
    story = stories.live().filter(pk=pk).first()
    if story is None:
        return
    with translation.override(story.locale.language_code):
        for page in filter(None, (story, home_of(story))):
            address, site = page.get_url(), page.get_site()
            assert address is not None, f"page {page.pk} has no address"
            assert site is not None, f"page {page.pk} is live under no site"
            page.serve(get_dummy_request(path=address, site=site)).render()
