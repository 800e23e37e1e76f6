"""The questions on the front page, each with one line that is computed from the release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import request

from dualbio.errors import ParameterError
from dualbio.queries import bind
from dualbio_server.entities.evidence.asking import LIMITS, Row, ask
from dualbio_server.entities.evidence.verdicts import verdicts_of
from dualbio_server.http.language import say
from dualbio_server.queries.in_one_line import LINES
from dualbio_server.service import Service

__all__ = ["Asked", "asked_questions"]

_LUPUS_PAIR = "b-cell-depletion_blys-inhibition"


@dataclass(frozen=True)
class Asked:
    """A question with its answer in one line, where the whole answer is, and whether the line could be computed."""

    question: str
    answer: str
    href: str
    answered: bool = True


@dataclass(frozen=True)
class _Question:
    """A question: the saved query that answers it, its parameters, and what its rows come to in one line."""

    text: str
    query: str
    line: Callable[[list[Row]], str]
    params: Mapping[str, str] = field(default_factory=dict)
    asks: bool = True  # whether the line needs the rows
    place: str = ""  # where the whole answer is, if not at the saved query


def asked_questions(service: Service) -> list[Asked]:
    """Return the questions that the saved queries of the release can answer, with their answers."""
    return [asked for each in _QUESTIONS if (asked := _with_answer(service, each)) is not None]


def _with_answer(service: Service, each: _Question) -> Asked | None:
    """Return a question with its answer; None where the release has no such query, or not what it asks about."""
    query = service.queries.queries.get(each.query)
    if query is None:
        return None
    try:
        text = bind(query, each.params, service.resolver)
    except ParameterError:
        return None
    asked = f"?{urlencode(each.params)}" if each.params else ""
    place = request.script_root + (each.place or f"/queries/{each.query}{asked}")
    try:
        rows = ask(text) if each.asks else []
        answer = each.line(rows) if rows or not each.asks else ""
    except LIMITS:
        return Asked(
            say(each.text), say("The line could not be computed within the time limit."), place, answered=False
        )
    return Asked(say(each.text), answer or say("This release has no answer."), place)


def _shone_and_missed(_: list[Row]) -> str:
    told: dict[str, str] = {}
    for each in verdicts_of(f"?contrast dualbio:testsArm ?arm . ?arm dualbio:testsMechanismPair pair:{_LUPUS_PAIR} ."):
        about = f"{each.outcome[0]}, {say('laboratory value')}" if each.kind == "biomarker" else each.outcome[0]
        told.setdefault(each.study[0], f"{each.study[0]}: {each.words} ({about})")
    return "; ".join(told.values())


_QUESTIONS = (
    _Question(
        "Which pairs raised serious infection, and in which disease?",
        "safety/serious-infection-by-pair",
        LINES["safety/serious-infection-by-pair"],
    ),
    _Question(
        "Why did some trials of rituximab with belimumab look good and others not?",
        "studies/superiority-side-by-side",
        _shone_and_missed,
        {"pair": _LUPUS_PAIR},
        asks=False,
        place=f"/compare?pair={_LUPUS_PAIR}&disease=sle",
    ),
    _Question(
        "When was the second drug begun?", "studies/sequence-and-interval", LINES["studies/sequence-and-interval"]
    ),
    _Question(
        "How far had B cells come back, with and without BLyS inhibition?",
        "efficacy/b-cell-reconstitution",
        LINES["efficacy/b-cell-reconstitution"],
    ),
    _Question("What should not be combined?", "lessons/lessons", LINES["lessons/lessons"]),
    _Question(
        "Which pairs were never tried in lupus?",
        "lessons/pairs-never-tried",
        LINES["lessons/pairs-never-tried"],
        {"disease": "sle"},
    ),
)
