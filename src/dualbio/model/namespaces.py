"""Every IRI that dualbio mints or reuses: the base, the prefix table, and the kinds of individual.

The table `PREFIXES` is the only place where a prefix is bound; queries, exports and pages take it from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pyoxigraph import NamedNode

from dualbio.errors import DualbioError

__all__ = [
    "BASE",
    "DEFINITIONS",
    "GRAPHS",
    "KINDS",
    "LICENCE",
    "LOCAL",
    "PREFIXES",
    "VOCABULARY",
    "compress",
    "expand",
    "graph_iri",
    "individual",
    "own_folder",
    "term",
]

BASE = "https://w3id.org/dualbio/"
VOCABULARY = f"{BASE}ontology#"

#: The licence of ontology, evidence and queries, and of all that is made from them: CC BY 4.0.
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
#: Properties that hold the definition of a term, ours before those of reused terms.
DEFINITIONS = ("skos:definition", "IAO:0000115")

#: Kinds of individual; each is a prefix, a namespace under the base, and a route of the server.
KINDS: tuple[str, ...] = (
    "ae",
    "aim",
    "arm",
    "bias-assessment",
    "biomarker",
    "candidate",
    "cell",
    "comparison",
    "contrast",
    "core-outcome",
    "coverage",
    "disease",
    "drug",
    "drug-class",
    "edge",
    "effect",
    "estimate",
    "finding",
    "gap",
    "interaction",
    "lesson",
    "mapping",
    "measure",
    "mechanism",
    "outcome",
    "overlap",
    "pair",
    "planned-outcome",
    "pool",
    "process",
    "query",
    "regimen",
    "result",
    "review",
    "review-input",
    "source",
    "step",
    "study",
    "support",
    "target",
    "unit",
    "value",
    "verification",
)

#: Named graphs that every release has, apart from one `study/<id>` per study.
GRAPHS: tuple[str, ...] = (
    "ontology",
    "entities",
    "lessons",
    "mappings",
    "alternates",
    "inferred",
    "synthesis",
    "provenance",
    "catalogue",
)

#: Graphs whose names begin so hold a user's own evidence; the folder's name is the next word.
LOCAL = "local/"
#: The next word of the graph with what reasoning adds to own evidence, which is no folder.
_LOCAL_INFERRED = "inferred"

PREFIXES: dict[str, str] = {
    "dualbio": VOCABULARY,
    **{kind: f"{BASE}{kind}/" for kind in KINDS},
    "graph": f"{BASE}graph/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "void": "http://rdfs.org/ns/void#",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "prov": "http://www.w3.org/ns/prov#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "schema": "https://schema.org/",
    "vann": "http://purl.org/vocab/vann/",
    "BFO": "http://purl.obolibrary.org/obo/BFO_",
    "CL": "http://purl.obolibrary.org/obo/CL_",
    "CTO": "http://purl.obolibrary.org/obo/CTO_",
    "ECO": "http://purl.obolibrary.org/obo/ECO_",
    "GO": "http://purl.obolibrary.org/obo/GO_",
    "HP": "http://purl.obolibrary.org/obo/HP_",
    "IAO": "http://purl.obolibrary.org/obo/IAO_",
    "MONDO": "http://purl.obolibrary.org/obo/MONDO_",
    "OAE": "http://purl.obolibrary.org/obo/OAE_",
    "OBI": "http://purl.obolibrary.org/obo/OBI_",
    "RO": "http://purl.obolibrary.org/obo/RO_",
    "SEVCO": "https://fevir.net/sevco#SEVCO:",
    "SEPIO": "http://purl.obolibrary.org/obo/SEPIO_",
    "SIO": "http://semanticscience.org/resource/SIO_",
    "STATO": "http://purl.obolibrary.org/obo/STATO_",
    "DOID": "http://purl.obolibrary.org/obo/DOID_",
    "EFO": "http://www.ebi.ac.uk/efo/EFO_",
    "NCIT": "http://purl.obolibrary.org/obo/NCIT_",
    "PR": "http://purl.obolibrary.org/obo/PR_",
    "CHEBI": "http://purl.obolibrary.org/obo/CHEBI_",
    "semapv": "https://w3id.org/semapv/vocab/",
    "MESH": "http://id.nlm.nih.gov/mesh/",
    "Orphanet": "http://www.orpha.net/ORDO/Orphanet_",
    "CHEMBL": "http://identifiers.org/chembl.compound/",
    "DRUGBANK": "http://www.drugbank.ca/drugs/",
    "ATC": "http://identifiers.org/atc/",
    "UNII": "http://fdasis.nlm.nih.gov/srs/unii/",
    "UNIPROT": "http://purl.uniprot.org/uniprot/",
    "HGNC": "http://identifiers.org/hgnc/",
    "NCBIGene": "http://www.ncbi.nlm.nih.gov/gene/",
    "RXNORM": "http://purl.bioontology.org/ontology/RXNORM/",
    "UMLS": "https://uts.nlm.nih.gov/uts/umls/concept/",
    "ICD10WHO": "https://icd.who.int/browse10/2019/en#/",
    "ICD10CM": "http://purl.bioontology.org/ontology/ICD10CM/",
    "bioregistry": "https://bioregistry.io/registry/",
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/",
    "clinicaltrials": "https://clinicaltrials.gov/study/",
    "doi": "https://doi.org/",
    "sssom": "https://w3id.org/sssom/",
    "wikidata": "http://www.wikidata.org/entity/",
}


_PREFIX_OF = {namespace: prefix for prefix, namespace in PREFIXES.items()}
#: A namespace at the beginning of an IRI, the longest that fits.
_NAMESPACE = re.compile("|".join(map(re.escape, sorted(_PREFIX_OF, key=len, reverse=True))))


def expand(curie: str) -> str:
    """Return the IRI of a CURIE of the prefix table.

    >>> expand("drug:rituximab")
    'https://w3id.org/dualbio/drug/rituximab'
    """
    prefix, colon, name = curie.partition(":")
    if not colon or prefix not in PREFIXES:
        raise DualbioError(f"'{curie}' has no prefix of the prefix table; accepted: {', '.join(sorted(PREFIXES))}")
    return PREFIXES[prefix] + name


def compress(iri: str) -> str:
    """Return the CURIE of an IRI, or the IRI itself when no prefix fits.

    >>> compress("https://w3id.org/dualbio/ontology#Arm")
    'dualbio:Arm'
    """
    found = _NAMESPACE.match(iri)
    return f"{_PREFIX_OF[found[0]]}:{iri[found.end() :]}" if found else iri


@cache
def term(name: str) -> NamedNode:
    """Return the node of a vocabulary name: a local name of `dualbio:`, or a CURIE of another prefix."""
    return NamedNode(expand(name) if ":" in name else VOCABULARY + name)


def individual(kind: str, key: str) -> NamedNode:
    """Return the node of the individual `key` of `kind`.

    >>> individual("arm", "bliss-believe.bel-rtx").value
    'https://w3id.org/dualbio/arm/bliss-believe.bel-rtx'
    """
    if kind not in KINDS:
        raise DualbioError(f"'{kind}' is not a kind of individual; accepted: {', '.join(KINDS)}")
    return NamedNode(f"{BASE}{kind}/{key}")


def kind_of(iri: str) -> str:
    """Return the kind that the IRI of an individual shows; of any other IRI, nothing that is a kind.

    >>> kind_of("https://w3id.org/dualbio/arm/bliss-believe.bel-rtx")
    'arm'
    """
    return iri.removeprefix(BASE).partition("/")[0]


def key_of(iri: str) -> str:
    """Return the key of an individual by its IRI; of a controlled value with its scheme.

    >>> key_of("https://w3id.org/dualbio/arm/bliss-believe.bel-rtx")
    'bliss-believe.bel-rtx'
    """
    return iri.removeprefix(BASE).partition("/")[2]


def graph_iri(name: str) -> NamedNode:
    """Return the node of the named graph `name`, such as `entities` or `study/bliss-believe`."""
    return NamedNode(f"{BASE}graph/{name}")


def own_folder(graphs: Iterable[str]) -> str | None:
    """Return the folder of own evidence whose graphs these are; None where one of them is of dualbio itself.

    Args:
        graphs: the short names of the graphs that speak of a thing.

    >>> own_folder(["local/mine/study/x", "local/inferred"]), own_folder(["local/inferred"])
    ('mine', 'own evidence')
    >>> own_folder(["local/mine/study/x", "study/x"])
    """
    names = list(graphs)
    if not names or not all(name.startswith(LOCAL) for name in names):
        return None
    folders = {name.removeprefix(LOCAL).partition("/")[0] for name in names} - {_LOCAL_INFERRED}
    return " and ".join(sorted(folders)) or "own evidence"
