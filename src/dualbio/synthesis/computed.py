"""All that is computed from curated records, in one stream for the build."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Quad

from dualbio.sources.corpus import Corpus
from dualbio.synthesis.canonical_numbers import number_quads
from dualbio.synthesis.coverage import coverage_quads
from dualbio.synthesis.lesson_levels import level_quads
from dualbio.synthesis.quads import synthesis_quads
from dualbio.synthesis.readings import reading_quads
from dualbio.synthesis.schedules import schedule_quads

__all__ = ["computed_quads"]


def computed_quads(corpus: Corpus) -> Iterator[Quad]:
    """Yield all that is computed from the studies of a corpus as quads of the graph `synthesis`."""
    yield from synthesis_quads(corpus.study_files.values())
    yield from coverage_quads(corpus)
    yield from number_quads(corpus)
    yield from reading_quads(corpus)
    yield from level_quads(corpus)
    yield from schedule_quads(corpus)
