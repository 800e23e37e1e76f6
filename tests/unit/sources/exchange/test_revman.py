"""Study tables for RevMan say what the rows say, put ratios where RevMan takes them, and count what they leave out."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from dualbio.model.evidence import Comparison, PValue, Result, Spread
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.sources.exchange.revman import StudyTables, study_tables
from dualbio.sources.folders import shipped_sources

CURATED = Path(__file__).resolve().parents[3] / "data" / "curated"


def rows(tables: StudyTables, name: str) -> list[dict[str, str]]:
    """Return the filled cells of each line of a table."""
    lines = csv.DictReader(io.StringIO(tables.files[name]))
    return [{column: cell for column, cell in line.items() if cell} for line in lines]


@pytest.fixture(scope="module")
def calm() -> StudyTables:
    """The tables of a study of the invented world."""
    corpus = read_corpus(CURATED)
    return study_tables([corpus.study("calm-1")], corpus.entities)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """The curated evidence."""
    return read_corpus(shipped_sources().ontology)


def test_a_study_is_one_line(calm: StudyTables) -> None:
    """A study with its numbers, design, people and primary outcomes is a line of the first table."""
    (line,) = rows(calm, "study-information.csv")
    assert ("CALM-1", "NCT99999991, 2099-000001-11, ISRCTN99999991") == (line["Study"], line["Char: Identification"])
    assert "adults of an invented country; enrolled 82" == line["Char: Participants"]


def test_an_arm_is_a_line_with_what_it_is_given(calm: StudyTables) -> None:
    """A placebo is called so, whatever it stands for."""
    lines = {line["Arm"]: line["Intervention"] for line in rows(calm, "study-arms.csv")}
    assert "alphamab + placebo" == lines["alphamab + placebo"]
    assert "alphamab + betamab" == lines["alphamab + betamab"]


def test_the_same_people_are_told_apart_from_others(corpus: Corpus) -> None:
    """Every arm with people of another arm names it in its description, and no other arm does."""
    for file in corpus.study_files.values():
        labels = {arm.id: arm.label for arm in file.arms}
        lines = rows(study_tables([file], corpus.entities), "study-arms.csv")
        for arm, line in zip(file.arms, lines, strict=True):
            others = {arm.subset_of, *(arm.derived_from or ()), *(arm.union_of or ())} - {None}
            told, found, _ = line.get("Description", "").partition(": never add them up")
            assert bool(others) == bool(found)
            assert [] == [labels[str(key)] for key in others if labels[str(key)] not in told]


def test_tables_have_the_columns_of_the_templates(calm: StudyTables) -> None:
    """Each table begins with the study, and names arms, outcomes and numbers as Covidence does for RevMan."""
    heads = {name: next(csv.reader(io.StringIO(text))) for name, text in calm.files.items()}
    assert ["study-arms.csv", "study-information.csv", "study-results.csv"] == sorted(heads)
    assert {"Study"} == {head[0] for head in heads.values()}
    assert ["Study", "Arm", "Description", "Intervention"] == heads["study-arms.csv"]
    assert {"Identification", "Methods", "Participants", "Interventions", "Outcomes", "Notes"} == {
        column.removeprefix("Char: ") for column in heads["study-information.csv"][1:]
    }
    assert [
        *("Study", "Outcome", "Data type", "Effect measure", "Arm", "Reference arm", "Sample size", "Cases", "Mean"),
        *("SD", "SE", "Variance", "CI level", "CI start", "CI end", "Exp mean", "Exp CI start", "Exp CI end"),
        *("t-test", "z-test", "P value", "Footnotes"),
    ] == heads["study-results.csv"]


def test_a_count_is_arm_level_data(calm: StudyTables) -> None:
    """People with a response, out of a total, are cases and sample size."""
    found = [line for line in rows(calm, "study-results.csv") if line.get("Cases") == "8"]
    assert [("Dichotomous", "alphamab + placebo", "40")] == [
        (line["Data type"], line["Arm"], line["Sample size"]) for line in found
    ]


def test_a_ratio_is_put_where_no_logarithm_is_wanted(calm: StudyTables) -> None:
    """A printed odds ratio is an exponentiated mean with its interval, never the mean of its logarithm."""
    (line,) = [line for line in rows(calm, "study-results.csv") if line.get("Effect measure") == "OR"]
    assert ("0.8", "0.4", "1.6", "95") == (
        line["Exp mean"],
        line["Exp CI start"],
        line["Exp CI end"],
        line["CI level"],
    )
    assert "Mean" not in line
    assert ("alphamab + betamab", "alphamab + placebo") == (line["Arm"], line["Reference arm"])


def test_every_row_is_written_or_counted(corpus: Corpus) -> None:
    """Of all studies, each result and comparison is a line, or is left out for a reason that is told."""
    files = [corpus.study(key) for key in corpus.studies]
    tables = study_tables(files, corpus.entities)
    held = sum(len(file.results or ()) + len(file.comparisons or ()) for file in files)
    assert held == len(rows(tables, "study-results.csv")) + tables.left_out.total()
    assert len(files) == len(rows(tables, "study-information.csv"))
    assert sum(len(file.arms) for file in files) == len(rows(tables, "study-arms.csv"))


def test_no_contested_number_leaves(corpus: Corpus) -> None:
    """A row that is doubted is left out, and counted so."""
    contested = sum(
        row.state == "contested"
        for file in corpus.study_files.values()
        for row in (*(file.results or ()), *(file.comparisons or ()))
    )
    assert contested == study_tables(corpus.study_files.values(), corpus.entities).left_out["contested"]


EXACT = PValue(operator="=", value=Decimal("0.04"), sides="two")


def told(corpus: Corpus, row: Result | Comparison, **changes: object) -> dict[str, str] | str:
    """Return the cells of the one row of a study, or why it is left out."""
    changed = (type(row).model_validate({**dict(row), **changes}),)
    parts = {"results": changed, "comparisons": None} if isinstance(row, Result) else {"comparisons": changed}
    file = corpus.study("calm-1").model_copy(update={"results": None, **parts})
    tables = study_tables([file], corpus.entities)
    found = rows(tables, "study-results.csv")
    assert 1 == len(found) + tables.left_out.total()
    return found[0] if found else next(iter(tables.left_out))


@pytest.mark.parametrize(
    ("row", "changes", "reason"),
    [
        ("r001", {"state": "contested"}, "contested"),
        ("r001", {"unit_of_analysis": "event"}, "counted in events, not people"),
        ("r001", {"total": None}, "no total"),
        ("r005", {"total": 42, "interval": None, "spread": None}, "a mean without a spread"),
        ("r006", {"total": 42}, "neither a count of people nor a mean"),
    ],
)
def test_what_no_analysis_may_take_is_left_out(row: str, changes: dict[str, object], reason: str) -> None:
    """Events are no people, a doubted number is none, and a mean needs its spread."""
    corpus = read_corpus(CURATED)
    (result,) = (each for each in corpus.study("calm-1").results or () if each.id == row)
    assert reason == told(corpus, result, **changes)


@pytest.mark.parametrize(("kind", "other"), [("SD", "SE"), ("SE", "SD")])
def test_a_standard_error_is_no_standard_deviation(kind: str, other: str) -> None:
    """The spread of a mean goes under its own name, for they differ by the root of the people."""
    corpus = read_corpus(CURATED)
    (mean,) = (each for each in corpus.study("calm-1").results or () if each.id == "r005")
    cells = told(corpus, mean, total=42, spread=Spread(type=kind, value=Decimal("0.5")))  # type: ignore[arg-type]
    assert isinstance(cells, dict)
    assert ("0.5", None) == (cells[kind], cells.get(other))


def test_a_p_value_is_exact_or_is_none() -> None:
    """P below 0.05 is no p of 0.05."""
    corpus = read_corpus(CURATED)
    (ratio,) = (each for each in corpus.study("calm-1").comparisons or () if each.measure == "OR")
    for operator, value in (("=", "0.04"), ("<", None)):
        cells = told(corpus, ratio, p=EXACT.model_copy(update={"operator": operator}))
        assert isinstance(cells, dict)
        assert value == cells.get("P value")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "contested"}, "contested"),
        ({"unit": "percentage points"}, "a difference in percentage points"),
        ({"pooled_studies": ("calm-1", "calm-2")}, "not a contrast between two arms of the study"),
        (
            {"measure": "p-only", "estimate": None, "p": EXACT},
            "no effect measure",
        ),
    ],
)
def test_a_contrast_that_is_none_of_two_arms_is_left_out(changes: dict[str, object], reason: str) -> None:
    """A pooled estimate of several studies is no result of this one."""
    corpus = read_corpus(CURATED)
    (ratio,) = (each for each in corpus.study("calm-1").comparisons or () if each.measure == "OR")
    assert reason in told(corpus, ratio, **changes)
