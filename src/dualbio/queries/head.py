"""The head of a saved query: the question, its parameters and its columns."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from dualbio.errors import did_you_mean
from dualbio.model.namespaces import KINDS
from dualbio.model.record_fields import KEY, Record, Text
from dualbio.queries.answers.notes import MARK_WORDS
from dualbio.queries.answers.plot import IF, Plot
from dualbio.queries.answers.reading import Reading, ShownColumn
from dualbio.queries.answers.typed import ColumnType

__all__ = [
    "ABOUT_TYPES",
    "DATATYPES",
    "RESERVED",
    "SCOPE_PARAM",
    "TYPES",
    "ColumnHead",
    "FigureHead",
    "Parameter",
    "Preset",
    "QueryHead",
    "Scalar",
]

#: Types of a parameter whose values are literals, with their datatypes.
DATATYPES: Mapping[str, str] = {
    "string": "xsd:string",
    "integer": "xsd:integer",
    "decimal": "xsd:decimal",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "enum": "xsd:string",
}
#: Types of a parameter that are not kinds of individual.
TYPES: tuple[str, ...] = (*DATATYPES, "iri")
#: Types of a parameter that say what an answer is about.
ABOUT_TYPES = ("ae", "outcome", "biomarker", "core-outcome")

#: How `scope` names the values of a parameter of the query.
SCOPE_PARAM = "param"

#: Names that the faces keep for themselves, so that no parameter can have them.
RESERVED: tuple[str, ...] = (
    *("bom", "detail", "exact", "find", "format", "lang", "limit", "long", "name", "offset", "part", "self", "sort"),
)

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]*$")]
Word = Annotated[str, StringConstraints(pattern=f"^{KEY}$")]
#: An individual of the data, such as `value:arm-role.combination`.
Thing = Annotated[str, StringConstraints(pattern=r"^[a-z-]+:[a-z0-9][A-Za-z0-9._-]*$")]
PresetName = Annotated[str, StringConstraints(pattern=f"^({KEY}/)?{KEY}$")]
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


class ColumnHead(Record):
    """A column of the answer: the variable, what its values mean, their unit where they have one, and their type.

    A number or date may be selected as text, in its printed form; its `type` makes it one.
    """

    name: Name
    meaning: Text
    unit: Text | None = None
    type: ColumnType | None = None


class FigureHead(Record):
    """The figure that the answer feeds: its `kind`, and how a row becomes marks of it.

    Each of `marks` gives a template, as those of `reading`, for the parts of a mark; a text without a column stands for
    itself. `link` names the thing that the mark leads to, such as `comparison:{studyKey}.{row}`; where `if` is empty,
    the row has no such mark. `title` says what is seen, where the figure also stands apart from the question.
    """

    kind: Word
    title: Text | None = None
    marks: Annotated[tuple[Annotated[dict[str, Text], Field(min_length=1)], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _parts_of_the_kind(self) -> Self:
        from dualbio.figures import KINDS as KINDS_OF_FIGURE  # noqa: PLC0415 - most queries have no figure

        if self.kind not in KINDS_OF_FIGURE:
            hint = did_you_mean(self.kind, [*KINDS_OF_FIGURE])
            raise ValueError(f"figure '{self.kind}'; accepted: {', '.join(KINDS_OF_FIGURE)}{hint}")
        parts = KINDS_OF_FIGURE[self.kind].parts
        for mark in self.marks:
            for name in mark:
                if name not in (*parts, IF):
                    accepted = [*parts, IF]
                    hint = did_you_mean(name, accepted)
                    raise ValueError(
                        f"a mark of figure '{self.kind}' has part '{name}'; accepted: {', '.join(accepted)}{hint}"
                    )
            missing = KINDS_OF_FIGURE[self.kind].missing(mark)
            if missing:
                raise ValueError(f"a mark of figure '{self.kind}' lacks part '{missing[0]}'; repair: give it")
        return self

    @property
    def plot(self) -> Plot:
        """The marks with their templates read."""
        marks = tuple({name: ShownColumn(name, text) for name, text in mark.items()} for mark in self.marks)
        return Plot(self.kind, marks, self.title)


class Preset(Record):
    """A question of its own that the query answers when some parameters have other values by default.

    `params` gives those values by parameter, things as names of the prefix table (`ae:death`); none at all sets no
    limit.  Under `exact` it names parameters whose values are taken without what is below them.  A name with a topic
    puts the preset into that topic.
    """

    name: PresetName
    summary: Text
    description: Text
    tags: Annotated[tuple[Word, ...], Field(min_length=1)]
    params: Annotated[dict[Name, tuple[Scalar, ...]], Field(min_length=1)]


class QueryHead(Record):
    """What a saved query says about itself; `summary` is the question in a user's words.

    `reading` gives people a template for each header that they see. `left_out` names queries of the topic `omissions`
    whose rows the question covers and the answer does not show; such a query says in `omits` what its rows are.
    `not_known` names what the answer tells about, where no parameter does: with it or such a parameter, the studies
    without a number are listed; empty, they are not.  `scope` limits what is asked beside the answer where no parameter
    of the answer does: values by name of their parameter, of which `param:name` are those of a parameter of the answer;
    with no value, the parameter of that name is no limit there.
    """

    summary: Text
    description: Text
    tags: Annotated[tuple[Word, ...], Field(min_length=1)]
    params: tuple[Parameter, ...] = ()
    columns: Annotated[tuple[ColumnHead, ...], Field(min_length=1)]
    presets: tuple[Preset, ...] = ()
    reading: Annotated[dict[Text, Text], Field(min_length=1)] | None = None
    left_out: tuple[Word, ...] = ()
    not_known: tuple[Thing, ...] | None = None
    scope: Annotated[dict[Name, tuple[Thing, ...]], Field(min_length=1)] | None = None
    omits: Text | None = None
    figure: FigureHead | None = None

    @model_validator(mode="after")
    def _templates_of_columns(self) -> Self:
        parts = [part for mark in (self.plot.marks if self.plot else ()) for part in mark.values()]
        known = [column.name for column in self.columns]
        for field, columns in (("reading", self.shown.columns if self.shown else ()), ("figure", parts)):
            for column in columns:
                try:
                    unknown = next((name for name in column.names if name not in known), None)
                    unsaid = next((name for name in column.marks if name not in MARK_WORDS), None)
                except ValueError as error:
                    raise ValueError(f"field '{field}', {column.header}: {error}") from error
                if unknown:
                    accepted = f"{', '.join(known)}{did_you_mean(unknown, known)}"
                    raise ValueError(
                        f"field '{field}', {column.header}: found column '{unknown}'; accepted: {accepted}"
                    )
                if unsaid:
                    accepted = ", ".join(MARK_WORDS)
                    raise ValueError(f"field '{field}', {column.header}: '{unsaid}' has a mark; accepted: {accepted}")
        return self

    @property
    def shown(self) -> Reading | None:
        """The reading for people, where the head gives one."""
        return Reading.of(self.reading) if self.reading else None

    @property
    def plot(self) -> Plot | None:
        """How the rows become a figure, where they do."""
        return self.figure.plot if self.figure else None

    @model_validator(mode="after")
    def _scope_of_parameters(self) -> Self:
        known = [param.name for param in self.params]
        for things in (self.scope or {}).values():
            for thing in things:
                kind, _, name = thing.partition(":")
                if kind == SCOPE_PARAM and name not in known:
                    accepted = f"{', '.join(known)}{did_you_mean(name, known)}"
                    raise ValueError(f"field 'scope' names parameter '{name}'; accepted: {accepted}")
        return self

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        for field, names in (
            ("params", [param.name for param in self.params]),
            ("columns", [column.name for column in self.columns]),
            ("presets", [preset.name for preset in self.presets]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"field '{field}' names '{twice[0]}' twice; repair: rename one")
        return self
