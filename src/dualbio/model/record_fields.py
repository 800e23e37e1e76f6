"""How a field of a curated record becomes triples.

A record is a frozen pydantic model.  Each field carries one of the marks below in its annotation; the mark says
which property the field becomes and what its value stands for.  Validation, the check of references, conversion to
RDF and the way back all read the same marks, so a field is declared once.
A field without a mark is a literal under its own name in camel case.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

__all__ = [
    "KEY",
    "Coded",
    "Counted",
    "Curie",
    "Date",
    "Identity",
    "Inline",
    "Key",
    "Link",
    "Mark",
    "Named",
    "Number",
    "Outside",
    "OutsideTerm",
    "Own",
    "Parts",
    "Pointer",
    "Record",
    "RecordField",
    "Text",
    "Value",
    "fields_of",
    "slug",
]

#: A key, as a pattern of its own or in a longer one.
KEY = r"[a-z0-9]+(-[a-z0-9]+)*"
Key = Annotated[str, StringConstraints(pattern=f"^{KEY}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
#: A record named with its kind, such as `cell:plasma-cell`.
Named = Annotated[str, StringConstraints(pattern=r"^[a-z-]+:[a-z0-9]+([_-]+[a-z0-9]+)*$")]


#: A term of another vocabulary, such as `CL:0000236` or `PMID:36396173`.
OutsideTerm = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]*:[A-Za-z0-9][A-Za-z0-9._-]*$")]


def _whole_number(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


#: A number as printed: read from the text of the file, so that 59.0 stays 59.0.
Number = Annotated[Decimal, BeforeValidator(_whole_number), Field(allow_inf_nan=False)]


class Record(BaseModel):
    """A curated record: unknown fields are refused, values are kept as written, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, strict=True)

    @property
    def points_to(self) -> tuple[str, str] | None:
        """Kind and key of the individual that this record merely points to; None when it describes its own."""
        return None


@dataclass(frozen=True)
class Mark:
    """What a field means; `predicate` is a vocabulary name, by default the field's name in camel case."""

    predicate: str | None = None


@dataclass(frozen=True)
class Value(Mark):
    """A literal.  `absent` is the value that is expressed by leaving the triple out (`unknown` under open world).

    A `counted` number is set or counted in whole units, such as weeks: where it is whole it is an xsd:integer.
    """

    language: str | None = None
    datatype: str | None = None
    absent: Any = None
    counted: bool = False


@dataclass(frozen=True)
class Date(Mark):
    """An ISO 8601 date at the precision known: an xsd:date, xsd:gYearMonth or xsd:gYear, whose text is the one printed.

    The properties named `<predicate>Earliest` and `<predicate>Latest` hold the first and the last day that it can mean,
    so that all dates can be compared.
    """


#: A number of units such as weeks or milligrams, which may be a fraction of one.
Counted = Annotated[Number, Value(counted=True)]


@dataclass(frozen=True)
class Identity(Mark):
    """The record's own key; also kept as `dualbio:key`."""


@dataclass(frozen=True)
class Link(Mark):
    """Key of an entity of one of `kinds`, found in the vocabularies or among the studies."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Curie(Mark):
    """A record named with its kind, `<kind>:<key>`, where the kinds that may stand in one field share keys."""

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outside(Mark):
    """A term of another vocabulary, or a publication, as CURIE of the prefix table, such as `CL:0000236`."""


@dataclass(frozen=True)
class Own(Mark):
    """Local id inside a study: an arm, a source, or (`row`) a result or comparison.

    The study is the file's own unless the record has a field `study`, which then names it.
    """

    kind: str = ""


@dataclass(frozen=True)
class Pointer(Mark):
    """A pair {study, id} that points into a study file."""

    kind: str = ""


@dataclass(frozen=True)
class Coded(Mark):
    """A value of a controlled scheme, an individual `value:<scheme>.<slug>`."""

    scheme: str = ""


@dataclass(frozen=True)
class Inline(Mark):
    """A nested record whose fields become properties of the owner, their names prefixed."""

    prefix: str = ""


@dataclass(frozen=True)
class Parts(Mark):
    """Nested records with IRIs of their own, linked from the owner.

    `kind` is the kind of the parts; they are numbered by position unless they have an id.
    `through` names the kind and the predicate of a node between owner and parts (an arm's regimen).
    """

    kind: str = ""
    through: tuple[str, str] | None = None


@dataclass(frozen=True)
class RecordField:
    """A field as the converter sees it."""

    name: str
    predicate: str
    mark: Mark
    many: bool
    base: Any
    choices: tuple[Any, ...] = field(default=())


def slug(value: str) -> str:
    """Return the local name of a controlled value.

    >>> slug("SC and IV"), slug("mITT")
    ('sc-and-iv', 'mitt')
    """
    return value.lower().replace(" ", "-")


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """Strip Optional and Annotated; return the bare type and all metadata met on the way."""
    metadata: list[Any] = []
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            metadata += more
        elif origin in (Union, types.UnionType):
            rest = [a for a in get_args(annotation) if a is not type(None)]
            if len(rest) != 1:
                return annotation, metadata
            annotation = rest[0]
        else:
            return annotation, metadata


@cache
def fields_of(model: type[Record]) -> tuple[RecordField, ...]:
    """Return the fields of a record model in the order of declaration, each with its mark."""
    return tuple(_fields(model))


def _fields(model: type[Record]) -> Iterator[RecordField]:
    for name, info in model.model_fields.items():
        base, metadata = _unwrap(info.annotation)
        metadata = [*info.metadata, *metadata]
        many = get_origin(base) is tuple
        if many:
            base, more = _unwrap(get_args(base)[0])
            metadata += more
        mark = next((m for m in metadata if isinstance(m, Mark)), Value())
        choices = get_args(base) if get_origin(base) is Literal else ()
        yield RecordField(name, mark.predicate or _camel(name), mark, many, base, choices)
