"""The head of a saved query: YAML in `#+` comment lines that says what is asked, by which parameters, in which columns.

The form is the one that grlc reads (https://github.com/CLARIAH/grlc), with our own fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from dualbio.errors import Problem, did_you_mean
from dualbio.fields import Record, Text
from dualbio.namespaces import KINDS
from dualbio.reading import Lines, UnreadableError, parse_yaml

__all__ = ["RESERVED", "TYPES", "Column", "Figure", "Head", "HeadError", "Parameter", "read_head"]

#: Types of a parameter that are not kinds of individual.
TYPES: tuple[str, ...] = ("string", "integer", "decimal", "boolean", "date", "enum", "iri")

#: Names that the faces keep for themselves, so that no parameter can have them.
RESERVED: tuple[str, ...] = ("exact", "format", "limit", "name", "offset", "self")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]*$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Scalar = str | int | Decimal | bool


class Parameter(Record):
    """A parameter: its name is that of a `VALUES` block in the body, whose rows are the default.

    `type` is a kind of individual (`iri` for any kind) or a type of literal; `values` lists what an `enum` accepts,
    `scheme` the controlled scheme that a `value` must be of; a `list` takes several values.
    """

    name: Name
    type: str
    description: Text
    example: Scalar | tuple[Scalar, ...]
    list: bool = False
    values: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    scheme: Word | None = None

    @model_validator(mode="after")
    def _type_and_companions(self) -> Self:
        accepted = (*TYPES, *KINDS)
        if self.type not in accepted:
            raise ValueError(
                f"field 'type' is '{self.type}'; accepted: {', '.join(accepted)}{did_you_mean(self.type, accepted)}"
            )
        for field, owner in (("values", "enum"), ("scheme", "value")):
            if (getattr(self, field) is not None) != (self.type == owner):
                raise ValueError(
                    f"field '{field}' goes with type '{owner}', and only with it; found type '{self.type}'"
                )
        if isinstance(self.example, tuple) and not self.list:
            raise ValueError("field 'example' has several values; accepted: one, unless 'list: true' is given")
        return self

    @property
    def examples(self) -> tuple[Scalar, ...]:
        """The values of the example."""
        return self.example if isinstance(self.example, tuple) else (self.example,)


class Column(Record):
    """A column of the answer: the variable, what its values mean, and their unit where they have one."""

    name: Name
    meaning: Text
    unit: Text | None = None


class Figure(Record):
    """The figure that the answer feeds: its `kind`, and which column plays which part."""

    kind: Word
    columns: Annotated[dict[str, Name], Field(default_factory=dict)]


class Head(Record):
    """What a saved query says about itself; `summary` is the question in a user's words."""

    summary: Text
    description: Text
    tags: Annotated[tuple[Word, ...], Field(min_length=1)]
    params: tuple[Parameter, ...] = ()
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    figure: Figure | None = None

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        for field, names in (
            ("params", [param.name for param in self.params]),
            ("columns", [column.name for column in self.columns]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"field '{field}' names '{twice[0]}' twice; repair: rename one")
        known = [column.name for column in self.columns]
        for part, name in (self.figure.columns if self.figure else {}).items():
            if name not in known:
                raise ValueError(
                    f"figure column '{part}' is '{name}'; accepted: {', '.join(known)}{did_you_mean(name, known)}"
                )
        return self


class HeadError(ValueError):
    """The head cannot be read; `problems` lists every defect with its line in the query file."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


#: How the checks of a record name the field that they are about.
_NAMED_FIELD = re.compile(r"field '(\w+)'")
#: The records inside a head, by the field that holds them.
_PARTS: dict[str, type[Record]] = {"params": Parameter, "columns": Column, "figure": Figure}


def read_head(text: str, file: str) -> tuple[Head, Lines]:
    """Return the head of the query `text`, and the line in `file` of every value in it.

    Raises:
        HeadError: there is no head, it is not YAML, or it does not conform.
    """
    rows = [
        (number, line[2:].removeprefix(" "))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith("#+")
    ]
    if not rows:
        raise HeadError([_problem(file, 1, "there is no head; accepted: YAML in lines that begin with '#+ '")])
    numbers = [number for number, _ in rows]
    try:
        content, found = parse_yaml("\n".join(row for _, row in rows))
    except UnreadableError as error:
        line = numbers[min(max(error.line, 1), len(numbers)) - 1]
        raise HeadError([_problem(file, line, f"the head cannot be read: {error}")]) from error
    lines = {path: numbers[line - 1] for path, line in found.items()}
    if not isinstance(content, dict):
        raise HeadError([_problem(file, numbers[0], "the head is no mapping; accepted: lines such as 'summary: ...'")])
    try:
        return Head.model_validate(content), lines
    except ValidationError as error:
        raise HeadError(list(_explain(error, file, lines))) from error


def _problem(file: str, line: int, message: str) -> Problem:
    return Problem(file, line, "head", "query-head", message)


def _explain(error: ValidationError, file: str, lines: Lines) -> Iterator[Problem]:
    for detail in error.errors():
        path = detail["loc"]
        message = _message(path, detail)
        named = _NAMED_FIELD.match(message)
        around = (*path, named[1]) if named and detail["type"] == "value_error" else path
        while around not in lines and around:
            around = around[:-1]
        yield _problem(file, lines.get(around, 1), message)


def _message(path: tuple[str | int, ...], detail: Any) -> str:
    names = [part for part in path if isinstance(part, str)]
    where = f"field '{names[-1]}'" if names else "the head"
    match detail["type"]:
        case "extra_forbidden":
            known = list(_PARTS.get(str(path[0]) if len(path) > 1 else "", Head).model_fields)
            quotes = "; repair: quote the text that this is a part of" if " " in names[-1] else ""
            return f"{where} is not known; accepted: {', '.join(known)}{did_you_mean(names[-1], known)}{quotes}"
        case "missing":
            return f"{where} is missing; repair: add it"
        case "string_pattern_mismatch":
            return f"{where} is '{detail['input']}'; accepted: text that matches {detail['ctx']['pattern']}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case _:
            return f"{where} is {str(detail.get('input'))[:60]!r}: {detail['msg'][0].lower()}{detail['msg'][1:]}"
