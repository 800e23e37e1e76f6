"""The library: every saved query below a folder, read and checked as a whole.

The file `<folder>/<topic>/<name>.rq` is the query `topic/name`; `<name>.expected.csv` beside it is its answer with the
default parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import DataError, NotFoundError, Problem, counted, did_you_mean
from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.model.rdf_terms import GroundTerm
from dualbio.model.record_fields import KEY
from dualbio.queries.answers.typed import ColumnType
from dualbio.queries.head import RESERVED, ColumnHead, Parameter, QueryHead
from dualbio.queries.identifiers import identifier_columns
from dualbio.queries.parameters import check_form
from dualbio.queries.presets import preset_problems, preset_text
from dualbio.queries.query_text import (
    Block,
    Hierarchy,
    declarations,
    hierarchies,
    prefixes_in_use,
    used_variables,
    value_blocks,
)
from dualbio.sources.folders import files_in, name_below
from dualbio.sources.query_heads import read_head
from dualbio.sources.yaml_lines import Lines
from dualbio.sparql.engine_text import QueryDepthError, engine_text
from dualbio.sparql.syntax_errors import explain

__all__ = [
    "ABOUT",
    "EXACT",
    "OMITTED_COLUMNS",
    "SCOPE",
    "STATES",
    "STATISTICS",
    "Library",
    "SavedQuery",
    "read_query",
]

#: The parameter of every query with hierarchies that takes its values without what is below them.
EXACT = "exact"
#: The topic of the queries that are asked beside others, its queries of the studies in scope and of their states.
OMISSIONS, SCOPE, STATES = "omissions", "studies-in-scope", "states"
#: The parameter of such a query for the outcomes, events and biomarkers that an answer is about.
ABOUT = "about"
#: Columns of a query that lists what is left out.
OMITTED_COLUMNS = ("studyName", "studyKey", "item", "reason")
#: Tag of the queries that count what a release is made of.
STATISTICS = "statistics"

_NAME = re.compile(KEY)


@dataclass(frozen=True)
class SavedQuery:
    """A saved query: its name `topic/name`, its head, its whole text, and the default terms of its parameters.

    A default of None is UNDEF: the parameter then sets no limit.  Without any default the parameter is required.
    `base` is the name of the query that a preset belongs to.
    `companions` are the queries that tell what its answer leaves out and does not know, by their names without a topic.
    """

    name: str
    head: QueryHead
    text: str = field(repr=False)
    blocks: Mapping[str, Block] = field(repr=False)
    defaults: Mapping[str, tuple[GroundTerm | None, ...]] = field(repr=False)
    hierarchies: tuple[Hierarchy, ...] = field(default=(), repr=False)
    path: Path | None = field(default=None, repr=False, compare=False)
    base: str | None = field(default=None, compare=False)
    companions: Mapping[str, SavedQuery] = field(default_factory=dict, repr=False, compare=False)

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

    @cached_property
    def columns(self) -> tuple[ColumnHead, ...]:
        """The columns of the answer: those that the query selects, then outside identifiers of study and source."""
        return (*self.head.columns, *identifier_columns(self.head.columns))

    @cached_property
    def types(self) -> dict[str, ColumnType]:
        """The types that columns declare, by their names."""
        return {column.name: column.type for column in self.columns if column.type}

    @property
    def expected(self) -> Path | None:
        """The file of the expected answer, whether or not it exists.

        A query tagged `statistics` has none: it counts what the release is made of, rules and vocabulary included, and
        its answer changes without any record having changed.
        """
        if self.path is None or STATISTICS in self.head.tags:
            return None
        return self.path.parent.parent / f"{self.name}.expected.csv"

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
    def read(cls, *folders: str | Path) -> Library:
        """Read every `.rq` file of the topics below `folders`; a later folder adds to an earlier one.

        Raises:
            DataError: files are broken or a name comes twice; every problem of every file is listed.
        """
        return cls._read((folder, path) for folder in map(Path, folders) for path in files_in(folder, "**/*.rq"))

    @classmethod
    def read_for(cls, names: Iterable[str], *folders: str | Path) -> Library:
        """Read the queries of these names, with or without their topics, and what is asked beside them.

        Only files whose name or text has one of the names are read, which takes a tenth of the time; where one of the
        names is not among them, all are.

        Raises:
            DataError: as `read`, of the files that are read.
        """
        names = tuple(names)
        stems = {name.rpartition("/")[2] for name in names}
        every = [(folder, path) for folder in map(Path, folders) for path in files_in(folder, "**/*.rq")]
        wanted = [
            (folder, path)
            for folder, path in every
            if path.parent.name == OMISSIONS or path.stem in stems or _has_any(path.read_bytes(), stems)
        ]
        library = cls._read(wanted)
        with suppress(NotFoundError):
            for name in names:
                library.find(name)
            return library
        return cls._read(every)

    @classmethod
    def _read(cls, files: Iterable[tuple[Path, Path]]) -> Library:
        """Read files, each with the folder that it is below."""
        problems: list[Problem] = []
        queries: dict[str, SavedQuery] = {}
        for folder, path in files:
            try:
                query = read_query(path, folder)
                found = (query, *_presets(query, name_below(folder, path)))
            except DataError as error:
                problems += error.problems
                continue
            for each in found:
                if each.name in queries:
                    message = f"query '{each.name}' exists in another folder too, or as a preset; repair: rename one"
                    problems.append(Problem(name_below(folder, path), 1, "file", "duplicate-query", message))
                queries[each.name] = each
        problems += [problem for query in queries.values() for problem in _companion_problems(query, queries)]
        if problems:
            raise DataError(problems)
        return cls({name: _accompanied(queries[name], queries) for name in sorted(queries)})

    def with_texts(self, texts: Mapping[str, str]) -> Library:
        """Return a library whose queries have these texts, by name; a text that cannot be read any more is no query."""
        queries = {name: query for name, query in self.queries.items() if name not in texts}
        for name, text in texts.items():
            with suppress(DataError):
                queries[name] = parse_query(text, name)
        return Library({name: _accompanied(queries[name], queries) for name in sorted(queries)})

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
                f"'{name}' is the name of {counted(len(short), 'query')}; accepted: {', '.join(q.name for q in short)}"
            )
        hint = did_you_mean(name, [*self.queries, *(query.stem for query in self.queries.values())])
        raise NotFoundError(f"there is no saved query '{name}'{hint}; the list: dualbio queries")

    def topics(self) -> dict[str, tuple[SavedQuery, ...]]:
        """The queries of each topic."""
        names = sorted({query.topic for query in self.queries.values()})
        return {name: tuple(q for q in self.queries.values() if q.topic == name) for name in names}


def _has_any(text: bytes, words: Iterable[str]) -> bool:
    return any(word.encode() in text for word in words)


def _companion_problems(query: SavedQuery, queries: Mapping[str, SavedQuery]) -> Iterator[Problem]:
    """Yield what is wrong with the names under `left_out`."""
    known = [each.stem for each in queries.values() if each.topic == OMISSIONS and each.head.omits]
    line = next((n for n, text in enumerate(query.text.splitlines(), 1) if text.startswith("#+ left_out")), 1)
    for name in query.head.left_out if query.base is None else ():
        if name not in known:
            message = f"field 'left_out': found '{name}'; accepted: {', '.join(known)}{did_you_mean(name, known)}"
            yield Problem(_file(query), line, "head", "query-head", message)


def _file(query: SavedQuery) -> str:
    """Return what messages call the file of a query."""
    return name_below(query.path.parents[1], query.path) if query.path else query.name


def _accompanied(query: SavedQuery, queries: Mapping[str, SavedQuery]) -> SavedQuery:
    """Return the query with its companions; those that are asked beside others have none."""
    names = () if query.topic == OMISSIONS else (SCOPE, STATES, *query.head.left_out)
    found = {name: queries.get(f"{OMISSIONS}/{name}") for name in names}
    return replace(query, companions={name: each for name, each in found.items() if each is not None})


def read_query(path: Path, folder: Path) -> SavedQuery:
    """Read one saved query below `folder`.

    Raises:
        DataError: the file is broken; all its problems are listed with their lines.
    """
    file = name_below(folder, path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError([_problem(file, 0, f"not UTF-8: {error}")]) from error
    place = path.relative_to(folder).with_suffix("").parts
    if len(place) != 2 or not all(_NAME.fullmatch(part) for part in place):
        raise DataError([_problem(file, 0, "wrong place; accepted: <topic>/<name>.rq in lower case with hyphens")])
    return parse_query(text, "/".join(place), file=file, path=path)


@lru_cache(1024)  # a library is read by each command and for each release, and its files seldom change
def parse_query(
    text: str, name: str, *, file: str | None = None, path: Path | None = None, parsed: bool = False
) -> SavedQuery:
    """Return the saved query that `text` is.

    Args:
        text: the head in comment lines, and the SPARQL.
        name: `topic/name`.
        file: what messages call it, by default its name.
        path: the file that it was read from, if it was.
        parsed: whether the engine parsed this body before, with other rows in its blocks.

    Raises:
        DataError: the text is broken; all its problems are listed with their lines.
    """
    file = file or name
    try:
        head, lines = read_head(text, file, QueryHead)
    except DataError as error:
        problems = [*error.problems, *_prologue_problems(text, file), *_syntax_problems(text, file)[0]]
        raise DataError(problems) from error
    syntax, variables = ([], None) if parsed else _syntax_problems(text, file)
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
    query = SavedQuery(name, head, text, blocks, defaults, paths, path)
    problems = list(_example_problems(query, file, lines))
    if problems:
        raise DataError(problems)
    return query


def _presets(query: SavedQuery, file: str) -> Iterator[SavedQuery]:
    """Yield the presets of a query as queries of the same topic.

    Raises:
        DataError: a preset is broken.
    """
    for preset in query.head.presets:
        faults = preset_problems(query.text, query.head, preset)
        problems = [_problem(file, 1, words, preset.name, "query-head") for words in faults]
        if problems:
            raise DataError(problems)
        name = preset.name if "/" in preset.name else f"{query.topic}/{preset.name}"
        found = parse_query(preset_text(query.text, query.head, preset), name, file=file, path=query.path, parsed=True)
        yield replace(found, base=query.name)


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
    """Parse with the engine; return what is wrong, or the names of the projected variables."""
    try:
        given = engine_text(text)
        answer = _empty_store().query(given.text, base_iri=BASE, prefixes=PREFIXES)
    except SyntaxError as error:
        fault = explain(given, str(error), PREFIXES)
        line = min(fault.line or 0, len(text.splitlines()))
        return [_problem(file, line, f"not SPARQL: column {fault.column}: {fault.words}")], None
    except (QueryDepthError, ValueError, RuntimeError) as error:
        return [_problem(file, 0, f"not a query that can run: {error}")], None
    if not isinstance(answer, ox.QuerySolutions):
        return [_problem(file, 0, "not a SELECT query; accepted: SELECT with named columns")], None
    return [], [variable.value for variable in answer.variables]


def _block_problems(text: str, head: QueryHead, file: str, lines: Lines) -> Iterator[Problem]:
    names = [param.name for param in head.params]
    found = [block.name for block in value_blocks(text)]
    for block in value_blocks(text):
        if block.name not in names:
            hint = (
                did_you_mean(block.name, names)
                or "; repair: describe it under 'params', or write VALUES (?x) for a table"
            )
            yield _problem(
                file, block.line, f"VALUES block ?{block.name} is not a parameter of the head{hint}", block.name
            )
    for position, name in enumerate(names):
        if found.count(name) != 1:
            line = lines.get(("params", position), 1)
            message = (
                f"parameter '{name}' has {found.count(name)} blocks 'VALUES ?{name} {{ … }}'; accepted: exactly one"
            )
            yield _problem(file, line, message, name, "query-head")


def _parameter_problems(text: str, head: QueryHead, file: str, lines: Lines) -> Iterator[Problem]:
    used = used_variables(text, value_blocks(text))
    for position, param in enumerate(head.params):
        line = lines.get(("params", position, "name"), 1)
        if param.name in RESERVED:
            message = f"a parameter cannot be called '{param.name}'; accepted: any name but {', '.join(RESERVED)}"
            yield _problem(file, line, message, param.name, "query-head")
        elif param.name not in used:
            message = f"parameter '{param.name}' changes nothing: the body never uses ?{param.name}; repair: use it"
            yield _problem(file, line, message, param.name, "query-head")


def _column_problems(head: QueryHead, variables: list[str], file: str, lines: Lines) -> list[Problem]:
    named = [column.name for column in head.columns]
    if head.omits and named != list(OMITTED_COLUMNS):
        message = f"columns are {', '.join(named)}; accepted with 'omits': {', '.join(OMITTED_COLUMNS)}"
        return [_problem(file, lines.get(("columns",), 1), message, "columns", "query-head")]
    if named == variables:
        return []
    message = (
        f"columns are {', '.join(named)}, the query selects {', '.join(variables)}; repair: make them equal, in order"
    )
    return [_problem(file, lines.get(("columns",), 1), message, "columns", "query-head")]


def _rows(rows: str, name: str) -> tuple[GroundTerm | None, ...]:
    """Return the terms of the rows of a block, None for UNDEF."""
    if rows.split() == ["UNDEF"]:
        return (None,)
    text = engine_text(f"SELECT ?{name} {{ VALUES ?{name} {{ {rows} }} }}").text
    answer = _empty_store().query(text, base_iri=BASE, prefixes=PREFIXES)
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
