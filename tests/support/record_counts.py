"""How many records of each class there are, in the files and in the triples; a release must agree with its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pyoxigraph import NamedNode, Quad

from dualbio.build.checks.survey import Survey
from dualbio.model.entities import TABLES
from dualbio.model.evidence import Arm
from dualbio.model.lessons import Lesson
from dualbio.model.namespaces import VOCABULARY, graph_iri, term
from dualbio.model.records import CLASSES
from dualbio.sources.corpus import Corpus

__all__ = ["count_differences", "file_counts", "graph_counts"]


def file_counts(corpus: Corpus) -> dict[str, int]:
    """Return the number of records in the curated files, by class."""
    survey = Survey(corpus)
    counts: Counter[str] = Counter({table.class_name: len(corpus.entities[table.kind]) for table in TABLES})
    for site in survey.sites:
        if type(site.record) in CLASSES and site.record.points_to is None:
            counts[CLASSES[type(site.record)]] += 1
    counts["Regimen"] = sum(1 for site in survey.of(Arm) if site.record.regimen)
    pairs = {pair for site in survey.of(Lesson) for pair in site.record.mechanism_pairs or ()}
    counts["MechanismPair"] = len(pairs)
    return dict(counts)


def graph_counts(quads: Iterable[Quad]) -> dict[str, int]:
    """Return the number of individuals in the graphs of curated records, by class, schemes of values left out."""
    type_, head = term("rdf:type"), graph_iri("study/").value
    curated = {graph_iri("entities").value, graph_iri("lessons").value}
    classes = {*CLASSES.values(), *(table.class_name for table in TABLES), "Regimen", "MechanismPair"}
    members: dict[str, set[str]] = {name: set() for name in classes}
    for quad in quads:
        graph, object_ = quad.graph_name, quad.object
        if quad.predicate != type_ or not isinstance(graph, NamedNode) or not isinstance(object_, NamedNode):
            continue
        name = object_.value.removeprefix(VOCABULARY)
        if name in members and (graph.value in curated or graph.value.startswith(head)):
            members[name].add(str(quad.subject))
    return {name: len(found) for name, found in members.items()}


def count_differences(files: Mapping[str, int], graphs: Mapping[str, int]) -> list[str]:
    """Return in words every class whose numbers differ."""
    return [
        f"{name}: {files.get(name, 0)} in the files, {graphs.get(name, 0)} in the graphs"
        for name in sorted({*files, *graphs})
        if files.get(name, 0) != graphs.get(name, 0)
    ]
