"""What was looked for and not found: which study, what, and how far the search got."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualbio.build.checks.absence import gap_filled
from dualbio.build.checks.survey import Survey
from dualbio.model.evidence import StudyFile, WithdrawnRow
from dualbio.model.lessons import EvidenceGap
from dualbio.sources.corpus import Corpus, read_corpus

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
#: Randomised trials of depletion with BLyS blockade whose harms were looked for by hand.
SEARCHED = ("synbiose-1", "beat-lupus", "bliss-believe", "calibrate")
HARMS = ("ae:serious-infection", "ae:serious-adverse-event", "ae:death")


@pytest.fixture(name="corpus", scope="module")
def fixture_corpus() -> Corpus:
    """Give the curated sources."""
    return read_corpus(ONTOLOGY)


@pytest.fixture(name="gaps", scope="module")
def fixture_gaps(corpus: Corpus) -> dict[str, EvidenceGap]:
    """Give the gaps by key."""
    return {gap.id: gap for gap in corpus.findings_file.not_found}


@pytest.mark.parametrize("study", SEARCHED)
@pytest.mark.parametrize("harm", HARMS)
def test_harms_of_the_central_trials_have_a_state(gaps: dict[str, EvidenceGap], study: str, harm: str) -> None:
    """Whoever asks for serious infection, serious events or deaths of these trials is told what a search found."""
    states = [gap.state for gap in gaps.values() if study in (gap.studies or ()) and harm in (gap.concerns or ())]
    assert states


@pytest.mark.parametrize("harm", HARMS)
def test_harms_in_the_cut_part_of_a_table_are_not_readable(gaps: dict[str, EvidenceGap], harm: str) -> None:
    """The table of BLISS-BELIEVE has them in its lower part, which no copy shows: they are printed, and not absent."""
    states = {gap.state for gap in gaps.values() if gap.studies == ("bliss-believe",) and harm in (gap.concerns or ())}
    assert {"not-readable"} == states


def test_calibrate_tells_serious_infections_in_words(gaps: dict[str, EvidenceGap]) -> None:
    """CALIBRATE calls serious infections alike in both groups and prints no number; its primary end point is posted."""
    found = {(c, gap.state) for gap in gaps.values() if gap.studies == ("calibrate",) for c in gap.concerns or ()}
    assert {("ae:serious-infection", "words-only"), ("ae:severe-infection", "not-readable")} <= found


def test_a_pooled_estimate_fills_no_gap_of_one_trial(corpus: Corpus, gaps: dict[str, EvidenceGap]) -> None:
    """Four ocrelizumab trials together have a difference in serious infections; what STAGE alone saw is still open."""
    stage = corpus.study_files["stage-ocrelizumab"]
    pooled = {row.ae for row in stage.comparisons or () if row.pooled_studies and row.estimate is not None}
    assert {"serious-infection"} == pooled
    assert ("ae:serious-infection",) == gaps["g09"].concerns
    assert [] == [hit for hit in gap_filled(Survey(corpus)) if "stage-ocrelizumab" in hit.message]


def test_every_withdrawn_row_leaves_a_gap_about_the_same(corpus: Corpus, gaps: dict[str, EvidenceGap]) -> None:
    """The gap behind a withdrawn row is about its study and its matter; it goes when a page gives a number of both."""
    wrong = []
    for site, file in Survey(corpus).studies():
        for row in file.withdrawn or ():
            gap = gaps.get((row.gap or "").removeprefix("gap:"))
            of_study = gap is not None and site.study in (gap.studies or ())
            same = of_study and gap is not None and bool(set(row.concerns) & set(gap.concerns or ()))
            if not same and (row.gap or not came_back(file, row)):
                wrong.append((site.study, row.id, row.gap))
    assert [] == wrong


def came_back(file: StudyFile, row: WithdrawnRow) -> bool:
    """Say whether each arm of a withdrawn row has a later result of the same outcome."""
    later = {result.arm for result in file.results or () if f"outcome:{result.outcome}" in row.concerns}
    return set(row.arms) <= later
