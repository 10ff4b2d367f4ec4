"""Pictures in stories: only the renditions, which hold no camera data, and for a long time.

A rendition's name has its filter and focal point in it, so what a name holds never changes.
Originals and documents have no address of their own. Guarantee: a browser is told to keep no
picture that stands in a sensitive story. Limit: one that was kept before the story was marked
stays until its time is over.
"""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.static import serve
from wagtail.models import ReferenceIndex

from almoner.stories.images import StoryImage
from almoner.stories.models import StoryPage
from almoner.web.files import whole

A_YEAR = 365 * 24 * 3600  # seconds


def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """One rendition by its file name; 404 where there is none."""
    response = whole(serve(request, name, document_root=settings.MEDIA_ROOT / "images"))
    kept = "no-store" if _is_sensitive(name) else f"public, max-age={A_YEAR}, immutable"
    response["Cache-Control"] = kept
    return response


def _is_sensitive(name: str) -> bool:
    """Whether a sensitive story shows the picture that this is a rendition of."""
    image = StoryImage.objects.filter(renditions__file=f"images/{name}").first()
    if image is None:
        return False
    story = ContentType.objects.get_for_model(StoryPage)
    shown_by = ReferenceIndex.get_references_to(image).filter(content_type=story)
    stories = [int(key) for key in shown_by.values_list("object_id", flat=True)]
    return StoryPage.objects.filter(pk__in=stories, sensitive=True).exists()
