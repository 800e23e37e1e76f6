"""A copy of the real sources that a test may break, and a folder of releases built from the intact ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dualbio.compose import compose_release
from dualbio.release import Release
from dualbio.resources import Sources, shipped_sources
from workshop import Workshop


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the real sources, built once."""
    return compose_release(shipped_sources(), tmp_path_factory.mktemp("releases"))


@pytest.fixture
def workshop(tmp_path: Path, release: Release) -> Workshop:
    """Sources that may be broken, beside a release that was built from them before."""
    shipped = shipped_sources()
    shutil.copytree(shipped.ontology, tmp_path / "ontology")
    shutil.copytree(shipped.queries, tmp_path / "queries")
    releases = tmp_path / "releases"
    shutil.copytree(release.folder.parent, releases, symlinks=True)
    return Workshop(Sources(tmp_path / "ontology", tmp_path / "queries"), releases)
