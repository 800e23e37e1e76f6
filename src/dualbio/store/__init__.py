"""Where triples are queried: one protocol, `Store`, for memory, HTTP and the worker pool; user graphs.

`embedded` holds a store in this process, `remote` speaks to a SPARQL server, and `workers` evaluates the queries of
anonymous clients in killable processes. All of them implement `Store`, which every query function takes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Protocol

import pyoxigraph as ox

from dualbio.errors import StoreError
from dualbio.model.rdf_terms import Resource, Term

__all__ = ["Answer", "Store", "answer_of_triples", "row_texts"]

#: What a query is answered with: rows, a truth value, or triples.
Answer = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class Store(Protocol):
    """What answers SPARQL over a release, sees the union of its graphs as the default graph, and knows the prefixes.

    One method is to be written, `query`; the others say what they expect. `engine` is what the server of another engine
    calls itself, empty where the engine is ours.
    """

    engine: str = ""

    @abstractmethod
    def query(self, text: str) -> Answer:
        """Return the answer of a query of any form.

        Raises:
            StoreError: the query is not SPARQL, or was not answered.
        """

    def select(self, text: str) -> ox.QuerySolutions:
        """Return the rows of a SELECT query.

        Raises:
            StoreError: as `query`, or the query has another form.
        """
        answer = self.query(text)
        if not isinstance(answer, ox.QuerySolutions):
            raise _unexpected(answer, "SELECT")
        return answer

    def select_rows(self, text: str) -> tuple[tuple[str, ...], list[tuple[Term | None, ...]]]:
        """Return the names of the columns and all rows of a SELECT query; an unbound cell is None.

        Raises:
            StoreError: as `select`, or the evaluation failed on the way.
        """
        try:
            solutions = self.select(text)
            return tuple(each.value for each in solutions.variables), [tuple(row) for row in solutions]
        except (ValueError, RuntimeError, OSError) as error:
            raise StoreError(str(error)) from error

    def ask(self, text: str) -> bool:
        """Return the answer of an ASK query.

        Raises:
            StoreError: as `query`, or the query has another form.
        """
        answer = self.query(text)
        if not isinstance(answer, ox.QueryBoolean):
            raise _unexpected(answer, "ASK")
        return bool(answer)

    def construct(self, text: str) -> ox.QueryTriples:
        """Return the triples of a CONSTRUCT or DESCRIBE query.

        Raises:
            StoreError: as `query`, or the query has another form.
        """
        answer = self.query(text)
        if not isinstance(answer, ox.QueryTriples):
            raise _unexpected(answer, "CONSTRUCT or DESCRIBE")
        return answer

    def quads_for_pattern(
        self,
        subject: Resource | None,
        predicate: ox.NamedNode | None,
        obj: Term | ox.Triple | None,
        graph: Resource | None = None,
    ) -> Iterator[ox.Quad]:
        """Yield the quads with these terms; None stands for any.

        Raises:
            StoreError: as `query`, or a blank node was given, which no query can name.
        """
        terms = {"?s": subject, "?p": predicate, "?o": obj, "?g": graph}
        if any(isinstance(term, ox.BlankNode) for term in terms.values()):
            raise StoreError("a blank node of one store has no name in another; accepted: IRIs and literals")
        names = " ".join(terms)
        known = " ".join(f"VALUES {name} {{ {term} }}" for name, term in terms.items() if term is not None)
        for row in self.select(f"SELECT {names} {{ {known} GRAPH ?g {{ ?s ?p ?o }} }}"):
            yield ox.Quad(*row)

    def quads_about(self, subjects: Iterable[ox.NamedNode]) -> Iterator[ox.Quad]:
        """Yield all quads of some subjects, those of one subject after another.

        Raises:
            StoreError: as `query`.
        """
        asked = " ".join(map(str, subjects))
        for row in self.select(f"SELECT * {{ VALUES ?s {{ {asked} }} GRAPH ?g {{ ?s ?p ?o }} }} ORDER BY ?s"):
            yield ox.Quad(row["s"], row["p"], row["o"], row["g"])


def answer_of_triples(data: bytes, form: ox.RdfFormat) -> ox.QueryTriples:
    """Return the triples of an RDF document as the answer of a query.

    Raises:
        SyntaxError: it is none.
    """
    store = ox.Store()
    store.load(data, form)
    triples = store.query("CONSTRUCT WHERE { ?s ?p ?o }")
    assert isinstance(triples, ox.QueryTriples)
    return triples


def row_texts(solutions: ox.QuerySolutions, *, unbound: str | None = None) -> Iterator[dict[str, str]]:
    """Yield the rows of a SELECT as texts by variable; a cell without a value is left out, or the text `unbound`."""
    names = [variable.value for variable in solutions.variables]
    for row in solutions:
        cells = ((name, unbound if term is None else term.value) for name, term in zip(names, row, strict=True))
        yield {name: text for name, text in cells if text is not None}


def _unexpected(answer: Answer, accepted: str) -> StoreError:
    found = {ox.QuerySolutions: "rows", ox.QueryBoolean: "a truth value", ox.QueryTriples: "triples"}[type(answer)]
    return StoreError(f"found a query that is answered with {found}; accepted: {accepted}")
