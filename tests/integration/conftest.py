"""A copy of the real sources that a test may break, and a folder of releases built from the intact ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dualbio.release.folder import Release
from dualbio.sources.folders import SourceFolders, shipped_sources
from real import copied_release
from workshop import Workshop

CURATED = Path(__file__).resolve().parents[1] / "data" / "curated"


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the real sources, in a folder of its own."""
    return copied_release(tmp_path_factory)


@pytest.fixture
def invented(tmp_path: Path) -> SourceFolders:
    """A small invented world, with no rule and no saved query, which is built in a second."""
    shutil.copytree(CURATED, tmp_path / "curated")
    (tmp_path / "curated" / "rules").mkdir()
    (tmp_path / "queries").mkdir()
    return SourceFolders(tmp_path / "curated", tmp_path / "queries")


@pytest.fixture
def workshop(tmp_path: Path, release: Release) -> Workshop:
    """Sources that may be broken, beside a release that was built from them before."""
    shipped = shipped_sources()
    shutil.copytree(shipped.ontology, tmp_path / "ontology")
    shutil.copytree(shipped.queries, tmp_path / "queries")
    releases = tmp_path / "releases"
    shutil.copytree(release.folder.parent, releases, symlinks=True)
    return Workshop(SourceFolders(tmp_path / "ontology", tmp_path / "queries"), releases)
