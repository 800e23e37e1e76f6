"""Contrasts and pools as FHIR and in PICO: what a reader of either finds, and what the R5 models accept."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pyoxigraph as ox
import pytest
from fhir.resources.bundle import Bundle

from dualbio.export.evidence.fhir import write_fhir
from dualbio.export.evidence.findings import (
    Cited,
    Contrasted,
    Findings,
    Judged,
    Measured,
    PooledFinding,
    Termed,
    Thing,
    read_findings,
)
from dualbio.export.evidence.pico import PICO, write_pico
from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.pooling.result import NOTICE

ARMS = (f"{BASE}arm/s.both", f"{BASE}arm/s.one")
PRINTED = Measured("or", "1.27", "0.60", "2.71", "95", p="0.53", sources=(f"{BASE}source/s.s1",), reversed=True)
COMPUTED = Measured(
    "rd", "4.26", "-1.19", "9.71", "95", "percentage points", computed="score method", events=7, people=167
)
CONTRAST = Contrasted(
    f"{BASE}contrast/s.c001", "S: remission, both against one", f"{BASE}study/s", "randomised-controlled-trial", *ARMS,
    f"{BASE}outcome/remission", "remission", "52", (PRINTED, COMPUTED),
)  # fmt: skip
POOL = PooledFinding(
    f"{BASE}pool/p", "Infection", "Do more have one?", (f"{BASE}ae/infection",), "risk ratio of Mantel and Haenszel",
    Measured("rr", "1.5", "0.9", "2.4", "95", computed="Mantel and Haenszel", events=30, people=400), "", 3,
    {"iSquared": "53", "tauSquared": "0.06", "cochranQ": "4.3", "predictionLow": "0.2", "predictionHigh": "5"},
    (CONTRAST.iri,), ((ARMS[0], "exposure"), (ARMS[1], "referenceExposure")), (f"{BASE}source/s.s1",), ("few events",),
    ("rob 1, other bias: low in 1 study (100 % of the people)",),
)  # fmt: skip
EMPTY = PooledFinding(
    f"{BASE}pool/q", "Death", "Do more die?", (f"{BASE}ae/death",), "odds ratio", None, "no study has an event", 2,
    arms=((ARMS[0], "exposure"),),
)  # fmt: skip
JUDGED = [
    Judged(
        f"{BASE}bias-assessment/s.1", "S, risk of bias 1: allocation concealment", f"{BASE}study/s", "", "", "rob-1",
        "RoB 1 (Cochrane, 2011)", Termed("allocation concealment", "SEVCO:00031", "inadequate allocation concealment"),
        Termed("high risk of bias", "SEVCO:00188", "high risk of bias"), "", "authors of the source",
        f"{BASE}source/s.s2", "an open list",
    ),
    Judged(
        f"{BASE}bias-assessment/s.2", "S, risk of bias 2: selection", f"{BASE}study/s", f"{BASE}result/s.r001",
        "remission", "newcastle-ottawa", "Newcastle-Ottawa scale", Termed("selection (Newcastle-Ottawa)"), None, "3",
        "authors of the source", f"{BASE}source/s.s1", "",
    ),
]  # fmt: skip
FINDINGS = Findings(
    [CONTRAST],
    [POOL, EMPTY],
    {
        iri: Cited(iri, "S 2024", "1", "10.1/x", "", "", "J", "2024")
        for iri in (f"{BASE}source/s.s1", f"{BASE}source/s.s2")
    },
    {
        each.iri: each
        for each in (
            Thing(ARMS[0], "arm", "both", (f"{BASE}disease/sle",), (f"{BASE}drug/belimumab", f"{BASE}drug/rituximab")),
            Thing(ARMS[1], "arm", "one", (f"{BASE}disease/sle",), (f"{BASE}drug/belimumab",)),
            Thing(f"{BASE}outcome/remission", "outcome", "remission"),
            Thing(f"{BASE}ae/infection", "event", "infection"),
            Thing(f"{BASE}ae/death", "event", "death"),
            Thing(f"{BASE}disease/sle", "disease", "systemic lupus erythematosus"),
            Thing(f"{BASE}disease/other", "disease", "named by nothing"),
        )
    },
    JUDGED,
)


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    """Return the resources of the bundle by the names of what they describe, accepted by the R5 models."""
    out = io.BytesIO()
    write_fhir(FINDINGS, "1.0", out)
    bundle = json.loads(out.getvalue())
    assert Bundle.model_validate(bundle).type == "collection"
    return {entry["fullUrl"].removeprefix(BASE): entry["resource"] for entry in bundle["entry"]}


def test_each_thing_that_is_named_is_there_once(resources: dict[str, dict[str, Any]]) -> None:
    """Contrasts and pools are evidence; their arms, outcomes and diseases variables; their reports citations."""
    kinds = {name: resource["resourceType"] for name, resource in resources.items()}
    assert {"contrast/s.c001", "pool/p", "pool/q"} == {name for name, kind in kinds.items() if kind == "Evidence"}
    assert "EvidenceVariable" == kinds["disease/sle"] == kinds["arm/s.both"] == kinds["ae/death"]
    assert "Citation" == kinds["source/s.s1"]
    assert "disease/other" not in kinds


def test_what_is_printed_and_what_is_computed_are_told_apart(resources: dict[str, dict[str, Any]]) -> None:
    """Each statistic says which it is, with its measure, interval, p value and people."""
    printed, computed = resources["contrast/s.c001"]["statistic"]
    assert "as printed; the report sets the reference arm first" == printed["description"]
    assert ("C16932", 1.27) == (printed["statisticType"]["coding"][0]["code"], printed["quantity"]["value"])
    interval, p = printed["attributeEstimate"]
    assert (0.95, 0.6, 2.71) == (
        interval["level"],
        interval["range"]["low"]["value"],
        interval["range"]["high"]["value"],
    )
    assert 0.53 == p["quantity"]["value"]
    assert ("computed: score method", 7, 167) == (
        computed["description"], computed["numberOfEvents"], computed["sampleSize"]["numberOfParticipants"],
    )  # fmt: skip
    roles = [each["variableRole"]["coding"][0]["code"] for each in resources["contrast/s.c001"]["variableDefinition"]]
    assert ["population", "exposure", "referenceExposure", "measuredVariable"] == roles


def test_a_pool_has_its_heterogeneity_its_caveats_and_no_rating(resources: dict[str, dict[str, Any]]) -> None:
    """I², tau², Q and the prediction interval stand beside the interval, and the notice; certainty is not rated.

    What others judged of a risk of bias is told under the certainty of that kind, as a note.
    """
    pool = resources["pool/p"]
    (statistic,) = pool["statistic"]
    kinds = [each["type"].get("text") or each["type"]["coding"][0]["code"] for each in statistic["attributeEstimate"]]
    assert ["C53324", "0000420", "0000421", "0000419", "Prediction interval"] == kinds
    assert {Decimal("0.95")} == {
        Decimal(str(each["level"])) for each in statistic["attributeEstimate"] if "range" in each
    }
    roles = [each["variableRole"]["coding"][0]["code"] for each in pool["variableDefinition"]]
    assert ["population", "exposure", "referenceExposure", "measuredVariable"] == roles
    assert {"few events", NOTICE} == {note["text"] for note in pool["note"]}
    (certainty,) = pool["certainty"]
    assert {"type", "note"} == certainty.keys()
    assert "RiskOfBias" == certainty["type"]["coding"][0]["code"]
    assert [{"text": POOL.bias[0]}] == certainty["note"]
    assert "certainty" not in resources["pool/q"]
    assert 3 == statistic["sampleSize"]["numberOfStudies"]


def test_what_others_judged_of_a_risk_of_bias_is_an_assessment_of_what_they_judged(
    resources: dict[str, dict[str, Any]],
) -> None:
    """The study or row, the domain and the judgement with the codes that are known, the tool, who judged, and where."""
    study, row = resources["bias-assessment/s.1"], resources["bias-assessment/s.2"]
    assert (f"{BASE}study/s", f"{BASE}result/s.r001") == (study["artifactUri"], row["artifactUri"])
    judged, tool = study["content"]
    assert f"{BASE}source/s.s2" == judged["relatedArtifact"][0]["resourceReference"]["reference"]
    assert "source/s.s2" in resources
    (rating,) = judged["component"]
    assert ("SEVCO:00031", "allocation concealment") == (rating["type"]["coding"][0]["code"], rating["type"]["text"])
    (answer,) = rating["classifier"]
    assert ("SEVCO:00188", "high risk of bias") == (answer["coding"][0]["code"], answer["text"])
    assert ("authors of the source", "an open list") == (rating["author"]["display"], rating["summary"])
    assert ("CochraneRoB", "RoB 1 (Cochrane, 2011)") == (
        tool["classifier"][0]["coding"][0]["code"], tool["classifier"][0]["text"],
    )  # fmt: skip
    (stars,) = row["content"][0]["component"]
    assert {"text": "selection (Newcastle-Ottawa)"} == stars["type"]
    assert ({"value": 3, "unit": "stars"}, "of remission") == (stars["quantity"], stars["summary"])
    assert "classifier" not in stars


def test_every_number_says_that_it_is_of_a_research_tool(resources: dict[str, dict[str, Any]]) -> None:
    """Contrasts and pools each have the notice, as each may be read alone."""
    evidence = [each for each in resources.values() if each["resourceType"] == "Evidence"]
    assert evidence
    assert all(any("research tool" in note["text"] for note in each["note"]) for each in evidence)


def test_a_pool_without_a_number_says_why(resources: dict[str, dict[str, Any]]) -> None:
    """There is no statistic and no meta-analysis, and the description has the reason."""
    assert "statistic" not in resources["pool/q"]
    assert "synthesisType" not in resources["pool/q"]
    kinds = [resources[name]["synthesisType"]["coding"][0]["code"] for name in ("pool/p", "contrast/s.c001")]
    assert ["std-MA", "NotApplicable"] == kinds
    assert resources["pool/q"]["description"].endswith("No number is given: no study has an event.")


def test_pico_has_the_four_parts_of_a_contrast() -> None:
    """Population with its condition, both groups with what they are given, and the outcome; no numbers."""
    out = io.BytesIO()
    write_pico(FINDINGS, out)
    store = ox.Store()
    store.load(out.getvalue(), format=ox.RdfFormat.TURTLE)
    found = store.query(
        f"""PREFIX pico: <{PICO}> SELECT ?condition ?given ?compared ?outcome {{
          <{CONTRAST.iri}> a pico:PICO ; pico:population/pico:condition ?condition ;
            pico:interventionGroup/pico:intervention ?given ; pico:comparatorGroup/pico:intervention ?compared ;
            pico:outcomeGroup/pico:outcome ?outcome }}"""
    )
    assert isinstance(found, ox.QuerySolutions)
    rows = {tuple(cell.value.removeprefix(BASE) for cell in row) for row in found}
    end = ("drug/belimumab", "outcome/remission")
    assert {("disease/sle", "drug/rituximab", *end), ("disease/sle", "drug/belimumab", *end)} == rows
    assert b"1.27" not in out.getvalue()


def test_the_population_of_an_arm_is_that_of_the_arm() -> None:
    """In a study of two diseases, an arm whose people have one of them is not said to hold people with both."""
    store = ox.Store()
    triples = (
        "study:s dualbio:treatsDisease disease:sle , disease:ra ; dualbio:hasArm arm:s.one . "
        'arm:s.one a dualbio:Arm ; dualbio:armOf study:s ; dualbio:inDisease disease:ra ; rdfs:label "one"@en .'
    )
    store.update(f"INSERT DATA {{ {triples} }}", prefixes=PREFIXES)
    things = read_findings(EmbeddedStore(store)).things
    assert (f"{BASE}disease/ra",) == things[f"{BASE}arm/s.one"].inside
