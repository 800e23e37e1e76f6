"""Every question that declares a figure has one, whose marks lead to things of the release."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pyoxigraph as ox
import pytest

from dualbio.errors import NotFoundError
from dualbio.model.namespaces import BASE
from dualbio.queries import Library, QueryResult
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

Answer = Callable[[str], QueryResult]
NAMES = [name for name, query in Library.read(shipped_sources().queries).items() if query.head.figure]


@pytest.mark.parametrize("name", NAMES)
def test_the_figure_of_a_question_shows_its_answer(name: str, answer: Answer, store: EmbeddedStore) -> None:
    """The default answer is drawn with its title and release, no row lacks its place, and no link is dead."""
    result = answer(name)
    figure = result.figure()
    assert result.plot
    assert (result.plot.title or result.question) == figure.title
    assert "cannot be placed" not in figure.drawing.legend
    assert figure.drawing.sentences
    text = json.dumps(figure.vega_lite())
    links = set(re.findall(rf'"({re.escape(BASE)}[^"]+)"', text))
    assert links
    dead = [link for link in links if next(store.quads_for_pattern(ox.NamedNode(link), None, None, None), None) is None]
    assert [] == dead


def test_an_answer_without_a_figure_says_so(answer: Answer) -> None:
    """A question whose answer is no picture names the list of those that are."""
    with pytest.raises(NotFoundError, match="dualbio queries --figures"):
        answer("studies/ongoing-trials").figure()
