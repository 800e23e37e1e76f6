"""The release of the real sources, the saved queries over it, and the answer of each with its defaults."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dualbio.queries import Library, QueryResult, Resolver, answer_default
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from real import real_release

Answer = Callable[[str], QueryResult]


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the sources as they are; built here unless it was built before."""
    return real_release(tmp_path_factory)


@pytest.fixture(scope="session")
def store(release: Release) -> EmbeddedStore:
    """The release in memory."""
    return EmbeddedStore.in_memory(release.files)


@pytest.fixture(scope="session")
def resolver(store: EmbeddedStore) -> Resolver:
    """The names of everything in the release."""
    return Resolver(store)


@pytest.fixture(scope="session")
def library() -> Library:
    """The saved queries."""
    return Library.read(shipped_sources().queries)


@pytest.fixture(scope="session")
def answer(release: Release, library: Library, store: EmbeddedStore, resolver: Resolver) -> Answer:
    """A function that answers a saved query with its defaults; each query runs once."""
    kept: dict[str, QueryResult] = {}

    def ask(name: str) -> QueryResult:
        if name not in kept:
            kept[name] = answer_default(library.find(name), store, resolver, release=release.id)
        return kept[name]

    return ask
