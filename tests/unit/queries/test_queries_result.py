"""Answers in their forms: standard results, Markdown, data frames."""

from __future__ import annotations

import csv
import json
from io import BytesIO

import pyarrow.parquet as pq
import pyoxigraph as ox
import pytest

from dualbio.errors import ParameterError, QueryFileError
from dualbio.queries import QueryResult
from dualbio.queries.answers.typed import ColumnType, safe_text

RESULT = QueryResult(
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


def test_csv_is_what_the_engine_writes() -> None:
    """Quotes, separators, line ends, blanks, empty texts, IRIs and blank nodes stand as in the CSV of the endpoint."""
    texts = ('a"b', "x,y", "x\ny", "x\ry", "x\r\ny", " a ", "", "\u7cfb\u7edf", "tab\tin")
    cells = (*map(ox.Literal, texts), ox.NamedNode("https://example.org/a"), ox.BlankNode("b1"), ox.Literal(12), None)
    answer = QueryResult(("one", "two"), tuple((cell, other) for cell in cells for other in (cells[0], None)))
    solutions = ox.parse_query_results(answer.to_json(), ox.QueryResultsFormat.JSON)
    assert isinstance(solutions, ox.QuerySolutions)
    out = BytesIO()
    solutions.serialize(out, ox.QueryResultsFormat.CSV)
    assert out.getvalue() == answer.to_csv()


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
    assert '| a "b", c\\|d | 12 | 1.50 | yes |' == lines[2]
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


XSD = "http://www.w3.org/2001/XMLSchema#"
PRINTED = json.dumps(
    {
        "head": {"vars": ["p", "pOperator", "week", "day", "note"]},
        "results": {
            "bindings": [
                {
                    "p": {"type": "literal", "value": "0.050"},
                    "pOperator": {"type": "literal", "value": "="},
                    "week": {"type": "literal", "value": "52", "datatype": f"{XSD}integer"},
                    "day": {"type": "literal", "value": "2024-02-29"},
                    "note": {"type": "literal", "value": "12"},
                },
                {"note": {"type": "literal", "value": "-12 to 8"}, "week": {"type": "literal", "value": "-4"}},
            ]
        },
    }
).encode()
TYPES: dict[str, ColumnType] = {"p": "decimal", "week": "decimal", "day": "date", "note": "string"}


def test_a_number_is_a_number_in_its_printed_form() -> None:
    """A column that is declared a number holds numbers, and CSV and JSON still show every printed digit."""
    answer = QueryResult.from_json(PRINTED, types=TYPES)
    frame = answer.to_pandas()
    assert ["Float64", "Float64", "datetime64[ms]"] == [str(frame[name].dtype) for name in ("p", "week", "day")]
    assert (0.05, 52.0, "2024-02-29", "12") == (
        frame["p"][0],
        frame["week"][0],
        str(frame["day"][0].date()),
        frame["note"][0],
    )
    assert f"{XSD}decimal" == json.loads(answer.to_json())["results"]["bindings"][0]["p"]["datatype"]
    assert b"0.050" in answer.to_csv()


def test_types_do_not_depend_on_the_rows() -> None:
    """An answer without rows has the types of its columns, in a data frame and in Parquet."""
    answer = QueryResult.from_json(PRINTED, types=TYPES).part(0, 0)
    schema = pq.read_schema(BytesIO(answer.to_parquet()))
    assert ["double", "double", "date32[day]", "string"] == [
        str(schema.field(name).type) for name in ("p", "week", "day", "note")
    ]
    assert "Float64" == str(answer.to_pandas()["p"].dtype)


@pytest.mark.parametrize(("column", "kind"), [("note", "decimal"), ("pOperator", "integer"), ("p", "date")])
def test_a_cell_of_another_type_is_refused(column: str, kind: ColumnType) -> None:
    """A text that is no value of the declared type names query and column, and is never a missing number."""
    with pytest.raises(QueryFileError, match=f"query 'toy/x': column '{column}' holds .* accepted: {kind}"):
        QueryResult.from_json(PRINTED, types={column: kind}, query="toy/x")


def test_no_cell_is_a_formula() -> None:
    """A text that a spreadsheet would compute has an apostrophe before it in CSV and TSV, and nowhere else."""
    answer = QueryResult.from_json(PRINTED, types=TYPES)
    for data, delimiter in ((answer.to_csv(), ","), (answer.to_tsv(), "\t")):
        cells = [cell for row in csv.reader(data.decode().splitlines(), delimiter=delimiter) for cell in row]
        risky = [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
        assert {"-4", "="} == set(risky)
        assert "'-12 to 8" in cells
    assert ["=", None] == answer.to_pandas()["pOperator"].astype(object).where(
        lambda cells: cells.notna(), None
    ).tolist()
    assert "=" == json.loads(answer.to_json())["results"]["bindings"][0]["pOperator"]["value"]


@pytest.mark.parametrize("operator", ["=", "<", "<=", ">", ">="])
def test_the_operator_of_a_p_value_reads_as_itself(operator: str) -> None:
    """A program that reads the file compares with the sign that the source prints; alone it is no formula."""
    assert operator == safe_text(operator)


@pytest.mark.parametrize("text", ["=1", "==", "= ", "=A1", "+", "-", "@", "@SUM(A1)", "\t=1", "+1 to 2"])
def test_what_follows_a_sign_may_be_computed(text: str) -> None:
    """Whatever begins like a formula has an apostrophe before it, unless it is a number or the operator alone."""
    assert f"'{text}" == safe_text(text)


def test_a_byte_order_mark_is_written_on_request() -> None:
    """A spreadsheet that needs the mark gets it; without a request the file begins with its first column."""
    assert RESULT.to_csv(bom=True) == b"\xef\xbb\xbf" + RESULT.to_csv()
    assert RESULT.to_tsv(bom=True) == b"\xef\xbb\xbf" + RESULT.to_tsv()
    assert RESULT.to_csv().startswith(b"name,")


def number(text: str) -> ox.Literal:
    """Return a decimal as printed."""
    return ox.Literal(text, datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))


TABLE = QueryResult(
    ("name", "share"),
    (
        (ox.Literal("b"), number("9.5")),
        (ox.Literal("A"), number("10.0")),
        (ox.Literal("c"), None),
        (ox.Literal("<a>"), number("-1")),
    ),
    query="toy/shares",
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("share",), ["<a>", "b", "A", "c"]),
        (("-share",), ["A", "b", "<a>", "c"]),
        (("name",), ["<a>", "A", "b", "c"]),
        ((), ["b", "A", "c", "<a>"]),
    ],
)
def test_rows_are_sorted_as_readers_count(names: tuple[str, ...], expected: list[str]) -> None:
    """Numbers are in their order and not in that of their signs, case makes no difference, nothing comes last."""
    assert expected == [row["name"] for row in TABLE.sort(*names).records()]


def test_chosen_columns_stand_in_the_order_that_is_asked() -> None:
    """Only the named columns are left, each shown as it is; a name that is none is told."""
    chosen = TABLE.choose(["share", "name"])
    assert b"share,name\r\n9.5,b\r\n" == chosen.to_csv()[:19]
    assert ["share", "name"] == [column.header for column in chosen.shown.columns]
    with pytest.raises(ParameterError, match=r"there is no column 'shares'.*did you mean 'share'"):
        TABLE.choose(["shares"])


def test_an_answer_prints_as_a_small_table() -> None:
    """Python prints at most twenty rows as text, and says how many more there are."""
    assert ["name  share", "b       9.5", "A      10.0", "c", "<a>      -1"] == str(TABLE).splitlines()
    many = QueryResult(("n",), tuple((ox.Literal(n),) for n in range(50)), query="toy/numbers")
    assert [" n", *(f"{n:2}" for n in range(20)), "… 30 more rows"] == str(many).splitlines()
    assert "<QueryResult toy/numbers: 50 rows, 1 columns>" == repr(many)
    assert "This release holds no row." == str(QueryResult(("n",), (), query="toy/none"))


def test_notebooks_show_a_table() -> None:
    """A notebook gets HTML of the same rows, in which text is text."""
    html = TABLE._repr_html_()
    assert "<tr><th>name</th><th>share</th></tr>" in html
    assert "<td>&lt;a&gt;</td><td>-1</td>" in html


def test_polars_gets_typed_columns() -> None:
    """Numbers are numbers in Polars too, and what is empty is null."""
    frame = TABLE.to_polars()
    assert {"name": "String", "share": "Float64"} == {name: str(kind) for name, kind in frame.schema.items()}
    assert [9.5, 10.0, None, -1.0] == frame["share"].to_list()


def test_columns_of_usual_names_are_numbers_without_a_declaration() -> None:
    """A value or week of a saved query is a number where all its cells are, or there are none; else it stays text."""
    data = json.dumps(
        {
            "head": {"vars": ["value", "events", "week", "name"]},
            "results": {
                "bindings": [
                    {
                        "value": {"type": "literal", "value": "0.50"},
                        "events": {"type": "literal", "value": "<5"},
                        "name": {"type": "literal", "value": "12"},
                    }
                ]
            },
        }
    ).encode()
    frame = QueryResult.from_json(data, query="toy/x").to_pandas()
    assert ["Float64", "Float64"] == [str(frame[name].dtype) for name in ("value", "week")]
    assert ("<5", "12") == (frame["events"][0], frame["name"][0])


def test_moments_are_moments() -> None:
    """A date with its time is a moment in a data frame, in UTC where none is told."""
    moment = ox.Literal("2026-05-04T01:02:03Z", datatype=ox.NamedNode(f"{XSD}dateTime"))
    frame = QueryResult(("built",), ((moment,),)).to_pandas()
    assert "2026-05-04T01:02:03+00:00" == frame["built"][0].isoformat()


def test_one_and_zero_are_booleans_where_a_column_says_so() -> None:
    """Engines without booleans answer so; another number is none."""
    types: dict[str, ColumnType] = {"known": "boolean"}
    rows = [(ox.Literal(1),), (ox.Literal(0),), (None,)]
    answer = QueryResult.of_rows(("known",), rows, types=types)
    assert ((ox.Literal(True),), (ox.Literal(False),), (None,)) == answer.rows
    with pytest.raises(QueryFileError, match="accepted: boolean"):
        QueryResult.of_rows(("known",), [(ox.Literal(2),)], types=types)
