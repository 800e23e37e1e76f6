"""Saved queries: find, describe, bind and run the questions in `queries/`.

>>> from dualbio.queries import Library
>>> from dualbio.resources import shipped_sources
>>> Library.read(shipped_sources().queries).find("b-cell-targeting-drugs").name
'mechanism/b-cell-targeting-drugs'
"""

from dualbio.queries.catalogue import catalogue_quads, query_iri
from dualbio.queries.expected import answer_default, update_expected
from dualbio.queries.head import Column, Figure, Head, Parameter
from dualbio.queries.library import Library, SavedQuery, read_query
from dualbio.queries.parameters import ParametersError, Term
from dualbio.queries.resolver import Queryable, Resolver
from dualbio.queries.result import Result
from dualbio.queries.run import bind, bound_terms, place_terms, run_query
from dualbio.queries.sources import Source, Sources
from dualbio.queries.template import write_template

__all__ = [
    "Column",
    "Figure",
    "Head",
    "Library",
    "Parameter",
    "ParametersError",
    "Queryable",
    "Resolver",
    "Result",
    "SavedQuery",
    "Source",
    "Sources",
    "Term",
    "answer_default",
    "bind",
    "bound_terms",
    "catalogue_quads",
    "place_terms",
    "query_iri",
    "read_query",
    "run_query",
    "update_expected",
    "write_template",
]
