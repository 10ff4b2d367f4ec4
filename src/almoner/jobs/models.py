"""A job: what is to be done, how far it is, and what came of it."""

from typing import Any

from django.conf import settings
from django.db import models


class Job(models.Model):
    """One piece of long work.

    Only `almoner.jobs.queue` and the worker that it belongs to change its state. The work
    itself sets `cursor`, where it would go on after a kill, and `result`: a `sentence` and a
    `link` in it are shown to whoever started it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"

    kind = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    arguments: Any = models.JSONField(default=dict)
    cursor: Any = models.JSONField(null=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    result: Any = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    # Of the queue: nobody else reads these.
    worker = models.CharField(max_length=64, blank=True)
    task = models.UUIDField(null=True)
    stop_wanted = models.BooleanField(default=False)
    deaths = models.PositiveSmallIntegerField(default=0)
    told = models.BooleanField(default=False)

    class Meta:
        db_table = "jobs_job"
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("state", "worker"), name="jobs_by_state"),
            models.Index(fields=("started_by", "told", "state"), name="jobs_to_tell"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int | None:
        """How much of it is done; None where nobody knows."""
        if not self.total:
            return None
        return min(100, self.done * 100 // self.total)

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def can_run_again(self) -> bool:
        """Whether it ended early and can go on from its cursor."""
        return self.state in (self.State.FAILED, self.State.STOPPED)
