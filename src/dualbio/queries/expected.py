"""Expected answers: what each saved query returns with its default parameters, kept as a file beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dualbio.queries.answers.result import QueryResult
from dualbio.queries.library import SavedQuery
from dualbio.queries.resolver import Resolver
from dualbio.queries.run import run_query
from dualbio.store import Store

__all__ = ["answer_default", "update_expected"]


def answer_default(
    query: SavedQuery, store: Store, resolver: Resolver | None = None, *, release: str | None = None
) -> QueryResult:
    """Run `query` with its defaults, and with the example of each parameter that has none."""
    required = {param.name: list(param.examples) for param in query.params if not query.defaults[param.name]}
    return run_query(query, store, required, resolver=resolver, release=release)


def update_expected(queries: Iterable[SavedQuery], store: Store) -> list[Path]:
    """Write the answer of each query beside it as `<name>.expected.csv`; return the files whose content changed."""
    resolver = Resolver(store)
    changed = []
    for query in queries:
        answer = answer_default(query, store, resolver).to_csv()
        path = query.expected
        if path is not None and (not path.exists() or path.read_bytes() != answer):
            path.write_bytes(answer)
            changed.append(path)
    return changed
