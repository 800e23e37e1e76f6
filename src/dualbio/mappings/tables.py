"""Read a plain table of the folder `mappings`, every cell filled, and report every defect at once."""

from __future__ import annotations

from pathlib import Path

from dualbio.errors import DataError, Problem
from dualbio.sources.yaml_lines import UnreadableError, read_tsv

__all__ = ["read_filled"]


def read_filled(folder: Path, path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Return line and cells of each row of the table at `path` below a folder of curated sources; [] without a table.

    Raises:
        DataError: the file is no table of these columns, or a cell is empty; all problems are listed.
    """
    if not (folder / path).exists():
        return []
    file = f"{folder.name}/{path}"
    try:
        rows = read_tsv(folder / path, columns)
    except UnreadableError as error:
        raise DataError([Problem(file, error.line, "file", "syntax", f"{error}; repair: correct the line")]) from error
    problems = [
        Problem(file, line, next(iter(row.values()), "row"), "missing-cell", f"'{name}' is empty; repair: fill it in")
        for line, row in rows
        for name in columns
        if name not in row
    ]
    if problems:
        raise DataError(problems)
    return rows
