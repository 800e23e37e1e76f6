"""A site in files as its readers find it: pages, and links that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote

__all__ = ["dead_links", "pages"]

_LINK = re.compile(r'\s(?:(?:xlink:)?href|src|srcset|action)="([^"]*)"')
_ELSEWHERE = re.compile(r"(?:https?|mailto|data):")


def pages(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each page of a copy, and its text."""
    for file in sorted(folder.rglob("*.html")):
        yield file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8")


def dead_links(folder: Path) -> list[tuple[str, str]]:
    """Return the links of all pages that do not lead to a file of the copy, each after its page."""
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    return [
        (name, link)
        for name, text in pages(folder)
        for link in dict.fromkeys(map(unescape, _LINK.findall(text)))
        if not _ELSEWHERE.match(link) and not _leads(name, link, there)
    ]


def _leads(page: str, link: str, there: set[str]) -> bool:
    """Return whether a link of a page leads to one of the files that are there, wherever the copy lies."""
    place = unquote(link.partition("#")[0])
    if not place:
        return True
    return not place.startswith("/") and normpath(f"{page.rpartition('/')[0] or '.'}/{place}") in there
