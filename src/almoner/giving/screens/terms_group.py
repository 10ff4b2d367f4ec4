"""A named group of further terms that is closed until something stands in it.

A `details` element: it opens by keyboard and without script, and what is in it is named beside
its title, so that a closed group hides nothing.
"""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from collections.abc import Iterator
from typing import Any

from django.utils.functional import cached_property
from wagtail.admin.panels import MultiFieldPanel

# What stands in a field of which nothing was said.
UNSAID = ("", None, 0, "0", [], False)


class TermsGroup(MultiFieldPanel):
    """Fields that many campaigns leave empty."""

    class BoundPanel(MultiFieldPanel.BoundPanel):
        """The group in one form."""

        template_name = "giving/admin/terms_group.html"

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.heading = ""  # it stands in the summary, not above it

        @cached_property
        def filled(self) -> list[str]:
            """The names of the fields in which something was said."""
            return [str(bound.label).lower() for bound in _fields(self) if _said(bound)]

        @cached_property
        def wrong(self) -> bool:
            """Whether a field in it has an error."""
            return any(bound.errors for bound in _fields(self))


def _fields(panel: Any) -> Iterator[Any]:
    for child in panel.visible_children:
        if hasattr(child, "bound_field"):
            yield child.bound_field
        else:
            yield from _fields(child)


def _said(bound: Any) -> bool:
    value = bound.value()
    if bound.name == "partial":  # said where it is taken away
        return not value
    return value not in UNSAID
