"""What lessons and mechanism edges may say: sentences of method and of immunology, held against the release."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Ask = Callable[[str], list[tuple[str, ...]]]

#: Each sentence with a pattern that must match nothing in the release.
NEVER = {
    "no lesson speaks for or against combining without naming a pair": """
        ?this a dualbio:Lesson ; dualbio:direction ?direction . FILTER (?direction != value:direction.neutral)
        FILTER NOT EXISTS { ?this dualbio:mechanismPair ?pair }""",
    "no lesson speaks for or against combining without rows": """
        ?this a dualbio:Lesson ; dualbio:direction ?direction . FILTER (?direction != value:direction.neutral)
        FILTER NOT EXISTS { ?this dualbio:supportedBy/dualbio:row ?row }""",
    "no lesson on design or mechanism speaks for or against combining": """
        ?this a dualbio:Lesson ; dualbio:direction ?direction ; dualbio:topic ?topic .
        FILTER (?direction != value:direction.neutral && ?topic IN (value:topic.design, value:topic.mechanism))""",
    "no lesson speaks for a pair by rows of people who had only one drug": """
        ?this a dualbio:Lesson ; dualbio:direction ?direction . FILTER (?direction != value:direction.neutral)
        FILTER NOT EXISTS {
          ?this dualbio:supportedBy/dualbio:row/(dualbio:arm|dualbio:comparesArm) ?arm .
          ?arm dualbio:armRole value:arm-role.combination }""",
    "no lesson is contradicted by a study without rows": """
        ?this dualbio:contradictedBy ?support . FILTER NOT EXISTS { ?support dualbio:row ?row }""",
    "no row contradicts a lesson on another outcome": """
        ?this dualbio:contradictedBy/dualbio:row ?row .
        FILTER NOT EXISTS { ?this dualbio:concerns ?thing .
          ?row dualbio:outcome|dualbio:withinEvent|(dualbio:biomarker/dualbio:narrowerThan?) ?thing }""",
    "no lesson is better checked than a row that supports it": """
        ?this a dualbio:Lesson ; dualbio:checkLevel/dualbio:checkRank ?rank ;
          dualbio:supportedBy/dualbio:row ?row .
        ?row (dualbio:checkLevel|dualbio:armAssignmentCheckLevel)/dualbio:checkRank ?other .
        FILTER (?other > ?rank)""",
    "no lesson is without a check level, nor has two": """
        ?this a dualbio:Lesson . { SELECT ?this (COUNT(DISTINCT ?level) AS ?levels) {
          ?this a dualbio:Lesson . OPTIONAL { ?this dualbio:checkLevel ?level } } GROUP BY ?this }
        FILTER (?levels != 1)""",
    "no lesson says 'raised' of serious infection": """
        ?this a dualbio:Lesson ; dualbio:statement ?words . FILTER (CONTAINS(?words, "raised serious infection"))""",
    "no note on one study is called a lesson across studies": """
        ?this dualbio:lessonLevel value:lesson-level.cross-study .
        { SELECT ?this (COUNT(DISTINCT ?study) AS ?studies) {
            ?this (dualbio:supportedBy|dualbio:contradictedBy)/dualbio:aboutStudy ?study } GROUP BY ?this }
        FILTER (?studies < 2)""",
    "no edge is without a strength": """
        ?this a dualbio:MechanismEdge . FILTER NOT EXISTS { ?this dualbio:edgeStrength/dualbio:strengthRank ?rank }""",
    "no edge but one that modulates is without a sign": """
        ?this dualbio:edgeEffect ?effect . FILTER NOT EXISTS { ?effect dualbio:effectSign ?sign }
        FILTER (?effect != value:edge-effect.modulates)""",
    "no edge that is not general knowledge is without evidence or without its setting": """
        ?this a dualbio:MechanismEdge ; dualbio:edgeStrength ?strength .
        FILTER (?strength != value:edge-strength.textbook)
        FILTER (NOT EXISTS { ?this dualbio:edgeEvidence ?seen } || NOT EXISTS { ?this dualbio:edgeContext ?where })""",
    "nothing that is two edges away from a cause is called its influence": """
        ?this dualbio:influences ?far . FILTER NOT EXISTS { ?edge dualbio:edgeSubject ?this ; dualbio:edgeObject ?far }
        FILTER NOT EXISTS { GRAPH graph:entities { ?this ?how ?far } }""",
    "no colitis follows from a drug against BLyS or CD22": """
        ?this dualbio:downstreamEffectOn|dualbio:influences process:colonic-inflammation . ?this a dualbio:Drug .""",
    "no cell that a mechanism spares is one that it depletes": """
        ?this dualbio:spares ?cell . { ?this dualbio:depletes ?cell } UNION { ?this dualbio:affectsCell ?cell }""",
}

#: Each sentence with a pattern that must match something in the release.
EXISTS = {
    "plasma cells are spared by B-cell depletion, on evidence and not as general knowledge": """
        ?this dualbio:edgeSubject mechanism:b-cell-depletion ; dualbio:edgeEffect value:edge-effect.spares ;
          dualbio:edgeObject cell:plasma-cell ; dualbio:edgeEvidence/dualbio:source/dualbio:locator ?place .""",
    "memory B cells rise in blood under BLyS inhibition, seen in randomised trials": """
        ?this dualbio:edgeSubject mechanism:blys-inhibition ; dualbio:edgeEffect value:edge-effect.raises ;
          dualbio:edgeObject cell:memory-b-cell ; dualbio:edgeStrength value:edge-strength.randomised .""",
    "autoantibodies lead by traps and interferon to BLyS, each step seen outside the body": """
        ?this dualbio:edgeSubject process:autoantibody-production .
        ?this dualbio:edgeObject ?traps ; dualbio:edgeStrength ?how .
        ?second dualbio:edgeSubject ?traps ; dualbio:edgeObject ?interferon ; dualbio:edgeStrength ?how .
        ?third dualbio:edgeSubject ?interferon ; dualbio:edgeObject target:blys ; dualbio:edgeStrength ?how .
        FILTER (?how = value:edge-strength.in-vitro)""",
    "low IgG goes with serious infection, by cohorts": """
        ?this dualbio:edgeSubject biomarker:serum-igg ; dualbio:edgeEffect value:edge-effect.lowers ;
          dualbio:edgeObject ae:serious-infection ; dualbio:edgeStrength value:edge-strength.cohort .""",
    "the pair of TNF and IL-1 blockade has a lesson against it": """
        ?this a dualbio:CautioningLesson ; dualbio:mechanismPair pair:il-1-inhibition_tnf-inhibition .""",
    "severe flares of BEAT-LUPUS speak for rituximab with belimumab, disease control of BLISS-BELIEVE against it": """
        ?this a dualbio:SupportingLesson ; dualbio:concerns outcome:severe-flare ;
          dualbio:supportedBy/dualbio:aboutStudy study:beat-lupus .
        ?other a dualbio:CautioningLesson ; dualbio:concerns outcome:disease-control-off-immunosuppressants ;
          dualbio:supportedBy/dualbio:aboutStudy study:bliss-believe .""",
}


@pytest.mark.parametrize("sentence", NEVER)
def test_never(ask: Ask, sentence: str) -> None:
    """The sentence holds: its pattern matches nothing."""
    assert [] == ask(f"SELECT DISTINCT ?this WHERE {{ {NEVER[sentence]} }}")


@pytest.mark.parametrize("sentence", EXISTS)
def test_exists(ask: Ask, sentence: str) -> None:
    """The sentence holds: its pattern matches something."""
    assert ask(f"SELECT DISTINCT ?this WHERE {{ {EXISTS[sentence]} }}")


def test_case_series_speak_neither_for_nor_against(ask: Ask) -> None:
    """Without people who had one drug only, a series shows nothing about adding the other."""
    assert [] == ask("""SELECT ?lesson {
      ?lesson dualbio:direction ?direction ; dualbio:lessonLevel value:lesson-level.single-study ;
        dualbio:supportedBy/dualbio:aboutStudy/dualbio:design value:design.case-series .
      FILTER (?direction != value:direction.neutral) }""")


def test_the_weakest_support_decides(ask: Ask) -> None:
    """That halving etanercept did not help rests on arms that a review tells apart, though the numbers were read."""
    level = "SELECT ?level { lesson:l-dose-half-etanercept dualbio:checkLevel/dualbio:key ?level }"
    assert [("check-level.secondary",)] == ask(level)
