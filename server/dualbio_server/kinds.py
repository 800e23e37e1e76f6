"""What readers call the kinds of things, in the plural."""

from __future__ import annotations

__all__ = ["KIND_NAMES"]

KIND_NAMES = {
    "ae": "Adverse events",
    "arm": "Arms",
    "biomarker": "Biomarkers",
    "cell": "Cell populations",
    "comparison": "Comparisons",
    "disease": "Diseases",
    "drug": "Drugs",
    "drug-class": "Drug classes",
    "edge": "Mechanism edges",
    "estimate": "Estimates",
    "finding": "Biomarker findings",
    "gap": "Evidence gaps",
    "graph": "Named graphs",
    "interaction": "Interactions",
    "lesson": "Lessons",
    "mapping": "Mappings",
    "measure": "Measures",
    "mechanism": "Mechanisms",
    "outcome": "Outcomes",
    "overlap": "Overlaps with other studies",
    "pair": "Mechanism pairs",
    "process": "Biological processes",
    "query": "Saved queries",
    "regimen": "Regimens",
    "result": "Results",
    "source": "Sources",
    "step": "Regimen steps",
    "study": "Studies",
    "support": "Supports of lessons",
    "target": "Targets",
    "value": "Values of schemes",
}
