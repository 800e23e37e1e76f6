"""Queries answered by another engine that holds the release, within the same limits and with the same refusals.

The text is read and refused here, and parsed here too, so that a syntax error is reported as always; other names of
entities and paths of no step are looked up in the release on disk, and so are descriptions. The worker may be killed as
always. The engine is not: SPARQL has no word for that. A request may ask for the release on disk in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyoxigraph as ox

from dualbio.errors import ReleaseError, StoreError, counted
from dualbio.model.namespaces import graph_iri
from dualbio.sparql.clauses import Clauses
from dualbio.sparql.description import read_describe
from dualbio.sparql.engine_text import EngineText
from dualbio.sparql.formats import Format
from dualbio.store import Answer
from dualbio.store.credentials import Credentials
from dualbio.store.remote import RemoteStore
from dualbio.store.workers.process.errors import EndpointFailedError
from dualbio.store.workers.process.protocol import QueryRequest
from dualbio.store.workers.process.settings import PoolSettings
from dualbio.store.workers.query.evaluate import Evaluator, Results

__all__ = ["RemoteEvaluator", "engine_of", "hold_against"]

_NOTHING = ox.Store()
_OURS = graph_iri("").value
_COUNTS = (
    "SELECT ?graph (COUNT(*) AS ?triples) { GRAPH ?graph { ?s ?p ?o } "
    f'FILTER (STRSTARTS(STR(?graph), "{_OURS}") && !STRSTARTS(STR(?graph), "{_OURS}user/")) }} GROUP BY ?graph'
)


@dataclass(frozen=True)
class RemoteEvaluator(Evaluator):
    """Has `engine` evaluate what this process has read; `store` is the release on disk."""

    engine: RemoteStore = field(kw_only=True)
    outside: ClassVar[bool] = True

    def evaluate(self, request: QueryRequest, text: EngineText, clauses: Clauses) -> tuple[Results, Format]:
        """Start the evaluation there, or here where the request says so, as `Evaluator.evaluate` does.

        Raises:
            WorkError: as there, or the engine came to no answer.
        """
        if request.here:
            return Evaluator(self.store, None, self.base, self.prefixes).evaluate(request, text, clauses)
        return super().evaluate(request, text, clauses)

    def _start(self, _store: ox.Store, text: str, graphs: dict[str, Any], /) -> Answer:
        parsed = super()._start(_NOTHING, text, graphs)
        if read_describe(text):  # what is asked for is selected there, and described from here
            return parsed
        default = [node.value for node in graphs.get("default_graph", ())]
        named = [node.value for node in graphs.get("named_graphs", ())]
        try:
            return self.engine.query(text, default=default, named=named)
        except StoreError as error:
            raise EndpointFailedError.of_engine(self.engine.endpoint, error) from error


def engine_of(known: PoolSettings) -> RemoteStore:
    """Return the engine behind a pool."""
    return RemoteStore(known.engine, credentials=Credentials(*known.credentials))


def hold_against(known: PoolSettings) -> None:
    """Hold the graphs of an engine against those of the release that it is to answer for, by their numbers of triples.

    Raises:
        ReleaseError: a graph of ours is another one there, or its default graph is not the union of its graphs.
        StoreError: it does not answer.
    """
    with engine_of(known) as engine:
        rows = [(str(row["graph"].value), int(row["triples"].value)) for row in engine.select(_COUNTS)]
        found = {graph.removeprefix(_OURS): number for graph, number in rows if graph.startswith(_OURS)}
        if other := sorted(name for name in found.keys() | known.counts if found.get(name) != known.counts.get(name)):
            raise ReleaseError(
                f"{known.engine}: not as in {known.release}: {counted(len(other), 'graph')}; {other[0]} has "
                f"{counted(found.get(other[0], 0), 'triple')}; accepted: {known.counts.get(other[0], 0)}; "
                f"repair: dualbio load --to ADDRESS --endpoint {known.engine}"
            )
        if not engine.ask("ASK { ?s a dualbio:Study }"):
            raise ReleaseError(
                f"{known.engine}: the default graph has no study; accepted: the union of the named graphs; "
                "repair: start Oxigraph's server with --union-default-graph"
            )
