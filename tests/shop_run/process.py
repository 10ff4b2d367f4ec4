"""A process beside the test: told what to do by a line, answering by a line."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# An idle one ends at once; one in the middle of something has failed its test already.
ENDING_SECONDS = 20


class Process:
    """`python -m <module> [part]`, with the environment and the settings it is given."""

    def __init__(self, module: str, said: Path, environment: Mapping[str, str], *part: str) -> None:
        self._said = said
        inherited = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
        with self._said.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *part],
                cwd=ROOT,
                env={**inherited, **environment},
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
        """Let it end; kill it where it is busy."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
