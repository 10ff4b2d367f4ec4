"""Static files as a browser gets them."""

from django.test import RequestFactory

from almoner.web.files import StaticFiles


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
