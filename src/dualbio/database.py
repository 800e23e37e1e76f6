"""The Python face: open a release and ask it; `dualbio.client` asks one behind HTTP the same things.

>>> import dualbio
>>> db = dualbio.open()  # doctest: +SKIP
>>> db.query("b-cell-targeting-drugs").rows  # doctest: +SKIP
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from dualbio.describe import Description, describe
from dualbio.errors import NotFoundError, ParameterError
from dualbio.namespaces import KINDS, PREFIXES, compress, expand
from dualbio.queries import Library, Queryable, Resolver, Result, SavedQuery, run_query
from dualbio.release import Release, find_release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore

if TYPE_CHECKING:
    from dualbio.build.release import Progress
    from dualbio.why import Derivation

__all__ = ["Access", "Database", "open_database"]

#: Kinds that a bare name is looked for among first: the drug before the arms that are called after it.
_BEST_KNOWN = (
    "drug",
    "disease",
    "study",
    "target",
    "mechanism",
    "outcome",
    "ae",
    "biomarker",
    "cell",
    "process",
    "pair",
)


class Access(ABC):
    """What a release can be asked, wherever it is."""

    @property
    @abstractmethod
    def store(self) -> Queryable:
        """The data, as something that answers SPARQL."""

    @property
    @abstractmethod
    def queries(self) -> Mapping[str, SavedQuery]:
        """The saved queries by name."""

    @property
    @abstractmethod
    def release_id(self) -> str | None:
        """The id of the release that answers; None where the store does not tell."""

    @abstractmethod
    def query(self, name: str, **params: object) -> Result:
        """Run a saved query.

        Args:
            name: `topic/name`, or the name alone.
            params: values of its parameters; what is left out takes its default.

        Raises:
            NotFoundError: no such query.
            ParameterError: a value does not fit its parameter.
        """

    @abstractmethod
    def describe(self, text: str) -> Description:
        """Return everything known about an entity.

        Raises:
            NotFoundError: nothing is known under that name.
        """

    @abstractmethod
    def why(self, subject: str, predicate: str, obj: str, *, limit: int = 1) -> list[Derivation]:
        """Return how a triple was inferred: derivation trees down to asserted triples, at most `limit`.

        Raises:
            NotFoundError: the triple is neither asserted nor inferred.
        """

    @cached_property
    def resolver(self) -> Resolver:
        """Finds entities by IRI, CURIE, key, label, synonym or outside id."""
        return Resolver(self.store)

    def sparql(self, text: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        """Evaluate a SPARQL query over the whole release; the prefix table is known.

        Raises:
            StoreError: the query is not SPARQL.
        """
        answer: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples = self.store.query(text)
        return answer

    def find(self, text: str) -> ox.NamedNode:
        """Return the entity or term that `text` names: an IRI, a CURIE, or a key, label, synonym or outside id.

        Raises:
            ParameterError: nothing, or more than one thing, is called so.
        """
        prefix, _, name = text.partition(":")
        if prefix in PREFIXES and prefix not in KINDS and name:
            return ox.NamedNode(expand(text))
        for kind in _BEST_KNOWN:
            with suppress(ParameterError):
                return self.resolver.resolve(text, kind)
        return self.resolver.resolve(text)

    def search(self, text: str, *, limit: int = 20) -> list[tuple[str, str, str]]:
        """Return entities with all words of `text`: CURIE, label, and the text that has the words; labels first."""
        words = text.lower().split()
        tests = " && ".join(f"CONTAINS(LCASE(STR(?found)), {ox.Literal(word)})" for word in words) or "false"
        solutions = self.sparql(_SEARCH.replace("{tests}", tests))
        hits: dict[str, tuple[str, str, str]] = {}
        for row in solutions:  # type: ignore[union-attr]
            iri, label, found = (term.value for term in row)
            hits.setdefault(iri, (compress(iri), label, found))
            if len(hits) == limit:
                break
        return list(hits.values())


class Database(Access):
    """A release in memory, with the saved queries that belong to it."""

    def __init__(self, release: Release, *queries: Path, store: EmbeddedStore | None = None) -> None:
        """Open `release`; `queries` are the folders of saved queries, `store` its data where that is loaded already."""
        self.release = release
        self._folders = queries
        self._store = store

    @property
    def store(self) -> EmbeddedStore:
        """The data, loaded on first use."""
        if self._store is None:
            self._store = EmbeddedStore.in_memory(self.release.graphs)
        return self._store

    @cached_property
    def queries(self) -> Library:
        """The saved queries by name."""
        return Library.read(*self._folders)

    @property
    def release_id(self) -> str:
        """The id of the release."""
        return self.release.id

    def query(self, name: str, **params: object) -> Result:  # noqa: D102 - as `Access` says
        saved = self.queries.find(name)
        return run_query(saved, self.store, params, resolver=self.resolver, release=self.release.id)

    def describe(self, text: str) -> Description:  # noqa: D102 - as `Access` says
        node = self.find(text)
        found = describe(self.store, node)
        if found is None:
            raise NotFoundError(f"nothing is known about {node}")
        return found

    def why(self, subject: str, predicate: str, obj: str, *, limit: int = 1) -> list[Derivation]:  # noqa: D102
        start, name = self.find(subject), self.find(predicate)
        told = (quad.object for quad in self.store.store.quads_for_pattern(start, name, None, None))
        literal = next((node for node in told if isinstance(node, ox.Literal) and node.value == obj), None)
        triple = ox.Triple(start, name, literal or self.find(obj))
        from dualbio.why import explain  # noqa: PLC0415 - reads rules, which takes its time

        return explain(self.store.store, self.release.folder, triple, limit=limit)


_SEARCH = """
SELECT ?entity ?label ?found WHERE {
  VALUES (?property ?rank) {
    (rdfs:label 1) (skos:altLabel 2) (dualbio:abbreviation 2) (skos:definition 3) (dcterms:description 3)
    (dualbio:statement 3) (dualbio:registryId 2) (dualbio:pmid 2) (dualbio:reportedAs 4) (skos:note 5)
  }
  ?entity ?property ?found .
  FILTER ({tests})
  ?entity rdfs:label ?label .
  FILTER (LANG(?label) IN ("", "en") && STRSTARTS(STR(?entity), "https://w3id.org/dualbio/"))
}
ORDER BY ?rank STRLEN(?found) ?entity
"""


def open_database(progress: Progress | None = None, settings: Settings | None = None) -> Database:
    """Open the release of the shipped (or configured) sources; build it on first use.

    Args:
        progress: called with the name of each stage when a release must be built.
        settings: by default read from `DUALBIO_*`.

    Raises:
        DataError: the sources do not conform, so that no release can be built.
    """
    settings = settings or Settings()
    release = find_release(settings.releases, settings.sources.digest)
    if release is None:
        from dualbio.compose import compose_release  # noqa: PLC0415 - only when there is something to build

        release = compose_release(settings.sources, settings.releases, progress)
    return Database(release, *settings.query_folders)
