"""Real servers for tests, benchmarks and chaos runs: on free ports, gone afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from time import sleep
from types import TracebackType

import psycopg


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def dump(url: str, file: Path) -> None:
    """Write the PostgreSQL database at `url` into `file`."""
    subprocess.run([_programs() / "pg_dump", "--file", file, url], check=True)


def load(url: str, file: Path) -> None:
    """Make the empty PostgreSQL database at `url` what was written into `file`."""
    command = [_programs() / "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1"]
    subprocess.run([*command, "--file", file, url], check=True, stdout=subprocess.DEVNULL)


def _programs() -> Path:
    initdb = shutil.which("initdb") or max(
        map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=""
    )
    assert initdb, "PostgreSQL is not installed: run scripts/services postgresql"
    return Path(initdb).resolve().parent


class PostgreSQL:
    """A PostgreSQL of our own. `durable` keeps fsync on, as an installation has it."""

    def __init__(self, *, durable: bool = False) -> None:
        self._programs = _programs()
        self._home = Path(mkdtemp(prefix="almoner-postgresql-"))
        # PostgreSQL refuses to run as root.
        self._user = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self._home, self._user, -1)
        self._port = free_port()
        self._durable = durable
        self._numbers = count(1)
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> "PostgreSQL":
        try:
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def database(self) -> str:
        """Make an empty database under a name of its own; its URL."""
        name = f"almoner_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
        return f"{self.url.rpartition('/')[0]}/{name}"

    def start(self) -> None:
        """Start it, recovering what a kill left; returns when it answers."""
        options = f"-p {self._port} -k {self._home} -c listen_addresses=127.0.0.1"
        if not self._durable:
            options += " -c fsync=off"
        self._run("pg_ctl", "-w", "-o", options, "-l", str(self._home / "log"), "start")

    def kill(self) -> None:
        """Kill −9 every process of it at once."""
        lines = (self._home / "data" / "postmaster.pid").read_text().splitlines()
        children = subprocess.run(["pgrep", "-P", lines[0]], capture_output=True, text=True)
        processes = [int(each) for each in (lines[0], *children.stdout.split())]
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(Path(f"/proc/{process}").exists() for process in processes):
            sleep(0.01)  # until then it refuses to start again

    def stop(self) -> None:
        """Stop it, however it stands, and delete what it kept."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            user=self._user,
            cwd=self._home,
            env={"PGDATA": str(self._home / "data"), "PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
