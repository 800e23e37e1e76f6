"""How a study tells a core outcome: from its rows, from the gaps that name it, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dualbio.model.namespaces import compress
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.synthesis.coverage import Coverage, arms_told, coverage_quads, coverages, gaps_closed, required_arms

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


@pytest.mark.parametrize(
    ("arm", "told_of"),
    [
        ("alone", {"alone", "everyone"}),
        ("both", {"both", "everyone", "young"}),
        ("young", {"young", "both"}),
        ("everyone", {"everyone", "alone", "both"}),
    ],
)
def test_a_row_speaks_of_the_arms_that_share_its_people(arm: str, told_of: set[str], tmp_path: Path) -> None:
    """A whole speaks of its parts and a part of its whole, and not of the other parts."""
    file = world(tmp_path).study_files["calm-1"]
    assert file.results
    assert told_of == arms_told(file, file.results[0].model_copy(update={"arm": arm}))


def test_a_row_speaks_of_the_same_people_at_another_time(tmp_path: Path) -> None:
    """Before and after are one group, and so is who went on into another part of the study."""
    file = world(tmp_path).study_files["calm-2"]
    assert file.results
    assert {"pre", "post"} == arms_told(file, file.results[0])
    arms = [arm.model_copy(update={"derived_from": ("pre",)}) if arm.id == "sham" else arm for arm in file.arms]
    assert {"pre", "post", "sham"} == arms_told(file.model_copy(update={"arms": tuple(arms)}), file.results[0])


def test_a_comparison_speaks_of_both_its_arms(tmp_path: Path) -> None:
    """And of who shares people with either."""
    file = world(tmp_path).study_files["calm-1"]
    assert file.comparisons
    row = file.comparisons[0].model_copy(update={"a": "young", "b": "alone"})
    assert {"young", "both", "alone", "everyone"} == arms_told(file, row)


@pytest.mark.parametrize(
    ("status", "rows", "due"),
    [
        ("completed", True, {"both", "young"}),
        ("recruiting", True, {"both", "young"}),
        ("completed", False, {"both", "young"}),
        ("terminated", False, {"both", "young"}),
        ("recruiting", False, set()),
        ("unknown", False, set()),
    ],
)
def test_a_trial_of_two_biologics_owes_its_core_outcomes_once_it_has_ended_or_told_something(
    status: str, rows: bool, due: set[str], tmp_path: Path
) -> None:
    """Arms that got both biologics owe them; their comparator does not, nor an arm that holds both kinds."""
    corpus = world(tmp_path)
    file = corpus.study_files["calm-1"]
    changes = {"study": file.study.model_copy(update={"status": status})}
    nothing = {} if rows else {"results": None, "comparisons": None}
    assert due == {arm.id for arm in required_arms(corpus, file.model_copy(update={**changes, **nothing}))}


def test_a_case_series_owes_them_only_of_depletion_with_survival_blockade(tmp_path: Path) -> None:
    """Two biologics that nobody drew lots for are not asked for all."""
    corpus = world(tmp_path)
    assert [] == list(required_arms(corpus, corpus.study_files["calm-3"]))


@pytest.mark.parametrize(
    ("study", "rows", "concerns", "closed"),
    [
        ("calm-1", ("r005",), ("biomarker:factor-b",), True),
        ("calm-1", ("r005",), ("core-outcome:factor-b",), True),
        ("calm-1", ("r001",), ("biomarker:factor-b",), False),
        ("calm-1", ("r001",), ("core-outcome:factor-b",), False),
        ("calm-2", ("r005",), ("biomarker:factor-b",), False),
        ("calm-1", (), ("biomarker:factor-b",), False),
    ],
)
def test_another_report_closes_the_gaps_that_it_holds_a_number_of(
    study: str, rows: tuple[str, ...], concerns: tuple[str, ...], closed: bool, tmp_path: Path
) -> None:
    """Only of the study that it reports, and only of what its rows are about."""
    corpus = world(tmp_path, (FINDINGS, "concerns: [biomarker:factor-b]", f"concerns: [{', '.join(concerns)}]"))
    file = corpus.study_files["calm-1"]
    held = tuple(row for row in file.results or () if row.id in rows)
    report = file.model_copy(update={"results": held, "comparisons": None})
    assert (["g01"] if closed else []) == [gap.id for gap in gaps_closed(corpus, study, report)]


def test_a_state_is_said_with_its_study_its_rows_and_its_gaps(tmp_path: Path) -> None:
    """Each state is a thing with a label of its own, and leads to what it rests on."""
    corpus = world(tmp_path)
    said = {
        (compress(quad.predicate.value), compress(getattr(quad.object, "value", "")))
        for quad in coverage_quads(corpus, corpus.study_files)
        if quad.subject.value.endswith("calm-1.infection")  # type: ignore[union-attr]
    }
    assert {
        ("rdf:type", "dualbio:CoreOutcomeState"),
        ("dualbio:ofStudy", "study:calm-1"),
        ("dualbio:coreOutcome", "core-outcome:infection"),
        ("dualbio:reportingState", "value:reporting-state.number-held"),
        ("dualbio:restsOnRow", "result:calm-1.r003"),
        ("dualbio:restsOnRow", "result:calm-1.r004"),
        ("dualbio:toldInPartBy", "comparison:calm-1.c002"),
    } == {pair for pair in said if pair[0] != "rdfs:label"}
    assert ["CALM-1: infection, number held"] == [value for name, value in said if name == "rdfs:label"]


@pytest.mark.parametrize(
    ("concerns", "excepted", "gaps"),
    [
        ("outcome:calm", "", ("g01",)),
        ("outcome:calm", "calm", ()),
        ("biomarker:factor-b", "", ()),
        ("outcome:factor-b-level", "", ()),
        ("core-outcome:tremor-control", "", ("g01",)),
    ],
)
def test_a_gap_of_an_outcome_is_one_of_what_is_answered_by_its_kind(
    concerns: str, excepted: str, gaps: tuple[str, ...], tmp_path: Path
) -> None:
    """An efficacy outcome that was not found is a gap of all that efficacy answers, unless it is excepted there."""
    corpus = world(
        tmp_path,
        (FINDINGS, "concerns: [biomarker:factor-b]", f"concerns: [{concerns}]"),
        ("entities/core-outcomes.tsv", "efficacy\t\tfalse", f"efficacy\t{excepted}\tfalse"),
    )
    assert gaps == told(corpus, "calm-1", "tremor-control").gaps
    assert () == told(corpus, "calm-1", "main-outcome").gaps
