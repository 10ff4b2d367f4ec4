"""`almoner monitor` as an operator runs it: its lines, its exit codes, its webhook."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest
from standardwebhooks.webhooks import Webhook

from almoner.log.store import COUNTERS
from tests.audit.logs import Log, Site, counters, signer
from tests.server import ALMONER, START_SECONDS

SECRET = "whsec_QWxtb25lciBtb25pdG9ycyB3YXRjaCBsb2dz"


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "a").grow(300)


@pytest.fixture
def site(log):
    served = Site(log)
    yield served
    served.close()


@pytest.fixture
def environment(tmp_path):
    kept = {"XDG_STATE_HOME": str(tmp_path / "state"), "ALMONER_MONITOR_SECRET": SECRET}
    return {**os.environ, **kept, "COLUMNS": "200"}


@pytest.fixture
def once(environment):
    def _once(*arguments):
        command = [ALMONER, "monitor", *map(str, arguments), "--once"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout, done.stderr

    return _once


def altered(log, tmp_path):
    log.alter("tile/entries/001.p/44", 20)
    return "altered: Entry 256 was altered: its hash is not the one in tile/0/001.p/44."


def a_tile(log, tmp_path):
    log.alter("tile/0/000", 0)
    return "altered: tile/0/000 was altered: its hash 0 is not that of entry 0."


def off_by_one(log, tmp_path):
    log.files.put(COUNTERS, counters(log.entries, delivered=-1))
    return "counters: Meals (meals, delivered) is shown as -1 meal"


def gone(log, tmp_path):
    (log.files.path / "checkpoint").unlink()
    return "silent: "


@pytest.mark.parametrize("tamper", [altered, a_tile, off_by_one, gone])
def test_what_is_wrong_at_first_sight_ends_with_2_and_its_sentence(log, tmp_path, once, tamper):
    sentence = tamper(log, tmp_path)
    code, _, said = once(log.path)
    (line,) = said.splitlines()
    assert code == 2
    assert line.partition(" ")[2].startswith(sentence)


def fork(log, tmp_path):
    other = Log(tmp_path / "b", branch="soup").grow(400)
    shutil.copytree(other.path, log.path, dirs_exist_ok=True)
    return "fork: The log was forked: its checkpoint of 400 entries does not continue"


def rollback(log, tmp_path):
    older = Log(tmp_path / "b").grow(200)
    shutil.rmtree(log.path)
    shutil.copytree(older.path, log.path)
    return "rollback: The log was rolled back: it had 300 entries, and its checkpoint has 200."


def stale(log, tmp_path):
    ahead = Log(tmp_path / "b").grow(301)
    log.files.put(COUNTERS, counters(ahead.entries))
    return "stale: The checkpoint is stale: the site has shown 301 entries for"


@pytest.mark.parametrize("tamper", [fork, rollback, stale])
def test_what_becomes_wrong_ends_with_2_until_it_clears(log, tmp_path, once, tamper):
    shutil.copytree(log.path, tmp_path / "good")
    assert once(log.path)[0] == 0
    sentence = tamper(log, tmp_path)
    for _ in range(2):
        code, _, said = once(log.path, "--stale", 0)
        (line,) = said.splitlines()
        assert code == 2
        assert line.partition(" ")[2].startswith(sentence)
    shutil.rmtree(log.path)
    shutil.copytree(tmp_path / "good", log.path)
    code, printed, said = once(log.path)
    assert (code, said) == (0, "")
    assert f"cleared: {sentence.partition(':')[0]}" in printed


def test_all_well_ends_with_0_and_says_what_was_verified(log, site, once):
    code, printed, said = once(site.url, "--key", signer(1).key)
    assert (code, said) == (0, "")
    assert printed.endswith("harbor.example/log: 300 entries verified, 300 of them new\n")


def test_a_policy_that_is_not_met_ends_with_2(log, once, tmp_path):
    witness = signer(7, "w.example", algorithm=4).key
    policy = tmp_path / "policy"
    policy.write_text(f"log {signer(1).key}\nwitness w {witness}\nquorum w\n")
    code, _, said = once(log.path, "--policy", policy)
    assert code == 2
    assert "quorum: The quorum w of the policy is not met: cosigned by nobody." in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["/nowhere/at/all"], "neither a web address, a directory nor an audit bundle"),
        ([".", "--key", "x"], "--key: 'x' is not a verifier key"),
        ([".", "--policy", "/nowhere/policy"], "/nowhere/policy: "),
        ([".", "--webhook", "ftp://x"], "is not a web address"),
    ],
)
def test_what_cannot_be_watched_ends_with_1_and_a_sentence(once, arguments, sentence):
    code, _, said = once(*arguments)
    (line,) = said.splitlines()
    assert code == 1
    assert line.startswith("almoner: ")
    assert sentence in line


def test_it_goes_on_and_tells_the_hook_once(log, site, environment, tmp_path):
    command = [ALMONER, "monitor", site.url, "--every=1", f"--webhook={site.url}/hook"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert "300 entries verified" in running.stdout.readline()
        site.counters = counters(log.entries, owed=1)
        line = running.stderr.readline()
        assert "counters: Meals (meals, owed) is shown as 401 meal" in line
        time.sleep(3)
        site.counters = None
        assert running.stdout.readline().endswith("cleared: counters\n")
    finally:
        running.send_signal(signal.SIGTERM)
        rest = running.communicate(timeout=START_SECONDS)
    assert (running.returncode, *rest) == (0, "", "")
    ((headers, body),) = site.taken
    assert Webhook(SECRET).verify(body, headers)["type"] == "log.counters"
    assert json.loads(body)["data"]["log"] == site.url
