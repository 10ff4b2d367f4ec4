"""`{% leave_page %}` and `{% help_lines %}`: what protects readers, in a page."""

from itertools import groupby
from typing import Any

from django import template

from almoner.stories.safety import HelpLine, ReaderSafety

register = template.Library()


@register.simple_tag(takes_context=True)
def leave_page(context: dict[str, Any]) -> ReaderSafety | None:
    """Where leaving leads: on a sensitive story, where a view says `can_leave`, or everywhere.

    Nowhere in a page that stands outside the site, such as a proof that is kept.
    """
    if context.get("request") is None:
        return None
    settings = ReaderSafety.current()
    asked = getattr(context.get("page"), "sensitive", False) or context.get("can_leave", False)
    return settings if asked or settings.leave_everywhere else None


@register.inclusion_tag("stories/components/help_lines.html")
def help_lines() -> dict[str, Any]:
    """Every help line, by country."""
    found = groupby(HelpLine.objects.all(), key=lambda line: line.country)
    return {"countries": [{"name": name, "lines": list(lines)} for name, lines in found]}
