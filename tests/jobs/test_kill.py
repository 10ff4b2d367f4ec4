"""Kill −9 of a worker in the middle of a job, on both databases; two workers at once."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

COUNTING = Path(__file__).with_name("counting.py")


class Counting:
    """Workers that can count, over one installation."""

    def __init__(self, home, database):
        self.environment = {
            **os.environ,
            "ALMONER_HOME": str(home),
            "ALMONER_DATABASE": database,
        }
        self.file = home / "counted"
        self.workers = []

    def work(self):
        worker = subprocess.Popen([sys.executable, COUNTING, "work"], env=self.environment)
        self.workers.append(worker)
        return worker

    def ask(self, *arguments):
        done = subprocess.run(
            [sys.executable, COUNTING, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def start(self, **arguments):
        return self.ask("start", json.dumps({"file": str(self.file), **arguments}))

    def lines(self):
        if not self.file.exists():
            return []
        return [
            (int(number), int(process), float(began), float(ended))
            for number, process, began, ended in map(str.split, self.file.read_text().splitlines())
        ]

    def wait_for(self, lines):
        until = time.monotonic() + 60
        while len(self.lines()) < lines:
            assert time.monotonic() < until, self.lines()
            time.sleep(0.02)

    def wait_for_end(self, job):
        until = time.monotonic() + 60
        while (found := self.ask("tell", str(job)))[0] in ("waiting", "running"):
            assert time.monotonic() < until, found
        return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def counting(request, home, install):
    database = "sqlite"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url")
    install(home, database)
    counting = Counting(home, database)
    yield counting
    for worker in counting.workers:
        worker.kill()
        worker.wait()


@pytest.mark.slow
def test_a_killed_worker_s_job_goes_on_at_its_cursor_and_never_twice_at_once(counting):
    job = counting.start(to=100)
    first = counting.work()
    counting.wait_for(10)
    second = counting.work()  # waits for work while the first one lives
    counting.wait_for(30)
    first.send_signal(signal.SIGKILL)
    first.wait()

    state, done, result, error = counting.wait_for_end(job)

    lines = counting.lines()
    assert (state, done, result, error) == ("finished", 100, {"sentence": "Counted to 100."}, "")
    assert {number for number, *_ in lines} == set(range(100))
    assert len(lines) <= 101  # the step that was cut off may have been done twice
    assert {process for _, process, _, _ in lines} == {first.pid, second.pid}
    for (_, _, _, ended), (_, _, began, _) in pairwise(lines):
        assert ended <= began


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_gives_its_job_back_for_the_next_one(counting):
    job = counting.start(to=60)
    first = counting.work()
    counting.wait_for(5)
    first.terminate()
    assert first.wait(20) == 0
    assert counting.ask("tell", str(job))[0] == "waiting"

    counting.work()
    state, done, *_ = counting.wait_for_end(job)

    assert (state, done) == ("finished", 60)
    assert [number for number, *_ in counting.lines()] == list(range(60))


@pytest.mark.slow
def test_a_job_that_kills_its_worker_again_and_again_is_given_up(counting):
    job = counting.start(to=9, deadly=4)
    for _ in range(3):
        assert counting.work().wait(60) == -signal.SIGKILL
    counting.work()

    state, done, _, error = counting.wait_for_end(job)

    assert (state, done) == ("failed", 4)
    assert "killed 3 times" in error


def children(server):
    found = subprocess.run(
        ["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True
    ).stdout
    return {int(each) for each in found.split()}


def wait_until(true, seconds=60):
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


@pytest.mark.slow
def test_the_server_s_worker_comes_back_when_it_dies_and_goes_with_the_server(server):
    (first,) = wait_until(lambda: children(server))
    os.kill(first, signal.SIGKILL)
    (second,) = wait_until(lambda: children(server) - {first})
    wait_until(lambda: list((server.home / "workers").glob("worker-*.lock")))
    assert Path(f"/proc/{second}").exists()

    server.kill()

    wait_until(lambda: not Path(f"/proc/{second}").exists(), 20)
    server.start()
    (third,) = wait_until(lambda: children(server))
    server.stop()
    assert not Path(f"/proc/{third}").exists()
