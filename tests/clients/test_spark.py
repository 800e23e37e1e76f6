"""Spark reads the tables as they are, and counts and pools from them what the release says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyspark
import pytest

from asking import program
from documents import ROOT, blocks
from dualbio.export.tables.files import split_parquet, write_tables
from dualbio.export.tables.rows import read_tables
from dualbio.queries import Library, run_query
from dualbio.store.embedded import EmbeddedStore

#: What a reader of the documentation runs, and then what it has found.
TOLD = """
import json
found = {"matrix": matrix, "pooled": pooled}
print(json.dumps({name: [list(row) for row in rows.collect()] for name, rows in found.items()}))
"""


@pytest.fixture(scope="module")
def found(store: EmbeddedStore, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[Any]]]:
    """What the program of the documentation finds in the tables of the release, cut into files of 500 rows."""
    folder = tmp_path_factory.mktemp("spark")
    for file in write_tables(read_tables(store), folder / "whole", "parquet"):
        split_parquet(file, folder / "lake" / file.stem, 500)
    (text,) = [block.text for block in blocks(ROOT / "docs" / "scale.md") if "pyspark" in block.text]
    submitted = "--conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 pyspark-shell"
    done = subprocess.run(
        [sys.executable, "-"],
        input=text + TOLD,
        cwd=folder,
        env={
            **os.environ,
            "JAVA_HOME": str(Path(program("java")).resolve().parents[1]),
            "PYSPARK_SUBMIT_ARGS": submitted,
            "SPARK_HOME": str(Path(pyspark.__file__).parent),
            "SPARK_LOCAL_IP": "127.0.0.1",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    answer: dict[str, list[list[Any]]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_the_evidence_matrix_is_that_of_the_saved_query(
    found: dict[str, list[list[Any]]], store: EmbeddedStore
) -> None:
    """Each pair has in each disease as many studies, studies with a result, and arms."""
    query = Library.read(ROOT / "queries").get("mechanism/pairs-by-disease")
    assert query is not None
    answer = run_query(query, store).to_pandas()
    columns = ["pairKey", "studies", "withResult", "arms"]
    expected = sorted(tuple(map(str, row)) for row in answer[columns].itertuples(index=False))
    assert expected == sorted((pair.removeprefix("pair:"), *map(str, rest)) for pair, _, *rest in found["matrix"])
    assert len(expected) > 50


def test_the_pooled_risk_difference_is_the_kept_one(found: dict[str, list[list[Any]]]) -> None:
    """It is computed anew from counts of the rows that the synthesis used."""
    ((key, kept, computed),) = found["pooled"]
    assert "serious-infection-two-biologics" == key
    assert computed == pytest.approx(kept, rel=1e-4)
