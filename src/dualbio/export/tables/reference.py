"""The columns of all tables as a Markdown page, made from the model; `docs/tables.md` is what this writes."""

from __future__ import annotations

from collections.abc import Iterator

from dualbio.export.tables.columns import SEPARATOR, TABLES, Column, columns_of
from dualbio.sources.exchange.revman import REVMAN_COLUMNS

__all__ = ["table_reference"]

_HEAD = f"""\
# Tables

Made by `dualbio export --format table-reference -o docs/tables.md`; do not edit.

Every release has these tables at `/data/<release>/tables/<name>.csv` and `.parquet`, always with all of these columns.
`/data/<release>/tables/`, `tables/csv-metadata.json` (CSVW) and `tables/datapackage.json` (Frictionless) say what each
column means. Join tables by `id`, a CURIE: a column of type `arm` holds the `id` of a row of `arms`. A column with
several values is a list in Parquet; in CSV `{SEPARATOR}` separates them. If a store would drop the last zeros of a
number, the column whose name ends in `Printed` holds the number as its source printed it.
"""
_SQL = """
`dualbio sql "SELECT ..."` and `db.sql("SELECT ...")` evaluate SQL over them with DuckDB (`pip install 'dualbio[sql]'`);
a file of your own joins by its name:

```sh
dualbio sql --format csv <<'SQL'
    SELECT design, count(*) AS studies, sum(enrolled) AS people
    FROM studies JOIN (VALUES ('study:calibrate'), ('study:beat-lupus')) AS mine(study) ON id = study
    GROUP BY design
SQL
```

```text
design,studies,people
value:design.randomised-controlled-trial,2,95
```
"""


_REVMAN = """
## Study tables for RevMan

`dualbio export --format revman -o FOLDER` writes these, one line a study, an arm, or a number of an arm or contrast;
[what they leave out](evidence.md#references-and-sheets-of-other-tools) is counted by reason.

| file | columns |
|---|---|
"""


def table_reference() -> str:
    """Return the page: a list of columns per table, and those of the study tables for RevMan."""
    parts = "".join(f"\n## {name}\n\n{''.join(_lines(kind))}" for kind, name in TABLES.items())
    revman = "".join(f"| `{name}` | {', '.join(columns)} |\n" for name, columns in REVMAN_COLUMNS.items())
    return _HEAD + _SQL + parts + _REVMAN + revman


def _lines(kind: str) -> Iterator[str]:
    yield "| column | type | |\n|---|---|---|\n"
    for column in columns_of(kind):
        notes = [*(["several"] if column.many else []), *(["in every row"] if column.required else [])]
        yield f"| `{column.name}` | {_type(column)} | {', '.join(notes)} |\n"


def _type(column: Column) -> str:
    return f"`{column.kind}`" if column.kind else column.datatype
