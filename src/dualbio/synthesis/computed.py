"""All that is computed from curated records, in one stream for the build."""

from __future__ import annotations

from collections.abc import Container, Iterator

from pyoxigraph import Quad

from dualbio.sources.corpus import Corpus
from dualbio.synthesis.canonical_numbers import number_quads
from dualbio.synthesis.coverage import coverage_quads
from dualbio.synthesis.lesson_levels import level_quads
from dualbio.synthesis.quads import synthesis_quads
from dualbio.synthesis.readings import reading_quads
from dualbio.synthesis.schedules import schedule_quads

__all__ = ["computed_quads"]


def computed_quads(corpus: Corpus, only: Container[str] | None = None) -> Iterator[Quad]:
    """Yield all that is computed from the studies of a corpus as quads of the graph `synthesis`.

    Args:
        corpus: the records.
        only: the studies by key, where others are left out; what is computed from lessons and findings is not.
    """
    files = corpus.study_files
    chosen = {key: file for key, file in files.items() if only is None or key in only}
    acronyms = {key: file.study.acronym for key, file in files.items()}
    yield from synthesis_quads(chosen.values(), acronyms)
    yield from coverage_quads(corpus, chosen)
    yield from number_quads(corpus, chosen)
    yield from reading_quads(corpus, chosen)
    yield from level_quads(corpus)
    yield from schedule_quads(corpus, chosen)
