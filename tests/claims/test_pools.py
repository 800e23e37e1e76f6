"""Pools across studies: who is in them, who is not, and what they may not say; sentences held against the release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from fhir.resources.bundle import Bundle

from dualbio.export.evidence.fhir import fhir_bundle, fhir_json
from dualbio.export.evidence.findings import read_findings
from dualbio.model.namespaces import compress
from dualbio.model.syntheses import Side, SynthesisQuestion
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.pooling.distributions import chi_squared_tail
from dualbio.synthesis.pooling.effects import printed_effect
from dualbio.synthesis.pooling.facts import FactReader, arms_share
from dualbio.synthesis.pooling.selection import select

#: Each sentence with a pattern that must match nothing in the release.
NEVER = {
    "no pool counts a person twice": """
        ?this a dualbio:PooledEstimate ; dualbio:pooledFrom ?row , ?twin .
        ?row dualbio:arm ?arm . ?twin dualbio:arm ?other . ?arm dualbio:mayNotBePooledWith ?other .""",
    "no pool holds two studies that may share people": """
        ?this a dualbio:PooledEstimate ; dualbio:pooledFrom/dualbio:resultOf ?study , ?other .
        ?study dualbio:hasOverlap ?overlap . ?overlap dualbio:overlapsStudy ?other ; dualbio:overlapKind ?kind .
        FILTER (?kind NOT IN (value:overlap-kind.same-report, value:overlap-kind.shared-pooled-analysis))""",
    "no number is pooled of one study": """
        ?this a dualbio:PooledEstimate ; dualbio:estimate ?n ; dualbio:studiesUsed 1 .""",
    "no number is pooled in which one study has all the weight": """
        ?this a dualbio:PooledEstimate ; dualbio:estimate ?n ; dualbio:hasCandidate/dualbio:poolWeight ?weight .
        FILTER (?weight > 99.9)""",
    "no pool has both a number and a reason for none, or neither": """
        ?this a dualbio:PooledEstimate .
        BIND (EXISTS { ?this dualbio:estimate ?n } AS ?has)
        BIND (EXISTS { ?this dualbio:noEstimateBecause ?w } AS ?lacks)
        FILTER (?has = ?lacks)""",
    "no counts of a pool fail to add up: all that is found is used or left out": """
        ?this dualbio:candidatesFound ?found ; dualbio:candidatesUsed ?used .
        { SELECT ?this (COUNT(?left) AS ?out) {
            ?this a dualbio:PooledEstimate
            OPTIONAL { ?this dualbio:hasCandidate ?left . ?left dualbio:usedInPool false }
          } GROUP BY ?this }
        FILTER (?found != ?used + ?out)""",
    "no pool uses what is not eligible, or leaves out what is for another reason than people counted twice": """
        ?this dualbio:candidatesFound ?found ; dualbio:candidatesEligible ?eligible ; dualbio:candidatesUsed ?used .
        { SELECT ?this (COUNT(?left) AS ?twice) {
            ?this a dualbio:PooledEstimate OPTIONAL { ?this dualbio:hasCandidate ?left .
              ?left dualbio:leftOutBecause ?reason FILTER (
                STRSTARTS(?reason, "shares people with") && !STRSTARTS(?reason, "shares people with its comparator")) }
          } GROUP BY ?this }
        FILTER (?eligible != ?used + ?twice || ?eligible > ?found)""",
    "no line of a pool is of a study that the pool does not count, and none is counted that has no line": """
        { SELECT ?this (COUNT(DISTINCT ?study) AS ?shown) {
            ?this a dualbio:PooledEstimate
            OPTIONAL { ?this dualbio:hasCandidate ?line . ?line dualbio:usedInPool true ; dualbio:study ?study }
          } GROUP BY ?this }
        ?this dualbio:studiesUsed ?studies FILTER (?studies != ?shown)""",
    "no pool hides that a number in it is recalled": """
        ?this a dualbio:PooledEstimate ; dualbio:estimate ?n ; dualbio:hasCandidate ?line .
        ?line dualbio:usedInPool true ; dualbio:checkLevel value:check-level.memory ; dualbio:study/rdfs:label ?label .
        FILTER NOT EXISTS {
          ?this dualbio:caveat ?caveat FILTER (STRSTARTS(?caveat, CONCAT(STR(?label), " is recalled"))) }""",
    "no pool looks better read than its least checked row": """
        ?this a dualbio:PooledEstimate ; dualbio:pooledFrom ?row ; dualbio:checkLevel ?level .
        ?row dualbio:checkLevel ?weaker .
        VALUES (?level ?rank) { (value:check-level.fulltext 0) (value:check-level.registry 1)
          (value:check-level.abstract 2) (value:check-level.secondary 3) (value:check-level.memory 4) }
        VALUES (?weaker ?below) { (value:check-level.fulltext 0) (value:check-level.registry 1)
          (value:check-level.abstract 2) (value:check-level.secondary 3) (value:check-level.memory 4) }
        FILTER (?below > ?rank)""",
    "no ratio of counts across studies weighs them by inverse variance where a cell is empty, without saying so": """
        ?this a dualbio:PooledEstimate ; dualbio:estimate ?n ; dualbio:selectionText ?question ;
          dualbio:pooledFrom/dualbio:events 0 .
        FILTER (CONTAINS(?question, "inverse-variance") || CONTAINS(?question, "random-effects"))
        FILTER NOT EXISTS { ?this dualbio:caveat ?caveat FILTER (STRSTARTS(?caveat, "a cell is empty")) }""",
    "no prediction interval is given of fewer than three studies": """
        ?this a dualbio:PooledEstimate ; dualbio:predictionLow ?low ; dualbio:studiesUsed ?n FILTER (?n < 3)""",
    "no study in which nobody has the event has weight in a ratio": """
        ?this a dualbio:PooledEstimate ; dualbio:effectMeasure ?measure ; dualbio:hasCandidate ?line .
        VALUES ?measure { value:effect-measure.or value:effect-measure.rr }
        ?line dualbio:poolWeight ?weight ; dualbio:countsText ?counts .
        FILTER (?weight > 0 && REGEX(?counts, "^0/.* against 0/"))""",
    "no interval of two studies by Hartung and Knapp stands without the normal one": """
        ?this a dualbio:PooledEstimate ; dualbio:estimate ?n ; dualbio:studiesUsed 2 ; dualbio:methodText ?method .
        FILTER (CONTAINS(?method, "Hartung and Knapp"))
        FILTER NOT EXISTS {
          ?this dualbio:caveat ?caveat FILTER (CONTAINS(?caveat, "that of the normal distribution is")) }""",
    "no candidate is left out without a reason": """
        ?this a dualbio:PoolCandidate ; dualbio:usedInPool false .
        FILTER NOT EXISTS { ?this dualbio:leftOutBecause ?reason }""",
    "no contested, weaker or withdrawn number is in a pool": """
        ?this a dualbio:PooledEstimate ; dualbio:pooledFrom ?row .
        { ?row dualbio:rowState ?state } UNION { ?row a dualbio:WithdrawnRow } UNION
        { ?row a dualbio:Result FILTER NOT EXISTS { ?row a dualbio:StandingRow } }""",
    "no courses of treatment, and no events, stand for people in a pool": """
        ?this a dualbio:PooledEstimate ; dualbio:pooledFrom ?row .
        ?row dualbio:unitOfAnalysis ?unit FILTER (?unit != value:unit-of-analysis.patient)""",
    "no comparator of another stratum of ASSURE stands beside two biologics": """
        ?this a dualbio:PoolCandidate ; dualbio:usedInPool true ; dualbio:pooledFrom ?row , ?other .
        ?row dualbio:arm arm:assure.aba-bio . ?other dualbio:arm arm:assure.aba-nonbio .""",
    "no open-label reference arm of BLISS-BELIEVE stands in a pool beside its blinded arms": """
        ?this a dualbio:PooledEstimate ;
          dualbio:pooledFrom/dualbio:arm arm:bliss-believe.bel-st , arm:bliss-believe.bel-rtx .""",
    "no row of BLISS-BELIEVE counts 76 people where 47 are told, or 47 where 76 are": """
        ?this dualbio:arm arm:bliss-believe.bel-st ; dualbio:total ?n ; dualbio:outcomeKind ?kind .
        FILTER (?n = 76 && ?kind = value:outcome-kind.efficacy || ?n = 47 && ?kind = value:outcome-kind.safety)""",
    "no remission of VEGA after week 12, on one of its drugs, is pooled as one on two biologics against one": """
        ?this dualbio:pooledFrom ?row . FILTER (?this = pool:remission-two-biologics-uc)
        ?row dualbio:arm arm:vega.gus-gol ; dualbio:week ?week . FILTER (?week > 12)""",
    "no interval of VEGA, all of 80 %, is told as one of 95 %, or without its level": """
        ?this dualbio:comparisonOf study:vega ; dualbio:intervalLow ?low .
        OPTIONAL { ?this dualbio:intervalLevel ?level }
        OPTIONAL { ?this dualbio:numberText ?text }
        FILTER (COALESCE(?level, 95) != 80 || !CONTAINS(COALESCE(?text, ""), "80 %"))""",
    "no interval of 80 % makes a difference of VEGA significant where no p below 0.05 does": """
        ?this dualbio:comparisonOf study:vega ; dualbio:significant true .
        FILTER NOT EXISTS { ?this dualbio:pValue ?p FILTER (?p < 0.05) }""",
    "no pool tells a judgement of a risk of bias that no record of its studies holds": """
        ?this a dualbio:PooledEstimate ; dualbio:riskOfBiasText ?words .
        FILTER (!STRSTARTS(?words, "no judgement held"))
        FILTER NOT EXISTS { ?this dualbio:pooledFrom/dualbio:ofStudy/dualbio:hasBiasAssessment ?judged }""",
    "no pool of studies is silent on how others judged them": """
        ?this a dualbio:PooledEstimate ; dualbio:pooledFrom ?row .
        FILTER NOT EXISTS { ?this dualbio:riskOfBiasText ?words }""",
    "no judgement of a risk of bias that is shipped is our own, or was not seen": """
        ?this a dualbio:BiasAssessment ; dualbio:assessedBy ?who ; dualbio:checkLevel ?level .
        FILTER (?who != "authors of the source" || ?level = value:check-level.memory)""",
    "no two cuts of the rituximab programme stand in one pool": """
        ?this a dualbio:PooledEstimate ; dualbio:pooledFrom/dualbio:resultOf ?study , ?other .
        VALUES (?study ?other) {
          (study:van-vollenhoven-2010-rituximab-pooled study:van-vollenhoven-2013-rituximab-longterm)
          (study:genovese-2009-biologic-after-rituximab study:van-vollenhoven-2013-rituximab-longterm)
          (study:genovese-2009-biologic-after-rituximab study:rituximab-program-biologic-after-rtx)
          (study:rituximab-program-biologic-after-rtx study:van-vollenhoven-2013-rituximab-longterm) }""",
    "no union of arms of Yang stands beside its parts": """
        ?this a dualbio:PooledEstimate ; dualbio:pooledFrom/dualbio:arm arm:yang-2020.all , ?part .
        arm:yang-2020.all dualbio:unionOf ?part .""",
    "no pool of one mechanism pair holds an arm that does not test it": """
        VALUES ?this { pool:infection-blys-after-depletion pool:serious-infection-blys-after-depletion
                       pool:response-blys-after-depletion }
        ?this dualbio:pooledFrom/dualbio:arm ?arm . ?arm dualbio:armRole value:arm-role.combination .
        FILTER NOT EXISTS { ?arm dualbio:testsMechanismPair pair:b-cell-depletion_blys-inhibition }""",
}

#: Each sentence with a pattern that the release must hold.
HOLDS = {
    "a Cochrane review judged the data of Leiper's trial incomplete, at high risk, and nothing else in it": """
        ?high dualbio:biasAssessmentOf study:leiper-2011 ; dualbio:biasTool value:bias-tool.rob-1 ;
          dualbio:biasDomain value:bias-domain.incomplete-outcome-data ;
          dualbio:biasJudgement value:bias-judgement.high ; dualbio:source/dualbio:pmcid "PMC9235035" .
        { SELECT (COUNT(?low) AS ?lows) {
            ?low dualbio:biasAssessmentOf study:leiper-2011 ; dualbio:biasJudgement value:bias-judgement.low } }
        FILTER (?lows = 6)""",
    "both doses of etanercept with anakinra are added together against one control, and their union is left out": """
        ?used dualbio:usedInPool true ; dualbio:pooledFrom ?full , ?half , ?control ;
          dualbio:countsText "9/162 against 0/80" .
        pool:serious-infection-two-biologics-ra dualbio:hasCandidate ?used , ?left .
        ?full dualbio:arm arm:genovese-2004-etanercept-anakinra.etn-ana .
        ?half dualbio:arm arm:genovese-2004-etanercept-anakinra.half-etn-ana .
        ?control dualbio:arm arm:genovese-2004-etanercept-anakinra.etn .
        ?left dualbio:usedInPool false ; dualbio:leftOutBecause ?reason ; dualbio:contrastText ?text .
        FILTER (STRSTARTS(?reason, "shares people with") && STRSTARTS(?text, "etanercept, full or half dose"))""",
    "of five comparators that of ASSURE alone had serious infections: no odds ratio is given, and a difference is": """
        pool:serious-infection-two-biologics-ra-ratio dualbio:studiesUsed 5 ; dualbio:noEstimateBecause ?reason .
        FILTER (STRSTARTS(?reason, "ASSURE alone has an event of the comparator (1)"))
        pool:serious-infection-two-biologics-ra dualbio:studiesUsed 5 ; dualbio:estimate ?difference .""",
    "the other stratum of ASSURE is left out as not randomised against the two biologics": """
        pool:serious-infection-two-biologics-ra dualbio:hasCandidate ?left .
        ?left dualbio:study study:assure ; dualbio:leftOutBecause ?reason .
        FILTER (STRSTARTS(?reason, "not randomised against each other"))""",
    "nobody died in the trials of two biologics against one that count deaths, and no number is given": """
        pool:death-two-biologics dualbio:noEstimateBecause "no study has an event"@en ; dualbio:studiesUsed ?n ;
          dualbio:eventsUsed 0 . FILTER (?n > 1)""",
    "BLISS-BELIEVE and CALIBRATE measure unlike responses, and no number is given": """
        pool:response-blys-after-depletion dualbio:noEstimateBecause ?reason ;
          dualbio:pooledFrom/dualbio:resultOf study:bliss-believe , study:calibrate .
        FILTER (STRSTARTS(?reason, "unlike outcomes"))""",
    "the open-label arm of BLISS-BELIEVE is left out for its openness": """
        pool:infection-blys-after-depletion dualbio:hasCandidate ?left .
        ?left dualbio:study study:bliss-believe ; dualbio:leftOutBecause ?reason .
        FILTER (STRSTARTS(?reason, "not blinded alike"))""",
    "Yang counts treatment trials, several of one person: neither its arms nor their union are in a pool": """
        pool:remission-two-biologics-bowel-arms dualbio:hasCandidate ?left .
        ?left dualbio:study study:yang-2020 ; dualbio:leftOutBecause ?reason ;
          dualbio:concernsRow/dualbio:arm arm:yang-2020.all .
        FILTER (STRSTARTS(?reason, "not people, but courses of treatment"))
        FILTER NOT EXISTS { ?pool dualbio:pooledFrom/dualbio:resultOf study:yang-2020 }""",
    "the remissions of VEGA at week 12, when both drugs are given, are shown, and one study is not pooled": """
        pool:remission-two-biologics-uc dualbio:noEstimateBecause "one study alone, VEGA: nothing is pooled"@en ;
          dualbio:pooledFrom result:vega.r007 .""",
    "VEGA's pair against each of its two drugs is two contrasts in one line, and both are counted as used": """
        pool:remission-two-biologics-uc dualbio:candidatesUsed 2 ; dualbio:studiesUsed 1 ;
          dualbio:pooledFrom result:vega.r007 , result:vega.r008 , result:vega.r009 .""",
    "that VEGA's remissions in a list of two biologics come after one was stopped is said": """
        pool:remission-two-biologics-bowel-arms dualbio:pooledFrom result:vega.r034 ; dualbio:caveat ?caveat .
        FILTER (STRSTARTS(?caveat, "VEGA is counted at week 38, when one of its two drugs had been stopped"))""",
    "what was withdrawn stands among what was found, as withdrawn": """
        pool:death-two-biologics dualbio:hasCandidate ?left . ?left dualbio:leftOutBecause "withdrawn"@en .""",
    "a line of a pool is as well read as the arm that its numbers are put on": """
        pool:serious-infection-two-biologics-ra dualbio:hasCandidate ?line .
        ?line dualbio:pooledFrom result:genovese-2004-etanercept-anakinra.r004 ;
          dualbio:checkLevel value:check-level.secondary .
        result:genovese-2004-etanercept-anakinra.r004 dualbio:checkLevel value:check-level.abstract .""",
    "a pool with no arm that counts its people says so": """
        pool:serious-infection-bispecific dualbio:noEstimateBecause "no candidate meets the question"@en ;
          dualbio:hasCandidate ?left . ?left dualbio:leftOutBecause "no number of people counted (denominator)"@en .""",
    "the weakest reading stands on the pool: who had infections on etanercept with anakinra is told by a review": """
        result:genovese-2004-etanercept-anakinra.r004 dualbio:armAssignmentCheckLevel value:check-level.secondary .
        pool:serious-infection-two-biologics-ra dualbio:checkLevel value:check-level.secondary .""",
    "the serious infections of two biologics against one are of one disease, though none is asked for: it is said": """
        pool:serious-infection-two-biologics dualbio:caveat ?caveat .
        FILTER (STRSTARTS(?caveat, "no disease is asked for, and every study is of one: rheumatoid arthritis"))""",
    "a pool over several diseases says that it is one": """
        pool:infection-two-biologics dualbio:caveat ?caveat .
        FILTER (CONTAINS(?caveat, "diseases stand in one pool"))""",
}


@pytest.mark.parametrize("sentence", NEVER)
def test_never(sentence: str, store: EmbeddedStore) -> None:
    """A sentence that forbids: nothing in the release speaks against it."""
    found = store.select(f"SELECT DISTINCT ?this WHERE {{ {NEVER[sentence]} }} LIMIT 20")
    assert [] == [str(row["this"]) for row in found]


@pytest.mark.parametrize("sentence", HOLDS)
def test_holds(sentence: str, store: EmbeddedStore) -> None:
    """A sentence that says what is so: the release has it."""
    assert store.ask(f"ASK {{ {HOLDS[sentence]} }}")


def test_an_interval_of_80_percent_is_read_as_one(store: EmbeddedStore) -> None:
    """The errors that VEGA's intervals give come to the p values that are printed beside them; 95 % would not."""
    found = store.select(
        """SELECT ?estimate ?low ?high ?level ?p {
          ?row dualbio:comparisonOf study:vega ; dualbio:estimate ?estimate ; dualbio:pValue ?p ;
            dualbio:intervalLow ?low ; dualbio:intervalHigh ?high ; dualbio:intervalLevel ?level .
        }"""
    )
    rows = [tuple(float(cell.value) for cell in row) for row in found]
    assert 4 == len(rows)
    for estimate, low, high, level, p in rows:
        effect = printed_effect(estimate, low, high, level=level, ratio=False)
        assert p == pytest.approx(chi_squared_tail(effect.value**2 / effect.variance, 1), abs=0.01)


@pytest.fixture(scope="module")
def everything_read(store: EmbeddedStore) -> FactReader:
    """What the selection knows of all studies, on whatever outcome or event."""
    reader = FactReader(store)
    for row in store.select(
        "SELECT DISTINCT ?about { ?row a dualbio:Result ; dualbio:outcome|dualbio:adverseEvent ?about }"
    ):
        reader.read((compress(row["about"].value),))
    return reader


def test_selection_knows_of_all_arms_that_may_share_people(store: EmbeddedStore, everything_read: FactReader) -> None:
    """Whatever the graph says may not be pooled, within a study, the selection takes for sharing people."""
    arms = {iri: arm for of_study in everything_read._arms.values() for iri, arm in of_study.items()}
    told = [
        (row["one"].value, row["other"].value)
        for row in store.select(
            """SELECT ?one ?other {
              ?one dualbio:mayNotBePooledWith ?other ; dualbio:armOf ?study . ?other dualbio:armOf ?study . }"""
        )
    ]
    asked = [(one, other) for one, other in told if one in arms and other in arms]
    assert len(asked) > 100
    assert [] == [pair for pair in asked if not arms_share(arms[pair[0]], arms[pair[1]], arms)]


def test_selection_knows_of_all_studies_that_may_share_people(
    store: EmbeddedStore, everything_read: FactReader
) -> None:
    """Two overlaps of texts alone are no overlap of people; every other kind keeps two studies out of one pool."""
    texts = "value:overlap-kind.same-report, value:overlap-kind.shared-pooled-analysis"
    pairs = store.select(
        f"""SELECT DISTINCT ?one ?other ?kind {{ ?one dualbio:hasOverlap ?overlap .
          ?overlap dualbio:overlapsStudy ?other ; dualbio:overlapKind ?kind FILTER (?kind NOT IN ({texts})) }}"""
    )
    studies = everything_read._studies
    asked = [
        each for each in ((r["one"].value, r["other"].value, r["kind"].value) for r in pairs) if each[0] in studies
    ]
    assert len({kind for _, _, kind in asked}) > 4
    assert [] == [each for each in asked if each[1] not in studies[each[0]].shares]


def test_a_printed_ratio_is_read_from_both_sides(store: EmbeddedStore) -> None:
    """As it is printed for its first arm, and turned round for its second, whose limits change places."""
    printed = {
        row["row"].value: (row["one"].value, *(float(row[name].value) for name in ("n", "low", "high")))
        for row in store.select(
            """SELECT ?row ?one ?n ?low ?high {
              ?row dualbio:outcome outcome:severe-flare ; dualbio:effectMeasure value:effect-measure.hr ;
                dualbio:armA ?one ; dualbio:estimate ?n ; dualbio:intervalLow ?low ; dualbio:intervalHigh ?high }"""
        )
    }
    rows = FactReader(store).read(("outcome:severe-flare",), "HR").rows
    assert len(printed) > 3
    for iri, (arm, estimate, low, high) in printed.items():
        told, turned = (next(r for r in rows if r.iri == iri and (r.arm == arm) == first) for first in (True, False))
        assert (arm, turned.arm) == (told.arm, told.against)
        assert (estimate, (low, high)) == (told.value, (told.interval or ())[:2])
        assert (1 / estimate, 1 / high, 1 / low) == pytest.approx((turned.value, *(turned.interval or ())[:2]))


CUTS = (
    *("van-vollenhoven-2010-rituximab-pooled", "genovese-2009-biologic-after-rituximab"),
    *("rituximab-program-biologic-after-rtx", "van-vollenhoven-2013-rituximab-longterm"),
)


def test_no_computed_contrast_crosses_trials(ask: Callable[[str], list[tuple[str, ...]]]) -> None:
    """GALAXI-2 and GALAXI-3 share a file and no randomisation: an arm of one is no comparator of the other's."""
    trials = ask(
        "SELECT DISTINCT ?a ?b { ?e a dualbio:WithinStudyEstimate ; dualbio:ofStudy study:galaxi-2-3 ; "
        "dualbio:contrastArm/dualbio:trialText ?a ; dualbio:referenceArm/dualbio:trialText ?b }"
    )
    assert [("GALAXI-2", "GALAXI-2"), ("GALAXI-3", "GALAXI-3")] == trials
    crossing = (
        "SELECT ?e { ?e dualbio:contrastArm ?a ; dualbio:referenceArm ?b OPTIONAL { ?a dualbio:trialText ?one } "
        'OPTIONAL { ?b dualbio:trialText ?two } FILTER (COALESCE(?one, "") != COALESCE(?two, "")) }'
    )
    assert [] == ask(crossing)


def test_of_successive_cuts_of_the_rituximab_programme_one_would_be_used(store: EmbeddedStore) -> None:
    """They print rates, which no shipped question pools; if they counted people, each would shut out the others."""
    facts = FactReader(store).read(("ae:serious-infection",))
    counted = {
        row.study: replace(
            row, unit_of_analysis="patient", statistic="count", events=5, total=100 + n, population="safety",
            reported_as="serious infection",
        )
        for n, row in enumerate(facts.rows)
        if facts.studies[row.study].key in CUTS and not row.state and row.standing and not row.subgroup
        and facts.arms[row.arm].role == "monotherapy" and len(facts.arms[row.arm].biologics) == 1
    }  # fmt: skip
    assert set(CUTS) == {facts.studies[study].key for study in counted}
    asked = SynthesisQuestion.model_validate(
        {
            "id": "q", "title": "t", "question": "q?", "events": ("serious-infection",), "measure": "proportion",
            "model": "binomial-normal", "test": Side(arms=("one-biologic",)), "designs": ("cohort", "pooled-analysis"),
        }
    )  # fmt: skip
    found = select(asked, replace(facts, rows=tuple(counted.values())))
    assert (len(CUTS), 1) == (found.eligible, len(found.selected))
    reasons = [each.reason for each in found.excluded if each.reason != "withdrawn"]
    assert len(CUTS) - 1 == len([each for each in reasons if each.startswith("shares people with")]) == len(reasons)


def test_judgements_of_bias_leave_as_they_are_recorded(store: EmbeddedStore) -> None:
    """FHIR holds each one that the release holds, under the codes of SEVCO that ours are mapped to, and its source."""
    findings = read_findings(store)
    assert Bundle.model_validate_json(fhir_json(findings, "1.0")).entry
    entries = {each["fullUrl"]: each["resource"] for each in fhir_bundle(findings, "1.0")["entry"]}
    held = {row["judged"].value for row in store.select("SELECT ?judged { ?judged a dualbio:BiasAssessment }")}
    assert held == {iri for iri, each in entries.items() if each["resourceType"] == "ArtifactAssessment"}
    told = [
        (rating["type"]["coding"][0]["code"], rating["classifier"][0]["coding"][0]["code"])
        for iri, each in entries.items()
        if iri.rpartition("/")[2].startswith("leiper-2011.") and each["resourceType"] == "ArtifactAssessment"
        for rating in each["content"][0]["component"]
        if "coding" in rating["type"]
    ]
    assert [("SEVCO:00019", "SEVCO:00188")] == [pair for pair in told if pair[1] != "SEVCO:00186"]
    assert 5 == len(told)  # other bias, and blinding of two kinds of people, have no one term there
    refs = {
        part["resourceReference"]["reference"]
        for each in entries.values()
        for content in each.get("content", ())
        for part in content.get("relatedArtifact", ())
    }
    assert refs
    assert refs <= entries.keys()


def test_every_exchanged_pool_names_its_groups(store: EmbeddedStore) -> None:
    """A number without the groups that it is of says nothing: printed ratios are between arms as counts are."""
    for pool in read_findings(store).pools:
        if pool.measured:
            sides = {side for _, side in pool.arms}
            wanted = {"exposure"} | ({"referenceExposure"} if pool.measured.measure != "proportion" else set())
            assert wanted == sides, pool.iri
