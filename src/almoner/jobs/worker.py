"""The worker: does the jobs that wait, one at a time, and whatever comes round regularly.

Guarantee: while it lives it holds a lock in its name, which the system lets go of when it is
killed. A job whose worker's lock is free goes back into the queue, and nobody's job is taken
while its worker lives. A job that kills its worker `MAX_DEATHS` times at the same step is
given up. Limit: on PostgreSQL a worker whose session was ended notices at its next look, and
ends; for that step its job may run twice.
"""

import logging
import secrets
from datetime import timedelta
from threading import Event, Thread

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker as Tasks
from django_tasks_db.models import DBTaskResult

from almoner.jobs import queue, running
from almoner.jobs.lock import Lock, folder, is_free
from almoner.jobs.models import Job
from almoner.jobs.work import Regular, every, regular_work

LOOK = 1.0  # seconds between looks at an empty queue
# Looking for lost jobs is one indexed read; nobody minds five seconds after a crash.
RECOVER_EVERY = 5.0
MAX_DEATHS = 3
DAY = 86_400.0  # seconds
KEEP_CALLS = timedelta(days=30)

State = Job.State
logger = logging.getLogger(__name__)


class Worker:
    """One worker. `run` works until `stop` is called, from a signal or another thread."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(8)
        self._session = connection.copy()
        self._lock = Lock(f"worker-{self.name}", self._session)
        self._ending = Event()

    def stop(self) -> None:
        """End after the present step."""
        running.ending.set()
        self._ending.set()

    def run(self) -> None:
        """Work until told to stop."""
        self._begin()
        threads = [Thread(target=self._come_round, args=(each,)) for each in regular_work()]
        for thread in threads:
            thread.start()
        try:
            self._work()
        finally:
            self._ending.set()
            for thread in threads:
                thread.join()
            self._end()

    def run_waiting(self) -> None:
        """Do everything that waits, in this thread, and return; nothing comes round."""
        self._begin()
        try:
            recover(self.name)
            while self._next():
                pass
        finally:
            self._end()

    def _begin(self) -> None:
        taken = self._lock.take()
        assert taken, f"two workers are named {self.name}"

    def _end(self) -> None:
        self._lock.release()
        self._session.close()

    def _work(self) -> None:
        looks = 0
        while not self._ending.is_set():
            busy = False
            try:
                if looks % int(RECOVER_EVERY / LOOK) == 0:
                    if not self._lock.is_held():
                        raise LostError("PostgreSQL ended this worker's session.")
                    recover(self.name)
                busy = self._next()
            except DatabaseError:
                logger.exception("The jobs cannot be looked at just now")
                self._check()
            looks = 0 if busy else looks + 1
            if not busy:
                self._ending.wait(LOOK)

    def _check(self) -> None:
        close_old_connections()
        try:
            held = self._lock.is_held()
        except DatabaseError:
            held = False
        if not held:
            raise LostError("This worker's session with the database ended.")

    def _next(self) -> bool:
        """Do what waits longest; whether there was anything."""
        # A plain read first: taking a task needs SQLite's write lock, each time.
        tasks = DBTaskResult.objects.ready()  # type: ignore[attr-defined]
        if not tasks.filter(backend_name=queue.BACKEND).exists():
            return False
        Tasks(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name=queue.BACKEND,
            startup_delay=False,
            max_tasks=1,
            worker_id=self.name,
            excluded_queue_names=[],
        ).run()
        return True

    def _come_round(self, regular: Regular) -> None:
        lock = Lock(regular.name)
        while not self._ending.is_set():
            try:
                # Kept from round to round: another worker takes over when this one is gone.
                if lock.is_held() or lock.take():
                    regular.function()
            except Exception:
                logger.exception("%s failed; it is tried again", regular.name)
                connection.close()
            self._ending.wait(regular.seconds)
        lock.release()
        connection.close()


class LostError(Exception):
    """This worker no longer holds its name, so its jobs may be another one's by now."""


@every(DAY)
def tidy() -> None:
    """Delete old calls; the jobs stay."""
    old = timezone.now() - KEEP_CALLS
    DBTaskResult.objects.filter(finished_at__lt=old).delete()


def recover(worker: str) -> None:
    """Put the jobs of workers that are gone back into the queue."""
    for job in Job.objects.filter(state=State.RUNNING).exclude(worker=worker):
        if not is_free(f"worker-{job.worker}"):
            continue
        if job.deaths + 1 >= MAX_DEATHS:
            Job.objects.filter(pk=job.pk, state=State.RUNNING, worker=job.worker).update(
                state=State.FAILED,
                worker="",
                ended_at=timezone.now(),
                error=f"The worker was killed {MAX_DEATHS} times at the same step. "
                "Look for the reason in the system's log (memory?) before it goes on.",
            )
        elif running.give_back(job, job.worker, deaths=job.deaths + 1):
            logger.warning("The job %s (%s) lost its worker and goes on", job.pk, job.title)
    _call_again(worker)
    _sweep()


def _call_again(worker: str) -> None:
    """Call for jobs that wait, but whose call went with a worker that was killed."""
    for job in Job.objects.filter(state=State.WAITING):
        call = DBTaskResult.objects.filter(pk=job.task).first()
        if call is not None and call.status == "READY":
            continue
        holder = call.worker_ids[-1] if call is not None and call.status == "RUNNING" else ""
        if not holder or (holder != worker and is_free(f"worker-{holder}")):
            queue.call(job)


def _sweep() -> None:
    """Delete the lock files of workers that were killed."""
    for path in folder().glob("worker-*.lock"):
        is_free(path.stem)
