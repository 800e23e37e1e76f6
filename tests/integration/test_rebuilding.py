"""A build after an edit takes over what it may of the one before, and is what a build of its own would have been."""

from __future__ import annotations

import errno
import random
import re
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.build import release_files
from dualbio.build.package import build_release
from dualbio.errors import ReleaseError
from dualbio.release.folder import Release, open_release
from dualbio.sources.folders import SourceFolders
from dualbio.store.loading import Content, in_chunks, load
from editing import content

WORDS = ["adults", "k\u00f6nnen \u201eruhig\u201c sein", "a \\ b", "three people", "\u5e73\u9759"]


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    found = re.sub(old, lambda _: new, text, count=1)
    file.write_text(found, encoding="utf-8")


def _count_anew(folder: Path, chance: random.Random) -> None:
    _replace(
        folder / "evidence" / "calm-1.yaml",
        r"events: \d+, total: 42, source",
        f"events: {chance.randint(1, 42)}, total: 42, source",
    )


def _tell_anew(folder: Path, chance: random.Random) -> None:
    _replace(chance.choice(_series(folder)), r"population: .*", f"population: {chance.choice(WORDS)}")


def _add_series(folder: Path, chance: random.Random) -> None:
    number = str(chance.randint(4, 8))
    text = (folder / "evidence" / "calm-3.yaml").read_text(encoding="utf-8")
    file = folder / "evidence" / f"calm-{number}.yaml"
    file.write_text(text.replace("calm-3", file.stem).replace("CALM-3", f"CALM-{number}"), encoding="utf-8")


def _remove_series(folder: Path, chance: random.Random) -> None:
    others = [file for file in _series(folder) if file.stem != "calm-3"]
    if others:
        chance.choice(others).unlink()


def _name_anew(folder: Path, chance: random.Random) -> None:
    _replace(
        folder / "entities" / "diseases.tsv", r"hand-tremor\t[^\t]*", f"hand-tremor\thand tremor {chance.randint(1, 9)}"
    )


def _leave(_folder: Path, _chance: random.Random) -> None:
    pass


def _series(folder: Path) -> list[Path]:
    return [file for file in sorted((folder / "evidence").iterdir()) if file.stem not in ("calm-1", "calm-2")]


EDITS: list[Callable[[Path, random.Random], None]] = [
    *(_count_anew, _tell_anew, _add_series, _add_series, _remove_series, _name_anew, _leave)
]


def _quads(release: Release) -> tuple[set[ox.Quad], set[object], int]:
    """Return the quads of the store of a release, and its named graphs."""
    store = ox.Store.read_only(str(release.store))
    return set(store), set(store.named_graphs()), len(store)


def _written(release: Release) -> tuple[set[ox.Quad], set[object], int]:
    quads = {quad for file in release.files for quad in ox.parse(path=file, format=ox.RdfFormat.N_QUADS)}
    return quads, {quad.graph_name for quad in quads}, len(quads)


def _lines(release: Release) -> set[bytes]:
    return {line for file in release.files for line in Path(file).read_bytes().splitlines()}


@pytest.mark.parametrize("few", [2_000, 20], ids=["quad by quad", "some stores anew"])
@pytest.mark.parametrize("seed", range(2))
def test_random_edits_lead_to_the_release_of_a_build_of_its_own(
    seed: int, few: int, invented: SourceFolders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each edit every file is that of a build in a new folder, and the store holds what the files hold."""
    monkeypatch.setattr(release_files, "_MOST_REMOVED", few)
    chance = random.Random(seed)  # noqa: S311 - nothing is to be kept secret
    build_release(invented, tmp_path / "kept")
    for number in range(6):
        for edit in chance.sample(EDITS, chance.randint(1, 3)):
            edit(invented.ontology, chance)
        again, anew = build_release(invented, tmp_path / "kept"), build_release(invented, tmp_path / f"new-{number}")

        assert content(anew) == content(again)
        assert _written(again) == _quads(again)
        open_release(again.folder)  # every file is as the manifest has it


def test_only_what_changed_is_loaded(invented: SourceFolders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an edit of a vocabulary the engine reads the lines that were not there before, and no other."""
    loaded: list[bytes] = []

    def noting(disk: ox.Store, parts: list[Content], size: int) -> None:
        loaded.extend(line for chunk in in_chunks(parts, 1000) for line in chunk.splitlines())
        load(disk, parts, size)

    monkeypatch.setattr(release_files, "load", noting)
    before = _lines(build_release(invented, tmp_path / "kept"))
    assert before == set(loaded)
    loaded.clear()
    _name_anew(invented.ontology, random.Random(1))  # noqa: S311 - nothing is to be kept secret

    after = _lines(build_release(invented, tmp_path / "kept"))

    assert after - before == set(loaded)
    assert loaded


@pytest.mark.parametrize("file", ["store/*.sst", "graphs/study/calm-3.nq"])
def test_nothing_is_taken_over_from_a_file_that_was_altered(file: str, invented: SourceFolders, tmp_path: Path) -> None:
    """A store, or what it is compared with, that is not as it was built makes the next build slower, not wrong."""
    first = build_release(invented, tmp_path / "kept")
    altered = next(first.folder.glob(file))
    altered.write_bytes(altered.read_bytes()[:-9])
    _replace(invented.ontology / "evidence" / "calm-3.yaml", "three people", "four people")

    again, anew = build_release(invented, tmp_path / "kept"), build_release(invented, tmp_path / "new")

    assert content(anew) == content(again)
    assert _written(again) == _quads(again)


@pytest.mark.parametrize(
    ("module", "writer"),
    [
        ("difference.release", "EditedRelease._copy"), ("difference.release", "EditedRelease.change"),
        ("difference.release", "EditedRelease._write_graph"), ("difference.release", "edit_index"),
        ("package", "describe_files"), ("package", "mark_whole"), ("package", "make_current"),
    ],
)  # fmt: skip
def test_a_disk_that_is_full_after_an_edit_leaves_the_release_before(
    module: str, writer: str, invented: SourceFolders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a build after an edit finds no room, it says so, the release before is served, and nothing is lost."""
    old = build_release(invented, tmp_path / "kept")
    before = content(old)
    _add_series(invented.ontology, random.Random(1))  # noqa: S311 - nothing is to be kept secret
    asked: list[object] = []

    def full(*given: object) -> None:
        asked.append(given)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(f"dualbio.build.{module}.{writer}", full)
        patched.setattr(release_files, "load", full)  # nor is there room for a build of its own
        with pytest.raises(ReleaseError, match="No space left on device"):
            build_release(invented, tmp_path / "kept")

    assert len(asked) > 1
    assert (old.id, before) == (open_release(tmp_path / "kept" / "current").id, content(old))
    assert [] == list((tmp_path / "kept").glob(".draft-*"))
    assert content(build_release(invented, tmp_path / "new")) == content(build_release(invented, tmp_path / "kept"))


@pytest.mark.parametrize("room", [0, 500, 5_000, 50_000, 200_000, 500_000])
def test_no_file_may_grow_after_an_edit(room: int, invented: SourceFolders, tmp_path: Path) -> None:
    """Whatever file cannot be written in full, a build comes to a release that is whole, or leaves the old one."""
    old = build_release(invented, tmp_path / "kept")
    before = content(old)
    _add_series(invented.ontology, random.Random(1))  # noqa: S311 - nothing is to be kept secret
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        found = build_release(invented, tmp_path / "kept")
    except ReleaseError:
        found = old
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (found.id, before) == (open_release(tmp_path / "kept" / "current").id, content(old))
    assert [] == list((tmp_path / "kept").glob(".draft-*"))
    assert content(build_release(invented, tmp_path / "new")) == content(build_release(invented, tmp_path / "kept"))


def test_a_release_that_is_gone_is_not_missed(invented: SourceFolders, tmp_path: Path) -> None:
    """Somebody may remove releases between two builds."""
    shutil.rmtree(build_release(invented, tmp_path / "kept").folder)

    again = build_release(invented, tmp_path / "kept")

    assert _written(again) == _quads(again)
