"""The tables as files: CSV with what describes it, and Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from dualbio.errors import ExportError, MissingExtraError
from dualbio.export.rdf.dump import open_beside
from dualbio.export.tables.columns import SEPARATOR, Column
from dualbio.export.tables.descriptions import csvw_metadata, data_package, property_of
from dualbio.export.tables.rows import Row, Table
from dualbio.model.namespaces import LICENCE
from dualbio.queries.answers.typed import safe_text

__all__ = ["METADATA", "split_parquet", "write_csv", "write_parquet", "write_tables"]

#: Descriptions that lie beside the CSV files, and what makes them.
METADATA: dict[str, Callable[[Sequence[Table]], dict[str, Any]]] = {
    "csv-metadata.json": csvw_metadata,
    "datapackage.json": data_package,
}


def write_tables(tables: Sequence[Table], folder: Path, form: str) -> tuple[Path, ...]:
    """Write every table below `folder` as `csv` (with `METADATA`) or `parquet`; return the files.

    Raises:
        MissingExtraError: Parquet without the package pyarrow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for table in tables:
        files.append(folder / f"{table.name}.{form}")
        write_parquet(table, files[-1]) if form == "parquet" else write_csv(table, files[-1])
    for name, describe in METADATA.items() if form == "csv" else ():
        files.append(folder / name)
        with open_beside(files[-1]) as stream:
            stream.write(json.dumps(describe(tables), ensure_ascii=False, indent=1).encode() + b"\n")
    return tuple(files)


def write_csv(table: Table, file: Path) -> None:
    """Write a table as CSV (RFC 4180) in UTF-8; a cell without a value is empty, and no text is a formula."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.name for column in table.columns)
    for row in table.rows:
        writer.writerow(safe_text(SEPARATOR.join(row.get(column.name, ()))) for column in table.columns)
    with open_beside(file) as stream:
        stream.write(text.getvalue().encode())


def write_parquet(table: Table, file: Path) -> None:
    """Write a table as Parquet: numbers as numbers, several values as lists, no value as null.

    Raises:
        MissingExtraError: the package pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - part of an extra
        from pyarrow import parquet  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise MissingExtraError("analysis", "Parquet") from error
    types = {"integer": pa.int64(), "decimal": pa.float64(), "boolean": pa.bool_(), "string": pa.string()}
    fields = [
        pa.field(
            column.name,
            pa.list_(types[column.datatype]) if column.many else types[column.datatype],
            metadata={"label": table.label(column), **({"property": property_of(column)} if column.property else {})},
        )
        for column in table.columns
    ]
    arrays = [list(_values(table, column)) for column in table.columns]
    schema = pa.schema(fields, metadata={"license": LICENCE, "kind": table.kind})
    with open_beside(file) as stream:
        parquet.write_table(pa.table(arrays, schema=schema), stream, compression="zstd")


def split_parquet(file: Path, folder: Path, rows: int) -> tuple[Path, ...]:
    """Write the rows of a Parquet file to files of at most `rows` rows each in `folder`; return them.

    Engines of a cluster take such a folder as one table, and read its files side by side. Of a table without rows
    there is one file, which tells its columns. Files of an earlier split are replaced.

    Raises:
        MissingExtraError: the package pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - part of an extra
        from pyarrow import parquet  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise MissingExtraError("analysis", "Parquet") from error
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with parquet.ParquetFile(file) as whole:
        batches = (pa.Table.from_batches([batch]) for batch in whole.iter_batches(rows))
        for part in batches if whole.metadata.num_rows else [whole.schema_arrow.empty_table()]:
            written.append(folder / f"part-{len(written):05}.parquet")
            with open_beside(written[-1]) as stream:
                parquet.write_table(part, stream, compression="zstd")
    for earlier in set(folder.glob("part-*.parquet")) - set(written):
        earlier.unlink()
    return tuple(written)


_READ: dict[str, Callable[[str], Any]] = {"integer": int, "decimal": float, "boolean": "true".__eq__, "string": str}


def _values(table: Table, column: Column) -> Iterator[Any]:
    for row in table.rows:
        values = [_typed_value(table, column, row, text) for text in row.get(column.name, ())]
        yield values if column.many else next(iter(values), None)


def _typed_value(table: Table, column: Column, row: Row, text: str) -> Any:
    try:
        return _READ[column.datatype](text)
    except ValueError as error:
        raise ExportError(
            f"{row['id'][0]}: {column.name} of table {table.name} is '{text}'; accepted: {column.datatype}"
        ) from error
