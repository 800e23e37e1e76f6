"""The examples of docs/clients.md, run as they stand there against a running service."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from asking import program

_DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"
_EXAMPLE = re.compile(r"```(python|r|js|sh)\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
_EXAMPLES = [(match[1], match[2], match[3]) for match in _EXAMPLE.finditer(_DOCUMENT.read_text(encoding="utf-8"))]
_ADDRESS = "http://127.0.0.1:8080"
_PROGRAMS = {
    "python": [sys.executable, "-"],
    "r": ["Rscript", "--vanilla", "-"],
    "js": ["node", "--input-type=module", "-"],
    "sh": ["sh", "-s"],
}


def run(language: str, code: str, cache: Path) -> str:
    """Return what a piece of code prints."""
    name, *arguments = _PROGRAMS[language]
    command = [program(name), *arguments]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("language", "code", "printed"), _EXAMPLES, ids=[f"{each[0]}-{n}" for n, each in enumerate(_EXAMPLES)]
)
def test_an_example_prints_what_stands_below_it(
    language: str, code: str, printed: str, address: str, tmp_path: Path
) -> None:
    """Each example, word for word but for the port, prints the text that follows it."""
    assert _ADDRESS in code
    assert (
        printed.rstrip().splitlines() == run(language, code.replace(_ADDRESS, address), tmp_path).rstrip().splitlines()
    )


def test_each_language_has_an_example() -> None:
    """No example is left out by the way it is written."""
    text = _DOCUMENT.read_text(encoding="utf-8")
    assert len(re.findall(r"```(?:python|r|js|sh)\n", text)) == len(_EXAMPLES)
    assert set(_PROGRAMS) == {language for language, _, _ in _EXAMPLES}
