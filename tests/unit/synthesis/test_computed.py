"""What is computed from the records of some studies says nothing of the others."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import NamedNode

from dualbio.model.namespaces import graph_iri
from dualbio.sources.corpus import read_corpus
from dualbio.synthesis.computed import computed_quads

CURATED = Path(__file__).resolve().parents[2] / "data" / "curated"


def test_only_the_studies_that_are_asked_for_are_computed() -> None:
    """With no choice all are; what is computed of each alone is, together with lessons, what is computed of all."""
    corpus = read_corpus(CURATED)
    everything = set(computed_quads(corpus))
    parts = {key: set(computed_quads(corpus, {key})) for key in corpus.study_files}
    assert len(parts) > 1
    assert everything == set().union(*parts.values())
    of_none = set(computed_quads(corpus, ()))
    for key, part in parts.items():
        subjects = {quad.subject.value for quad in part - of_none if isinstance(quad.subject, NamedNode)}
        assert subjects
        assert all(f"/{key}" in subject for subject in subjects)


def test_everything_that_is_computed_is_in_one_graph() -> None:
    """Whoever asks for the synthesis alone has all of it, and nothing that a curator wrote."""
    assert {graph_iri("synthesis")} == {quad.graph_name for quad in computed_quads(read_corpus(CURATED))}
