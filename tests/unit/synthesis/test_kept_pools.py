"""An answer is kept from one build to the next only when nothing that it follows from has changed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import PREFIXES, expand, graph_iri
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.synthesis import kept_pools
from dualbio.synthesis.kept_pools import KeptAnswer, KeptPools, facts_digest, inputs_digest
from dualbio.synthesis.pooling.facts import ArmFact, BiasFact, Facts, RowFact, StepFact, StudyFact
from dualbio.synthesis.pooling.pool import pool
from dualbio.synthesis.pooling.quads import moved_questions, pool_quads
from pooled_facts import arm, facts, question, row

#: A trial of a drug against placebo in which people with a serious infection are counted, and a study of it.
TRIAL = """
study:{t} a dualbio:Study ; dualbio:key "{t}" ; rdfs:label "{t}"@en ; dualbio:population "adults" ;
  dualbio:design value:design.randomised-controlled-trial ; dualbio:hasArm arm:{t}.drug , arm:{t}.pbo .
arm:{t}.drug dualbio:armOf study:{t} ; dualbio:key "drug" ; dualbio:shortLabel "{t} drug" ;
  dualbio:armRole value:arm-role.monotherapy ; dualbio:diseaseNames "hand tremor" ;
  dualbio:hasRegimen regimen:{t}.drug .
regimen:{t}.drug dualbio:hasStep step:{t}.drug.1 .
step:{t}.drug.1 a dualbio:BiologicStep ; dualbio:stepRole value:step-role.active ; dualbio:usesAgent drug:a .
arm:{t}.pbo dualbio:armOf study:{t} ; dualbio:key "pbo" ; dualbio:shortLabel "{t} placebo" ;
  dualbio:armRole value:arm-role.placebo ; dualbio:diseaseNames "hand tremor" .
result:{t}.r001 a dualbio:Result , dualbio:StandingRow ; dualbio:key "r001" ; dualbio:arm arm:{t}.drug ;
  dualbio:events {events} ; dualbio:total 100 {common}
result:{t}.r002 a dualbio:Result , dualbio:StandingRow ; dualbio:key "r002" ; dualbio:arm arm:{t}.pbo ;
  dualbio:events 4 ; dualbio:total 90 {common}
"""
COMMON = """; dualbio:ofStudy study:{t} ; dualbio:adverseEvent ae:serious-infection ; dualbio:reportedAs "infection" ;
  dualbio:analysisPopulation value:analysis-population.safety ; dualbio:unitOfAnalysis value:unit-of-analysis.patient ;
  dualbio:statistic value:statistic.count ; dualbio:checkLevel value:check-level.fulltext ; dualbio:week 24 .
"""
ENTITIES = """
overlap:one.1 dualbio:overlapKind value:overlap-kind.pools ; dualbio:overlapsStudy study:two .
bias-assessment:one.1 dualbio:biasTool value:bias-tool.rob-2 ; dualbio:biasDomain value:bias-domain.overall ;
  dualbio:biasJudgement value:bias-judgement.low .
<urn:withdrawn:one.r009> dualbio:concerns ae:serious-infection ; dualbio:withdrawnFromArm arm:one.drug ;
  dualbio:withdrawnBecause "misread" ; dualbio:statement "3 of 9" .
ae:serious-infection rdfs:label "serious infection"@en .
dualbio:PooledEstimate rdfs:subClassOf dualbio:Synthesis .
"""
ASKED = question()


def release(*changes: tuple[str, str]) -> ox.Store:
    """Return a release of two trials, with each old text of `changes` replaced by the new one."""
    text = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items()) + ENTITIES
    for name, events in (("one", 9), ("two", 7)):
        text += TRIAL.format(t=name, events=events, common=COMMON.format(t=name))
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    store = ox.Store()
    store.load(text, ox.RdfFormat.TURTLE, to_graph=graph_iri("study/one"))
    return store


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the questions that are answered anew, as they are."""
    asked: list[str] = []

    def counted(asking: SynthesisQuestion, *more: Any) -> Any:
        asked.append(asking.id)
        return pool(asking, *more)

    monkeypatch.setattr("dualbio.synthesis.pooling.quads.pool", counted)
    return asked


def first() -> KeptPools:
    """Return what the first build has made."""
    kept = KeptPools()
    assert [*pool_quads(release(), [ASKED], kept)]
    return kept


#: Each input of an answer, as one text that is replaced in the release.
INPUTS = {
    "a number": ("dualbio:events 9", "dualbio:events 10"),
    "how closely it was read": ("check-level.fulltext", "check-level.memory"),
    "words of a row": ('dualbio:reportedAs "infection"', 'dualbio:reportedAs "infections"'),
    "what an arm is called": ('"one drug"', '"one, 500 mg"'),
    "what an arm gives": ("dualbio:usesAgent drug:a .", "dualbio:usesAgent drug:b ."),
    "who is in an arm": ('dualbio:shortLabel "one placebo"', 'dualbio:subsetOf arm:one.drug ; dualbio:shortLabel "x"'),
    "a disease": ('"hand tremor"', '"foot tremor"'),
    "what a study is called": ('rdfs:label "one"@en', 'rdfs:label "ONE"@en'),
    "a design": ("value:design.randomised-controlled-trial", "value:design.cohort"),
    "people of another study": ('dualbio:population "adults"', "dualbio:hasOverlap overlap:one.1"),
    "how a study was judged": ('dualbio:population "adults"', "dualbio:hasBiasAssessment bias-assessment:one.1"),
    "a number that is withdrawn": ("<urn:withdrawn:one.r009>", "<urn:withdrawn:one.r009> a dualbio:WithdrawnRow ;"),
    "what the event is called": ('"serious infection"@en', '"grave infection"@en'),
    "a class above an answer": ("rdfs:subClassOf dualbio:Synthesis", "rdfs:subClassOf dualbio:Computation"),
}


@pytest.mark.parametrize("change", INPUTS.values(), ids=INPUTS)
def test_an_answer_is_made_again_when_one_of_its_inputs_changed(change: tuple[str, str], made: list[str]) -> None:
    """What stands in the graph is what a new start would say, and it is not what stood there before."""
    kept = first()
    made.clear()
    again = {*pool_quads(release(change), [ASKED], KeptPools(kept.used))}
    assert ["q"] == made
    assert {*pool_quads(release(change), [ASKED])} == again


@pytest.mark.parametrize(
    "change",
    [
        ("", ""),
        ('dualbio:population "adults"', 'dualbio:population "all"'),
        ('"hand tremor"', '"hand tremor" ; dualbio:note "other"'),
    ],
    ids=["nothing", "a population in words", "a note"],
)
def test_an_answer_whose_inputs_are_the_same_is_kept(change: tuple[str, str], made: list[str]) -> None:
    """Nothing changed, or something that no answer asks for: the quads are those of before, from their text."""
    before = {*pool_quads(release(), [ASKED])}
    kept = first()
    made.clear()
    now = KeptPools(kept.used)
    assert before == {*pool_quads(release(change), [ASKED], now)}
    assert [] == made
    assert kept.used == now.used
    assert kept.digests == now.digests


def test_another_question_and_other_code_are_answered_anew(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The question in all its fields, and the code that answers it, are inputs too."""
    kept = first()
    made.clear()
    for asked in (question(title="other"), question(measure="RD"), question(several_arms="split")):
        assert [*pool_quads(release(), [asked], KeptPools(kept.used))]
    assert ["q"] * 3 == made
    monkeypatch.setattr(kept_pools, "code_digest", lambda: "other code")
    assert [*pool_quads(release(), [ASKED], KeptPools(kept.used))]
    assert ["q"] * 4 == made


def test_what_no_question_uses_any_more_is_not_kept() -> None:
    """An answer that was known and is not asked for is left behind; one of before is found by its question alone."""
    old = KeptAnswer("", {"old": "digest"})
    now = KeptPools({"unused": old, "digest": old}, digests={"q": "digest"})
    assert (old, None) == (now.before("q"), now.before("other"))
    now.keep("q")
    assert {"digest": old} == now.used


def test_after_an_edit_a_question_is_asked_again_when_a_study_that_was_touched_differs() -> None:
    """A touched study that says the same on it leaves the answer; one that is gone, or is new, does not."""
    kept = first()
    one, two = expand("study:one"), expand("study:two")

    def moved(store: ox.Store, *touched: str) -> list[str]:
        now = KeptPools(kept.used, digests=dict(kept.digests))
        asked = [each.id for each in moved_questions(store, [ASKED], now, touched)]
        assert (kept.used if not asked else {}) == now.used
        return asked

    assert [] == moved(release(), one, two)
    changed = release(INPUTS["a number"])
    assert ["q"] == moved(changed, one)
    assert [] == moved(changed, two)
    assert ["q"] == moved(release(("study:two a dualbio:Study", "study:two a dualbio:Plan")), two)
    assert ["q"] == [each.id for each in moved_questions(release(), [ASKED], KeptPools(), ())]


def _others(value: object) -> object:
    """Return another value of the same kind."""
    match value:
        case bool():
            return not value
        case str():
            return f"{value}x"
        case float() | int():
            return value + 1
        case tuple():
            return (*value, "x")
        case frozenset():
            return value | {"x"}
    return 7


WHOLE = (
    BiasFact("tool", "domain", "low"),
    StudyFact("s", "s", "s", "cohort"),
    StepFact("active", ("a",)),
    arm("a.drug", "rituximab"),
    row("a.drug", 1, 2),
)


@pytest.mark.parametrize("fact", WHOLE, ids=lambda each: type(each).__name__)
def test_each_part_of_a_fact_is_in_its_digest(fact: BiasFact | StudyFact | StepFact | ArmFact | RowFact) -> None:
    """No two facts that differ in one field have one digest."""
    changed = [replace(fact, **{each.name: _others(getattr(fact, each.name))}) for each in fields(fact)]  # type: ignore[arg-type]
    digests = [facts_digest(each) for each in (fact, *changed)]
    assert len({*digests}) == len(digests)


def test_a_digest_does_not_depend_on_an_order_that_means_nothing() -> None:
    """Sets and tables have no order; that of rows counts, as does a text beside a number."""
    sets = [frozenset(order) for order in ((0, 8), (8, 0))]
    assert [*sets[0]] != [*sets[1]], "this Python walks through both in one order"
    assert facts_digest(sets[0]) == facts_digest(sets[1])
    tables = ({"a": "1", "b": "2"}, {"b": "2", "a": "1"})
    assert 1 == len({inputs_digest(ASKED, one, other, {}) for one in tables for other in tables})
    assert facts_digest({"a": 1, "b": 2}) == facts_digest({"b": 2, "a": 1})
    assert facts_digest(("a", "b")) != facts_digest(("b", "a"))
    assert facts_digest((1,)) != facts_digest(("1",))
    known = facts([row("a.drug", 1, 2), row("a.pbo", 1, 2)], [arm("a.drug", "rituximab"), arm("a.pbo")])
    assert facts_digest(known) != facts_digest(Facts(known.rows[::-1], known.arms, known.studies))
    assert facts_digest(known) == facts_digest(replace(known, arms=dict(reversed([*known.arms.items()]))))
