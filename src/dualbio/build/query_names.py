"""Names in the bodies of queries: each of our own stands for something, or the query would answer with silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.convert import corpus_quads
from dualbio.build.ontology import read_axioms
from dualbio.errors import Problem, did_you_mean
from dualbio.model.namespaces import GRAPHS, KINDS, PREFIXES, VOCABULARY, compress, graph_iri
from dualbio.queries import SavedQuery
from dualbio.queries.query_text import names_in_use
from dualbio.sources.corpus import Corpus
from dualbio.sources.folders import files_in
from dualbio.sparql.engine_text import QueryDepthError, engine_text

__all__ = ["known_names", "missing_answers", "names_below", "unknown_names"]

#: Kinds whose individuals are made during a build, so that their names are not known before.
_MADE = ("estimate", "mapping", "query")
_CHECKED = (VOCABULARY, PREFIXES["graph"], *(PREFIXES[kind] for kind in KINDS if kind not in _MADE))


def known_names(corpus: Corpus) -> frozenset[str]:
    """Return the IRIs that the ontology declares, that curated records have, and that graphs are called by.

    Raises:
        DataError: the ontology is not Turtle.
    """
    nodes = (node for quad in corpus_quads(corpus) for node in (quad.subject, quad.object, quad.graph_name))
    records = {node.value for node in nodes if isinstance(node, ox.NamedNode)}
    declared = {axiom.subject.value for axiom in read_axioms(corpus.folder) if isinstance(axiom.subject, ox.NamedNode)}
    return frozenset(
        declared
        | {name for name in records if not name.startswith(VOCABULARY)}
        | {graph_iri(name).value for name in GRAPHS}
    )


def unknown_names(text: str, file: str, known: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem for each name of ours in a query text that stands for nothing.

    Raises:
        QueryDepthError: the text is nested too deeply to be read.
    """
    for iri, line in names_in_use(engine_text(text).text):
        space = next((space for space in _CHECKED if iri.startswith(space)), iri)
        if iri != space and iri not in known:
            hint = did_you_mean(iri.removeprefix(space), [n.removeprefix(space) for n in known if n.startswith(space)])
            accepted = "what the ontology declares" if space == VOCABULARY else "what curated records are called"
            message = f"{compress(iri)} stands for nothing; accepted: {accepted}{hint}"
            yield Problem(file, line, "body", "unknown-name", message)


def missing_answers(queries: Iterable[SavedQuery], folder: Path) -> Iterator[Problem]:
    """Yield a problem for each query of a folder that has no expected answer."""
    for query in queries:
        if query.expected is not None and not query.expected.exists():
            message = f"there is no {query.expected.name} beside it; repair: dualbio queries --update-expected"
            yield Problem(f"{folder.name}/{query.name}.rq", 1, "file", "missing-answer", message)


def names_below(folder: Path, known: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem for each name of ours in a `.rq` file below a folder that stands for nothing.

    A file that cannot be read is a problem too.
    """
    for path in files_in(folder, "**/*.rq"):
        file = f"{folder.name}/{path.relative_to(folder)}"
        try:
            yield from unknown_names(path.read_text(encoding="utf-8-sig"), file, known)
        except UnicodeDecodeError as error:
            yield Problem(file, 0, "file", "syntax", f"not UTF-8: {error}; repair: save it as UTF-8")
        except QueryDepthError as error:
            yield Problem(file, 1, "body", "query-body", str(error))
