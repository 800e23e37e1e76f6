"""Answers in their forms: standard results, Markdown, data frames."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest

from dualbio.queries import Result

RESULT = Result(
    columns=("name", "total", "share", "known"),
    rows=(
        (
            ox.Literal('a "b", c|d', language="en"),
            ox.Literal(12),
            ox.Literal("1.50", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
            ox.Literal(True),
        ),
        (ox.NamedNode("https://w3id.org/dualbio/drug/rituximab"), None, None, None),
    ),
    query="toy/drugs",
    params={"drug": ("x",)},
    release="0-1",
    text="SELECT 1",
)


def test_csv_follows_the_standard() -> None:
    """CSV has plain values, doubled quotes, and lines ended by CR LF."""
    lines = RESULT.to_csv().decode().split("\r\n")
    assert "name,total,share,known" == lines[0]
    assert '"a ""b"", c|d",12,1.50,true' == lines[1]
    assert "https://w3id.org/dualbio/drug/rituximab,,," == lines[2]


def test_json_follows_the_standard() -> None:
    """JSON keeps languages and datatypes and leaves out what is unbound."""
    content = json.loads(RESULT.to_json())
    assert ["name", "total", "share", "known"] == content["head"]["vars"]
    first, second = content["results"]["bindings"]
    assert {"type": "literal", "value": 'a "b", c|d', "xml:lang": "en"} == first["name"]
    assert "http://www.w3.org/2001/XMLSchema#integer" == first["total"]["datatype"]
    assert {"name"} == set(second)


@pytest.mark.parametrize("form", [ox.QueryResultsFormat.JSON, ox.QueryResultsFormat.XML, ox.QueryResultsFormat.TSV])
def test_terms_survive(form: ox.QueryResultsFormat) -> None:
    """JSON, XML and TSV give every term back as it was."""
    data = {
        ox.QueryResultsFormat.JSON: RESULT.to_json,
        ox.QueryResultsFormat.XML: RESULT.to_xml,
        ox.QueryResultsFormat.TSV: RESULT.to_tsv,
    }[form]()
    solutions = ox.parse_query_results(data, form)
    assert isinstance(solutions, ox.QuerySolutions)
    assert list(RESULT.rows) == [tuple(solution[name] for name in RESULT.columns) for solution in solutions]


def test_markdown_escapes_and_shortens() -> None:
    """Bars are escaped, IRIs become CURIEs."""
    lines = RESULT.to_markdown().splitlines()
    assert "| name | total | share | known |" == lines[0]
    assert '| a "b", c\\|d | 12 | 1.50 | true |' == lines[2]
    assert "| drug:rituximab |  |  |  |" == lines[3]


def test_a_data_frame_has_types() -> None:
    """Whole numbers, other numbers and booleans are such in the frame; the query is kept beside it."""
    frame = RESULT.to_pandas()
    assert ["Int64", "Float64", "boolean"] == [str(frame[name].dtype) for name in ("total", "share", "known")]
    assert [12, 1.5, True] == list(frame.loc[0, ["total", "share", "known"]])
    assert bool(frame["total"].isna()[1])
    assert "toy/drugs" == frame.attrs["query"]


def test_metadata_say_what_was_asked() -> None:
    """Query, parameters, release, number of rows and the hash of the text come with the answer."""
    told = RESULT.metadata
    assert ("toy/drugs", {"drug": ["x"]}, "0-1", 2) == (told["query"], told["params"], told["release"], told["rows"])
    assert 64 == len(told["sparql_sha256"])
