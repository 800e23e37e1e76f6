"""The worker pool as a store: queries on behalf of a client and within its limits."""

from __future__ import annotations

import pyoxigraph as ox

from dualbio.sparql.formats import FORMATS_BY_NAME
from dualbio.store import Answer, Store, answer_of_triples
from dualbio.store.workers.clients.pool_client import PoolClient

__all__ = ["PoolStore"]

_JSON = FORMATS_BY_NAME["json"]
_N_TRIPLES = FORMATS_BY_NAME["n-triples"]


class PoolStore(Store):
    """Queries of one client over the workers of a pool."""

    def __init__(
        self, pool: PoolClient, *, timeout: float, client: str = "", remember: bool = False, here: bool = False
    ) -> None:
        """Ask `pool`, with `timeout` seconds for each query, for the client with the address `client`.

        A store that shall `remember` asks nothing twice: it is for one page, whose parts need the same answers. One
        that asks `here` has the release on this machine answer, whatever engine is behind the pool.
        """
        self._pool = pool
        self._timeout = timeout
        self._client = client
        self._here = here
        self._known: dict[str, tuple[str, bytes]] | None = {} if remember else None

    def within(self, timeout: float) -> PoolStore:
        """Return the same store with `timeout` seconds for each query."""
        return PoolStore(self._pool, timeout=timeout, client=self._client, here=self._here)

    def query(self, text: str) -> Answer:  # noqa: D102 - as `Store` says; the errors are those of `PoolClient.ask`
        known = {} if self._known is None else self._known
        if text not in known:
            request = self._pool.request(
                text, results_format=_JSON, graph_format=_N_TRIPLES, timeout=self._timeout, client=self._client
            )
            answer = self._pool.ask(request._replace(here=self._here))
            known[text] = answer.kind, answer.read()
        kind, data = known[text]
        if kind == "graph":
            return answer_of_triples(data, ox.RdfFormat.N_TRIPLES)
        return ox.parse_query_results(data, ox.QueryResultsFormat.JSON)
