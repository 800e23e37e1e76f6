"""Many questions at once: a table of parameters in, one table of answers out."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import pyoxigraph as ox

from dualbio.errors import counted
from dualbio.queries import ParameterFaultsError, QueryResult, SavedQuery
from dualbio_server.http.bounds import check_parameters
from dualbio_server.http.problems import ProblemError

__all__ = ["MOST_QUESTIONS", "TABLE_TYPES", "answer_batch", "read_table"]

#: Media types of a table of parameters.
TABLE_TYPES = ("text/csv", "application/json")
#: More questions than this are refused.
MOST_QUESTIONS = 1000
#: Questions that do not fit are reported up to this number, for each is compared with all names.
_MOST_FAULTS = 10

Question = dict[str, object]


def read_table(data: bytes, media_type: str) -> list[Question]:
    """Return one set of parameters for each row of a CSV table, or for each object of a JSON array.

    Empty cells and nulls leave a parameter out.

    Raises:
        ProblemError: the body is no such table, or it has too many rows.
    """
    try:
        text = data.decode("utf-8-sig")
        table = csv.DictReader(io.StringIO(text))
        # Rows beyond the limit are not even read: each is a mapping of its own.
        rows = json.loads(text) if media_type == "application/json" else list(islice(table, MOST_QUESTIONS + 1))
    except RecursionError as error:
        raise ProblemError(400, "table", "values are nested too deeply; accepted: an array of objects") from error
    except (ValueError, csv.Error) as error:
        raise ProblemError(400, "table", f"the body is not {media_type}: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProblemError(400, "table", "found no array of objects; accepted: one object of parameters a question")
    if not 0 < len(rows) <= MOST_QUESTIONS:
        found = f"more than {MOST_QUESTIONS} questions" if rows else "no questions"
        raise ProblemError(400, "table", f"found {found}; accepted: 1 to {MOST_QUESTIONS}")
    return [_question(row, number) for number, row in enumerate(rows, start=1)]


def _question(row: dict[Any, Any], number: int) -> Question:
    if None in row:  # where the CSV reader puts what the head has no name for
        raise ProblemError(400, "table", f"question {number}: more cells than the head has; repair: quote the commas")
    kept: Question = {}
    check_parameters((str(name), _text(value)) for name, value in row.items())
    for name, value in row.items():
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value)):
            raise ProblemError(400, "table", f"question {number}: '{name}' is nested; accepted: values and lists")
        if value not in (None, "", []):
            kept[str(name)] = value
    return kept


def answer_batch(
    query: SavedQuery, questions: Sequence[Question], answer: Callable[[Question], QueryResult], *, seconds: float
) -> QueryResult:
    """Return the answers to all `questions` under each other, each row after the parameters that it answers.

    The columns of the parameters come first and are called `asked…`.

    Args:
        query: the saved query.
        questions: a set of parameters each.
        answer: answers one of them.
        seconds: the time that all may take together.

    Raises:
        ProblemError: 400 when parameters do not fit; its member `questions` tells the first such rows by their numbers
            and their faults, and nothing is answered. 504 when the time is over.
    """
    names = [param.name for param in query.params if any(param.name in question for question in questions)]
    rows = []
    faults: dict[int, ParameterFaultsError] = {}
    release = None
    deadline = time.monotonic() + seconds
    for number, question in enumerate(questions, start=1):
        if len(faults) == _MOST_FAULTS:
            break
        if time.monotonic() > deadline:
            done = f"answered {number - 1} of {counted(len(questions), 'question')} in {seconds:g} s"
            detail = f"{done}; repair: send fewer rows at once"
            raise ProblemError(504, "timeout", detail, title="Questions stopped at their time limit", limit=seconds)
        try:
            result = answer(question)
        except ParameterFaultsError as error:
            faults[number] = error
            continue
        asked = tuple(_asked_literal(question.get(name)) for name in names)
        rows += [(*asked, *row) for row in result.rows]
        release = result.release
    if faults:
        raise _refusal(faults)
    columns = (*(f"asked{name[0].upper()}{name[1:]}" for name in names), *(column.name for column in query.columns))
    return QueryResult(columns, tuple(rows), query.name, release=release, text=query.text, types=query.types)


def _refusal(faults: Mapping[int, ParameterFaultsError]) -> ProblemError:
    number, first = next(iter(faults.items()))
    most = "at least " if len(faults) == _MOST_FAULTS else ""
    others = len(faults) - 1
    fit = "does not fit" if others == 1 else "do not fit"
    more = f"; {most}{counted(others, 'more question')} {fit}, see 'questions'" if others else ""
    told = [{"question": each, "faults": error.faults} for each, error in faults.items()]
    return ProblemError(400, "parameter", f"question {number}: {first}{more}", questions=told)


def _asked_literal(value: object) -> ox.Literal | None:
    if value is None:
        return None
    return ox.Literal(_text(value))


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
