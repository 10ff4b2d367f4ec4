"""Where the log's files are put: a directory, and an object store as a real server answers it."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import boto3
import httpx
import pytest
from botocore.config import Config

from almoner.log.store import Store
from almoner.publication.stores import Directory, ObjectStore, StoreError
from tests.server import Server
from tests.services import free_port
from tests.shop import order, send

BUCKET = "giving"
TILE, PARTIAL, BUNDLE = "tile/0/000", "tile/0/000.p/7", "tile/entries/x001/234"


class S3:
    """moto's own server on a port of its own, with one bucket."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests-secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT": self.url,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it with an empty bucket."""
        port = self.url.rpartition(":")[2]
        program = Path(sys.executable).with_name("moto_server")
        self.process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", port],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while True:
            try:
                with urlopen(Request(f"{self.url}/{BUCKET}", method="PUT"), timeout=5):
                    return
            except (URLError, ConnectionError):
                assert time.monotonic() < until, "moto does not answer"
                time.sleep(0.05)

    def stop(self) -> None:
        """Kill it, and what it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def head(self, path: str) -> dict[str, str]:
        """An object's headers, as another client of the store sees them."""
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="tests",
            aws_secret_access_key="tests-secret",
            config=Config(s3={"addressing_style": "path"}),
        )
        try:
            return client.head_object(Bucket=BUCKET, Key=path)
        finally:
            client.close()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """A running object store, its credentials in the environment."""
    server = S3()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    if request.param == "directory":
        return Directory(tmp_path / "log")
    request.getfixturevalue("s3")
    return ObjectStore(f"s3://{BUCKET}/log")


def test_a_store_gives_back_what_was_put_and_nothing_where_nothing_was(store: Store) -> None:
    assert store.get("checkpoint") is None
    assert store.get(PARTIAL) is None

    store.put("checkpoint", b"one")
    store.put(PARTIAL, b"seven")
    store.put("checkpoint", b"two")

    assert store.get("checkpoint") == b"two"
    assert store.get(PARTIAL) == b"seven"
    assert store.get("tile/0/000.p") is None
    assert store.get(TILE) is None


@pytest.mark.parametrize("path", [TILE, PARTIAL, BUNDLE])
def test_a_tile_is_never_put_over_with_other_content(store: Store, path: str) -> None:
    store.put(path, b"as it was signed")
    store.put(path, b"as it was signed")

    with pytest.raises(StoreError, match=f"{path} is published with other content"):
        store.put(path, b"otherwise")

    assert store.get(path) == b"as it was signed"


def test_partial_tiles_are_removed_together_and_the_full_one_stays(store: Store) -> None:
    for path in (TILE, PARTIAL, "tile/0/000.p/70", "tile/0/001.p/7"):
        store.put(path, path.encode())

    store.delete("tile/0/000.p/")
    store.delete("tile/0/000.p/")
    store.delete("tile/0/002")

    assert store.get(PARTIAL) is None
    assert store.get("tile/0/000.p/70") is None
    assert store.get(TILE) == TILE.encode()
    assert store.get("tile/0/001.p/7") == b"tile/0/001.p/7"


def test_who_reads_a_directory_never_sees_a_part(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    contents = [bytes([letter]) * 300_000 for letter in b"abc"]
    directory.put("checkpoint", contents[0])
    seen: set[bytes | None] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(directory.get("checkpoint"))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for each in readers:
        each.start()
    for at in range(60):
        directory.put("checkpoint", contents[at % 3])
    done.set()
    for each in readers:
        each.join()

    assert seen <= set(contents)
    assert len(seen) > 1, "nothing was read while it was written"
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint"]


@pytest.mark.parametrize("path", ["checkpoint", TILE])
def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, path: str
) -> None:
    """A directory in the way, for root may write anywhere else."""
    directory = Directory(tmp_path / "log")
    directory.put("keys.json", b"{}")
    in_the_way = tmp_path / "log" / path
    in_the_way.mkdir(parents=True)
    (in_the_way / "something").touch()

    with pytest.raises(StoreError) as caught:
        directory.put(path, b"content")

    said = str(caught.value)
    assert said.startswith(f"{in_the_way} cannot be written (Is a directory): mend the disk")
    assert not list(tmp_path.rglob("*.partial"))


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path: Path) -> None:
    """The system refuses to let a file grow, as it does where there is no room."""
    script = """
import resource, sys
from pathlib import Path
from almoner.publication.stores import Directory, StoreError
directory = Directory(Path(sys.argv[1]))
directory.put("checkpoint", b"old")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    directory.put("checkpoint", b"new" * 1000)
except StoreError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith(f"{tmp_path}/checkpoint cannot be written (File too large): ")
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint"]
    assert (tmp_path / "checkpoint").read_bytes() == b"old"


def test_a_tile_that_a_kill_left_is_brought_to_disk_before_it_is_relied_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written and named, but killed before the directories were synced."""
    top = tmp_path / "log"
    (top / "tile/0").mkdir(parents=True)
    (top / TILE).write_bytes(b"hashes")
    synced: list[str] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)

    Directory(top).put(TILE, b"hashes")

    assert synced == [str(top / "tile/0"), str(top / "tile"), str(top)]


def test_objects_say_what_they_are_and_for_how_long(s3: S3) -> None:
    store = ObjectStore(f"s3://{BUCKET}/some/log")
    for path in ("checkpoint", "keys.json", "counters.json", TILE, PARTIAL, BUNDLE):
        store.put(path, b"content")

    for path, kind in (
        ("checkpoint", "text/plain; charset=utf-8"),
        ("keys.json", "application/json"),
        ("counters.json", "application/json"),
    ):
        found = s3.head(f"some/log/{path}")
        assert (found["ContentType"], found["CacheControl"]) == (kind, "public, max-age=1")
    for path in (TILE, PARTIAL, BUNDLE):
        found = s3.head(f"some/log/{path}")
        assert found["ContentType"] == "application/octet-stream"
        assert found["CacheControl"] == "public, max-age=31536000, immutable"


def acts(store: ObjectStore) -> dict[str, str]:
    """What each act on a store that does not work says, and within what time."""
    said: dict[str, str] = {}
    for name, act in (
        ("read", lambda: store.get("checkpoint")),
        ("written", lambda: store.put("checkpoint", b"")),
        ("removed", lambda: store.delete("tile/0/000.p/")),
    ):
        started = time.monotonic()
        try:
            act()
        except StoreError as error:
            said[name] = str(error)
        assert time.monotonic() - started < 15
    return said


def test_an_unreachable_store_is_given_up_on_soon_in_one_same_sentence(s3: S3) -> None:
    s3.stop()
    store = ObjectStore(f"s3://{BUCKET}/log")

    said = acts(store)

    assert set(said) == {"read", "written", "removed"}
    for name, sentence in said.items():
        assert sentence.startswith(f"s3://{BUCKET}/log/")
        assert f" cannot be {name} (" in sentence
        assert "\n" not in sentence
        assert len(sentence) < 400
    assert acts(store) == said, "the same failure is told in other words"


def test_a_missing_bucket_is_one_sentence(s3: S3) -> None:
    said = acts(ObjectStore("s3://nowhere/log"))

    assert "NoSuchBucket" in said["written"]
    assert all("\n" not in sentence for sentence in said.values())


def test_a_site_without_its_object_store_goes_on_and_publishes_when_it_is_back(
    s3: S3, home: Path, installed_home: None
) -> None:
    s3.stop()
    server = Server(home)
    server.environment |= {"ALMONER_LOG_STORE": f"s3://{BUCKET}/log", **s3.environment}
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=30) as http:
            assert http.get("/").status_code == 200
            answer = http.get("/log/checkpoint")
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert answer.headers["content-type"] == "application/problem+json"
            log = (home / "server.log").read_text()
            told = [line for line in log.splitlines() if "cannot be published" in line]
            assert len(told) == 1, log
            assert "Traceback" not in log

            s3.start()

            until = time.monotonic() + 60
            while http.get("/log/checkpoint").status_code != 200:
                assert time.monotonic() < until, "it is not published"
                time.sleep(0.1)
    finally:
        server.stop()


def test_a_store_that_never_answers_holds_up_nothing_but_its_own_files(
    home: Path, installed_home: None
) -> None:
    server = Server(home)
    with socket.create_server(("127.0.0.1", 0), backlog=1_000) as silent:
        port = silent.getsockname()[1]
        server.environment |= {
            **S3().environment,
            "ALMONER_LOG_STORE": f"s3://{BUCKET}/log",
            "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
        }
        server.start()
        try:
            readers = [
                threading.Thread(target=ask, args=(f"{server.url}/log/checkpoint",))
                for _ in range(30)
            ]
            for each in readers:
                each.start()
            with httpx.Client(base_url=server.url, timeout=30) as http:
                time.sleep(0.5)
                started = time.monotonic()
                assert send(server.url, order(880_001)).status_code == 200
                assert http.get("/counters").status_code == 200
                assert http.get("/").status_code == 200
                assert time.monotonic() - started < 5
        finally:
            server.kill()
            for each in readers:
                each.join()


def ask(url: str) -> None:
    """Wait for an answer until there is none to come."""
    with suppress(httpx.HTTPError):
        httpx.get(url, timeout=60)
