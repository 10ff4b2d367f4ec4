"""The checker that our feeds are held to agrees with the feed validator's published test data."""

import re
from pathlib import Path

import pytest

from tests.stories.feed_checker import findings

VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "feedvalidator").glob("*.xml"))
EXPECT = re.compile(r"Expect:\s+(!?)(\w+)\{(?:parent:(\w+),)?element:(\w+)\}")


def test_the_vectors_are_there():
    assert len(VECTORS) == 22


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_it_finds_what_the_vector_says(path):
    feed = path.read_bytes()
    expected = EXPECT.search(feed.decode())
    assert expected, "a vector without an expectation"
    refused, name, parent, element = expected.groups()

    found = [
        each.name
        for each in findings(feed)
        if each.element == element and (parent is None or each.parent == parent)
    ]

    assert (name in found) is not bool(refused), found
    if name == "ValidRFC2822Date":
        assert found == [name]
