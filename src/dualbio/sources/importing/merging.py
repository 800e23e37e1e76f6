"""Merges a user's edits of an imported study with a later import.

Three states are compared: the file as an import last wrote it, the file as it is, and the file as an import would write
it.  Whatever one side alone changed is taken; where both changed one value, that of the hand stays and the other is
told.  Rows, arms and sources are known by their ids; steps of a regimen by their place, as long as none is added.
Compare: diff3, https://www.gnu.org/software/diffutils/manual/html_node/Merging-From-Common-Ancestor.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dualbio.errors import DataError
from dualbio.model.evidence import StudyFile
from dualbio.model.record_fields import Record
from dualbio.sources.canonical import field_order
from dualbio.sources.corpus import read_document
from dualbio.sources.form_problems import form_problems
from dualbio.sources.importing.ledger import ImportFailedError
from dualbio.sources.yaml_lines import UnreadableError, parse_yaml

__all__ = ["merge", "read_hand", "refuse_comments", "study_of"]

#: What may be the beginning of a comment.
_COMMENT = re.compile(r"(?:^|\s)#")


def read_hand(folder: Path, path: Path) -> StudyFile:
    """Return the study of a file that somebody changed.

    Raises:
        ImportFailedError: the file breaks the form of its records.
    """
    try:
        record = read_document(folder, path, StudyFile).record
    except DataError as error:
        raise ImportFailedError(str(error.problems[0])) from error
    assert isinstance(record, StudyFile)
    return record


def study_of(text: str) -> StudyFile:
    """Return the study of a text that an import wrote.

    Raises:
        ImportFailedError: studies have another form by now.
    """
    try:
        return StudyFile.model_validate(parse_yaml(text)[0])
    except (UnreadableError, ValidationError) as error:
        raise ImportFailedError(
            "an import wrote it in an older form of studies; repair: delete it, and it is written again"
        ) from error


def refuse_comments(text: str, head: int) -> None:
    """Complain of a comment below the `head` lines at the top, which would be lost when the file is written.

    Raises:
        ImportFailedError: there is one.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines[head:], start=head):
        for found in _COMMENT.finditer(line):
            cut = "\n".join((*lines[:number], line[: found.start()], *lines[number + 1 :]))
            if _says(cut) == _says(text):
                told = "a comment, which would be lost; repair: move it to a `note`, or to the top of the file"
                raise ImportFailedError(f"line {number + 1}: {told}")


def _says(text: str) -> Any:
    try:
        return parse_yaml(text)[0]
    except UnreadableError:
        return None


def merge(base: StudyFile, hand: StudyFile, new: StudyFile) -> tuple[StudyFile, tuple[str, ...]]:
    """Return a study with the changes of both sides, and a sentence for each value that both changed.

    Args:
        base: the study as an import last wrote it.
        hand: the study as it is in the file.
        new: the study as an import would write it now.

    Raises:
        ImportFailedError: the changes do not fit each other.
    """
    clashes: list[str] = []
    merged = _fields(_content_of(base), _content_of(hand), _content_of(new), (), clashes)
    try:
        return StudyFile.model_validate(merged), tuple(clashes)
    except ValidationError as error:
        path, _, message = next(form_problems(error, StudyFile, {}))
        raise ImportFailedError(f"{' '.join(map(str, path))}: {message}") from error


def _content_of(record: Record) -> dict[str, Any]:
    """Return what a record says, with lists of records as lists of what these say."""
    values = ((name, getattr(record, name)) for name in field_order(type(record)))
    return {name: _value(value) for name, value in values if value is not None}


def _value(value: Any) -> Any:
    if isinstance(value, Record):
        return _content_of(value)
    return tuple(map(_value, value)) if isinstance(value, tuple) else value


def _merged(base: Any, hand: Any, new: Any, place: tuple[str, ...], clashes: list[str]) -> Any:
    """Return a value of three states; `place` says where it stands, `clashes` takes what both sides changed."""
    if new in (hand, base):
        return hand
    if hand == base:
        return new
    if all(isinstance(each, dict) for each in (hand, new)):
        return _fields(base if isinstance(base, dict) else {}, hand, new, place, clashes)
    if all(isinstance(each, tuple) for each in (hand, new)):
        rows = _rows(base if isinstance(base, tuple) else (), hand, new, place, clashes)
        if rows is not None:
            return rows
    clashes.append(f"{' '.join(place)}: {_worded(hand)} of your file stays, an import would write {_worded(new)}")
    return hand


def _fields(
    base: dict[str, Any], hand: dict[str, Any], new: dict[str, Any], place: tuple[str, ...], clashes: list[str]
) -> dict[str, Any]:
    pairs = (
        (name, _merged(base.get(name), hand.get(name), new.get(name), (*place, name), clashes))
        for name in dict.fromkeys((*new, *hand))
    )
    return {name: value for name, value in pairs if value is not None and value != ()}


def _rows(
    base: tuple[Any, ...], hand: tuple[Any, ...], new: tuple[Any, ...], place: tuple[str, ...], clashes: list[str]
) -> tuple[Any, ...] | None:
    """Return a merged list of records; None where its items are no records, or cannot be distinguished."""
    if not all(isinstance(each, dict) for each in (*base, *hand, *new)):
        return None
    if all("id" in each for each in (*base, *hand, *new)):
        return tuple(_by_id(base, hand, new, place, clashes))
    if len(base) == len(hand) == len(new):
        places = ((*place, str(number)) for number in range(1, len(new) + 1))
        return tuple(_fields(*each, clashes) for each in zip(base, hand, new, places, strict=True))
    return None


def _by_id(
    base: tuple[Any, ...], hand: tuple[Any, ...], new: tuple[Any, ...], place: tuple[str, ...], clashes: list[str]
) -> Iterator[Any]:
    """Yield merged records in the order of an import; those of the hand alone come after the one that they follow."""
    before, mine, theirs = ({each["id"]: each for each in rows} for rows in (base, hand, new))
    order = list(theirs)
    last = None
    for key in mine:
        if key not in theirs:
            order.insert(order.index(last) + 1 if last in theirs or last in order else 0, key)
        last = key
    for key in order:
        row = _merged(before.get(key), mine.get(key), theirs.get(key), (*place, key), clashes)
        if row is not None:
            yield row


def _worded(value: Any) -> str:
    """Return a value for a message; what has fields is told by their number."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a record"
    if isinstance(value, tuple):
        return f"[{', '.join('a record' if isinstance(each, dict) else str(each) for each in value)}]"
    return f"'{value}'"
