"""Stories that reach people who may be in danger, and how they are kept off a device.

Guarantee: what leaves the page of a sensitive story (the window's title, the text of a shared
link, the cache's directives) comes from here and says nothing of what it is about. A browser is
told to keep nothing (`web.middleware`). Limit: the address is the editor's, and stays in the
browser's history.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel

from almoner.stories.base import BasePage

EXPLAINED = """
<p><strong>For a story that somebody may read while living with the person they fear.</strong>
Ticking the box changes how the page behaves:</p>
<ul>
<li>A “Leave this page” button stands at the top, with help lines at the end.</li>
<li>Browser tabs, history and shared links show the neutral title, never the headline.</li>
<li>Nothing is kept on the reader's device, and reading it is not counted.</li>
<li>There are no share links to networks, only a link to copy.</li>
</ul>
<p>The address of the page stays in the browser's history whatever we do. Under
<em>Promote</em>, choose one that gives nothing away.</p>
"""


class Sensitive(BasePage):
    """A page that can be marked as sensitive."""

    sensitive = models.BooleanField(
        "reaches people who may be in danger",
        default=False,
        help_text="For instance because it is about violence at home.",
    )
    neutral_title = models.CharField(
        max_length=120,
        blank=True,
        help_text="Stands in the browser's tab and history and where the page is shared: "
        "“A letter”, “A Thursday in March”. Somebody looking over a shoulder learns nothing "
        "from it.",
    )
    neutral_text = models.CharField(
        max_length=255,
        blank=True,
        help_text="Stands for the summary where the page is shared. May be left empty.",
    )

    # Whether a form saves it as a draft, which may wait for its neutral title.
    being_written = False

    class Meta:
        abstract = True

    @property
    def outward_title(self) -> str:
        """What tabs, search engines and shared links call the page; "" for the site's name."""
        if self.sensitive:
            return self.neutral_title
        return self.seo_title or self.title

    @property
    def outward_text(self) -> str:
        """What search engines and shared links say of the page; may be empty."""
        if self.sensitive:
            return self.neutral_text
        return self.search_description or getattr(self, "standfirst", "")

    def clean(self) -> None:
        """Refuse to publish a sensitive story without a title for others to see."""
        super().clean()
        if self.sensitive and not self.neutral_title.strip() and not self.being_written:
            raise ValidationError(
                {
                    "neutral_title": "A sensitive story needs a neutral title. Write one that "
                    "says nothing of what the story is about."
                }
            )

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer, telling the reader's browser to keep nothing of a sensitive story."""
        answer = super().serve(request, *args, **kwargs)
        if self.sensitive:
            answer.keep_off_devices = True  # type: ignore[attr-defined]
        return answer


def panel() -> MultiFieldPanel:
    """The part of the editor that explains it."""
    return MultiFieldPanel(
        [
            HelpPanel(EXPLAINED),
            FieldPanel("sensitive"),
            FieldPanel("neutral_title"),
            FieldPanel("neutral_text"),
        ],
        heading="Reader safety",
        classname="collapsed",
    )
