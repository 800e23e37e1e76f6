"""What a worker does to the text of a query before the engine has it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, cast

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.store.workers import Dataset, WorkError
from dualbio.store.workers.process.protocol import QueryRequest
from dualbio.store.workers.query.evaluate import Evaluator

#: Pieces that a long text is made of: runs of one letter or sign, names, strings, openings without an end.
PIECES = (
    *("x", "-", ".", ":", "a:", "a:b ", "a.", "a.b.", "\\u0041", "?", "?x ", "<", "<a", '"', "'", '"a" ', "#", "#\n"),
    *(" ", "\n", "drug:", "drug:x ", "FROM ", "SERVICE ", "GRAPH", "DESCRIBE ", "PREFIX a: <b> ", "(", "{", "}", "!"),
    *("*", "/", "^", "[]", "_:b ", "<x:a>*", "<x:a>/", "<http://a/b.c.d> ", "1.5e", "@en ", "\\", "é"),
)
PLACES = {"comment": "ASK {} # %s", "group": "ASK { %s }", "described": "DESCRIBE ?x %s"}
NOTHING_FITS = "error at 1:5: expected one of SELECT, ASK"


class NoEngine:
    """A store that is empty, and takes no query for one."""

    def quads_for_pattern(self, *_: object) -> Iterator[ox.Quad]:
        """Find nothing."""
        return iter(())

    def query(self, *_: object, **__: Any) -> None:
        """Complain, so that the cause is looked for in the text."""
        raise SyntaxError(NOTHING_FITS)


def seconds(text: str) -> float:
    """Return the processor time of this thread for what a worker does itself with the text of a query."""
    evaluator = Evaluator(cast(ox.Store, NoEngine()), None, BASE, PREFIXES)
    request = QueryRequest("", "", 60, "json", "turtle", Dataset(), True, text)
    started = time.thread_time()
    with contextlib.suppress(WorkError):
        evaluator.evaluate(request, *evaluator.read(text))
    return time.thread_time() - started


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_is_read_in_time_that_grows_with_its_length(place: str, piece: str) -> None:
    """Four times the length takes about four times as long, where one search that grows with the square takes 16.

    The least of several tries counts: a machine that is busy adds to the time, and never takes from it.
    """
    short, long = (PLACES[place] % (piece * (length // len(piece))) for length in (10_000, 40_000))
    least = seconds(short)
    assert any(seconds(long) < 8 * least + 1 for _ in range(5))
