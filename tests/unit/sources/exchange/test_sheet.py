"""The data-extraction sheet goes out and comes back without loss, and says what is wrong with a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.errors import DataError
from dualbio.model.evidence import StudyFile
from dualbio.sources.canonical import canonical_text
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.sources.exchange.cells import guarded, read_rows, unguarded, write_rows
from dualbio.sources.exchange.sheet import COLUMNS, read_sheet, sheet_text, with_rows
from dualbio.sources.folders import shipped_sources

CURATED = Path(__file__).resolve().parents[3] / "data" / "curated"
LINE = {
    "study": "calm-1",
    "id": "r009",
    "arm": "both",
    "kind": "efficacy",
    "outcome": "calm",
    "outcome_as_reported": "calm",
    "role": "secondary",
    "week": "36",
    "population": "ITT",
    "unit_of_analysis": "patient",
    "statistic": "count",
    "events": "3",
    "total": "40",
    "source": "s1",
    "locator": "Table 9",
    "checked": "fulltext",
}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """The curated evidence."""
    return read_corpus(shipped_sources().ontology)


@pytest.fixture(scope="module")
def calm() -> StudyFile:
    """A study of the invented world."""
    return read_corpus(CURATED).study("calm-1")


def sheet(folder: Path, **changes: str) -> Path:
    """Write a sheet of one line, with `changes` to its cells; an empty one is left out."""
    path = folder / "sheet.csv"
    cells = {**LINE, **changes}
    path.write_text(write_rows(tuple(cells), [cells]), encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    """Return what is wrong with a sheet."""
    with pytest.raises(DataError) as error:
        read_sheet(path)
    return [str(problem) for problem in error.value.problems]


def test_every_row_comes_back_as_it_went_out(corpus: Corpus, tmp_path: Path) -> None:
    """All results and comparisons of all studies, through the sheet, give files that are the same to the byte."""
    files = [corpus.study(key) for key in corpus.studies]
    path = tmp_path / "sheet.csv"
    path.write_text(sheet_text(files), encoding="utf-8")
    rows = read_sheet(path)
    for file in files:
        bare = file.model_copy(update={"results": None, "comparisons": None})
        again, _ = with_rows(bare, rows.get(file.study.id, ()))
        assert canonical_text(file) == canonical_text(again)


def test_a_sheet_that_nobody_edited_changes_nothing(calm: StudyFile, tmp_path: Path) -> None:
    """What goes out and comes back names no row as changed."""
    path = tmp_path / "sheet.csv"
    path.write_text(sheet_text([calm]), encoding="utf-8")
    assert (calm, ()) == with_rows(calm, read_sheet(path)["calm-1"])


def test_a_number_with_other_zeros_is_a_change(calm: StudyFile, tmp_path: Path) -> None:
    """3.1 in the place of 3.10 is told, because a number stands as it was printed."""
    path = tmp_path / "sheet.csv"
    path.write_text(sheet_text([calm]).replace(",3.10,", ",3.1,"), encoding="utf-8")
    _, changed = with_rows(calm, read_sheet(path)["calm-1"])
    assert ("r005",) == changed


def test_a_new_line_is_a_new_row_and_a_missing_one_stays(calm: StudyFile, tmp_path: Path) -> None:
    """A sheet of one line adds that row; no row is deleted by leaving it out."""
    again, changed = with_rows(calm, read_sheet(sheet(tmp_path))["calm-1"])
    assert ("r009",) == changed
    assert [*(row.id for row in calm.results or ()), "r009"] == [row.id for row in again.results or ()]
    assert calm.comparisons == again.comparisons


@pytest.mark.parametrize("separator", [";", "\t"])
def test_sheets_of_other_programs_are_read(separator: str, tmp_path: Path) -> None:
    """A byte order mark, and semicolons or tabs between cells, as spreadsheets write them."""
    path = sheet(tmp_path)
    path.write_text("\ufeff" + path.read_text(encoding="utf-8").replace(",", separator), encoding="utf-8")
    assert ["r009"] == [row.id for row in read_sheet(path)["calm-1"]]


def test_foreign_columns_are_told_all_at_once(tmp_path: Path) -> None:
    """Columns that no row has are named with the nearest that there is; so are those that are missing."""
    path = tmp_path / "sheet.csv"
    path.write_text("study,ID,arms,p value\ncalm-1,r009,both,0.1\n", encoding="utf-8")
    told = problems(path)
    assert 4 == len(told)
    assert any("column 'arms' is foreign" in line and "did you mean 'arm'" in line for line in told)
    assert any("column 'id' is missing" in line for line in told)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"events": "three"}, "a whole number"),
        ({"role": "principal"}, "'principal'"),
        ({"id": "x1"}, "'x1'"),
        ({"measure": "OR"}, "'measure' is not a field of a result"),
        ({"study": ""}, "the line names no study"),
        ({"events": ""}, "one of events, value is required"),
    ],
)
def test_a_line_that_is_no_row_is_told(changes: dict[str, str], words: str, tmp_path: Path) -> None:
    """The message names the line, the row, and what is accepted."""
    (told,) = problems(sheet(tmp_path, **changes))
    assert "sheet.csv:2:" in told
    assert words in told


def test_a_row_twice_is_told(tmp_path: Path) -> None:
    """Two lines with one id of one study are a mistake, and no one of them wins."""
    path = tmp_path / "sheet.csv"
    path.write_text(write_rows(tuple(LINE), [LINE, LINE]), encoding="utf-8")
    assert ["row r009 of calm-1 is already in line 2" in line for line in problems(path)] == [True]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1))
def test_a_cell_keeps_its_text(text: str) -> None:
    """Whatever a text begins with, no spreadsheet takes it for a formula, and it comes back as it was."""
    assert text == unguarded(guarded(text))
    assert not guarded(text).startswith(("=", "+", "@"))


def test_the_columns_are_the_fields(tmp_path: Path) -> None:
    """Each field of results and comparisons has a column; records inside have one for each of their own."""
    assert {"study", "id", "interval.low", "p.operator", "subgroup.level", "favours"} <= set(COLUMNS)
    assert [] == list(read_rows(sheet(tmp_path, note=""), COLUMNS, ("study", "id")))[1:]


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@SUM(A1)", "\t=1", "\r=1", "'a"])
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever a spreadsheet takes for a formula goes out as text (OWASP, CSV injection)."""
    assert f"'{text}" == guarded(text)


def test_a_column_that_stands_twice_is_told(tmp_path: Path) -> None:
    """Nobody can tell which of the two counts."""
    path = tmp_path / "twice.csv"
    path.write_text("study,id,study\n", encoding="utf-8")
    with pytest.raises(DataError, match="column 'study' is given twice"):
        list(read_rows(path, ("study", "id"), ()))
