"""Labels of the vocabularies: every row has one in English and one in Chinese, and no two rows of a table share it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from dualbio.model.entities import TABLES, VocabularyTable
from dualbio.model.record_fields import fields_of
from dualbio.sources.folders import shipped_sources
from dualbio.sources.yaml_lines import read_tsv

HAN = re.compile(r"[一-鿿]")
#: Drugs of which no Chinese name is settled.
NAMELESS = {
    "bi-706321",
    "blisibimod",
    "dapirolizumab-pegol",
    "elsubrutinib",
    "ianalumab",
    "itepekimab",
    "jnj-78934804",
    "litifilimab",
    "morf-057",
    "remtolumab",
    "romilkimab",
    "rozibafusp-alfa",
    "tabalumab",
}
#: Rows that Chinese clinicians name in Latin letters: molecules by symbol or code, drugs without a settled name.
LATIN = {
    "april",
    "blys",
    "cd19",
    "cd20",
    "cd22",
    "cd38",
    "pr3-anca",
}


@pytest.fixture(name="rows", params=TABLES, ids=lambda table: table.file)
def fixture_rows(request: pytest.FixtureRequest) -> list[dict[str, str]]:
    """Return the rows of one table."""
    table: VocabularyTable = request.param
    columns = tuple(column.name for column in fields_of(table.model))
    return [row for _, row in read_tsv(shipped_sources().ontology / "entities" / table.file, columns)]


def test_every_row_has_a_chinese_label(rows: list[dict[str, str]]) -> None:
    """A Chinese label is written in Chinese unless usage keeps the Latin name; only drugs may have none as yet."""
    labels = {row["key"]: row["label_zh"] for row in rows if "label_zh" in row}
    assert set() == {row["key"] for row in rows if "label_zh" not in row} - NAMELESS
    assert {} == {key: label for key, label in labels.items() if not HAN.search(label) and key not in LATIN}


@pytest.mark.parametrize("column", ["label", "label_zh"])
def test_no_two_rows_share_a_label(rows: list[dict[str, str]], column: str) -> None:
    """Within a table a label tells its row from all others."""
    counts = Counter(row[column] for row in rows if column in row)
    assert [] == [text for text, count in counts.items() if count > 1]
