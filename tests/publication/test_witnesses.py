"""A log and its witness, a real process: checkpoints are cosigned, or held back for the quorum."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from almoner.log import checkpoint, policy
from almoner.log.note import Note, VerifierKey, parse_key
from almoner.log.store import CHECKPOINT
from almoner.publication.publisher import PublicationError, Publisher
from almoner.publication.stores import open_store
from tests.audit.published import Published, install, sell
from tests.server import ALMONER, START_SECONDS
from tests.services import free_port

NAME = "harbor.example/w1"


class Witness:
    """`almoner witness serve` for one log."""

    def __init__(self, home: Path, log: VerifierKey) -> None:
        self.home = home
        self.policy = home.with_suffix(".policy")
        self.policy.write_text(f"log {log}\nquorum none\n")
        made = subprocess.run(
            [ALMONER, "witness", "key", NAME, "--home", home],
            capture_output=True,
            text=True,
            check=True,
        )
        self.key = parse_key(made.stdout.strip())
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; returns when it listens."""
        self.process = subprocess.Popen(
            [ALMONER, "witness", "serve", self.policy, "--home", self.home, f"--port={self.port}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith(NAME)

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


@pytest.fixture
def made(tmp_path: Path) -> Published:
    """A log with something in it, not published yet."""
    found = install(tmp_path / "home")
    sell(found, 20)
    return found


@pytest.fixture
def witness(made: Published, tmp_path: Path) -> Iterator[Witness]:
    """A witness of that log, not started yet."""
    found = Witness(tmp_path / "witness", made.keys.verifiers[0])
    yield found
    found.stop()


def under(made: Published, witness: Witness, quorum: str) -> Published:
    """The same log with a policy that names the witness."""
    terms = f"witness w1 {witness.key} http://127.0.0.1:{witness.port}\nquorum {quorum}\n"
    (made.home / "policy").write_text(terms)
    return replace(made, settings=msgspec.structs.replace(made.settings, log_policy="policy"))


def opened(made: Published, witness: Witness) -> Note:
    """The published checkpoint's note, its signatures and cosignatures verified."""
    content = open_store(made.settings).get(CHECKPOINT)
    assert content is not None
    return checkpoint.read(content.decode(), [*made.keys.verifiers, witness.key])[1]


def publisher(made: Published) -> Publisher:
    return Publisher(made.settings, made.database(), open_store(made.settings))


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.05)


def test_with_a_quorum_a_checkpoint_waits_for_its_cosignature(
    made: Published, witness: Witness
) -> None:
    logged = under(made, witness, "w1")
    publishing = publisher(logged)

    with pytest.raises(PublicationError, match="The quorum w1 has not cosigned"):
        publishing.publish()
    assert open_store(logged.settings).get(CHECKPOINT) is None

    witness.start()
    publishing.publish()
    sell(logged, 20, first=100)
    publishing.publish()
    publishing.close()

    note = opened(logged, witness)
    assert {each.name for each in note.verified} == {made.keys.origin, NAME}
    terms = policy.parse((logged.home / "policy").read_text())
    assert terms.is_met(note.verified)


def test_without_one_it_is_published_at_once_and_cosigned_soon_after(
    made: Published, witness: Witness
) -> None:
    logged = under(made, witness, "none")
    publishing = publisher(logged)
    publishing.publish()
    assert len(opened(logged, witness).verified) == 1

    witness.start()
    sell(logged, 20, first=100)

    def cosigned() -> bool:
        publishing.publish()
        return len(opened(logged, witness).verified) == 2

    until(cosigned)
    publishing.close()


def test_a_witness_refuses_a_log_that_went_back(
    made: Published, witness: Witness, tmp_path: Path
) -> None:
    witness.start()
    logged = under(made, witness, "w1")
    logged.publish()
    forked = replace(logged, home=tmp_path / "forked")
    forked = replace(forked, settings=msgspec.structs.replace(logged.settings, home=forked.home))
    # The operator's other set of books, under the same keys.
    other = install(forked.home)
    sell(other, 300, first=5_000)
    for file in (made.home / "keys").glob("log*"):
        (forked.home / "keys" / file.name).write_bytes(file.read_bytes())
    (forked.home / "policy").write_bytes((made.home / "policy").read_bytes())

    with pytest.raises(PublicationError, match="w1 answered 422"):
        forked.publish()
