"""The pages' own commands, run against a real server, give what the pages say."""

import os
import re
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from almoner.config import DEMO_SHOP_SECRET
from almoner.connectors.csv_file import events, guess, tabulate
from tests.server import SECRET, Server
from tests.services import free_port
from tests.shop import send

ROOT = Path(__file__).parents[2]
# A `sh` block, and the `text` block after it, which is what it prints.
BLOCK = re.compile(r"```sh\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)


def blocks(page):
    """The commands of a page and what each prints, but for those that start a server."""
    found = BLOCK.findall((ROOT / page).read_text("utf-8"))
    assert found, f"{page} has no commands"
    return [(command, printed) for command, printed in found if "make " not in command]


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/tutorial/first-counted-order.md",
        "docs/how-to/connect-a-shop.md",
        "docs/how-to/connect-your-own-shop.md",
        "docs/how-to/keep-connections.md",
        "docs/reference/feeds-and-embeds.md",
    ],
)
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


def test_the_connector_that_the_page_shows_is_the_one_that_the_shop_runs():
    """See tests/shop_run: there it keeps a shop's books and the ledger together."""
    shown = re.findall(
        r"^`(\w+\.py)`.*?```python\n(.*?)```",
        (ROOT / "docs/how-to/connect-your-own-shop.md").read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )

    assert [name for name, _ in shown] == ["models.py", "listening.py", "bodies.py", "sending.py"]
    for name, source in shown:
        assert source == (ROOT / "tests/shop_run/shop/connector" / name).read_text("utf-8")


def test_the_file_of_orders_that_the_page_shows_is_read():
    data = (ROOT / "docs/examples/orders.csv").read_bytes()
    table = tabulate(data)
    page = (ROOT / "docs/how-to/connect-a-shop.md").read_text("utf-8")
    for row in (table.header, *(row.cells for row in table.rows)):
        assert re.sub(r" +", " ", f"| {' | '.join(row)} |") in page

    now = datetime(2026, 11, 25, tzinfo=UTC)
    told = [event for _, event in events(table, guess(table), "till", now)]

    assert [event.kind for event in told] == ["order", "order", "refund"]


def test_importing_a_page_is_as_described(demo):
    printed = [
        demo.run(*command.split()[1:]) for command, _ in blocks("docs/how-to/import-a-page.md")
    ]

    assert "left out" in printed[0].lower()
    assert printed[1]


def test_moving_in_and_out_is_as_described(demo, tmp_path):
    for name in (".venv", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    pages = ("move-from-wordpress", "move-markdown", "move-out")
    script = [command for page in pages for command, _ in blocks(f"docs/how-to/{page}.md")]

    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -euo pipefail", *script])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**demo.environment, "COLUMNS": "200"},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "16 items in the file, each in one row above." in done.stdout
    assert done.stdout.count("Nothing was written") == 3
    assert done.stdout.count("Written.") == 2
    assert (tmp_path / "report.csv").read_text("utf-8").startswith("Kind,Number,Title")
    moved = (tmp_path / "export/stories/2024/the-clock-that-ran-late.md").read_text("utf-8")
    assert "[wrote in](<../drafts/a-letter-about-a-clock.md>)" in moved
    assert "```almoner pull_quote" in moved


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


def test_drawing_a_statement_is_as_described(demo, tmp_path):
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    send(demo.url, (ROOT / "docs/examples/order.json").read_bytes(), "orders/paid")
    commands = [command for command, _ in blocks("docs/how-to/draw-a-statement.md")]
    script = "\n".join(["set -euo pipefail", *commands])

    done = subprocess.run(
        ["bash", "-c", script.replace("http://127.0.0.1:8000", demo.url)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**demo.environment, "XDG_STATE_HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stderr
    assert "Every number holds" in done.stdout


def test_keeping_the_log_is_as_described(demo, tmp_path):
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    send(demo.url, (ROOT / "docs/examples/order.json").read_bytes(), "orders/paid")
    script = ["set -euo pipefail"]
    for command, _ in blocks("docs/how-to/keep-the-log.md"):
        script += [command, "sleep 1.5", "printf '\\0'"]

    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**demo.environment, "XDG_STATE_HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    shown, rotated, retired, looked, _, forgotten = done.stdout.split("\0")[:-1]
    old = shown.splitlines()[0]
    assert rotated.count("; signs") == 2
    assert retired.splitlines()[0] == old
    assert "; retired" in retired.splitlines()[1]
    assert "✗" not in looked
    assert "are whole" in looked
    backup = Server(tmp_path / "backup")
    assert "✗" not in backup.run("keys", "show")
    with sqlite3.connect(tmp_path / "backup" / "almoner.db") as kept:
        assert kept.execute("SELECT size FROM ledger_head").fetchone()[0] > 0
    kept.close()
    assert forgotten.startswith("Forgotten.")


def test_the_page_on_keeping_the_log_has_what_fsck_says():
    """So that who has the sentence finds the page."""
    page = (ROOT / "docs/how-to/keep-the-log.md").read_text("utf-8")
    program = "".join(
        (ROOT / "src/almoner" / each).read_text("utf-8")
        for each in (
            "publication/fsck.py",
            "publication/keys.py",
            "publication/publisher.py",
            "ledger/audit.py",
        )
    )
    for phrase in (
        "was put for entries that the database does not have",
        "cannot be opened with log_passphrase",
        "has another root than the database's entries",
        "its entries make",
        "The log was published with",
        "The log cannot be published just now",
    ):
        assert phrase in page
        assert phrase in program
