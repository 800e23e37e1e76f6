"""The Python face: open a release and ask it.

>>> import dualbio
>>> db = dualbio.open()  # doctest: +SKIP
>>> db.query("b-cell-targeting-drugs").rows  # doctest: +SKIP
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.release import Extension, Progress, ensure_release
from dualbio.describe import Description, describe
from dualbio.errors import NotFoundError
from dualbio.namespaces import KINDS, expand, individual
from dualbio.queries import Library, Resolver, Result, run
from dualbio.release import Release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio.why import Derivation, explain

__all__ = ["EXTENSIONS", "Database", "open_database"]

#: What upper floors add to a release while it is built.
EXTENSIONS: tuple[Extension, ...] = ()


class Database:
    """A release in memory, with the saved queries that belong to it."""

    def __init__(self, release: Release, queries: Path) -> None:
        """Open `release`; `queries` is the folder of saved queries."""
        self.release = release
        self._folder = queries

    @cached_property
    def store(self) -> EmbeddedStore:
        """The data, loaded on first use."""
        return EmbeddedStore.in_memory(self.release.graphs)

    @cached_property
    def queries(self) -> Library:
        """The saved queries by name."""
        return Library.read(self._folder)

    @cached_property
    def resolver(self) -> Resolver:
        """Finds entities by IRI, CURIE, key, label, synonym or outside id."""
        return Resolver(self.store)

    def query(self, name: str, **params: object) -> Result:
        """Run a saved query.

        Args:
            name: `topic/name`, or the name alone.
            params: values of its parameters; what is left out takes its default.

        Raises:
            NotFoundError: no such query.
            ParameterError: a value does not fit its parameter.
        """
        return run(self.queries[name], self.store, params, resolver=self.resolver, release=self.release.id)

    def sparql(self, text: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        """Evaluate a SPARQL query over the whole release; the prefix table is known.

        Raises:
            StoreError: the query is not SPARQL.
        """
        return self.store.query(text)

    def find(self, text: str) -> ox.NamedNode:
        """Return the entity that `text` names: an IRI, a CURIE, or a key, label, synonym or id of any kind.

        Raises:
            NotFoundError: nothing, or more than one thing, is called so.
        """
        if text.startswith(("http://", "https://")):
            return ox.NamedNode(text)
        head, _, rest = text.partition(":")
        if rest:
            return individual(head, rest) if head in KINDS else ox.NamedNode(expand(text))
        return self.resolver.find(text)

    def describe(self, text: str) -> Description:
        """Return everything known about an entity.

        Raises:
            NotFoundError: nothing is known under that name.
        """
        node = self.find(text)
        found = describe(self.store, node)
        if found is None:
            raise NotFoundError(f"nothing is known about {node}")
        return found

    def why(self, subject: str, predicate: str, obj: str, *, limit: int = 1) -> list[Derivation]:
        """Return how a triple was inferred: derivation trees down to asserted triples, at most `limit`."""
        triple = ox.Triple(self.find(subject), self.find(predicate), self.find(obj))
        return explain(self.store.store, self.release.folder, triple, limit=limit)


def open_database(progress: Progress | None = None, settings: Settings | None = None) -> Database:
    """Open the release of the shipped (or configured) sources; build it on first use.

    Args:
        progress: called with the name of each stage when a release must be built.
        settings: by default read from `DUALBIO_*`.

    Raises:
        DataError: the sources do not conform, so that no release can be built.
    """
    settings = settings or Settings()
    release = ensure_release(settings.sources, settings.releases, progress, EXTENSIONS)
    return Database(release, settings.sources.queries)
