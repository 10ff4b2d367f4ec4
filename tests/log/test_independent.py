"""A log made here is accepted by golang.org/x/mod/sumdb, and one with a flipped byte is not.

It reads what anybody reads, the files of a log, and shares no code with what wrote them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from almoner.log import note
from almoner.log.checkpoint import Checkpoint
from almoner.log.entry import Entry, EntryPledge, EntryPosting, encode
from almoner.log.writer import Writer
from tests.log.model import ORIGIN, flip, signer, witness

SOURCE = Path(__file__).parent / "independent/main.go"
# Where Debian and Fedora put the sources of packaged Go libraries.
LIBRARIES = Path("/usr/share/gocode")
OLDER = (1, 256, 65_536, 69_999, 70_000)
SIZE = 70_000  # the size that C2SP tlog-tiles takes for its example: three levels of tiles

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="golang.org/x/mod is a package of Linux distributions"
)


class Directory:
    """A log's files on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, path: str) -> bytes | None:
        file = self.path / path
        return file.read_bytes() if file.is_file() else None

    def put(self, path: str, content: bytes) -> None:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def delete(self, path: str) -> None:
        shutil.rmtree(self.path / path, ignore_errors=True)


def entry(index: int) -> bytes:
    meal = EntryPosting("external", "charity/harbor-table/owed/meals/bowls", "meal", "1")
    return encode(
        Entry(
            1,
            index,
            "2026-05-20T12:00:00.000000Z",
            "pledge",
            f"{index:064x}",
            pledges=(EntryPledge("bowls", 1, "1"),),
            postings=(meal,),
        )
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 70,000 entries, published at several sizes, its old partial tiles collected."""
    store = Directory(tmp_path_factory.mktemp("log"))
    writer, key, other = Writer(store), signer(), witness("w.example", 2)
    for size in OLDER:
        writer.add(map(entry, range(writer.size, size)))
        writer.flush()
        text = Checkpoint(ORIGIN, size, writer.root).text
        signed = note.write(text, [key.sign(text), other.cosign(text, 1_790_000_000)])
        store.put(f"checkpoint.{size}", signed.encode())
        store.put("checkpoint", signed.encode())
        writer.collect()
    return store.path


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The other implementation, compiled without the network."""
    go, made = shutil.which("go"), tmp_path_factory.mktemp("go")
    has_library = (LIBRARIES / "src/golang.org/x/mod/sumdb/tlog").is_dir()
    assert go, "Go is not installed: run scripts/services go"
    assert has_library, "golang.org/x/mod is not installed: run scripts/services go"
    subprocess.run(
        [go, "build", "-o", made / "main", SOURCE],
        check=True,
        cwd=made,
        env={
            **os.environ,
            "GO111MODULE": "off",
            "GOPATH": str(LIBRARIES),
            "GOFLAGS": "",
            "GOPROXY": "off",
            "GOCACHE": str(made / "cache"),
        },
    )
    return made / "main"


def read(program: Path, log: Path, key: str = str(signer().key)) -> tuple[int, str]:
    """The other implementation's exit code, and what it said."""
    older = [f"checkpoint.{size}" for size in OLDER]
    done = subprocess.run([program, log, key, *older], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_log_made_here_is_accepted(program: Path, log: Path) -> None:
    code, said = read(program, log)

    assert code == 0, said
    assert said.startswith("70000 entries, root ")


def test_a_log_of_another_key_is_refused(program: Path, log: Path) -> None:
    code, said = read(program, log, str(signer(ORIGIN, 3).key))

    assert (code, said) == (1, "note has no verifiable signatures\n")


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000",
        "tile/0/272",
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
        "tile/entries/000",
        "tile/entries/200",
        "tile/entries/273.p/112",
        "checkpoint",
        "checkpoint.256",
    ],
)
@pytest.mark.parametrize("part", [0, 1 / 2, 0.999])
def test_a_flipped_byte_is_refused(program: Path, log: Path, path: str, part: float) -> None:
    file = log / path
    whole = file.read_bytes()
    # The end of a checkpoint is the witness's signature, which this program does not know.
    at = int(len(whole) * (part / 4 if "checkpoint" in path else part))

    file.write_bytes(flip(whole, at * 8))
    code, said = read(program, log)
    file.write_bytes(whole)

    assert code == 1, said
    assert said


def test_what_lies_there_is_what_the_specification_says(log: Path) -> None:
    found = {str(file.relative_to(log)) for file in (log / "tile").rglob("*") if file.is_file()}
    full = {f"tile/{level}/{number:03}" for level in (0, "entries") for number in range(273)}
    partial = {"tile/0/273.p/112", "tile/entries/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"}

    # Of the size published just before, the tile that has not filled is still there.
    older = {"tile/0/273.p/111", "tile/entries/273.p/111"}
    assert found == {*full, "tile/1/000", *partial, *older}
