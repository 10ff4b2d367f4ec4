"""Applying an import twice is applying it once."""

from pathlib import Path
from typing import Any

import pytest
from wagtail.models import Locale

from almoner.giving.book import location
from almoner.giving.models import Cause
from almoner.ledger import connect, schema
from almoner.stories.base import BasePage
from almoner.stories.importers.apply import apply
from almoner.stories.importers.page import read_page
from almoner.stories.models import StoryPage

PAGE = Path(__file__).parent / "pages" / "text-copied-from-a-browser.txt"


@pytest.fixture
def ledger(transactional_db: None) -> Any:
    """An empty ledger beside Django's tables; its appends have a connection of their own."""
    _drop()
    db = connect(location())
    schema.create(db)
    if BasePage.get_first_root_node() is None:  # an earlier test's flush took it
        Locale.objects.get_or_create(language_code="en")
        BasePage.add_root(title="Root", slug="root")
    yield db
    db.close()
    _drop()


def _drop() -> None:
    db = connect(location())
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'ledger_%'"
    if db.postgresql:
        tables = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'ledger_%%'"
    for (table,) in db.rows(tables):
        db.run(f"DROP TABLE {table}")
    if db.postgresql:
        db.run("DROP FUNCTION IF EXISTS ledger_refuse")
    db.close()


def test_a_page_is_written_once_however_often_it_is_applied(ledger: Any) -> None:
    page = read_page(PAGE.read_bytes())

    first = list(apply(page))
    again = list(apply(page))

    assert Cause.objects.count() == len(page.causes) == 6
    assert all("carried forward before" in line for line in again[:-1]), again
    assert first[-1] == "Story written as a draft: The Grey Dog at the Door"
    assert again[-1] == "Story already there: The Grey Dog at the Door"
    story = StoryPage.objects.get()
    assert not story.live
    assert len(story.body) == len(page.story.paragraphs)
    assert "“Who is she?”<br/>“Nobody’s.”" in story.body[6].value.source


def test_another_figure_for_a_cause_is_refused_and_said(ledger: Any) -> None:
    list(apply(read_page(b"4,188 Blankets Donated")))

    lines = list(apply(read_page(b"9,999 Blankets Donated")))

    assert "not carried forward" in lines[0]
    assert Cause.objects.count() == 1
