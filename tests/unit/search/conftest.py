"""A world of seven things and a row, small enough to know by heart."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import PREFIXES
from dualbio.search import SearchIndex
from dualbio.store.embedded import EmbeddedStore

_DATA = """
drug:rituximab a dualbio:Drug ; dualbio:key "rituximab" ; rdfs:label "rituximab"@en , "利妥昔单抗"@zh ;
  skos:altLabel "MabThera"@en , "RTX"@en ; dcterms:identifier "CHEMBL:CHEMBL1201576" ;
  skos:definition "A chimeric antibody that binds CD20 and so removes B cells."@en ;
  dualbio:drugKind value:drug-kind.monoclonal-antibody ; dualbio:hasTarget target:cd20 .
drug:belimumab a dualbio:Drug ; dualbio:key "belimumab" ; rdfs:label "belimumab"@en ; skos:altLabel "Benlysta"@en .
target:cd20 a dualbio:Target ; dualbio:key "cd20" ; rdfs:label "CD20"@en ;
  skos:exactMatch <http://purl.uniprot.org/uniprot/P11836> .
disease:sle a dualbio:Disease ; dualbio:key "sle" ; rdfs:label "systemic lupus erythematosus"@en , "系统性红斑狼疮"@zh ;
  skos:altLabel "lupus"@en ; dualbio:abbreviation "SLE" ; dcterms:identifier "MONDO:0007915" .
study:one a dualbio:Study ; dualbio:key "one" ; rdfs:label "ONE-LUPUS"@en ; dualbio:registryId "NCT00000001" ;
  dcterms:description "A trial of rituximab; the infections were few."@en ; dualbio:disease disease:sle ;
  dualbio:hasSource source:one.s1 .
source:one.s1 a dualbio:Source ; dualbio:key "s1" ; rdfs:label "ONE-LUPUS s1: Olbjørn 2020"@en ;
  dualbio:pmid "39159997" ; dualbio:doi "10.1000/one" ; dualbio:independence value:independence.primary .
query:safety.serious-infections a sh:SPARQLExecutable ; dualbio:key "safety/serious-infections" ;
  rdfs:label "How many serious infections were there?"@en ; dcat:keyword "harm"@en .
query:safety.serious-infections.c1 rdfs:comment "a column has no page" .
result:one.r001 a dualbio:Result ; dualbio:key "r001" ; rdfs:label "ONE-LUPUS r001: serious infection, rituximab"@en .
mapping:m1 rdfs:label "rituximab to CHEMBL1201576"@en .
"""


@pytest.fixture(scope="session")
def world() -> EmbeddedStore:
    """That world as a store."""
    store = ox.Store()
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    graph = ox.NamedNode("https://w3id.org/dualbio/graph/entities")
    store.load((prefixes + _DATA).encode(), ox.RdfFormat.TURTLE, to_graph=graph)
    return EmbeddedStore(store)


@pytest.fixture(scope="session")
def index(world: EmbeddedStore) -> SearchIndex:
    """Its index."""
    return SearchIndex.of(world)
