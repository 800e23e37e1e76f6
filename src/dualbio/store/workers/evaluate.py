"""One query from text to bytes, inside a worker: parse, refuse what is switched off, evaluate, serialise."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import IO, cast

import pyoxigraph as ox

from dualbio.formats import FORMATS, Format
from dualbio.store.workers.describing import DescribeRequest, Description, Graphs, describe, read_describe
from dualbio.store.workers.errors import (
    FormatRefusedError,
    QueryFailedError,
    QueryRefusedError,
    QueryStopError,
    QuerySyntaxError,
)
from dualbio.store.workers.syntax import Clauses
from dualbio.store.workers.xml_text import XmlOutput

__all__ = ["Dataset", "Job", "Results", "allowed", "evaluate", "kind_of", "serialise"]

Results = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples | Description

_KINDS: dict[type, str] = {
    ox.QuerySolutions: "select",
    ox.QueryBoolean: "ask",
    ox.QueryTriples: "graph",
    Description: "graph",
}
_BY_NAME: dict[str, Format] = {form.name: form for form in FORMATS}
_PLACE = re.compile(r"error at (\d+):(\d+): ", re.DOTALL)
_NO_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_PREFIX = re.compile(r"(?<![A-Za-z])([A-Za-z][\w\-.]*+):")
_LONGEST_MESSAGE = 300
_XML = ("xml", "rdf-xml")


@dataclass(frozen=True)
class Dataset:
    """The graphs of one query (SPARQL 1.1 Protocol, section 2.1.4), as IRIs."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether a dataset was asked for; otherwise the query sees the union of all graphs."""
        return bool(self.default or self.named)


@dataclass(frozen=True)
class Job:
    """A query and the circumstances of its evaluation.

    `results_format` and `graph_format` name the format for rows and for triples; None when the client accepts none.
    `service_allow` lists the IRIs that SERVICE may call. `union` tells whether the default graph is the union of all
    graphs of the store, or a graph of its own.
    """

    text: str
    results_format: str | None
    graph_format: str | None
    base: str
    prefixes: Mapping[str, str] = field(hash=False)
    dataset: Dataset = Dataset()
    service_allow: tuple[str, ...] = ()
    union: bool = True


def allowed(job: Job, clauses: Clauses) -> bool:
    """Tell whether each SERVICE clause of the job names an endpoint of the allow-list."""
    return set(clauses.services) <= set(job.service_allow)


def evaluate(store: ox.Store, job: Job, clauses: Clauses) -> tuple[Results, Format]:
    """Start the evaluation of `job` and return its results with the format they are to be sent in.

    Raises:
        QuerySyntaxError: not a SPARQL query.
        QueryRefusedError: a SERVICE clause that is not allow-listed.
        FormatRefusedError: the kind of answer cannot be sent in a format that the client accepts.
        QueryFailedError: the engine gave up.
    """
    try:
        results = _start(store, job, clauses)
    except SyntaxError as error:
        raise _syntax_error(job.text, str(error)) from error
    except (ValueError, RuntimeError, OSError) as error:
        raise _failure(error, job, clauses) from error
    if not allowed(job, clauses):
        raise _refusal(job, clauses)
    kind = kind_of(results)
    name = job.graph_format if kind == "graph" else job.results_format
    if name is None:
        raise FormatRefusedError("no accepted format can carry this kind of answer", kind=kind)
    return results if kind != "graph" else _described(store, job, clauses) or results, _BY_NAME[name]


def kind_of(results: Results) -> str:
    """Return what the results are: `select`, `ask` or `graph`."""
    return _KINDS[type(results)]


def _described(store: ox.Store, job: Job, clauses: Clauses) -> Description | None:
    """Return the answer of a DESCRIBE query; None for another one."""
    request = read_describe(job.text)
    if request is None:
        return None
    try:
        solutions = _start(store, replace(job, text=request.select), clauses)
        assert isinstance(solutions, ox.QuerySolutions)
        terms = (term for solution in solutions for term in solution)
        nodes = [term for term in terms if isinstance(term, (ox.NamedNode, ox.BlankNode))]
        return describe(store, nodes, _default_graphs(store, job, request))
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise _failure(error, job, clauses) from error


def _default_graphs(store: ox.Store, job: Job, request: DescribeRequest) -> Graphs:
    if job.dataset:
        return [ox.NamedNode(iri) for iri in job.dataset.default]
    if not request.dataset:
        return None if job.union else [ox.DefaultGraph()]
    names = " ".join(request.default)
    query = f"{request.prologue}SELECT ?graph {{ VALUES ?graph {{ {names} }} }}"
    found = store.query(query, base_iri=job.base, prefixes=dict(job.prefixes))
    assert isinstance(found, ox.QuerySolutions)
    return [term for solution in found if isinstance(term := solution["graph"], ox.NamedNode)]


def _start(store: ox.Store, job: Job, clauses: Clauses) -> Results:
    # Handing over the whole prefix table would cost more than a small query does.
    prefixes = {name: job.prefixes[name] for name in set(_PREFIX.findall(job.text)) & job.prefixes.keys()}
    # The union is the default graph unless the request or the query names a dataset of its own.
    if job.dataset:
        return store.query(
            job.text,
            base_iri=job.base,
            prefixes=prefixes,
            default_graph=[ox.NamedNode(iri) for iri in job.dataset.default],
            named_graphs=[ox.NamedNode(iri) for iri in job.dataset.named],
        )
    union = job.union and not clauses.dataset
    return store.query(job.text, base_iri=job.base, prefixes=prefixes, use_default_graph_as_union=union)


def serialise(results: Results, form: Format, output: IO[bytes], job: Job, clauses: Clauses) -> None:
    """Write `results` to `output`, in the engine's own code.

    Raises:
        QueryFailedError: the engine gave up on the way.
        QueryRefusedError: it tried to reach another endpoint.
        OSError: `output` could not be written; errors of the engine are never of this kind.
    """
    try:
        if form.name in _XML:
            output = cast(IO[bytes], XmlOutput(output))
        if isinstance(results, (ox.QueryTriples, Description)):
            assert form.rdf is not None
            results.serialize(output, form.rdf)
        else:
            results.serialize(output, form.results)
    except (ValueError, RuntimeError) as error:
        raise _failure(error, job, clauses) from error
    except OSError as error:
        if error.errno in _NO_DISK:
            raise
        raise _failure(error, job, clauses) from error


def _syntax_error(text: str, message: str) -> QuerySyntaxError:
    if not text.strip():
        return QuerySyntaxError("the query is empty; accepted: SELECT, ASK, CONSTRUCT or DESCRIBE", line=1, column=1)
    place = _PLACE.search(message)
    if re.match(r"\s*(INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD|WITH)\b", _body(text), re.IGNORECASE):
        hint = "; this looks like an update, and a query was expected"
    else:
        hint = ""
    if place is None:
        return QuerySyntaxError(f"not a SPARQL query: {_shorten(message)}{hint}")
    line, column = int(place[1]), int(place[2])
    return QuerySyntaxError(
        f"not a SPARQL query: line {line}, column {column}: {_shorten(message[place.end() :])}{hint}",
        line=line,
        column=column,
    )


def _body(text: str) -> str:
    return re.sub(r"^(?:\s+|#[^\r\n]*|(?:PREFIX\s+[^<\s]*\s*|BASE\s*)<[^>]*>)*", "", text, flags=re.IGNORECASE)


def _failure(error: Exception, job: Job, clauses: Clauses) -> QueryStopError:
    # The engine opens nothing but connections, and no descriptor was left for one.
    no_descriptor = isinstance(error, OSError) and "too many open files" in str(error).lower()
    if no_descriptor or (clauses.services and not allowed(job, clauses)):
        return _refusal(job, clauses)
    return QueryFailedError(f"the engine stopped: {_shorten(str(error))}")


def _refusal(job: Job, clauses: Clauses) -> QueryRefusedError:
    refused = [target for target in clauses.services if target not in job.service_allow]
    accepted = ", ".join(job.service_allow) or "none"
    return QueryRefusedError(
        f"SERVICE is switched off here for {', '.join(refused) or 'this endpoint'}; accepted: {accepted}; "
        "ask both endpoints from your own machine, or run dualbio with DUALBIO_SERVICE_ALLOW",
        feature="SERVICE",
        refused=refused,
        accepted=list(job.service_allow),
    )


def _shorten(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE].rsplit(",", 1)[0] + ", …"
