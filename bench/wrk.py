"""Requests a second, by wrk: one thread, keep-alive, the same for baseline and subject."""

import re
import subprocess
from pathlib import Path

CONNECTIONS = 128
SECONDS = 3
EVENTS = Path(__file__).with_name("events.lua")


def rate(
    url: str,
    script: Path | None = None,
    *arguments: str,
    connections: int = CONNECTIONS,
    encoding: str = "identity",
) -> float:
    """Load `url` and return the requests a second; every answer must be a success."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", f"-HAccept-Encoding: {encoding}"]
    if script is not None:
        command += ["-s", str(script)]
    done = subprocess.run(
        [*command, url, "--", *arguments], capture_output=True, text=True, check=True
    )
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)", done.stdout)
    assert failed is None, f"{url}: {failed.group(0)}"
    found = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    return float(found.group(1))
