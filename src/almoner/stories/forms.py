"""The form of a story: what has an error is saved as a draft, and is not published.

It offers the topics of the story's own language.
"""

from copy import copy
from itertools import chain, count
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.models import Locale, Page

from almoner.stories.checks.story import findings
from almoner.stories.indexes import TopicPage

LONGEST_SLUG = 250  # characters, so that a number has room in Wagtail's 255
CHECKED = ("standfirst", "search_description", "lead_image", "body", "footnotes")


class StoryForm(WagtailAdminPageForm):
    """Runs the check when an editor publishes, schedules or submits; never while they write."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topics: Any = self.fields.get("topics")
        if topics is not None:
            own = self.instance.locale_id or Locale.get_default().pk
            topics.queryset = TopicPage.objects.filter(locale=own).order_by("title")

    def clean(self) -> dict[str, Any]:
        """Refuse a story with errors, each at its field."""
        self._number_slug()
        cleaned = super().clean()
        self.instance.being_written = self.is_deferred_validation
        # A field that is refused already is not to be looked at.
        if not self.is_deferred_validation and all(name in cleaned for name in CHECKED):
            typed = copy(self.instance)
            for name in CHECKED:
                setattr(typed, name, cleaned[name])
            for found in findings(typed):
                # Of the other fields nothing that was just typed is looked at; the model does that.
                if found.kind == "error" and found.field in CHECKED:
                    self.add_error(found.field, ValidationError(f"{found.what} {found.mend}"))
        return cleaned

    def _number_slug(self) -> None:
        """Number a slug that only follows the headline and is taken.

        Two drafts may well have one headline for a while, and an editor sees the slug on another
        tab. An address that was published, or typed by hand, is refused as ever.
        """
        slug, title = (self.cleaned_data.get(name, "") for name in ("slug", "title"))
        follows = slug == slugify(title, allow_unicode=True)
        if slug and follows and self.instance.first_published_at is None:
            numbered = (f"{slug[:LONGEST_SLUG]}-{number}" for number in count(2))
            self.cleaned_data["slug"] = next(
                each
                for each in chain([slug], numbered)
                if Page._slug_is_available(each, self.parent_page, self.instance)
            )
