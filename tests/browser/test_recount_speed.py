"""A hundred thousand entries are recounted in the browser while the page stays at hand."""

import time

import pytest

from tests.browser.published import published

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ORDERS = 100_000
SECONDS = 120  # six on two idle cores; a busy machine takes many more
# Counted by the page itself, the recount would be one task, as long as it all takes.
LONGEST_TASK = 0.1
LONGEST_WAIT = 0.2  # a timer also waits while other programs have the processor

# How long the page's own thread was kept from a timer, and from drawing.
PROBE = """() => {
  window.longest = { timer: 0, frame: 0, task: 0 };
  window.values = new Set();
  let timer = performance.now(), frame = timer;
  setInterval(() => {
    const now = performance.now();
    longest.timer = Math.max(longest.timer, now - timer);
    timer = now;
    values.add(document.querySelector("recount-log progress").value);
  }, 10);
  const draw = (now) => {
    longest.frame = Math.max(longest.frame, now - frame);
    frame = now;
    requestAnimationFrame(draw);
  };
  requestAnimationFrame((now) => { frame = now; draw(now); });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest.task = Math.max(longest.task, duration);
  }).observe({ type: "longtask" });
}"""


def test_a_hundred_thousand_entries_never_freeze_the_page(page, serve_log, capsys):
    log = published(ORDERS)
    page.goto(serve_log(log).url + "/check/")
    page.evaluate(PROBE)
    started = time.monotonic()
    page.get_by_role("button", name="Count everything again").click()
    page.get_by_role("progressbar", name="Entries recounted").wait_for()
    shown = page.locator("recount-log .verdict:not([data-state=working])")
    shown.wait_for(timeout=SECONDS * 1000)
    seconds = time.monotonic() - started

    longest, values = page.evaluate("[longest, values.size]")
    with capsys.disabled():
        size = len(log.entries)
        print(
            f"\n{size:,} entries in {seconds:.1f} s, {size / seconds:,.0f} a second; the page's "
            f"longest task {longest['task']:.0f} ms, longest wait of a timer "
            f"{longest['timer']:.0f} ms, of a frame {longest['frame']:.0f} ms; "
            f"{values} positions of the bar"
        )
    assert shown.get_attribute("data-state") == "holds", shown.inner_text()
    assert values > 10
    assert longest["task"] < LONGEST_TASK * 1000 * seconds
    assert longest["timer"] < LONGEST_WAIT * 1000 * seconds
