"""The page on reads over HTTP says what the code says."""

import json
import re
from pathlib import Path

import msgspec

from almoner.reading import rules
from almoner.stories.networks import NETWORKS
from almoner.web import reads, sharing

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs/reference/reads.md").read_text()
EXPLANATION = (ROOT / "docs/explanation/a-read-that-counts.md").read_text()
EXAMPLES = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", REFERENCE, re.DOTALL)]


def test_every_code_of_a_refusal_is_on_the_page() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \|", REFERENCE, re.MULTILINE)) == set(rules.SENTENCES)


def test_every_example_is_one_that_is_sent_or_answered() -> None:
    shapes = (
        reads.Begin,
        reads.Begun,
        reads.Finish,
        reads.Finished,
        reads.Refused,
        sharing.Ask,
        sharing.Coded,
    )
    assert len(EXAMPLES) == len(shapes)
    for example, shape in zip(EXAMPLES, shapes, strict=True):
        assert set(msgspec.to_builtins(msgspec.convert(example, shape))) >= set(example)


def test_the_example_of_a_refusal_says_what_the_code_says() -> None:
    refused = EXAMPLES[4]
    assert refused["detail"] == rules.SENTENCES[refused["code"]]


def test_every_network_is_on_the_page() -> None:
    for name in NETWORKS:
        assert f"`{name}`" in REFERENCE


def test_the_table_of_what_a_read_must_be_is_what_the_rules_say() -> None:
    rows = re.findall(
        r"^\| ([\d,]+) words.*?\| (\d+) (s|min) \| (\d+) %", EXPLANATION, re.MULTILINE
    )
    assert len(rows) == 4
    for words, time, unit, depth in rows:
        needed = rules.needed(int(words.replace(",", "")))
        seconds = int(time) * (60 if unit == "min" else 1)
        assert (needed.dwell_ms, needed.depth) == (seconds * 1_000, int(depth))
