"""Pages of the evidence: studies, pairs, the matrix, verdicts as sentences, lists with facets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from dualbio_server.entities.evidence.concepts import concept_page, disease_page, drug_page
from dualbio_server.entities.evidence.pair import pair_page
from dualbio_server.entities.evidence.records import lesson_page, outcome_page, source_page
from dualbio_server.entities.evidence.row.mapping import mapping_page
from dualbio_server.entities.evidence.row.number import number_page
from dualbio_server.entities.evidence.study import study_page

__all__ = ["READERS", "Reader"]


@dataclass(frozen=True)
class Reader:
    """A page that is made for the readers of one kind of thing: its template, and what makes its values."""

    template: str
    values: Callable[[ox.NamedNode], Mapping[str, Any]]


#: Kinds with a page of their own; the others are shown by their properties.
READERS: Mapping[str, Reader] = {
    "ae": Reader("outcome.html", outcome_page),
    "biomarker": Reader("concept.html", concept_page),
    "cell": Reader("concept.html", concept_page),
    "comparison": Reader("number.html", number_page),
    "contrast": Reader("number.html", number_page),
    "disease": Reader("disease.html", disease_page),
    "drug": Reader("drug.html", drug_page),
    "estimate": Reader("number.html", number_page),
    "lesson": Reader("lesson.html", lesson_page),
    "mapping": Reader("mapping.html", mapping_page),
    "mechanism": Reader("concept.html", concept_page),
    "outcome": Reader("outcome.html", outcome_page),
    "pair": Reader("pair.html", pair_page),
    "process": Reader("concept.html", concept_page),
    "result": Reader("number.html", number_page),
    "source": Reader("source.html", source_page),
    "study": Reader("study.html", study_page),
    "target": Reader("concept.html", concept_page),
}
