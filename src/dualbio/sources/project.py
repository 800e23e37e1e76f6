"""The project file `dualbio.toml`: the user's own folders that every command uses.

It stands in the folder that one works in, or in one above it, and names folders relative to itself:

    with = ["mine"]           # own evidence, as with the option --with
    queries = ["my-queries"]  # own saved queries, as with the option --queries
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualbio.errors import ParameterError, did_you_mean

__all__ = ["PROJECT_FILE", "Project", "read_project"]

#: Name of the project file.
PROJECT_FILE = "dualbio.toml"
_KEYS = ("with", "queries")


@dataclass(frozen=True)
class Project:
    """What a project file names: folders of own evidence, and of own saved queries."""

    layers: tuple[Path, ...] = ()
    queries: tuple[Path, ...] = ()


def read_project(folder: Path) -> Project:
    """Return what the project file in `folder`, or in the nearest folder above it, names; nothing where there is none.

    Raises:
        ParameterError: the file is not TOML, has a key that is none, or names a folder that does not exist.
    """
    here = folder.resolve()
    file = next((path for each in (here, *here.parents) if (path := each / PROJECT_FILE).is_file()), None)
    if file is None:
        return Project()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{file}: not TOML: {error}; repair: correct it, or remove the file") from error
    for key in content:
        if key not in _KEYS:
            raise ParameterError(
                f"{file}: '{key}' is not a project key; accepted: {', '.join(_KEYS)}{did_you_mean(key, _KEYS)}"
            )
    return Project(*(_folders(file, key, content.get(key, [])) for key in _KEYS))


def _folders(file: Path, key: str, value: Any) -> tuple[Path, ...]:
    """Return the folders that a key of the project file names, one or a list of them."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ParameterError(f"{file}: '{key}' is {value!r}; accepted: the name of a folder, or a list of names")
    folders = tuple(file.parent / name for name in names)
    for folder in folders:
        if not folder.is_dir():
            raise ParameterError(f"{file}: '{key}' names {folder}, which is not a folder; repair: create it")
    return folders
