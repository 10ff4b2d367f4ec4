"""`{% counter_text "meals" %}`: a live figure in a template; `{% counters_tag %}`: of them all."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from almoner.counters.snapshot import MEASURES
from almoner.web.slots import TAG, slot

register = template.Library()


@register.simple_tag
def counter_text(cause: str, measure: str = "shown") -> SafeString:
    """The slot of a cause's figure, filled when the page is served."""
    if measure not in MEASURES:
        raise template.TemplateSyntaxError(f"{measure!r} is no measure: {', '.join(MEASURES)}")
    return mark_safe(slot(cause, measure))  # noqa: S308 - a slug between control characters


@register.simple_tag
def counters_tag() -> SafeString:
    """The slot of the tag that tells which figures a page was served with."""
    return mark_safe(TAG)  # noqa: S308 - two control characters
