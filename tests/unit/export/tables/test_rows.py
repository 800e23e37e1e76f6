"""Tables: a row per thing, the columns of the model, several values as lists, and descriptions that tools can check."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyarrow import parquet

from dualbio.errors import ExportError
from dualbio.export.tables.columns import TABLES, columns_of
from dualbio.export.tables.descriptions import csvw_metadata, data_package
from dualbio.export.tables.files import METADATA, write_tables
from dualbio.export.tables.rows import Table, read_tables
from dualbio.model.namespaces import PREFIXES
from dualbio.store.embedded import EmbeddedStore

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
DATA = f"""{HEAD}
graph:entities {{
  drug:rituximab a dualbio:Drug ; rdfs:label "rituximab"@en , "利妥昔单抗"@zh ; dualbio:isBiologic true ;
    skos:altLabel "RTX" , "a;b" ; dualbio:hasTarget target:cd20 .
  drug:aspirin a dualbio:Drug ; rdfs:label "aspirin, \\"plain\\""@en ; dualbio:isBiologic false .
  target:cd20 a dualbio:Target ; rdfs:label "CD20"@en .
}}
graph:ontology {{ dualbio:value rdfs:label "value"@en ; skos:definition "What was measured."@en . }}
graph:inferred {{ result:toy.r001 a dualbio:FullTextRow ; dualbio:ofStudy study:toy . }}
<https://w3id.org/dualbio/graph/study/toy> {{
  study:toy a dualbio:Study ; rdfs:label "Toy" ; dualbio:hasResult result:toy.r001 , result:toy.r002 .
  result:toy.r001 a dualbio:Result ; dualbio:key "r001" ; dualbio:value 0.05 ; dualbio:events 12 .
  result:toy.r002 dualbio:key "r002" ; dualbio:ofStudy study:toy ; dualbio:value 7 ; dualbio:valuePrinted "7.0" .
}}
"""


def read(data: str) -> dict[str, Table]:
    """Return the tables of TriG, by name."""
    store = ox.Store()
    store.load(data, format=ox.RdfFormat.TRIG)
    return {table.name: table for table in read_tables(EmbeddedStore(store))}


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    """The tables of the toy data, by name."""
    return read(DATA)


def test_every_kind_has_a_table(tables: dict[str, Table]) -> None:
    """A kind without a thing has a table without rows."""
    assert set(TABLES.values()) == set(tables)
    assert {"studies": 1, "results": 2, "drugs": 2, "targets": 1} == {
        k: len(v.rows) for k, v in tables.items() if v.rows
    }


def test_a_row_of_own_evidence_says_of_which_folder() -> None:
    """What a folder alone speaks of has its name; a row of dualbio has none, whatever a folder adds to it."""
    own = f"""{DATA}
    <https://w3id.org/dualbio/graph/local/mine/study/mine> {{
      study:mine a dualbio:Study ; rdfs:label "Mine" . study:toy dualbio:disease disease:sle .
    }}
    <https://w3id.org/dualbio/graph/local/inferred> {{ study:mine a dualbio:RandomisedStudy . }}
    """
    assert {"study:mine": ["mine"], "study:toy": []} == {
        row["id"][0]: row.get("origin", []) for row in read(own)["studies"].rows
    }


def test_columns_do_not_depend_on_the_data(tables: dict[str, Table]) -> None:
    """A release without a single thing has the columns of any other."""
    empty = read(HEAD)

    assert {name: table.columns for name, table in tables.items()} == {n: t.columns for n, t in empty.items()}


def test_columns_follow_from_the_model() -> None:
    """Numbers are decimal with their printed form, truth values boolean, and links name their kind."""
    found = {column.name: column for column in columns_of("comparison")}

    assert ("decimal", False, None) == (found["pValue"].datatype, found["pValue"].many, found["pValue"].kind)
    assert ("string", "boolean", "boolean") == tuple(
        found[name].datatype for name in ("pValuePrinted", "significant", "adjusted")
    )
    assert ("arm", "value", True) == (found["armA"].kind, found["favoursSide"].kind, found["poolsStudy"].many)
    assert (True, False) == (found["source"].required, found["estimate"].required)


def test_a_row_has_its_names_and_classes(tables: dict[str, Table]) -> None:
    """A label in Chinese has a column of its own, and inferred classes stand beside told ones."""
    drug = tables["drugs"].rows[1]
    result = tables["results"].rows[0]

    assert (["rituximab"], ["利妥昔单抗"]) == (drug["label"], drug["labelZh"])
    assert ["dualbio:FullTextRow", "dualbio:Result"] == result["type"]


def test_what_has_a_table_of_its_own_is_no_column(tables: dict[str, Table]) -> None:
    """The results of a study are rows of their table, which name the study."""
    assert "hasResult" not in {column.name for column in tables["studies"].columns}
    assert ["study:toy"] == tables["results"].rows[0]["ofStudy"]


def test_csv_reads_back(tables: dict[str, Table], tmp_path: Path) -> None:
    """Commas, quotes and lists survive in CSV."""
    write_tables(list(tables.values()), tmp_path, "csv")
    with (tmp_path / "drugs.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}

    assert 'aspirin, "plain"' == rows["drug:aspirin"]["label"]
    assert ("RTX|a;b", "true", "") == (
        rows["drug:rituximab"]["synonym"],
        rows["drug:rituximab"]["isBiologic"],
        rows["drug:aspirin"]["synonym"],
    )


def test_parquet_has_typed_values(tables: dict[str, Table], tmp_path: Path) -> None:
    """Numbers are numbers, lists are lists, and what is absent is null."""
    write_tables(list(tables.values()), tmp_path, "parquet")
    results = parquet.read_table(tmp_path / "results.parquet").to_pylist()
    drugs = parquet.read_table(tmp_path / "drugs.parquet").to_pylist()

    found = [(row["events"], row["value"], row["valuePrinted"]) for row in results]
    assert [(12, 0.05, None), (None, 7.0, "7.0")] == found
    assert [[], ["RTX", "a;b"]] == [row["synonym"] for row in drugs]
    assert [False, True] == [row["isBiologic"] for row in drugs]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_two_writings_are_equal(tables: dict[str, Table], tmp_path: Path, form: str) -> None:
    """The same data give the same bytes."""
    first, second = (write_tables(list(tables.values()), tmp_path / name, form) for name in ("one", "two"))

    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('drug:x skos:altLabel "a|b" .', r"'a\|b', a value of synonym of drug:x, holds '\|'"),
        ("drug:x dualbio:isBiologic true , false .", "drug:x has 2 values of isBiologic: false, true; accepted: one"),
    ],
)
def test_what_a_table_cannot_hold_is_told(said: str, message: str) -> None:
    """A sign that parts values, and a second value where there is room for one, are errors and never a wrong row."""
    with pytest.raises(ExportError, match=message):
        read(f"{HEAD} graph:entities {{ {said} }}")


def test_a_number_that_is_none_is_told(tmp_path: Path) -> None:
    """A value of another type than its column is an error that names thing, column and table."""
    tables = read(f'{HEAD} graph:entities {{ study:x dualbio:enrolled "many" . }}')
    with pytest.raises(ExportError, match="study:x: enrolled of table studies is 'many'; accepted: integer"):
        write_tables(list(tables.values()), tmp_path, "parquet")


def test_of_texts_in_several_languages_the_english_is_taken() -> None:
    """A definition in two languages is one value."""
    tables = read(f'{HEAD} graph:entities {{ outcome:x skos:definition "what"@en , "quoi"@fr . }}')

    assert ["what"] == tables["outcomes"].rows[0]["definition"]


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
    """A foreign key is told where the model wants a value in every row; a column with gaps joins all the same."""
    described = {each["url"]: each["tableSchema"] for each in csvw_metadata(list(tables.values()))["tables"]}
    key = {"columnReference": "ofStudy", "reference": {"resource": "studies.csv", "columnReference": "id"}}
    keys = {each["columnReference"] for each in described["results.csv"]["foreignKeys"]}

    assert key in described["results.csv"]["foreignKeys"]
    assert ("arm" in keys, "biomarker" in keys) == (True, False)


def test_both_descriptions_tell_the_same_columns(tables: dict[str, Table]) -> None:
    """Files, columns and keys are equal in CSVW and in the Data Package."""
    csvw, package = csvw_metadata(list(tables.values())), data_package(list(tables.values()))
    one = {
        each["url"]: (
            [column["name"] for column in each["tableSchema"]["columns"]],
            [key["columnReference"] for key in each["tableSchema"]["foreignKeys"]],
        )
        for each in csvw["tables"]
    }
    other = {
        each["path"]: (
            [field["name"] for field in each["schema"]["fields"]],
            [key["fields"] for key in each["schema"]["foreignKeys"]],
        )
        for each in package["resources"]
    }

    assert one == other


def test_no_reader_has_to_guess_how_the_files_are_written(tables: dict[str, Table], tmp_path: Path) -> None:
    """Read by the dialect of the Data Package, each file has the columns of its schema and ends as it says."""
    write_tables(list(tables.values()), tmp_path, "csv")
    for resource in json.loads((tmp_path / "datapackage.json").read_text("utf-8"))["resources"]:
        dialect = resource["dialect"]
        text = (tmp_path / resource["path"]).read_bytes().decode(resource["encoding"])
        rows = csv.reader(
            text.splitlines(keepends=True),
            delimiter=dialect["delimiter"],
            quotechar=dialect["quoteChar"],
            doublequote=dialect["doubleQuote"],
            skipinitialspace=dialect["skipInitialSpace"],
        )

        assert [field["name"] for field in resource["schema"]["fields"]] == next(rows)
        assert text.endswith(dialect["lineTerminator"])


def test_the_metadata_lie_beside_the_tables(tables: dict[str, Table], tmp_path: Path) -> None:
    """Tools find the descriptions in the folder of the CSV files they name."""
    files = write_tables(list(tables.values()), tmp_path, "csv")
    named = {each["url"] for each in json.loads((tmp_path / "csv-metadata.json").read_text("utf-8"))["tables"]}

    assert named | set(METADATA) == {file.name for file in files}
