"""What a verdict may say: sentences of trial method and of the lupus story, held against the release."""

from __future__ import annotations

import pytest

from dualbio.store.embedded import EmbeddedStore

#: Each sentence with a pattern that must match nothing in the release.
NEVER = {
    "no verdict stands without a p value, an interval or a statement on significance": """
        ?this dualbio:verdict ?verdict .
        FILTER NOT EXISTS { ?this dualbio:principalMeasure/dualbio:pValue ?p }
        FILTER NOT EXISTS { ?this dualbio:principalMeasure/dualbio:intervalLow ?low }
        FILTER NOT EXISTS { ?this dualbio:principalMeasure/dualbio:significanceStatedIn ?source }
        FILTER NOT EXISTS {
          ?this dualbio:principalMeasure/dualbio:effectMeasure value:effect-measure.statement-only }""",
    "no verdict rests on a contested value": """
        ?this dualbio:verdict ?verdict .
        { ?this dualbio:principalMeasure/dualbio:alternativeTo ?other }
        UNION { ?this dualbio:principalMeasure/dualbio:rowState value:row-state.contested }""",
    "no contrast has two verdicts": """
        ?this dualbio:verdict ?one , ?other . FILTER (?one != ?other)""",
    "no superiority is met or missed where the study set out to show something else": """
        ?this dualbio:verdict ?verdict ; dualbio:asks ?kind ; dualbio:ofStudy ?study .
        FILTER (?verdict != value:verdict.not-designed-to-tell)
        ?study dualbio:hasAim/dualbio:studyAim ?any .
        FILTER NOT EXISTS { ?study dualbio:hasAim/dualbio:studyAim ?kind }""",
    "no pair is judged against one of its drugs unless the aim of its study is recorded": """
        ?this a dualbio:PairAgainstMonotherapy ; dualbio:verdict ?verdict ; dualbio:ofStudy ?study .
        FILTER NOT EXISTS { ?study dualbio:hasAim ?aim }""",
    "no exploratory or post hoc outcome is met or missed": """
        ?this dualbio:verdict ?verdict ; dualbio:resultRole ?role .
        FILTER (?role IN (value:result-role.exploratory, value:result-role.post-hoc))
        FILTER (?verdict != value:verdict.not-designed-to-tell)""",
    "no harm is met or missed as a superiority": """
        ?this dualbio:verdict ?verdict ; dualbio:outcomeKind value:outcome-kind.safety .""",
    "no contrast that was met has a principal measure that favours the other arm": """
        ?this dualbio:verdict value:verdict.met ; dualbio:referenceArm ?arm ;
          dualbio:principalMeasure/dualbio:favours ?arm .""",
    "no comparison measures two contrasts": """
        ?this dualbio:measuresContrast ?one , ?other . FILTER (?one != ?other)""",
    "no comparison of two arms is without its contrast": """
        ?this a dualbio:BetweenArmsComparison . FILTER NOT EXISTS { ?contrast dualbio:measuredBy ?this }""",
    "no estimate stands beside a published comparison of an outcome in other words": """
        ?this dualbio:publishedComparison|dualbio:publishedReversed ?printed ; dualbio:computedFrom ?row .
        ?printed dualbio:reportedAs ?words . ?row dualbio:reportedAs ?others . FILTER (?words != ?others)
        ?printed dualbio:comparisonOf ?study . ?rival dualbio:comparisonOf ?study ; dualbio:outcome ?outcome ;
          dualbio:armA ?a ; dualbio:armB ?b ; dualbio:reportedAs ?rivalWords .
        ?printed dualbio:outcome ?outcome ; dualbio:armA ?a ; dualbio:armB ?b . FILTER (?rivalWords = ?others)""",
    "no drug both failed and succeeded in one study": """
        ?this dualbio:failedInStudy ?study ; dualbio:succeededInStudy ?study .""",
    "no drug failed in a study by being the comparator": """
        ?this dualbio:failedInStudy ?study .
        FILTER NOT EXISTS { ?test dualbio:ofStudy ?study ; dualbio:verdict value:verdict.missed ;
          dualbio:contrastArm/dualbio:testsAgent ?this }""",
    "no comparison is called significant, or not, on a number alone": """
        ?this a dualbio:Comparison ; dualbio:significant ?said .
        FILTER NOT EXISTS { ?this dualbio:pValue ?p }
        FILTER NOT EXISTS { ?this dualbio:intervalLow ?low }
        FILTER NOT EXISTS { ?this dualbio:significanceStatedIn ?source }
        FILTER NOT EXISTS { ?this dualbio:effectMeasure value:effect-measure.statement-only }""",
}
#: Each sentence with a pattern that the release must hold.
HOLDS = {
    "BLISS-BELIEVE missed superiority of disease control over belimumab, in one contrast": """
        study:bliss-believe dualbio:missedSuperiorityIn ?contrast .
        ?contrast dualbio:outcome outcome:disease-control-off-immunosuppressants ;
          dualbio:referenceArm arm:bliss-believe.bel-pbo ; dualbio:principalMeasure/dualbio:pValue 0.5342 .
        FILTER NOT EXISTS {
          study:bliss-believe dualbio:missedSuperiorityIn ?second . FILTER (?second != ?contrast) }""",
    "the odds ratio and the risk difference of BLISS-BELIEVE measure one contrast": """
        ?contrast dualbio:measuredBy comparison:bliss-believe.c001 , comparison:bliss-believe.c004 .""",
    "BEAT-LUPUS met superiority in a blood test": """
        study:beat-lupus dualbio:metSuperiorityIn ?contrast .
        ?contrast dualbio:outcome outcome:anti-dsdna-igg ; dualbio:outcomeKind value:outcome-kind.biomarker .""",
    "CALIBRATE set out to show safety, and its renal response was not designed to tell": """
        study:calibrate dualbio:hasAim/dualbio:studyAim value:aim-kind.safety .
        ?contrast dualbio:ofStudy study:calibrate ; dualbio:outcome outcome:renal-response-overall ;
          dualbio:verdict value:verdict.not-designed-to-tell ; dualbio:principalMeasure/dualbio:pValue 0.452 .
        FILTER NOT EXISTS { study:calibrate dualbio:missedSuperiorityIn ?any }""",
    "Sands 2007 set out to show safety and is no failed trial": """
        study:sands-2007 dualbio:hasAim/dualbio:studyAim value:aim-kind.safety .
        FILTER NOT EXISTS { study:sands-2007 dualbio:missedSuperiorityIn ?any }""",
    "VEGA met superiority over golimumab and missed it over guselkumab": """
        study:vega dualbio:metSuperiorityIn/dualbio:referenceArm arm:vega.gol ;
          dualbio:missedSuperiorityIn/dualbio:referenceArm arm:vega.gus .""",
    "adalimumab did not fail in ulcerative colitis": """
        drug:adalimumab dualbio:succeededInStudy study:ultra-2 .
        FILTER NOT EXISTS { drug:adalimumab dualbio:failedInStudy study:ultra-2 }""",
    "belimumab did not fail in rheumatoid arthritis because two of its doses did": """
        drug:belimumab dualbio:succeededInStudy study:stohl-2013-belimumab-ra .""",
    "rituximab failed in lupus nephritis": "drug:rituximab dualbio:failedInStudy study:lunar .",
    "an estimate of VEGA stands beside the comparison of its own composite alone": """
        <https://w3id.org/dualbio/estimate/vega.r022_r024.rd> dualbio:publishedComparison comparison:vega.c016 .
        FILTER NOT EXISTS {
          <https://w3id.org/dualbio/estimate/vega.r022_r024.rd> dualbio:publishedComparison comparison:vega.c014 }""",
}


@pytest.mark.parametrize("sentence", NEVER)
def test_never(sentence: str, store: EmbeddedStore) -> None:
    """A sentence that begins with `no`: nothing in the release speaks against it."""
    found = store.query(f"SELECT DISTINCT ?this WHERE {{ {NEVER[sentence]} }} LIMIT 20")
    assert [] == [str(row["this"]) for row in found]  # type: ignore[union-attr]


@pytest.mark.parametrize("sentence", HOLDS)
def test_holds(sentence: str, store: EmbeddedStore) -> None:
    """A fact of the field that the release must be able to tell."""
    assert bool(store.query(f"ASK {{ {HOLDS[sentence]} }}")), sentence
