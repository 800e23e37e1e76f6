"""The documents, the blocks of code in them, and the service that these ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from dualbio.release.folder import Release

__all__ = ["CURRENT", "DOCUMENTS", "OLDER", "ROOT", "TOKEN", "Block", "Place", "blocks"]

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
#: The token of the service that the examples write to.
TOKEN = "a-token-for-the-examples"  # noqa: S105 - of a test
#: How the documents name the current release, and one before it.
CURRENT, OLDER = "0.1.0-3c3558e878cd", "0.1.0-0b8c1d5e7f90"


@dataclass(frozen=True)
class Place:
    """A running service, the folder of its releases, and what stands for it in the documents."""

    address: str
    releases: Path
    release: Release

    def localised(self, code: str) -> str:
        """Return an example with the address and the release of this service in place of those of the document."""
        return code.replace("http://127.0.0.1:8080", self.address).replace(CURRENT, self.release.id)


class Block(NamedTuple):
    """A fenced block: where it begins, its language, the words behind it, its text, and what it must print."""

    file: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str
    printed: str | None = None

    @property
    def name(self) -> str:
        """The place of the block, as tests are called."""
        return f"{self.file}:{self.line}"


def fenced(path: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a document."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        language, *words = match[1].split() or [""]
        line = text.count("\n", 0, match.start()) + 1
        yield Block(path.relative_to(ROOT).as_posix(), line, language, tuple(words), match[2])


def blocks(path: Path) -> Iterator[Block]:
    """Yield the blocks of a document, each with the text that it prints when that stands right below it."""
    found = list(fenced(path))
    lines = path.read_text(encoding="utf-8").split("\n")
    for block, following in pairwise([*found, None]):
        assert block is not None
        end = block.line + block.text.count("\n") + 1
        shows = following is not None and following.language == "text"
        if shows and following is not None and not "".join(lines[end : following.line - 1]).strip():
            yield block._replace(printed=following.text)
        else:
            yield block
