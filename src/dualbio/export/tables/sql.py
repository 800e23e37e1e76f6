"""SQL over the tables of a release, by DuckDB: aggregates over all rows, which it computes faster than SPARQL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dualbio.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

__all__ = ["ask_tables", "connect_tables"]

#: Bytes of a Parquet file that is read into memory, where it takes some ten times as much.
_SMALL = 16 * 1024 * 1024


def connect_tables(files: Iterable[Path]) -> DuckDBPyConnection:
    """Return a DuckDB connection in which each Parquet file is a table, called like the file.

    Small files are read into memory: to open them again and again would take most of the time of a question. Of others
    only the columns that a question names are read from the disk, each time. The connection can read other files too,
    so that a table of the reader's own joins with ours.

    Raises:
        MissingExtraError: the package duckdb is not installed.
    """
    try:
        import duckdb  # noqa: PLC0415 - part of an extra
    except ImportError as error:
        raise MissingExtraError("sql", "SQL over the tables") from error
    connection = duckdb.connect()
    for file in files:
        table = connection.read_parquet(str(file))
        (table.create if file.stat().st_size <= _SMALL else table.create_view)(file.stem)
    return connection


def ask_tables(connection: DuckDBPyConnection, text: str) -> DuckDBPyRelation:
    """Return the rows of a question in SQL, which are computed as they are read.

    Raises:
        StoreError: DuckDB refuses the text, or the text is no question.
    """
    import duckdb  # noqa: PLC0415 - part of an extra

    try:
        found = connection.sql(text)
    except duckdb.Error as error:
        raise StoreError(f"SQL: {error}") from error
    if found is None:
        raise StoreError("SQL: this text returns no rows; accepted: a question, such as SELECT count(*) FROM studies")
    return found
