"""Awkward pages and what is understood of them: one JSON file beside each page.

The JSON files are meant to be read: each is what `almoner import page --json` prints.
"""

import json
from pathlib import Path

import pytest

from almoner.stories.importers.page import as_json, read_page

PAGES = Path(__file__).parent / "pages"
ALL = sorted(p for p in PAGES.iterdir() if p.suffix in (".html", ".txt", ".mhtml"))


@pytest.mark.parametrize("page", ALL, ids=lambda p: p.stem)
def test_an_awkward_page_is_understood_as_expected(page: Path) -> None:
    expected = json.loads((PAGES / f"{page.name}.json").read_text("utf-8"))

    understood = json.loads(as_json(read_page(page.read_bytes(), page.name)))

    assert understood["causes"] == expected["causes"]
    assert understood["story"] == expected["story"]
    assert understood["left_out"] == expected["left_out"]


def test_every_page_says_why_it_left_something_out() -> None:
    for page in ALL:
        for item in read_page(page.read_bytes(), page.name).left_out:
            assert item.reason, (page.name, item)
