"""What an export of WordPress says, before anything is written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from almoner.stories.importers.decoding import ImportRefused
from almoner.stories.importers.moving.report import as_csv, as_html
from almoner.stories.importers.wordpress.content import read_content
from almoner.stories.importers.wordpress.moving import finder, move_wordpress
from almoner.stories.importers.wordpress.stories import stories
from almoner.stories.importers.wordpress.survey import survey

EXPORT = Path(__file__).parents[2] / "docs/examples/wordpress/export.xml"
NOW = datetime(2026, 11, 25, tzinfo=UTC)

HEAD = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/{version}/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/{version}/">
<channel><title>Old</title><wp:wxr_version>{version}</wp:wxr_version>
<wp:base_blog_url>https://old.example/blog</wp:base_blog_url>
"""


def export(tmp_path, *items, version="1.2", encoding="UTF-8", between=""):
    text = HEAD.format(version=version, encoding=encoding) + between
    text += "".join(f"<item>{item}</item>\n" for item in items) + "</channel></rss>"
    path = tmp_path / "export.xml"
    path.write_bytes(text.encode(encoding))
    return path


def post(number, title="A day", status="publish", content="Words.", more=""):
    return (
        f"<title>{title}</title><wp:post_id>{number}</wp:post_id><wp:post_type>post</wp:post_type>"
        f"<wp:status>{status}</wp:status><wp:post_date_gmt>2020-02-29 12:00:00</wp:post_date_gmt>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded>{more}"
    )


def kinds(content):
    return [piece.type for piece in read_content(content, {}).pieces]


def values(content):
    return [piece.value for piece in read_content(content, {}).pieces]


def test_every_item_is_in_exactly_one_row_and_the_totals_add_up():
    report = survey(EXPORT, NOW, tags=False).report

    items = [row for row in report.rows if row.key.startswith("item:")]
    assert len(items) == EXPORT.read_text().count("<item>") == 16
    assert len({row.key for row in report.rows}) == len(report.rows)
    assert sum(became.total() for became in report.totals().values()) == len(report.rows)
    assert report.totals()["post"] == {"story": 2, "draft": 4, "scheduled story": 1, "left out": 1}
    assert report.totals()["page"] == {"draft": 2}


@pytest.mark.parametrize(("many", "said"), [(1, "1 comment is"), (2, "2 comments are")])
def test_comments_are_counted_and_said_to_be_left_out(tmp_path, many, said):
    path = export(tmp_path, post(1, more="<wp:comment></wp:comment>" * many))

    report = survey(path, NOW, tags=False).report

    [row] = [row for row in report.rows if row.key.startswith("item:")]
    assert f"{said} not brought" in row.notes
    assert f"{said} not brought: stories here have none." in report.notes


def test_the_report_as_a_file_has_every_row():
    report = survey(EXPORT, NOW, tags=True).report

    assert len(as_csv(report).splitlines()) == 1 + len(report.rows)
    assert as_html(report).count("<tr>") == 1 + len(report.rows)


def test_a_cell_of_the_report_is_never_a_formula(tmp_path):
    report = survey(export(tmp_path, post(1, "=HYPERLINK(1)")), NOW, tags=False).report

    assert "'=HYPERLINK(1)" in as_csv(report)


@pytest.mark.parametrize(
    ("status", "more", "becomes"),
    [
        ("publish", "", "story"),
        ("publish", "<wp:post_password>x</wp:post_password>", "draft"),
        ("private", "", "draft"),
        ("pending", "", "draft"),
        ("draft", "", "draft"),
        ("future", "", "draft"),  # its time came after the export
        ("trash", "", "left out"),
        ("auto-draft", "", "left out"),
        ("made-up", "", "draft"),
    ],
)
def test_what_was_not_shown_to_everybody_is_never_published(status, more, becomes, tmp_path):
    found = survey(export(tmp_path, post(1, status=status, more=more)), NOW, tags=False)

    (row,) = found.report.rows
    assert row.becomes == becomes
    if becomes != "story":
        assert all(not story.addresses for story, _ in stories(found))


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_every_version_of_the_format_is_read(version, tmp_path):
    category = '<category domain="category" nicename="dogs"><![CDATA[Dogs]]></category>'
    path = export(tmp_path, post(1, more=category), version=version)

    found = survey(path, NOW, tags=False)

    ((story, _),) = stories(found)
    assert story.topics == ("topic:dogs",)
    assert story.published == datetime(2020, 2, 29, 12, tzinfo=UTC)
    assert story.addresses == ("/blog?p=1",)


def test_a_text_of_the_older_editor_has_its_paragraphs():
    assert values("One\ntwo\n\nThree\r\n\r\n<b>Four\n\nFive</b>") == [
        "<p>One<br/>two</p>",
        "<p>Three</p>",
        "<p><b>Four</b></p>",
        "<p><b>Five</b></p>",
    ]


def test_blocks_and_what_stands_between_them_keep_their_order():
    content = (
        "Before\n\nand after\n<!-- wp:paragraph --><p>One\nline</p><!-- /wp:paragraph -->\n"
        "<!-- wp:separator --><hr/><!-- /wp:separator -->Last"
    )

    assert values(content) == ["<p>Before</p>", "<p>and after</p>", "<p>One line</p>", "<hr/>",
                               "<p>Last</p>"]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        '[contact-form-7 id="1"]',
        "[instagram]",
        "before [vc_row]inside[/vc_row] after",
        '<p>[button link="https://a.example/?x=[1]"]</p>'.replace("[1]", "1"),
    ],
)
def test_a_shortcode_is_named_and_never_printed(content):
    body = read_content(content, {})

    assert body.left_out
    assert not any("[" in str(piece.value) for piece in body.pieces)


def test_words_in_brackets_are_no_shortcodes():
    assert values("“Two eggs [sic],” he said. [[gallery]] [1]") == [
        "<p>“Two eggs [sic],” he said. [gallery] [1]</p>"
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href='\x01javascript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<p onclick='alert(1)' style='position:fixed'>x</p>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<svg onload=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "<form action=/x><input name=y></form>",
        "<x-block name='counter'>alert</x-block>",
        "<a href='https://a.example/\"onmouseover=alert(1)'>x</a>",
        "<math><a xlink:href='javascript:alert(1)'>x</a></math>",
    ],
)
def test_nothing_in_a_text_can_run(html):
    body = read_content(html, {})

    written = " ".join(str(p.value) for p in body.pieces if p.type == "paragraph")
    assert not any(piece.given for piece in body.pieces)
    assert "javascript:" not in written
    assert "data:" not in written
    for tag in ("<script", "<form", "<iframe", "<svg", " onclick", " style", ' "onm', '"onm'):
        assert tag not in written


def test_a_file_that_is_not_well_formed_is_refused_with_line_and_column(tmp_path):
    path = tmp_path / "export.xml"
    path.write_text(HEAD.format(version="1.2", encoding="UTF-8") + "<item>\n<title>A</item>")

    with pytest.raises(ImportRefused, match=r"line 8, column \d+") as refused:
        survey(path, NOW, tags=False)
    assert refused.value.code == "malformed"


BOMB = """<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""


@pytest.mark.parametrize(
    "declaration",
    [
        BOMB,
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://a.example/x.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_that_makes_entities_is_not_read(declaration, encoding, tmp_path):
    text = export(tmp_path, post(1, "&b; &x;")).read_text()
    text = text.replace("UTF-8", encoding).replace("<rss", f"{declaration}<rss", 1)
    (tmp_path / "bad.xml").write_bytes(text.encode(encoding))

    with pytest.raises(ImportRefused) as refused:
        survey(tmp_path / "bad.xml", NOW, tags=False)
    assert refused.value.code == "document_type"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<rss><channel><item/></channel></rss>", "not_wxr"),
        ("<html></html>", "not_wxr"),
        ("", "malformed"),
        ("just words", "malformed"),
        ('<?xml version="1.0" encoding="martian"?><rss/>', "encoding"),
    ],
)
def test_what_is_no_export_is_refused_with_a_reason(text, code, tmp_path):
    (tmp_path / "x.xml").write_text(text)

    with pytest.raises(ImportRefused) as refused:
        survey(tmp_path / "x.xml", NOW, tags=False)
    assert refused.value.code == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_an_export_is_read_in_its_own_encoding(encoding, tmp_path):
    found = survey(export(tmp_path, post(1, "Café"), encoding=encoding), NOW, tags=False)

    assert found.report.rows[0].title == "Café"
    assert not any("characters" in note for note in found.report.notes)


def test_broken_bytes_are_counted_and_lose_nothing_else(tmp_path):
    path = export(tmp_path, post(1, "Caf?", content="Bell: ?."))
    path.write_bytes(
        path.read_bytes().replace(b"Caf?", b"Caf\xe9").replace(b"Bell: ?", b"Bell: \x07")
    )

    found = survey(path, NOW, tags=False)

    assert found.report.rows[0].title == "Caf\ufffd"
    assert any(note.startswith("2 characters") for note in found.report.notes)


def test_a_long_export_is_held_one_item_at_a_time(tmp_path):
    import tracemalloc

    path = export(tmp_path, *(post(n, content="Words. " * 3_000) for n in range(400)))
    assert path.stat().st_size > 8_000_000

    tracemalloc.start()
    found = survey(path, NOW, tags=False)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found.items == 400
    assert most < 4_000_000


def test_a_number_that_is_there_twice_is_said(tmp_path):
    report = survey(export(tmp_path, post(7), post(7, "Again")), NOW, tags=False).report

    assert [row.becomes for row in report.rows] == ["story", "left out"]
    assert "twice" in report.rows[1].notes[0]


@pytest.mark.parametrize(
    ("before", "encoding"), [(f"<!--{'x' * 70_000}-->", "utf-8"), ("", "utf-7")]
)
def test_a_document_type_is_refused_wherever_it_stands(tmp_path, before, encoding):
    path = tmp_path / "export.xml"
    doctype = f"{before}<!DOCTYPE rss [<!ENTITY a 'b'>]>\n<rss"
    head = HEAD.format(version="1.2", encoding=encoding).replace("<rss", doctype, 1)
    path.write_text(f"{head}<item>{post(1)}</item></channel></rss>")

    with pytest.raises(ImportRefused, match="document type"):
        survey(path, NOW, tags=False)


def test_an_encoding_that_is_none_of_text_is_refused(tmp_path):
    path = tmp_path / "export.xml"
    path.write_text(HEAD.format(version="1.2", encoding="bz2") + "</channel></rss>")

    with pytest.raises(ImportRefused, match="bz2, which nobody knows"):
        survey(path, NOW, tags=False)


@pytest.mark.parametrize("source", ["http://[old/a.png", "//[old/a.png"])
def test_a_picture_whose_address_is_none_is_left_out(tmp_path, source):
    text = f'Words.<img src="{source}">'
    found = survey(export(tmp_path, post(1, content=text)), NOW, tags=False)

    move_wordpress(found, finder(tmp_path, "https://old.example", fetch=True, private=False),
                   apply=False)  # fmt: skip

    assert f"a picture is left out: {source} is no address" in found.report.rows[0].notes
