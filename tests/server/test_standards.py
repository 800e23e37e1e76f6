"""The table of standards in the documentation: every line is held by a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.model.namespaces import BASE

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "standards.md"
_NAME = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def lines() -> list[str]:
    """Return the lines of all tables, without their heads."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [line for line in rows if not line.startswith(("|---", "| Clause "))]


@cache
def named_tests(file: str) -> frozenset[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("line", lines(), ids=lambda line: line.split("|")[1].strip())
def test_every_clause_has_a_test(line: str) -> None:
    """A line names what is done and a test that there is."""
    _, clause, done, held, _ = (cell.strip() for cell in re.split(r"(?<!\\)\|", line))
    assert clause
    assert done
    found = _NAME.fullmatch(held)
    assert found, f"'{held}' names no test; accepted: `folder/file.py::test_name`"
    assert found[2] in named_tests(found[1])


def test_every_standard_is_there() -> None:
    """No table was lost."""
    headings = re.findall(r"^## (.*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(headings) == 10
    assert len(lines()) > 70


def test_describe_gives_what_points_to_and_from_a_thing(client: FlaskClient) -> None:
    """DESCRIBE tells every triple in which the thing is subject or object, each once."""
    drug = f"<{BASE}drug/rituximab>"
    answer = client.get("/sparql", query_string={"query": f"DESCRIBE {drug}", "format": "nt"})
    ways = f"{{ {drug} ?p ?o BIND({drug} AS ?s) }} UNION {{ ?s ?p {drug} BIND({drug} AS ?o) }}"
    both = f"CONSTRUCT {{ ?s ?p ?o }} {{ {ways} }}"
    expected = client.get("/sparql", query_string={"query": both, "format": "nt"})
    found = list(ox.parse(answer.data, format=ox.RdfFormat.N_TRIPLES))
    assert set(ox.parse(expected.data, format=ox.RdfFormat.N_TRIPLES)) == set(found)
    assert len(set(found)) == len(found) > 20
