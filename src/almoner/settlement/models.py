"""Deliveries, their evidence, what the charity said, and the months that are closed.

What moved is in the ledger. A row here is either a description (a note, a document) or what
somebody asked for, kept before it is entered, so that a crash between the two is mended from
the ledger (see `deliveries`). Amounts are minor units of the line's cause.
"""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import models

from almoner.giving.models import Campaign, Cause, Charity
from almoner.units import MAX_MINOR

MAX_REFERENCE = 90
MAX_LINES = 50  # half of what one transfer may hold: one posting each
MAX_DOCUMENTS = 20  # as many as an entry of the public log may name
MAX_TEXT = 2_000  # a note, a reason: about a page


def somebody() -> Any:
    """Who did it, as long as the person has a log-in."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )


class Delivery(models.Model):
    """Units or money handed to a charity on one day."""

    class State(models.TextChoices):
        PREPARED = "prepared", "Prepared"
        SENT = "sent", "Sent"
        PARTLY = "partly confirmed", "Partly confirmed"
        CONFIRMED = "confirmed", "Confirmed"
        DISPUTED = "disputed", "Disputed"
        REVERSED = "reversed", "Reversed"

    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="deliveries")
    day = models.DateField("handed over on")
    reference = models.CharField(max_length=MAX_REFERENCE)
    note = models.TextField(blank=True, max_length=MAX_TEXT)
    state = models.CharField(max_length=20, choices=State, default=State.PREPARED)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.PositiveIntegerField(default=0)
    sending_at = models.DateTimeField(null=True)
    entry = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = somebody()
    link_number = models.PositiveIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    prepared_at = models.DateTimeField(auto_now_add=True)
    pk: int
    lines: "models.Manager[Line]"
    documents: "models.Manager[Document]"
    answers: "models.Manager[Answer]"
    reversals: "models.Manager[Reversal]"
    disputes: "models.Manager[Dispute]"
    get_state_display: Callable[[], str]

    class Meta:
        db_table = "settlement_delivery"
        ordering = ("-day", "-pk")
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(
                fields=("charity", "reference"),
                name="settlement_one_reference_a_charity",
                violation_error_message="This charity has a delivery with this reference already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} to {self.charity}"


class Lines(models.Manager):
    """Lines with their campaign and cause, which every use of them names."""

    def get_queryset(self) -> models.QuerySet:
        """Read all three at once."""
        return super().get_queryset().select_related("campaign", "cause")


class Line(models.Model):
    """What of one campaign's promise a delivery hands over."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="lines")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    cause = models.ForeignKey(Cause, on_delete=models.PROTECT, related_name="+")
    minor = models.BigIntegerField()

    objects = Lines()

    class Meta:
        db_table = "settlement_line"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("delivery", "campaign", "cause"), name="settlement_one_line_a_promise"
            ),
            models.CheckConstraint(
                condition=models.Q(minor__gt=0, minor__lte=MAX_MINOR), name="settlement_line_minor"
            ),
        )

    @property
    def key(self) -> str:
        """What amounts of answers and reversals are kept under."""
        return f"{self.campaign.slug}/{self.cause.slug}"


class Document(models.Model):
    """A document that shows a delivery. The file lies in the home under its SHA-256.

    `entry` is the entry of the public log that names its hash. Only the stripped copy
    (`public_sha256`) is ever shown to everybody, and only while `public` is set.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        LADING = "bill of lading", "Bill of lading"
        PHOTOGRAPH = "photograph", "Photograph"
        BANK = "bank confirmation", "Bank confirmation"
        OTHER = "other", "Another document"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by = somebody()
    entry = models.BigIntegerField(null=True)
    public = models.BooleanField(default=False)
    public_sha256 = models.CharField(max_length=64, blank=True)
    public_media_type = models.CharField(max_length=40, blank=True)
    caption = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "settlement_document"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("delivery", "sha256"), name="settlement_one_document_a_delivery"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def public_url(self) -> str:
        """Where everybody finds the stripped copy, "" where it is not public."""
        ending = "png" if self.public_media_type == "image/png" else "jpg"
        return f"/evidence/{self.public_sha256}.{ending}" if self.public else ""


class Answer(models.Model):
    """What the charity said of a delivery: its `number` makes saying it twice harmless."""

    class Kind(models.TextChoices):
        ALL = "all", "All arrived"
        PART = "part", "Part arrived"
        WRONG = "wrong", "Something is wrong"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="answers")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=120)
    note = models.TextField(blank=True, max_length=MAX_TEXT)
    amounts = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    at = models.DateTimeField()
    entry = models.BigIntegerField(null=True)
    refused = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "settlement_answer"
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=("delivery", "number"), name="settlement_one_answer_a_number"
            ),
        )


class Reversal(models.Model):
    """What was taken back of a delivery. `steps` are the transfers it takes, in order.

    A step is {"of": "confirmation" or "delivery", "corrects": index, "amounts": {…}}.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="reversals")
    number = models.PositiveIntegerField()
    reason = models.TextField(max_length=MAX_TEXT)
    steps = models.JSONField()
    at = models.DateTimeField()
    by = somebody()
    entry = models.BigIntegerField(null=True)
    refused = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "settlement_reversal"
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=("delivery", "number"), name="settlement_one_reversal_a_number"
            ),
        )


class Dispute(models.Model):
    """A disagreement over a delivery. That there is one is public; its text is not."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"
        SETTLED = "settled", "Settled"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="disputes")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    name = models.CharField("opened by", max_length=120)
    text = models.TextField(max_length=MAX_TEXT)
    opened_at = models.DateTimeField()
    reply = models.TextField(blank=True, max_length=MAX_TEXT)
    replied_at = models.DateTimeField(null=True)
    replied_by = somebody()
    outcome = models.TextField(blank=True, max_length=MAX_TEXT)
    settled_at = models.DateTimeField(null=True)
    settled_by = somebody()

    class Meta:
        db_table = "settlement_dispute"
        ordering = ("-opened_at",)

    def __str__(self) -> str:
        return f"Dispute over {self.delivery}"


class Period(models.Model):
    """A closed month. It holds the entries from `first_entry` until before `end_entry`.

    There is no row for a month that is open, and no way to open one again.
    """

    first_day = models.DateField(unique=True)
    last_day = models.DateField(unique=True)
    closed_at = models.DateTimeField()
    closed_by = somebody()
    first_entry = models.BigIntegerField()
    end_entry = models.BigIntegerField()
    checkpoint = models.TextField(blank=True)

    class Meta:
        db_table = "settlement_period"
        ordering = ("-first_day",)

    def __str__(self) -> str:
        return f"{self.first_day:%B %Y}"


class CharityLink(models.Model):
    """The link to a charity's own page: another number makes all earlier links useless."""

    charity = models.OneToOneField(Charity, on_delete=models.CASCADE, related_name="own_page")
    number = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "settlement_charity_link"
