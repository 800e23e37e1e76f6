"""Checks that every name in the body of a query exists; a misspelt one would match nothing.

That holds for our own, and for those of the vocabularies that everybody uses, such as rdfs:label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from keyword import kwlist
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.convert import corpus_quads
from dualbio.build.ontology import read_axioms
from dualbio.errors import DataError, Problem, did_you_mean
from dualbio.model.namespaces import GRAPHS, KINDS, LOCAL, PREFIXES, VOCABULARY, compress, graph_iri
from dualbio.queries import Library, SavedQuery
from dualbio.queries.query_text import names_in_use
from dualbio.sources.corpus import Corpus
from dualbio.sources.folders import files_in, name_below
from dualbio.sparql.engine_text import QueryDepthError, engine_text
from dualbio.store.user_graphs import user_graph_iri

__all__ = ["known_names", "missing_answers", "names_below", "names_in_library", "record_names", "unknown_names"]

#: Kinds whose individuals are made during a build, so that their names are not known before.
_MADE = ("estimate", "mapping", "query")
#: Prefixes of vocabularies whose terms rdflib lists, mostly below the prefix in capitals.
_LISTED = ("dcterms", "foaf", "owl", "prov", "rdf", "rdfs", "sh", "skos", "vann", "void", "xsd")
_STANDARD = {"schema": "SDO", **{name: name.upper() for name in _LISTED}}
_OWN = (VOCABULARY, PREFIXES["graph"], *(PREFIXES[kind] for kind in KINDS if kind not in _MADE))
#: Graphs that are there once somebody has written them.
_UNKNOWABLE = (user_graph_iri(""), graph_iri(LOCAL).value)
_CHECKED = (*_OWN, *(PREFIXES[name] for name in _STANDARD))


def known_names(corpus: Corpus) -> frozenset[str]:
    """Return the IRIs of the ontology, of curated records and graphs, and of the vocabularies that others maintain.

    Raises:
        DataError: the ontology is not Turtle.
    """
    declared = {axiom.subject.value for axiom in read_axioms(corpus.folder) if isinstance(axiom.subject, ox.NamedNode)}
    graphs = {graph_iri(name).value for name in GRAPHS}
    return frozenset(declared | record_names(corpus) | graphs | _standard_names())


def record_names(corpus: Corpus, among: Corpus | None = None) -> set[str]:
    """Return the IRIs that curated records have; `among` is what they are laid over, where they are."""
    nodes = (node for quad in corpus_quads(corpus, among) for node in (quad.subject, quad.object, quad.graph_name))
    names = {node.value for node in nodes if isinstance(node, ox.NamedNode)}
    return {name for name in names if not name.startswith(VOCABULARY)}


def _standard_names() -> set[str]:
    from rdflib import namespace  # noqa: PLC0415 - takes its time to load

    spaces = [getattr(namespace, name) for name in _STANDARD.values()]
    words = {f"{space}{word}" for space in spaces for word in kwlist if word in space}  # no attribute is called so
    return words | {str(iri) for space in spaces for iri in dir(space)}


def unknown_names(text: str, file: str, known: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem for each name in a query text that stands for nothing.

    Raises:
        QueryDepthError: the text is nested too deeply to be read.
    """
    for iri, line in names_in_use(engine_text(text).text):
        space = next((space for space in _CHECKED if iri.startswith(space)), iri)
        if iri != space and iri not in known and not iri.startswith(_UNKNOWABLE):
            hint = did_you_mean(iri.removeprefix(space), [n.removeprefix(space) for n in known if n.startswith(space)])
            accepted = _accepted(space)
            message = f"{compress(iri)} stands for nothing; accepted: {accepted}{hint}"
            yield Problem(file, line, "body", "unknown-name", message)


def _accepted(space: str) -> str:
    if space == VOCABULARY:
        return "what the ontology declares"
    return "what curated records are called" if space in _OWN else f"the terms of {space}"


def missing_answers(queries: Iterable[SavedQuery], folder: Path) -> Iterator[Problem]:
    """Yield a problem for each query of a folder that has no expected answer."""
    for query in queries:
        if query.expected is not None and not query.expected.exists():
            message = f"there is no {query.expected.name} beside it; repair: dualbio queries --update-expected"
            yield Problem(f"{folder.name}/{query.name}.rq", 1, "file", "missing-answer", message)


def names_below(folder: Path, known: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem for each name in a `.rq` file below a folder that stands for nothing.

    A file that cannot be read is a problem too.
    """
    for path in files_in(folder, "**/*.rq"):
        file = name_below(folder, path)
        try:
            yield from unknown_names(path.read_text(encoding="utf-8-sig"), file, known)
        except UnicodeDecodeError as error:
            yield Problem(file, 0, "file", "syntax", f"not UTF-8: {error}; repair: save it as UTF-8")
        except QueryDepthError as error:
            yield Problem(file, 1, "body", "query-body", str(error))


def names_in_library(folder: Path, known: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem for each name in the saved queries of a folder, presets included, that stands for nothing."""
    yield from names_below(folder, known)
    with suppress(DataError):  # told with the problems of the queries
        for query in Library.read(folder).values():
            if query.base:
                yield from unknown_names(query.text, f"{folder.name}/{query.base}.rq", known)
