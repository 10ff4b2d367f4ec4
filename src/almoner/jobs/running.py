"""Does one job: takes it, saves its cursor at every step, and says how it ended.

Guarantee: a job belongs to one worker at a time. Every statement here names the worker it
belongs to, so one that lost its job (its session with PostgreSQL ended, and another worker
took over) can write nothing more about it and ends at its next step.
"""

import logging
from contextlib import closing
from threading import Event
from typing import Any

from django.db import transaction
from django.utils import timezone

from almoner.jobs import queue
from almoner.jobs.models import Job
from almoner.jobs.work import Progress, Work, WorkError, work_of

NOTE_LENGTH = Job._meta.get_field("note").max_length

State = Job.State
logger = logging.getLogger(__name__)

# Set when this process is to end: its job goes back to the queue after its present step.
ending = Event()


def run(pk: int, worker: str) -> None:
    """Do a job, if it is still there to be done."""
    job = _take(pk, worker)
    if job is None:
        return
    function = work_of(job.kind)
    try:
        if function is None:
            raise WorkError(f"This version of Almoner knows no work named {job.kind}.")
        state = _go(job, function)
    except WorkError as error:
        _end(job, State.FAILED, str(error))
    except Exception as error:
        logger.exception("The job %s (%s) failed", job.pk, job.title)
        said = f"It failed unexpectedly: {type(error).__name__}. The server's log says more."
        _end(job, State.FAILED, said)
    else:
        if state is not None:
            _end(job, state)


def _go(job: Job, function: Work) -> Job.State | None:
    """Do it step by step; how it ended, or None where it goes on elsewhere."""
    with closing(function(job)) as steps:  # type: ignore[type-var]
        for progress in steps:
            if not _save(job, progress):
                return None
            if Job.objects.filter(pk=job.pk, stop_wanted=True).exists():
                return State.STOPPED
            if ending.is_set():
                give_back(job, job.worker)
                return None
    return State.FINISHED


def _take(pk: int, worker: str) -> Job | None:
    taken = Job.objects.filter(pk=pk, state=State.WAITING).update(
        state=State.RUNNING, worker=worker
    )
    if not taken:
        return None
    job = Job.objects.get(pk=pk)
    if job.started_at is None:
        job.started_at = timezone.now()
        Job.objects.filter(pk=pk).update(started_at=job.started_at)
    return job


def _save(job: Job, progress: Progress) -> bool:
    """Put progress and cursor on disk; whether the job is still this worker's."""
    job.done, job.total, job.note = progress.done, progress.total, progress.note[:NOTE_LENGTH]
    return _update(job, done=job.done, total=job.total, note=job.note, cursor=job.cursor, deaths=0)


def _end(job: Job, state: Job.State, error: str = "") -> None:
    _update(
        job,
        state=state,
        error=error,
        cursor=job.cursor,
        result=job.result,
        ended_at=timezone.now(),
        worker="",
        stop_wanted=False,
    )


def _update(job: Job, **values: Any) -> bool:
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, worker=job.worker)
    return bool(mine.update(**values))


def give_back(job: Job, worker: str, **values: Any) -> bool:
    """Put a running job of a worker back into the queue; whether it still was that worker's."""
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, worker=worker)
    with transaction.atomic():
        back = mine.update(state=State.WAITING, worker="", **values)
        if back:
            queue.call(job)
    return bool(back)
