"""Pages of a source, a lesson and an outcome: the numbers that were read, that speak for it, that measure it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import compress
from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.evidence.asking import (
    Link,
    Picture,
    Row,
    ask,
    effect_words,
    files_of,
    link,
    named,
    picture,
    short_key,
)
from dualbio_server.entities.evidence.harms import harms_of
from dualbio_server.entities.evidence.readings import second_readings
from dualbio_server.entities.evidence.verdicts import read_line, verdicts_of
from dualbio_server.entities.labels import number_words
from dualbio_server.http.language import say

__all__ = ["lesson_page", "outcome_page", "source_page"]

#: Kinds of what is measured, in the order of a reader.
_KINDS = ("efficacy", "safety", "biomarker", "disposition")
_COMBINED_HERE, _NOT_COMBINED = "In studies with an arm that combines two mechanisms", "In other studies"
#: How a harm stood beside its control, what matters most first.
_FOUND = ("raised", "lowered", "not told apart", "not compared")
#: Rows that one page holds; of more, the studies alone are listed.
_MOST_ROWS = 300

_ROWS = """
SELECT DISTINCT ?row ?study ?studyName ?arm ?other ?outcome ?event ?reportedAs ?subgroup ?week ?measure ?number ?told
  ?source ?sourceName ?locator ?level ?position ?kind {
  %s
  ?row dualbio:ofStudy ?study ; dualbio:outcome ?outcome ; dualbio:reportedAs ?reportedAs ; dualbio:numberText ?number ;
    dualbio:source ?source ; dualbio:locator ?locator ; dualbio:checkLevel ?level ; dualbio:position ?position ;
    dualbio:outcomeKind ?kind ; dualbio:arm|dualbio:armA ?group .
  ?group dualbio:shortLabel ?arm .
  ?study rdfs:label ?studyName .
  ?source dualbio:shortLabel ?sourceName .
  OPTIONAL { ?row dualbio:armB/dualbio:shortLabel ?other } OPTIONAL { ?row dualbio:adverseEvent ?event }
  OPTIONAL { ?row dualbio:subgroupText ?subgroup } OPTIONAL { ?row dualbio:week ?week }
  OPTIONAL { ?row dualbio:effectMeasure ?measure }
  OPTIONAL { ?row dualbio:effectMeasure value:effect-measure.statement-only ; skos:note ?told }
} ORDER BY ?studyName ?study ?position ?row
"""
_LEVELS = """
SELECT DISTINCT ?row ?level {
  ?row dualbio:source %s ; dualbio:numberText ?number ; dualbio:checkLevel ?level ; dualbio:outcome ?outcome
}
"""
_COMBINING = """
SELECT DISTINCT ?study { %s ?row dualbio:ofStudy ?study . ?arm dualbio:armOf ?study ; dualbio:testsMechanismPair ?pair }
"""
_COUNTED = """
SELECT ?study ?studyName (COUNT(DISTINCT ?row) AS ?n) { %s ?row dualbio:ofStudy ?study . ?study rdfs:label ?studyName }
GROUP BY ?study ?studyName ORDER BY DESC(?n) ?studyName
"""
_SOURCE = """
SELECT DISTINCT ?study ?type ?independence ?address ?note ?version ?posted ?read {
  %s dualbio:sourceType ?type .
  OPTIONAL { %s dualbio:sourceOf ?study } OPTIONAL { %s dualbio:independence ?independence }
  OPTIONAL { %s rdfs:seeAlso|dualbio:url ?address } OPTIONAL { %s skos:note ?note }
  OPTIONAL { %s dualbio:recordVersion ?version } OPTIONAL { %s dualbio:postedOn ?posted }
  OPTIONAL { %s dualbio:readOn ?read }
} ORDER BY ?address
"""
_LESSON = """
SELECT DISTINCT ?property ?value {
  VALUES ?property { dualbio:topic dualbio:direction dualbio:lessonLevel dualbio:checkLevel dualbio:mechanismPair
    dualbio:aboutDrug dualbio:aboutMechanism dualbio:aboutDisease dualbio:concerns skos:note dualbio:hypothesis }
  %s ?property ?value
} ORDER BY ?property ?value
"""
_SUPPORTS = """
SELECT DISTINCT ?support ?side ?study ?source ?level ?row {
  { ?support dualbio:supports %s BIND (0 AS ?side) } UNION { ?support dualbio:contradicts %s BIND (1 AS ?side) }
  OPTIONAL { ?support dualbio:aboutStudy ?study } OPTIONAL { ?support dualbio:source ?source }
  OPTIONAL { ?support dualbio:checkLevel ?level } OPTIONAL { ?support dualbio:row ?row }
} ORDER BY ?side ?support
"""

#: What is known of the copy of a page that was read.
_COPY = {"version": "version of {day}", "posted": "posted on {day}", "read": "read on {day}"}

#: A number of an event in an arm with a pair: such numbers have a figure, beside those of their controls.
_COMBINED = """
SELECT ?row { ?row dualbio:adverseEvent %s ; a dualbio:StandingRow ; dualbio:arm/dualbio:testsMechanismPair ?p } LIMIT 1
"""
#: The kinds of what an outcome was compared as, with an interval: such comparisons have a forest plot.
_WITH_INTERVAL = """
SELECT DISTINCT ?kind {
  ?row dualbio:outcome %s ; a dualbio:StandingRow ; dualbio:intervalLow ?low ; dualbio:outcomeKind ?kind .
  FILTER EXISTS { ?row dualbio:armA ?one ; dualbio:armB ?other }
} ORDER BY ?kind
"""


@dataclass
class RecordRow:
    """What any study says of one thing: what it measures, in whom, when, every number of it, and where it was read.

    A number is an arm, or two of a comparison, with the words that lead to its row, and what the report says where that
    is words alone. `read` has the places, each with how far the numbers were checked there.
    """

    study: Link
    measured: Link
    details: str
    kind: str
    numbers: list[tuple[str, Link, str]] = field(default_factory=list)
    read: dict[Link, str] = field(default_factory=dict)


def source_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a source shows: what it is, and every number that was read from it."""
    source = str(node)
    about = ask(_SOURCE % ((source,) * 8))
    rows = _rows(f"?row dualbio:source {source} .")
    first = about[0] if about else {}
    told = {
        "studies": [link(each) for each in dict.fromkeys(row["study"] for row in about if "study" in row)],
        "about": read_line(
            [
                *(named(first[name]) for name in ("type", "independence") if name in first),
                *(say(words, day=first[name]) for name, words in _COPY.items() if name in first),
            ]
        ),
        "addresses": list(dict.fromkeys(row["address"] for row in about if "address" in row)),
        "note": first.get("note", ""),
        "rows": _by_kind(rows),
        "whole": _numbers(rows),
        "second": second_readings(f"?row dualbio:source {source} ."),
        "levels": Counter(named(row["level"]) for row in ask(_LEVELS % source)).most_common(),
    }
    files = files_of(picture("studies/numbers-from-a-source", source=compress(node.value)), None)
    return {"record": told, "files": files, "copied": "#row-table"}


def lesson_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a lesson shows: what it is about, and the rows for and against it."""
    lesson = str(node)
    facts: dict[str, list[str]] = {}
    for row in ask(_LESSON % lesson):
        facts.setdefault(row["property"].rpartition("#")[2], []).append(row["value"])
    supports = ask(_SUPPORTS % (lesson, lesson))
    sides = [
        _rows(f"?support dualbio:{relation} {lesson} ; dualbio:row ?row .") for relation in ("supports", "contradicts")
    ]
    told = {
        "facts": [(say(title), [link(value) for value in facts[name]]) for title, name in _ABOUT if name in facts],
        "note": "; ".join(facts.get("note", [])),
        "hypothesis": "true" in facts.get("hypothesis", []),
        "rows": sides[0],
        "contrary": sides[1],
        "counts": [_numbers(side) for side in sides],
        "unnumbered": [_unnumbered(row) for row in supports if "row" not in row],
    }
    return {"record": told, "copied": "#row-table"}


_ABOUT = (
    ("What it is about", "topic"),
    ("Direction", "direction"),
    ("Reach", "lessonLevel"),
    ("How far it was checked", "checkLevel"),
    ("Pair of mechanisms", "mechanismPair"),
    ("Drugs", "aboutDrug"),
    ("Mechanisms", "aboutMechanism"),
    ("Diseases", "aboutDisease"),
    ("Concerns", "concerns"),
)


def outcome_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of an outcome or adverse event shows: verdicts, and its numbers study by study."""
    relation = "adverseEvent" if node.value.rpartition("/")[0].endswith("/ae") else "outcome"
    pattern = f"?row dualbio:{relation} {node} ; a dualbio:StandingRow ."
    studies = ask(_COUNTED % pattern)
    whole = sum(int(row["n"]) for row in studies)
    drawn = _dots(node) if relation == "adverseEvent" else _forest(node)
    rows = _rows(pattern) if whole <= _MOST_ROWS else []
    combining = {link(row["study"])[1] for row in ask(_COMBINING % pattern)} if rows else set()
    parts = [
        (title, _numbers(own), own)
        for title, wanted in ((_COMBINED_HERE, True), (_NOT_COMBINED, False))
        if (own := [row for row in rows if (row.study[1] in combining) is wanted])
    ]
    harms = harms_of(event=compress(node.value)) if relation == "adverseEvent" and drawn else []
    told = {
        "drawn": drawn,
        "name": named(node.value),
        "harms": [row for row in harms if "low" in row],
        "states": sorted(Counter(row["found"] for row in harms).items(), key=lambda each: _FOUND.index(each[0])),
        "verdicts": verdicts_of(f"?contrast dualbio:{relation} {node} ."),
        "studies": [(link(row["study"], row["studyName"]), row["n"]) for row in studies],
        "whole": whole,
        "rows": [(say(title), n, own) for title, n, own in parts],
    }
    return {"record": told, "files": files_of(drawn, drawn) if drawn else [], "copied": "#row-table"}


def _dots(event: ox.NamedNode) -> Picture | None:
    """Return the figure of the numbers of an event in arms with a pair, beside those of their controls."""
    found = ask(_COMBINED % event)
    return picture("safety/serious-infection-by-pair", event=compress(event.value)) if found else None


def _forest(outcome: ox.NamedNode) -> Picture | None:
    """Return the forest plot of the published comparisons of an outcome that have an interval."""
    kinds = [short_key(row["kind"]) for row in ask(_WITH_INTERVAL % outcome)]
    asked = {"outcome": compress(outcome.value), "kind": ",".join(kinds)}
    return picture("efficacy/published-comparisons", **asked) if kinds else None


def _rows(pattern: str) -> list[RecordRow]:
    """Return the rows that a pattern on `?row` picks out, those of one study about one thing together."""
    rows: dict[tuple[Link, Link, str], RecordRow] = {}
    for row in ask(_ROWS % pattern):
        measured = link(row.get("event") or row["outcome"])
        reported = row["reportedAs"] if row["reportedAs"].lower() != measured[0].lower() else ""
        week = say("week {n}", n=row["week"].removesuffix(".0")) if "week" in row else ""
        details = read_line([reported, row.get("subgroup", ""), week])
        study = link(row["study"], row["studyName"])
        told = rows.setdefault((study, measured, details), RecordRow(study, measured, details, row["kind"]))
        arm = arm_name(row["arm"])
        if "other" in row:
            arm = say("{arm} against {other}", arm=arm, other=arm_name(row["other"]))
        number = effect_words(row["measure"], row["number"]) if "measure" in row else number_words(row["number"])
        told.numbers.append((arm, link(row["row"], number), row.get("told", "")))
        told.read[link(row["source"], read_line([row["sourceName"], row["locator"]]))] = named(row["level"])
    return list(rows.values())


def _numbers(rows: Iterable[RecordRow]) -> int:
    return sum(len(row.numbers) for row in rows)


def _by_kind(rows: Sequence[RecordRow]) -> list[tuple[str, int, list[RecordRow]]]:
    """Return rows by the kind of what was measured, how patients fared first, each with the number of its numbers."""
    kinds = sorted({row.kind for row in rows}, key=lambda kind: _KINDS.index(short_key(kind)))
    found = [(named(kind), [row for row in rows if row.kind == kind]) for kind in kinds]
    return [(words, _numbers(own), own) for words, own in found]


def _unnumbered(row: Row) -> tuple[Link, str, bool]:
    """Return a support that rests on words and not on a row: where they stand, how closely read, on which side."""
    place = row.get("source") or row.get("study") or row["support"]
    return link(place), named(row["level"]) if "level" in row else "", row["side"] == "1"
