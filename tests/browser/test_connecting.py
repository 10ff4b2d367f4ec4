"""A shop's owner connects WooCommerce in the admin, and mends what went wrong with an order."""

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from almoner.connectors.woocommerce import sign
from almoner.stories.demo import PASSWORD
from tests.browser.conftest import shown
from tests.shop import encoded

pytestmark = pytest.mark.browser

LIST = "/admin/giving/connections/"
# Where to keep pictures of the screens, for somebody who wants to look at them.
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture
def owner(site, browser):
    """The demonstration's administrator, logged in."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", "demo")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    yield page
    context.close()


def look(page, name):
    """Keep a picture of a screen: wide and narrow, light and dark."""
    if not SHOTS:
        return
    size = page.viewport_size
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 1600})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(250)
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(size)


class WooCommerce:
    """A shop that sends what its owner set up, as WooCommerce does."""

    def __init__(self, address, secret):
        self.address, self.secret = address, secret

    def ping(self):
        return httpx.post(self.address, data={"webhook_id": "7"})

    def send(self, number, quantity=1, currency="USD"):
        body = encoded(
            {
                "id": number,
                "status": "processing",
                "currency": currency,
                "date_created_gmt": datetime.now(UTC).isoformat()[:19],
                "date_paid_gmt": datetime.now(UTC).isoformat()[:19],
                "billing": {"first_name": "Ada", "email": "ada@example.org", "country": "US"},
                "line_items": [
                    {"id": 1, "quantity": quantity, "total": f"{quantity * 15}.00", "sku": "BOWL"}
                ],
            }
        )
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Topic": "order.created",
            "X-WC-Webhook-Signature": sign(body, self.secret),
        }
        return httpx.post(self.address, content=body, headers=headers, timeout=60)


def until(check):
    """A change in the admin is seen by the front door within a quarter of a second."""
    end = time.monotonic() + 20
    while not (answer := check()):
        assert time.monotonic() < end, answer
        time.sleep(0.05)
    return answer


def test_an_owner_connects_woocommerce_and_replays_a_rejected_delivery(site, owner, number):
    page = owner
    rows = page.locator("section[aria-labelledby=deliveries-title] tbody tr")
    page.goto(LIST)
    page.get_by_role("link", name="Connect a shop").click()
    look(page, "choose")
    page.get_by_role("link", name="WooCommerce").click()
    address = page.locator(".address code").inner_text()
    assert address == f"{site.url}/e/woocommerce"
    look(page, "connect")
    page.fill("#id_name", "bowls-and-more")
    page.get_by_role("button", name="Connect").click()
    secret = page.locator("[role=status] code").inner_text()
    look(page, "secret")
    shop = WooCommerce(address, secret)
    page.get_by_role("link", name="I have copied the secret").click()
    page.get_by_text("Waiting for its first delivery").wait_for()
    look(page, "waiting")

    until(lambda: shop.ping().status_code == 200)
    before = meals(page)
    first = until(lambda: (answer := shop.send(number, 2)).status_code == 200 and answer)
    assert first.json()["received"][0]["status"] == "pledged"
    until(lambda: meals(page) == before + 4)

    page.goto(f"{LIST}of/woocommerce/bowls-and-more/")
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("Paused just now").wait_for()
    until(lambda: shop.send(number + 1, 3).status_code == 503)
    assert meals(page) == before + 4
    assert shop.send(number + 2, 1, "ZZZ").status_code == 503

    def noted():
        page.goto(f"{LIST}of/woocommerce/bowls-and-more/")
        return rows.count() == 3

    until(noted)
    look(page, "paused")
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("Resumed: what it sends").wait_for()
    rows.nth(1).get_by_role("link").click()
    page.get_by_text("Resume it, then replay this").wait_for()
    assert "ada@example.org" not in page.content()
    look(page, "delivery")
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("1 counted now").wait_for()
    until(lambda: meals(page) == before + 10)

    page.goto(f"{LIST}of/woocommerce/bowls-and-more/")
    rows.nth(0).get_by_role("link").click()
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("1 still rejected").wait_for()
    assert "ZZZ" in page.locator(".terms-sentence").inner_text()
    look(page, "still-rejected")
    assert meals(page) == before + 10

    page.goto(f"{LIST}of/woocommerce/bowls-and-more/")
    look(page, "connection")
    page.goto(LIST)
    look(page, "list")
    row = page.locator("tr", has_text="bowls-and-more")
    assert "The last delivery was rejected" in row.inner_text()
    label = row.locator("svg").get_attribute("aria-label")
    assert re.search(r"Last 24 hours: \d+ accepted, \d+ to look at", label)


def meals(page):
    """The banner's figure, asked for anew."""
    other = page.context.new_page()
    other.goto("/")
    figure = shown(other, "meals")
    other.close()
    return figure


SHEET = """Order number,Date,SKU,Quantity,Line total,Currency
{0}-1,{1},BOWL,2,30.00,USD
{0}-1,{1},MUG,1,14.00,USD
{0}-2,{1},BOWL,1,15.00,USD
{0}-3,{1},BOWL,several,15.00,USD
"""


def test_an_owner_brings_in_a_spreadsheet_and_reads_what_became_of_each_line(
    site, owner, number, tmp_path
):
    page = owner
    before = meals(page)
    sheet = tmp_path / "till.csv"
    sheet.write_text(SHEET.format(number, datetime.now(UTC).isoformat()[:19]))
    page.goto(LIST)
    page.get_by_role("link", name="Bring in a past period").click()
    page.select_option("#id_of", "csv")
    page.fill("#id_name", "market-stall")
    page.set_input_files("#id_file", sheet)
    look(page, "backfill")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("Of the first 3 orders and refunds, 2 can be read and 1 cannot").wait_for()
    page.get_by_text("Order: 3 items, $44").wait_for()
    look(page, "preview")
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_text("The report says what became of each line").wait_for(timeout=60_000)
    look(page, "job")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Look at it").click()
    report = Path(downloading.value.path()).read_text().splitlines()
    assert [line.split(",")[:3] for line in report] == [
        ["line", "id", "status"],
        ["2", f"order/{number}-1", "pledged"],
        ["3", f"order/{number}-1", "pledged"],
        ["4", f"order/{number}-2", "pledged"],
        ["5", "", "not read"],
    ]
    until(lambda: meals(page) == before + 8)
