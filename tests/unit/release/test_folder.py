"""A release on disk: what names it, what is loaded from it, and what a damaged one is answered with."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dualbio.errors import ReleaseError
from dualbio.export.rdf.graphs import graph_files
from dualbio.model.namespaces import BASE
from dualbio.release import folder as release_folder
from dualbio.release.diff import read_records
from dualbio.release.folder import (
    Release,
    content_digest,
    describe_files,
    find_release,
    kept_releases,
    make_current,
    mark_whole,
    open_release,
)
from dualbio.store.embedded import EmbeddedStore

SOURCE = Path(__file__).resolve().parents[3] / "src"
LINE = f'<{BASE}drug/{{}}> <http://www.w3.org/2000/01/rdf-schema#label> "x" <{BASE}graph/{{}}> .\n'
#: Writes the same derivations as the build does, and prints what would name the release.
NAMING = r"""
import gzip, sys
from pathlib import Path
from dualbio.release.folder import content_digest
folder = Path(sys.argv[1])
(folder / "graphs").mkdir(parents=True)
(folder / "graphs" / "entities.nq").write_text("<a> <b> \"\u00e9\" <g> .\n", encoding="utf-8")
(folder / "derivations.tsv.gz").write_bytes(gzip.compress(b"one\ttwo\n" * 999, mtime=0))
print(content_digest(folder))
"""


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """A release with one graph and a store, as its manifest tells."""
    folder = tmp_path / "releases" / "1.0-aaa"
    (folder / "graphs").mkdir(parents=True)
    (folder / "store").mkdir()
    (folder / "graphs" / "entities.nq").write_text(LINE.format("one", "entities"), encoding="utf-8")
    (folder / "store" / "000001.sst").write_bytes(b"data")
    (folder / "store" / "LOG").write_text("started", encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"files": describe_files(folder)}), encoding="utf-8")
    return open_release(folder)


def interpreters() -> list[str]:
    """Return one Python of each minor version that this machine has and the project supports."""
    folders = [*map(Path, os.get_exec_path()), *Path("~/.pyenv/versions").expanduser().glob("*/bin")]
    found = {f"3.{sys.version_info.minor}": sys.executable}
    for minor in range(11, 20):
        for folder in folders:
            python = folder / f"python3.{minor}"
            works = python.exists() and subprocess.run([python, "-c", ""], capture_output=True, check=False)
            if works and not works.returncode:
                found.setdefault(f"3.{minor}", str(python))
    return list(found.values())


@pytest.mark.slow
def test_the_name_of_a_release_does_not_depend_on_where_it_is_built(tmp_path: Path) -> None:
    """Every Python here gives the same data the same name, in any locale, time zone, rights, order of sets and path."""
    worlds = [
        {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"},
        {"LC_ALL": "C.UTF-8", "TZ": "America/Anchorage", "PYTHONHASHSEED": "2"},
    ]
    names = set()
    for number, python in enumerate(interpreters()):
        for world, mask in zip(worlds, (0o077, 0o002), strict=True):
            folder = tmp_path / f"{number} {mask:o} r\u00e9v" / "draft"
            done = subprocess.run(
                [python, "-c", NAMING, folder],
                env={**world, "PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"},
                umask=mask,
                capture_output=True,
                text=True,
                check=True,
            )
            names.add(done.stdout)

    assert 1 == len(names), names


def test_the_name_is_that_of_the_content(tmp_path: Path, release: Release) -> None:
    """How a file is compressed, and what the engine keeps, do not change the name; any other byte does."""
    names = {}
    for level in (1, 9):
        copy = Path(shutil.copytree(release.folder, tmp_path / str(level)))
        (copy / "derivations.tsv.gz").write_bytes(gzip.compress(b"one two" * 999, compresslevel=level, mtime=level))
        (copy / "store" / "000001.sst").write_bytes(bytes(level))
        names[level] = content_digest(copy)
        assert names[level] == content_digest(copy, describe_files(copy))
    assert names[1] == names[9]

    (tmp_path / "9" / "graphs" / "entities.nq").write_text(LINE.format("two", "entities"), encoding="utf-8")
    assert names[1] != content_digest(tmp_path / "9")


def test_what_the_manifest_does_not_name_is_not_loaded(release: Release) -> None:
    """A file that somebody put among the graphs is in no query, dump or difference."""
    (release.graphs / "zz.nq").write_text(LINE.format("intruder", "zz"), encoding="utf-8")
    (release.graphs / "study").mkdir()
    (release.graphs / "study" / "zz.nq").write_text(LINE.format("intruder", "study/zz"), encoding="utf-8")
    found = open_release(release.folder)

    assert [str(release.graphs / "entities.nq")] == list(found.files)
    assert 1 == len(EmbeddedStore.in_memory(found.files).store)
    assert ["entities"] == [graph.name for graph in graph_files(release.folder)]
    assert {f"{BASE}drug/one"} == {subject for subject, _ in read_records(release.folder)}


@pytest.mark.parametrize("name", ["000002.log", "CURRENT", "inner/000003.sst"])
def test_a_store_with_a_file_of_its_own_is_refused(release: Release, name: str) -> None:
    """The engine would read it without being told; what it only writes for people may be there."""
    (release.folder / "store" / "LOG.old.1").write_text("earlier", encoding="utf-8")
    open_release(release.folder)
    file = release.folder / "store" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"x")

    with pytest.raises(ReleaseError, match=f"{name}: the manifest does not name it; repair:"):
        open_release(release.folder)


@pytest.mark.parametrize("name", ["store/000001.sst", "graphs/entities.nq"])
def test_every_file_is_held_against_the_manifest(release: Release, name: str) -> None:
    """A flipped bit is told with the file and the repair, in the store too."""
    file = release.folder / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    with pytest.raises(ReleaseError, match=f"{name}: SHA-256 is .* repair: dualbio build"):
        open_release(release.folder)


def test_what_was_whole_is_not_read_again_while_nobody_touches_it(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start takes as long as the system needs to tell of the files, however large they are; so does each release."""
    other = release.folder.with_name("1.0-bbb")
    shutil.copytree(release.folder, other)
    mark_whole(release.folder.parent, release)
    mark_whole(release.folder.parent, open_release(other))

    monkeypatch.setattr(release_folder, "sha256_of", lambda _file: pytest.fail("a file was read"))

    assert ["1.0-aaa", "1.0-bbb"] == [open_release(each).id for each in (release.folder, other)]


@pytest.mark.parametrize("name", ["store/000001.sst", "graphs/entities.nq"])
def test_a_mark_ends_with_the_first_change(release: Release, name: str) -> None:
    """Neither the same size nor the old time of change hides what was written after a release was marked."""
    mark_whole(release.folder.parent, release)
    file = release.folder / name
    before, data = file.stat(), file.read_bytes()
    while file.stat().st_ctime_ns == before.st_ctime_ns:  # until the clock of the file system has gone on
        file.write_bytes(data.replace(data[:1], b"#"))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(ReleaseError, match=f"{name}: SHA-256 is "):
        open_release(release.folder)


@pytest.mark.parametrize("damage", ["a file is gone", "the manifest is another", "a copy", "no marks"])
def test_a_mark_holds_for_one_folder_as_it_was(release: Release, damage: str) -> None:
    """Whatever else changes, all is verified."""
    releases, graph, place = release.folder.parent, release.folder / "graphs" / "entities.nq", release.folder
    mark_whole(releases, release)
    if damage == "a file is gone":
        graph.unlink()
    if damage == "the manifest is another":
        files = {**release.manifest["files"], "graphs/entities.nq": {"sha256": "0" * 64}}
        (release.folder / "manifest.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    if damage == "a copy":
        graph.write_bytes(b"#" + graph.read_bytes()[1:])
        place = Path(shutil.copytree(releases, releases.with_name("copied"))) / release.id
    if damage == "no marks":
        (releases / ".verified.json").write_text("[" * 100_000, encoding="utf-8")
        graph.write_bytes(b"#")

    with pytest.raises(ReleaseError, match=r"entities\.nq: .*repair: dualbio build"):
        open_release(place)


@pytest.mark.parametrize("text", ["[]", '{"files": 3}', "[" * 100_000, "{", ""])
def test_a_manifest_that_is_none_is_told(release: Release, text: str) -> None:
    """Whatever else is in the file, the error names it and the repair."""
    (release.folder / "manifest.json").write_text(text, encoding="utf-8")

    with pytest.raises(ReleaseError, match=r"manifest\.json.*repair: dualbio build"):
        open_release(release.folder)


def test_a_store_that_the_manifest_does_not_name_is_not_opened(release: Release) -> None:
    """Releases from before the store was in the manifest are read from their graphs."""
    named = {name: told for name, told in release.manifest["files"].items() if not name.startswith("store/")}
    (release.folder / "manifest.json").write_text(json.dumps({"files": named}), encoding="utf-8")

    assert (None, release.folder / "store") == (open_release(release.folder).store, release.store)


def test_the_link_to_the_current_release_is_switched_in_one_step(release: Release) -> None:
    """The link is relative, so that the folder can be moved."""
    make_current(release.folder.parent, release)

    assert "1.0-aaa" == str((release.folder.parent / "current").readlink())


@pytest.mark.parametrize("name", ["dumps/all.nq.gz", "figures/0a.svg", "pages/front.en.0a.json"])
def test_what_a_service_keeps_beside_a_release_does_not_change_it(name: str, tmp_path: Path) -> None:
    """Files that are made of a release when they are asked for are no part of what it says."""
    (tmp_path / "graphs").mkdir()
    (tmp_path / "graphs" / "ontology.nq").write_text("<urn:x:a> <urn:x:b> <urn:x:c> .\n", encoding="utf-8")
    before = content_digest(tmp_path)
    kept = tmp_path / name
    kept.parent.mkdir()
    kept.write_bytes(b"kept")
    assert before == content_digest(tmp_path)


def test_kept_releases_are_told_the_newest_first(release: Release) -> None:
    """By the moment they were built, in whichever time zone; drafts, hidden folders and the link are none."""
    releases = release.folder.parent
    for name, built in (("2", "2026-01-02T00:00:00+00:00"), ("1", "2026-01-01T23:00:00-05:00"), ("0", "2026-01-02")):
        shutil.copytree(release.folder, releases / f"1.0-{name}")
        manifest = {**release.manifest, "built": built}
        (releases / f"1.0-{name}" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    shutil.copytree(release.folder, releases / ".draft-1")
    make_current(releases, release)
    assert ["1.0-1", "1.0-2", "1.0-0", "1.0-aaa"] == [each.id for each in kept_releases(releases)]


def test_a_release_is_found_by_what_it_was_built_from(release: Release) -> None:
    """A release of other sources is never served in its place, nor is a damaged one."""
    releases = release.folder.parent
    told = {**release.manifest, "inputs": "one"}
    (release.folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    found = find_release(releases, "one")
    assert found is not None
    assert (release.id, None) == (found.id, find_release(releases, "two"))
    (release.folder / "graphs" / "entities.nq").write_text("", encoding="utf-8")
    assert find_release(releases, "one") is None
