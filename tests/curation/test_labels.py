"""Labels of the vocabularies: every row has one in English and one in Chinese, and no two rows of a table share it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from dualbio.entities import TABLES, Table
from dualbio.fields import fields_of
from dualbio.reading import read_tsv
from dualbio.resources import shipped_sources

HAN = re.compile(r"[一-鿿]")
#: Rows that Chinese clinicians name in Latin letters: molecules by symbol or code, drugs without a settled name.
LATIN = {
    "april",
    "blisibimod",
    "blys",
    "cd20",
    "cd22",
    "dapirolizumab-pegol",
    "ianalumab",
    "jnj-78934804",
    "pr3-anca",
    "remtolumab",
    "tabalumab",
}


@pytest.fixture(name="rows", params=TABLES, ids=lambda table: table.file)
def fixture_rows(request: pytest.FixtureRequest) -> list[dict[str, str]]:
    """Return the rows of one table."""
    table: Table = request.param
    columns = tuple(column.name for column in fields_of(table.model))
    return [row for _, row in read_tsv(shipped_sources().ontology / "entities" / table.file, columns)]


def test_every_row_has_a_chinese_label(rows: list[dict[str, str]]) -> None:
    """No row lacks its Chinese label, and it is written in Chinese unless usage keeps the Latin name."""
    labels = {row["key"]: row.get("label_zh", "") for row in rows}
    assert all(labels.values())
    assert {} == {key: label for key, label in labels.items() if not HAN.search(label) and key not in LATIN}


@pytest.mark.parametrize("column", ["label", "label_zh"])
def test_no_two_rows_share_a_label(rows: list[dict[str, str]], column: str) -> None:
    """Within a table a label tells its row from all others."""
    counts = Counter(row[column] for row in rows if column in row)
    assert [] == [text for text, count in counts.items() if count > 1]
