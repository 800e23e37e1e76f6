"""Heads of `.rq` files: YAML in lines that begin with `#+`, as grlc reads them (https://github.com/CLARIAH/grlc)."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from dualbio.errors import DataError, Problem
from dualbio.model.record_fields import Record
from dualbio.sources.form_problems import form_problems
from dualbio.sources.yaml_lines import Lines, UnreadableError, parse_yaml

__all__ = ["read_head"]

Head = TypeVar("Head", bound=Record)


def read_head(text: str, file: str, model: type[Head]) -> tuple[Head, Lines]:
    """Return the head of a query text as a record of `model`, and the line in `file` of every value in it.

    Raises:
        DataError: there is no head, it is not YAML, or it does not conform; all its problems are listed.
    """
    rows = [
        (number, line[2:].removeprefix(" "))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith("#+")
    ]
    if not rows:
        raise DataError([_problem(file, 1, "there is no head; accepted: YAML in lines that begin with '#+ '")])
    numbers = [number for number, _ in rows]
    try:
        content, found = parse_yaml("\n".join(row for _, row in rows))
    except UnreadableError as error:
        line = numbers[min(max(error.line, 1), len(numbers)) - 1]
        raise DataError([_problem(file, line, f"the head cannot be read: {error}")]) from error
    lines = {path: numbers[line - 1] for path, line in found.items()}
    if not isinstance(content, dict):
        raise DataError([_problem(file, numbers[0], "the head is not a mapping; accepted: 'summary: ...'")])
    try:
        return model.model_validate(content), lines
    except ValidationError as error:
        problems = [_problem(file, line or 1, words) for _, line, words in form_problems(error, model, lines)]
        raise DataError(problems) from error


def _problem(file: str, line: int, message: str) -> Problem:
    return Problem(file, line, "head", "query-head", message)
