"""Every promise of the page about security names a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"


def promises() -> dict[str, list[str]]:
    """Return the tests that the page names, by promise."""
    table = PAGE.read_text(encoding="utf-8").partition("## Guarantees")[2]
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE)
    return {promise: re.findall(r"`([^`]+)`", tests) for promise, tests in rows if promise not in ("Guarantee", "---")}


def functions(file: str) -> set[str]:
    """Return the names of the test functions of a file; none where there is no file."""
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_promise_has_a_test_that_exists() -> None:
    """A promise without a test, and a test that was renamed or removed, are told."""
    missing = [
        (promise, test)
        for promise, tests in promises().items()
        for test in tests or ["none"]
        if test.partition("::")[2] not in functions(test.partition("::")[0])
    ]

    assert [] == missing
    assert len(promises()) > 15
