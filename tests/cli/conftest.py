"""The command as an operator runs it, over a home of the test's own."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server import ALMONER


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on standard error of a command that could not do what it was asked."""
        rows = self.err.strip().splitlines()
        assert len(rows) == 1, self.err
        assert rows[0].startswith("almoner: ")
        return rows[0]


@pytest.fixture
def almoner(home: Path) -> Callable[..., Said]:
    """Runs a command; settings are given as in the environment."""

    def _run(*arguments: str, stdin: bytes | None = None, **settings: object) -> Said:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ALMONER_")}
        inherited.pop("DJANGO_SETTINGS_MODULE", None)
        chosen = {f"ALMONER_{name.upper()}": str(value) for name, value in settings.items()}
        done = subprocess.run(
            [ALMONER, *arguments],
            env={**inherited, "ALMONER_HOME": str(home), "COLUMNS": "200", **chosen},
            input=stdin,
            capture_output=True,
            timeout=120,
        )
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    return _run


@pytest.fixture
def installed(home: Path, install: Callable[..., None]) -> Path:
    """A home that `almoner init` set up."""
    install(home)
    return home


@pytest.fixture
def demonstrated(home: Path, _demonstrated: Path) -> Path:
    """A home with a demonstration that is stopped."""
    shutil.copytree(_demonstrated, home, dirs_exist_ok=True)
    return home
