"""A real installation with a real server, in a home of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import msgspec

from almoner import config
from almoner.campaigns.model import CampaignVersion
from almoner.config import Settings
from tests.server import rest
from tests.services import free_port

ALMONER = Path(sys.executable).with_name("almoner")
SHOP, SECRET = "shop", "the-shop's-webhook-secret"
START_SECONDS, STOP_SECONDS = 60, 30


# What is done to an empty home and its database before a site is staged there.
Prepare = Callable[[Path, str], object]


class Site:
    """`almoner serve` in `home`, on a port of its own.

    `database` is `sqlite` or a PostgreSQL's URL; several sites may share a home.
    """

    def __init__(self, home: Path, database: str) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database: str | Path = home / "almoner.db" if database == "sqlite" else database
        self.key = ""
        self._log = home / f"{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "almoner.web.settings",
            "ALMONER_HOME": str(home),
            "ALMONER_DATABASE": database,
            "ALMONER_PORT": str(self.port),
            "ALMONER_SHOPIFY": f"{SHOP}={SECRET}",
        }

    def stage(self, campaigns: list[CampaignVersion], prepare: Prepare | None = None) -> None:
        """Set the home up with these campaigns, or without any as the demonstration."""
        if prepare is not None:
            prepare(self.home, self._environment["ALMONER_DATABASE"])
        staged = subprocess.run(
            [sys.executable, "-m", "bench.stage"],
            input=msgspec.json.encode(campaigns),
            env=self._environment,
            capture_output=True,
        )
        assert staged.returncode == 0, staged.stderr.decode()
        self.key = staged.stdout.decode().strip()

    def start(self, *command: str) -> None:
        """Start the server, or another `python` command on its port; returns when it answers."""
        arguments = command or (str(ALMONER), "serve")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments], env=self._environment, stdout=log, stderr=log
            )
        wait_for(f"{self.url}/healthz", self._process, self._log)

    def rest(self) -> None:
        """Wait until its worker has nothing left to do: what is measured then is the server."""
        rest(self.database)

    def spawn(self, module: str) -> "subprocess.Popen[bytes]":
        """Run a Python module over the same home, to be talked to and killed."""
        return subprocess.Popen(
            [sys.executable, "-m", module],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def settings(self) -> Settings:
        """The settings that its server has."""
        return config.load(self._environment)

    def verify(self) -> list[str]:
        """What `almoner verify` says where the site does not hold, running or stopped.

        What it saw is remembered, so that the next time a fork is found.
        """
        source = self.url if self._process is not None else str(self.home)
        done = subprocess.run(
            [ALMONER, "verify", source, "--state", str(self.home / "seen.json")],
            env=self._environment,
            capture_output=True,
            text=True,
        )
        said = " ".join((done.stderr.strip() or done.stdout).split())
        return [] if done.returncode == 0 else [f"almoner verify: {said[-300:]}"]

    def kill(self) -> None:
        """Kill −9 the server."""
        assert self._process is not None, "the server was not started"
        self._process.kill()
        self._process.wait()

    def stop(self) -> bool:
        """Let the server finish what it accepted; False where it had to be killed."""
        if self._process is None:
            return True
        process, self._process = self._process, None
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        return True


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once `url` answers; fails with the server's last words if it ends before."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except HTTPError:
            return
        except OSError:
            assert process.poll() is None, f"the server ended: {log.read_text()[-2000:]}"
            assert time.monotonic() < until, f"no answer from {url}: {log.read_text()[-2000:]}"
            time.sleep(0.05)
