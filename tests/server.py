"""A real `almoner serve` for tests: its own home, a free port, killed or stopped at will."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

from almoner.ledger import connect
from tests.services import free_port

ALMONER = Path(sys.executable).with_name("almoner")
# A start takes three seconds, a demonstration's first one twenty; a busy machine many more.
START_SECONDS = 240
SHOP, SECRET = "demo", "the-tests-own-shop-secret"


UNFINISHED = "SELECT COUNT(*) FROM django_tasks_database_dbtaskresult WHERE finished_at IS NULL"


def rest(database: str | Path) -> None:
    """Wait until the worker over a site's database has nothing left to do."""
    until = time.monotonic() + START_SECONDS
    with closing(connect(database)) as db:
        while db.row(UNFINISHED) != (0,):
            assert time.monotonic() < until, "the worker does not come to an end"
            time.sleep(0.1)


class Server:
    """`almoner serve`, or another command of it that serves, over one home."""

    def __init__(self, home: Path, database: str = "sqlite", command: str = "serve") -> None:
        port = free_port()
        self.home = home
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "ALMONER_HOME": str(home),
            "ALMONER_DATABASE": database,
            "ALMONER_PORT": str(port),
            "ALMONER_SHOPIFY": f"{SHOP}={SECRET}",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._command = command
        self._log = home / "server.log"

    def run(self, *arguments: str) -> str:
        """Run another `almoner` command over the same home; what it printed."""
        done = subprocess.run(
            [ALMONER, *arguments], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> "Server":
        """Start it; returns when it is healthy, fails with its last words if it ends."""
        assert self.process is None, "it is started already"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [ALMONER, self._command], env=self.environment, stdout=log, stderr=log
            )
        try:
            self._wait(self.process)
        except BaseException:
            self.kill()
            raise
        return self

    def kill(self) -> None:
        """Kill −9 it; the home stays as it is, and `start` starts it again."""
        assert self.process is not None, "it was not started"
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """Let it finish what it accepted; nothing happens where it does not run."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(START_SECONDS)
            self.process = None

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + START_SECONDS
        while not self._is_healthy():
            assert process.poll() is None, f"it ended: {self._last_words()}"
            assert time.monotonic() < until, f"it does not answer: {self._last_words()}"
            time.sleep(0.05)

    def _is_healthy(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _last_words(self) -> str:
        return self._log.read_text()[-2000:]
