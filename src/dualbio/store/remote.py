"""The remote store: any engine that speaks the SPARQL 1.1 Protocol, Update and Graph Store Protocol.

Its answers have the same types as those of the embedded store, so that whatever asks one can ask the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import pyoxigraph as ox

from dualbio.errors import StoreError
from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.sparql.clauses import without_dataset
from dualbio.sparql.tokens import read_tokens
from dualbio.store import Answer, Store, answer_of_triples
from dualbio.store.credentials import Credentials
from dualbio.store.http import make_client, raise_for_problem, translate_network_errors
from dualbio.store.virtuoso import VIRTUOSO, WITHOUT_OWN, Spoken, spoken, with_truth

if TYPE_CHECKING:
    import httpx

__all__ = ["GraphStore", "RemoteStore"]

_JSON = "application/sparql-results+json"
_TRIPLES_ACCEPT = "application/n-triples;q=0.9, text/turtle;q=0.5"
_ACCEPT = f"{_JSON}, {_TRIPLES_ACCEPT}"
#: A longer query is sent as the body of a POST: servers refuse long addresses (Oxigraph's beyond 8 kB of head).
_LONGEST_GET = 4000
#: What Virtuoso says of an answer of which it gives a part, with status 200.
_CUT = ("X-SPARQL-MaxRows", "X-SQL-State")
_ASKED = "__ASK_RETVAL"
_LINES = ox.RdfFormat.N_TRIPLES
_GRAPH = "application/n-triples, text/plain;q=0.9, text/turtle;q=0.5"
#: N-Triples are Turtle, which every server takes.
_TRIPLES = {"Content-Type": "text/turtle"}


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

    def __init__(
        self, endpoint: str, *, credentials: Credentials | None = None, client: httpx.Client | None = None
    ) -> None:
        """Ask `endpoint`, as whom the server wants, through `client` or one of our own."""
        self.endpoint = endpoint
        self._client = client or make_client(credentials=credentials)
        self._engine: str | None = None

    @property
    def engine(self) -> str:  # type: ignore[override]
        """What the server calls itself, without its version; empty where it does not say.

        Raises:
            StoreError: it cannot be reached.
        """
        if self._engine is None:
            self._answered(_Asked("ASK {}"))
        return self._engine or ""

    def query(self, text: str, *, default: Iterable[str] = (), named: Iterable[str] = ()) -> Answer:
        """Evaluate a SPARQL 1.1 query; the prefix table is known.

        Args:
            text: the query.
            default: IRIs of the graphs that are its default graph, if the union of all is not.
            named: IRIs of those that it may name, likewise.

        Raises:
            StoreError: the server refused the query, failed, could not be reached, or sent what is no whole answer.
        """
        text, *clauses = without_dataset(text, PREFIXES)
        given = [[*default], [*named]]
        asked = _Asked(_declared(text), *(given if any(given) else clauses))
        if self._engine != VIRTUOSO:  # or not known yet
            response = self._answered(asked)
            if self._engine != VIRTUOSO:
                return _answer(response, response.content)
        for way in (spoken(asked.text), Spoken(asked.text)):
            own = way.own and not asked.default and not asked.named
            response = self._answered(replace(asked, text=f"{WITHOUT_OWN}{way.text}" if own else way.text))
            answer = _answer(response, with_truth(response.content))
            if not isinstance(answer, ox.QuerySolutions):
                return answer
            if (finished := way.finished(answer)) is not None:
                return finished
        raise AssertionError("an answer that is taken as it comes")

    def _answered(self, asked: _Asked) -> httpx.Response:
        """Return the whole answer of the server."""
        with translate_network_errors(self.endpoint):
            response = self._send(urlencode(asked.fields, doseq=True), asked.accept)
        self._engine = response.headers.get("Server", "").partition("/")[0]
        raise_for_problem(response)
        if cut := [name for name in _CUT if name in response.headers]:
            raise StoreError(
                f"{self.endpoint}: the server gives a part of the answer only and says so by {', '.join(cut)}; repair: "
                "lift its limits of rows and of time, ResultSetMaxRows and MaxQueryExecutionTime of Virtuoso"
            )
        return response

    def _send(self, asked: str, accept: str) -> httpx.Response:
        if len(asked) <= _LONGEST_GET:
            mark = "&" if "?" in self.endpoint else "?"
            return self._client.get(f"{self.endpoint}{mark}{asked}", headers={"Accept": accept})
        form = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        return self._client.post(self.endpoint, content=asked.encode(), headers=form)


@dataclass(frozen=True)
class _Asked:
    """A query with its dataset, by the IRIs of its graphs.

    The dataset goes beside the text: Oxigraph's server forgets the clauses of a text when its default graph is the
    union, and Virtuoso adds them to the dataset of the request.
    """

    text: str
    default: Sequence[str] = ()
    named: Sequence[str] = ()

    @property
    def fields(self) -> dict[str, Sequence[str]]:
        return {"query": [self.text], "default-graph-uri": self.default, "named-graph-uri": self.named}

    @property
    def accept(self) -> str:
        """What the answer may be; Virtuoso gives triples as rows where these are accepted as well."""
        words = (token.word for token in read_tokens(self.text))
        form = next((word for word in words if word in ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")), "")
        return _TRIPLES_ACCEPT if form in ("CONSTRUCT", "DESCRIBE") else _ACCEPT


class GraphStore(_Connection):
    """The named graphs of a server, read and written by the SPARQL 1.1 Graph Store HTTP Protocol.

    Every request but `delete` may be repeated, and is when the server is busy: a graph is replaced by the same triples,
    or gets what it has already. That is why what `add` sends must have no blank nodes, which would be other ones.
    """

    def __init__(
        self, address: str, *, credentials: Credentials | None = None, client: httpx.Client | None = None
    ) -> None:
        """Write at `address`, as whom the server wants."""
        self.address = address
        self._client = client or make_client(timeout=300, credentials=credentials)

    def put(self, graph: str, triples: bytes) -> None:
        """Replace the graph with the IRI `graph` by N-Triples.

        Raises:
            StoreError: the server refused, failed or could not be reached.
        """
        self._send("PUT", graph, content=triples, headers=_TRIPLES)

    def add(self, graph: str, triples: bytes) -> None:
        """Add N-Triples without blank nodes to the graph with the IRI `graph`.

        Raises:
            StoreError: the server refused, failed or could not be reached.
        """
        self._send("POST", graph, content=triples, headers=_TRIPLES)

    def get(self, graph: str) -> Iterator[ox.Triple]:
        """Yield the triples of the graph with the IRI `graph`.

        Raises:
            NotFoundError: there is no such graph.
            StoreError: the server refused, failed, could not be reached, or sent what is no RDF.
        """
        response = self._send("GET", graph, headers={"Accept": _GRAPH})
        form = _LINES if _media_type(response) == "text/plain" else ox.RdfFormat.from_media_type(_media_type(response))
        if form is None:
            raise _no_answer(response, "RDF in any syntax", "give the address of a Graph Store HTTP Protocol")
        try:
            yield from (quad.triple for quad in ox.parse(response.content, form))
        except SyntaxError as error:
            raise StoreError(f"{self.address}: graph {graph}: broken answer: {error}") from error

    def delete(self, graph: str) -> None:
        """Remove the graph with the IRI `graph`.

        Raises:
            NotFoundError: there is no such graph.
            StoreError: the server refused, failed or could not be reached.
        """
        self._send("DELETE", graph)

    def _send(self, method: str, graph: str, **more: Any) -> httpx.Response:
        with translate_network_errors(self.address):
            response = self._client.request(method, self.address, params={"graph": graph}, **more)
        raise_for_problem(response)
        return response


def _declared(text: str) -> str:
    """Return a query with the prefixes that it may use declared, on its first line: lines of errors stay the same."""
    words = list(islice(read_tokens(text), 2))
    if words[0].word == "BASE":  # two of them are too much for Virtuoso
        return f"{text[: words[1].end]} {_prefixes(text)}{text[words[1].end :]}"
    return f"BASE <{BASE}> {_prefixes(text)}{text}"


def _prefixes(text: str) -> str:
    used = (f"PREFIX {prefix}: <{iri}> " for prefix, iri in sorted(PREFIXES.items()) if f"{prefix}:" in text)
    return "".join(used)


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _answer(response: httpx.Response, content: bytes) -> Answer:
    media_type = _media_type(response)
    try:
        if form := ox.QueryResultsFormat.from_media_type(media_type):
            return _truth(ox.parse_query_results(content, form))
        if graph := ox.RdfFormat.from_media_type(media_type):
            return answer_of_triples(content, graph)
    except (SyntaxError, ValueError) as error:
        raise StoreError(f"{response.request.url.copy_with(query=None)}: broken answer: {error}") from error
    raise _no_answer(
        response, "SPARQL results in JSON, XML or TSV, RDF in any syntax", "give the address of a SPARQL endpoint"
    )


def _truth(answer: Answer) -> Answer:
    """Return the answer of ASK where Virtuoso gives it as a row, or none, of a column of its own."""
    if not isinstance(answer, ox.QuerySolutions) or [name.value for name in answer.variables] != [_ASKED]:
        return answer
    true = any(row[_ASKED].value == "1" for row in answer)
    return ox.parse_query_results(json.dumps({"head": {}, "boolean": true}).encode(), ox.QueryResultsFormat.JSON)


def _no_answer(response: httpx.Response, accepted: str, repair: str) -> StoreError:
    return StoreError(
        f"{response.request.url.copy_with(query=None)}: found an answer of type '{_media_type(response)}'; "
        f"accepted: {accepted}; repair: {repair}"
    )
