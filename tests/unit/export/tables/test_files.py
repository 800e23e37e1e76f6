"""Tables cut into files for engines of a cluster."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from dualbio.export.tables.columns import TABLES, columns_of
from dualbio.export.tables.files import split_parquet


@pytest.mark.parametrize(("rows", "most", "files"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 4, [3]), (0, 4, [0])])
def test_parts_hold_all_rows_once_in_their_order(tmp_path: Path, rows: int, most: int, files: list[int]) -> None:
    """No file has more rows than asked for, each tells columns and licence, and a folder of them is the whole table."""
    schema = pa.schema([("id", pa.string()), ("several", pa.list_(pa.int64()))], metadata={"license": "a licence"})
    whole = pa.table([[f"row {n}" for n in range(rows)], [[n] * (n % 3) for n in range(rows)]], schema=schema)
    parquet.write_table(whole, tmp_path / "table.parquet")
    parts = split_parquet(tmp_path / "table.parquet", tmp_path / "table", most)
    assert files == [parquet.read_metadata(part).num_rows for part in parts]
    told = parquet.read_schema(tmp_path / "table.parquet")
    assert b"a licence" == told.metadata[b"license"]
    assert all(told.equals(parquet.read_schema(part), check_metadata=True) for part in parts)
    assert whole.equals(pa.concat_tables(map(parquet.read_table, parts)))


def test_parts_of_an_earlier_split_are_gone(tmp_path: Path) -> None:
    """What has shrunk, or is cut at another place, is not counted twice."""
    parquet.write_table(pa.table({"id": list(range(10))}), tmp_path / "table.parquet")
    split_parquet(tmp_path / "table.parquet", tmp_path / "table", 2)
    parts = split_parquet(tmp_path / "table.parquet", tmp_path / "table", 5)
    assert set(parts) == set((tmp_path / "table").iterdir())


def test_no_two_columns_differ_by_case_alone() -> None:
    """Engines that ignore the case of names read every table."""
    for kind, table in TABLES.items():
        names = [column.name.casefold() for column in columns_of(kind)]
        assert len(set(names)) == len(names), table
