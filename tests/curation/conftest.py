"""The release of the shipped sources, for all tests of this folder."""

from __future__ import annotations

import pytest

from dualbio.release.folder import Release
from dualbio.store.embedded import EmbeddedStore
from real import real_release


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the shipped sources; who changes a file of it copies it before."""
    return real_release(tmp_path_factory)


@pytest.fixture(scope="session")
def store(release: Release) -> EmbeddedStore:
    """The release in memory."""
    return EmbeddedStore.in_memory(release.files)
