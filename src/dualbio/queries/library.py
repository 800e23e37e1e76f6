"""The library: every saved query below a folder, read and checked as a whole.

The file `<folder>/<topic>/<name>.rq` is the query `topic/name`; `<name>.expected.csv` beside it is its answer with the
default parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import DataError, NotFoundError, Problem, did_you_mean
from dualbio.namespaces import BASE, PREFIXES
from dualbio.queries.blocks import (
    Block,
    Hierarchy,
    declarations,
    hierarchies,
    prefixes_in_use,
    used_variables,
    value_blocks,
)
from dualbio.queries.head import RESERVED, Column, Head, HeadError, Parameter, read_head
from dualbio.queries.parameters import Term, check_form
from dualbio.reading import Lines

__all__ = ["EXACT", "STATISTICS", "Library", "SavedQuery", "read_query"]

#: The parameter of every query with hierarchies that takes its values without what is below them.
EXACT = "exact"
#: Tag of the queries that count what a release is made of.
STATISTICS = "statistics"

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PLACE = re.compile(r"error at (\d+):(\d+): ")


@dataclass(frozen=True)
class SavedQuery:
    """A saved query: its name `topic/name`, its head, its whole text, and the default terms of its parameters.

    A default of None is UNDEF: the parameter then sets no limit.  Without any default the parameter is required.
    """

    name: str
    head: Head
    text: str = field(repr=False)
    blocks: Mapping[str, Block] = field(repr=False)
    defaults: Mapping[str, tuple[Term | None, ...]] = field(repr=False)
    hierarchies: tuple[Hierarchy, ...] = field(default=(), repr=False)
    path: Path | None = field(default=None, repr=False, compare=False)

    @property
    def topic(self) -> str:
        """The folder that the query is in."""
        return self.name.partition("/")[0]

    @property
    def stem(self) -> str:
        """The name without its topic."""
        return self.name.partition("/")[2]

    @cached_property
    def params(self) -> tuple[Parameter, ...]:
        """The parameters, in the order of the head; after them `exact` where values include what is below them."""
        names = tuple(dict.fromkeys(each.name for each in self.hierarchies))
        return (*self.head.params, *([_exact(names)] if names else []))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the answer, in their order."""
        return self.head.columns

    @property
    def expected(self) -> Path | None:
        """The file of the expected answer, whether or not it exists.

        A query tagged `statistics` has none: it counts what the release is made of, rules and vocabulary included, and
        its answer changes without any record having changed.
        """
        if self.path is None or STATISTICS in self.head.tags:
            return None
        return self.path.with_suffix(".expected.csv")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return sha256(self.text.encode()).hexdigest()

    def parameter(self, name: str) -> Parameter:
        """Return the parameter `name`.

        Raises:
            NotFoundError: the query has no such parameter; the message names those it has.
        """
        names = [param.name for param in self.params]
        for param in self.params:
            if param.name == name:
                return param
        accepted = f"accepted: {', '.join(names)}" if names else "this query has no parameters"
        raise NotFoundError(f"query '{self.name}' has no parameter '{name}'; {accepted}{did_you_mean(name, names)}")


@dataclass(frozen=True)
class Library(Mapping[str, SavedQuery]):
    """Saved queries by name; a name without its topic also finds a query where no other has it."""

    queries: Mapping[str, SavedQuery]

    @classmethod
    def read(cls, *folders: Path) -> Library:
        """Read every `.rq` file of the topics below `folders`; a later folder adds to an earlier one.

        Raises:
            DataError: files are broken or a name comes twice; every problem of every file is listed.
        """
        problems: list[Problem] = []
        queries: dict[str, SavedQuery] = {}
        for folder in folders:
            for path in sorted(folder.glob("**/*.rq")):
                try:
                    query = read_query(path, folder)
                except DataError as error:
                    problems += error.problems
                    continue
                if query.name in queries:
                    message = f"query '{query.name}' exists in an earlier folder too; repair: rename one"
                    problems.append(Problem(_relative(path, folder), 1, "file", "duplicate-query", message))
                queries[query.name] = query
        if problems:
            raise DataError(problems)
        return cls(dict(sorted(queries.items())))

    def __getitem__(self, name: str) -> SavedQuery:
        """Return the query of that exact name (`topic/name`)."""
        return self.queries[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names in alphabetical order."""
        return iter(self.queries)

    def __len__(self) -> int:
        """Count the queries."""
        return len(self.queries)

    def find(self, name: str) -> SavedQuery:
        """Return the query `topic/name`, or `name` alone where it is the only one.

        Raises:
            NotFoundError: there is none, or several; the message names them or the nearest.
        """
        if name in self.queries:
            return self.queries[name]
        short = [query for query in self.queries.values() if query.stem == name]
        if len(short) == 1:
            return short[0]
        if short:
            raise NotFoundError(
                f"'{name}' is the name of {len(short)} queries; accepted: {', '.join(q.name for q in short)}"
            )
        hint = did_you_mean(name, [*self.queries, *(query.stem for query in self.queries.values())])
        raise NotFoundError(f"there is no saved query '{name}'{hint}; the list: dualbio queries")

    def topics(self) -> dict[str, tuple[SavedQuery, ...]]:
        """The queries of each topic."""
        names = sorted({query.topic for query in self.queries.values()})
        return {name: tuple(q for q in self.queries.values() if q.topic == name) for name in names}


def read_query(path: Path, folder: Path) -> SavedQuery:
    """Read one saved query below `folder`.

    Raises:
        DataError: the file is broken; all its problems are listed with their lines.
    """
    file = _relative(path, folder)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError([_problem(file, 0, f"not UTF-8: {error}")]) from error
    place = path.relative_to(folder).with_suffix("").parts
    if len(place) != 2 or not all(_NAME.fullmatch(part) for part in place):
        raise DataError([_problem(file, 0, "wrong place; accepted: <topic>/<name>.rq in lower case with hyphens")])
    try:
        head, lines = read_head(text, file)
    except HeadError as error:
        problems = [*error.problems, *_prologue_problems(text, file), *_syntax_problems(text, file)[0]]
        raise DataError(problems) from error
    syntax, variables = _syntax_problems(text, file)
    problems = [*_prologue_problems(text, file), *syntax, *_block_problems(text, head, file, lines)]
    problems += _parameter_problems(text, head, file, lines)
    if variables is not None:
        problems += _column_problems(head, variables, file, lines)
    if problems:
        raise DataError(problems)
    blocks = {block.name: block for block in value_blocks(text)}
    defaults = {name: _rows(text[block.start : block.end], name) for name, block in blocks.items()}
    paths = tuple(each for each in hierarchies(text) if each.name in blocks)
    if paths:
        defaults[EXACT] = (None,)
    query = SavedQuery("/".join(place), head, text, blocks, defaults, paths, path)
    problems = list(_example_problems(query, file, lines))
    if problems:
        raise DataError(problems)
    return query


def _exact(names: tuple[str, ...]) -> Parameter:
    return Parameter(
        name=EXACT,
        type="enum",
        values=names,
        list=True,
        example=names[0],
        description="parameters whose values are taken without those below them; none when left out",
    )


@cache
def _empty_store() -> ox.Store:
    """Return a store without data, in which texts are parsed and defaults evaluated."""
    return ox.Store()


def _relative(path: Path, folder: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder)}"


def _problem(file: str, line: int, message: str, record: str = "body", check: str = "query-body") -> Problem:
    return Problem(file, line, record, check, message)


def _prologue_problems(text: str, file: str) -> Iterator[Problem]:
    declared = declarations(text)
    for word, line in declared:
        yield _problem(
            file, line, f"found {word}; accepted: none, every query knows the prefix table; repair: remove it"
        )
    for prefix, line in () if declared else prefixes_in_use(text):
        if prefix not in PREFIXES:
            hint = did_you_mean(prefix, [*PREFIXES]) or "; accepted: those of the prefix table, or a whole <IRI>"
            yield _problem(file, line, f"prefix '{prefix}:' is not known{hint}")


def _syntax_problems(text: str, file: str) -> tuple[list[Problem], list[str] | None]:
    """Parse with the engine; return its complaint, or the names of the projected variables."""
    try:
        answer = _empty_store().query(text, base_iri=BASE, prefixes=PREFIXES)
    except (SyntaxError, ValueError) as error:
        words = " ".join(str(error).split())
        place = _PLACE.match(words)
        line = min(int(place[1]), len(text.splitlines())) if place else 0
        found = f"column {place[2]}: {words[place.end() :]}" if place else words
        message = f"not SPARQL: {found if len(found) < 200 else found[:197] + '...'}"
        return [_problem(file, line, message)], None
    if not isinstance(answer, ox.QuerySolutions):
        return [_problem(file, 0, "not a SELECT query; accepted: SELECT with named columns")], None
    return [], [variable.value for variable in answer.variables]


def _block_problems(text: str, head: Head, file: str, lines: Lines) -> Iterator[Problem]:
    names = [param.name for param in head.params]
    found = [block.name for block in value_blocks(text)]
    for block in value_blocks(text):
        if block.name not in names:
            hint = (
                did_you_mean(block.name, names)
                or "; repair: describe it under 'params', or write VALUES (?x) for a table"
            )
            yield _problem(
                file, block.line, f"VALUES block ?{block.name} is no parameter of the head{hint}", block.name
            )
    for position, name in enumerate(names):
        if found.count(name) != 1:
            line = lines.get(("params", position), 1)
            message = (
                f"parameter '{name}' has {found.count(name)} blocks 'VALUES ?{name} {{ … }}'; accepted: exactly one"
            )
            yield _problem(file, line, message, name, "query-head")


def _parameter_problems(text: str, head: Head, file: str, lines: Lines) -> Iterator[Problem]:
    used = used_variables(text, value_blocks(text))
    for position, param in enumerate(head.params):
        line = lines.get(("params", position, "name"), 1)
        if param.name in RESERVED:
            message = f"a parameter cannot be called '{param.name}'; accepted: any name but {', '.join(RESERVED)}"
            yield _problem(file, line, message, param.name, "query-head")
        elif param.name not in used:
            message = f"parameter '{param.name}' changes nothing: the body never uses ?{param.name}; repair: use it"
            yield _problem(file, line, message, param.name, "query-head")


def _column_problems(head: Head, variables: list[str], file: str, lines: Lines) -> list[Problem]:
    named = [column.name for column in head.columns]
    if named == variables:
        return []
    message = (
        f"columns are {', '.join(named)}, the query selects {', '.join(variables)}; repair: make them equal, in order"
    )
    return [_problem(file, lines.get(("columns",), 1), message, "columns", "query-head")]


def _rows(rows: str, name: str) -> tuple[Term | None, ...]:
    """Return the terms of the rows of a block, None for UNDEF."""
    answer = _empty_store().query(f"SELECT ?{name} {{ VALUES ?{name} {{ {rows} }} }}", base_iri=BASE, prefixes=PREFIXES)
    assert isinstance(answer, ox.QuerySolutions)
    return tuple(solution[0] for solution in answer)


def _example_problems(query: SavedQuery, file: str, lines: Lines) -> Iterator[Problem]:
    for position, param in enumerate(query.params):
        line = lines.get(("params", position, "example"), 1)
        for example in param.examples:
            fault = check_form(param, example)
            if fault:
                yield _problem(file, line, f"field 'example': {fault}", param.name, "query-head")
        if not param.list and len(query.defaults[param.name]) > 1:
            message = "the default has several rows; accepted: one, or 'list: true'"
            yield _problem(file, query.blocks[param.name].line, message, param.name)
