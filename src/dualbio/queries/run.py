"""Bind parameters to a saved query and run it over any store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dualbio.errors import ParameterError, did_you_mean
from dualbio.queries.library import EXACT, SavedQuery
from dualbio.queries.parameters import ParametersError, Term, parameter_terms
from dualbio.queries.resolver import Queryable, Resolver
from dualbio.queries.result import Result

__all__ = ["bind", "bound_terms", "place_terms", "run_query"]


def bind(query: SavedQuery, params: Mapping[str, object], resolver: Resolver) -> str:
    """Return the SPARQL text of `query` with `params` in the place of its defaults.

    The rows of each parameter's `VALUES` block are replaced by serialised RDF terms; nothing else of the text changes.
    A parameter that is not given keeps its default.

    Raises:
        ParameterError: a parameter is unknown, missing, or has a value of the wrong kind.
    """
    return place_terms(query, bound_terms(query, params, resolver))


def place_terms(query: SavedQuery, terms: Mapping[str, tuple[Term, ...]]) -> str:
    """Return the SPARQL text of `query` with `terms` as the rows of the blocks of their parameters.

    For the parameters that `exact` names, paths that also reach what is below a value give way to those that do not.
    """
    alone = {term.value for term in terms.get(EXACT, ())}
    changes = [(each.start, each.end, each.own) for each in query.hierarchies if each.name in alone]
    for name, block in query.blocks.items():
        if name in terms:
            changes.append((block.start, block.end, f" {' '.join(map(str, terms[name]))} "))
    text = query.text
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def bound_terms(query: SavedQuery, params: Mapping[str, object], resolver: Resolver) -> dict[str, tuple[Term, ...]]:
    """Return the terms of the parameters that are given.

    Raises:
        ParametersError: parameters are unknown, missing, or have values of the wrong kind; every one of them is told.
    """
    terms: dict[str, tuple[Term, ...]] = {}
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
        raise ParametersError(faults)
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
    store: Queryable,
    params: Mapping[str, object] | None = None,
    *,
    resolver: Resolver | None = None,
    release: str | None = None,
) -> Result:
    """Run `query` over `store` and return its answer.

    Args:
        query: a query of the library.
        store: anything whose `query(text)` returns solutions.
        params: values by parameter name; what is left out keeps its default.
        resolver: names of the individuals in `store`; give one to read them only once for many queries.
        release: the id of the release that `store` holds, kept with the answer.

    Raises:
        ParameterError: a parameter is unknown, missing, or has a value of the wrong kind.
    """
    names = resolver or Resolver(store)
    terms = bound_terms(query, params or {}, names)
    text = place_terms(query, terms)
    solutions = store.query(text)
    columns = tuple(variable.value for variable in solutions.variables)
    rows = tuple(tuple(solution) for solution in solutions)
    shown = {name: tuple(term.value for term in values) for name, values in terms.items()}
    return Result(columns, rows, query.name, shown, release, text)
