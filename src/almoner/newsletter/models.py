"""Who gets the newsletter, and the letters that went out.

Guarantee: of a reader there is the address, the language, and whether and when they confirmed
it. Nothing says what they opened or followed. Unsubscribing deletes the row.
"""

import secrets
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def new_token() -> str:
    """What a link in a letter is known by: 192 random bits."""
    return secrets.token_urlsafe(24)


class Subscriber(models.Model):
    """An address, confirmed or waiting for it.

    `letter` is one that is to be sent to it by itself: the question whether to confirm, or word
    that it is subscribed already. `last_edition` is the last edition that was begun to be sent.
    """

    class Letter(models.TextChoices):
        NONE = "", "None"
        CONFIRM = "confirm", "Please confirm"
        KNOWN = "known", "You have it already"

    email = models.EmailField(unique=True)
    language = models.CharField(max_length=12)
    token = models.CharField(max_length=40, unique=True, default=new_token)
    asked_at = models.DateTimeField(db_index=True)
    confirmed_at = models.DateTimeField(null=True)
    letter = models.CharField(max_length=8, choices=Letter, blank=True)
    letter_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    last_edition = models.BigIntegerField(default=0)

    class Meta:
        db_table = "newsletter_subscriber"
        ordering = ("-pk",)
        indexes = (models.Index(fields=("letter", "letter_at"), name="newsletter_letters"),)

    def __str__(self) -> str:
        return self.email


class Edition(models.Model):
    """A week's letter in one language, in the words it is sent in.

    It tells of the days from `since` until before `until`. In `text` and `html` the address of
    the page that unsubscribes stands as `sending.LEAVE`.
    """

    language = models.CharField(max_length=12)
    since = models.DateField()
    until = models.DateField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    created_at = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    job: Any = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "newsletter_edition"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("language", "until"), name="newsletter_one_a_week"),
        )

    def __str__(self) -> str:
        return self.subject


@register_setting(icon="mail", order=91)
class NewsletterSettings(BaseGenericSetting):
    """When the newsletter goes out, and what stands above it; one row."""

    weekly = models.BooleanField(
        "send it every week",
        default=False,
        help_text="A week in which nothing was published and nothing was given has no letter.",
    )
    day = models.PositiveSmallIntegerField(choices=tuple(enumerate(DAYS)), default=4)
    hour = models.PositiveSmallIntegerField(
        "not before",
        default=8,
        validators=[MaxValueValidator(23)],
        help_text="The hour, 0 to 23, on the clock of the site.",
    )
    greeting = models.CharField(
        max_length=400, blank=True, help_text="A sentence or two above the stories, every week."
    )
    # Makes of an address what its sign-up is known by in the ledger; never shown.
    fingerprint_key = models.CharField(max_length=64, blank=True, editable=False)

    panels: ClassVar = [
        MultiFieldPanel([FieldPanel("weekly"), FieldPanel("day"), FieldPanel("hour")], "When"),
        FieldPanel(
            "greeting",
            help_text="A sentence or two above the stories, every week, in the letters that are "
            "written in the site’s own language.",
        ),
    ]

    class Meta:
        verbose_name = "newsletter"

    @classmethod
    def current(cls) -> "NewsletterSettings":
        """The settings, read and never written."""
        return cls.objects.first() or cls()
