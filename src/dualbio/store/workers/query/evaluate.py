"""Evaluates one query in a worker: parses it, refuses what is not allowed, evaluates, serialises."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, ClassVar, cast

import pyoxigraph as ox

from dualbio.errors import ExportError
from dualbio.rdf.rdfxml import write_rdfxml
from dualbio.rdf.xml_text import XmlOutput
from dualbio.sparql.aliases import keys_of, with_keys
from dualbio.sparql.clauses import Clauses, find_clauses, names_graphs
from dualbio.sparql.description import (
    DescribeRequest,
    Description,
    Graphs,
    describe,
    named_graphs,
    read_describe,
    resources_of,
)
from dualbio.sparql.engine_text import WHOLE_IRI, EngineText, QueryDepthError, engine_text
from dualbio.sparql.formats import FORMATS_BY_NAME, Format
from dualbio.sparql.paths import with_zero_length_paths
from dualbio.sparql.syntax_errors import explain
from dualbio.store import Answer
from dualbio.store.workers.process.errors import (
    EndpointFailedError,
    FormatRefusedError,
    QueryFailedError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTooComplexError,
    WorkError,
    shortened,
)
from dualbio.store.workers.process.protocol import QueryRequest

__all__ = ["Evaluator", "Results", "kind_of", "serialise"]

Results = Answer | Description

_KINDS: dict[type, str] = {
    ox.QuerySolutions: "select",
    ox.QueryBoolean: "ask",
    ox.QueryTriples: "graph",
    Description: "graph",
}
_NO_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
#: A prefix; looked for where a run of its letters begins, since each place within a long run would be a try.
_PREFIX = re.compile(r"(?<![\w\-.])[\w\-.]++(?=:)")


@dataclass(frozen=True)
class Evaluator:
    """What all queries of a worker are evaluated over, and with.

    `store` holds the release, whose graphs together are the default graph; `full`, where there are user graphs, holds
    them too and has the released data as its default graph. `prefixes` need no declaration; `service_allow` lists the
    IRIs that SERVICE may call.
    """

    store: ox.Store
    full: ox.Store | None
    base: str
    prefixes: Mapping[str, str]
    service_allow: tuple[str, ...] = ()
    #: Whether it needs connections of its own.
    outside: ClassVar[bool] = False

    @cached_property
    def _keys(self) -> dict[str, str]:
        return keys_of(self.store)

    def read(self, query: str) -> tuple[EngineText, Clauses]:
        """Return the text that the engine is given and what it reaches for; refuse before anything is evaluated.

        Raises:
            QueryTooComplexError: the text is nested too deeply.
            QueryRefusedError: a SERVICE clause that is not allow-listed.
        """
        try:
            text = engine_text(query)
        except QueryDepthError as error:
            raise QueryTooComplexError(str(error)) from error
        clauses = find_clauses(text.text, self.prefixes)
        refused = [target for target in clauses.services if target not in self.service_allow]
        if clauses.unclear is not None:
            raise QueryRefusedError(
                f"it is unclear whether the query calls SERVICE: '{clauses.unclear}' can be read in two ways; "
                "repair: write a space after '<' if it is a comparison, and close each string",
                feature="SERVICE",
            )
        if refused:
            raise QueryRefusedError(
                f"SERVICE is switched off here for {', '.join(refused)}; accepted: "
                f"{', '.join(self.service_allow) or 'none'}; "
                "ask both endpoints from your own machine, or run dualbio with DUALBIO_SERVICE_ALLOW",
                feature="SERVICE",
                refused=refused,
                accepted=list(self.service_allow),
            )
        return text, clauses

    def evaluate(self, request: QueryRequest, text: EngineText, clauses: Clauses) -> tuple[Results, Format]:
        """Start the evaluation of a query that was read, and return its results with the format to send them in.

        Raises:
            QuerySyntaxError: not a SPARQL query.
            FormatRefusedError: the kind of answer cannot be sent in a format that the client accepts.
            QueryFailedError: the engine gave up.
        """
        store = self._store_of(request)
        graphs = self._graphs(request, clauses, store)
        given = with_zero_length_paths(with_keys(text, self._keys.get, self.prefixes), store, self.prefixes)
        try:
            results: Results = self._start(store, given.text, graphs)
        except SyntaxError as error:
            fault = explain(given, str(error), self.prefixes)
            raise QuerySyntaxError(f"not a SPARQL query: {fault}", line=fault.line, column=fault.column) from error
        except (ValueError, RuntimeError, OSError) as error:
            raise _failure(error, clauses.services) from error
        kind = kind_of(results)
        name = request.graph_format if kind == "graph" else request.results_format
        if not name:
            raise FormatRefusedError("no accepted format can carry this kind of answer", kind=kind)
        described = read_describe(given.text) if kind == "graph" else None
        if described:
            results = self._describe(store, request, described, graphs)
        return results, FORMATS_BY_NAME[name]

    def _store_of(self, request: QueryRequest) -> ox.Store:
        reaches = request.user_graphs and (bool(request.dataset) or names_graphs(request.text))
        return self.full if self.full is not None and reaches else self.store

    def _graphs(self, request: QueryRequest, clauses: Clauses, store: ox.Store) -> dict[str, Any]:
        """Return the dataset of a query as the engine takes it.

        The union of all graphs is the default graph unless the request or the query names a dataset of its own.
        """
        if request.dataset:
            default, named = ([ox.NamedNode(iri) for iri in iris] for iris in request.dataset)
            return {"default_graph": default, "named_graphs": named}
        return {"use_default_graph_as_union": store is self.store and not clauses.dataset}

    def _start(self, store: ox.Store, text: str, graphs: dict[str, Any], /) -> Answer:
        return store.query(text, base_iri=self.base, prefixes=_used(text, self.prefixes), **graphs)

    def _describe(
        self, store: ox.Store, request: QueryRequest, described: DescribeRequest, graphs: dict[str, Any]
    ) -> Description:
        """Return the answer of a DESCRIBE query."""
        try:
            solutions = self._start(store, described.select, graphs)
            return describe(store, resources_of(solutions), self._described_graphs(store, request, described))
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise _failure(error) from error

    def _described_graphs(self, store: ox.Store, request: QueryRequest, described: DescribeRequest) -> Graphs:
        if request.dataset:
            return [ox.NamedNode(iri) for iri in request.dataset.default]
        if not described.dataset:
            return None if store is self.store else [ox.DefaultGraph()]
        return named_graphs(store, described, self.base, self.prefixes)


def kind_of(results: Results) -> str:
    """Return what the results are: `select`, `ask` or `graph`."""
    return _KINDS[type(results)]


def _used(text: str, prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return those of the prefixes that a text may use: handing over the whole table costs more than a small query."""
    found = set(_PREFIX.findall(WHOLE_IRI.sub("", text)))
    if not found:
        return {}
    names = tuple(prefixes)
    glued = [each for each in found - prefixes.keys() if each.endswith(names)]  # such as `?o.drug:x`
    used = found & prefixes.keys() | {name for each in glued for name in names if each.endswith(name)}
    return {name: prefixes[name] for name in used}


def serialise(results: Results, form: Format, output: IO[bytes], services: tuple[str, ...] = ()) -> None:
    """Write `results` to `output`; `services` are the endpoints that the query calls.

    Raises:
        EndpointFailedError: the engine gave up on the way, and calls were part of that.
        QueryFailedError: the engine gave up on the way, or the format cannot hold the answer.
        OSError: `output` could not be written; errors of the engine are never of this kind.
    """
    try:
        if form.rdf == ox.RdfFormat.RDF_XML and isinstance(results, (ox.QueryTriples, Description)):
            write_rdfxml(results, output)
        elif isinstance(results, (ox.QueryTriples, Description)):
            assert form.rdf is not None
            results.serialize(output, form.rdf)
        else:
            xml = form.results == ox.QueryResultsFormat.XML
            results.serialize(cast(IO[bytes], XmlOutput(output)) if xml else output, form.results)
    except ExportError as error:
        raise QueryFailedError(f"the answer cannot be written as {form.label}: {error}") from error
    except (ValueError, RuntimeError) as error:
        raise _failure(error, services) from error
    except OSError as error:
        if error.errno in _NO_DISK:
            raise
        raise _failure(error, services) from error


def _failure(error: Exception, services: tuple[str, ...] = ()) -> WorkError:
    # The engine opens nothing but connections, for which no descriptor, or no right, was left.
    if isinstance(error, PermissionError) or (
        isinstance(error, OSError) and "too many open files" in str(error).lower()
    ):
        return QueryRefusedError("the query tried to open a connection, which is switched off here", feature="SERVICE")
    if services:
        return EndpointFailedError(
            f"the query calls {', '.join(services)}, which gave no answer: {shortened(str(error).strip())}; "
            "repair: query that endpoint directly, or retry later",
            services=list(services),
        )
    return QueryFailedError(f"the engine stopped: {shortened(str(error))}")
