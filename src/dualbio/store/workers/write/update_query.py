"""Evaluates one write in a writer: parses it, refuses what is not allowed, changes a private store.

The store is the writer's own copy, which ends with its process: nothing that happens here is seen by anyone until the
user graphs are taken out of it and written to the disk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

import pyoxigraph as ox

from dualbio.rdf.faults import document_fault
from dualbio.sparql.clauses import Clauses, find_clauses
from dualbio.sparql.engine_text import ERROR_PLACE, EngineText, QueryDepthError, engine_text
from dualbio.sparql.formats import FORMATS_BY_NAME
from dualbio.sparql.operations import GraphTarget, Operation, UnclearUpdateError, read_operations
from dualbio.sparql.syntax_errors import explain
from dualbio.store.user_graphs import ACCEPTED, user_graph_iri, user_graph_name
from dualbio.store.workers.process.errors import (
    BrokenDataError,
    GraphRefusedError,
    QueryFailedError,
    QueryRefusedError,
    QuerySyntaxError,
    QueryTooComplexError,
    UpdateDatasetError,
    WorkError,
    shortened,
)
from dualbio.store.workers.write.writes import WriteRequest

__all__ = ["Update", "plan_update", "read_graph", "read_triples", "run_update"]

#: An operation that always fails, and so keeps what follows it from being evaluated once it was parsed.
_HALT = "CREATE GRAPH <urn:x-dualbio:halt> ; "


@dataclass(frozen=True)
class Update:
    """An update that may run: texts to evaluate one after the other, and the names of the graphs they may change."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    ambiguous: bool
    loads: bool
    base: str
    prefixes: Mapping[str, str] = field(hash=False)


def plan_update(request: WriteRequest, base: str, prefixes: Mapping[str, str], allowed: tuple[str, ...]) -> Update:
    """Return what is to be run for an update; nothing is evaluated yet.

    Args:
        request: the text, and the graphs that the request names for its patterns.
        base: IRI that relative IRIs are resolved against.
        prefixes: those that need no declaration.
        allowed: IRIs that SERVICE and LOAD may call.

    Raises:
        QuerySyntaxError: not SPARQL Update.
        GraphRefusedError: something other than a constant user graph would be written.
        QueryRefusedError: SERVICE or LOAD that is not allow-listed.
        UpdateDatasetError: the request and the text both name a dataset.
    """
    given = _text(request.body)
    text = given.text
    try:
        operations = read_operations(text)
    except UnclearUpdateError as error:
        _parse(given, text, None, base, prefixes)
        raise QueryRefusedError(f"the update cannot be checked: {error}; repair: write it in a simpler form") from error
    texts = [_only_operation(text, each) for each in operations]
    for single, operation in zip(texts, operations, strict=True):
        _parse(given, single, operation.start, base, prefixes)
    if not operations:
        _parse(given, text, None, base, prefixes)
    resolver = _Resolver(text, base, prefixes)
    names = dict.fromkeys(name for each in operations for name in _names(each, resolver))
    for each in operations:
        _check_reach(each, text, resolver, allowed)
        if each.dataset and (request.using or request.using_named):
            raise UpdateDatasetError(
                "found using-graph-uri or using-named-graph-uri beside WITH or USING; accepted: one of both"
            )
    dataset = "".join(f" USING <{iri}>" for iri in request.using)
    dataset += "".join(f" USING NAMED <{iri}>" for iri in request.using_named)
    ready = tuple(_with_dataset(*each, dataset) for each in zip(texts, operations, strict=True))
    loads = any(each.loads or _clauses(each, text, prefixes).services for each in operations)
    return Update(ready, tuple(names), any(each.ambiguous for each in operations), loads, base, prefixes)


def _text(body: bytes) -> EngineText:
    try:
        return engine_text(body.decode(errors="replace"))
    except QueryDepthError as error:
        raise QueryTooComplexError(str(error)) from error


def _clauses(operation: Operation, text: str, prefixes: Mapping[str, str]) -> Clauses:
    """Return what an operation reaches for, with the prefixes that hold for it."""
    spans = [*operation.prologue, (operation.start, operation.end)]
    return find_clauses("\n".join(text[start:end] for start, end in spans), prefixes)


def _only_operation(text: str, operation: Operation) -> str:
    """Return the text with only one operation and the declarations that hold for it; all places stay as they were."""
    pieces, at = [], 0
    for start, end in [*operation.prologue, (operation.start, operation.end)]:
        pieces += [re.sub(r"[^\r\n]", " ", text[at:start]), text[start:end]]
        at = end
    return "".join(pieces)


def _parse(given: EngineText, text: str, place: int | None, base: str, prefixes: Mapping[str, str]) -> None:
    """Have the engine parse the operation of a text that begins at `place`, or the whole, over an empty store.

    Raises:
        QuerySyntaxError: with the place in the whole text.
    """
    store = ox.Store()
    store.add_graph(ox.NamedNode("urn:x-dualbio:halt"))
    halted = text if place is None else f"{text[:place]}{_HALT}{text[place:]}"
    try:
        store.update(halted, base_iri=base, prefixes=dict(prefixes))
    except SyntaxError as error:
        raise _syntax_error(given, str(error), place, prefixes) from error
    except (RuntimeError, OSError, ValueError):
        pass  # the halt


def _syntax_error(given: EngineText, message: str, place: int | None, prefixes: Mapping[str, str]) -> QuerySyntaxError:
    found = ERROR_PLACE.search(message)
    if found and place is not None:
        line, column = int(found[1]), int(found[2])
        if line == given.text.count("\n", 0, place) + 1:
            begin = place - given.text.rfind("\n", 0, place)
            column = max(begin, column - len(_HALT)) if column > begin else column
        message = f"error at {line}:{column}: {message[found.end() :]}"
    fault = explain(given, message, prefixes, update=True)
    return QuerySyntaxError(f"not SPARQL Update: {fault}", line=fault.line, column=fault.column)


# --- what may be written ---------------------------------------------------------------------------------------------


class _Resolver:
    """Resolves names as written in an operation, by the engine and with the declarations that hold there."""

    def __init__(self, text: str, base: str, prefixes: Mapping[str, str]) -> None:
        self.text = text
        self.base = base
        self.prefixes = dict(prefixes)
        self.store = ox.Store()

    def iri(self, operation: Operation, name: str) -> str:
        prologue = "\n".join(self.text[start:end] for start, end in operation.prologue)
        query = f"{prologue}\nSELECT ?iri {{ VALUES ?iri {{ {name} }} }}"
        solutions = self.store.query(query, base_iri=self.base, prefixes=self.prefixes)
        assert isinstance(solutions, ox.QuerySolutions)
        return str(next(solutions)["iri"].value)


_REFUSED = {
    "default": "the default graph is the released data and cannot be written",
    "variable": "a variable for a graph in a template could name any graph",
    "many": "this names released graphs too",
}


def _names(operation: Operation, resolver: _Resolver) -> list[str]:
    """Return the names of the user graphs that an operation may change."""
    names = []
    for target in operation.writes:
        if target.kind != "graph":
            raise _graph_refused(operation, target, _REFUSED[target.kind])
        iri = resolver.iri(operation, target.text)
        name = user_graph_name(iri)
        if name is None:
            raise _graph_refused(operation, GraphTarget("graph", iri), "this is not a user graph")
        names.append(name)
    return names


def _graph_refused(operation: Operation, target: GraphTarget, reason: str) -> GraphRefusedError:
    found = f"<{target.text}>" if target.kind == "graph" else target.text
    repair = "name a user graph with GRAPH <…>, or WITH <…> in front"
    return GraphRefusedError(
        f"{operation.kind} would write {found}: {reason}; accepted: {ACCEPTED}; nothing was changed; repair: {repair}",
        graph=target.text,
        operation=operation.kind,
        accepted=user_graph_iri("NAME"),
    )


def _check_reach(operation: Operation, text: str, resolver: _Resolver, allowed: tuple[str, ...]) -> None:
    called = [("LOAD", resolver.iri(operation, name)) for name in operation.loads]
    clauses = _clauses(operation, text, resolver.prefixes)
    called += [("SERVICE", target) for target in clauses.services]
    if clauses.unclear is not None:
        raise QueryRefusedError(
            f"it is unclear whether the update calls SERVICE: '{clauses.unclear}' can be read in two ways; nothing "
            "was changed; repair: write a space after '<' if it is a comparison, and close each string",
            feature="SERVICE",
        )
    for feature, target in called:
        if target not in allowed:
            raise QueryRefusedError(
                f"{feature} is switched off here for {target}; accepted: {', '.join(allowed) or 'none'}; nothing was "
                "changed; repair: send the triples themselves, or run dualbio with DUALBIO_SERVICE_ALLOW",
                feature=feature,
                refused=[target],
                accepted=list(allowed),
            )


def _with_dataset(text: str, operation: Operation, dataset: str) -> str:
    if not dataset or operation.where is None:
        return text
    if operation.pattern is None:
        return f"{text[: operation.where]}{dataset} {text[operation.where :]}"
    pattern = text[slice(*operation.pattern)]
    return f"{text[: operation.start]}DELETE {pattern}{dataset} WHERE {pattern}"


# --- doing it --------------------------------------------------------------------------------------------------------


def run_update(store: ox.Store, update: Update) -> None:
    """Evaluate an update in a store that is thrown away if it fails.

    Raises:
        QueryFailedError: the engine gave up, such as at CREATE of a graph that there is.
    """
    for text in update.texts:
        try:
            store.update(text, base_iri=update.base, prefixes=dict(update.prefixes))
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise _failure(str(error)) from error


def _failure(message: str) -> WorkError:
    if "too many open files" in message.lower():
        return QueryRefusedError("the update tried to open a connection; nothing was changed", feature="LOAD")
    return QueryFailedError(f"the engine stopped: {shortened(message)}; nothing was changed")


def read_triples(request: WriteRequest) -> list[ox.Quad]:
    """Return the triples of an RDF body as quads of its user graph, with blank nodes of their own.

    Raises:
        BrokenDataError: not well-formed, or with graphs of its own.
    """
    graph = ox.NamedNode(user_graph_iri(request.name))
    form = FORMATS_BY_NAME[request.format]
    quads = []
    try:
        if form.rdf == ox.RdfFormat.RDF_XML:  # the engine takes a document that breaks off for a whole one
            expat.ParserCreate().Parse(request.body, True)
        for quad in ox.parse(input=request.body, format=form.rdf, base_iri=graph.value, rename_blank_nodes=True):
            if quad.graph_name != ox.DefaultGraph():
                raise BrokenDataError(
                    f"the body has triples in the graph {quad.graph_name}; accepted: triples without a graph, since "
                    "the request names it; nothing was changed"
                )
            quads.append(ox.Quad(quad.subject, quad.predicate, quad.object, graph))
    except (SyntaxError, ValueError, OSError, expat.ExpatError) as error:
        fault = shortened(document_fault(error))
        raise BrokenDataError(f"the body is not {form.label}: {fault}; nothing was changed") from error
    return quads


def read_graph(store: ox.Store, name: str) -> bytes | None:
    """Return the N-Quads of a user graph, sorted, or None when there is no such graph."""
    graph = ox.NamedNode(user_graph_iri(name))
    if not store.contains_named_graph(graph):
        return None
    data = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=graph) or b""
    end = f" <{graph.value}> .\n".encode()
    return b"".join(line.removesuffix(b" .") + end for line in sorted(data.split(b"\n")) if line)
