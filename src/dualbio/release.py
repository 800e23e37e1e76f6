"""A release on disk: one folder with N-Quads per graph, an Oxigraph store, and a manifest with counts and SHA-256.

    <releases>/<version>-<digest>/manifest.json
                                  graphs/<name>.nq, graphs/study/<id>.nq
                                  derivations.tsv.gz   rule and rank of every inferred triple
                                  store/               the same data for on-disk use
    <releases>/current            link to the release that is served

This module finds and opens releases; `dualbio.build.release` makes them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dualbio.errors import NotFoundError, ReleaseError, did_you_mean

__all__ = ["Release", "find_release", "kept_release", "kept_releases", "make_current", "open_release", "sha256_of"]


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
        """The N-Quads files, in the order of their names."""
        return tuple(str(path) for path in sorted(self.graphs.rglob("*.nq")))

    @property
    def built(self) -> datetime | None:
        """When the release was built."""
        text = self.manifest.get("built")
        if not text:
            return None
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def open_release(folder: Path, *, verify: bool = True) -> Release:
    """Return the release in `folder` (or behind a link such as `current`).

    With `verify` every file is held against the SHA-256 of the manifest.

    Raises:
        ReleaseError: there is none, or a file is missing or altered.
    """
    folder = folder.resolve()
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{folder}: no readable manifest.json ({error}); repair: dualbio build") from error
    for name, told in manifest.get("files", {}).items() if verify else ():
        _verify(folder / name, told if isinstance(told, str) else told["sha256"])
    release = Release(folder, manifest)
    if not release.files:
        raise ReleaseError(f"{folder}: no N-Quads files below graphs/; repair: dualbio build")
    return release


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
    """Return the whole releases in the folder `releases`, the newest first; files are not held against the manifest."""
    found = []
    for manifest in releases.glob("*/manifest.json"):
        if not manifest.parent.is_symlink() and not manifest.parent.name.startswith("."):
            with suppress(ReleaseError):
                found.append(open_release(manifest.parent, verify=False))
    epoch = datetime.fromtimestamp(0, UTC)
    return tuple(sorted(found, key=lambda each: (each.built or epoch, each.id), reverse=True))


def kept_release(releases: Path, name: str) -> Release:
    """Return the release in the folder `releases` that is called `name`; `latest` and `current` are the current one.

    Raises:
        NotFoundError: there is none; the message says which there are.
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


def _manifests(releases: Path) -> Iterator[Path]:
    yield from sorted(releases.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime, reverse=True)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _verify(file: Path, expected: str) -> None:
    try:
        actual = sha256_of(file)
    except OSError as error:
        raise ReleaseError(f"{file}: {error.strerror}, but the manifest names it; repair: dualbio build") from error
    if actual != expected:
        raise ReleaseError(f"{file}: SHA-256 is {actual}, the manifest says {expected}; repair: dualbio build")
