"""The abstract of the review, sentence by sentence: each has saved queries whose answers show it.

What an answer must show is a row with the values that the evidence files hold; a number that changes there breaks the
sentence that rests on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from dualbio.queries import Library, QueryResult, Resolver, run_query
from dualbio.store.embedded import EmbeddedStore

Answer = Callable[[str], QueryResult]

#: What the abstract says, in our words and in its order.
SENTENCES = (
    "depletion and BLyS inhibition are complementary mechanisms",
    "sequential therapy works against repopulation",
    "autoantibodies, neutrophil extracellular traps and disease activity fall",
    "low disease activity is reached",
    "BLISS-BELIEVE and CALIBRATE did not show superiority",
    "patients must be selected",
    "in lupus nephritis autoreactive B cells come back later",
    "the combination is generally tolerated, with more infections in some studies",
    "bowel disease and arthritis teach of benefit and risk",
    "SynBioSe-2 is under way",
    "the best sequence and the long-term safety are open",
    "predictive biomarkers are needed",
)


@dataclass(frozen=True)
class Shown:
    """A row that a saved query must give: these values, or these words in a value that begins with an asterisk."""

    query: str
    row: dict[str, str]
    params: dict[str, str] = field(default_factory=dict)

    def is_in(self, result: QueryResult) -> bool:
        """Say whether the answer has such a row."""
        return any(all(_fits(row.get(name, ""), value) for name, value in self.row.items()) for row in result.records())


def _fits(found: str, wanted: str) -> bool:
    return wanted[1:] in found if wanted.startswith("*") else found == wanted


SHOWN: dict[str, tuple[Shown, ...]] = {
    SENTENCES[0]: (
        Shown(
            "complementary-mechanisms", {"mechanismName": "B-cell depletion", "effect": "depletes", "object": "B cell"}
        ),
        Shown(
            "complementary-mechanisms",
            {"mechanismName": "BLyS (BAFF) inhibition", "effect": "blocks survival of", "object": "B cell"},
        ),
        Shown("b-cell-targeting-drugs", {"drugName": "rituximab", "mechanismName": "B-cell depletion"}),
        Shown("b-cell-targeting-drugs", {"drugName": "belimumab", "mechanismName": "BLyS (BAFF) inhibition"}),
    ),
    SENTENCES[1]: (
        Shown("rebound-and-its-counter", {"finding": "bf01", "biomarkers": "*BLyS"}),
        Shown("lessons-for-a-pair", {"lesson": "l-sle-b-cell-return", "statement": "*slows B-cell return in lupus"}),
        Shown(
            "b-cell-reconstitution",
            {"studyKey": "beat-lupus", "withInhibition": "true", "value": "0.012", "week": "52"},
        ),
        Shown(
            "b-cell-reconstitution",
            {"studyKey": "beat-lupus", "withInhibition": "false", "value": "0.037", "week": "52"},
        ),
        Shown("sequence-and-interval", {"studyKey": "beat-lupus", "first": "rituximab", "second": "belimumab"}),
    ),
    SENTENCES[2]: (
        Shown(
            "autoantibodies-and-complement",
            {"studyKey": "beat-lupus", "arm": "rituximab then belimumab", "value": "47", "unit": "IU/mL", "week": "52"},
        ),
        Shown(
            "autoantibodies-and-complement",
            {"studyKey": "beat-lupus", "arm": "rituximab then placebo", "value": "103", "unit": "IU/mL", "week": "52"},
        ),
        Shown(
            "neutrophil-extracellular-traps",
            {"studies": "SynBioSe-1", "statement": "*neutrophil extracellular traps receded", "checkLevel": "abstract"},
        ),
        Shown("flares", {"studyKey": "beat-lupus", "arm": "rituximab then belimumab", "events": "3"}),
        Shown("flares", {"studyKey": "beat-lupus", "arm": "rituximab then placebo", "events": "10"}),
        Shown("disease-activity", {"studyKey": "beat-lupus", "events": "10", "total": "21"}),
    ),
    SENTENCES[3]: (
        Shown(
            "low-disease-activity",
            {
                "studyKey": "synbiose-1",
                "outcomeName": "Lupus low disease activity state",
                "events": "10",
                "total": "16",
            },
        ),
        Shown(
            "low-disease-activity",
            {
                "studyKey": "synbiose-1",
                "outcomeName": "Lupus low disease activity state",
                "events": "10",
                "total": "15",
            },
        ),
    ),
    SENTENCES[4]: (
        Shown(
            "missed-superiority",
            {"studyKey": "bliss-believe", "resultRole": "primary outcome", "estimate": "1.27", "p": "0.5342"},
        ),
        Shown("superiority-side-by-side", {"studyKey": "calibrate", "verdict": "not designed to tell"}),
        Shown("efficacy/published-comparisons", {"studyKey": "calibrate", "p": "0.452", "checkLevel": "abstract"}),
        Shown("superiority-side-by-side", {"studyKey": "bliss-believe", "verdict": "missed", "first": "belimumab"}),
        Shown("superiority-side-by-side", {"studyKey": "beat-lupus", "verdict": "met", "first": "rituximab"}),
        Shown(
            "response-differences",
            {"studyKey": "bliss-believe", "week": "52", "estimate": "2.78", "low": "-8.96", "high": "12.94"},
        ),
        Shown("response-differences", {"studyKey": "calibrate", "estimate": "11.47", "low": "-18.2", "high": "39.27"}),
    ),
    SENTENCES[5]: (
        Shown("lessons-by-topic", {"lesson": "l-sle-iga2-selection", "direction": "supports combining"}),
        Shown("populations", {"studyKey": "bliss-believe", "eligibility": "*stop immunosuppressants"}),
        Shown(
            "left-out-of-the-analysis",
            {"studyKey": "bliss-believe", "randomised": "76", "total": "47", "leftOut": "29"},
        ),
    ),
    SENTENCES[6]: (
        Shown(
            "nephritis-and-extrarenal",
            {"setting": "study of lupus nephritis", "studyKey": "calibrate", "number": "11/21 (52 %)"},
        ),
        Shown("rebound-and-its-counter", {"finding": "bf18", "statement": "*autoreactive naive share fell"}),
    ),
    SENTENCES[7]: (
        Shown(
            "within-study-differences",
            {"studyKey": "bliss-believe", "week": "52", "combinationEvents": "85", "otherEvents": "41", "low": "-11.6"},
        ),
        Shown(
            "within-study-differences",
            {
                "studyKey": "glatt-2019-bimekizumab-certolizumab",
                "combinationEvents": "26",
                "otherEvents": "6",
                "low": "5.02",
            },
        ),
        Shown(
            "within-study-differences",
            {
                "studyKey": "weinblatt-2007-abatacept-etanercept",
                "measured": "serious adverse event",
                "combinationEvents": "14",
                "otherEvents": "1",
                "low": "1.1",
            },
        ),
        Shown("deaths", {"studyKey": "weinblatt-2007-abatacept-etanercept", "events": "0", "total": "85"}),
    ),
    SENTENCES[8]: (
        Shown(
            "lessons-from-other-diseases",
            {"lesson": "l-cd20-then-blys-april-ra", "direction": "speaks against combining"},
        ),
        Shown(
            "lessons-from-other-diseases",
            {"lesson": "l-next-biologic-while-depleted", "direction": "supports combining"},
        ),
        Shown("immunoglobulin-loss", {"studyKey": "august-iii", "arm": "rituximab then atacicept", "value": "-31.2"}),
        Shown("new-bowel-disease", {"studyKey": "rituximab-ibd-iceland", "events": "7", "total": "651"}),
        Shown(
            "background-biologic-interaction",
            {"studyKey": "assure", "eventName": "serious adverse event", "events": "23"},
        ),
        Shown(
            "met-superiority",
            {"studyKey": "vega", "estimate": "22.1", "low": "12.9", "high": "31.3"},
            {"disease": "ibd"},
        ),
        Shown(
            "combination-studies-by-disease",
            {"diseases": "inflammatory bowel disease", "pairs": "*gut-selective"},
        ),
        Shown(
            "pairs-never-tried",
            {"pairName": "B-cell depletion + TNF inhibition", "mechanismsTested": "B-cell depletion; TNF inhibition"},
        ),
    ),
    SENTENCES[9]: (
        Shown(
            "ongoing-trials",
            {"studyKey": "synbiose-2", "registryIds": "NCT03747159", "enrolled": "70", "results": "0"},
        ),
    ),
    SENTENCES[10]: (
        Shown("lessons-by-topic", {"lesson": "l-sle-order", "direction": "neutral on combining"}),
        Shown("lessons-for-a-pair", {"lesson": "l-sle-infection-cost"}),
        Shown("looked-for-and-not-found", {"gap": "g03", "statement": "*IgG means by arm"}),
        Shown("sequence-and-interval", {"studyKey": "bliss-believe", "first": "belimumab", "second": "rituximab"}),
    ),
    SENTENCES[11]: (
        Shown(
            "predictive-biomarkers",
            {"finding": "bf05", "biomarkers": "IgA2 anti-dsDNA", "studies": "*BEAT-LUPUS; CALIBRATE"},
        ),
        Shown(
            "qualitative-interactions",
            {"finding": "bf04", "group": "rituximab then placebo", "predicts": "*non-response"},
        ),
    ),
}


def test_every_sentence_is_shown() -> None:
    """No sentence of the abstract is without a query, and none is listed that it does not have."""
    assert set(SENTENCES) == {sentence for sentence, shown in SHOWN.items() if shown}


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        pytest.param(sentence, shown, id=f"{sentence}: {shown.query} {number}")
        for sentence in SENTENCES
        for number, shown in enumerate(SHOWN[sentence], start=1)
    ],
)
def test_a_query_shows_the_sentence(
    sentence: str, shown: Shown, answer: Answer, library: Library, store: EmbeddedStore, resolver: Resolver
) -> None:
    """The answer of the query has the row that the sentence rests on."""
    found = answer(shown.query)
    if shown.params:
        found = run_query(library.find(shown.query), store, shown.params, resolver=resolver)
    assert shown.is_in(found), f"{shown.query} does not show that {sentence}: no row has {shown.row}"
