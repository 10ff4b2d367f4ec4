"""Folders of Markdown as their generators keep them, and what is wrong with a file."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from wagtail.contrib.redirects.models import Redirect

from almoner.stories.exporting.prose import as_markdown, rich_pieces
from almoner.stories.importers.decoding import ImportRefused
from almoner.stories.importers.markdown.folder import read_folder
from almoner.stories.importers.markdown.front_matter import read_front_matter
from almoner.stories.importers.markdown.moving import move_markdown
from almoner.stories.importers.markdown.prose import read_markdown
from almoner.stories.models import AuthorPage, StoryPage

EXAMPLE = Path(__file__).parents[2] / "docs/examples/markdown"


@pytest.mark.django_db
def test_a_folder_of_jekylls_moves_in_once() -> None:
    for _ in range(2):
        move_markdown(read_folder(EXAMPLE, timezone.now(), tags=False), apply=True)

    clock = StoryPage.objects.live().get()
    letter = StoryPage.objects.get(live=False)
    assert (clock.slug, clock.title) == ("the-clock-that-ran-late", "The clock that ran late")
    assert f"{clock.first_published_at:%Y-%m-%d}" == "2024-05-11"
    assert [author.title for author in clock.authors] == ["Ines Aguilar"]
    assert [topic.title for topic in clock.topics.all()] == ["Neighbours"]
    assert clock.series.title == "Small repairs"
    assert clock.lead_image.description == "Quince Street in the rain"
    assert [block.block_type for block in clock.body] == [
        "paragraph", "image", "paragraph", "paragraph", "pull_quote",
    ]  # fmt: skip
    assert clock.body[1].value["caption"] == "Under the clock, at what it said was noon."
    assert f'<a linktype="page" id="{letter.pk}">wrote in</a>' in clock.body[3].value.source
    assert Redirect.objects.get(old_path="/clock").redirect_page.pk == clock.pk
    assert "youtube" not in str(letter.body.raw_data[0])


def test_the_report_names_what_nothing_is_made_of() -> None:
    report = read_folder(EXAMPLE, timezone.now(), tags=False).report
    move_markdown(read_folder(EXAMPLE, timezone.now(), tags=False), apply=False)

    assert report.totals()["file"] == {"story": 1, "draft": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\ntitle: A\ndate: May\n---\n", "a.md, line 3, date: must be a date"),
        ("---\ntitle: A\ndraft: maybe\n---\n", "a.md, line 3, draft: must be true or false"),
        ("---\ntitle: [A\n---\n", "a.md, line 3: "),
        ("---\ntitle: A\ntitle: B\n---\n", "a.md, line 3: the field title is there twice"),
        ("---\na: &a [x]\nb: *a\n---\n", "a.md, line 3: aliases are not read"),
        ("---\nx: !!python/object/apply:os.system [ls]\n---\n", "a.md, line 2: "),
        ("---\n? [a]\n: b\n---\n", "a.md, line 2: a field must have a name"),
        ("---\nx: !!bool x\n---\n", "a.md, line 2: "),
        ("---\ndate: 0001-01-01T00:00:00+14:00\n---\n", "a.md, line 2, date: is no day"),
        ("---\n- A\n---\n", "a.md, line 2: there must be fields"),
        ("---\ntitle: {x: 1}\n---\n", "a.md, line 2, title: must be one line of text"),
        ("---\ntopics: [[a]]\n---\n", "a.md, line 2, topics: must be a list of names"),
        ("---\nseries_place: 0\n---\n", "a.md, line 2, series_place: must be a whole number"),
        ("---\nimage: [3]\n---\n", "a.md, line 2, image: must be the path of a picture"),
        ("+++\ntitle = \n+++\n", "a.md: its front matter is no TOML"),
    ],
)
def test_an_error_names_file_line_and_field(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(text)
    (tmp_path / "b.md").write_text("---\ntitle: Fine\ndate: 2024-01-01\n---\nWords.")

    folder = read_folder(tmp_path, timezone.now(), tags=False)

    wrong, fine = folder.report.rows
    assert (wrong.becomes, fine.becomes) == ("left out", "story")
    assert wrong.notes[0].startswith(said)
    assert folder.wrong == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```almoner nonsense\na: 1\n```", "line 4: no block is named 'nonsense'"),
        ("\n```almoner pull_quote\nquoted: 1\n```", "line 5: pull_quote has no field 'quoted'"),
        ("```almoner dialogue\nline: x\n```", "dialogue must be a list"),
        ("```almoner pull_quote\nquote: [\n```", "line 6: "),
        ("```almoner product\nname: A\nurl: javascript:alert(1)\n```", "address of a web page"),
    ],
)
def test_a_block_that_is_none_is_named_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: A\n---\n{text}")

    with pytest.raises(ImportRefused, match=r"a\.md") as refused:
        move_markdown(read_folder(tmp_path, timezone.now(), tags=False), apply=False)
    assert said in refused.value.message


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"---\ntitle: A\n---\nCaf\xe9")

    (row,) = read_folder(tmp_path, timezone.now(), tags=False).report.rows

    assert row.notes[0].startswith("a.md, line 4: this is not UTF-8")


def test_a_folder_gives_nothing_from_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("---\ntitle: Secret\n---\n")
    inside = tmp_path / "folder"
    inside.mkdir()
    (inside / "link.md").symlink_to(tmp_path / "secret.md")

    (row,) = read_folder(inside, timezone.now(), tags=False).report.rows

    assert row.becomes == "left out"
    assert "Secret" not in row.title


def test_a_file_without_fields_is_text() -> None:
    matter = read_front_matter("a.md", "# A title\n\nWords.\n")

    assert (matter.fields, matter.text) == ({}, "# A title\n\nWords.\n")


words = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    min_size=1, max_size=30,
)  # fmt: skip
tricky = st.sampled_from(
    """* **a 1.\u00a0x - + # > `c` [l](m) <b> &amp; \\ {{<x>}} {%y%} a_b_ --- ![i](j) ~~~""".split()
)


@st.composite
def inline(draw: Any, depth: int = 2) -> str:
    """Rich text as an editor can make it."""
    from html import escape

    parts = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["words", "words", "tricky", "b", "i", "a", "br"]))
        if kind in ("words", "tricky") or depth == 0:
            parts.append(escape(draw(words if kind == "words" else tricky), quote=False))
        elif kind == "br":
            parts.append("<br/>")
        elif kind == "a":
            parts.append(
                f'<a href="https://a.example/?q=1&amp;r=(2)">{draw(inline(depth - 1))}</a>'
            )
        else:
            parts.append(f"<{kind}>{draw(inline(depth - 1))}</{kind}>")
    return "".join(parts)


@st.composite
def rich(draw: Any) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["p", "p", "ul", "ol", "blockquote", "hr"]))
        if kind == "hr":
            parts.append("<hr/>")
        elif kind in ("ul", "ol"):
            items = draw(st.lists(inline(), min_size=1, max_size=3))
            parts.append(f"<{kind}>{''.join(f'<li>{each}</li>' for each in items)}</{kind}>")
        else:
            parts.append(f"<{kind}>{draw(inline())}</{kind}>")
    return "".join(parts)


@given(rich())
@settings(max_examples=60)
def test_any_rich_text_is_read_back_from_its_markdown(html: str) -> None:
    pieces = rich_pieces(html, lambda pk: None)

    assert read_markdown(as_markdown(pieces)).pieces == pieces


@pytest.mark.django_db
def test_a_picture_whose_address_is_none_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A walk.\n\n![Rain](http://[x/a.png)\n")
    folder = read_folder(tmp_path, timezone.now(), tags=False)

    move_markdown(folder, apply=True)

    [row] = folder.report.rows
    assert any(note.startswith("a picture is left out: http://[x/a.png") for note in row.notes)


@pytest.mark.django_db
def test_an_author_with_a_long_role_is_brought(tmp_path: Path) -> None:
    (tmp_path / "authors").mkdir()
    (tmp_path / "authors/ines.md").write_text(f"---\ntitle: Ines\nrole: {'x' * 500}\n---\n")

    move_markdown(read_folder(tmp_path, timezone.now(), tags=False), apply=True)

    assert len(AuthorPage.objects.get(title="Ines").role) == 160
