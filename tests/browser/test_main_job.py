"""A page is open, a shop sells, the number goes up; a refund comes, and it comes down."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browser.conftest import shown, wait_for
from tests.shop import line, order, refund, refunded, send

pytestmark = pytest.mark.browser


def ready(page, path="/"):
    """Open a page and wait until its stream is."""
    with page.expect_response("**/counters/stream*"):
        page.goto(path)
    return page


def test_an_order_raises_the_number_within_a_second_and_a_refund_lowers_it(site, reader, number):
    page = ready(reader)
    page.evaluate("window.notReloaded = true")
    before = shown(page, "meals")

    answer = send(site.url, order(number, [line(1, 4, "15.00")]))

    assert answer.json()["received"][0]["status"] == "pledged"
    wait_for(page, "meals", f"{before + 8:,}")

    send(site.url, refund(number, number, [refunded(1, 1, "15.00")]), "refunds/create")

    wait_for(page, "meals", f"{before + 6:,}")
    assert page.evaluate("window.notReloaded") is True


def test_every_number_of_the_page_moves_together(site, reader, number):
    page = ready(reader, "/causes/meals/")
    before = shown(page, "meals")
    send(site.url, order(number, [line(1, 1, "15.00")]))
    wait_for(page, "meals", f"{before + 2:,}")
    figures = page.locator('impact-counter[cause="meals"][measure="shown"]').all_inner_texts()
    assert set(figures) == {f"{before + 2:,}"}


def test_the_same_delivery_ten_times_at_once_moves_it_once(site, reader, number):
    page = ready(reader)
    before = shown(page, "meals")
    body = order(number, [line(1, 3, "15.00")])

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: send(site.url, body), range(10)))

    statuses = sorted(each.json()["received"][0]["status"] for each in answers)
    assert statuses == ["duplicate"] * 9 + ["pledged"]
    assert {each.status_code for each in answers} == {200}
    wait_for(page, "meals", f"{before + 6:,}")
    page.wait_for_timeout(500)
    assert shown(page, "meals") == before + 6


def test_a_forged_order_moves_nothing(site, reader, number):
    page = ready(reader)
    before = shown(page, "meals")
    import httpx

    from tests.shop import encoded, headers

    body = encoded(order(number, [line(1, 9, "15.00")]))
    answer = httpx.post(
        f"{site.url}/e/shopify",
        content=body,
        headers=headers(body, "orders/paid", "not-the-shop's"),
    )
    assert answer.status_code == 401
    page.wait_for_timeout(700)
    assert shown(page, "meals") == before


def test_where_streams_are_blocked_the_number_is_asked_for(site, reader, number):
    reader.route("**/counters/stream*", lambda route: route.abort())
    with reader.expect_response("**/counters"):
        reader.goto("/")
    before = shown(reader, "meals")
    send(site.url, order(number, [line(1, 1, "15.00")]))
    wait_for(reader, "meals", f"{before + 2:,}", milliseconds=13_000)


def test_a_page_that_was_hidden_catches_up_when_it_is_shown(site, reader, number):
    page = ready(reader)
    before = shown(page, "meals")
    other = reader.context.new_page()
    other.goto("/stories/")
    other.bring_to_front()
    send(site.url, order(number, [line(1, 1, "15.00")]))
    page.bring_to_front()
    wait_for(page, "meals", f"{before + 2:,}", milliseconds=3_000)


def test_a_reader_with_motion_sees_the_number_arrive(site, browser, number):
    context = browser.new_context(base_url=site.url)
    page = ready(context.new_page())
    before = shown(page, "meals")
    send(site.url, order(number, [line(1, 2, "15.00")]))
    wait_for(page, "meals", f"{before + 4:,}", milliseconds=2_500)
    context.close()


def test_without_scripts_the_numbers_are_there_all_the_same(site, browser, number):
    send(site.url, order(number, [line(1, 2, "15.00")]))
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    meals = shown(page, "meals")
    send(site.url, order(number + 10_000, [line(1, 1, "15.00")]))
    page.reload()
    assert shown(page, "meals") == meals + 2
    context.close()
