"""What is known, what is not, and how the difference is told: sentences held against the release."""

from __future__ import annotations

import pytest

from dualbio.store.embedded import EmbeddedStore

#: Each sentence with a pattern that must match nothing in the release.
NEVER = {
    "no study is without a state for a core outcome": """
        ?this a dualbio:Study . ?core a dualbio:CoreOutcome .
        FILTER NOT EXISTS {
          ?told dualbio:ofStudy ?this ; dualbio:coreOutcome ?core ; dualbio:reportingState ?state }""",
    "no study has two states for one core outcome": """
        ?this dualbio:ofStudy ?study ; dualbio:coreOutcome ?core .
        ?other dualbio:ofStudy ?study ; dualbio:coreOutcome ?core .
        FILTER (?this != ?other)""",
    "no number is said to be held where no result and no estimate tells the core outcome": """
        ?this a dualbio:CoreOutcomeState ; dualbio:reportingState value:reporting-state.number-held .
        FILTER NOT EXISTS {
          ?this dualbio:restsOnRow ?row . { ?row a dualbio:Result } UNION { ?row dualbio:estimate ?n } }""",
    "nobody is said to have looked where a row or a gap tells the core outcome": """
        ?this dualbio:reportingState value:reporting-state.nobody-looked ;
          dualbio:restsOnRow|dualbio:restsOnGap ?ground .""",
    "no state other than that nobody looked is without a row or a gap": """
        ?this a dualbio:CoreOutcomeState ; dualbio:reportingState ?state .
        FILTER (?state != value:reporting-state.nobody-looked)
        FILTER NOT EXISTS { ?this dualbio:restsOnRow|dualbio:restsOnGap ?ground }""",
    "no state rests on a withdrawn row": """
        ?this dualbio:restsOnRow|dualbio:toldInPartBy ?row . ?row a dualbio:WithdrawnRow .""",
    "no state rests on a row of another study": """
        ?this dualbio:restsOnRow|dualbio:toldInPartBy ?row ; dualbio:ofStudy ?study .
        FILTER NOT EXISTS { ?study dualbio:hasResult|dualbio:hasComparison ?row }""",
    "no study of B-cell depletion with BLyS or APRIL blockade is silent on primary outcome or gravest harms": """
        VALUES ?pair { pair:b-cell-depletion_blys-inhibition pair:april-inhibition_b-cell-depletion }
        VALUES ?core { core-outcome:primary-outcome core-outcome:serious-infection
                       core-outcome:serious-adverse-event core-outcome:death }
        ?this dualbio:studiesPair ?pair . ?told dualbio:ofStudy ?this ; dualbio:coreOutcome ?core ;
          dualbio:reportingState value:reporting-state.nobody-looked .
        ?this dualbio:hasArm ?arm .
        ?arm dualbio:armRole value:arm-role.combination ; dualbio:testsMechanismPair ?pair .""",
    "no randomised trial of two biologics is silent on its primary outcome or its gravest harms": """
        VALUES ?core { core-outcome:primary-outcome core-outcome:serious-infection
                       core-outcome:serious-adverse-event core-outcome:death }
        ?this dualbio:design value:design.randomised-controlled-trial ;
          dualbio:hasArm/dualbio:combinationType value:combination-type.dual-biologic .
        ?told dualbio:ofStudy ?this ; dualbio:coreOutcome ?core ;
          dualbio:reportingState value:reporting-state.nobody-looked .""",
    "no planned outcome is taken for a result, a state or a verdict": """
        ?this a dualbio:PlannedOutcome .
        { ?this a dualbio:EvidenceRow } UNION { ?this dualbio:outcome|dualbio:withinEvent|dualbio:concerns ?thing }
        UNION { ?state dualbio:restsOnRow|dualbio:toldInPartBy ?this }
        UNION { ?this dualbio:value|dualbio:estimate ?n }""",
    "no planned outcome is without the page that it was read on": """
        ?this a dualbio:PlannedOutcome .
        FILTER NOT EXISTS {
          ?this dualbio:source/dualbio:url ?page ; dualbio:locator ?place ; dualbio:checkLevel ?level }""",
    "no gap behind a harm of a trial of the lupus pair hides where it was looked for": """
        ?told dualbio:ofStudy/dualbio:studiesPair pair:b-cell-depletion_blys-inhibition ; dualbio:restsOnGap ?this ;
          dualbio:coreOutcome ?core . ?core dualbio:required true .
        FILTER NOT EXISTS { ?this dualbio:lookedIn ?place }""",
    "no infection of special interest stands for all serious infections": """
        ?this dualbio:coreOutcome core-outcome:serious-infection ; dualbio:restsOnRow ?row .
        ?row dualbio:adverseEvent ae:serious-infection-of-special-interest .""",
    "no number pooled over several studies is the number of one": """
        ?this a dualbio:CoreOutcomeState ; dualbio:restsOnRow/dualbio:poolsStudy ?study .""",
    "no serious or severe event is counted without saying what its source counts": """
        ?this a dualbio:EvidenceRow ; dualbio:adverseEvent ?event .
        VALUES ?event { ae:serious-infection ae:serious-adverse-event ae:severe-infection ae:severe-adverse-event }
        FILTER NOT EXISTS { ?this dualbio:seriousness ?rule }""",
    "no severe event is called serious": """
        ?this dualbio:adverseEvent ?event ; dualbio:seriousness value:seriousness.serious .
        VALUES ?event { ae:severe-infection ae:severe-adverse-event }""",
    "IMAGE, SERENE and SUNDIAL count infections treated with intravenous antibiotics among the serious ones": """
        VALUES ?study { study:image study:serene study:sundial-stage-2 }
        ?study dualbio:hasResult ?this . ?this dualbio:adverseEvent ae:serious-infection ; dualbio:seriousness ?rule .
        FILTER (?rule != value:seriousness.serious-or-intravenous-antibiotics)""",
    "no number is in a unit without a code of the Unified Code for Units of Measure": """
        ?this dualbio:unit ?symbol .
        FILTER NOT EXISTS { ?unit a dualbio:Unit ; dualbio:unitSymbol ?symbol ; dualbio:ucumCode ?code }""",
    "no quantity has two canonical units": """
        ?one dualbio:canonicalUnitOf ?this . ?other dualbio:canonicalUnitOf ?this . FILTER (?one != ?other)""",
    "no B-cell count stands in another unit than cells per microlitre": """
        ?this dualbio:outcome outcome:b-cell-count ; dualbio:value ?printed .
        FILTER NOT EXISTS { ?this dualbio:canonicalUnit unit:cell-per-microlitre ; dualbio:canonicalValue ?value }""",
    "no count was derived where one is printed, nor more than the total": """
        ?this dualbio:derivedCount ?count . { ?this dualbio:events ?printed } UNION
        { ?this dualbio:total ?total . FILTER (?count > ?total) }""",
    "no estimate rests on a derived count": """
        ?this dualbio:computedFrom/dualbio:derivedCount ?count .""",
    "no number of people stands as a value": """
        ?this a dualbio:Result ; dualbio:unit "patients" .""",
}

#: Each sentence with a pattern that the release must hold.
HOLDS = {
    "BLISS-BELIEVE printed its serious infections where nobody could read them, and the reader learns where": """
        ?told dualbio:ofStudy study:bliss-believe ; dualbio:coreOutcome core-outcome:serious-infection ;
          dualbio:reportingState value:reporting-state.not-readable ;
          dualbio:restsOnGap/dualbio:lookedIn ?place .
        FILTER (CONTAINS(?place, "NCT03312907"))""",
    "CALIBRATE tells serious infections in words alone": """
        ?told dualbio:ofStudy study:calibrate ; dualbio:coreOutcome core-outcome:serious-infection ;
          dualbio:reportingState value:reporting-state.words-only ; dualbio:restsOnRow ?row .
        ?row dualbio:effectMeasure value:effect-measure.statement-only""",
    "BEAT-LUPUS and SynBioSe-1 tell no serious infections on the pages that were read": """
        VALUES (?one ?other) { (study:beat-lupus study:synbiose-1) }
        ?first dualbio:ofStudy ?one ; dualbio:coreOutcome core-outcome:serious-infection ;
          dualbio:reportingState value:reporting-state.looked-for-not-found .
        ?second dualbio:ofStudy ?other ; dualbio:coreOutcome core-outcome:serious-infection ;
          dualbio:reportingState value:reporting-state.looked-for-not-found .""",
    "the primary outcome of CALIBRATE, infections of grade 3, was posted where nobody could read it": """
        ?told dualbio:ofStudy study:calibrate ; dualbio:coreOutcome core-outcome:primary-outcome ;
          dualbio:reportingState value:reporting-state.not-readable .""",
    "a p value alone is no number: the B cells of CALIBRATE are reported in words": """
        comparison:calibrate.c002 dualbio:pValue ?p .
        ?told dualbio:restsOnRow comparison:calibrate.c002 ; dualbio:coreOutcome core-outcome:b-cells ;
          dualbio:reportingState value:reporting-state.words-only .""",
    "etanercept with anakinra has its serious infections as a number, its deaths on no page read": """
        ?one dualbio:ofStudy study:genovese-2004-etanercept-anakinra ;
          dualbio:coreOutcome core-outcome:serious-infection ;
          dualbio:reportingState value:reporting-state.number-held .
        ?other dualbio:ofStudy study:genovese-2004-etanercept-anakinra ; dualbio:coreOutcome core-outcome:death ;
          dualbio:reportingState value:reporting-state.looked-for-not-found .""",
    "ABT-122 in psoriatic arthritis had no serious infection, among a number of people that is not reported": """
        ?told dualbio:ofStudy study:mease-2018-abt122-psa ; dualbio:coreOutcome core-outcome:serious-infection ;
          dualbio:reportingState value:reporting-state.zero .""",
    "a fatal leukoencephalopathy tells a part of the deaths of SENTINEL, not their number": """
        ?told dualbio:ofStudy study:sentinel ; dualbio:coreOutcome core-outcome:death ;
          dualbio:reportingState value:reporting-state.looked-for-not-found ; dualbio:toldInPartBy ?row .
        ?row dualbio:adverseEvent ae:fatal-infection .""",
    "0.012 and 0.037 times 10^9/L in BEAT-LUPUS and 11 and 53 cells/uL in CALIBRATE stand on one axis": """
        result:beat-lupus.r005 dualbio:value 0.012 ; dualbio:canonicalValue ?a ; dualbio:canonicalUnit ?unit .
        result:beat-lupus.r006 dualbio:value 0.037 ; dualbio:canonicalValue ?b ; dualbio:canonicalUnit ?unit .
        finding:bf12 dualbio:hasMeasure ?one , ?other .
        ?one dualbio:canonicalValue ?c ; dualbio:canonicalUnit ?unit .
        ?other dualbio:canonicalValue ?d ; dualbio:canonicalUnit ?unit .
        ?unit dualbio:ucumCode "{cells}/uL" . FILTER (?a = 12 && ?b = 37 && ?c = 11 && ?d = 53)""",
    "C-reactive protein in mg/dL and in mg/L can be compared": """
        ?one dualbio:outcome outcome:crp-level ; dualbio:unit "mg/dL" ; dualbio:value ?a ; dualbio:canonicalValue ?b ;
          dualbio:canonicalUnit ?unit . FILTER (?b = 10 * ?a)
        ?other dualbio:outcome outcome:crp-level ; dualbio:unit "mg/L" ; dualbio:value ?c ; dualbio:canonicalValue ?c ;
          dualbio:canonicalUnit ?unit .""",
    "a fall printed as a decrease points the same way as one printed with a minus sign": """
        ?one dualbio:outcome outcome:serum-igg-change ; dualbio:unit "% decrease" ; dualbio:canonicalValue ?a .
        ?other dualbio:outcome outcome:serum-igg-change ; dualbio:unit "%" ; dualbio:value ?printed ;
          dualbio:canonicalValue ?b .
        FILTER (?a < 0 && ?b < 0 && ?b = ?printed)""",
}


@pytest.mark.parametrize("sentence", NEVER)
def test_never(sentence: str, store: EmbeddedStore) -> None:
    """A sentence that begins with `no`, or forbids: nothing in the release speaks against it."""
    found = store.query(f"SELECT DISTINCT ?this WHERE {{ {NEVER[sentence]} }} LIMIT 20")
    assert [] == [str(row["this"]) for row in found]  # type: ignore[union-attr]


@pytest.mark.parametrize("sentence", HOLDS)
def test_holds(sentence: str, store: EmbeddedStore) -> None:
    """A fact of the field that the release must be able to tell."""
    assert bool(store.query(f"ASK {{ {HOLDS[sentence]} }}")), sentence


def test_every_study_of_the_pair_in_lupus_answers_the_safety_question(store: EmbeddedStore) -> None:
    """For each study of depletion with BLyS inhibition in lupus, serious infection has a state, and none is silence."""
    answers = store.query("""
        SELECT ?study ?state WHERE {
          ?study dualbio:studiesPair pair:b-cell-depletion_blys-inhibition ; dualbio:withinDisease disease:sle .
          OPTIONAL { ?told dualbio:ofStudy ?study ; dualbio:coreOutcome core-outcome:serious-infection ;
            dualbio:reportingState/dualbio:key ?state }
        }""")
    states = {row["study"].value.rsplit("/")[-1]: row["state"].value for row in answers}  # type: ignore[union-attr]
    assert {"bliss-believe", "beat-lupus", "calibrate", "synbiose-1", "synbiose-2"} <= set(states)
    assert "reporting-state.nobody-looked" not in states.values()


def test_what_nobody_looked_for_is_counted_in_the_open(store: EmbeddedStore) -> None:
    """States add up to every study times every core outcome, those that nobody looked for among them."""
    (row,) = store.query("""
        SELECT (COUNT(DISTINCT ?told) AS ?states) (COUNT(DISTINCT ?study) * COUNT(DISTINCT ?core) AS ?cells) WHERE {
          ?study a dualbio:Study . ?core a dualbio:CoreOutcome .
          ?told dualbio:ofStudy ?study ; dualbio:coreOutcome ?core }""")  # type: ignore[misc]
    assert row["cells"] == row["states"]
