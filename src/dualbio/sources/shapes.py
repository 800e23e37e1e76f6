"""The SHACL shapes of the curated data, which also apply to anyone else's records of this model."""

from __future__ import annotations

from pathlib import Path

from dualbio.errors import NotFoundError
from dualbio.sources.folders import files_in, shipped_sources

__all__ = ["shapes_text"]


def shapes_text(folder: Path | None = None) -> bytes:
    """Return all shape files of `folder`, by default the shipped ones, as one Turtle document.

    Raises:
        NotFoundError: the folder holds no shapes.
    """
    folder = folder or shipped_sources().ontology / "shapes"
    files = files_in(folder, "*.ttl")
    if not files:
        raise NotFoundError(f"{folder}: no shapes; accepted: a folder with Turtle files; repair: name another folder")
    return b"\n".join(file.read_bytes() for file in files)
