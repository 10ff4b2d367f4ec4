"""What a job promises, with a worker in this process."""

import pytest
from django.db import transaction

from almoner.jobs import queue
from almoner.jobs.models import Job
from almoner.jobs.work import Progress, WorkError
from almoner.jobs.worker import Worker
from almoner.people.roles import AUDITORS, EDITORS, FINANCE

pytestmark = pytest.mark.django_db(transaction=True)


def steps(job):
    """Three steps, the last of which says what came of it."""
    for number in range(job.cursor or 0, 3):
        job.cursor = number + 1
        yield Progress(number + 1, 3, f"Step {number + 1}")
    job.result = {"sentence": "All three are done."}


def failing_once(job):
    """Fails after its first step, and only the first time."""
    job.cursor = (job.cursor or 0) + 1
    yield Progress(job.cursor, 2)
    if job.cursor == 1:
        raise WorkError("The file ends in the middle of a line: send it again.")


def work_all():
    Worker().run_waiting()


def test_a_job_is_done_and_says_what_came_of_it(can):
    can("steps", steps)
    job = queue.start("steps", "Three steps", {"of": 3})
    assert (job.state, job.percent) == ("waiting", None)

    work_all()

    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.percent) == ("finished", 3, 3, 100)
    assert job.result == {"sentence": "All three are done."}
    assert job.started_at <= job.ended_at


def test_a_job_that_is_started_in_a_transaction_that_fails_never_was(can):
    can("steps", steps)
    with transaction.atomic():
        queue.start("steps", "Three steps", {})
        transaction.set_rollback(True)

    work_all()

    assert not Job.objects.exists()


def test_a_failed_job_says_why_and_goes_on_from_its_cursor(can):
    can("failing", failing_once)
    job = queue.start("failing", "Reading a file", {})
    work_all()
    job.refresh_from_db()
    assert (job.state, job.cursor) == ("failed", 1)
    assert job.error == "The file ends in the middle of a line: send it again."

    assert queue.go_on(job)
    assert not queue.go_on(job)
    work_all()

    job.refresh_from_db()
    assert (job.state, job.cursor, job.error) == ("finished", 2, "")


def test_what_fails_unexpectedly_is_told_without_its_insides(can):
    def broken(job):
        yield Progress(0)
        raise ValueError("the secret is 1234")

    can("broken", broken)
    job = queue.start("broken", "Broken", {})
    work_all()

    job.refresh_from_db()
    assert job.state == "failed"
    assert "ValueError" in job.error
    assert "1234" not in job.error


def test_a_job_of_a_kind_that_this_version_does_not_know_fails_with_its_name(can):
    can("gone", steps)
    job = queue.start("gone", "Of an older version", {})
    can("gone", None)
    work_all()

    job.refresh_from_db()
    assert (job.state, "gone" in job.error) == ("failed", True)


def test_a_waiting_job_stops_at_once_and_a_running_one_after_its_step(can):
    def stopped_meanwhile(job):
        yield Progress(1, 3)
        queue.stop(Job.objects.get(pk=job.pk))
        yield Progress(2, 3)
        raise AssertionError("it went on")

    can("steps", steps)
    can("running", stopped_meanwhile)
    waiting = queue.start("steps", "Waiting", {})
    running = queue.start("running", "Running", {})
    queue.stop(waiting)
    work_all()

    waiting.refresh_from_db()
    running.refresh_from_db()
    assert (waiting.state, waiting.done) == ("stopped", 0)
    assert (running.state, running.done) == ("stopped", 2)


def test_a_job_that_another_worker_took_over_writes_nothing_more(can):
    def taken_over(job):
        Job.objects.filter(pk=job.pk).update(worker="another", done=7)
        yield Progress(1, 9)
        raise AssertionError("it went on")

    can("taken", taken_over)
    job = queue.start("taken", "Taken over", {})
    Worker().run_waiting()

    job.refresh_from_db()
    assert job.done == 7


def test_whoever_started_it_is_told_once_on_their_next_page(can, logged_in):
    can("steps", steps)
    client = logged_in(FINANCE)
    queue.start("steps", "Three <b>steps", {}, client.user)
    work_all()

    first = client.get("/admin/account/").content.decode()
    second = client.get("/admin/account/").content.decode()

    assert "<b>Three &lt;b&gt;steps</b>: All three are done." in first
    assert "All three are done." not in second


def test_finance_stops_a_job_an_auditor_only_sees_it_and_an_editor_does_not(can, logged_in):
    can("steps", steps)
    job = queue.start("steps", "Three steps", {})
    finance, auditor, editor = map(logged_in, (FINANCE, AUDITORS, EDITORS))

    assert "Three steps" in auditor.get("/admin/jobs/").content.decode()
    assert "Stop" not in auditor.get(f"/admin/jobs/{job.pk}/?part=1").content.decode()
    assert auditor.post(f"/admin/jobs/{job.pk}/", {"stop": ""}).status_code == 403
    assert editor.get("/admin/jobs/").status_code in (302, 403)
    assert finance.post(f"/admin/jobs/{job.pk}/", {"stop": ""}).status_code == 302

    job.refresh_from_db()
    assert job.state == "stopped"
    assert "Go on" in finance.get("/admin/jobs/?part=1").content.decode()
