"""Read YAML and TSV files so that every value knows its line, and numbers keep the form they were printed in.

YAML is read as in version 1.2: only `true` and `false` are booleans, dates stay text, a key given twice is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dualbio.errors import counted

__all__ = ["Lines", "SafeDumper", "SafeLoader", "UnreadableError", "parse_yaml", "read_tsv", "read_value", "read_yaml"]

#: Line (from 1) of each value, by its path of keys and positions.
Lines = dict[tuple[str | int, ...], int]

#: The safe loader and dumper of PyYAML; those in C where it was built with them.
SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SafeDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_RESOLVER: Any = yaml.resolver.Resolver()
#: Far beyond any curated file: the largest has a thirtieth of the bytes, and the deepest 7 levels.
_MOST_BYTES = 4 * 1024 * 1024
_MOST_DEPTH = 32
#: A longer whole number is no count of anything, and stays text, which the records refuse.
_MOST_DIGITS = 18
_TAG = "tag:yaml.org,2002:"


#: What the parser's messages mean, by words in them; the first that fits counts.
_FAULTS: Mapping[str, str] = {
    "tab character": "a tab in front of the text; repair: indent with blanks",
    "mapping values are not allowed": "a ':' where no field can begin; repair: put the text in quotes, or give the "
    "line above its own ':'",
    "quoted scalar": "a quotation mark that is not closed, or an escape that there is not; repair: close it",
    "flow mapping": "a '{' that is not closed, or a ',' that is missing; repair: add '}' or ','",
    "flow sequence": "a '[' that is not closed, or a ',' that is missing; repair: add ']' or ','",
    "block mapping": "a line that is no field of the record above it; repair: indent it as the others, and close "
    "quotes above it",
    "block collection": "a line that is no entry of the list above it; repair: begin it with '- ', or indent it",
    "simple key": "a line without ':'; repair: write 'name: value'",
    "undefined alias": "an alias '*' of a value that there is not; repair: put the text in quotes",
    "special characters": "a character that no text file holds; repair: remove it",
    "control characters": "a character that no text file holds; repair: remove it",
    "cannot start any token": "a tab in front, or a text that begins with @, ` or %; repair: indent with blanks, or "
    "put the text in quotes",
    "alias": "'*' begins an alias; repair: put the text in quotes",
    "anchor": "'&' begins an anchor; repair: put the text in quotes",
    "tag": "'!' begins a tag; repair: put the text in quotes",
    "directive": "'%' begins a directive; repair: put the text in quotes",
}


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
        UnreadableError: not YAML, not UTF-8, too large or nested too deeply, an alias, or a key given twice.
    """
    return parse_yaml(_text(path))


def parse_yaml(text: str) -> tuple[Any, Lines]:
    """Return the content of a YAML text and the line of every value in it, as `read_yaml` does.

    It is read event by event, so that depth is bounded before anything is built, and nothing is repeated by aliases.

    Raises:
        UnreadableError: not YAML, nested too deeply, an alias, or a key given twice.
    """
    lines: Lines = {}
    events = yaml.parse(text, Loader=SafeLoader)
    try:
        next(events)  # the start of the stream
        if isinstance(next(events), yaml.StreamEndEvent):
            raise UnreadableError(1, "the file is empty")
        content = _construct(next(events), events, (), lines)
        next(events)  # the end of the document
        rest = next(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = f"{error.context or ''} {error.problem or ''}"
        raise UnreadableError(mark.line + 1 if mark else 0, f"not YAML: {_in_words(words)}") from error
    except yaml.YAMLError as error:
        raise UnreadableError(0, f"not YAML: {_in_words(str(error))}") from error
    if not isinstance(rest, yaml.StreamEndEvent):
        raise UnreadableError(_line(rest), "a second document begins; accepted: one")
    return content, lines


def read_value(path: Path, key: str) -> Any:
    """Return what stands under a key at the top of a YAML file, None where it is not; nothing behind it is read.

    Raises:
        UnreadableError: as `read_yaml`, before the value ends.
    """
    events = yaml.parse(_text(path), Loader=SafeLoader)
    try:
        start = next((event for event in events if isinstance(event, yaml.NodeEvent)), None)
        if isinstance(start, yaml.MappingStartEvent):
            while isinstance(name := next(events), yaml.ScalarEvent):
                value = _construct(next(events), events, (key,), {})
                if name.value == key:
                    return value
    except yaml.YAMLError as error:
        raise UnreadableError(0, f"not YAML: {_in_words(str(error))}") from error
    return None


def _in_words(message: str) -> str:
    """Return what is wrong, where the parser gives `message`."""
    return next((words for part, words in _FAULTS.items() if part in message), "it does not fit what stands above it")


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise UnreadableError(0, f"the file has {size:,} bytes; accepted: at most {_MOST_BYTES:,}; repair: split it")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(0, f"not UTF-8: {error}") from error


def _construct(event: yaml.Event, events: Iterator[yaml.Event], path: tuple[str | int, ...], lines: Lines) -> Any:
    lines[path] = line = _line(event)
    if len(path) > _MOST_DEPTH:
        raise UnreadableError(line, f"values are nested more than {_MOST_DEPTH} deep; repair: close the brackets")
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, path, lines)
    if isinstance(event, yaml.SequenceStartEvent):
        return tuple(_items(events, path, lines))
    if isinstance(event, yaml.AliasEvent):
        raise UnreadableError(line, f"alias '*{event.anchor}' is not taken; repair: write the value again")
    assert isinstance(event, yaml.ScalarEvent)
    return _scalar(str(event.value), event.tag, event.implicit)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _items(events: Iterator[yaml.Event], path: tuple[str | int, ...], lines: Lines) -> Iterator[Any]:
    number = 0
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        yield _construct(event, events, (*path, number), lines)
        number += 1


def _mapping(events: Iterator[yaml.Event], path: tuple[str | int, ...], lines: Lines) -> dict[str, Any]:
    content: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = _line(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise UnreadableError(line, "a key is a list, a mapping or an alias; accepted: a name")
        key = str(event.value)
        if key in content:
            raise UnreadableError(line, f"key '{key}' is given twice; repair: remove one")
        content[key] = _construct(next(events), events, (*path, key), lines)
    return content


@lru_cache(4096)  # most values are words that come again and again
def _scalar(text: str, given: str | None, implicit: tuple[bool, bool]) -> Any:
    tag: str = given or _RESOLVER.resolve(yaml.ScalarNode, text, implicit)
    match tag.removeprefix(_TAG):
        case "int" if len(text) > _MOST_DIGITS:
            return text
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
        UnreadableError: not UTF-8, too large, a wrong header, or a row with too many or too few cells.
    """
    head, *body = _text(path).splitlines() or [""]
    if tuple(head.split("\t")) != columns:
        raise UnreadableError(1, f"header is '{head.replace(chr(9), ' ')}'; accepted: '{' '.join(columns)}' with tabs")
    rows = []
    for number, line in enumerate(body, start=2):
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise UnreadableError(
                number, f"the row has {counted(len(cells), 'cell')}; accepted: {len(columns)}, separated by tabs"
            )
        rows.append((number, {name: cell for name, cell in zip(columns, cells, strict=True) if cell}))
    return rows
