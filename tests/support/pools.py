"""Asking the query workers, as most tests do: one query, and its whole answer."""

from __future__ import annotations

from typing import Any

from dualbio.store.workers import PoolAnswer, PoolClient

__all__ = ["ask_pool"]


def ask_pool(client: PoolClient, text: str, /, **options: Any) -> PoolAnswer:
    """Return the answer to a query; the options are those of `PoolClient.request`."""
    return client.ask(client.request(text, **options))
