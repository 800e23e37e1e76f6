"""A whole release: the build, plus what describes it and what is computed from it on upper floors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.release import Progress, build_release
from dualbio.export.catalogue import dataset_quads
from dualbio.queries import Library, catalogue_quads
from dualbio.release import Release
from dualbio.resources import Sources
from dualbio.synthesis import estimate_quads
from dualbio.version import __version__

__all__ = ["compose_release"]


def compose_release(sources: Sources, releases: Path, progress: Progress | None = None) -> Release:
    """Build the release of `sources` below `releases` with its catalogue, and make it current.

    Raises:
        DataError: curated data or saved queries do not conform; releases built before stay as they are.
    """
    library = Library.read(sources.queries)

    def catalogue(store: ox.Store) -> Iterator[ox.Quad]:
        yield from dataset_quads(store, __version__)
        yield from catalogue_quads(library.values())

    return build_release(sources, releases, progress, [catalogue], estimate_quads)
