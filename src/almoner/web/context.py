"""What every template may show: the site's name and the banner of causes."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

BANNER_SIZE = 12  # more figures than this no reader takes in, and the row would wrap thrice


def site(request: HttpRequest) -> dict[str, Any]:
    """`site_name`, and `banner`: the shown causes in their order, read when first used.

    `brand` is the name again: to a log-in, Django gives the host as `site_name`.
    """
    name = settings.WAGTAIL_SITE_NAME
    return {"site_name": name, "brand": name, "banner": SimpleLazyObject(banner)}


def banner() -> list[dict[str, str]]:
    """The causes of the banner: slug, label, url, icon and kind of each."""
    from almoner.giving.models import Cause

    shown = Cause.objects.filter(shown=True).order_by("position", "slug")[:BANNER_SIZE]
    return [
        {
            "slug": cause.slug,
            "label": cause.local_label,
            "url": reverse("cause", args=[cause.slug]),
            "icon": cause.icon,
            "kind": cause.kind,
        }
        for cause in shown
    ]
