"""Endpoints and what was sent to them; e-mail and what became of it."""

from typing import Any

from django.db import models


class Endpoint(models.Model):
    """Where a program of somebody's takes our messages. No types: all of them."""

    url = models.URLField("address", max_length=500)
    description = models.CharField(max_length=120, blank=True)
    types: Any = models.JSONField(default=list, blank=True)
    secret = models.CharField(max_length=120, editable=False)
    enabled = models.BooleanField(default=True)
    off_because = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "notices_endpoint"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.description or self.url

    def wants(self, type: str) -> bool:
        """Whether messages of a type go there."""
        return not self.types or type in self.types


class Message(models.Model):
    """What happened, as it is sent: `payload` is the body's text, the same at every attempt.

    `key` keeps the same moment from being told twice.
    """

    id = models.CharField(max_length=40, primary_key=True)
    type = models.CharField(max_length=40)
    payload = models.TextField()
    key = models.CharField(max_length=200, unique=True, null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "notices_message"
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class Dispatch(models.Model):
    """A message on its way to one endpoint. Dead: every attempt failed."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        TAKEN = "taken", "Taken"
        DEAD = "dead", "Dead"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="dispatches")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="dispatches")
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()

    class Meta:
        db_table = "notices_dispatch"
        ordering = ("-pk",)
        indexes = (models.Index(fields=("state", "due_at"), name="notices_dispatch_due"),)
        constraints = (
            models.UniqueConstraint(fields=("message", "endpoint"), name="notices_one_dispatch"),
        )

    def __str__(self) -> str:
        return f"{self.message} to {self.endpoint}"


class Attempt(models.Model):
    """One request to an endpoint, and its answer: `status` is None where there was none."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    seconds = models.FloatField()

    class Meta:
        db_table = "notices_attempt"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.status or self.error} at {self.at:%Y-%m-%d %H:%M:%S}"


class Mail(models.Model):
    """One e-mail, as it was or will be sent. `secret` is the link in it that lets somebody in."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        WRITTEN = "written", "Written to the folder"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=40)
    to = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    secret = models.CharField(max_length=600, blank=True)
    key = models.CharField(max_length=200, unique=True, null=True)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices_mail"
        ordering = ("-pk",)
        indexes = (models.Index(fields=("state", "due_at"), name="notices_mail_due"),)

    def __str__(self) -> str:
        return self.subject


class Watch(models.Model):
    """How far the ledger was looked at for moments to tell; one row.

    `since` is the first look, `versions` each campaign's last version at it.
    """

    since = models.DateTimeField()
    versions: Any = models.JSONField(default=dict)
    entry = models.BigIntegerField()

    class Meta:
        db_table = "notices_watch"
        default_permissions = ()

    def __str__(self) -> str:
        return f"before entry {self.entry}"
