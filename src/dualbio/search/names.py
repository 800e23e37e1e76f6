"""The names of a thing: keys, labels in any language, synonyms, abbreviations, external identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, compress
from dualbio.model.rdf_terms import GroundTerm

__all__ = ["Name", "Selecting", "names_of"]

#: Every name that an individual goes by; the rank says which names win over which (1 is the strongest).
_NAMES = f"""
SELECT DISTINCT ?node ?rank ?name ?as WHERE {{
  VALUES (?property ?rank ?as) {{
    (dualbio:key 1 "key") (rdfs:label 2 "label") (skos:altLabel 3 "synonym") (dualbio:abbreviation 3 "abbreviation")
    (dualbio:registryId 3 "identifier") (dualbio:pmid 3 "identifier") (dualbio:pmcid 3 "identifier")
    (dualbio:doi 3 "identifier") (dcterms:identifier 4 "identifier") (skos:exactMatch 4 "identifier")
    (skos:closeMatch 5 "near identifier")
  }}
  ?node ?property ?name
  FILTER (STRSTARTS(STR(?node), "{BASE}"))
}}
"""
#: Withdrawn outside terms still lead to what their successors mean.
_WITHDRAWN = """
SELECT DISTINCT ?node ?rank ?name ?as WHERE {
  ?name IAO:0100001 ?successor . ?node skos:exactMatch ?successor . BIND (5 AS ?rank) BIND ("identifier" AS ?as)
}
"""
#: Sources stand beside their study: a publication's number finds the study too.
_PUBLICATIONS = """
SELECT DISTINCT ?node ?rank ?name ?as WHERE {
  ?node dualbio:hasSource ?source . ?source dualbio:pmid|dualbio:pmcid|dualbio:doi ?name .
  ?source dualbio:independence ?independence
  FILTER (?independence != value:independence.secondary)
  BIND (5 AS ?rank) BIND ("source" AS ?as)
}
"""


class Selecting(Protocol):
    """A store as far as names are concerned."""

    def select(self, text: str, /) -> ox.QuerySolutions:
        """Return the rows of a SELECT query."""


class Name(NamedTuple):
    """A name of the thing `iri`: `kind` says what sort of name it is, `rank` how strong."""

    iri: str
    rank: int
    kind: str
    value: GroundTerm

    @property
    def language(self) -> str:
        """The language of the name, as a tag; empty where it has none."""
        return (self.value.language or "") if isinstance(self.value, ox.Literal) else ""

    @property
    def text(self) -> str:
        """The name as people read it: an outside IRI as its CURIE."""
        return compress(self.value.value) if isinstance(self.value, ox.NamedNode) else self.value.value

    def forms(self) -> Iterator[str]:
        """Yield the forms in which it may be given: an outside IRI also as CURIE, with and without its prefix."""
        yield self.value.value
        if isinstance(self.value, ox.NamedNode):
            head, tail = re.fullmatch(r"(.*[/#])(.*)", self.value.value, re.DOTALL).groups()  # type: ignore[union-attr]
            if "_" in tail:
                yield tail.replace("_", ":", 1)
            else:
                yield tail
                yield from (f"{word}:{tail}" for word in re.findall(r"[a-z]{3,}", head.lower()))


def names_of(store: Selecting, only: Iterable[str] | None = None) -> Iterator[Name]:
    """Yield every name of every individual of a release and every term of its vocabulary, or of those IRIs `only`."""
    nodes = "" if only is None else f"VALUES ?node {{ {' '.join(f'<{iri}>' for iri in only)} }}"
    for text in (_NAMES, _WITHDRAWN, _PUBLICATIONS):
        for node, rank, name, kind in store.select(text.replace("WHERE {", f"WHERE {{ {nodes}", 1)):
            yield Name(node.value, int(rank.value), kind.value, name)
