"""Starts jobs, stops them and lets them go on.

The task queue is django-tasks with its database back-end: a task there is a call of `run`
with a job's number. The job is the truth and the task only the call to look at it, so a task
that comes twice, or too late, finds nothing to do.

Guarantee: a change of state is one conditional statement; of two that try, one succeeds.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskContext

from almoner.jobs.models import Job
from almoner.jobs.work import work_of

BACKEND = "jobs"  # in Django's TASKS
State = Job.State


@task(backend=BACKEND, takes_context=True)
def run(context: TaskContext, pk: int) -> None:
    """Do a job, as the worker that took this task."""
    from almoner.jobs.running import run as run_job

    run_job(pk, context.task_result.worker_ids[-1])


def start(kind: str, title: str, arguments: dict[str, Any], user: Any = None) -> Job:
    """Put a job into the queue; a worker takes it within a second.

    In a transaction of Django's it is there when the transaction is committed. `arguments`
    are values of JSON; `user` is told when it is done.
    """
    assert work_of(kind) is not None, f"no work is registered as {kind}"
    with transaction.atomic():
        job = Job.objects.create(kind=kind, title=title, arguments=arguments, started_by=user)
        call(job)
    return job


def call(job: Job) -> None:
    """Call a worker to look at a job that waits."""
    job.task = run.enqueue(job.pk).id
    Job.objects.filter(pk=job.pk).update(task=job.task)


def longest_wait() -> timedelta | None:
    """How long the first job has waited while none is running; None where all is well."""
    if Job.objects.filter(state=State.RUNNING).exists():
        return None
    first = Job.objects.filter(state=State.WAITING).order_by("created_at").first()
    return timezone.now() - first.created_at if first else None


def stop(job: Job) -> None:
    """Stop a job: at once where it waits, after its present step where it runs."""
    stopped = Job.objects.filter(pk=job.pk, state=State.WAITING).update(
        state=State.STOPPED, ended_at=timezone.now(), told=True
    )
    if not stopped:
        Job.objects.filter(pk=job.pk, state=State.RUNNING).update(stop_wanted=True)


def go_on(job: Job) -> bool:
    """Let a job that failed or was stopped go on from its cursor; whether it could."""
    with transaction.atomic():
        waits = Job.objects.filter(pk=job.pk, state__in=(State.FAILED, State.STOPPED)).update(
            state=State.WAITING,
            stop_wanted=False,
            worker="",
            error="",
            ended_at=None,
            deaths=0,
            told=False,
        )
        if waits:
            call(job)
    return bool(waits)
