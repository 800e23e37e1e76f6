"""Where the curated sources and the saved queries are: in a checkout beside `src/`, in an installed wheel inside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from dualbio.errors import NotFoundError
from dualbio.version import __version__

__all__ = ["Sources", "shipped_sources"]

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Sources:
    """The two folders that a release is made from, and a user's own folders laid over them."""

    ontology: Path
    queries: Path
    layers: tuple[Path, ...] = ()

    @property
    def digest(self) -> str:
        """A digest over everything that a release depends on: curated files, saved queries, and this package."""
        digest = hashlib.sha256(__version__.encode())
        layers = ((folder, "*") for folder in self.layers)
        for root, pattern in ((self.ontology, "*"), (self.queries, "*.rq"), (_PACKAGE, "*.py"), *layers):
            for path in sorted(root.rglob(pattern)):
                if path.is_file():
                    digest.update(f"\0{path.relative_to(root)}\0".encode())
                    digest.update(path.read_bytes())
        return digest.hexdigest()


def shipped_sources() -> Sources:
    """Return the folders that came with this installation.

    Raises:
        NotFoundError: the installation is incomplete.
    """
    for root in (_PACKAGE.parents[1], _PACKAGE / "data"):
        if (root / "ontology" / "dualbio-edit.ttl").is_file():
            return Sources(root / "ontology", root / "queries")
    raise NotFoundError(
        f"no ontology folder beside {_PACKAGE} or inside it; accepted: a checkout or an installed wheel of dualbio; "
        "repair: pip install --force-reinstall dualbio"
    )
