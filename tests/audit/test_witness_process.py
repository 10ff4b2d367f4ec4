"""A real witness over a real socket: what it cosigned it never contradicts, killed or not."""

import os
import signal
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from http.client import HTTPConnection

import pytest

from almoner.audit import cosigner
from almoner.audit.cosigner import WitnessError
from almoner.audit.cosigning import ask
from almoner.log import checkpoint, note, proof, witness
from almoner.log.note import parse_key
from almoner.log.policy import Witness
from almoner.log.store import reader
from almoner.log.witness import MAX_REQUEST, Request
from tests.audit.logs import ORIGIN, Log, signer
from tests.server import ALMONER, START_SECONDS
from tests.services import free_port

NAME = "witness.example/w1"


class Process:
    """`almoner witness serve` of the test's own."""

    def __init__(self, home):
        self.home = home
        self.policy = home.parent / "policy"
        self.policy.write_text(f"log {signer(1).key}\nquorum none\n")
        self.key = parse_key(self.run("key", NAME).stdout.strip())
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def run(self, *arguments, **settings):
        """Run another `almoner witness` command."""
        done = subprocess.run(
            [ALMONER, "witness", *arguments, "--home", self.home],
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "200", **settings},
        )
        return done

    def start(self):
        self.process = subprocess.Popen(
            [ALMONER, "witness", "serve", self.policy, "--home", self.home, f"--port={self.port}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        assert self.process.stdout.readline() == f"{NAME} cosigns 1 logs at {self.url}\n"
        watchdog.cancel()
        return self

    def end(self, number):
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def ask(self, method, path, body=None):
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body)
            answer = connection.getresponse()
            media_type = answer.getheader("content-type")
            return answer.status, media_type, answer.read().decode()

    def add(self, log, old, proof=None):
        made = (log.prove(old) if old else ()) if proof is None else proof
        body = witness.write(Request(old, tuple(made), log.note))
        return self.ask("POST", "/add-checkpoint", body)


@pytest.fixture
def process(tmp_path):
    made = Process(tmp_path / "witness")
    yield made.start()
    made.end(signal.SIGTERM)


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "a")


def test_it_cosigns_what_it_keeps_and_shows_it(process, log):
    assert process.ask("GET", f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")[0] == 404
    log.grow(300)

    status, media_type, line = process.add(log, 0)

    assert (status, media_type) == (200, "text/plain; charset=utf-8")
    text, (made,) = note.split(f"{log.checkpoint.text}\n{line}")
    note.verify(text, made, process.key)
    assert abs(made.time - time.time()) < 60
    status, _, shown = process.ask("GET", f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
    found, opened = checkpoint.read(shown, [signer(1).key, process.key])
    assert (status, found) == (200, log.checkpoint)
    assert [each.name for each in opened.verified] == [ORIGIN, NAME]
    status, _, page = process.ask("GET", "/")
    assert status == 200
    assert str(process.key) in page
    assert "size  300, cosigned 20" in page


def test_it_answers_each_status_over_the_network(process, log, tmp_path):
    log.grow(10)
    stranger = Log(tmp_path / "b", signer(2)).grow(10)
    assert process.add(stranger, 0)[0] == 403
    assert process.ask("POST", "/add-checkpoint", b"old 0\n")[0] == 400
    assert process.add(log, 0)[0] == 200
    assert process.add(log, 0) == (409, "text/x.tlog.size", "10\n")
    log.grow(1)
    assert process.add(log, 10, proof=())[0] == 422
    assert process.add(log, 10)[0] == 200
    other = log.note.replace(ORIGIN, "harbor.example/other")
    body = witness.write(Request(0, (), other))
    assert process.ask("POST", "/add-checkpoint", body)[0] == 404
    assert process.ask("GET", "/add-checkpoint")[0] == 405
    assert process.ask("POST", "/")[0] == 405
    assert process.ask("GET", "/elsewhere")[0] == 404
    assert process.ask("POST", "/add-checkpoint", bytes(MAX_REQUEST + 1))[0] == 413


def test_killed_it_still_refuses_the_roll_back(process, log):
    log.grow(200)
    old = witness.write(Request(0, (), log.note))
    assert process.ask("POST", "/add-checkpoint", old)[0] == 200
    for size in (201, 202, 203):
        log.grow(1)
        assert process.add(log, size - 1)[0] == 200
        process.end(signal.SIGKILL)
        process.start()
        assert process.ask("POST", "/add-checkpoint", old) == (
            409,
            "text/x.tlog.size",
            f"{size}\n",
        )


def test_a_fork_is_refused(process, log, tmp_path):
    log.grow(200)
    assert process.add(log, 0)[0] == 200
    fork = Log(tmp_path / "b", branch="soup").grow(200)
    assert process.add(fork, 200, proof=())[0] == 422
    fork.grow(100)
    assert process.add(fork, 200)[0] == 422
    assert process.add(fork, 0)[0] == 409


def test_of_ten_conflicting_requests_one_wins(process, log, tmp_path):
    log.grow(100)
    assert process.add(log, 0)[0] == 200
    tips = []
    for number in range(10):
        tip = Log(tmp_path / f"tip-{number}").grow(100)
        tip.branch = f"branch-{number}"
        tips.append(tip.grow(number + 1, show=False))
    together = threading.Barrier(10)

    def add(tip):
        together.wait()
        return process.add(tip, 100)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(add, tips))

    winners = [at for at, (status, _, _) in enumerate(answers) if status == 200]
    assert len(winners) == 1
    size = 101 + winners[0]
    losers = [answer for at, answer in enumerate(answers) if at != winners[0]]
    assert losers == [(409, "text/x.tlog.size", f"{size}\n")] * 9


def test_a_log_is_cosigned_through_the_client_from_whatever_size(process, log):
    asked = [Witness("w", process.key, process.url)]
    held = {}
    for count in (3, 0, 300, 1):
        log.grow(count)
        found = ask(log.note, asked, log.prove, held if count != 300 else {}, timeout=20)
        assert found.troubles == {}
        assert found.held == {"w": log.checkpoint.size}
        (made,) = found.signatures
        note.verify(log.checkpoint.text, made, process.key)
        held = found.held


def test_it_starts_only_with_its_whole_memory_and_a_private_key(process, tmp_path):
    process.end(signal.SIGTERM)
    key, memory = process.home / "key.pem", process.home / "witness.db"

    def said():
        done = process.run("serve", process.policy)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        return line

    key.chmod(0o644)
    assert said() == f"almoner: Others on this machine can read {key}: run `chmod 600 {key}`."
    key.chmod(0o600)
    memory.rename(tmp_path / "aside")
    assert "must not go on: put it back" in said()
    memory.write_bytes(b"not a database" * 100)
    assert "is no witness's memory, or is damaged" in said()
    (tmp_path / "aside").rename(memory)
    key.write_text("nothing")
    assert "is no key in PEM" in said()
    process.policy.write_text("log nonsense\nquorum none\n")
    assert "line 1 of the policy" in said()
    process.policy.write_text("quorum none\n")
    assert "names no log to cosign" in said()


def test_a_key_is_made_once_and_kept_encrypted_where_there_is_a_passphrase(tmp_path):
    home = tmp_path / "a %20 witness? #1"
    key = cosigner.make(home, NAME, "a passphrase")
    assert (home / "key.pem").stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in (home / "key.pem").read_bytes()
    assert cosigner.public_key(home) == key
    with pytest.raises(WitnessError, match="there already"):
        cosigner.make(home, NAME, "")
    with pytest.raises(WitnessError, match="is not its passphrase"):
        cosigner.load(home, [], "another")
    with pytest.raises(WitnessError, match="is encrypted: mend ALMONER_WITNESS_PASSPHRASE"):
        cosigner.load(home, [], "")
    loaded = cosigner.load(home, [], "a passphrase")
    assert loaded.key == key
    loaded.close()


def test_a_name_that_is_none_makes_no_key(tmp_path):
    with pytest.raises(WitnessError, match="is not a key name"):
        cosigner.make(tmp_path / "witness", "two words", "")
    assert not (tmp_path / "witness").exists()


def test_the_key_of_another_witness_is_refused(tmp_path):
    cosigner.make(tmp_path / "one", NAME, "")
    cosigner.make(tmp_path / "two", NAME, "")
    (tmp_path / "one/key.pem").replace(tmp_path / "two/key.pem")
    with pytest.raises(WitnessError, match="is not the key that"):
        cosigner.load(tmp_path / "two", [], "")
    with pytest.raises(WitnessError, match="put the key back"):
        cosigner.make(tmp_path / "one", NAME, "")


def test_two_processes_over_one_memory_are_one_witness(tmp_path, log):
    cosigner.make(tmp_path / "w", NAME, "")
    one, two = (cosigner.load(tmp_path / "w", [signer(1).key], "") for _ in range(2))
    first = witness.write(Request(0, (), log.grow(20).note))
    assert one.add_checkpoint(first).name == NAME
    assert two.add_checkpoint(first).body == "20\n"
    log.grow(5)
    assert two.add_checkpoint(witness.write(Request(20, tuple(log.prove(20)), log.note)))
    assert one.add_checkpoint(first).body == "25\n"
    one.close()
    two.close()


def test_the_memory_itself_refuses_to_go_back(tmp_path, log):
    cosigner.make(tmp_path / "w", NAME, "")
    opened = cosigner.load(tmp_path / "w", [signer(1).key], "", clock=lambda: 1_800_000_000)
    log.grow(20)
    opened.add_checkpoint(witness.write(Request(0, (), log.note)))
    opened.close()
    with closing(sqlite3.connect(tmp_path / "w" / "witness.db")) as db:
        with pytest.raises(sqlite3.IntegrityError, match="never goes back"):
            db.execute("UPDATE held SET size = 19")
        with pytest.raises(sqlite3.IntegrityError, match="never forgets"):
            db.execute("DELETE FROM held")


def test_nothing_is_cosigned_that_could_not_be_kept(tmp_path, log):
    cosigner.make(tmp_path / "w", NAME, "")
    opened = cosigner.load(tmp_path / "w", [signer(1).key], "")
    log.grow(20)
    with closing(sqlite3.connect(tmp_path / "w" / "witness.db", isolation_level=None)) as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON held BEGIN SELECT RAISE(ABORT, 'x'); END")
        with pytest.raises(sqlite3.Error):
            opened.add_checkpoint(witness.write(Request(0, (), log.note)))
        db.execute("DROP TRIGGER full")
    assert opened.notes() == {}
    made = opened.add_checkpoint(witness.write(Request(0, (), log.note)))
    assert made.name == NAME
    assert proof.consistency(20, 20, reader(log.files, 20)) == []
    opened.close()
