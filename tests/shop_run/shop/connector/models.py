from django.db import models


class Message(models.Model):
    """What is to be told: written with the order or the refund itself, or not at all."""

    kind = models.CharField(max_length=6)  # order or refund
    number = models.BigIntegerField()  # the order's or the payment event's key
    content = models.JSONField(null=True)
    answer = models.TextField(blank=True)
    answered = models.DateTimeField(null=True)

    class Meta:
        unique_together = ("kind", "number")
