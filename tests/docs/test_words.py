"""Documents, messages and docstrings are written in plain English: riddles that were mended do not come back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from documents import DOCUMENTS, ROOT

#: What reads like a riddle, and the plain words for it; the table "Words" of CONTRIBUTING.md names the kinds.
PLAIN = {
    r"\b[Ww]hoever\b": "the client, the operator, any process that",
    r"\b[Ss]trangers?\b": "anonymous clients; untrusted",
    r"\b(?:Say|Tell)s? whether\b": "Return whether",
    r"\bof then\b": "of that time",
    r"\bsuch as is\b": "such as",
    r"\bbeside each other\b": "side by side, adjacent",
    r"\banew\b": "again, rebuilt, rewritten",
    r"\bask(?:ed)? again later\b": "retry later",
    r"\bcannot be told (?:whether|from)\b": "is unclear whether, cannot be distinguished from",
    r"\bby the clock\b": "wall-clock time",
    r"\bmost seconds\b": "longest time, in seconds",
    r"'\{?\w*\}?' is no \w+;": "is not a …;",
}
#: Words that are plain in a name or a comment, and a riddle in a document; code in it is not looked at.
PLAIN_IN_DOCUMENTS = {
    r"\bbeside\b": "next to, with, in addition to",
    r"\btold\b": "stated, shown, reported",
    r"\basked\b": "requested, queried, run",
    r"\bas usual\b": "name what differs",
    r"\bcomes? to (?:no|an?) answer\b": "gives no answer",
    r"\bgo(?:es)? before\b": "takes precedence",
    r"\bof ours\b": "our",
    r"\b(?:by|of) the processor\b(?! time)": "processor time",
}
#: Where people read: documents, the texts of the service, and everything that is written beside the code.
READ = (
    *DOCUMENTS,
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "server/dualbio_server/templates").glob("*.html")),
    *sorted((ROOT / "src/dualbio").rglob("*.py")),
    *sorted((ROOT / "server/dualbio_server").rglob("*.py")),
    *sorted((ROOT / "queries").rglob("*.rq")),
)


def read(path: Path) -> str:
    """Return what a file says; of the table of words in CONTRIBUTING.md, which names them, the column that is right."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"^\| (.+?) \|.*\|$", r"\1", text, flags=re.MULTILINE) if path.name == "CONTRIBUTING.md" else text


def prose(path: Path) -> str:
    """Return what a document says, with its lines, but without code."""
    text = re.sub(
        r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), read(path), flags=re.MULTILINE | re.DOTALL
    )
    return re.sub(r"`[^`\n]*`|\]\([^)\n]*\)", "", text)


def places(riddle: str, texts: Iterable[tuple[Path, str]]) -> list[str]:
    """Return where texts have the words of a riddle."""
    return [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for path, text in texts
        for match in re.finditer(riddle, text)
    ]


@pytest.mark.parametrize(("riddle", "plain"), PLAIN.items(), ids=PLAIN.values())
def test_no_riddle_comes_back(riddle: str, plain: str) -> None:
    """Nothing that people read has the words of a riddle; the name of the test says what to write instead."""
    assert [] == places(riddle, ((path, read(path)) for path in READ)), f"repair: {plain}"


@pytest.mark.parametrize(("riddle", "plain"), PLAIN_IN_DOCUMENTS.items(), ids=PLAIN_IN_DOCUMENTS.values())
def test_no_document_speaks_in_riddles(riddle: str, plain: str) -> None:
    """Documents use the words of the table in CONTRIBUTING.md; the name of the test says what to write instead."""
    documents = (*DOCUMENTS, ROOT / "CHANGELOG.md")
    assert [] == places(riddle, ((path, prose(path)) for path in documents)), f"repair: {plain}"
