"""Times in which a campaign's brake was on: reads gave nothing through it until somebody looked."""

from django.conf import settings
from django.db import models

from almoner.giving.models.campaigns import Campaign

MAX_NOTE = 500


class Pause(models.Model):
    """A pause that a person ended: what it left out, and what of that was counted after all.

    The brake itself is in `reading`, which knows no Django; this row is who let it go, and why.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="pauses")
    since = models.DateTimeField()
    reason = models.CharField(max_length=200)
    left_out = models.PositiveBigIntegerField()
    counted = models.PositiveBigIntegerField()
    note = models.TextField(max_length=MAX_NOTE)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField()

    class Meta:
        db_table = "giving_pause"
        ordering = ("-since",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=("campaign", "since"), name="giving_one_pause"),
        )

    def __str__(self) -> str:
        return f"{self.campaign}, paused at {self.since:%Y-%m-%d %H:%M}"
