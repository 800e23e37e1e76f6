"""The error family and the form in which problems of the data are told."""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio import errors
from dualbio.errors import DataError, DualbioError, MissingExtraError, Problem, did_you_mean

LINE = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)
PROBLEM = st.builds(Problem, file=LINE, line=st.integers(0, 9999), record=LINE, check=LINE, message=LINE)


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name.endswith("Error")])
def test_every_error_is_of_the_one_family(name: str) -> None:
    """A caller who catches DualbioError catches whatever dualbio raises on purpose."""
    error = getattr(errors, name)
    assert inspect.isclass(error)
    assert issubclass(error, DualbioError)


def test_a_problem_is_one_line_that_an_editor_can_follow() -> None:
    """File and line come first in the form that editors and terminals make a link of."""
    problem = Problem("ontology/evidence/a.yaml", 12, "results r001", "arithmetic", "events 7 above total 5")
    assert "ontology/evidence/a.yaml:12: results r001: events 7 above total 5 [arithmetic]" == str(problem)


@given(problems=st.lists(PROBLEM, min_size=1, max_size=8))
def test_a_data_error_tells_every_problem_once(problems: list[Problem]) -> None:
    """No problem is lost or repeated on the way into the error, whatever their order was."""
    assert sorted(map(str, problems)) == sorted(str(DataError(problems)).split("\n"))


@given(problems=st.lists(PROBLEM, min_size=2, max_size=8))
def test_a_data_error_does_not_depend_on_the_order_of_finding(problems: list[Problem]) -> None:
    """Two runs that find the same problems in another order say the same."""
    assert str(DataError(problems)) == str(DataError(problems[::-1]))


def test_a_data_error_goes_through_files_line_by_line() -> None:
    """Problems come in the order in which someone would repair them: by file, then by line as a number."""
    found = [Problem("b", 1, "x", "c", "m"), Problem("a", 10, "x", "c", "m"), Problem("a", 9, "x", "c", "m")]
    assert [("a", 9), ("a", 10), ("b", 1)] == [(p.file, p.line) for p in DataError(found).problems]


def test_a_missing_extra_names_the_command_that_brings_it() -> None:
    """The message holds the purpose and the command to type."""
    message = str(MissingExtraError("analysis", "Drawing a forest plot"))
    assert "Drawing a forest plot needs packages that are not installed: pip install 'dualbio[analysis]'" == message


@given(words=st.lists(st.from_regex(r"[a-z]{3,12}", fullmatch=True), min_size=1, max_size=10), pick=st.data())
def test_a_word_in_other_case_is_recognised(words: list[str], pick: st.DataObject) -> None:
    """A word that is accepted but for its case is what is suggested."""
    word = pick.draw(st.sampled_from(words))
    assert f"; did you mean '{word}'?" == did_you_mean(word.upper(), words)


@given(found=st.text(), accepted=st.lists(st.text(min_size=1), max_size=5))
def test_a_suggestion_is_always_an_accepted_word(found: str, accepted: list[str]) -> None:
    """Whatever was typed, nothing is suggested that would be refused again."""
    suggestions = {"", *(f"; did you mean '{word}'?" for word in accepted)}
    assert did_you_mean(found, accepted) in suggestions


#: Nouns of which messages count things.
NOUNS = (
    *("arms", "cells", "components", "differences", "errors", "facts", "files", "gaps", "graphs", "lines", "queries"),
    *("questions", "records", "requests", "results", "rows", "slices", "sources", "studies", "things", "triples"),
    *("tries", "updates", "warnings"),
)


def test_no_message_says_one_rows() -> None:
    """A number before a noun comes from `counted`, which knows one of a thing from several."""
    root = Path(__file__).parents[2]
    plural = re.compile(rf" (?:more |named )?(?:{'|'.join(NOUNS)})\b")
    found = []
    for path in sorted([*root.glob("src/**/*.py"), *root.glob("server/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for one, other in pairwise(node.values) if isinstance(node, ast.JoinedStr) else ():
                number = isinstance(one, ast.FormattedValue) and not (
                    isinstance(one.value, ast.Name) and one.value.id.isupper()
                )
                text = str(other.value) if isinstance(other, ast.Constant) else ""
                if number and plural.match(text):
                    found.append(f"{path.relative_to(root)}:{one.lineno}:{text}")
    assert [] == found
