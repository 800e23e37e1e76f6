"""A toy release for exports: a few graphs with every kind of term."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import graph_iri

#: The toy data: a triple that two graphs share, and texts that each format must escape in its own way.
TRIG = """
@prefix dualbio: <https://w3id.org/dualbio/ontology#> .
@prefix drug: <https://w3id.org/dualbio/drug/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix BFO: <http://purl.obolibrary.org/obo/BFO_> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix graph: <https://w3id.org/dualbio/graph/> .
graph:entities {
  drug:rituximab a dualbio:Drug ; rdfs:label "rituximab"@en , "利妥昔单抗"@zh ; dualbio:isBiologic true .
  drug:belimumab a dualbio:Drug ; rdfs:label "belimumab" , "bel \\"B\\" <&> \\\\ \\n line\\ttab\\rreturn" .
}
graph:inferred {
  drug:rituximab a dualbio:BCellTargetingDrug ; BFO:0000050 drug:belimumab .
}
graph:ontology {
  dualbio:Drug rdfs:subClassOf [ rdfs:label "anonymous" ] .
}
<https://w3id.org/dualbio/graph/study/toy> {
  <https://w3id.org/dualbio/study/toy> dualbio:value 0.5 ; dualbio:week 52 ; dualbio:drug drug:rituximab ;
    rdfs:seeAlso <https://example.org/a%20b?c=d&e=é> ; dualbio:ratio "1.0E0"^^xsd:double , "x"^^xsd:token .
  drug:rituximab a dualbio:Drug .
}
"""


def write_graphs(release: Path, quads: list[ox.Quad]) -> None:
    """Write `quads` as the graph files of a release, each in order."""
    lines: dict[str, list[str]] = {}
    for quad in quads:
        assert isinstance(quad.graph_name, ox.NamedNode)
        name = quad.graph_name.value.removeprefix(graph_iri("").value)
        lines.setdefault(name, []).append(f"{quad} .\n")
    for name, own in lines.items():
        file = release / "graphs" / f"{name}.nq"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(sorted(own)), encoding="utf-8", newline="\n")


@pytest.fixture
def quads() -> list[ox.Quad]:
    """The toy data."""
    dataset = ox.Dataset(ox.parse(TRIG, format=ox.RdfFormat.TRIG))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(dataset, key=str)


@pytest.fixture
def release(tmp_path: Path, quads: list[ox.Quad]) -> Path:
    """A release folder with the toy data."""
    folder = tmp_path / "0.1.0-toy"
    write_graphs(folder, quads)
    return folder
