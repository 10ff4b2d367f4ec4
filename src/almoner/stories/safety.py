"""What protects readers who are watched: where “Leave this page” leads, and whom they can call.

Guarantee: a help line is shown to everybody in the same way, by country, for the reader to pick
from: nothing about a reader is asked, read or guessed. Limit: whether a number still answers is
for people to check; `checked_on` says when somebody last did.
"""

from typing import ClassVar

from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.utils.translation import gettext
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.fields import RichTextField

# What GOV.UK's pattern leads to as well: it looks like nothing, and everybody reads it.
WEATHER = "https://www.bbc.co.uk/weather"

NUMBER = RegexValidator(
    r"^\+?[0-9][0-9 ()./-]{1,24}$",
    "Write digits only, with spaces between them: 1800 341 900, or +353 1800 341 900.",
)

EXPLAINED = """
<p>Sensitive stories always carry a “Leave this page” button. It leads to the address below, at
once and without a trace in the Back button. The browser's history keeps both pages: the button
cannot change that, and the page about reading safely says so.</p>
"""


@register_setting(icon="warning", order=90)
class ReaderSafety(BaseGenericSetting):
    """How the site protects readers; one row, with good values before anybody saves it."""

    leave_url = models.URLField(
        "where leaving leads",
        default=WEATHER,
        validators=[URLValidator(schemes=["https"])],
        help_text="A page that nobody would ask about, such as the weather or the news, at an "
        "https address. It is another site: nothing is asked of it before a reader leaves.",
    )
    leave_title = models.CharField(
        "title while leaving",
        max_length=60,
        blank=True,
        help_text="What the browser's tab says until that page is there. Empty: “Weather”.",
    )
    leave_everywhere = models.BooleanField(
        "on every page",
        default=False,
        help_text="Show the button on the whole site, not on sensitive stories alone.",
    )
    note = RichTextField(  # pyright: ignore[reportCallIssue]
        verbose_name="your own words",
        blank=True,
        features=["h3", "bold", "italic", "ol", "ul", "link"],
        help_text="Shown on the page about reading safely, above the help lines: whom readers can "
        "reach at your office, what you do with letters, and the like.",
    )

    panels: ClassVar = [
        MultiFieldPanel(
            [
                HelpPanel(EXPLAINED),
                FieldPanel("leave_url"),
                FieldPanel("leave_title"),
                FieldPanel("leave_everywhere"),
            ],
            "Leave this page",
        ),
        FieldPanel("note"),
    ]

    class Meta:
        verbose_name = "reader safety"

    @classmethod
    def current(cls) -> "ReaderSafety":
        """The settings, read and never written: showing a page changes nothing."""
        return cls.objects.first() or cls()

    @property
    def title(self) -> str:
        """What the tab says while leaving, in the language of the page at hand."""
        return self.leave_title or gettext("Weather")


class HelpLine(models.Model):
    """Somebody who can be reached, in one country."""

    country = models.CharField(
        max_length=60, help_text="As readers look for it: “Ireland”, “United States”."
    )
    name = models.CharField(max_length=120, help_text="The name the help line goes by.")
    telephone = models.CharField(
        max_length=32,
        blank=True,
        validators=[NUMBER],
        help_text="As it is dialled in the country.",
    )
    sms = models.CharField(
        "text message to", max_length=32, blank=True, validators=[NUMBER], help_text="A number."
    )
    sms_word = models.CharField(
        "word to send", max_length=32, blank=True, help_text="If the line asks for one: “START”."
    )
    web = models.URLField("web page", blank=True)
    hours = models.CharField(
        max_length=120, blank=True, help_text="“Day and night”, “Weekdays 9 to 17”."
    )
    languages = models.CharField(
        max_length=160, blank=True, help_text="The languages that are spoken there."
    )
    note = models.CharField(
        max_length=255, blank=True, help_text="For whom it is; whether calls show on a bill."
    )
    source = models.URLField(
        blank=True, help_text="Where the number was checked: the line's own page. Not shown."
    )
    checked_on = models.DateField(
        help_text="When somebody last checked the number. A wrong number is dangerous: look at "
        "each at least twice a year."
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Within the country, smaller numbers first."
    )

    panels: ClassVar = [
        MultiFieldPanel([FieldPanel("country"), FieldPanel("name"), FieldPanel("position")], "Who"),
        MultiFieldPanel(
            [
                FieldPanel("telephone"),
                FieldPanel("sms"),
                FieldPanel("sms_word"),
                FieldPanel("web"),
                FieldPanel("hours"),
                FieldPanel("languages"),
                FieldPanel("note"),
            ],
            "How to reach it",
        ),
        MultiFieldPanel([FieldPanel("source"), FieldPanel("checked_on")], "Checked"),
    ]

    class Meta:
        ordering = ("country", "position", "name")
        verbose_name = "help line"
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(telephone="", sms="", web=""),
                name="stories_help_line_reachable",
                violation_error_message="A help line needs a telephone number, a number for text "
                "messages or a web page.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, {self.country}"

    @property
    def tel(self) -> str:
        """The telephone number as a link dials it (RFC 3966)."""
        return f"tel:{_dialled(self.telephone)}"

    @property
    def text(self) -> str:
        """The number for text messages as a link opens it (RFC 5724)."""
        return f"sms:{_dialled(self.sms)}"


def _dialled(number: str) -> str:
    return "".join(each for each in number if each.isdigit() or each == "+")
