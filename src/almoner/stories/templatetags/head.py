"""`{% page_head %}` and `{% view_head %}`: what the head of a page tells machines."""

from typing import Any
from urllib.parse import urljoin

from django import template
from django.conf import settings

from almoner.stories import share_picture
from almoner.stories.head import Head, Link, embeds, head_of

register = template.Library()


@register.simple_tag(takes_context=True)
def page_head(context: dict[str, Any]) -> Head:
    """The head of the page at hand, of the page of its list that is shown."""
    listed = context.get("stories") or context.get("entries")
    number = getattr(listed, "number", 1)
    return head_of(context["page"], context.get("month_path", ""), number)


@register.filter
def shared_picture(story: Any) -> str:
    """The absolute address of the picture that a shared link to a story shows."""
    return share_picture.address(story)


@register.simple_tag(takes_context=True)
def own_address(context: dict[str, Any]) -> str:
    """The absolute address of the page at hand, no page of Wagtail's; "" outside a request."""
    request = context.get("request")
    return settings.WAGTAILADMIN_BASE_URL + request.path if request is not None else ""


@register.filter
def absolute(path: str) -> str:
    """A path of this site as a whole address; what is whole already stays."""
    return urljoin(settings.WAGTAILADMIN_BASE_URL + "/", path)


@register.simple_tag
def embed_links(address: str, title: str) -> tuple[Link, ...]:
    """Where others learn how to embed what is at an address."""
    return embeds(address, title)
