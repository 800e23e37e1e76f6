"""A release on disk: one folder with N-Quads per graph, an Oxigraph store, and a manifest with counts and SHA-256.

    <releases>/<version>-<digest>/manifest.json
                                  graphs/<name>.nq, graphs/study/<id>.nq
                                  derivations.tsv.gz   rule and rank of every inferred triple
                                  store/               the same data for on-disk use
                                  search.sqlite        names and words, for search
    <releases>/current            link to the release that is served
    <releases>/.verified.json     which releases were whole when they were built, and how their files stood then

The manifest names every file that is ever read as data, with its SHA-256; a file that it does not name is not loaded.
This module finds and opens releases; `dualbio.build.package` makes them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dualbio.errors import NotFoundError, ReleaseError, did_you_mean

__all__ = [
    "OWN",
    "Release",
    "content_digest",
    "describe_files",
    "find_release",
    "graph_paths",
    "kept_release",
    "kept_releases",
    "make_current",
    "mark_whole",
    "open_release",
    "previous_release",
    "sha256_of",
]

#: Ends the id of a release that holds a user's own evidence: nobody publishes it.
OWN = "+own"
_STORE = "store"
_INDEX = "search.sqlite"
#: What is made from the other files of a release.
_REPEATED = (f"{_STORE}/", "dumps/", "figures/", "pages/", "manifest.json", _INDEX)
#: Files of the engine beside its data: they tell what happened, and are never read.
_ENGINE_NOTES = ("LOCK", "LOG")
_MARKS = ".verified.json"


@dataclass(frozen=True, eq=False)
class Release:
    """A built release: its folder and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The name that stands for exactly this data."""
        return self.folder.name

    @property
    def version(self) -> str:
        """Version of the data."""
        return str(self.manifest.get("version", ""))

    @property
    def graphs(self) -> Path:
        """The folder of N-Quads files."""
        return self.folder / "graphs"

    @property
    def files(self) -> tuple[str, ...]:
        """The N-Quads files that the manifest names, in the order of their names."""
        return tuple(map(str, _named_graphs(self.folder, self.manifest)))

    @property
    def store(self) -> Path | None:
        """The folder of the store on disk, None where the manifest names none."""
        named = any(name.startswith(f"{_STORE}/") for name in self.manifest.get("files", {}))
        return self.folder / _STORE if named else None

    @property
    def search_index(self) -> Path | None:
        """The file of names and words, None where the manifest names none."""
        return self.folder / _INDEX if _INDEX in self.manifest.get("files", {}) else None

    @property
    def built(self) -> datetime | None:
        """When the release was built."""
        text = self.manifest.get("built")
        if not text:
            return None
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def open_release(folder: str | Path, *, verify: bool = True) -> Release:
    """Return the release in `folder` (or behind a link such as `current`).

    With `verify`, every file is compared with the SHA-256 in the manifest, unless `mark_whole` has found it whole and
    none was touched since.

    Raises:
        ReleaseError: there is none, a file is missing or altered, or the store has one that the manifest does not name.
    """
    folder = Path(folder).resolve()
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReleaseError(f"{folder}: no readable manifest.json ({error}); repair: dualbio build") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files", {}), dict):
        raise ReleaseError(f"{folder}: manifest.json is not that of a release; repair: dualbio build")
    release = Release(folder, manifest)
    if verify and not _is_marked(release):
        named = manifest.get("files", {})
        sums = [told if isinstance(told, str) else told["sha256"] for told in named.values()]
        with ThreadPoolExecutor(os.cpu_count(), "verify") as threads:  # a sum is computed without holding Python up
            list(threads.map(_verify, (folder / name for name in named), sums))
    if verify and release.store:
        _verify_names(release)
    if not release.files:
        raise ReleaseError(f"{folder}: no N-Quads files below graphs/; repair: dualbio build")
    return release


def graph_paths(folder: Path) -> tuple[Path, ...]:
    """Return the N-Quads files of the release in `folder` that its manifest names, in the order of their names.

    A folder without a manifest is no release yet, and all its files count.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = {}
    return _named_graphs(folder, manifest)


def _named_graphs(folder: Path, manifest: Mapping[str, Any]) -> tuple[Path, ...]:
    named = manifest.get("files")
    if named is None:
        return tuple(sorted((folder / "graphs").rglob("*.nq")))
    return tuple(sorted(folder / name for name in named if name.startswith("graphs/") and name.endswith(".nq")))


def describe_files(folder: Path, known: Mapping[str, str] | None = None) -> dict[str, dict[str, str | int]]:
    """Return SHA-256 and size of every file in the folder of a release that is ever read, as its manifest has them.

    Args:
        folder: the folder.
        known: SHA-256 by name of the files of which it was seen already.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_note(path)]
    seen = known or {}
    with ThreadPoolExecutor(os.cpu_count(), "sums") as threads:  # a sum is computed without holding Python up
        sums = threads.map(lambda path: seen.get(path.relative_to(folder).as_posix()) or sha256_of(path), paths)
        return {
            path.relative_to(folder).as_posix(): {"sha256": total, "bytes": path.stat().st_size}
            for path, total in zip(paths, sums, strict=True)
        }


def content_digest(folder: Path, described: Mapping[str, Mapping[str, str | int]] | None = None) -> str:
    """Return a digest of what the files in the folder of a release say; `described` is what `describe_files` found.

    Compressed bytes differ with the library that made them, a store and an index with their engines, so files count as
    they are when nothing is compressed. Store, index, dumps, figures and parts of pages, which repeat the graphs, do
    not count, nor does the manifest.
    """
    digest = hashlib.sha256()
    for name, told in sorted((describe_files(folder) if described is None else described).items()):
        if not name.startswith(_REPEATED):
            total = told["sha256"]
            if name.endswith(".gz"):
                total = hashlib.sha256(gzip.decompress((folder / name).read_bytes())).hexdigest()
            digest.update(f"{name.removesuffix('.gz')} {total}\n".encode())
    return digest.hexdigest()


def find_release(releases: Path, inputs: str) -> Release | None:
    """Return the release below `releases` that was built from `inputs` (a digest of the sources), if there is one."""
    for manifest in _manifests(releases):
        try:
            if json.loads(manifest.read_text(encoding="utf-8")).get("inputs") == inputs:
                return open_release(manifest.parent)
        except (OSError, ValueError, ReleaseError):
            continue
    return None


def kept_releases(releases: Path) -> tuple[Release, ...]:
    """Return the whole releases in the folder `releases`, the newest first, without verifying their files."""
    found = []
    for manifest in releases.glob("*/manifest.json"):
        if not manifest.parent.is_symlink() and not manifest.parent.name.startswith("."):
            with suppress(ReleaseError):
                found.append(open_release(manifest.parent, verify=False))
    epoch = datetime.fromtimestamp(0, UTC)
    return tuple(sorted(found, key=lambda each: (each.built or epoch, each.id), reverse=True))


def previous_release(release: Release, kept: Sequence[Release]) -> Release | None:
    """Return the release before `release` among those that are `kept`, the newest first; None before the first."""
    names = [each.id for each in kept]
    place = names.index(release.id) if release.id in names else len(names)
    return kept[place + 1] if place + 1 < len(kept) else None


def kept_release(releases: Path, name: str) -> Release:
    """Return the release in the folder `releases` that is called `name`; `latest` and `current` are the current one.

    Raises:
        NotFoundError: there is none; the message lists the accepted ones.
    """
    if name in ("latest", "current"):
        return open_release(releases / "current", verify=False)
    kept = kept_releases(releases)
    for each in kept:
        if each.id == name:
            return each
    names = [each.id for each in kept]
    raise NotFoundError(
        f"no release '{name[:100]}' is kept here; accepted: latest, {', '.join(names)}{did_you_mean(name, names)}"
    )


def make_current(releases: Path, release: Release) -> None:
    """Point the link `current` of the folder `releases` to `release`; the change is atomic."""
    link = releases / f".current-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(release.id)
    link.replace(releases / "current")


def mark_whole(releases: Path, release: Release) -> None:
    """Remember that every file of a release below `releases` is as its manifest has it; where that cannot be kept, not.

    It holds as long as size, number and times of every file stay: the system changes the time of a file's last change
    whenever somebody writes to it, and a copy has numbers and times of its own. What a disk forgets by itself is found
    by the check sums of the store when it is read.
    """
    kept = {name: mark for name, mark in _marks(releases).items() if (releases / name).is_dir()}
    draft = releases / f"{_MARKS}-{os.getpid()}"
    with suppress(OSError):
        draft.write_text(json.dumps({**kept, release.id: _mark(release)}, indent=1) + "\n", encoding="utf-8")
        draft.replace(releases / _MARKS)


def _is_marked(release: Release) -> bool:
    try:
        return _marks(release.folder.parent).get(release.id) == _mark(release)
    except OSError:  # a file is missing
        return False


def _marks(releases: Path) -> dict[str, str]:
    try:
        found = json.loads((releases / _MARKS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _mark(release: Release) -> str:
    """Return a digest of the manifest, and of how every file that it names stands on the disk."""
    digest = hashlib.sha256((release.folder / "manifest.json").read_bytes())
    for name in release.manifest.get("files", {}):
        told = (release.folder / name).stat()
        digest.update(f"{name} {told.st_size} {told.st_ino} {told.st_mtime_ns} {told.st_ctime_ns}\n".encode())
    return digest.hexdigest()


def _manifests(releases: Path) -> Iterator[Path]:
    yield from sorted(releases.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime, reverse=True)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_note(file: Path) -> bool:
    return file.parent.name == _STORE and file.name.startswith(_ENGINE_NOTES)


def _verify_names(release: Release) -> None:
    """Refuse a store with a file of its own, which the engine might read unasked."""
    named = release.manifest["files"]
    for file in sorted((release.folder / _STORE).rglob("*")):
        name = file.relative_to(release.folder).as_posix()
        if file.is_file() and name not in named and not _is_note(file):
            raise ReleaseError(f"{file}: the manifest does not name it; repair: remove it, or dualbio build")


def _verify(file: Path, expected: str) -> None:
    try:
        actual = sha256_of(file)
    except OSError as error:
        raise ReleaseError(f"{file}: {error.strerror}, but the manifest names it; repair: dualbio build") from error
    if actual != expected:
        raise ReleaseError(f"{file}: SHA-256 is {actual}, the manifest says {expected}; repair: dualbio build")
