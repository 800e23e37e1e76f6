"""Notebooks run from start to end, give the tables that they show, and rest on saved queries and questions alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dualbio.queries import Library
from dualbio.release.folder import Release
from notebooks import execute, read

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
#: What is compared of an output; pictures depend on the fonts of the machine.
TEXTS = ("text/plain", "text/html")


def tables(notebook: nbformat.NotebookNode) -> list[tuple[str, list[Any]]]:
    """Return each code cell with the texts of its outputs."""
    return [
        (
            cell.source,
            [
                {"printed": output.text}
                if output.output_type == "stream"
                else {name: output.data[name] for name in TEXTS if name in output.data}
                for output in cell.outputs
            ],
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_notebook_shows_what_it_computes(path: Path, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a fresh kernel, every cell gives the tables that the file shows."""
    monkeypatch.setenv("DUALBIO_RELEASES", str(release.folder.parent))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    shown = tables(read(path))
    assert shown == tables(execute(path)), f"repair: python tests/support/notebooks.py {path.relative_to(ROOT)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_notebook_uses_saved_queries_and_questions_alone(path: Path, library: Library) -> None:
    """No cell sends SPARQL of its own; what it shows comes from saved queries that exist, or pooled questions."""
    code = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    asked = set(re.findall(r'\bask\("([^"]+)"', code))
    assert "sparql" not in code
    assert len(asked) >= 15 or "db.synthesise(" in code
    assert asked <= {library.find(name).name.rpartition("/")[2] for name in asked}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_tables_with_numbers_name_their_origin(path: Path) -> None:
    """A table that shows a printed number also shows study, source and check level."""
    for source, outputs in tables(read(path)):
        for output in outputs:
            heads = set(re.findall(r"<th>(\w+)</th>", output.get("text/html", "")))
            if heads & {"events", "value", "estimate", "p", "combinationEvents"}:
                assert heads >= {"studyName", "source", "checkLevel"}, source


def test_there_is_a_notebook() -> None:
    """The folder of notebooks is not empty."""
    assert FILES
