"""The kinds of things in search results, in order of relevance to readers."""

from __future__ import annotations

__all__ = ["ALL_KINDS", "KIND_ORDER", "NAMED_ALONE", "NOTES", "ROWS", "SEARCHED_KINDS", "THINGS"]

#: What readers come for.
_MAIN = ("drug", "disease", "pair", "study", "query")
#: What the vocabularies hold.
_CONCEPTS = ("mechanism", "target", "drug-class", "outcome", "ae", "biomarker", "cell", "process")
#: What people wrote about them, and the words of the ontology.
NOTES = ("pool", "lesson", "finding", "gap", "review", "source", "term")
#: Rows of the evidence: they come after everything that has a name of its own.
ROWS = (
    *("arm", "planned-outcome", "contrast", "comparison", "result", "estimate", "edge", "effect", "interaction"),
    "review-input",
)
#: The books that are kept about all these: found by their own whole name, and by nothing else.
NAMED_ALONE = (
    *("core-outcome", "value", "unit", "aim", "overlap", "regimen", "step", "measure", "support", "coverage"),
    *("verification", "bias-assessment", "mapping", "candidate"),
)

THINGS = (*_MAIN, *_CONCEPTS)
SEARCHED_KINDS = (*THINGS, *NOTES, *ROWS)
ALL_KINDS = (*SEARCHED_KINDS, *NAMED_ALONE)
KIND_ORDER = {kind: position for position, kind in enumerate(ALL_KINDS)}
