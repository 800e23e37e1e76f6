"""The register of saved queries that another engine answers wrongly or not at all.

It is the table `engines.tsv` beside the saved queries, and written by `tests/support/virtuoso_server.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from dualbio.errors import UnfitEngineError
from dualbio.sources.folders import shipped_sources
from dualbio.sources.yaml_lines import read_tsv

__all__ = ["FOUND", "Unfit", "is_unfit", "read_register", "refuse_unfit", "register_file"]

#: What can be found of a query, and what messages say of it.
FOUND: Mapping[str, str] = {
    "rows": "it gives other rows",
    "order": "it gives the rows in another order",
    "text": "it joins texts of a cell in another order",
    "error": "it ends with an error",
    "slow": "it gives no answer in time",
}


@dataclass(frozen=True, order=True)
class Unfit:
    """A saved query that an engine, of the version that was tried, is not asked; `found` is one of `FOUND`.

    `detail` is what was seen, in a line.
    """

    engine: str
    query: str
    version: str
    found: str
    detail: str


_COLUMNS = tuple(each.name for each in fields(Unfit))


def register_file() -> Path:
    """Return the place of the register."""
    return shipped_sources().queries / "engines.tsv"


@lru_cache(4)
def read_register(path: Path) -> Mapping[tuple[str, str], Unfit]:
    """Return what is registered, by engine and query.

    Raises:
        UnreadableError: the file is no such table.
    """
    rows = (Unfit(**{"detail": "", **row}) for _, row in read_tsv(path, _COLUMNS))
    return {(row.engine, row.query): row for row in rows}


def is_unfit(engine: str) -> bool:
    """Return whether an engine is in the register: what nobody tried there, it may answer otherwise as well."""
    return bool(engine) and any(row.engine == engine for row in read_register(register_file()).values())


def refuse_unfit(engine: str, query: str) -> None:
    """Refuse a saved query that is registered for an engine, whatever its version and the parameters.

    Raises:
        UnfitEngineError: it is.
    """
    row = read_register(register_file()).get((engine, query)) if engine else None
    if row is not None:
        told = f" ({row.detail})" if row.detail else ""
        raise UnfitEngineError(
            f"query '{query}' is not asked of {engine}: in version {row.version} {FOUND[row.found]}{told}; "
            "repair: leave the endpoint out, ask a service, or load the release into Oxigraph's server"
        )
