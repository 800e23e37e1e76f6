"""Answers in the language of a page: labels of the things in their columns, and the words of the questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyoxigraph as ox

from dualbio.queries import QueryResult
from dualbio.queries.answers.typed import Cell
from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.labels import number_words, page_label
from dualbio_server.http.language import page_language, say
from dualbio_server.http.links import local_path
from dualbio_server.service import current_service

__all__ = ["AS_THEY_ARE", "called", "in_language", "labels", "labels_in_cell", "named", "phrase", "words"]

#: What things of these kinds are called in columns: by their labels, several in a cell with semicolons.
_MEASURED = ("outcome", "ae", "biomarker")
_PARTS = ("mechanism", "pair", "drug", "target", "cell", "process", "biomarker", "ae")
_LABELS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("pairName", "pairs", "given"), ("pair",)),
    **dict.fromkeys(("diseaseName", "diseases", "disease", "elsewhere", "triedIn"), ("disease",)),
    **dict.fromkeys(("drugName", "drug", "drugs", "kept", "agent", "first", "second"), ("drug", "drug-class")),
    **dict.fromkeys(("outcomeName", "outcome", "biomarkerOutcome", "measured", "concerns"), _MEASURED),
    **dict.fromkeys(("eventName", "event"), ("ae",)),
    **dict.fromkeys(("biomarker", "biomarkers"), ("biomarker",)),
    **dict.fromkeys(("mechanismName", "mechanism", "shared", "sharedMechanisms", "mechanismsTested"), ("mechanism",)),
    **dict.fromkeys(("targetName", "target", "targets"), ("target",)),
    **dict.fromkeys(("edge", "path"), ("edge",)),
    **dict.fromkeys(("others",), ("drug", "drug-class")),
    **dict.fromkeys(("object", "objectName", "subjectName", "broader", "reaches", "exposure"), _PARTS),
    **dict.fromkeys(("coreOutcome",), ("core-outcome",)),
    **dict.fromkeys(("otherStudy", "support"), ("study",)),
}
#: Columns of arms, which are told by `arm_name`.
_ARMS = ("arm", "armA", "armB", "otherArm", "control", "combinationArm", "singleArm", "favours")
#: Kinds of things whose labels name measures, units, states and phrases.
_NAMED = ("value", "unit", *_MEASURED, "core-outcome", "drug", "drug-class", "disease", "mechanism", "pair")
#: What stands between the parts of a phrase, first between sentences, then within them; and parts with names in them.
_JOINTS = (re.compile(r"(; |: |\.$)"), re.compile(r"(, | \(|\))"), re.compile(r"(?!)"))
_PATTERNS: tuple[tuple[tuple[re.Pattern[str], str], ...], ...] = (
    ((re.compile(r"They differ in (?P<what>.+?)(?P<rest>(?:;.*)?\.)"), "They differ in {what}{rest}"),),
    (
        (re.compile(r"(?P<agent>[^,]+) first in (?P<study>.+)"), "{agent} first in {study}"),
        (re.compile(r"the arm acts also by (?P<mechanism>.+)"), "the arm acts also by {mechanism}"),
    ),
    (
        (re.compile(r"learnt in (?P<disease>.+)"), "learnt in {disease}"),
        (re.compile(r"against (?P<role>.+ arm)"), "against {role}"),
        (re.compile(r"(?P<x>[\w-]+) and (?P<y>[\w-]+)"), "{x} and {y}"),
        (re.compile(r"(?P<n>\d+) people"), "{n} people"),
        (re.compile(r"(?P<agent>\w+) first"), "{agent} first"),
        (re.compile(r"then (?P<agent>\w+)"), "then {agent}"),
        (re.compile(r"interval (?P<words>.+)"), "interval {words}"),
        (
            re.compile(r"(?P<verdict>.+) against (?P<arm>.+) at its (?P<role>.+)"),
            "{verdict} against {arm} at its {role}",
        ),
        (re.compile(r"(?P<verdict>.+) at its (?P<role>.+)"), "{verdict} at its {role}"),
        (re.compile(r"its (?P<role>(?:primary|secondary|exploratory) [^\d]+)"), "its {role}"),
        (re.compile(r"(?P<start>week [\d\u2013.]+) to (?P<end>week [\d\u2013.]+)"), "{start} to {end}"),
        (re.compile(r"week (?P<n>[\d\u2013.]+)"), "week {n}"),
        (re.compile(r"(?P<n>\d[\d\u2013.]*) weeks?"), "{n} weeks"),
        (re.compile(r"(?P<what>[^\d(]+?) (?P<number>-?\d[\d.]*(?: [\w/%]+)?)"), "{what} {number}"),
    ),
)
#: Columns that list words, with commas.
_LISTS = ("derivedFields", "notPrinted")
#: Columns of a few words that are put together from others.
_PHRASES = ("about", "caveat", "exposure", "how", "first", "reason", "results", "settings")
#: Columns of names that other vocabularies give.
AS_THEY_ARE = ("outsideName",)


def labels_in_cell(column: str, text: str) -> Iterator[tuple[str, str | None]]:
    """Yield the labels in a cell of a column in the language of the page, each with where it leads."""
    if column in AS_THEY_ARE:
        yield text, None
        return
    if column in _ARMS:
        yield arm_name(text), None
        return
    if column in _LISTS:
        yield say(", ").join(map(say, text.split(", "))), None
        return
    if column in _PHRASES and page_language() != "en":
        yield phrase(text), None
        return
    service, kinds = current_service(), _LABELS.get(column, ())
    for i, label in enumerate(text.split("; ") if kinds else [text]):
        if i:
            yield "; ", None
        iri = next(filter(None, (service.resolver.labelled(label, kind) for kind in kinds)), None)
        yield (page_label(service.store, ox.NamedNode(iri)), local_path(iri)) if iri else (words(label), None)


def labels(column: str, text: str) -> str:
    """Return a cell of a column in the language of the page."""
    return "".join(label for label, _ in labels_in_cell(column, text))


def in_language(result: QueryResult) -> QueryResult:
    """Return an answer whose labels are those of the language of the page, for figures."""
    if page_language() == "en":
        return result
    rows = tuple(
        tuple(_cell(name, cell) for name, cell in zip(result.columns, row, strict=True)) for row in result.rows
    )
    return replace(result, rows=rows)


def _cell(name: str, cell: Cell) -> Cell:
    if not isinstance(cell, ox.Literal) or name not in (*_LABELS, *_ARMS, "verdict"):
        return cell
    return ox.Literal(labels(name, cell.value))


def phrase(text: str) -> str:
    """Return what is put together from labels and words, in the language of the page; prose stays as it is."""
    return text if page_language() == "en" else _phrase(text, 0)


def _phrase(text: str, depth: int) -> str:
    known = _translated(text) if any(map(str.isalnum, text)) else text
    if known is not None or depth == len(_JOINTS):
        return text if known is None else known
    for pattern, english in _PATTERNS[depth]:
        match = pattern.fullmatch(text)
        if match:
            return say(english, **{name: _phrase(value, depth) for name, value in match.groupdict().items()})
    return "".join(_phrase(each, depth + 1) for each in _JOINTS[depth].split(text))


def _translated(text: str) -> str | None:
    """Return the words of a text in the language of the page, as the catalogue or the label of a thing has them."""
    found = say(text)
    if found != text:
        return found
    service = current_service()
    iri = next(filter(None, (service.resolver.labelled(text, kind) for kind in _NAMED)), None)
    return page_label(service.store, ox.NamedNode(iri)) if iri else None


def called(sort: str, name: str) -> str:
    """Return what people call a column or a parameter; in English its name.

    Args:
        sort: `column` or `parameter`.
        name: its name, or that of a column in words.
    """
    found = say(f"{sort}:{name}")
    return say(name) if found.startswith(f"{sort}:") else found


def named(text: str, **values: Any) -> str:
    """Return words as `say` does, and the label of a thing in the language of the page."""
    if values or page_language() == "en":
        return say(text, **values)
    return _translated(text) or text


def words(text: str, **values: Any) -> str:
    """Return words of a question or figure in the language of the page, with `values` in their places.

    They are in the catalogue, or are the label of a thing; of others `number_words` has the words.
    """
    found = say(text, **values)
    if page_language() == "en" or found != text:
        return found
    service = current_service()
    iri = next(filter(None, (service.resolver.labelled(text, kind) for kind in _NAMED)), None)
    return page_label(service.store, ox.NamedNode(iri)) if iri else number_words(text)
