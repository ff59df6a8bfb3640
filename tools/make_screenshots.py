"""Take the pictures of the page that the documentation shows: the flights of two half-years, in Chromium.

    python tools/make_screenshots.py [CHROMIUM]

Needs the group test, Chromium and the font Inter; writes docs/images.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import kullback as kl

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Shot:
    """A picture: its name, its window, and the column that is open in it."""

    name: str
    width: int
    height: int
    scheme: str = "light"
    opened: str = ""
    scale: float = 1


SHOTS = (
    Shot("page-light", 1200, 900),
    Shot("page-dark", 1200, 900, scheme="dark"),
    Shot("page-phone", 360, 740, opened="flight", scale=2),
    Shot("page-column", 1200, 860, opened="flight"),
)


def take(browser: Browser, page_file: Path, shot: Shot) -> Path:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme=shot.scheme,
        device_scale_factor=shot.scale,
    )
    page = context.new_page()
    page.goto(page_file.as_uri())
    if shot.opened:
        summary = page.locator("#list > tbody summary", has_text=shot.opened).first
        summary.click()
        # The line at the top of the window, below the head of the list.
        summary.evaluate(
            "(line) => scrollTo(0, line.closest('tr').offsetTop - document.querySelector('thead').offsetHeight)"
        )
        page.mouse.move(0, 0)
    target = IMAGES / f"{shot.name}.png"
    page.screenshot(path=target)
    context.close()
    return target


def main() -> None:
    chromium = sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium"
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page_file = Path(folder) / "flights.html"
        # By the names that a reader would use.
        os.chdir(ROOT)
        halves = [f"examples/data/flights-2013-h{half}.parquet" for half in (1, 2)]
        kl.compare(*halves, exclude=["month", "day", "time_hour"]).to_html(page_file)
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        for shot in SHOTS:
            target = take(browser, page_file, shot)
            size = target.stat().st_size
            if size > MOST_BYTES:
                sys.exit(f"{target} has {size:,} bytes; at most {MOST_BYTES:,} are wanted: make its window smaller.")
            print(f"{target.relative_to(ROOT)}: {size:,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
