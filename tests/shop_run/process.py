"""A process of the shop: told what to do by a line, answering by a line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.server import START_SECONDS

ROOT = Path(__file__).parents[2]


class Process:
    """`python -m tests.shop_run.shop`, with settings and a database of its own."""

    def __init__(self, part: str, home: Path, url: str = "", key: str = "") -> None:
        self._said = home / f"{part}.log"
        environment = {
            **{name: value for name, value in os.environ.items() if "DJANGO" not in name},
            "SHOP_DATABASE": str(home / "shop.db"),
            "ALMONER_URL": url,
            "ALMONER_KEY": key,
        }
        with self._said.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.shop_run.shop", part],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def say(self, *command: object) -> None:
        """Tell it what to do, and do not wait."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """What it answers to the last command."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"it ended: {self._said.read_text()[-2000:]}"
        return json.loads(line)

    def ask(self, *command: object) -> Any:
        """Tell it what to do and wait for its answer."""
        self.say(*command)
        return self.hear()

    def stop(self) -> None:
        """Let it end; kill it if it will not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(START_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
