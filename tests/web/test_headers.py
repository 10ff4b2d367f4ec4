"""What a browser is told about every answer."""

import pytest

from almoner.stories.site import lay_out


@pytest.fixture(autouse=True)
def _site(db, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    lay_out()


@pytest.mark.parametrize("path", ["/", "/stories/", "/check/", "/nowhere/", "/sitemap.xml"])
def test_public_pages_run_only_our_own_files_and_keep_no_cookie(client, path):
    answer = client.get(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert "cookie" not in answer.headers.get("Vary", "").lower()
    assert not answer.cookies


def test_the_admin_may_frame_its_own_preview_and_nobody_else(client):
    answer = client.get("/admin/login/")

    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
