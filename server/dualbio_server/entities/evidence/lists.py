"""Lists of things and lessons, as tables with facets and pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import request

from dualbio.model.namespaces import BASE, key_of
from dualbio_server.entities.evidence.asking import Link, Row, ask, link, named, short_key
from dualbio_server.entities.page_parts import Part, part_of_page, prepare_part
from dualbio_server.http.language import say
from dualbio_server.http.problems import ProblemError

__all__ = [
    "LISTED",
    "LISTS",
    "Facet",
    "ListColumn",
    "ListLine",
    "list_page",
    "offset_of",
    "prepare_lists",
    "studies_where",
]

#: Values of a facet that are offered; the others are found by search.
_OFFERED = 12
#: Rows of a list on one page.
LISTED = 100
#: Facets whose values are those of a scheme; others are things of the kind that the facet is called by.
_SCHEMES = ("design", "status", "verdict", "topic", "direction", "lesson-level", "reporting-state", "finding-role")

_STUDIES = """
SELECT DISTINCT ?thing ?name ?design ?status ?enrolled ?disease ?within ?pair {
  %s
  ?thing a dualbio:Study ; rdfs:label ?name ; dualbio:key ?key .
  OPTIONAL { ?thing dualbio:design ?design } OPTIONAL { ?thing dualbio:status ?status }
  OPTIONAL { ?thing dualbio:enrolled ?enrolled }
  OPTIONAL { ?thing dualbio:treatsDisease ?disease . OPTIONAL { ?disease dualbio:narrowerThan? ?within } }
  OPTIONAL { ?thing dualbio:studiesPair ?pair }
}
"""
_VERDICTS = """
SELECT DISTINCT ?thing ?verdict ?kind {
  %s
  ?contrast a dualbio:Contrast ; dualbio:ofStudy ?thing ; dualbio:verdict ?verdict ; dualbio:outcomeKind ?kind ;
    dualbio:resultRole value:result-role.primary
}
"""
#: What is counted or listed of a pair, a disease and a drug: patterns from `?thing` to `?value`.
_OF_PAIR = {
    "study": "?arm dualbio:testsMechanismPair ?thing ; dualbio:armOf ?value",
    "disease": "?arm dualbio:testsMechanismPair ?thing ; dualbio:inDisease ?value",
    "test": "?value dualbio:testsArm/dualbio:testsMechanismPair ?thing ; dualbio:verdict ?verdict",
    "lesson": "?value a dualbio:Lesson ; dualbio:mechanismPair ?thing",
}
_OF_DISEASE = {
    "study": "?value dualbio:treatsDisease ?own . ?own dualbio:narrowerThan? ?thing",
    "pair": "?arm dualbio:testsMechanismPair ?value ; dualbio:withinDisease ?thing",
    "lesson": "?value a dualbio:Lesson ; dualbio:aboutDisease ?thing",
}
_OF_DRUG = {
    "mechanism": "?thing dualbio:hasMechanism ?value",
    "target": "?thing dualbio:hasTarget ?value",
    "study": "?value dualbio:testsDrug ?thing",
}
#: What is told of a statement, by the facet that it is picked out by.
_OF_LESSON = {
    "topic": "?thing dualbio:topic ?value",
    "direction": "?thing dualbio:direction ?value",
    "lesson-level": "?thing dualbio:lessonLevel ?value",
    "disease": "?thing dualbio:aboutDisease ?value",
}
_OF_GAP = {
    "reporting-state": "?thing dualbio:reportingState ?value",
    "study": "?thing dualbio:aboutStudy ?value",
}
_OF_FINDING = {
    "biomarker": "?thing dualbio:biomarker ?value",
    "finding-role": "?thing dualbio:findingRole ?value",
    "disease": "?thing dualbio:aboutDisease ?value",
    "study": "?thing dualbio:aboutStudy ?value",
}
_THINGS = "SELECT DISTINCT ?thing ?part ?value { ?thing a dualbio:%s . FILTER (STRSTARTS(STR(?thing), '%s')) %s }"


@dataclass(frozen=True)
class ListColumn:
    """A column of a list: its words, and whether it holds numbers."""

    title: str
    number: bool = False


@dataclass(frozen=True)
class ListLine:
    """A row of a list: its thing, the values of its cells, and the keys by which facets pick it out."""

    thing: Link
    cells: tuple[Sequence[Link] | str, ...]
    facets: dict[str, frozenset[str]]
    order: tuple[Any, ...]


@dataclass(frozen=True)
class Facet:
    """A way to narrow a list: its words, and each value with its number of rows, its address, whether it is chosen."""

    title: str
    values: tuple[tuple[str, int, str, bool], ...]


def list_page(kind: str) -> dict[str, Any] | None:
    """Return the table of a kind with what the facets of the address leave of it; None where its lines are not there.

    The lines are computed once for all readers, and kept.
    """
    columns, titles, _ = LISTS[kind]
    lines = part_of_page(_PARTS[kind])
    return None if lines is None else _table(lines, columns, titles)


def prepare_lists() -> None:
    """Compute the lines of the lists in the language and at the place of this context, unless they are known."""
    for part in _PARTS.values():
        prepare_part(part)


def studies_where(pattern: str, without: str = "") -> dict[str, Any]:
    """Return the table of the studies that a pattern on `?thing` picks out, those that tried a pair first.

    `without` is the one of its columns that it does not have.
    """
    columns, titles, _ = LISTS["study"]
    kept = [place for place, column in enumerate(columns) if column.title.lower() != without]
    lines = [
        replace(
            line,
            cells=tuple(line.cells[place] for place in kept),
            order=(not line.facets["pair"], *line.order),
        )
        for line in _studies(pattern)
    ]
    facets = {name: title for name, title in (titles | {"status": "Status of the study"}).items() if name != without}
    return _table(lines, tuple(columns[place] for place in kept), facets, "#studies")


def _table(
    read: Iterable[ListLine], columns: tuple[ListColumn, ...], titles: dict[str, str], anchor: str = ""
) -> dict[str, Any]:
    """Return the rows that the address leaves; its facets lead to the place on the page that `anchor` names."""
    lines = sorted(read, key=lambda line: line.order)
    chosen = {name: value for name in titles if (value := request.args.get(name, ""))}
    fitting = [line for line in lines if _fits(line, chosen)]
    offset = offset_of(request.args.get("offset", "0"))
    before, following = offset - LISTED if offset else None, offset + LISTED
    return {
        "columns": columns,
        "lines": fitting[offset:following],
        "n": len(fitting),
        "first": offset + 1,
        "before": None if before is None else _page(chosen, max(0, before)) + anchor,
        "following": _page(chosen, following) + anchor if following < len(fitting) else None,
        "whole": len(lines),
        "facets": [_facet(name, title, lines, chosen, anchor) for name, title in titles.items()],
        "chosen": bool(chosen),
        "copied": "#list",
    }


def _page(chosen: dict[str, str], offset: int) -> str:
    """Return where the rows from a number on are, of those that facets leave."""
    asked = chosen | ({"offset": str(offset)} if offset else {})
    return f"{request.script_root}{request.path}" + (f"?{urlencode(asked)}" if asked else "")


def offset_of(text: str) -> int:
    """Return from which row on a page of a list shows them.

    Raises:
        ProblemError: 400, it is no such number.
    """
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise ProblemError(400, "offset", f"offset={text[:40]} is not understood; accepted: a whole number from 0")
    return int(text)


def _fits(line: ListLine, chosen: dict[str, str]) -> bool:
    return all(value in line.facets.get(name, ()) for name, value in chosen.items())


def _facet(name: str, title: str, lines: list[ListLine], chosen: dict[str, str], anchor: str) -> Facet:
    """Return a facet with the numbers of rows that the other facets leave."""
    others = {other: value for other, value in chosen.items() if other != name}
    counts = Counter(key for line in lines if _fits(line, others) for key in line.facets.get(name, ()))
    offered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:_OFFERED]
    if name in chosen and chosen[name] not in dict(offered):
        offered.append((chosen[name], counts[chosen[name]]))
    return Facet(
        title, tuple(_value(name, key, n, _address(name, key, others, chosen) + anchor, chosen) for key, n in offered)
    )


def _value(name: str, key: str, n: int, address: str, chosen: dict[str, str]) -> tuple[str, int, str, bool]:
    return _words(name, key), n, address, chosen.get(name) == key


def _address(name: str, key: str, others: dict[str, str], chosen: dict[str, str]) -> str:
    """Return where a value of a facet leads; that of one that is chosen takes it off."""
    kept = others if chosen.get(name) == key else {**others, name: key}
    return f"{request.script_root}{request.path}" + (f"?{urlencode(kept)}" if kept else "")


def _words(name: str, key: str) -> str:
    return named(f"{BASE}value/{name}.{key}" if name in _SCHEMES else f"{BASE}{name}/{key}")


# --- kinds ------------------------------------------------------------------------------------------------------------


def _studies(pattern: str = "") -> Iterable[ListLine]:
    rows: dict[str, list[Row]] = {}
    verdicts: dict[str, list[Row]] = {}
    for row in ask(_STUDIES % pattern):
        rows.setdefault(row["thing"], []).append(row)
    for row in ask(_VERDICTS % pattern):
        verdicts.setdefault(row["thing"], []).append(row)
    for iri, own in rows.items():
        yield _study(iri, own, verdicts.get(iri, []))


def _study(iri: str, rows: list[Row], verdicts: list[Row]) -> ListLine:
    first = rows[0]
    diseases, pairs, within = ({row[name] for row in rows if name in row} for name in ("disease", "pair", "within"))
    told = sorted({(row["verdict"], short_key(row["kind"])) for row in verdicts})
    states = [named(state) + (f" ({say('laboratory value')})" if kind == "biomarker" else "") for state, kind in told]
    design, status = (_value_link(first, name) for name in ("design", "status"))
    return ListLine(
        link(iri, first["name"]),
        (_links(diseases), _links(pairs), design, first.get("enrolled", ""), "; ".join(states), status),
        {
            "disease": frozenset(map(key_of, within or diseases)),
            "pair": frozenset(map(key_of, pairs)),
            "design": frozenset(short_key(row["design"]) for row in rows if "design" in row),
            "verdict": frozenset(short_key(state) for state, _ in told),
            "status": frozenset(short_key(row["status"]) for row in rows if "status" in row),
        },
        (first["name"].lower(), iri),
    )


def _value_link(row: Row, name: str) -> str:
    return named(row[name]) if name in row else ""


def _links(iris: Iterable[str]) -> list[Link]:
    return sorted(link(iri) for iri in iris)


def _values_by_thing(name: str, kind: str, patterns: dict[str, str]) -> dict[str, dict[str, list[str]]]:
    """Return the things of a kind, each with the values that the patterns lead to."""
    parts = " UNION ".join(f"{{ {pattern} BIND ('{part}' AS ?part) }}" for part, pattern in patterns.items())
    values: dict[str, dict[str, list[str]]] = {}
    for row in ask(_THINGS % (name, f"{BASE}{kind}/", f"OPTIONAL {{ {parts} }}")):
        own = values.setdefault(row["thing"], {part: [] for part in patterns})
        if "part" in row:
            own[row["part"]].append(row["value"])
    return values


def _pairs() -> Iterable[ListLine]:
    for iri, known in _values_by_thing("MechanismPair", "pair", _OF_PAIR).items():
        studies, tests, lessons = (str(len(known[part])) for part in ("study", "test", "lesson"))
        yield ListLine(
            link(iri),
            (studies, _links(known["disease"]), tests, lessons),
            {"disease": frozenset(map(key_of, known["disease"]))},
            (-int(studies), named(iri)),
        )


def _diseases() -> Iterable[ListLine]:
    for iri, known in _values_by_thing("Disease", "disease", _OF_DISEASE).items():
        studies, pairs, lessons = (str(len(known[part])) for part in ("study", "pair", "lesson"))
        yield ListLine(link(iri), (studies, pairs, lessons), {}, (-int(studies), named(iri)))


def _drugs() -> Iterable[ListLine]:
    for iri, known in _values_by_thing("Drug", "drug", _OF_DRUG).items():
        yield ListLine(
            link(iri),
            (_links(known["mechanism"]), _links(known["target"]), str(len(known["study"]))),
            {"mechanism": frozenset(map(key_of, known["mechanism"]))},
            (named(iri).lower(), iri),
        )


def _statements(name: str, kind: str, patterns: dict[str, str]) -> Iterable[ListLine]:
    """Yield what statements say, with a column for each of the patterns; those of several studies come first."""
    for iri, known in _values_by_thing(name, kind, patterns).items():
        words = named(iri)
        yield ListLine(
            link(iri, words),
            tuple(
                ", ".join(sorted(map(named, values))) if part in _SCHEMES else _links(values)
                for part, values in known.items()
            ),
            {part: frozenset(map(short_key if part in _SCHEMES else key_of, values)) for part, values in known.items()},
            (not any(short_key(level) == "cross-study" for level in known.get("lesson-level", ())), words.lower(), iri),
        )


_STUDY = ListColumn("Studies", number=True)
#: Kinds that are listed as tables: columns, facets with their words, and what reads the rows.
LISTS: dict[str, tuple[tuple[ListColumn, ...], dict[str, str], Callable[[], Iterable[ListLine]]]] = {
    "study": (
        (
            ListColumn("Disease"),
            ListColumn("Pair"),
            ListColumn("Design"),
            ListColumn("People", number=True),
            ListColumn("Primary outcome"),
            ListColumn("Status of the study"),
        ),
        {"disease": "Disease", "pair": "Pair", "design": "Design", "verdict": "Verdict"},
        _studies,
    ),
    "pair": (
        (
            _STUDY,
            ListColumn("Diseases"),
            ListColumn("Tests with a verdict", number=True),
            ListColumn("Lessons", number=True),
        ),
        {"disease": "Disease"},
        _pairs,
    ),
    "disease": ((_STUDY, ListColumn("Pairs tried", number=True), ListColumn("Lessons", number=True)), {}, _diseases),
    "drug": ((ListColumn("Mechanism"), ListColumn("Targets"), _STUDY), {"mechanism": "Mechanism"}, _drugs),
    "lesson": (
        (ListColumn("What it is about"), ListColumn("Direction"), ListColumn("Reach"), ListColumn("Diseases")),
        {"topic": "What it is about", "direction": "Direction", "lesson-level": "Reach", "disease": "Disease"},
        lambda: _statements("Lesson", "lesson", _OF_LESSON),
    ),
    "gap": (
        (ListColumn("What is known"), ListColumn("Studies")),
        {"reporting-state": "What is known", "study": "Study"},
        lambda: _statements("EvidenceGap", "gap", _OF_GAP),
    ),
    "finding": (
        (ListColumn("Biomarker"), ListColumn("What it tells"), ListColumn("Diseases"), ListColumn("Studies")),
        {"biomarker": "Biomarker", "finding-role": "What it tells", "disease": "Disease"},
        lambda: _statements("BiomarkerFinding", "finding", _OF_FINDING),
    ),
}


def _part(kind: str) -> Part[list[ListLine]]:
    return Part(f"list-{kind}", list[ListLine], lambda: list(LISTS[kind][2]()))


#: The lines of the lists, as they are kept.
_PARTS = {kind: _part(kind) for kind in LISTS}
