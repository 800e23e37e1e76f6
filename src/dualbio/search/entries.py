"""The content of the search index: each thing with its names, related things and texts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, LOCAL, VOCABULARY, compress, kind_of, own_folder, term
from dualbio.search.kinds import KIND_ORDER
from dualbio.search.names import Name, Selecting, names_of
from dualbio.search.words import compact

__all__ = ["Entry", "Form", "entries_of", "retold"]

#: Names of their own, and names that they share with what they stand beside.
_OWN, _SHARED = 0, 1
_SHARED_FROM = 5
#: Sorts of names, the preferred one first.
_RANKS = ("label", "synonym", "abbreviation", "name", "identifier", "near identifier", "source", "key")

_TEXTS = """
SELECT ?node ?text ?as WHERE {
  VALUES (?property ?as) {
    (skos:definition "description") (dcterms:description "description") (dualbio:statement "description")
    (dualbio:eventDefinition "description") (dualbio:eligibility "note") (dualbio:reportedAs "note")
    (dualbio:edgeContext "note") (dualbio:period "note") (dualbio:shortLabel "note") (dualbio:journal "note")
    (dualbio:firstAuthor "note") (skos:note "note")
  }
  ?node ?property ?text
}
"""
#: What things are about, by the words for it.
_ABOUT = """
SELECT DISTINCT ?node ?text WHERE {
  {
    VALUES ?link {
      dualbio:drug dualbio:disease dualbio:withinDisease dualbio:mechanism dualbio:hasTarget dualbio:measures
      dualbio:studiesPair dualbio:mechanismPair dualbio:outcome dualbio:study
    }
    ?node ?link ?other . ?other rdfs:label|dualbio:abbreviation ?text
    FILTER NOT EXISTS { ?node a dualbio:EvidenceRow }
  } UNION { ?node a sh:SPARQLExecutable ; dcat:keyword ?text }
}
"""
#: The graph that says what a folder of own evidence is.
_OWN_GRAPH = f'?graph a prov:Entity FILTER (STRSTARTS(STR(?graph), "{BASE}graph/{LOCAL}"))'
#: An antibody is called after what it is against.
_AGAINST = """
SELECT DISTINCT ?node ?text WHERE {
  VALUES ?kind { value:drug-kind.monoclonal-antibody value:drug-kind.bispecific-antibody }
  ?node dualbio:drugKind ?kind ; dualbio:hasTarget ?target .
  ?target rdfs:label|skos:altLabel ?name FILTER (LANG(?name) != "zh")
  BIND (CONCAT("anti-", STR(?name)) AS ?text)
}
"""


#: The properties over which something is found by what is said of another thing, and those that say it.
_LINKS = frozenset(
    term(name.partition(":")[2] if name.startswith("dualbio:") else name)
    for name in ("dualbio:hasSource", "skos:exactMatch", *re.findall(r"dualbio:\w+", _ABOUT.partition("}")[0]))
)
_NAMES = frozenset(
    map(term, ("rdfs:label", "abbreviation", "skos:altLabel", "pmid", "pmcid", "doi", "independence", "IAO:0100001"))
)


class Form(NamedTuple):
    """A spelling that is looked up as a whole.

    `shared` says whether the name belongs to what stands beside, `kind` what sort of name it is, and `rank` which of
    two names with one spelling is reported.
    """

    spelling: str
    shared: int
    rank: int
    text: str
    kind: str


@dataclass(slots=True)
class Entry:
    """A thing with its kind, and all that is searched of it; `names` are the labels and names that people read.

    `own` says that it is of a user's own evidence, and not of dualbio.
    """

    iri: str
    kind: str
    labels: set[tuple[str, str]] = field(default_factory=set)
    forms: set[Form] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    about: set[str] = field(default_factory=set)
    description: set[str] = field(default_factory=set)
    note: set[str] = field(default_factory=set)
    own: bool = False

    @property
    def label(self) -> str:
        """The English label, or else the first in the order of languages."""
        return min(self.labels, key=lambda each: (each[0] != "en", each))[1]

    @property
    def order(self) -> tuple[int, str]:
        """Where the thing stands among all: by its kind, then by its name."""
        return KIND_ORDER[self.kind], self.iri

    def call(self, name: str, kind: str, *, shared: int = _OWN) -> None:
        """Add a spelling of a name."""
        if spelling := compact(name):
            self.forms.add(Form(spelling, shared, _RANKS.index(kind), name, kind))


def entries_of(store: Selecting, only: Collection[str] | None = None) -> list[Entry]:
    """Return all that has a label and is of a kind that is found, in the order of kinds, or of those IRIs `only`."""
    entries: dict[str, Entry] = {}
    for name in names_of(store, only):
        kind = _kind(name.iri)
        if kind:
            _name(entries.setdefault(name.iri, Entry(name.iri, kind)), name)
    named = {iri: entry for iri, entry in entries.items() if entry.labels}
    for iri, text, column in _texts(store, only):
        if iri in named:
            getattr(named[iri], column).add(" ".join(text.split()))
    for iri in _own_things(store) & named.keys():
        named[iri].own = True
    for entry in named.values():
        _call_by_key(entry)
    return sorted(named.values(), key=lambda entry: entry.order)


def _own_things(store: Selecting) -> set[str]:
    """Return the IRIs of what is of own evidence alone; most releases have none."""
    if not any(True for _ in store.select(f"SELECT ?graph {{ {_OWN_GRAPH} }} LIMIT 1")):
        return set()
    graphs = defaultdict(list)
    for row in store.select("SELECT DISTINCT ?node ?graph { GRAPH ?graph { ?node a ?class } }"):
        graphs[row["node"].value].append(row["graph"].value.removeprefix(f"{BASE}graph/"))
    return {iri for iri, names in graphs.items() if own_folder(names)}


def _kind(iri: str) -> str | None:
    if iri.startswith(VOCABULARY):
        return "term"
    kind = kind_of(iri)
    return kind if kind in KIND_ORDER else None


def _name(entry: Entry, name: Name) -> None:
    """Add a name as it may be looked up, and, where it is one of words, to the words of the thing."""
    if name.kind == "key" and not entry.iri.endswith(f"/{name.text}"):
        return  # the key of a row within its study: its whole key is in its IRI
    shared = _SHARED if name.rank >= _SHARED_FROM else _OWN
    entry.call(name.text, name.kind, shared=shared)
    if name.kind.endswith("identifier"):
        entry.call(name.text.rpartition("/")[2].rpartition(":")[2], name.kind, shared=shared)
    if name.kind == "label":
        entry.labels.add((name.language, name.text))
    if name.kind in ("label", "synonym", "abbreviation"):
        entry.names.add(name.text)


def _texts(store: Selecting, only: Collection[str] | None) -> Iterator[tuple[str, str, str]]:
    """Yield node, text and the column that it belongs to."""
    nodes = "" if only is None else f"VALUES ?node {{ {' '.join(f'<{iri}>' for iri in sorted(only))} }}"
    for node, text, column in store.select(_TEXTS.replace("WHERE {", f"WHERE {{ {nodes}", 1)):
        yield node.value, text.value, column.value
    for query, column in ((_ABOUT, "about"), (_AGAINST, "names")):
        for node, text in store.select(query.replace("WHERE {", f"WHERE {{ {nodes}", 1)):
            yield node.value, text.value, column


def retold(store: ox.Store, changed: Iterable[ox.Triple]) -> set[str]:
    """Return the IRIs of what may be searched otherwise when triples came to a store, or went from it."""
    touched: set[object] = set()
    for triple in changed:
        touched.add(triple.subject)
        if triple.predicate in _NAMES:
            for link in _LINKS:
                quads = store.quads_for_pattern(None, link, triple.subject, None)
                touched.update(quad.subject for quad in quads)
    return {node.value for node in touched if isinstance(node, ox.NamedNode)}


def _call_by_key(entry: Entry) -> None:
    """Let a thing be looked up by the names that its IRI has, and an antibody by what it is against."""
    key = entry.iri.removeprefix(VOCABULARY).removeprefix(BASE).removeprefix(f"{entry.kind}/")
    entry.call(key, "key")
    entry.call(compress(entry.iri), "key")
    if entry.kind == "query":
        entry.call(key.partition(".")[2], "key")
    for name in entry.names:
        if name.startswith("anti-"):
            entry.call(name, "name", shared=_SHARED)
