"""HTML as the web has it: nested, endless, and with addresses that are none."""

from almoner.stories.importers.markdown.prose import read_markdown
from almoner.stories.importers.moving.body import read_html


def words(html: str) -> str:
    return " ".join(str(piece.value) for piece in read_html(html, lines=False).pieces)


def test_a_table_within_a_table_is_read_once() -> None:
    inner = "<table><tbody><tr><td>inside</td></tr></tbody></table>"

    assert words(f"<table><tr><td>outside{inner}</td></tr></table>").count("inside") == 1


def test_a_table_many_deep_takes_no_time() -> None:
    assert "the end" in words("<table><tr><td>" * 30 + "the end")


def test_headings_many_deep_end_as_plain_text() -> None:
    assert "the end" in words("<h1><div>" * 100 + "the end")


def test_a_block_of_ours_that_somebody_typed_has_no_line() -> None:
    [piece] = read_markdown('<x-block name="paragraph" line="x">A</x-block>').pieces

    assert (piece.given, piece.line) == (True, 0)
