"""Many questions at once: a table of parameters in, one table of answers out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyoxigraph as ox

from dualbio.queries import ParametersError, Result, SavedQuery
from dualbio_server.problems import ProblemError

__all__ = ["MOST_QUESTIONS", "TABLE_TYPES", "answer_batch", "read_table"]

#: Media types of a table of parameters.
TABLE_TYPES = ("text/csv", "application/json")
#: More questions than this are refused.
MOST_QUESTIONS = 1000

Question = dict[str, object]


def read_table(data: bytes, media_type: str) -> list[Question]:
    """Return one set of parameters for each row of a CSV table, or for each object of a JSON array.

    Empty cells and nulls leave a parameter out.

    Raises:
        ProblemError: the body is no such table, or it has too many rows.
    """
    try:
        text = data.decode("utf-8-sig")
        rows = json.loads(text) if media_type == "application/json" else list(csv.DictReader(io.StringIO(text)))
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise ProblemError(400, "table", f"the body is not {media_type}: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProblemError(400, "table", "found no array of objects; accepted: one object of parameters a question")
    if not 0 < len(rows) <= MOST_QUESTIONS:
        raise ProblemError(400, "table", f"found {len(rows)} questions; accepted: 1 to {MOST_QUESTIONS}")
    return [_question(row, number) for number, row in enumerate(rows, start=1)]


def _question(row: dict[Any, Any], number: int) -> Question:
    if None in row:  # where the CSV reader puts what the head has no name for
        raise ProblemError(400, "table", f"question {number}: more cells than the head has; repair: quote the commas")
    kept: Question = {}
    for name, value in row.items():
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value)):
            raise ProblemError(400, "table", f"question {number}: '{name}' is nested; accepted: values and lists")
        if value not in (None, "", []):
            kept[str(name)] = value
    return kept


def answer_batch(query: SavedQuery, questions: Sequence[Question], answer: Callable[[Question], Result]) -> Result:
    """Return the answers to all `questions` under each other, each row after the parameters that it answers.

    The columns of the parameters come first and are called `asked…`.

    Raises:
        ProblemError: parameters do not fit; its member `questions` tells each such row by its number and its faults,
            and nothing is answered.
    """
    names = [param.name for param in query.params if any(param.name in question for question in questions)]
    rows = []
    faults: dict[int, ParametersError] = {}
    release = None
    for number, question in enumerate(questions, start=1):
        try:
            result = answer(question)
        except ParametersError as error:
            faults[number] = error
            continue
        asked = tuple(_asked(question.get(name)) for name in names)
        rows += [(*asked, *row) for row in result.rows]
        release = result.release
    if faults:
        raise _refusal(faults)
    columns = (*(f"asked{name[0].upper()}{name[1:]}" for name in names), *(column.name for column in query.columns))
    return Result(columns, tuple(rows), query.name, release=release, text=query.text)


def _refusal(faults: Mapping[int, ParametersError]) -> ProblemError:
    number, first = next(iter(faults.items()))
    more = f"; {len(faults) - 1} more questions do not fit, see 'questions'" if len(faults) > 1 else ""
    told = [{"question": each, "faults": error.faults} for each, error in faults.items()]
    return ProblemError(400, "parameter", f"question {number}: {first}{more}", questions=told)


def _asked(value: object) -> ox.Literal | None:
    if value is None:
        return None
    return ox.Literal(", ".join(map(str, value)) if isinstance(value, list) else str(value))
