"""The pages' own commands, run against a real server, give what the pages say."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from almoner.config import DEMO_SHOP_SECRET
from tests.server import SECRET
from tests.services import free_port

ROOT = Path(__file__).parents[2]
# A `sh` block, and the `text` block after it, which is what it prints.
BLOCK = re.compile(r"```sh\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)


def blocks(page):
    """The commands of a page and what each prints, but for those that start a server."""
    found = BLOCK.findall((ROOT / page).read_text("utf-8"))
    assert found, f"{page} has no commands"
    return [(command, printed) for command, printed in found if "make " not in command]


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-counted-order.md"])
def test_what_a_page_says_happens(page, demo, tmp_path):
    script = ["set -euo pipefail"]
    for command, _ in blocks(page):
        command = command.replace("http://127.0.0.1:8000", demo.url)
        script += [command.replace(DEMO_SHOP_SECRET, SECRET), "printf '\\0'"]

    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stderr
    for (command, promised), printed in zip(
        blocks(page), done.stdout.split("\0")[:-1], strict=True
    ):
        if promised:
            assert printed == promised, command


def test_importing_a_page_is_as_described(demo):
    printed = [
        demo.run(*command.split()[1:]) for command, _ in blocks("docs/how-to/import-a-page.md")
    ]

    assert "left out" in printed[0].lower()
    assert printed[1]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("docs/how-to/be-a-witness.md", "nothing cosigned yet\n"),
        ("docs/how-to/monitor-a-log.md", " entries verified, "),
        ("docs/how-to/audit-a-log.md", "exit code 1\n"),
    ],
)
def test_witnessing_monitoring_and_auditing_are_as_described(page, said, demo, tmp_path):
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    script = "\n".join(["set -euo pipefail", *(command for command, _ in blocks(page))])
    script = script.replace("http://127.0.0.1:8000", demo.url).replace("8100", str(free_port()))

    done = subprocess.run(
        ["bash", "-c", script + "\njobs -p | xargs --no-run-if-empty kill\nwait\n"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stderr
    assert said in done.stdout
