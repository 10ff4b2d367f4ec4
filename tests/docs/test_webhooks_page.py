"""The pages on webhooks are what the program does."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from almoner.notices.types import TYPES
from tests.docs.test_snippets import blocks
from tests.services import free_port

ROOT = Path(__file__).parents[2]
PAGE = "docs/how-to/receive-our-webhooks.md"


def test_every_type_is_described_as_it_is_defined():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/webhooks", "--check"], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


def test_every_example_on_the_page_is_of_its_schema():
    page = (ROOT / "docs/reference/webhooks.md").read_text("utf-8")
    found = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    decoded = [json.loads(each) for each in found]

    assert [each["type"] for each in decoded[::2]] == list(TYPES)
    for message, schema in zip(decoded[::2], decoded[1::2], strict=True):
        jsonschema.Draft202012Validator(schema).validate(message["data"])


def test_the_receiver_on_the_page_is_the_one_in_the_examples():
    (shown,) = re.findall(r"```python\n(.*?)```", (ROOT / PAGE).read_text("utf-8"), re.DOTALL)

    assert shown == (ROOT / "docs/examples/receiver.py").read_text("utf-8")


@pytest.mark.slow
def test_receiving_is_as_described(demo):
    script = ["set -euo pipefail", *(command for command, _ in blocks(PAGE))]
    script = "\n".join(script).replace("9000", str(free_port()))

    done = subprocess.run(
        ["bash", "-c", script + "\nsleep 10\njobs -p | xargs --no-run-if-empty kill\nwait\n"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=demo.environment | {"PATH": os.environ["PATH"]},
    )

    assert done.returncode == 0, done.stderr
    said = " ".join((ROOT / PAGE).read_text("utf-8").split())
    (printed,) = [line for line in done.stdout.splitlines() if line.startswith("webhook.test")]
    assert printed in said
