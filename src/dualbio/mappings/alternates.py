"""Alternate IRIs of an external term or record: one identifier, as other data sets write it.

`ontology/mappings/alternates.tsv` gives, for a prefix of ours, the namespaces that others use for the same
identifiers.  Every outside IRI that a release names is `owl:sameAs` its other forms in the graph `alternates`, so that
a join finds them; our own entities are not repeated there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pyoxigraph import NamedNode, Quad

from dualbio.errors import DataError, Problem
from dualbio.mappings.sssom import PREDICATES
from dualbio.mappings.tables import read_filled
from dualbio.model.namespaces import BASE, PREFIXES, graph_iri, term

__all__ = ["ALTERNATES", "alternate_quads", "leads_out", "outside_iris", "read_alternates"]

#: The table, below the folder of curated sources.
ALTERNATES = Path("mappings", "alternates.tsv")
#: Properties that lead from a record of ours to a term or record of others.
_LEADS_OUT = frozenset(term(name) for name in (*PREDICATES, "rdfs:seeAlso"))
_COLUMNS = ("prefix", "iri", "used_by", "seen_in")


def read_alternates(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the other namespaces of each of our outside namespaces, below a folder of curated sources.

    Raises:
        DataError: a prefix is not ours, or a namespace is no IRI, is one of ours, or is given twice; all are listed.
    """
    others: dict[str, list[str]] = defaultdict(list)
    ours = {namespace: prefix for prefix, namespace in PREFIXES.items()}
    problems = []
    for line, row in read_filled(folder, ALTERNATES, _COLUMNS):
        prefix, iri = row["prefix"], row["iri"]
        fault = ""
        if prefix not in PREFIXES:
            fault = (
                f"prefix '{prefix}' is not known; accepted: one of the prefix table, such as MESH; repair: correct it"
            )
        elif urlsplit(iri).scheme not in ("http", "https") or not urlsplit(iri).netloc:
            fault = f"'iri' is '{iri}'; accepted: the part of an http or https IRI before the identifier"
        elif iri in ours:
            fault = f"'{iri}' is the namespace of '{ours[iri]}' here; repair: remove the row"
        elif iri in (known := [each for namespaces in others.values() for each in namespaces]):
            fault = f"'{iri}' is given twice, first as number {known.index(iri) + 1}; repair: remove one row"
        if fault:
            problems.append(Problem(f"{folder.name}/{ALTERNATES}", line, f"{prefix} {iri}", "alternate-iri", fault))
        else:
            others[PREFIXES[prefix]].append(iri)
    if problems:
        raise DataError(problems)
    return {namespace: tuple(iris) for namespace, iris in others.items()}


def leads_out(predicate: NamedNode) -> bool:
    """Return whether a property leads from a record of ours to a term or record of others."""
    return predicate in _LEADS_OUT


def outside_iris(records: Iterable[Quad]) -> Iterator[str]:
    """Yield each IRI outside dualbio that records map to or lead to, once."""
    found = {
        each.value
        for quad in records
        if quad.predicate in _LEADS_OUT
        for each in (quad.subject, quad.object)
        if isinstance(each, NamedNode) and not each.value.startswith(BASE)
    }
    yield from sorted(found)


def alternate_quads(others: Mapping[str, tuple[str, ...]], iris: Iterable[str]) -> Iterator[Quad]:
    """Yield, for each outside IRI, that it is the same as each of its other forms.

    Args:
        others: other namespaces by ours, as `read_alternates` returns them.
        iris: all outside IRIs that a release names, each once.
    """
    graph, same = graph_iri("alternates"), term("owl:sameAs")
    for iri in iris:
        for namespace, alternates in others.items():
            if iri.startswith(namespace):
                for alternate in alternates:
                    yield Quad(NamedNode(iri), same, NamedNode(alternate + iri.removeprefix(namespace)), graph)
