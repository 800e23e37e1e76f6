"""Where each graph of a release came from: the file, its hash, the version, as PROV-O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Quad

from dualbio.mappings import ALTERNATES
from dualbio.model.namespaces import BASE, graph_iri, term

__all__ = ["provenance_quads", "source_files"]

_GRAPH = graph_iri("provenance")


def source_files(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, for each graph, which of the curated files it is made from; their names are relative to the sources."""
    files: dict[str, list[str]] = {}
    for name in names:
        head, _, rest = name.partition("/")
        match head:
            case "evidence":
                graph = f"study/{rest.removesuffix('.yaml')}" if rest.endswith(".yaml") else ""
            case "entities" | "lessons" | "mappings":
                graph = "alternates" if name == str(ALTERNATES) else head
            case "syntheses":
                graph = "synthesis"
            case "rules":
                graph = "inferred"
            case "dualbio-edit.ttl":
                graph = "ontology"
            case _:
                graph = ""
        if graph:
            files.setdefault(graph, []).append(name)
    # What is computed from studies comes from all of their files, and from the questions across them.
    studies = [name for graph, names in files.items() if graph.startswith("study/") for name in names]
    if studies:
        files["synthesis"] = [*studies, *files.get("synthesis", ())]
    return {graph: tuple(names) for graph, names in files.items()}


def provenance_quads(
    files: Mapping[str, tuple[str, ...]], hashes: Mapping[str, str], version: str, modified: Literal | None
) -> Iterator[Quad]:
    """Yield the provenance of every graph in `files`.

    `hashes` gives the SHA-256 of each file; `modified` says when the version was last worked on (not when it was
    built, so that two builds agree).
    """
    activity = NamedNode(f"{BASE}release/{version}")
    agent = NamedNode(f"{BASE}project")
    yield from _type_and_label(activity, "prov:Activity", f"build of dualbio {version}")
    yield Quad(activity, term("prov:wasAssociatedWith"), agent, _GRAPH)
    yield Quad(activity, term("schema:version"), Literal(version), _GRAPH)
    if modified is not None:
        yield Quad(activity, term("dcterms:modified"), modified, _GRAPH)
    yield from _type_and_label(agent, "prov:Agent", "the dualbio project")
    for graph, names in sorted(files.items()):
        node = graph_iri(graph)
        yield from _type_and_label(node, "prov:Entity", f"graph {graph}")
        yield Quad(node, term("prov:wasGeneratedBy"), activity, _GRAPH)
        yield Quad(node, term("prov:wasAttributedTo"), agent, _GRAPH)
        for name in names:
            file = NamedNode(f"{BASE}file/{name}")
            yield Quad(node, term("prov:wasDerivedFrom"), file, _GRAPH)
            yield from _type_and_label(file, "prov:Entity", f"ontology/{name}")
            yield Quad(file, term("sha256"), Literal(hashes[name]), _GRAPH)


def _type_and_label(node: NamedNode, type_: str, label: str) -> Iterator[Quad]:
    yield Quad(node, term("rdf:type"), term(type_), _GRAPH)
    yield Quad(node, term("rdfs:label"), Literal(label), _GRAPH)
