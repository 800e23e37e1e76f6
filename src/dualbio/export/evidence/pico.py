"""Contrasts in the PICO ontology of Cochrane: population, intervention, comparator and outcome of each, as Turtle.

Source: the PICO ontology, http://data.cochrane.org/ontologies/pico/ (https://linkeddata.cochrane.org/pico-ontology).
A contrast of two arms is a `pico:PICO`.  Its numbers have no place there, and a pool, whose arms are chosen by a rule,
has none either; both keep theirs in dualbio.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyoxigraph as ox

from dualbio.export.evidence.findings import Contrasted, Findings
from dualbio.model.namespaces import PREFIXES, key_of

__all__ = ["PICO", "pico_triples", "write_pico"]

PICO = "http://data.cochrane.org/ontologies/pico/"
_PREFIXES = {"pico": PICO, **{name: PREFIXES[name] for name in ("arm", "contrast", "disease", "drug", "outcome", "ae")}}
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")


def write_pico(findings: Findings, out: BinaryIO) -> None:
    """Write the contrasts of findings as Turtle."""
    triples = sorted(set(pico_triples(findings)), key=str)
    ox.serialize(triples, out, format=ox.RdfFormat.TURTLE, prefixes=_PREFIXES)


def pico_triples(findings: Findings) -> Iterator[ox.Triple]:
    """Yield the contrasts of findings as triples; a population and a group of outcomes are parts of their contrast."""
    for contrast in findings.contrasts:
        yield from _contrast(contrast, findings)


def _contrast(contrast: Contrasted, findings: Findings) -> Iterator[ox.Triple]:
    this = ox.NamedNode(contrast.iri)
    population, outcomes = (ox.NamedNode(f"{contrast.iri}#{part}") for part in ("population", "outcomes"))
    yield from _typed_and_labelled(this, "PICO", contrast.label)
    yield _pico(this, "population", population)
    yield ox.Triple(population, _TYPE, ox.NamedNode(f"{PICO}Population"))
    known = findings.things.get(contrast.a)
    for disease in known.inside if known else ():
        yield _pico(population, "condition", ox.NamedNode(disease))
        yield from _typed_and_labelled(ox.NamedNode(disease), "Condition", _label(disease, findings))
    for relation, iri in (("interventionGroup", contrast.a), ("comparatorGroup", contrast.b)):
        yield _pico(this, relation, ox.NamedNode(iri))
        yield from _group(iri, findings)
    yield _pico(this, "outcomeGroup", outcomes)
    yield ox.Triple(outcomes, _TYPE, ox.NamedNode(f"{PICO}OutcomeGroup"))
    yield _pico(outcomes, "outcome", ox.NamedNode(contrast.about))
    yield from _typed_and_labelled(ox.NamedNode(contrast.about), "Outcome", _label(contrast.about, findings))


def _group(iri: str, findings: Findings) -> Iterator[ox.Triple]:
    yield from _typed_and_labelled(ox.NamedNode(iri), "InterventionGroup", _label(iri, findings))
    known = findings.things.get(iri)
    for agent in known.given if known else ():
        yield _pico(ox.NamedNode(iri), "intervention", ox.NamedNode(agent))
        yield from _typed_and_labelled(ox.NamedNode(agent), "Intervention", _label(agent, findings))


def _typed_and_labelled(node: ox.NamedNode, kind: str, label: str) -> Iterator[ox.Triple]:
    yield ox.Triple(node, _TYPE, ox.NamedNode(f"{PICO}{kind}"))
    yield ox.Triple(node, _LABEL, ox.Literal(label, language="en"))


def _pico(subject: ox.NamedNode, relation: str, value: ox.NamedNode) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(f"{PICO}{relation}"), value)


def _label(iri: str, findings: Findings) -> str:
    known = findings.things.get(iri)
    return known.label if known else key_of(iri).replace("-", " ")
