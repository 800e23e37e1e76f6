"""The release of the shipped sources, built once for all tests of this folder."""

from __future__ import annotations

import pytest

from dualbio.compose import compose_release
from dualbio.release import Release
from dualbio.resources import shipped_sources
from dualbio.store.embedded import EmbeddedStore


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the shipped sources; who changes a file of it puts it back."""
    return compose_release(shipped_sources(), tmp_path_factory.mktemp("curation"))


@pytest.fixture(scope="session")
def store(release: Release) -> EmbeddedStore:
    """The release in memory."""
    return EmbeddedStore.in_memory(release.graphs)
