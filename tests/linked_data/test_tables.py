"""Tables over HTTP, and the same answer from SQL as from SPARQL."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from dualbio.release import Release
from dualbio.store.embedded import EmbeddedStore

_SPARQL = """
SELECT ?pair ?disease (COUNT(DISTINCT ?study) AS ?n) {
  ?arm dualbio:testsMechanismPair ?pair . ?study dualbio:hasArm ?arm ; dualbio:studiesDisease ?disease
} GROUP BY ?pair ?disease
"""
_SQL = """
SELECT pair, disease, count(DISTINCT study) FROM (
  SELECT a.armOf AS study, unnest(a.testsMechanismPair) AS pair, s.studiesDisease AS diseases
  FROM read_parquet('{arms}') a JOIN read_parquet('{studies}') s ON s.id = a.armOf
), unnest(diseases) AS d(disease) GROUP BY ALL
"""


@pytest.fixture(scope="module")
def duckdb() -> ModuleType:
    """The database DuckDB, which reads Parquet."""
    if os.environ.get("CI") == "true":
        import duckdb  # noqa: PLC0415 - must be there

        return duckdb
    return pytest.importorskip("duckdb")  # type: ignore[no-any-return]


def test_sql_over_parquet_finds_the_evidence_matrix(
    client: FlaskClient, release: Release, store: EmbeddedStore, duckdb: ModuleType, tmp_path: Path
) -> None:
    """Studies by pair and disease, counted by DuckDB over the served Parquet files, equal the count by SPARQL."""
    for name in ("arms", "studies"):
        answer = client.get(f"/data/{release.id}/tables/{name}.parquet", buffered=True)
        (tmp_path / f"{name}.parquet").write_bytes(answer.data)
    query = _SQL.format(arms=tmp_path / "arms.parquet", studies=tmp_path / "studies.parquet")
    actual = {tuple(row) for row in duckdb.sql(query).fetchall()}
    rows = store.query(_SPARQL)
    assert isinstance(rows, ox.QuerySolutions)
    expected = {
        (
            "pair:" + row["pair"].value.rpartition("/")[2],
            "disease:" + row["disease"].value.rpartition("/")[2],
            int(row["n"].value),
        )
        for row in rows
    }

    assert expected == actual
    assert len(actual) > 20


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("tables/drugs.csv", "text/csv; charset=utf-8; header=present"),
        ("tables/drugs.parquet", "application/vnd.apache.parquet"),
        ("tables/csv-metadata.json", "application/csvm+json"),
        ("croissant.json", "application/ld+json"),
        ("ro-crate-metadata.json", "application/ld+json"),
        ("manifest.json", "application/json"),
    ],
)
def test_tables_and_descriptions_have_their_types(toy: FlaskClient, name: str, media_type: str) -> None:
    """Each file is sent as what it is, for keeping."""
    answer = toy.get(f"/data/0.1.0-now/{name}", buffered=True)

    assert (200, media_type) == (answer.status_code, answer.content_type)
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tables/drgs.csv", "did you mean 'tables/drugs.csv'?"),
        ("tables/estimates.csv", "this release has no table 'tables/estimates.csv'"),
    ],
)
def test_a_table_that_is_not_there_is_told(toy: FlaskClient, name: str, message: str) -> None:
    """A misspelt table, and one of a kind without things, are 404."""
    answer = toy.get(f"/data/0.1.0-now/{name}", buffered=True)

    assert 404 == answer.status_code
    assert message in answer.get_json()["detail"]


def test_the_listing_names_the_tables_that_are_there(toy: FlaskClient) -> None:
    """Programs and people find the tables of the release, and no other."""
    listed = toy.get("/data/", headers={"Accept": "application/json"}).get_json()["tables"]

    names = {each.rpartition("/")[2] for each in listed}
    assert {f"{name}.{ending}" for name in ("drugs", "studies", "lessons") for ending in ("csv", "parquet")} == names
    assert 'href="/data/0.1.0-now/tables/drugs.parquet"' in toy.get("/data/", headers={"Accept": "text/html"}).text
