"""The pictures of the README show what the release says: their words are compared, not their pixels."""

from __future__ import annotations

from playwright.sync_api import Browser

from readme_pictures import FIGURE_FILE, SCREEN_FILE, WORDS_FILE, figure, screen, words_of_figure
from running import Server

REPAIR = "repair: dualbio serve, then python maintenance/readme_pictures.py with its address"


def test_the_screen_shows_what_the_page_says(server: Server, browser: Browser) -> None:
    """The words beside the screen are those of the page: tests, order, people and numbers of the four trials."""
    kept = WORDS_FILE.read_text(encoding="utf-8")
    assert kept == screen(browser, server.url)[1], REPAIR
    assert "BLISS-BELIEVE: missed at its primary outcome" in kept


def test_the_figure_shows_what_the_tests_came_to(server: Server) -> None:
    """Labels, axes, printed estimates and what each mark stands for are those of the release."""
    kept = words_of_figure(FIGURE_FILE.read_text(encoding="utf-8"))
    assert kept == words_of_figure(figure(server.url)), REPAIR
    assert any("1.27 (0.6" in words for words in kept)


def test_pictures_are_small_and_in_the_readme() -> None:
    """Whoever fetches the project fetches less than 200 kB for each."""
    readme = (SCREEN_FILE.parents[2] / "README.md").read_text(encoding="utf-8")
    for file in (SCREEN_FILE, FIGURE_FILE):
        assert f"](docs/pictures/{file.name})" in readme
        assert file.stat().st_size < 200_000
