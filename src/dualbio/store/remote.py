"""The remote store: any engine that speaks the SPARQL 1.1 Protocol, Update and Graph Store Protocol.

Its answers have the same types as those of the embedded store, so that whatever asks one can ask the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

import pyoxigraph as ox

from dualbio.errors import StoreError
from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.store import Answer, Store, answer_of_triples
from dualbio.store.http import make_client, raise_for_problem, translate_network_errors

if TYPE_CHECKING:
    import httpx

__all__ = ["GraphStore", "RemoteStore"]

_JSON = "application/sparql-results+json"
_ACCEPT = f"{_JSON}, application/n-triples;q=0.9, text/turtle;q=0.5"
#: A longer query is sent as the body of a POST: servers refuse long addresses (Oxigraph's beyond 8 kB of head).
_LONGEST_GET = 4000


class _Connection:
    """What is closed at the end of a context."""

    _client: httpx.Client

    def __enter__(self) -> Self:
        """Return this store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class RemoteStore(_Connection, Store):
    """Queries over a SPARQL endpoint.

    The default graph is what the endpoint makes of it: the saved queries need the union of the named graphs, which a
    dualbio server and Virtuoso always give, and Oxigraph's server with `--union-default-graph`.
    """

    def __init__(self, endpoint: str, *, client: httpx.Client | None = None) -> None:
        """Ask `endpoint`, through `client` or one of our own."""
        self.endpoint = endpoint
        self._client = client or make_client()

    def query(self, text: str) -> Answer:
        """Evaluate a SPARQL 1.1 query; the prefix table is known.

        Raises:
            StoreError: the server refused the query, failed, could not be reached, or sent what is no answer.
        """
        return _answer(self._ask(text))

    def _ask(self, text: str) -> httpx.Response:
        with translate_network_errors(self.endpoint):
            response = self._send(_declared(text))
        raise_for_problem(response)
        return response

    def _send(self, text: str) -> httpx.Response:
        headers = {"Accept": _ACCEPT}
        if len(asked := urlencode({"query": text})) <= _LONGEST_GET:
            mark = "&" if "?" in self.endpoint else "?"
            return self._client.get(f"{self.endpoint}{mark}{asked}", headers=headers)
        headers["Content-Type"] = "application/sparql-query"
        return self._client.post(self.endpoint, content=text.encode(), headers=headers)


class GraphStore(_Connection):
    """The named graphs of a server, written by the SPARQL 1.1 Graph Store HTTP Protocol."""

    def __init__(self, address: str, *, token: str | None = None, client: httpx.Client | None = None) -> None:
        """Write at `address`, with a bearer `token` where the server wants one."""
        self.address = address
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Nothing is repeated or kept here: whether a write that broke off was done is not known.
        self._client = client or make_client(retries=0, timeout=300, headers=headers)

    def put(self, graph: str, triples: Iterable[bytes]) -> None:
        """Replace the graph with the IRI `graph` by N-Triples that come in pieces.

        Raises:
            StoreError: the server refused, failed or could not be reached.
        """
        with translate_network_errors(self.address):
            response = self._client.put(
                self.address,
                params={"graph": graph},
                content=iter(triples),
                headers={"Content-Type": "application/n-triples"},
            )
        raise_for_problem(response)

    def delete(self, graph: str) -> None:
        """Remove the graph with the IRI `graph`.

        Raises:
            NotFoundError: there is no such graph.
            StoreError: the server refused, failed or could not be reached.
        """
        with translate_network_errors(self.address):
            response = self._client.delete(self.address, params={"graph": graph})
        raise_for_problem(response)


def _declared(text: str) -> str:
    """Return a query with the prefixes that it may use declared, on its first line: lines of errors stay the same."""
    used = (f"PREFIX {prefix}: <{iri}> " for prefix, iri in sorted(PREFIXES.items()) if f"{prefix}:" in text)
    return f"BASE <{BASE}> {''.join(used)}{text}"


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _answer(response: httpx.Response) -> Answer:
    media_type = _media_type(response)
    try:
        if form := ox.QueryResultsFormat.from_media_type(media_type):
            return ox.parse_query_results(response.content, form)
        if graph := ox.RdfFormat.from_media_type(media_type):
            return answer_of_triples(response.content, graph)
    except (SyntaxError, ValueError) as error:
        raise StoreError(f"{response.request.url.copy_with(query=None)}: broken answer: {error}") from error
    raise StoreError(
        f"{response.request.url.copy_with(query=None)}: found an answer of type '{media_type}'; accepted: SPARQL "
        "results in JSON, XML or TSV, RDF in any syntax; repair: give the address of a SPARQL endpoint"
    )
