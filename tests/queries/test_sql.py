"""SQL over the tables answers as SPARQL over the graph does."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dualbio.cli.main import cli
from dualbio.database import Database
from dualbio.errors import StoreError
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

#: One question in both languages.
PAIRS = (
    (
        "SELECT (COUNT(?s) AS ?n) (SUM(?people) AS ?sum) { ?s a dualbio:Study ; dualbio:enrolled ?people }",
        "SELECT count(enrolled), sum(enrolled) FROM studies",
    ),
    (
        "SELECT ?disease (COUNT(?s) AS ?n) { ?s dualbio:treatsDisease ?disease } GROUP BY ?disease ORDER BY ?disease",
        "SELECT disease, count(*) FROM (SELECT unnest(treatsDisease) AS disease FROM studies) GROUP BY 1 ORDER BY 1",
    ),
)


@pytest.fixture(scope="module")
def database(release: Release, store: EmbeddedStore) -> Database:
    """The real release, loaded already."""
    return Database(release, shipped_sources().queries, store=store)


@pytest.mark.parametrize(("sparql", "sql"), PAIRS)
def test_both_languages_count_alike(sparql: str, sql: str, database: Database) -> None:
    """Studies, people and studies by disease are as many in the tables as in the graph."""
    rows = [[_key(cell.value) for cell in row] for row in database.sparql(sparql)]  # type: ignore[union-attr]
    assert rows == [[str(cell) for cell in row] for row in database.sql(sql).fetchall()]
    assert rows


def _key(text: str) -> str:
    """Return an IRI of ours as a table shows it."""
    return text.replace("https://w3id.org/dualbio/disease/", "disease:")


def test_a_wrong_name_is_told_with_near_ones(database: Database) -> None:
    """What DuckDB says of a column that is not there reaches the reader."""
    with pytest.raises(StoreError, match=r'"enroled" not found.*\n.*"enrolled"'):
        database.sql("SELECT enroled FROM studies")


def test_an_empty_text_is_refused(database: Database) -> None:
    """Nothing is asked; the message says what is accepted."""
    with pytest.raises(StoreError, match="accepted: a question, such as SELECT"):
        database.sql("-- a remark")


def test_the_command_prints_what_python_returns(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several values are one cell, as in the tables of CSV; no value is an empty cell."""
    monkeypatch.setattr("dualbio.cli.sql.open_database", lambda *_: database)
    text = "SELECT [1, 2] AS many, 1.50 AS exact, NULL AS none, true AS yes"
    done = CliRunner().invoke(cli, ["sql", text, "--format", "csv"], catch_exceptions=False)
    assert "many,exact,none,yes\n1|2,1.50,,true\n" == done.stdout


def test_a_file_of_ones_own_joins(database: Database, tmp_path: Path) -> None:
    """A CSV file of the reader is a table like ours."""
    own = tmp_path / "mine.csv"
    own.write_text("id,mark\nstudy:calibrate,7\n", encoding="utf-8")
    found = database.sql(f"FROM studies JOIN '{own}' USING (id) SELECT mark, enrolled").fetchall()
    assert [(7, 43)] == found
