"""Tables over HTTP: what databases and validators read of them, and the same answers from SQL as from SPARQL."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import polars as pl
import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from frictionless import validate

from dualbio.database import Database
from dualbio.export.tables.columns import TABLES, columns_of
from dualbio.model.namespaces import BASE, compress, term
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

Matrix = set[tuple[str, str, int, int]]

_SQL = """
WITH tested AS (
  SELECT id AS arm, armOf AS study, unnest(testsMechanismPair) AS pair
  FROM read_parquet('{folder}/arms.parquet') WHERE len(unionOf) = 0
), studied AS (
  SELECT id AS arm, unnest(inDisease) AS disease FROM read_parquet('{folder}/arms.parquet')
)
SELECT p.label, d.label, count(DISTINCT study), count(DISTINCT arm)
FROM tested JOIN studied USING (arm)
JOIN read_parquet('{folder}/pairs.parquet') p ON p.id = pair
JOIN read_parquet('{folder}/diseases.parquet') d ON d.id = disease
GROUP BY ALL
"""
#: What a study, arm, regimen, lesson or finding consists of, whose tables name the whole.
_PARTS = {
    *("hasArm", "hasRegimen", "hasStep", "hasResult", "hasComparison", "hasSource", "hasOverlap"),
    *("supportedBy", "contradictedBy", "hasMeasure", "hasInteraction", "armPrediction", "levelEffect"),
    *("hasAim", "hasInput", "hasPlannedOutcome", "hasVerification", "hasWithdrawnRow", "hasBiasAssessment"),
}

#: Properties above others, whose columns say the same more exactly.
_ABOVE = {"study", "drug", "disease", "mechanism"}


@pytest.fixture(scope="module")
def folder(client: FlaskClient, release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every table and its Data Package, downloaded from the service."""
    place = tmp_path_factory.mktemp("tables")
    names = [f"{name}.{ending}" for name in TABLES.values() for ending in ("csv", "parquet")]
    for name in (*names, "datapackage.json"):
        answer = client.get(f"/data/{release.id}/tables/{name}", buffered=True)
        assert (name, 200) == (name, answer.status_code)
        (place / name).write_bytes(answer.data)
    return place


@pytest.fixture(scope="module")
def matrix(release: Release, store: EmbeddedStore) -> Matrix:
    """The evidence matrix as the saved query tells it: pair, disease, number of studies and of arms."""
    found = Database(release, shipped_sources().queries, store=store).query("mechanism/pairs-by-disease")
    place = {name: found.columns.index(name) for name in ("pairName", "diseaseName", "studies", "arms")}
    rows = [[getattr(row[each], "value", "") for each in place.values()] for row in found.rows]
    return {(pair, disease, int(studies), int(arms)) for pair, disease, studies, arms in rows}


def test_no_cell_of_a_table_is_a_formula(folder: Path) -> None:
    """Whatever begins with =, +, - or @ in a CSV table is a number or a lone =, so that no spreadsheet computes."""
    csv.field_size_limit(10**9)
    risky = {
        cell
        for file in folder.glob("*.csv")
        for row in csv.reader(file.read_text(encoding="utf-8").splitlines(keepends=True))
        for cell in row
        if cell.startswith(("=", "+", "-", "@"))
    }
    assert risky
    assert [] == [cell for cell in sorted(risky) if not re.fullmatch(r"=|[+-]?[0-9]+(\.[0-9]+)?", cell)]


def test_duckdb_finds_the_evidence_matrix(folder: Path, matrix: Matrix) -> None:
    """SQL over the served Parquet files gives what the saved query gives."""
    with duckdb.connect() as database:
        found = database.execute(_SQL.format(folder=folder)).fetchall()

    assert matrix == set(found)
    assert len(matrix) > 20


def test_polars_finds_the_evidence_matrix(folder: Path, matrix: Matrix) -> None:
    """So do the data frames of Polars."""
    arms = pl.read_parquet(folder / "arms.parquet").filter(pl.col("unionOf").list.len() == 0)
    studied = arms.select(pl.col("id").alias("arm"), "inDisease").explode("inDisease")
    names = {
        kind: pl.read_parquet(folder / f"{kind}.parquet").select("id", pl.col("label").alias(kind))
        for kind in ("pairs", "diseases")
    }
    found = (
        arms.select(pl.col("id").alias("arm"), "armOf", "testsMechanismPair")
        .explode("testsMechanismPair")
        .drop_nulls("testsMechanismPair")
        .join(studied, on="arm")
        .join(names["pairs"], left_on="testsMechanismPair", right_on="id")
        .join(names["diseases"], left_on="inDisease", right_on="id")
        .group_by("pairs", "diseases")
        .agg(pl.col("armOf").n_unique(), pl.col("arm").n_unique())
    )

    assert matrix == set(found.rows())


def test_frictionless_finds_no_fault(folder: Path) -> None:
    """Types, required cells, primary and foreign keys of all tables hold."""
    report = validate(str(folder / "datapackage.json"))

    assert [] == [
        (task.name, *row) for task in report.tasks for row in task.flatten(["rowNumber", "fieldName", "note"])
    ]
    assert (len(TABLES), True) == (len(report.tasks), report.valid)


def test_the_columns_hold_all_that_is_known(store: EmbeddedStore) -> None:
    """Every property of the vocabulary that a thing with a table has is a column, unless it leads to a part."""
    wanted = {kind: {term(c.property).value for c in columns_of(kind) if c.property} for kind in TABLES}
    missing = set()
    withdrawn = {quad.subject for quad in store.quads_for_pattern(None, term("rdf:type"), term("WithdrawnRow"), None)}
    for quad in store.store:
        subject = quad.subject.value if isinstance(quad.subject, ox.NamedNode) else ""
        kind = subject.removeprefix(BASE).partition("/")[0] if subject.startswith(BASE) else ""
        name = compress(quad.predicate.value).removeprefix("dualbio:")
        kind = "withdrawn" if quad.subject in withdrawn else kind
        if (
            kind in TABLES
            and ":" not in name
            and name not in _PARTS | _ABOVE
            and quad.predicate.value not in wanted[kind]
        ):
            missing.add((kind, name))

    assert set() == missing


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("tables/drugs.csv", "text/csv; charset=utf-8; header=present"),
        ("tables/drugs.parquet", "application/vnd.apache.parquet"),
        ("tables/csv-metadata.json", "application/csvm+json"),
        ("tables/datapackage.json", "application/vnd.datapackage+json"),
        ("croissant.json", "application/ld+json"),
        ("ro-crate-metadata.json", "application/ld+json"),
        ("mappings.sssom.tsv", "text/tab-separated-values; charset=utf-8"),
        ("nanopubs.trig.gz", "application/gzip"),
        ("ontology.owl", "application/rdf+xml"),
    ],
)
def test_files_have_their_types(toy: FlaskClient, name: str, media_type: str) -> None:
    """Each file is sent as what it is, for keeping."""
    answer = toy.get(f"/data/0.1.0-now/{name}", buffered=True)

    assert (200, media_type) == (answer.status_code, answer.content_type)
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_table_that_is_not_there_is_told(toy: FlaskClient) -> None:
    """A misspelt table is 404 with the one meant; one of a kind without things has its head alone."""
    wrong = toy.get("/data/0.1.0-now/tables/drgs.csv", buffered=True)
    empty = toy.get("/data/0.1.0-now/tables/gaps.csv", buffered=True)

    assert (404, True) == (wrong.status_code, "did you mean 'tables/drugs.csv'?" in wrong.get_json()["detail"])
    head, *rows = empty.data.decode().splitlines()
    assert "id,iri,label,labelZh,type,key,statement" == ",".join(head.split(",")[:7])
    assert [] == rows


def test_the_listing_names_the_tables(toy: FlaskClient) -> None:
    """Programs and people find the tables of a release."""
    listed = toy.get("/data/", headers={"Accept": "application/json"}).get_json()["tables"]
    names = {each.rpartition("/")[2] for each in listed}

    assert {f"{name}.{ending}" for name in TABLES.values() for ending in ("csv", "parquet")} == names
    assert 'href="/data/0.1.0-now/tables/drugs.parquet"' in toy.get("/data/", headers={"Accept": "text/html"}).text


def test_people_read_what_columns_mean(client: FlaskClient) -> None:
    """The page of a table tells each column with its meaning and leads to its property; programs are led to CSVW."""
    browser = {"Accept": "text/html"}
    listed = client.get("/data/latest/tables/", headers=browser, follow_redirects=True).text
    pages = {
        name: client.get(f"/data/latest/tables/{name}/", headers=browser, follow_redirects=True)
        for name in TABLES.values()
    }

    assert set() == {name for name in TABLES.values() if f'/tables/{name}/">{name}</a>' not in listed}
    assert '<a href="/ontology#intervalLow">intervalLow</a>' in pages["comparisons"].text
    assert {} == {name: len(answer.data) for name, answer in pages.items() if not 0 < len(answer.data) < 150_000}
    assert "Study, Arm, Description, Intervention" in listed  # what a reviewer brings to RevMan
    for path in ("/data/latest/tables/", "/data/latest/tables/drugs/"):
        answer = client.get(path, headers={"Accept": "application/json"}, follow_redirects=True, buffered=True)
        assert "application/csvm+json" == answer.content_type
