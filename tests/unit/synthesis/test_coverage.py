"""How a study tells a core outcome: from its rows, from the gaps that name it, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.synthesis.coverage import Coverage, coverages

CURATED = Path(__file__).resolve().parents[2] / "data" / "curated"
CALM_1, CALM_2, FINDINGS = "evidence/calm-1.yaml", "evidence/calm-2.yaml", "lessons/biomarker-findings.yaml"
#: The row of CALM-1 on factor B, and its gap.
FACTOR_B = "kind: biomarker, outcome: factor-b-level, biomarker: factor-b"
TRAIT = "kind: disposition, outcome: factor-b-level, biomarker: factor-b"
GAP = "state: looked-for-not-found\n  studies: [calm-1]\n  concerns: [biomarker:factor-b]"


def world(folder: Path, *changes: tuple[str, str, str]) -> Corpus:
    """Read a copy of the invented world with some changes: file, old text, new text."""
    copy = folder / "curated"
    shutil.copytree(CURATED, copy)
    for file, old, new in changes:
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    return read_corpus(copy)


def told(corpus: Corpus, study: str, core: str) -> Coverage:
    """Return the state of a core outcome in a study."""
    return next(state for state in coverages(corpus) if (state.study, state.core) == (study, core))


def test_every_study_has_a_state_for_every_core_outcome(tmp_path: Path) -> None:
    """One state for each pair of study and core outcome, none left out."""
    corpus = world(tmp_path)
    pairs = [(state.study, state.core) for state in coverages(corpus)]
    assert len(pairs) == len(set(pairs)) == len(corpus.studies) * len(corpus.entities["core-outcome"])


@pytest.mark.parametrize(
    ("core", "rows"),
    [
        ("main-outcome", {"r001", "r002", "c001"}),
        ("infection", {"r003", "r004"}),
        ("tremor-control", {"r001", "r002", "r006", "r007", "r008", "c001"}),
        ("factor-b", {"r005"}),
    ],
)
def test_rows_answer_by_term_by_role_and_by_kind(core: str, rows: set[str], tmp_path: Path) -> None:
    """A core outcome is answered by the terms, the role or the kind that its table row names; pooled rows are not."""
    state = told(world(tmp_path), "calm-1", core)
    assert ("number-held", rows) == (state.state, set(state.rows))


def test_a_narrower_event_tells_a_part_only(tmp_path: Path) -> None:
    """A serious infection is an infection, but its number is not the number of infections."""
    assert told(world(tmp_path), "calm-1", "infection").partial == ("c002",)


@pytest.mark.parametrize(
    ("file", "old", "new", "state"),
    [
        (FINDINGS, GAP, GAP, "looked-for-not-found"),
        (FINDINGS, GAP, GAP.replace("looked-for-not-found", "not-readable"), "not-readable"),
        (FINDINGS, GAP, GAP.replace("looked-for-not-found", "words-only"), "words-only"),
        (FINDINGS, GAP, GAP.replace("looked-for-not-found", "zero"), "zero"),
        (FINDINGS, "concerns: [biomarker:factor-b]", "concerns: [core-outcome:factor-b]", "looked-for-not-found"),
        (FINDINGS, "studies: [calm-1]\n  concerns", "studies: [calm-2]\n  concerns", "nobody-looked"),
        (FINDINGS, "concerns: [biomarker:factor-b]", "concerns: [outcome:calm]", "nobody-looked"),
    ],
)
def test_without_a_row_the_gap_speaks(file: str, old: str, new: str, state: str, tmp_path: Path) -> None:
    """Where no row tells it the state is that of the gap; where there is neither, nobody looked."""
    corpus = world(tmp_path, (CALM_1, FACTOR_B, TRAIT), (file, old, new))
    assert state == told(corpus, "calm-1", "factor-b").state


def test_a_trait_at_entry_is_no_answer(tmp_path: Path) -> None:
    """A biomarker at entry says nothing of its course."""
    assert not told(world(tmp_path, (CALM_1, FACTOR_B, TRAIT)), "calm-1", "factor-b").rows


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("events: 4, total: 42", "events: 0, total: 42", "number-held"),
        ("events: 4, total: 42", "events: 0", "zero"),
        ("events: 4, total: 42", "events: 4", "number-held"),
    ],
)
def test_none_without_a_number_of_people_is_a_state_of_its_own(old: str, new: str, state: str, tmp_path: Path) -> None:
    """Zero of 42 is a number; zero of nobody knows how many is said to be none."""
    rate = (
        "ae: infection, outcome_as_reported: infection by time",
        "ae: any-event, outcome_as_reported: any event by time",
    )
    assert state == told(world(tmp_path, (CALM_1, *rate), (CALM_1, old, new)), "calm-1", "infection").state


def test_a_p_value_alone_is_told_in_words(tmp_path: Path) -> None:
    """A comparison with a p value and no estimate holds no number of the outcome."""
    limits = "{type: confidence, level: 95, low: 5.0, high: 45.0}"
    corpus = world(
        tmp_path,
        (CALM_1, "role: primary, week: 24, population", "role: secondary, week: 24, population"),
        (CALM_1, f"measure: RD, estimate: 25.0, unit: percentage points, interval: {limits},", "measure: p-only,"),
    )
    state = told(corpus, "calm-1", "main-outcome")
    assert ("words-only", ("c001",)) == (state.state, state.rows)
