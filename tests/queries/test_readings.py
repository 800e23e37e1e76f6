"""What people see of every saved query: a table that fits a page, in which no number is cut, and nothing is silent."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from rich.console import Console

from dualbio.cli.tables import print_result
from dualbio.queries import Library, QueryResult, Resolver, SavedQuery, run_query
from dualbio.queries.answers.layout import DEFAULT_WIDTH
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

Answer = Callable[[str], QueryResult]

_LIBRARY = Library.read(shipped_sources().queries)
NAMES = tuple(_LIBRARY)
#: Kinds of parameter that say what an answer is about.
SUBJECTS = {"ae", "outcome", "biomarker"}
#: The question of the review.
LUPUS_PAIR = {"pair": "b-cell-depletion+blys-inhibition", "disease": "sle"}


def about_outcomes(query: SavedQuery) -> bool:
    """Return whether a query shows numbers of studies about an outcome, event or biomarker that is asked for."""
    named = [param for param in query.head.params if param.type in SUBJECTS and None not in query.defaults[param.name]]
    return bool(named) and any(column.name == "studyKey" for column in query.columns)


ABOUT_OUTCOMES = [name for name in NAMES if about_outcomes(_LIBRARY[name])]


def printed(answer: QueryResult) -> str:
    """Return what the terminal prints in as many columns as a page has."""
    console = Console(file=io.StringIO(), width=DEFAULT_WIDTH, highlight=False)
    print_result(answer, None, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_the_default_answer_is_a_table_of_100_columns(name: str, answer: Answer) -> None:
    """Every query prints its default answer as a table: headers first, a line for each row or more, none too long."""
    found = answer(name)
    lines = printed(found).splitlines()
    headers = [column.header for column in found.shown.columns]
    assert not re.match(r"1 of \d+$", lines[0]), f"{headers} have no room; repair: a shorter reading in the head"
    assert all(len(line) <= DEFAULT_WIDTH for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_what_explains_a_question_speaks_of_what_people_see(name: str) -> None:
    """No description names a column of the data as programs do, nor writes a parameter as a program would."""
    query = _LIBRARY[name]
    told = " ".join((query.head.description, *(param.description for param in query.head.params)))
    columns = {column.name for column in query.columns if column.name.lower() != column.name}
    assert [] == [word for word in re.findall(r"\w+", told) if word in columns] + re.findall(r"\w+=\S+", told)


@pytest.mark.parametrize("name", NAMES)
def test_a_better_point_result_is_never_told_as_a_verdict(name: str) -> None:
    """Who reads "favours" alone beside a missed outcome takes it for a win: it is the point estimate that favours."""
    assert [] == re.findall(r"(?<!point estimate )favours \{\w+\}", _LIBRARY[name].head.model_dump_json())


@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_cut(name: str, answer: Answer) -> None:
    """Every number, range, ratio and date that people see stands whole on one line."""
    found = answer(name)
    words = set(printed(found).split())
    cells = (cell for row in found.rows for cell in found.shown.cells(found.columns, row))
    shown = {word for cell in cells for word in "".join(piece.text for piece in cell).split()}
    assert [] == sorted(word for word in shown if re.fullmatch(r"\W*\d[\d\W]*", word) and word not in words)


def scope_of(query: SavedQuery, given: Mapping[str, object], ask: Callable[..., QueryResult]) -> dict[str, str]:
    """Return the studies that a question covers, by key: those of its parameters, given or by default."""
    scope = _LIBRARY["omissions/studies-in-scope"]
    values: dict[str, Any] = {name: [term for term in terms if term] for name, terms in query.defaults.items()}
    values |= given
    shared = {param.name: values[param.name] for param in scope.params if values.get(param.name)}
    kinds = ("outcome", "ae", "biomarker", "core-outcome")
    about = [term for param in query.head.params if param.type in kinds for term in values.get(param.name, ())]
    shared |= {"about": about} if about else {}
    return {row["studyKey"]: row["studyName"] for row in ask(scope, shared).records()}


@pytest.mark.parametrize("given", [{}, LUPUS_PAIR], ids=["defaults", "lupus pair"])
@pytest.mark.parametrize("name", ABOUT_OUTCOMES)
def test_no_study_in_scope_vanishes(
    name: str, given: Mapping[str, object], store: EmbeddedStore, resolver: Resolver
) -> None:
    """Of an answer about outcomes, every study that the question covers is a row or is told not to have one."""

    def ask(query: SavedQuery, params: Mapping[str, object]) -> QueryResult:
        return run_query(query, store, params, resolver=resolver)

    query = _LIBRARY[name]
    if query.head.scope or query.head.not_known == () or not given.keys() <= {param.name for param in query.params}:
        return
    found = ask(query, given)
    told = {row["studyKey"] for row in (*found.records(), *found.not_known.records())}
    assert [] == sorted(label for key, label in scope_of(query, given, ask).items() if key not in told)


@pytest.mark.parametrize("name", [name for name in NAMES if "?intervalLevel" in _LIBRARY[name].text])
def test_an_interval_of_another_level_than_95_says_its_level(name: str, answer: Answer) -> None:
    """Who reads an interval takes it for one of 95 %: any other, as the 80 % ones of VEGA, stands with its level."""
    found = answer(name)
    for row in found.rows:
        cells = dict(zip(found.columns, row, strict=True))
        low, high, level = (cells[column] for column in ("low", "high", "intervalLevel"))
        if low is None or high is None or level is None or float(level.value) == 95:
            continue
        texts = ["".join(piece.text for piece in column) for column in found.shown.cells(found.columns, row)]
        shown = [text for text in texts if low.value in text and high.value in text]
        assert all(f"{level.value} %" in text for text in shown), shown
