"""`almoner statement` writes files that `almoner verify` holds to the log."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.server import ALMONER, Server
from tests.shop import order, send


@pytest.fixture
def drawn(demo: Server, tmp_path: Path) -> Path:
    """This month's statement of the demonstration's Holiday Bowls, after an order."""
    assert send(demo.url, order(660_001)).is_success
    into = tmp_path / "drawn"
    month = f"{datetime.now(UTC):%Y-%m}"
    printed = demo.run(
        "statement", "--campaign", "holiday-bowls", "--period", month, "--into", str(into)
    )
    assert "Provisional" in printed
    return into


def verify(server: Server, state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ALMONER, "verify", server.url, "--state", str(state)], capture_output=True, text=True
    )


def test_a_statement_is_proven_by_the_log_it_was_drawn_from(demo: Server, drawn: Path) -> None:
    endings = sorted(path.name.partition(".")[2] for path in drawn.iterdir())
    assert endings == ["csv", "json", "pdf", "seen.json", "xlsx"]
    (state,) = drawn.glob("*.seen.json")
    done = verify(demo, state)
    assert done.returncode == 0, done.stderr
    assert "Every number holds" in done.stdout


def test_a_statement_drawn_from_another_log_is_found_out(demo: Server, drawn: Path) -> None:
    (state,) = drawn.glob("*.seen.json")
    seen = json.loads(state.read_bytes())
    seen["root"] = "00" * 32
    state.write_text(json.dumps(seen))
    assert verify(demo, state).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--campaign", "nobody", "--period", "2026-05"], "no campaign named 'nobody'"),
        (["--campaign", "holiday-bowls"], "Name the period"),
        (["--period", "2026-05"], "Name one of --campaign, --charity and --sponsor"),
        (["--charity", "harbor-table", "--final"], "A final accounting is of a campaign"),
        (["--charity", "harbor-table", "--period", "May"], "is no period"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_sentence(
    site: Server, arguments: list[str], said: str
) -> None:
    done = subprocess.run(
        [ALMONER, "statement", *arguments], env=site.environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert said in done.stderr
