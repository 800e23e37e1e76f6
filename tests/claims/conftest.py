"""The real release, opened once, and a way to ask it."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox
import pytest

from dualbio.database import Database
from dualbio.model.namespaces import compress
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from real import real_release

__all__ = ["Ask"]

#: Returns the rows of a SELECT query: names as CURIEs, literals as text, nothing as an empty string.
Ask = Callable[[str], list[tuple[str, ...]]]


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the sources as they are."""
    return real_release(tmp_path_factory)


@pytest.fixture(scope="session")
def store(release: Release) -> EmbeddedStore:
    """The release in memory."""
    return EmbeddedStore.in_memory(release.files)


@pytest.fixture(scope="session")
def ask(store: EmbeddedStore) -> Ask:
    """The rows of a query over the whole release, sorted."""

    def rows(query: str) -> list[tuple[str, ...]]:
        answer = store.query(query)
        assert isinstance(answer, ox.QuerySolutions)
        return sorted({tuple(_text(row[name.value]) for name in answer.variables) for row in answer})

    return rows


def _text(node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    if node is None:
        return ""
    if isinstance(node, ox.NamedNode):
        return compress(node.value)
    assert isinstance(node, ox.Literal)
    return node.value


@pytest.fixture(scope="session")
def database(release: Release, store: EmbeddedStore) -> Database:
    """Return the same release as users of Python have it."""
    return Database(release, shipped_sources().queries, store=store)
