"""Saved queries: the library, heads, parameters, execution, and what answers leave out.

>>> from dualbio.queries import Library
>>> from dualbio.sources.folders import shipped_sources
>>> Library.read(shipped_sources().queries).find("b-cell-targeting-drugs").name
'mechanism/b-cell-targeting-drugs'
"""

from dualbio.queries.answers.citation import Citation, sources_bibtex, sources_ris
from dualbio.queries.answers.reading import Piece, Reading
from dualbio.queries.answers.result import QueryResult
from dualbio.queries.answers.typed import Cell
from dualbio.queries.catalogue import catalogue_quads, catalogue_texts, query_iri
from dualbio.queries.expected import answer_default, update_expected
from dualbio.queries.head import ColumnHead, FigureHead, Parameter, QueryHead
from dualbio.queries.library import Library, SavedQuery, parse_query, read_query
from dualbio.queries.long import LONG_FORMS, LongForm, long_columns, long_table, shows_results
from dualbio.queries.omissions import PARTS, split_document
from dualbio.queries.parameters import ParameterFaultsError
from dualbio.queries.resolver import Resolver
from dualbio.queries.run import bind, bound_terms, place_terms, run_query, shown_values
from dualbio.queries.sources import CitedSource, CitedSources
from dualbio.queries.template import write_template

__all__ = [
    "LONG_FORMS",
    "PARTS",
    "Cell",
    "Citation",
    "CitedSource",
    "CitedSources",
    "ColumnHead",
    "FigureHead",
    "Library",
    "LongForm",
    "Parameter",
    "ParameterFaultsError",
    "Piece",
    "QueryHead",
    "QueryResult",
    "Reading",
    "Resolver",
    "SavedQuery",
    "answer_default",
    "bind",
    "bound_terms",
    "catalogue_quads",
    "catalogue_texts",
    "long_columns",
    "long_table",
    "parse_query",
    "place_terms",
    "query_iri",
    "read_query",
    "run_query",
    "shown_values",
    "shows_results",
    "sources_bibtex",
    "sources_ris",
    "split_document",
    "update_expected",
    "write_template",
]
