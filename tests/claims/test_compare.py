"""Studies beside each other answer why two trials of a pair shone and two did not, and say what nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from dualbio.cli.main import cli
from dualbio.compare import MOST_STUDIES, TOPICS, Compared, Fact, compare
from dualbio.database import Database
from dualbio.errors import NotFoundError, ParameterError
from dualbio.queries import Library, QueryResult
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

NAMES = ("synbiose-1", "beat-lupus", "bliss-believe", "calibrate")


EIGHT = (
    "bliss-believe", "calibrate", "vega", "assure", "greenwald-2011-rituximab-tnf", "august-iii", "beat-lupus",
    "synbiose-1",
)  # fmt: skip


@pytest.fixture(scope="module", name="four")
def fixture_four(database: Database) -> Compared:
    """The four trials of the review's question."""
    return database.compare(*NAMES)


def texts(facts: Iterable[Fact]) -> str:
    """Return all that facts say, as one text."""
    return "\n".join(f"{fact.what} {fact.text} {fact.arm} {fact.source}" for fact in facts)


def test_beat_lupus_met_a_blood_test(four: Compared) -> None:
    """The trial that met its primary outcome measured an antibody; the answer says so in one sentence."""
    (sentence,) = [each for each in four.sentences if each.startswith("BEAT-LUPUS: ")]
    assert "met at its primary outcome, a blood test: IgG anti-dsDNA level" in sentence


def test_bliss_believe_missed_a_clinical_outcome(four: Compared) -> None:
    """The largest trial missed disease control, with the interval beside."""
    (sentence,) = [each for each in four.sentences if each.startswith("BLISS-BELIEVE: ")]
    assert "missed at its primary outcome, a clinical outcome" in sentence
    assert "odds ratio 1.27 (0.6 to 2.71), p = 0.5342" in sentence


def test_vega_is_told_with_the_level_of_its_interval(database: Database) -> None:
    """VEGA prints intervals of 80 % and nominal p values: beside "met" stand both, in its sentence and in its cell."""
    vega = database.compare("vega", "bliss-believe")
    told = "risk difference 22.1 percentage points (80 %: 12.9 to 31.3), p = 0.003 (nominal)"
    (sentence,) = [
        each for each in vega.sentences if each.startswith("VEGA: met against golimumab at its primary outcome")
    ]
    assert told in sentence
    assert any(each.startswith("VEGA: missed against guselkumab at its primary outcome") for each in vega.sentences)
    assert "met, a clinical outcome; missed, a clinical outcome" == vega.studies[0].verdict
    assert f"met: {told}" in texts(vega.cell("Test against one of its drugs", "vega"))


def test_synbiose_1_had_nobody_to_compare_with(four: Compared) -> None:
    """A single-arm trial cannot beat anything, whatever its numbers."""
    (sentence,) = [each for each in four.sentences if each.startswith("SynBioSe-1: ")]
    assert "no test against one of its drugs (it had no arm to compare with" in sentence
    assert "a course, not an effect" in sentence


def test_calibrate_set_out_to_show_safety(four: Compared) -> None:
    """Its renal response is no missed superiority: the trial set out to show safety, and the sentence says that."""
    (sentence,) = [each for each in four.sentences if each.startswith("CALIBRATE: ")]
    assert "no test of superiority (safety as the aim)" in sentence
    assert "its secondary outcome, a clinical outcome: Complete or partial renal response (p = 0.452)" in sentence
    assert "not designed to tell" not in sentence


def test_a_blood_test_has_its_patients_beside_it(four: Compared) -> None:
    """BEAT-LUPUS met at an antibody; its sentence goes on with response and flares, and no other trial needs that."""
    beside = [each for each in four.sentences if "clinical outcomes beside it" in each]
    (sentence,) = beside
    assert sentence.startswith("BEAT-LUPUS: ")
    assert "Clinical response in lupus, week 52 (risk difference 13 percentage points (-15 to 38))" in sentence
    assert "Severe lupus flare, week 52 (hazard ratio 0.27 (0.07 to 0.98), p = 0.033)" in sentence


def test_studies_without_a_test_for_one_reason_are_told_together(database: Database) -> None:
    """Case series of a pair have no test because they are case series: one sentence names them all."""
    found = database.compare("mesnyankina-2020", "solovyev-2023")
    assert "Mesnyankina 2020, Solovyev 2023: no test against one of its drugs (case series)." in found.sentences


def test_the_order_of_bliss_believe_is_the_other_one(four: Compared) -> None:
    """Belimumab came first in BLISS-BELIEVE alone."""
    (sentence,) = [each for each in four.sentences if each.startswith("Order: ")]
    assert "belimumab first in BLISS-BELIEVE" in sentence
    assert "rituximab first in BEAT-LUPUS, CALIBRATE, SynBioSe-1" in sentence


def test_no_single_difference_explains_the_results(four: Compared) -> None:
    """The answer names every difference, and warns of reading one of them as the cause."""
    (sentence,) = [each for each in four.sentences if each.startswith("They differ in ")]
    assert all(word in sentence for word in ("design", "people", "order", "background", "outcome of the test"))
    assert "none of them explains it" in sentence


def test_a_count_has_its_arm_and_its_source(four: Compared) -> None:
    """Disease control of BLISS-BELIEVE stands arm by arm, with where it is printed."""
    facts = list(four.cell("Primary outcome", "bliss-believe"))
    numbers = {fact.arm: fact.text for fact in facts if fact.what.startswith("Disease control")}
    assert "28/144 (19.4 %)" == numbers["belimumab + rituximab"]
    assert "12/72 (16.7 %)" == numbers["belimumab + rituximab-placebo"]
    assert any("Aranow 2024" in fact.source for fact in facts)


def test_weeks_that_no_page_tells_are_not_told(four: Compared) -> None:
    """No page gives the interval of SynBioSe-1; the comparison does not either."""
    assert "interval not reported" in texts(four.cell("Order and interval", "synbiose-1"))
    assert "interval 4 weeks" in texts(four.cell("Order and interval", "bliss-believe"))


@pytest.mark.parametrize("study", NAMES)
@pytest.mark.parametrize("topic", [topic.name for topic in TOPICS])
def test_every_cell_says_something(topic: str, study: str, four: Compared) -> None:
    """A topic of a study has facts, or one sentence that says why there is none; never silence."""
    facts = four.cell(topic, study)
    assert facts
    assert all(fact.text for fact in facts)
    assert all(fact.known for fact in facts) or len(facts) == 1


def test_serious_infection_that_nobody_could_read_is_said_to_be_so(four: Compared) -> None:
    """Where no number of serious infection is held, the state of the search stands in its place."""
    for study, state in (("beat-lupus", "looked for and not found"), ("bliss-believe", "reported, not readable")):
        (fact,) = four.cell("Serious infection", study)
        assert not fact.known
        assert state == fact.text
        assert fact.looked_in


def test_serious_infection_that_is_told_in_words_says_them(four: Compared) -> None:
    """CALIBRATE called its serious infections similarly frequent in both groups, without a number."""
    (fact,) = four.cell("Serious infection", "calibrate")

    assert fact.known
    assert "similarly frequent in both groups" in fact.text


def test_studies_stand_in_the_order_in_which_they_were_named(database: Database) -> None:
    """Columns follow the reader, by key, name or registry number, and a study named twice stands once."""
    found = database.compare("NCT03312907", "BEAT-LUPUS", "bliss-believe")
    assert ["bliss-believe", "beat-lupus"] == [study.key for study in found.studies]


def test_a_study_that_is_named_twice_takes_one_place(database: Database) -> None:
    """Eight studies fit side by side, though one of them is given by its key and by its registry number."""
    assert [*EIGHT] == [study.key for study in database.compare(*EIGHT, "NCT03312907").studies]


def test_studies_by_key_are_asked_about_together(database: Database) -> None:
    """However many stand beside each other, each question is asked once, and they stand as they were named."""
    asked: list[str] = []

    def ask(name: str, **given: object) -> QueryResult:
        asked.append(name)
        return database.query(name, **given)

    names = ("calibrate", "bliss-believe", "beat-lupus")
    assert [*names] == [study.key for study in compare(ask, names).studies]
    assert sorted(set(asked)) == sorted(asked)


def test_a_pair_in_a_disease_names_whom_it_leaves_out(database: Database) -> None:
    """Of a pair and a disease the best designed come first; every other study is named with its reason."""
    found = database.compare(pair="b-cell-depletion+blys-inhibition", disease="sle")
    keys = [study.key for study in found.studies]
    assert {*NAMES} - {"calibrate"} <= {*keys}
    assert len(keys) <= MOST_STUDIES
    scope = database.query("combination-studies-by-disease", pair="b-cell-depletion+blys-inhibition", disease="sle")
    assert {row["studyKey"] for row in scope.records()} == {*keys} | {key for key, _, _ in found.left_out}
    assert all(reason for _, _, reason in found.left_out)
    designs = [study.design for study in found.studies]
    assert designs.index("single-arm trial") > designs.index("randomised controlled trial")


def test_a_comparison_reads_the_queries_that_it_asks(
    four: Compared, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a database that was asked nothing yet the other saved queries are not read, and the answer is the same."""

    def read(*_: object) -> Library:
        raise AssertionError("every saved query was read")

    monkeypatch.setattr(Library, "read", read)
    fresh = Database(release, shipped_sources().queries, store=EmbeddedStore(ox.Store.read_only(str(release.store))))
    assert four.to_json() == fresh.compare(*NAMES).to_json()


def test_what_cannot_be_compared_is_told(database: Database) -> None:
    """Nothing, a name that is none, too many, and a pair that nobody tried are errors that say so."""
    with pytest.raises(ParameterError, match="nothing to compare"):
        database.compare()
    with pytest.raises(ParameterError, match="did you mean"):
        database.compare("bliss-believ")
    with pytest.raises(ParameterError, match=f"up to {MOST_STUDIES}"):
        database.compare(*EIGHT, "genovese-2004-etanercept-anakinra")
    with pytest.raises(NotFoundError, match="no study of pair"):
        database.compare(pair="b-cell-depletion+blys-inhibition", disease="multiple-sclerosis")


def test_all_forms_tell_the_same(four: Compared) -> None:
    """JSON, CSV and Markdown have every fact; JSON names the release."""
    told = json.loads(four.to_json())
    cells = [fact for topic in told["topics"].values() for facts in topic.values() for fact in facts]
    assert len(four.facts) == len(cells) == len(four.table)
    assert four.release == told["release"]
    assert all(fact.text.replace("|", "\\|") in four.to_markdown() for fact in four.facts)
    assert len(four.facts) + 1 == four.table.to_csv().count(b"\r\n")


def test_the_timeline_has_every_dated_arm_and_the_undated_ones_dashed(four: Compared) -> None:
    """The picture beside the table shows who got what and when; SynBioSe-1 has an order and no weeks."""
    sentences = four.figure().drawing.sentences
    assert "BLISS-BELIEVE, belimumab + rituximab: rituximab 1000 mg, week 4 to week 6, week 4 and week 6." in sentences
    assert any(
        line.startswith("SynBioSe-1, rituximab then belimumab: rituximab, weeks not reported") for line in sentences
    )
    assert "Dashed: the order is stated, the weeks are not." in four.figure().text


def test_the_matrix_marks_what_came_of_a_pair(database: Database) -> None:
    """In lupus the pair met a blood test and missed at the clinic; anakinra with etanercept raised serious infection.

    ASSURE's people on two biologics had more than those without any, who are of another stratum: that is no mark.
    """
    cells = database.query("pairs-by-disease").figure().drawing.sentences
    (lupus,) = [cell for cell in cells if cell.startswith("B-cell depletion + BLyS (BAFF) inhibition, systemic lupus")]
    assert "met at a blood test in 1" in lupus
    assert "missed in 1" in lupus
    assert "met at a clinical outcome" not in lupus
    raised = {cell.partition(":")[0] for cell in cells if "serious infection raised" in cell}
    assert {"IL-1 inhibition + TNF inhibition, rheumatoid arthritis"} == raised


def test_the_shell_tells_the_same(four: Compared, database: Database, tmp_path: Path) -> None:
    """`dualbio compare` prints every sentence and fact, gives the JSON of Python, and draws the timeline."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dualbio.cli.studies.compare.open_database", lambda *_: database)
        shown = CliRunner().invoke(cli, ["compare", *NAMES], catch_exceptions=False)
        told = CliRunner().invoke(cli, ["compare", *NAMES, "--json", "--figure", str(tmp_path / "f.json")])
    assert all(sentence in " ".join(shown.stdout.split()) for sentence in four.sentences)
    assert all(len(line) <= 100 for line in shown.stdout.splitlines())
    assert four.to_dict() == json.loads(told.stdout)
    assert four.figure().vega_lite() == json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
