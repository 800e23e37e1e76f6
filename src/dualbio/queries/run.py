"""Bind parameters to a saved query and run it over any store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dualbio.errors import ParameterError, did_you_mean
from dualbio.model.rdf_terms import GroundTerm
from dualbio.queries.answers.result import QueryResult
from dualbio.queries.identifiers import identified, with_origin
from dualbio.queries.library import EXACT, SavedQuery
from dualbio.queries.omissions import Companions
from dualbio.queries.parameters import ParameterFaultsError, parameter_terms
from dualbio.queries.resolver import Resolver
from dualbio.sparql.tokens import replaced
from dualbio.store import Store
from dualbio.store.engines import refuse_unfit

__all__ = ["bind", "bound_terms", "place_terms", "run_query", "shown_values"]


def bind(query: SavedQuery, params: Mapping[str, object], resolver: Resolver) -> str:
    """Return the SPARQL text of `query` with `params` in the place of its defaults.

    The rows of each parameter's `VALUES` block are replaced by serialised RDF terms; nothing else of the text changes.
    A parameter that is not given keeps its default.

    Raises:
        ParameterError: a parameter is unknown, missing, or has a value of the wrong kind.
    """
    return place_terms(query, bound_terms(query, params, resolver))


def place_terms(query: SavedQuery, terms: Mapping[str, tuple[GroundTerm, ...]]) -> str:
    """Return the SPARQL text of `query` with `terms` as the rows of the blocks of their parameters.

    For the parameters that `exact` names, paths that also reach what is below a value give way to those that do not.
    """
    alone = {term.value for term in terms.get(EXACT, ())}
    changes = [(each.start, each.end, each.own) for each in query.hierarchies if each.name in alone]
    for name, block in query.blocks.items():
        if name in terms:
            changes.append((block.start, block.end, f" {' '.join(map(str, terms[name]))} "))
    return replaced(query.text, changes)


def bound_terms(
    query: SavedQuery, params: Mapping[str, object], resolver: Resolver
) -> dict[str, tuple[GroundTerm, ...]]:
    """Return the terms of the parameters that are given.

    Raises:
        ParameterFaultsError: parameters are unknown, missing, or have values of the wrong kind; each one is reported.
    """
    terms: dict[str, tuple[GroundTerm, ...]] = {}
    faults = dict(_unknown(query, params))
    for param in query.params:
        value = params.get(param.name)
        if value is None and not query.defaults[param.name]:
            faults[param.name] = (
                f"query '{query.name}': parameter '{param.name}' is missing; "
                f"accepted: {param.description}, for example {param.examples[0]}"
            )
        elif value is not None:
            try:
                terms[param.name] = parameter_terms(param, value, resolver)
            except ParameterError as error:
                faults[param.name] = str(error)
    if faults:
        raise ParameterFaultsError(faults)
    return terms


def _unknown(query: SavedQuery, params: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    names = [param.name for param in query.params]
    accepted = f"accepted: {', '.join(names)}" if names else "this query has no parameters"
    for name in params:
        if name not in names:
            told = f"query '{query.name}' has no parameter '{name}'; {accepted}{did_you_mean(name, names)}"
            yield name, told


def run_query(
    query: SavedQuery,
    store: Store,
    params: Mapping[str, object] | None = None,
    *,
    resolver: Resolver | None = None,
    release: str | None = None,
) -> QueryResult:
    """Run `query` over `store` and return its answer: the one way in which a saved query runs.

    Args:
        query: a query of the library.
        store: what answers.
        params: values by parameter name; what is left out keeps its default.
        resolver: names of the individuals in `store`; give one to read them only once for many queries.
        release: the id of the release that `store` holds, kept with the answer.

    Raises:
        ParameterError: a parameter is unknown, missing, or has a value of the wrong kind.
        QueryFileError: a cell is not of the type that its column declares.
        UnfitEngineError: the store is of an engine that was seen to answer the query otherwise.
    """
    resolver = resolver or Resolver(store)
    terms = bound_terms(query, params or {}, resolver)

    def ask(asked: SavedQuery, given: Mapping[str, tuple[GroundTerm, ...]]) -> QueryResult:
        return _select(asked, store, given, release)

    answer = _select(query, store, terms, release)
    answer = identified(answer, query.columns[len(answer.columns) :], resolver.cited)
    if answer.rests_on_own:
        answer = with_origin(answer, resolver.cited)
    answer = answer.citing(query.head.summary, resolver.cited)
    return answer.beside(Companions(query, terms, answer, ask, resolver)) if query.companions else answer


def _select(
    query: SavedQuery, store: Store, terms: Mapping[str, tuple[GroundTerm, ...]], release: str | None
) -> QueryResult:
    refuse_unfit(store.engine, query.name)
    text = place_terms(query, terms)
    about = {"query": query.name, "params": shown_values(terms), "release": release, "text": text}
    head = query.head
    columns, rows = store.select_rows(text)
    return QueryResult.of_rows(columns, rows, types=query.types, reading=head.shown, plot=head.plot, **about)


def shown_values(terms: Mapping[str, tuple[GroundTerm, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the values of bound parameters as an answer shows them."""
    return {name: tuple(term.value for term in values) for name, values in terms.items()}
