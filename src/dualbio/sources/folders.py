"""Where the curated sources and the saved queries are: in a checkout beside `src/`, in an installed wheel inside it."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dualbio.errors import DualbioError, NotFoundError
from dualbio.version import __version__

__all__ = ["NotOwnError", "SourceFolders", "code_digest", "files_in", "name_below", "require_own", "shipped_sources"]

_PACKAGE = Path(__file__).resolve().parents[1]


class NotOwnError(DualbioError):
    """A command was to write into the installed package; the message names the place and what to do."""


@dataclass(frozen=True)
class SourceFolders:
    """The two folders that a release is made from, and the user's own folders that overlay them."""

    ontology: Path
    queries: Path
    layers: tuple[Path, ...] = ()

    @property
    def digest(self) -> str:
        """A digest over everything that a release depends on: curated files, saved queries, and this package."""
        digest = hashlib.sha256(__version__.encode())
        layers = ((folder.resolve(), "*") for folder in self.layers)
        for root, pattern in ((self.ontology, "*"), (self.queries, "*.rq"), (_PACKAGE, "*.py"), *layers):
            if root not in (self.ontology, self.queries, _PACKAGE):  # a layer has the name of its folder
                digest.update(f"\0\0{root.name}".encode())
            for path in files_in(root, f"**/{pattern}"):
                digest.update(f"\0{path.relative_to(root)}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()


def name_below(folder: Path, path: Path) -> str:
    """Return what a problem calls a file of a folder: its place in it, behind the name of the folder."""
    return f"{folder.name}/{path.relative_to(folder)}"


def files_in(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder of sources that a pattern fits, in the order of their names.

    The pattern is one of file names in the folder itself; after `**/`, of those in the folders below it as well.

    What begins with a dot, or stands in such a folder, is nobody's source: systems and editors leave it (`._x.yaml`).
    """
    fits = re.compile(fnmatch.translate(pattern.removeprefix("**/"))).match
    files: list[Path] = []
    for place, below, names in os.walk(folder):  # several times as fast as `Path.glob`
        below[:] = (name for name in below if name[0] != "." and pattern.startswith("**/"))
        paths = (Path(place, name) for name in names if name[0] != "." and fits(name))
        files += (path for path in paths if path.is_file())
    return sorted(files)


@cache
def code_digest() -> str:
    """Return a digest over the code of this package, which identifies results of other code."""
    digest = hashlib.sha256(__version__.encode())
    for path in files_in(_PACKAGE, "**/*.py"):
        digest.update(f"\0{path.relative_to(_PACKAGE)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def shipped_sources() -> SourceFolders:
    """Return the folders that came with this installation.

    Raises:
        NotFoundError: the installation is incomplete.
    """
    for root in (_PACKAGE.parents[1], _PACKAGE / "data"):
        if (root / "ontology" / "dualbio-edit.ttl").is_file():
            return SourceFolders(root / "ontology", root / "queries")
    raise NotFoundError(
        f"no ontology folder beside {_PACKAGE} or inside it; accepted: a checkout or an installed wheel of dualbio; "
        "repair: pip install --force-reinstall dualbio"
    )


def require_own(path: Path) -> None:
    """Complain unless a file or folder to write to is a user's own: what is installed stays as it is.

    Raises:
        NotOwnError: `path` is inside the installed package.
    """
    if path.resolve().is_relative_to(_PACKAGE):
        raise NotOwnError(
            f"{path} belongs to the installed package, which stays as it is; accepted: a folder of your own; "
            "repair: name one with --folder, --out or --with"
        )
