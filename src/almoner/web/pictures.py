"""Pictures in stories: only the renditions, which hold no camera data, and for a long time.

A rendition's name has its filter and focal point in it, so what a name holds never changes.
Originals and documents have no address of their own.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.static import serve

from almoner.web.files import whole

A_YEAR = 365 * 24 * 3600  # seconds


def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """One rendition by its file name; 404 where there is none."""
    response = whole(serve(request, name, document_root=settings.MEDIA_ROOT / "images"))
    response["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response
