"""Finance delivers and a charity answers on a telephone, by the real screens."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from almoner.stories.demo import PASSWORD
from tests.shop import line, order, send

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def finance(site, browser):
    """The demonstration's finance person, logged in."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", "finance")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    yield page
    context.close()


@pytest.fixture
def charity(browser):
    """Somebody at the charity, whose telephone runs no script."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def figures(page):
    """What the delivery's page says: on its way, arrived."""
    cells = page.locator(".delivery-table tbody tr").first.locator("td.figure").all_inner_texts()
    return cells[2:]


def test_a_delivery_from_what_is_owed_to_what_arrived(site, finance, charity, number, tmp_path):
    send(site.url, order(number, [line(quantity=20)]), "orders/paid")
    finance.goto("/admin/settlement/owed/")
    assert "Harbor Table Food Bank" in finance.locator(".owed-rows").inner_text()
    finance.get_by_role("link", name="Prepare a delivery to Harbor Table").click()
    finance.locator("[name^=line-]").first.fill("10")
    finance.fill("[name=reference]", f"WB-{number}")
    finance.keyboard.press("Escape")
    finance.get_by_role("button", name="Keep it").click()
    (tmp_path / "waybill.pdf").write_bytes(b"%PDF-1.7\ntrailer<<>>\n%%EOF\n")
    finance.select_option("[name=kind]", "bill of lading")
    finance.set_input_files("[name=file]", tmp_path / "waybill.pdf")
    finance.click("button[value=attach]")
    finance.click("button[value=send]")
    here = finance.url
    link = finance.locator(".token").inner_text()
    asked = []
    charity.on("request", lambda request: asked.append((request.url, request.headers)))
    charity.goto(site.url + re.sub(r"^https?://[^/]+", "", link))
    assert "10 meals" in charity.locator(".sent").inner_text()
    assert charity.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    charity.check("[value=part]")
    charity.locator("[name=line-0]").fill("7")
    charity.fill("[name=name]", "Maren")
    charity.get_by_role("button", name="Send the answer").click()
    assert "Thank you, Maren" in charity.locator(".notice").inner_text()
    finance.goto(here)
    assert figures(finance) == ["3 meals", "7 meals"]
    charity.check("[value=wrong]")
    charity.fill("[name=note]", "One box was wet.")
    charity.fill("[name=name]", "Maren")
    charity.get_by_role("button", name="Send the answer").click()
    finance.goto("/admin/settlement/disputes/")
    assert "One box was wet." in finance.locator(".disputes").inner_text()
    # No address of the charity's pages goes anywhere in a referrer.
    assert asked
    assert not any("/arrived/" in headers.get("referer", "") for _, headers in asked)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_charity_s_pages(site, finance, browser, number, scheme):
    send(site.url, order(number, [line(quantity=20)]), "orders/paid")
    finance.goto("/admin/settlement/deliveries/new/harbor-table/")
    finance.locator("[name^=line-]").first.fill("2")
    finance.fill("[name=reference]", f"WB-{number}")
    finance.keyboard.press("Escape")
    finance.get_by_role("button", name="Keep it").click()
    finance.click("button[value=send]")
    pages = [finance.locator(".token").inner_text()]
    finance.goto("/admin/settlement/owed/charity/harbor-table/")
    finance.click("button[value=make]")
    pages.append(finance.locator(".token").inner_text())
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, base_url=site.url)
    page = context.new_page()
    for address in (*(re.sub(r"^https?://[^/]+", "", each) for each in pages), "/arrived/x/"):
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    context.close()
