"""Somebody watches a job: its bar moves by itself, and without script at a press."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from almoner.stories.demo import PASSWORD
from tests.server import Server

COUNTING = Path(__file__).parents[1] / "jobs/counting.py"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def counting(home, _demonstrated):
    """A demonstration without a worker of its own, and one beside it that can count."""
    shutil.copytree(_demonstrated, home, dirs_exist_ok=True)
    server = Server(home)
    server.environment["ALMONER_WORKER"] = "false"
    environment = {**os.environ, **server.environment}
    told = json.dumps({"file": str(home / "counted"), "to": 9_000})
    subprocess.run([sys.executable, COUNTING, "start", told], env=environment, check=True)
    worker = subprocess.Popen([sys.executable, COUNTING, "work"], env=environment)
    yield server.start()
    worker.kill()
    worker.wait()
    server.stop()


def log_in(page, url):
    page.goto(f"{url}/admin/login/")
    page.fill("[name=username]", "finance")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{url}/admin/")


def done(page):
    text = page.locator(".job-progress span").first.inner_text()
    return int(text.split(" of ")[0].replace(",", "")) if " of " in text else 0


def test_the_bar_moves_and_the_job_stops_at_a_press(counting, browser):
    page = browser.new_context().new_page()
    log_in(page, counting.url)
    page.goto(f"{counting.url}/admin/jobs/")
    page.evaluate("window.here = true")
    page.wait_for_function(
        "/[1-9][\\d,]* of 9,000/.test(document.querySelector('.jobs').innerText)"
    )
    before = done(page)
    page.wait_for_timeout(3_000)
    assert done(page) > before
    assert page.evaluate("window.here")  # it was not loaded anew

    without = browser.new_context(java_script_enabled=False).new_page()
    log_in(without, counting.url)
    without.goto(f"{counting.url}/admin/jobs/")
    before = done(without)
    without.wait_for_timeout(500)
    with without.expect_navigation():
        without.click(".jobs-again a")
    assert done(without) > before
    without.click("text=Counting")
    without.click("button:has-text('Stop')")
    without.wait_for_timeout(1_000)
    without.reload()

    assert "Stopped" in without.inner_text(".jobs")
    page.wait_for_function("document.querySelector('.job-state').innerText === 'Stopped'")
    assert "Go on" in page.inner_text(".jobs")
