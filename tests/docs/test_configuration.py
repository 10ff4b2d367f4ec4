"""The page of settings is what the settings' definitions say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_setting_is_described_as_it_is_defined():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/configuration", "--check"], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
