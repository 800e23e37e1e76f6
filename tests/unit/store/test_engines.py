"""The register of saved queries that another engine is not asked, and what the documents say of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import ROOT
from dualbio.errors import UnfitEngineError
from dualbio.queries import Library
from dualbio.sources.folders import shipped_sources
from dualbio.store.engines import FOUND, Unfit, is_unfit, read_register, refuse_unfit, register_file
from virtuoso_server import write_register

PAGE = ROOT / "docs" / "engines.md"


def test_the_page_says_what_the_register_says() -> None:
    """Each engine has a table of what was found, with numbers and names; what is not registered is alike."""
    library = Library.read(shipped_sources().queries)
    rows = read_register(register_file()).values()
    written = PAGE.read_text(encoding="utf-8").splitlines()
    for engine in sorted({row.engine for row in rows}):
        own = [row for row in rows if row.engine == engine]
        assert set() == {row.query for row in own} - library.keys()
        expected = [f"| the same rows in the same order | {len(library) - len(own)} | |"]
        for found in dict.fromkeys(kind for kind in FOUND if any(row.found == kind for row in own)):
            names = ", ".join(
                f"`{row.query}`" + f" ({row.detail})" * bool(row.detail) for row in own if row.found == found
            )
            expected.append(f"| {FOUND[found]} | {sum(row.found == found for row in own)} | {names} |")
        missing = [line for line in expected if line not in written]
        assert [] == missing, "\n".join(expected)


def test_a_registered_query_is_refused_for_its_engine_alone() -> None:
    """Of any version; the embedded store and other engines are asked."""
    row = next(iter(read_register(register_file()).values()))
    with pytest.raises(UnfitEngineError, match=f"in version {row.version} {FOUND[row.found]}"):
        refuse_unfit(row.engine, row.query)
    refuse_unfit("", row.query)
    refuse_unfit("another engine", row.query)
    assert (True, False, False) == (is_unfit(row.engine), is_unfit(""), is_unfit("another engine"))


def test_the_register_is_read_as_it_was_written(tmp_path: Path) -> None:
    """In order, by engine and query."""
    rows = [Unfit("B", "t/a", "2", "slow", ""), Unfit("A", "t/b", "1", "rows", "2 rows for 3")]
    write_register(tmp_path / "engines.tsv", rows)
    assert [("A", "t/b"), ("B", "t/a")] == [*read_register(tmp_path / "engines.tsv")]
    assert {*rows} == {*read_register(tmp_path / "engines.tsv").values()}
