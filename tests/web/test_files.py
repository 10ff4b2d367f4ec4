"""Static files as a browser gets them."""

from django.core.files.base import ContentFile
from django.test import RequestFactory

from almoner.web.files import StaticFiles, StaticStorage


def test_a_static_file_is_answered_whole(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "page.css").write_text("body { margin: 0 }")

    answer = StaticFiles(lambda request: None)(RequestFactory().get("/static/page.css"))

    assert answer.content == b"body { margin: 0 }"
    assert answer.headers["Content-Type"] == 'text/css; charset="utf-8"'
    assert not answer.streaming


def test_without_gathered_files_the_site_still_starts(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "not-there"

    assert StaticFiles(lambda request: "page")(RequestFactory().get("/")) == "page"


def test_the_scripts_of_every_page_go_out_without_comments_and_those_of_the_proof_with(
    settings, tmp_path
):
    settings.STATIC_ROOT = tmp_path / "static"
    storage = StaticStorage()
    script = b'// Why it does so.\nimport { a } from "./a.js";\n\nconst b = `${a} // no comment`;\n'

    storage.save("counters/live.js", ContentFile(script))
    storage.save("web/proof/log.js", ContentFile(script))

    short = (settings.STATIC_ROOT / "counters/live.js").read_text()
    assert short == 'import{a}from"./a.js";const b=`${a} // no comment`;'
    assert (settings.STATIC_ROOT / "web/proof/log.js").read_bytes() == script
