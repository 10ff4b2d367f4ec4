"""Who looked at a promise before it was made, and who made it.

Both are kept by the digest of the exact terms, so that what was approved cannot become
something else afterwards.
"""

from django.conf import settings
from django.db import models

from almoner.giving.models.campaigns import Campaign

DIGEST = 64  # hex characters of a SHA-256


class Review(models.Model):
    """Somebody asked for the terms with this digest to be looked at, and what was answered."""

    class Answer(models.TextChoices):
        WAITING = "waiting", "Waiting for review"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Sent back"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="reviews")
    digest = models.CharField(max_length=DIGEST)
    sentence = models.TextField(help_text="The promise as it read when it was asked about.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=16, choices=Answer, default=Answer.WAITING)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    answered_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, max_length=2000)

    class Meta:
        db_table = "giving_review"
        ordering = ("-asked_at", "-pk")

    def __str__(self) -> str:
        return f"{self.campaign}: {self.answered}"

    @property
    def answered(self) -> str:
        """How it stands, in the words of a campaign's state."""
        return str(self.Answer(self.answer).label)


class Publication(models.Model):
    """Who published a version, and whether anybody else had looked at it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="publications")
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=DIGEST)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField()
    review = models.ForeignKey(Review, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "giving_publication"
        ordering = ("-version",)
        constraints = (
            models.UniqueConstraint(
                fields=("campaign", "version"), name="giving_one_publication_a_version"
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign}, version {self.version}"
