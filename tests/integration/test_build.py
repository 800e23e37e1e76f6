"""Building a release of the real sources."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.build import package as building
from dualbio.build import release_files
from dualbio.build.package import build_release
from dualbio.errors import ReleaseError
from dualbio.release.folder import Release, open_release
from dualbio.sources.folders import SourceFolders, shipped_sources
from dualbio.synthesis.kept_pools import KeptPools


def _rdf(release: Release) -> dict[str, str]:
    made = [release.folder / "rules.json", release.folder / "search.sqlite"]
    names = [*release.folder.rglob("*.nq"), *release.folder.glob("*.gz"), *made]
    return {str(p.relative_to(release.folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in names}


def test_two_builds_agree_byte_for_byte(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two builds of the same sources give the same bytes in every RDF file and the index, and one name.

    So does a third, which takes up every answer across studies that the second has left.
    """
    again = build_release(shipped_sources(), tmp_path)

    assert _rdf(release) == _rdf(again)
    assert release.id == again.id

    taken_up: list[bool] = []
    original = KeptPools.quads

    def noting(
        self: KeptPools, question: str, digest: str, studies: dict[str, str], make: Callable[[], Iterable[ox.Quad]]
    ) -> Iterable[ox.Quad]:
        taken_up.append(digest in self.known)
        return original(self, question, digest, studies, make)

    monkeypatch.setattr(KeptPools, "quads", noting)
    (tmp_path / ".sources.json").unlink()  # all is made anew
    assert release.id == build_release(shipped_sources(), tmp_path).id
    assert {True} == set(taken_up)


def test_manifest_counts_every_graph(release: Release) -> None:
    """The manifest's count of each graph is the number of lines of its file, and the total their sum."""
    counts = {
        str(path.relative_to(release.graphs).with_suffix("")): len(path.read_text(encoding="utf-8").splitlines())
        for path in release.graphs.rglob("*.nq")
    }

    assert counts == release.manifest["graphs"]
    assert sum(counts.values()) == release.manifest["triples"]


def test_disk_store_holds_what_the_files_hold(release: Release) -> None:
    """The Oxigraph store of a release has the quads of its N-Quads files (blank nodes under names of its own)."""
    files = ox.Store()
    for file in release.files:
        files.bulk_load(path=file, format=ox.RdfFormat.N_QUADS)

    disk = ox.Store.read_only(str(release.folder / "store"))

    assert len(files) == len(disk)
    named = [quad for quad in files if "_:" not in (str(quad.subject)[:2], str(quad.object)[:2])]
    assert len(named) > len(files) * 0.9
    assert all(quad in disk for quad in named)


def test_inferred_graph_holds_only_what_is_new(release: Release) -> None:
    """No inferred triple stands in an asserted graph as well."""
    asserted = {
        line.rpartition(" <")[0]
        for path in release.graphs.rglob("*.nq")
        if path.stem != "inferred"
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    inferred = {
        line.rpartition(" <")[0] for line in (release.graphs / "inferred.nq").read_text(encoding="utf-8").splitlines()
    }

    assert inferred
    assert set() == inferred & asserted


def test_no_triple_stands_in_two_graphs(release: Release) -> None:
    """The graphs of a release are disjoint, so their union counts each triple once."""
    lines = [
        line.rpartition(" <")[0]
        for path in release.graphs.rglob("*.nq")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "_:" not in line
    ]

    assert len(lines) == len(set(lines))


def test_altered_file_is_refused(release: Release, tmp_path: Path) -> None:
    """A release whose file differs from the manifest is not opened; the error names file and repair."""
    copy = replace(release, folder=shutil.copytree(release.folder, tmp_path / release.id))
    file = copy.graphs / "entities.nq"
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    with pytest.raises(ReleaseError, match=r"entities\.nq: SHA-256 .* repair: dualbio build"):
        open_release(copy.folder)


def test_crash_at_any_stage_leaves_the_old_release(invented: SourceFolders, tmp_path: Path) -> None:
    """When a build dies in a stage, `current` still names the sound release before it, and no draft is left."""
    old = build_release(invented, tmp_path)
    for stage in building.STAGES:

        def die(now: str, stage: str = stage) -> None:
            if now == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build_release(invented, tmp_path, die)

        assert old.id == open_release(tmp_path / "current").id
        assert [] == list(tmp_path.glob(".draft-*"))


@pytest.mark.parametrize("writer", ["write_derivations", "write_index", "load"])
def test_full_disk_is_told_and_leaves_the_old_release(
    writer: str, invented: SourceFolders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full while files are written gives one error, and the release before stays current."""
    old = build_release(invented, tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr(release_files, writer, full)
    (tmp_path / ".sources.json").unlink()  # all is made anew
    with pytest.raises(ReleaseError, match="No space left on device"):
        build_release(invented, tmp_path)

    assert old.id == open_release(tmp_path / "current").id


def test_manifest_names_its_own_inputs(release: Release) -> None:
    """The manifest keeps the digest of the sources, so that an unchanged checkout is not built twice."""
    manifest = json.loads((release.folder / "manifest.json").read_text(encoding="utf-8"))

    assert shipped_sources().digest == manifest["inputs"]
