"""Bind parameters to a saved query and run it over any store."""

from __future__ import annotations

from collections.abc import Mapping

from dualbio.errors import ParameterError, did_you_mean
from dualbio.queries.library import SavedQuery
from dualbio.queries.parameters import Term, parameter_terms
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
    """Return the SPARQL text of `query` with `terms` as the rows of the blocks of their parameters."""
    text = query.text
    for name, block in sorted(query.blocks.items(), key=lambda item: item[1].start, reverse=True):
        if name in terms:
            rows = " ".join(map(str, terms[name]))
            text = f"{text[: block.start]} {rows} {text[block.end :]}"
    return text


def bound_terms(query: SavedQuery, params: Mapping[str, object], resolver: Resolver) -> dict[str, tuple[Term, ...]]:
    """Return the terms of the parameters that are given.

    Raises:
        ParameterError: a parameter is unknown, missing, or has a value of the wrong kind.
    """
    names = [param.name for param in query.params]
    for name in params:
        if name not in names:
            accepted = f"accepted: {', '.join(names)}" if names else "this query has no parameters"
            raise ParameterError(
                f"query '{query.name}' has no parameter '{name}'; {accepted}{did_you_mean(name, names)}"
            )
    given = {name: value for name, value in params.items() if value is not None}
    for param in query.params:
        if param.name not in given and not query.defaults[param.name]:
            raise ParameterError(
                f"query '{query.name}': parameter '{param.name}' is missing; "
                f"accepted: {param.description}, for example {param.examples[0]}"
            )
    return {name: parameter_terms(query.parameter(name), value, resolver) for name, value in given.items()}


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
