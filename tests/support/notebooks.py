"""Run a notebook as its readers would; called as a program with its path, it writes the new outputs into the file."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

__all__ = ["execute", "read"]


def read(path: Path) -> nbformat.NotebookNode:
    """Return the notebook of a file."""
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def execute(path: Path) -> nbformat.NotebookNode:
    """Return the notebook with the outputs of all its cells, run in order in a fresh kernel.

    Raises:
        CellExecutionError: a cell fails.
    """
    notebook = read(path)
    place = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # a busy machine sends a line in pieces
        resources=place,
    )
    client.execute()
    return notebook


if __name__ == "__main__":
    file = Path(sys.argv[1])
    nbformat.write(execute(file), file)  # type: ignore[no-untyped-call]
