"""Records the README's pictures from a demonstration: `python -m scripts.record_main_job`.

docs/images/main-job.gif shows a page that stays open while a signed order raises its number
and a refund lowers it; the other pictures show what a reader and a campaign manager see.
"""

import io
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.server import Server
from tests.shop import send

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
STORY = "/stories/2026/a-professional-amount-of-boring/"
PASSWORD = "almoner-demo"  # printed by the demonstration itself
FRAME = 0.12  # seconds between two pictures of the recording
DESK = {"width": 1200, "height": 1000}
PHONE = {"width": 390, "height": 780}


def main() -> None:
    """Start a demonstration, look at it, stop it."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = next(filter(None, map(shutil.which, CHROMIUM)))
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server = Server(Path(home), command="demo").start()
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_ARGUMENTS)
        )
        try:
            record(browser, server.url)
            for name, path, view in (
                ("story", STORY, {"viewport": DESK}),
                ("story-dark", STORY, {"viewport": DESK, "color_scheme": "dark"}),
                ("phone", STORY, {"viewport": PHONE, "device_scale_factor": 2}),
                ("counter", "/causes/meals/", {"viewport": DESK}),
            ):
                picture(browser, server.url + path, IMAGES / f"{name}.png", **view)
            campaign_editor(browser, server.url)
        finally:
            browser.close()
            server.stop()


def record(browser: Browser, url: str) -> None:
    """An order from docs/examples is sent, then its refund; the page stays open."""
    page = browser.new_page(viewport={"width": 960, "height": 460})
    with page.expect_response("**/counters/stream"):
        page.goto(url)
    page.wait_for_timeout(800)
    frames = [shot(page)] * 6
    for name, topic in (("order", "orders/paid"), ("refund", "refunds/create")):
        body = json.loads((ROOT / "docs" / "examples" / f"{name}.json").read_text())
        answer = send(url, body, topic)
        assert answer.status_code == 200, answer.text
        until = time.monotonic() + 2
        while time.monotonic() < until:
            frames.append(shot(page))
            page.wait_for_timeout(FRAME * 1000)
        frames += [frames[-1]] * 8
    page.close()
    write(frames, IMAGES / "main-job.gif")


def shot(page: Page) -> Image.Image:
    """The window as it is now."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def write(frames: list[Image.Image], path: Path) -> None:
    """One palette for all frames, so that only what moves is written."""
    palette = frames[0].quantize(colors=64, method=Image.Quantize.MEDIANCUT)
    small = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    small[0].save(
        path,
        save_all=True,
        append_images=small[1:],
        duration=int(FRAME * 1000),
        loop=0,
        optimize=True,
    )


def picture(browser: Browser, url: str, path: Path, **view: Any) -> None:
    """One page as it opens."""
    page = browser.new_page(reduced_motion="reduce", **view)
    page.goto(url)
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    page.close()
    shrink(path)


def shrink(path: Path) -> None:
    """Pictures of 256 colours are a third as large and look the same."""
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


def campaign_editor(browser: Browser, url: str) -> None:
    """The screen on which a campaign manager writes a promise, with what it would have given."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{url}/admin/login/")
    page.fill("#id_username", "manager")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    page.goto(f"{url}/admin/giving/campaigns/")
    page.get_by_role("link", name="Holiday Bowls").first.click()
    page.get_by_role("link", name="Change the terms").click()
    page.wait_for_timeout(800)
    page.screenshot(path=IMAGES / "campaign-editor.png")
    page.close()
    shrink(IMAGES / "campaign-editor.png")


if __name__ == "__main__":
    main()
