"""Tables: a row per thing, typed columns, several values as lists, and a description that tools can check."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyarrow import parquet

from dualbio.export.tables import Table, csvw_metadata, read_tables, write_tables
from dualbio.namespaces import PREFIXES
from dualbio.store.embedded import EmbeddedStore

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
DATA = f"""{HEAD}
graph:entities {{
  drug:rituximab a dualbio:Drug ; rdfs:label "rituximab"@en , "利妥昔单抗"@zh ; dualbio:isBiologic true ;
    skos:altLabel "RTX" , "a|b" ; dualbio:hasTarget target:cd20 .
  drug:aspirin a dualbio:Drug ; rdfs:label "aspirin, \\"plain\\""@en ; dualbio:isBiologic false .
  target:cd20 a dualbio:Target ; rdfs:label "CD20"@en .
}}
graph:ontology {{ dualbio:value rdfs:label "value"@en ; skos:definition "What was measured."@en . }}
<https://w3id.org/dualbio/graph/study/toy> {{
  study:toy a dualbio:Study ; rdfs:label "Toy" ; dualbio:hasResult result:toy.r001 , result:toy.r002 .
  result:toy.r001 dualbio:key "r001" ; dualbio:ofStudy study:toy ; dualbio:value 0.05 ; dualbio:events 12 .
  result:toy.r002 dualbio:key "r002" ; dualbio:ofStudy study:toy ; dualbio:value 7 .
}}
"""


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    """The tables of the toy data, by name."""
    data = ox.Store()
    data.load(DATA, format=ox.RdfFormat.TRIG)
    return {table.name: table for table in read_tables(EmbeddedStore(data))}


def columns(table: Table) -> Iterator[tuple[str, str, str | None, str | None]]:
    """Yield name, datatype, separator and kind of each column."""
    for column in table.columns:
        yield column.name, column.datatype, column.separator, column.kind


def test_each_kind_with_things_has_a_table(tables: dict[str, Table]) -> None:
    """A kind without a thing has no table."""
    assert {"studies": 1, "results": 2, "drugs": 2, "targets": 1} == {k: len(v.rows) for k, v in tables.items()}


def test_columns_have_the_types_of_their_values(tables: dict[str, Table]) -> None:
    """Whole and decimal numbers together are decimal, truth values are boolean, links name their kind."""
    assert [
        ("id", "string", None, None),
        ("iri", "string", None, None),
        ("label", "string", None, None),
        ("key", "string", None, None),
        ("events", "integer", None, None),
        ("ofStudy", "string", None, "study"),
        ("value", "decimal", None, None),
    ] == list(columns(tables["results"]))


def test_several_values_have_a_separator_that_none_of_them_holds(tables: dict[str, Table]) -> None:
    """A column with lists says what parts them, and that sign is in no value."""
    found = {name: (separator, kind) for name, _, separator, kind in columns(tables["drugs"])}

    assert ((";", None), (None, "target")) == (found["synonym"], found["hasTarget"])


def test_what_has_a_table_of_its_own_is_no_column(tables: dict[str, Table]) -> None:
    """The results of a study are rows of their table, which name the study."""
    assert ["id", "iri", "label"] == [column.name for column in tables["studies"].columns]


def test_csv_reads_back(tables: dict[str, Table], tmp_path: Path) -> None:
    """Commas, quotes and lists survive in CSV."""
    write_tables(list(tables.values()), tmp_path, "csv")
    with (tmp_path / "drugs.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}

    assert 'aspirin, "plain"' == rows["drug:aspirin"]["label"]
    assert ("RTX;a|b", "true", "") == (
        rows["drug:rituximab"]["synonym"],
        rows["drug:rituximab"]["isBiologic"],
        rows["drug:aspirin"]["synonym"],
    )


def test_parquet_has_typed_values(tables: dict[str, Table], tmp_path: Path) -> None:
    """Numbers are numbers, lists are lists, and what is absent is null."""
    write_tables(list(tables.values()), tmp_path, "parquet")
    results = parquet.read_table(tmp_path / "results.parquet").to_pylist()
    drugs = parquet.read_table(tmp_path / "drugs.parquet").to_pylist()

    assert [(12, 0.05), (None, 7.0)] == [(row["events"], row["value"]) for row in results]
    assert [[], ["RTX", "a|b"]] == [row["synonym"] for row in drugs]
    assert [False, True] == [row["isBiologic"] for row in drugs]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_two_writings_are_equal(tables: dict[str, Table], tmp_path: Path, form: str) -> None:
    """The same data give the same bytes."""
    first, second = (write_tables(list(tables.values()), tmp_path / name, form) for name in ("one", "two"))

    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_the_description_says_what_columns_mean(tables: dict[str, Table]) -> None:
    """CSVW metadata name property, datatype and meaning of a column."""
    described = {each["url"]: each["tableSchema"] for each in csvw_metadata(list(tables.values()))["tables"]}
    (value,) = [column for column in described["results.csv"]["columns"] if column["name"] == "value"]

    assert ("decimal", "What was measured.", f"{PREFIXES['dualbio']}value") == (
        value["datatype"],
        value["dc:description"],
        value["propertyUrl"],
    )


def test_a_column_that_always_names_a_row_is_a_key(tables: dict[str, Table]) -> None:
    """A foreign key is told where every row has one; a column with gaps joins without being called so."""
    described = {each["url"]: each["tableSchema"] for each in csvw_metadata(list(tables.values()))["tables"]}
    key = {"columnReference": "ofStudy", "reference": {"resource": "studies.csv", "columnReference": "id"}}

    assert ([key], []) == (described["results.csv"]["foreignKeys"], described["drugs.csv"]["foreignKeys"])


def test_the_metadata_lie_beside_the_tables(tables: dict[str, Table], tmp_path: Path) -> None:
    """Tools find `csv-metadata.json` in the folder of the CSV files it names."""
    files = write_tables(list(tables.values()), tmp_path, "csv")
    named = {each["url"] for each in json.loads((tmp_path / "csv-metadata.json").read_text("utf-8"))["tables"]}

    assert named | {"csv-metadata.json"} == {file.name for file in files}
