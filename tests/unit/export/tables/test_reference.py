"""The page of tables is that of the model."""

from __future__ import annotations

from pathlib import Path

from dualbio.export.tables.columns import TABLES
from dualbio.export.tables.reference import table_reference

PAGE = Path(__file__).parents[4] / "docs" / "tables.md"


def test_the_page_is_the_model() -> None:
    """docs/tables.md is what `dualbio export --format table-reference` writes."""
    assert table_reference() == PAGE.read_text(encoding="utf-8")


def test_every_table_has_its_part() -> None:
    """Each table is a heading of the page."""
    text = table_reference()

    assert [] == [name for name in TABLES.values() if f"\n## {name}\n" not in text]


def test_the_columns_for_revman_are_listed() -> None:
    """A reviewer reads which columns the study tables have, before any is written: in `--format table-reference`."""
    text = table_reference().partition("\n## Study tables for RevMan\n")[2]

    assert "| `study-arms.csv` | Study, Arm, Description, Intervention |" in text
    assert "Sample size, Cases, Mean, SD" in text
