"""The model as an expert would read it: anchored, defined, exemplified, and classifying real records."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import VOCABULARY, individual, term
from dualbio.owl.graph import Ontology
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from reused_terms import read_anchors
from verify_mappings import MappingStatus, check_against

SOURCES = shipped_sources()
FROZEN = Path(__file__).parents[1] / "data" / "outside"
#: Classes that classify by definition, or where OWL cannot say it, by a rule; the first eight were asked for by name.
DEFINED = {
    "BCellTargetingDrug": "axiom",
    "BCellDepletingDrug": "axiom",
    "BLySAPRILInhibitor": "axiom",
    "DualBiologicRegimen": "axiom",
    "DualBCellRegimen": "axiom",
    "DepletionThenMaintenanceSequence": "axiom",
    "SuperiorityMissedTrial": "axiom",
    "SuperiorityMetTrial": "axiom",
    "SafetySignalArm": "axiom",
}
#: Further ones that are for queries of one's own: saved queries speak of verdicts and of rows that stand.
OFFERED = {
    "BetweenArmsComparison": "axiom",
    "BiologicDrug": "axiom",
    "NonSignificantComparison": "axiom",
    "PrimaryResult": "axiom",
    "SignificantComparison": "axiom",
}
#: Further ones, each of which the text of some saved query names.
ASKED_FOR = {
    "ActiveStep": "axiom",
    "CombinationArm": "axiom",
    "ContestedLesson": "axiom",
    "DepletionStep": "axiom",
    "DualBiologicArm": "rule",
    "OngoingStudy": "axiom",
    "PairAgainstMonotherapy": "rule",
    "UnreportedStudy": "rule",
}
#: What the mechanism must hold in any case: subject, effect and object of an edge that rests on findings or lessons.
MECHANISM = {
    "BLyS surges after depletion": ("mechanism:b-cell-depletion", "raises", "target:blys"),
    "depletion removes B cells": ("mechanism:b-cell-depletion", "depletes", "cell:b-cell"),
    "transitional B cells come back first": ("mechanism:b-cell-depletion", "raises", "cell:transitional-b-cell"),
    "the step to naive cells needs BLyS": (
        "mechanism:blys-inhibition",
        "inhibits",
        "process:transitional-b-cell-maturation",
    ),
    "autoreactive cells are selected": (
        "mechanism:blys-inhibition",
        "inhibits",
        "process:autoreactive-b-cell-selection",
    ),
    "autoantibodies": ("pair:b-cell-depletion_blys-inhibition", "lowers", "biomarker:anti-dsdna"),
    "NET formation": ("pair:b-cell-depletion_blys-inhibition", "lowers", "process:net-formation"),
    "IgG is lost": ("mechanism:b-cell-depletion", "lowers", "biomarker:serum-igg"),
}
#: Edges of textbooks: the levels say so.
TEXTBOOK = {
    "naive cells come from transitional ones": ("cell:transitional-b-cell", "gives-rise-to", "cell:naive-b-cell"),
    "plasma cells make autoantibodies": ("cell:plasma-cell", "promotes", "process:autoantibody-production"),
    "BLyS keeps B cells alive": ("target:blys", "supports-survival-of", "cell:b-cell"),
}
PROPERTY = re.compile(r"A (?:transitive |symmetric )?(?:data )?relation (?:from|between) |An annotation of ")


@cache
def ontology() -> Ontology:
    """Return the hand-edited axioms."""
    quads = ox.parse(path=str(SOURCES.ontology / "dualbio-edit.ttl"), format=ox.RdfFormat.TURTLE)
    return Ontology(quad.triple for quad in quads)


def own(kind: str) -> list[ox.NamedNode]:
    """Return the terms of this vocabulary of one kind."""
    return [node for node, found in ontology().terms() if found == kind and node.value.startswith(VOCABULARY)]


def definition(node: ox.NamedNode) -> str:
    """Return the definition of a term."""
    return ontology().text(node, "IAO:0000115") or ""


# --- anchors ----------------------------------------------------------------------------------------------------------


def test_reused_terms_are_the_frozen_ones() -> None:
    """Identifier, label and source of each reused term are those that were read in its own ontology."""
    with (FROZEN / "anchors.tsv").open(encoding="utf-8", newline="") as stream:
        frozen = {(row["id"], row["label"], row["imported_from"]) for row in csv.DictReader(stream, delimiter="\t")}
    anchors = read_anchors(SOURCES.ontology)

    assert frozen == {(anchor.object, anchor.object_label, anchor.source) for anchor in anchors}
    assert {"BFO", "CTO", "ECO", "IAO", "OAE", "OBI", "RO", "SEPIO", "SIO", "STATO", "skos"} == {
        a.object_prefix for a in anchors
    }


def test_reused_terms_can_be_held_against_files() -> None:
    """A reused term goes through the check of mappings, with the line that declares it."""
    anchors = read_anchors(SOURCES.ontology)
    lines = (SOURCES.ontology / "dualbio-edit.ttl").read_text(encoding="utf-8").splitlines()

    assert {MappingStatus.CONFIRMED} == {outcome.finding for outcome in check_against(anchors, FROZEN).outcomes}
    assert [] == [a.object for a in anchors if not lines[a.line - 1].startswith(f"{a.object} a owl:")]


def test_every_record_class_is_anchored() -> None:
    """Going up from a class one comes to a term of an upper ontology."""

    def above(node: ox.NamedNode) -> Iterator[ox.NamedNode]:
        for upper in ontology().values(node, "rdfs:subClassOf"):
            if isinstance(upper, ox.NamedNode):
                yield upper
                yield from above(upper)

    loose = {node for node in own("Class") if all(each.value.startswith(VOCABULARY) for each in above(node))}
    assert set() == loose


# --- definitions ------------------------------------------------------------------------------------------------------


def test_definitions_of_classes_begin_with_their_genus() -> None:
    """After the article stands the label of a class just above, or its last words; then what tells the class apart."""
    astray = {}
    for node in own("Class"):
        genera = [ontology().label(upper) for upper in ontology().values(node, "rdfs:subClassOf")]
        text = re.sub(r"^An? ", "", definition(node))
        fitting = [genus for genus in genera if genus and text.lower().startswith(genus.lower())]
        if not any(len(text) > len(genus) + 5 for genus in fitting):
            astray[node.value.removeprefix(VOCABULARY)] = (genera, text)
    assert {} == astray


def test_definitions_of_properties_say_between_what_they_hold() -> None:
    """The genus of a property is a relation, a data relation or an annotation, from something."""
    nodes = [node for kind in ("ObjectProperty", "DataProperty", "AnnotationProperty") for node in own(kind)]
    assert len(nodes) > 200
    assert [] == [definition(node) for node in nodes if not PROPERTY.match(definition(node))]


def test_reused_terms_say_what_they_are_for() -> None:
    """A term whose definition stands elsewhere has a word on its use here."""
    reused = [node for node, _ in ontology().terms() if not node.value.startswith(VOCABULARY)]
    assert len(reused) > 70
    assert [] == [node.value for node in reused if not ontology().text(node, "rdfs:comment")]


def test_the_most_used_classes_have_an_example(store: EmbeddedStore) -> None:
    """Each of the ten classes of this vocabulary with the most members in the release shows one of them."""
    members: Counter[ox.NamedNode] = Counter()
    for pair in {(q.subject, q.object) for q in store.store.quads_for_pattern(None, term("rdf:type"), None, None)}:
        if isinstance(pair[1], ox.NamedNode) and pair[1].value.startswith(VOCABULARY):
            members[pair[1]] += 1
    most = [node for node, _ in members.most_common(10)]

    assert members[most[-1]] > 300
    assert [] == [node.value for node in most if not ontology().text(node, "skos:example")]


# --- classification ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "origin"), [*DEFINED.items(), *OFFERED.items(), *ASKED_FOR.items()])
def test_a_defined_class_classifies(store: EmbeddedStore, name: str, origin: str) -> None:
    """The class has a definition in the axioms or a rule, and the build put real records into it."""
    node = term(name)
    stated = list(store.store.quads_for_pattern(None, term("rdf:type"), node, None))
    rules = " ".join(path.read_text(encoding="utf-8") for path in (SOURCES.ontology / "rules").glob("*.rq"))

    assert {"axiom": True, "rule": False}[origin] == bool(ontology().values(node, "owl:equivalentClass"))
    assert origin == "axiom" or f"a dualbio:{name}" in rules
    assert stated
    assert {"https://w3id.org/dualbio/graph/inferred"} == {
        quad.graph_name.value for quad in stated if isinstance(quad.graph_name, ox.NamedNode)
    }


@pytest.mark.parametrize("name", ASKED_FOR)
def test_a_saved_query_asks_for_the_class(name: str) -> None:
    """Some saved query names the class."""
    texts = [path.read_text(encoding="utf-8") for path in SOURCES.queries.rglob("*.rq")]
    asking = re.compile(rf"dualbio:{name}\b")

    assert [text for text in texts if asking.search(text)]


# --- mechanism --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [*MECHANISM, *TEXTBOOK])
def test_the_mechanism_has_the_edge(store: EmbeddedStore, words: str) -> None:
    """The edge is there with the records that show it, or with the level of a textbook."""
    subject, effect, target = {**MECHANISM, **TEXTBOOK}[words]
    nodes = (
        individual(*subject.split(":")),
        individual("value", f"edge-effect.{effect}"),
        individual(*target.split(":")),
    )
    ends = zip(("edgeSubject", "edgeEffect", "edgeObject"), nodes, strict=True)
    found = set.intersection(
        *({quad.subject for quad in store.store.quads_for_pattern(None, term(name), node, None)} for name, node in ends)
    )

    assert 1 == len(found)
    (edge,) = found
    assert isinstance(edge, ox.NamedNode)
    shown = list(store.store.quads_for_pattern(edge, term("edgeEvidence"), None, None))
    textbook = individual("value", "check-level.textbook")
    levels = {quad.object for quad in store.store.quads_for_pattern(edge, term("checkLevel"), None, None)}
    assert (words in TEXTBOOK, words in MECHANISM) == (textbook in levels, bool(shown))
