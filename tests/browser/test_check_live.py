"""The pages of a whole installation: its own log, receipts and counters."""

import httpx
import pytest

from tests.shop import line, order, send

pytestmark = pytest.mark.browser


def test_the_banner_leads_to_a_check_that_holds_while_orders_come_in(site, reader, number):
    send(site.url, order(number, [line(1, 4, "15.00")]))
    reader.goto("/")
    reader.get_by_role("link", name="Check these numbers").click()
    reader.get_by_role("button", name="Count everything again").click()
    send(site.url, order(number + 20_000, [line(1, 1, "15.00")]))
    shown = reader.locator("recount-log .verdict:not([data-state=working])")
    shown.wait_for()
    assert shown.get_attribute("data-state") == "holds", shown.inner_text()


def test_an_orders_own_receipt_page_turns_green(site, reader, number):
    answer = send(site.url, order(number, [line(1, 4, "15.00")]))
    address = answer.json()["received"][0]["receipt"]
    reader.goto(address)
    shown = reader.locator("receipt-proof .verdict:not([data-state=working])")
    shown.wait_for()
    assert shown.get_attribute("data-state") == "holds", shown.inner_text()
    assert "Meals Donated: 8, through Holiday Bowls" in reader.inner_text("main header")
    assert "set-cookie" not in httpx.get(site.url + address).headers
    code = reader.locator("main img")
    assert code.evaluate("image => image.complete && image.naturalWidth > 0")
