"""The pages of proofs, as they are before any script runs."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string

from almoner.stories.site import lay_out

ENTRY = {
    "index": 1_234,
    "time": datetime(2026, 5, 20, 12, tzinfo=UTC),
    "kind": "pledge",
    "lines": ["Meals Donated: 2, through <Holiday> Bowls"],
    "source": "shop:demo",
    "ref": "order/1001",
}
RECEIPT = {
    "receipt_url": "/receipts/1234/token/receipt.tlog-proof",
    "qr_url": "/receipts/1234/token/qr.svg",
    "log_url": "/log/",
    "entry": ENTRY,
    "site_name": "The Almoner",
}


@pytest.fixture(autouse=True)
def _site(db, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    lay_out()


class Elements(HTMLParser):
    """The attributes of each element of a page, by its name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[dict[str, str | None]]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.setdefault(tag, []).append(dict(attrs))


def test_the_check_page_names_what_its_scripts_read(client):
    page = client.get("/check/").content.decode()
    found = Elements(page).found
    (recount,) = found["recount-log"]
    assert (recount["log"], recount["counters"]) == ("/log/", "/counters")
    assert recount["worker"] == "/static/web/proof/recount.js"
    assert found["receipt-proof"][0].get("src") is None
    assert "almoner verify http" in page


def test_a_receipts_page_shows_its_entry_and_names_its_file():
    page = render_to_string("proof/receipt.html", RECEIPT)
    found = Elements(page).found
    (proof,) = found["receipt-proof"]
    assert (proof["log"], proof["src"]) == ("/log/", RECEIPT["receipt_url"])
    assert "Meals Donated: 2, through &lt;Holiday&gt; Bowls" in page
    assert "Entry 1,234" in page
    assert {"name": "robots", "content": "noindex"} in found["meta"]
    assert RECEIPT["qr_url"] in [each.get("src") for each in found["img"]]
    assert any(each.get("download", "") is None for each in found["a"])


def test_a_forgotten_receipt_says_why():
    page = render_to_string("proof/forgotten.html", {"why": "It was.", "site_name": "The Almoner"})
    assert "It was." in page


def test_the_banner_leads_to_the_check(client):
    banner = render_to_string(
        "components/banner.html",
        {"banner": [{"slug": "meals", "label": "Meals", "url": "/causes/meals/", "icon": "bowl"}]},
    )
    assert any(each["href"] == "/check/" for each in Elements(banner).found["a"])


@pytest.mark.parametrize("name", ["check.html", "receipt.html"])
def test_nothing_runs_or_is_styled_inside_the_page(name):
    context = {**RECEIPT, "counters_url": "/counters", "site_address": "https://almoner.example"}
    found = Elements(render_to_string(f"proof/{name}", context)).found
    assert all(each.get("src", "").startswith("/static/") for each in found["script"])
    assert "style" not in found
    assert not any("style" in each for elements in found.values() for each in elements)
