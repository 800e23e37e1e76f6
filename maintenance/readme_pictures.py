"""Make the pictures of the README, a screen of the site and a figure, from a release that a service serves.

`python maintenance/readme_pictures.py ADDRESS` asks the service at ADDRESS, such as http://127.0.0.1:8080, and writes
them into `docs/pictures/`, with the words of the page beside its screen: what a test holds against the release.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

__all__ = ["FIGURE_FILE", "SCREEN_FILE", "WORDS_FILE", "figure", "main", "screen", "words_of_figure"]

_FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SCREEN_FILE, WORDS_FILE = _FOLDER / "compare.png", _FOLDER / "compare.txt"
FIGURE_FILE = _FOLDER / "superiority-in-lupus.svg"

_SCREEN = "/compare?study=synbiose-1,beat-lupus,bliss-believe,calibrate"
_FIGURE = "/figures/studies/superiority-side-by-side.svg?pair=b-cell-depletion_blys-inhibition&disease=sle"
_WIDTH, _HEIGHT = 1200, 1000
#: Times that the page is asked for: until its figure is drawn it has an image of it, whose words it lacks.
_TRIES = 50
#: Milliseconds that a busy machine may take for a page.
_PATIENCE = 120_000
#: The line below a figure that names the release, which is another after every change.
_RELEASE = re.compile(r"dualbio \S+ · ")
_TEXT = re.compile(r">([^<>]*\w[^<>]*)<")


def screen(browser: Browser, address: str) -> tuple[bytes, str]:
    """Return the first screen of four trials beside each other as PNG, and the words of the whole page, by lines."""
    page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
    page.set_default_timeout(_PATIENCE)
    for _ in range(_TRIES):
        page.goto(address + _SCREEN)
        if page.locator("main svg").count():
            break
    text = page.locator("main").inner_text()
    picture = page.screenshot()
    page.close()
    lines = (" ".join(line.split()) for line in _RELEASE.sub("dualbio · ", text).splitlines())
    return picture, "".join(f"{line}\n" for line in lines if line)


def figure(address: str) -> str:
    """Return the tests of the two drugs in lupus as a forest plot, in SVG."""
    answer = httpx.get(address + _FIGURE, timeout=_PATIENCE / 1000, trust_env=False)
    return answer.raise_for_status().text


def words_of_figure(svg: str) -> list[str]:
    """Return all that a figure says: its words, and what each of its marks stands for."""
    return _TEXT.findall(_RELEASE.sub("dualbio · ", svg))


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description="Make the pictures of the README from a running service.")
    parser.add_argument("address", help="address of the service, without a slash at its end")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="browser that draws the page")
    asked = parser.parse_args()
    _FOLDER.mkdir(exist_ok=True)
    FIGURE_FILE.write_text(figure(asked.address), encoding="utf-8")
    with sync_playwright() as playwright:
        # Whoever runs it may be root, where the sandbox of Chromium cannot.
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=["--no-sandbox"])
        picture, words = screen(browser, asked.address)
    SCREEN_FILE.write_bytes(picture)
    WORDS_FILE.write_text(words, encoding="utf-8")


if __name__ == "__main__":
    main()
