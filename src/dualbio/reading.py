"""Read YAML and TSV files so that every value knows its line, and numbers keep the form they were printed in.

YAML is read as in version 1.2: only `true` and `false` are booleans, dates stay text, a key given twice is an error.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Lines", "UnreadableError", "parse_yaml", "read_tsv", "read_yaml"]

#: Line (from 1) of each value, by its path of keys and positions.
Lines = dict[tuple[str | int, ...], int]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"


class UnreadableError(ValueError):
    """A file that cannot be read at all; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        """Keep the line beside the message."""
        super().__init__(message)
        self.line = line


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """Return the content of a YAML file and the line of every value in it.

    Sequences become tuples, numbers with a point or exponent `Decimal`.

    Raises:
        UnreadableError: not YAML, not UTF-8, or a key given twice.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise UnreadableError(0, f"not UTF-8: {error}") from error


def parse_yaml(text: str) -> tuple[Any, Lines]:
    """Return the content of a YAML text and the line of every value in it, as `read_yaml` does.

    Raises:
        UnreadableError: not YAML, or a key given twice.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(part for part in (error.context, error.problem) if part)
        raise UnreadableError(mark.line + 1 if mark else 0, f"not YAML: {words}") from error
    except yaml.YAMLError as error:
        raise UnreadableError(0, f"not YAML: {error}".replace("\n", " ")) from error
    if node is None:
        raise UnreadableError(1, "the file is empty")
    lines: Lines = {}
    return _construct(node, (), lines), lines


def _construct(node: yaml.Node, path: tuple[str | int, ...], lines: Lines) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return tuple(_construct(item, (*path, i), lines) for i, item in enumerate(node.value))
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: tuple[str | int, ...], lines: Lines) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in content:
            raise UnreadableError(key_node.start_mark.line + 1, f"key '{key}' is given twice; repair: remove one")
        content[key] = _construct(value_node, (*path, key), lines)
    return content


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    match node.tag.removeprefix(_TAG):
        case "int" if (text.lstrip("+-").isdigit() and not text.lstrip("+-").startswith("0")) or text == "0":
            return int(text)
        case "float" if ":" not in text:
            return Decimal(text.replace("_", "")) if text[-1] not in "nNfF" else text
        case "bool" if text in ("true", "false"):
            return text == "true"
        case "null":
            return None
        case _:
            return text


def read_tsv(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a tab-separated table with their lines; empty cells are left out.

    Raises:
        UnreadableError: not UTF-8, a wrong header, or a row with too many or too few cells.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(0, f"not UTF-8: {error}") from error
    head, *body = text.splitlines() or [""]
    if tuple(head.split("\t")) != columns:
        raise UnreadableError(1, f"header is '{head.replace(chr(9), ' ')}'; accepted: '{' '.join(columns)}' with tabs")
    rows = []
    for number, line in enumerate(body, start=2):
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise UnreadableError(
                number, f"the row has {len(cells)} cells; accepted: {len(columns)}, separated by tabs"
            )
        rows.append((number, {name: cell for name, cell in zip(columns, cells, strict=True) if cell}))
    return rows
