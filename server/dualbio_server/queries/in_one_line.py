"""The answer of a saved query summarised in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from dualbio.queries import QueryResult
from dualbio.queries.answers.reading import heading
from dualbio_server.http.language import say
from dualbio_server.queries.in_language import called, labels, words

__all__ = ["LINES", "in_one_line"]

#: Names that one line can hold, and values that it counts.
_FEW, _VALUES = 3, 6
#: Columns that say what came out; the first that an answer has is counted.
_FINDINGS = ("verdict", "found", "direction", "stateName", "state", "startRelation", "status", "effect")


def in_one_line(query: str, result: QueryResult) -> str:
    """Return what the rows of an answer come to: as its question wants it, else how many there are of what."""
    rows = result.records()
    if query in LINES:
        return LINES[query](rows)
    studies = {row["studyKey"] for row in rows if "studyKey" in row}
    told = [say("{n} rows from {m} studies", n=len(rows), m=len(studies)) if studies else say("{n} rows", n=len(rows))]
    name = next((name for name in _FINDINGS if name in result.columns and result.types.get(name) != "integer"), None)
    if name:
        counts = Counter(row[name] for row in rows if name in row).most_common(_VALUES)
        told.append(f"{called('column', heading(name))}: " + ", ".join(f"{words(text)} {n}" for text, n in counts))
    return "; ".join(told) + "."


def _raised(rows: list[dict[str, str]]) -> str:
    raised = dict.fromkeys(
        f"{labels('pairs', row.get('pairs', row['arm']))} ({labels('diseases', row['diseases'])})"
        for row in rows
        if row["found"] == "raised"
    )
    open_ones = sum(row["found"] == "not told apart" for row in rows)
    return say(
        "Raised: {pairs}. Too small to tell: {n} comparisons.", pairs="; ".join(raised) or say("none"), n=open_ones
    )


def _timing(rows: list[dict[str, str]]) -> str:
    counts = Counter(row["startRelation"] for row in rows)
    return "; ".join(say("{words}: {n} arms", words=words(text), n=n) for text, n in counts.most_common())


def _b_cells(rows: list[dict[str, str]]) -> str:
    sides: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        key = row["studyName"], row.get("week", ""), row.get("unit", "")
        sides.setdefault(key, {}).setdefault(row["withInhibition"], row["number"])
    told = [
        say(
            "{study}, week {week}: {there} with, {without} without",
            study=study,
            week=week,
            there=words(both["true"]),
            without=words(both["false"]),
        )
        for (study, week, _), both in sides.items()
        if len(both) == 2
    ]
    return "; ".join(told) or say("{n} numbers, none with and without in one study", n=len(rows))


def _against(rows: list[dict[str, str]]) -> str:
    against = [row for row in rows if "against" in row["direction"]]
    across = sum("across" in row["levelName"] for row in against)
    diseases = Counter(disease for row in against for disease in row["diseases"].split("; "))
    return say(
        "Against combining: {n} lessons, {m} of them across studies; most from {diseases}",
        n=len(against),
        m=across,
        diseases=_first_names(labels("diseases", disease) for disease, _ in diseases.most_common()),
    )


def _never(rows: list[dict[str, str]]) -> str:
    most = sorted(rows, key=lambda row: -int(row["studies"]))
    return say(
        "{n} pairs that were tried elsewhere, most often {pairs}",
        n=len(rows),
        pairs=_first_names(labels("pairName", row["pairName"]) for row in most),
    )


def _first_names(names: Iterable[str]) -> str:
    return "; ".join(list(dict.fromkeys(names))[:_FEW])


def _tests(rows: list[dict[str, str]]) -> str:
    studies: dict[str, dict[str, None]] = {}
    for row in rows:
        laboratory = f" ({say('laboratory value')})" if row["kind"] == "biomarker" else ""
        studies.setdefault(row["studyName"], {})[words(row["verdict"]) + laboratory] = None
    return "; ".join(f"{study}: {', '.join(verdicts)}" for study, verdicts in studies.items()) + "."


#: What makes the line, by the name of the query.
LINES: Mapping[str, Callable[[list[dict[str, str]]], str]] = {
    "safety/serious-infection-by-pair": _raised,
    "studies/superiority-side-by-side": _tests,
    "studies/sequence-and-interval": _timing,
    "efficacy/b-cell-reconstitution": _b_cells,
    "lessons/lessons": _against,
    "lessons/pairs-never-tried": _never,
}
