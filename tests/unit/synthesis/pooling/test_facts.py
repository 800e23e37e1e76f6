"""What is read of a release for a question: each part of a row, an arm and a study, by its own name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import permutations

import pyoxigraph as ox
import pytest

from dualbio.model.evidence import CHECK_LEVELS
from dualbio.model.namespaces import PREFIXES, expand, graph_iri
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.pooling.facts import (
    ArmFact,
    BiasFact,
    FactReader,
    Facts,
    RowFact,
    StepFact,
    StudyFact,
    WithdrawnFact,
    arms_share,
)
from pooled_facts import arm

#: A study of which everything is told, and what is said of it in another language, which is passed over.
CALM = """
study:calm a dualbio:Study ; dualbio:key "calm" ; rdfs:label "CALM"@en , "静"@zh ; dualbio:design value:design.cohort ;
  dualbio:hasOverlap <urn:o1> , <urn:o2> ; dualbio:hasBiasAssessment <urn:b1> , <urn:b2> ;
  dualbio:hasArm arm:calm.both , arm:calm.one .
<urn:o1> dualbio:overlapKind value:overlap-kind.pools ; dualbio:overlapsStudy study:twin .
<urn:o2> dualbio:overlapKind value:overlap-kind.same-report ; dualbio:overlapsStudy study:other .
<urn:b1> dualbio:biasTool value:bias-tool.rob-2 ; dualbio:biasDomain value:bias-domain.overall ;
  dualbio:biasJudgement value:bias-judgement.low ; dualbio:assessesRow result:calm.r001 .
<urn:b2> dualbio:biasTool value:bias-tool.stars-tool ; dualbio:biasDomain value:bias-domain.selection ;
  dualbio:stars 3 ; dualbio:concerns ae:infection .
arm:calm.both a dualbio:DualBiologicArm ; dualbio:armOf study:calm ; dualbio:key "both" ;
  dualbio:shortLabel "both drugs" ; dualbio:armRole value:arm-role.combination ;
  dualbio:combinationType value:combination-type.dual-biologic ; dualbio:stage value:stage.induction ;
  dualbio:observation value:observation.later ; dualbio:trialText "CALM-2" ;
  dualbio:nRandomised 40 ; dualbio:nEfficacy 38 ;
  dualbio:startRelation value:start-relation.together ; dualbio:statedStrategy value:strategy.add-on ;
  dualbio:pairNames "a + b" ; dualbio:diseaseNames "hand tremor" ; dualbio:hasRegimen <urn:g1> ;
  dualbio:testsMechanism mechanism:m1 , mechanism:m2 ; dualbio:withinDisease disease:tremor ;
  dualbio:masking value:masking.open-label ; dualbio:subsetOf arm:calm.one .
value:start-relation.together rdfs:label "started together"@en , "同时"@zh .
value:strategy.add-on rdfs:label "added to the first"@en .
<urn:g1> dualbio:hasStep step:calm.both.1 , step:calm.both.2 .
step:calm.both.1 a dualbio:BiologicStep ; dualbio:stepRole value:step-role.active ; dualbio:usesAgent drug:a ;
  dualbio:dose 500 ; dualbio:doseUnit "mg" .
step:calm.both.2 dualbio:stepRole value:step-role.background ; dualbio:usesOneOf drug:y , drug:x ; dualbio:dose 5 ;
  dualbio:runningAtStart true .
arm:calm.one dualbio:armOf study:calm ; dualbio:key "one" ; dualbio:shortLabel "one drug" ;
  dualbio:armRole value:arm-role.monotherapy .
result:calm.r001 a dualbio:Result , dualbio:StandingRow ; dualbio:key "r001" ; dualbio:ofStudy study:calm ;
  dualbio:arm arm:calm.both ; dualbio:adverseEvent ae:infection ; dualbio:reportedAs "any infection" ;
  dualbio:analysisPopulation value:analysis-population.safety ; dualbio:unitOfAnalysis value:unit-of-analysis.patient ;
  dualbio:statistic value:statistic.count ; dualbio:checkLevel value:check-level.registry ;
  dualbio:eventDefinition "needs a drip" ; dualbio:seriousness value:seriousness.severe ;
  dualbio:subgroupText "sex: female" ; dualbio:week 24 ; dualbio:timepoint value:timepoint.end-of-treatment ;
  dualbio:period "weeks 12 to 24" ; dualbio:events 3 ; dualbio:derivedCount 4 ; dualbio:total 41 ;
  dualbio:personYears 37.5 ; dualbio:value 7.5 ; dualbio:valueBound "<" ; dualbio:unit "%" ;
  dualbio:spreadType value:spread-type.sd ; dualbio:spreadValue 1.5 ; dualbio:intervalLow 1.25 ;
  dualbio:intervalHigh 9.5 ; dualbio:intervalLevel 90 ; dualbio:rowState value:row-state.contested ;
  dualbio:numberText "3/41" ; dualbio:source source:calm.s1 .
source:calm.s1 dualbio:shortLabel "Doe 2020" .
result:calm.r002 a dualbio:Result ; dualbio:key "r002" ; dualbio:ofStudy study:calm ; dualbio:arm arm:calm.one ;
  dualbio:adverseEvent ae:infection ; dualbio:checkLevel value:check-level.fulltext .
estimate:calm.e a dualbio:WithinStudyEstimate ; dualbio:computedFrom result:calm.r001 , result:calm.r002 ;
  dualbio:measuresContrast contrast:calm.r001_r002 .
<urn:w1> a dualbio:WithdrawnRow ; dualbio:concerns ae:infection ; dualbio:withdrawnFromArm arm:calm.one ;
  dualbio:withdrawnBecause "no page has it" ; dualbio:statement "3 of 40" .
comparison:calm.c001 a dualbio:Comparison , dualbio:StandingRow ; dualbio:key "c001" ; dualbio:ofStudy study:calm ;
  dualbio:adverseEvent ae:infection ; dualbio:effectMeasure value:effect-measure.hr ; dualbio:armA arm:calm.both ;
  dualbio:armB arm:calm.one ; dualbio:reportedAs "time to infection" ; dualbio:checkLevel value:check-level.abstract ;
  dualbio:eventDefinition "needs a drip" ; dualbio:seriousness value:seriousness.severe ;
  dualbio:subgroupText "sex: female" ; dualbio:week 24 ; dualbio:timepoint value:timepoint.end-of-treatment ;
  dualbio:period "weeks 12 to 24" ; dualbio:estimate 0.8 ; dualbio:intervalLow 0.5 ; dualbio:intervalHigh 1.6 ;
  dualbio:intervalLevel 95 ; dualbio:rowState value:row-state.contested ; dualbio:numberText "0.8 (0.5 to 1.6)" ;
  dualbio:source source:calm.s1 ; dualbio:measuresContrast contrast:calm.c001 .
ae:infection rdfs:label "infection"@en , "感染"@zh .
outcome:calm rdfs:label "calm"@en ; dualbio:betterDirection value:better-direction.higher-is-better .
"""
#: A second study of the same event, of one arm.
PEACE = """
study:peace a dualbio:Study ; dualbio:key "peace" ; rdfs:label "PEACE"@en ; dualbio:design value:design.case-series ;
  dualbio:hasArm arm:peace.one .
arm:peace.one dualbio:armOf study:peace ; dualbio:key "one" ; dualbio:shortLabel "one drug" ;
  dualbio:armRole value:arm-role.monotherapy .
result:peace.r001 a dualbio:Result ; dualbio:key "r001" ; dualbio:ofStudy study:peace ; dualbio:arm arm:peace.one ;
  dualbio:adverseEvent ae:infection ; dualbio:checkLevel value:check-level.fulltext .
<urn:w2> a dualbio:WithdrawnRow ; dualbio:concerns ae:infection ; dualbio:withdrawnFromArm arm:peace.one ;
  dualbio:withdrawnBecause "misread" ; dualbio:statement "5 of 9" .
"""
STUDY, BOTH, ONE = map(expand, ("study:calm", "arm:calm.both", "arm:calm.one"))
R001, R002, C001 = map(expand, ("result:calm.r001", "result:calm.r002", "comparison:calm.c001"))


def reader(*texts: str) -> FactReader:
    """Return what reads a release of these texts, in which it was inferred who is in which arm, too."""
    prologue = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    store = ox.Store()
    store.load("\n".join([prologue, *texts]), ox.RdfFormat.TURTLE, to_graph=graph_iri("study/calm"))
    inferred = f"{prologue} arm:calm.one dualbio:subsetOf arm:calm.both ."
    store.load(inferred, ox.RdfFormat.TURTLE, to_graph=graph_iri("inferred"))
    return FactReader(EmbeddedStore(store))


def test_each_part_of_a_study_an_arm_and_a_row_is_read_by_its_own_name() -> None:
    """Nothing that is curated of a number stands in the place of something else."""
    known = reader(CALM).read(("ae:infection",))
    assert known.studies == {
        STUDY: StudyFact(
            STUDY, "calm", "CALM", "cohort", frozenset({expand("study:twin")}),
            (
                BiasFact("rob-2", "overall", "low", row=R001),
                BiasFact("stars-tool", "selection", "3 stars", about="ae:infection"),
            ),
        )
    }  # fmt: skip
    assert known.arms[BOTH] == ArmFact(
        iri=BOTH, study=STUDY, key="both", label="both drugs", role="combination", combination_type="dual-biologic",
        stage="induction", observation="later", randomised=40, analysed=38, dual=True, start="started together",
        strategy="added to the first", pairs="a + b", disease="hand tremor",
        steps=(
            StepFact("active", ("a",), biologic=True, running=False, dose=500.0, unit="mg"),
            StepFact("background", ("x", "y"), biologic=False, running=True),
        ),
        mechanisms=frozenset({"m1", "m2"}), diseases=frozenset({"tremor"}), kin=((ONE, "part"),), open_label=True,
        trial="CALM-2",
    )  # fmt: skip
    assert known.arms[ONE] == ArmFact(iri=ONE, study=STUDY, key="one", label="one drug", role="monotherapy")
    assert known.rows[0] == RowFact(
        iri=R001, about="ae:infection", key="r001", study=STUDY, arm=BOTH, reported_as="any infection",
        population="safety", unit_of_analysis="patient", statistic="count", check_level="registry",
        definition="needs a drip", seriousness="severe", subgroup="sex: female", week=24.0,
        timepoint="end-of-treatment", period="weeks 12 to 24", events=3, derived_count=4, total=41, person_years=37.5,
        value=7.5, bound="<", unit="%", spread_type="sd", spread_value=1.5, interval=(1.25, 9.5, 90.0),
        state="contested", standing=True, number="3/41", source="Doe 2020", against="",
    )  # fmt: skip
    assert [R001, R002] == [each.iri for each in known.rows]
    assert (False, None, None) == (known.rows[1].standing, known.rows[1].total, known.rows[1].interval)
    assert known.contrasts == {frozenset({R001, R002}): expand("contrast:calm.r001_r002")}
    assert known.withdrawn == (WithdrawnFact("urn:w1", STUDY, ONE, "3 of 40", "no page has it"),)
    assert {"ae:infection": "infection"} == known.labels
    assert {"ae:infection": "lower-is-better"} == known.better
    assert {"outcome:calm": "higher-is-better"} == reader(CALM).read(("outcome:calm",)).better


def test_a_printed_ratio_is_a_row_of_each_of_its_arms_and_turned_round_its_inverse() -> None:
    """0.8 (0.5 to 1.6) of one arm against the other is 1.25 (0.625 to 2) of the other against the one."""
    known = reader(CALM).read(("ae:infection",), "HR")
    one = RowFact(
        iri=C001, about="ae:infection", key="c001", study=STUDY, arm=BOTH, reported_as="time to infection",
        population="not-stated", unit_of_analysis="patient", statistic="hazard-ratio", check_level="abstract",
        definition="needs a drip", seriousness="severe", subgroup="sex: female", week=24.0,
        timepoint="end-of-treatment", period="weeks 12 to 24", value=0.8, interval=(0.5, 1.6, 95.0), state="contested",
        number="0.8 (0.5 to 1.6)", source="Doe 2020", against=ONE,
    )  # fmt: skip
    other = replace(one, arm=ONE, against=BOTH, value=1.25, interval=(0.625, 2.0, 95.0))
    assert known.rows == (one, other)
    assert known.contrasts == {frozenset({C001}): expand("contrast:calm.c001")}
    assert () == reader(CALM).read(("ae:infection",), "RR").rows


@pytest.mark.parametrize(("level", "of_arm"), [*permutations(CHECK_LEVELS, 2)])
def test_a_number_is_known_no_better_than_the_arm_that_it_is_of(level: str, of_arm: str) -> None:
    """Of the level of the number and that of its arm the weaker one counts, in the order of the levels."""
    told = f"result:calm.r002 dualbio:armAssignmentCheckLevel value:check-level.{of_arm} ."
    text = CALM.replace("value:check-level.fulltext", f"value:check-level.{level}")
    found = reader(text, told).read(("ae:infection",)).rows[1]
    levels: list[str] = [*CHECK_LEVELS]
    assert max(level, of_arm, key=levels.index) == found.check_level


def test_what_is_held_of_each_study_is_what_is_read_of_it_alone() -> None:
    """Rows, arms, contrasts and withdrawn numbers of one study stand in no other; what events are called in none."""
    known = reader(CALM, PEACE)
    parts = known.read(("ae:infection",)).by_study()
    assert {STUDY: 2, expand("study:peace"): 1} == {iri: len(each.rows) for iri, each in parts.items()}
    for iri, part in parts.items():
        alone = known.read(("ae:infection",), study=iri)
        assert part == Facts(alone.rows, alone.arms, alone.studies, alone.contrasts, alone.withdrawn)
        assert {iri} == {each.study for each in part.rows} == {each.study for each in part.withdrawn}
        assert {iri} == {each.study for each in part.arms.values()}
    assert [1, 0] == [len(each.contrasts) for each in parts.values()]
    assert [1, 1] == [len(each.withdrawn) for each in parts.values()]


def test_whoever_is_in_an_arm_through_others_is_in_it() -> None:
    """An arm has people in common with itself, and with one of which it is a part of a part; not with one apart."""
    parts = {
        each.iri: each
        for each in (
            arm("a.all"), arm("a.half", kin=(("a.all", "part"),)), arm("a.few", kin=(("a.half", "later"),)), arm("a.x"),
        )
    }  # fmt: skip
    assert arms_share(parts["a.x"], parts["a.x"], parts)
    assert arms_share(parts["a.few"], parts["a.all"], parts)
    assert arms_share(parts["a.all"], parts["a.few"], parts)
    assert not arms_share(parts["a.few"], parts["a.x"], parts)


def test_facts_that_were_read_are_not_read_again() -> None:
    """One question after another about the same outcome costs one reading."""
    known = reader(CALM)
    assert known.read(("ae:infection",)) is known.read(("ae:infection",))


def test_things_of_a_kind_are_asked_about_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP each question to the store is a request: two studies make no more of them than one."""
    calls: list[int] = []
    ask = EmbeddedStore.quads_about

    def counted(self: EmbeddedStore, subjects: Iterable[ox.NamedNode]) -> Iterator[ox.Quad]:
        calls.append(1)
        return ask(self, subjects)

    monkeypatch.setattr(EmbeddedStore, "quads_about", counted)
    reader(CALM).read(("ae:infection",))
    one = len(calls)
    reader(CALM, PEACE).read(("ae:infection",))
    assert len(calls) - one == one
