"""The results behind an answer as a table for meta-analysis: a line for each result of an arm, for metafor or netmeta.

R's metafor takes arms as `xi` of `ni` (events), `mi`, `sdi`, `ni` (means) or `xi` in `ti` (rates), netmeta's `pairwise`
as `event`, `n`, `mean`, `sd` and `time`. A saved query can be made long where a variable of its body is a result.

Nothing is pooled here, and nothing is doubled in silence: `overlapGroup` is equal where arms share people,
`studyGroup` where studies may, and `sharesPeopleWith` names the other lines for the same outcome that count some of the
same people. A result that no method of pooling can take is left out, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import sqrt
from typing import Literal, get_args

import pyoxigraph as ox

from dualbio.errors import ParameterError
from dualbio.model.namespaces import BASE, compress, term
from dualbio.queries.answers.reading import plain_reading
from dualbio.queries.answers.result import QueryResult
from dualbio.queries.answers.typed import Cell, ColumnType
from dualbio.queries.head import ColumnHead
from dualbio.queries.identifiers import identifiers_of
from dualbio.queries.omissions import LEFT_OUT_COLUMNS, NOT_KNOWN_COLUMNS, Told
from dualbio.queries.query_text import names_in_use, selecting_all
from dualbio.queries.sources import CitedSources
from dualbio.store import Store, row_texts

__all__ = ["LONG_FORMS", "LongForm", "long_columns", "long_table", "shows_results"]

LongForm = Literal["metafor", "netmeta"]
LONG_FORMS: tuple[LongForm, ...] = get_args(LongForm)

#: Properties by which a saved query comes to results.
_LEADING = frozenset(term(name).value for name in ("arm", "computedFrom", "hasResult", "resultOf"))
_RESULT = f"{BASE}result/"

#: The columns: their names for metafor and for netmeta, their type, and what they mean.
_COLUMNS: tuple[tuple[str, str, ColumnType, str], ...] = (
    ("study", "studlab", "string", "key of the study"),
    ("arm", "arm", "string", "key of the arm within the study"),
    ("armName", "armName", "string", "short name of the arm"),
    (
        "treatment",
        "treat",
        "string",
        "keys of the active agents joined by +, / between alternatives; or the control",
    ),
    ("armRole", "armRole", "string", "what the arm stands for in the study"),
    ("outcome", "outcome", "string", "the outcome, adverse event or biomarker, as a name of the data"),
    ("reportedAs", "reportedAs", "string", "the outcome in the words of the report"),
    ("subgroup", "subgroup", "string", "part of the arm that the number is about"),
    ("week", "week", "decimal", "week on the clock of the study"),
    ("period", "period", "string", "period that the number covers, where the report names one"),
    ("population", "population", "string", "who is counted: ITT, mITT, safety …"),
    ("unitOfAnalysis", "unitOfAnalysis", "string", "what is counted: patients, courses of treatment or events"),
    ("statistic", "statistic", "string", "what the number is: count, percent, mean, mean-change, rate"),
    ("xi", "event", "integer", "people (or courses, or events) with the outcome"),
    ("ni", "n", "integer", "how many were counted"),
    ("mi", "mean", "decimal", "mean, or mean change"),
    ("sdi", "sd", "decimal", "standard deviation of it"),
    ("ti", "time", "decimal", "time under observation, in person-years"),
    ("unit", "unit", "string", "unit of the mean"),
    ("derived", "derived", "string", "which numbers are not as printed, and what they come from"),
    ("overlapGroup", "overlapGroup", "string", "equal in lines whose arms share people: use arms that share none"),
    ("studyGroup", "studyGroup", "string", "equal in lines whose studies may share people: use one of these studies"),
    (
        "sharesPeopleWith",
        "sharesPeopleWith",
        "string",
        "other lines for this outcome that count some of these people",
    ),
    ("row", "row", "string", "the result, as a name of the data"),
    ("source", "source", "string", "where the number was read"),
    ("locator", "locator", "string", "place in the source"),
    ("checkLevel", "checkLevel", "string", "how far the number was checked"),
    ("nct", "nct", "string", "ClinicalTrials.gov number of the study"),
    ("pmid", "pmid", "string", "PubMed number of the source"),
    ("doi", "doi", "string", "DOI of the source"),
)
#: Columns that hold a controlled value.
_CONTROLLED = ("population", "unitOfAnalysis", "statistic", "checkLevel")
_WHAT = "results that cannot be pooled"

#: What is read of each result; empty where it is not reported.
_RESULTS = """
SELECT ?row ?study ?studyName ?armIri ?arm ?armName ?role ?combinationType ?outcome ?reportedAs ?subgroup ?week ?period
  ?population ?unitOfAnalysis ?statistic ?events ?total ?value ?unit ?spreadType ?spreadValue ?personYears ?derivedCount
  ?derivedFields ?state ?standing ?number ?source ?locator ?checkLevel
WHERE {
  VALUES ?row { $rows }
  ?row a dualbio:Result ; dualbio:arm ?armIri ; dualbio:resultOf ?s ; dualbio:reportedAs ?reportedAs ;
    dualbio:analysisPopulation/dualbio:key ?population ; dualbio:unitOfAnalysis/dualbio:key ?unitOfAnalysis ;
    dualbio:statistic/dualbio:key ?statistic ; dualbio:outcome ?about ; dualbio:locator ?locator ;
    dualbio:source/dualbio:shortLabel ?source ; dualbio:checkLevel/dualbio:key ?checkLevel .
  ?s dualbio:key ?study ; rdfs:label ?studyName .
  ?armIri dualbio:key ?arm ; dualbio:shortLabel ?armName ; dualbio:armRole/dualbio:key ?role .
  OPTIONAL { ?armIri dualbio:combinationType/dualbio:key ?combinationType }
  OPTIONAL { ?row dualbio:adverseEvent ?event }
  OPTIONAL { ?row dualbio:biomarker ?biomarker }
  OPTIONAL { ?row dualbio:subgroupFactor ?factor ; dualbio:subgroupLevel ?level }
  OPTIONAL { ?row dualbio:week ?week }
  OPTIONAL { ?row dualbio:period ?period }
  OPTIONAL { ?row dualbio:events ?events }
  OPTIONAL { ?row dualbio:total ?total }
  OPTIONAL { ?row dualbio:value ?value }
  OPTIONAL { ?row dualbio:unit ?unit }
  OPTIONAL { ?row dualbio:spreadType/dualbio:key ?spreadType ; dualbio:spreadValue ?spreadValue }
  OPTIONAL { ?row dualbio:personYears ?personYears }
  OPTIONAL { ?row dualbio:derivedCount ?derivedCount }
  OPTIONAL {
    SELECT ?row (GROUP_CONCAT(?field; separator=", ") AS ?derivedFields) {
      SELECT ?row ?field { ?row dualbio:derivedField ?field } ORDER BY ?row ?field
    } GROUP BY ?row
  }
  OPTIONAL { ?row dualbio:rowState/dualbio:key ?state }
  OPTIONAL { ?row dualbio:numberText ?number }
  OPTIONAL { ?row a ?standing FILTER (?standing = dualbio:StandingRow) }
  BIND (COALESCE(?event, ?biomarker, ?about) AS ?outcome)
  BIND (CONCAT(?factor, ": ", ?level) AS ?subgroup)
}
ORDER BY ?study ?outcome ?reportedAs ?subgroup ?week ?period ?armIri ?row
"""
_AGENTS = """
SELECT DISTINCT ?arm ?step ?key WHERE {
  VALUES ?arm { $arms }
  ?arm dualbio:hasRegimen/dualbio:hasStep ?step . ?step dualbio:stepRole value:step-role.active .
  ?step dualbio:usesAgent|dualbio:usesOneOf ?agent . ?agent dualbio:key ?key
} ORDER BY ?arm ?step ?key
"""
_SHARED = """
SELECT DISTINCT ?one ?other WHERE { VALUES ?one { $arms } ?one dualbio:mayNotBePooledWith ?other }
"""
#: A shared report alone shares no people.
_STUDIES = """
SELECT DISTINCT ?one ?other WHERE {
  ?study dualbio:key ?one ; dualbio:hasOverlap ?overlap .
  ?overlap dualbio:overlapsStudy/dualbio:key ?other ; dualbio:overlapKind ?kind
  FILTER (?kind != value:overlap-kind.same-report)
}
"""


@dataclass(frozen=True)
class _Line:
    """A result as it was read, by the names of the query, with what the table says of its numbers."""

    told: Mapping[str, str]
    numbers: Mapping[str, str]

    @property
    def row(self) -> str:
        """The name of the result."""
        return compress(self.told["row"])

    @property
    def arm(self) -> str:
        """The IRI of the arm."""
        return self.told["armIri"]

    @property
    def study(self) -> str:
        """The key of the study."""
        return self.told["study"]


def long_columns(form: LongForm) -> tuple[ColumnHead, ...]:
    """Return the columns of the table for metafor or netmeta."""
    place = LONG_FORMS.index(form)
    return tuple(ColumnHead(name=each[place], type=each[2], meaning=each[3]) for each in _COLUMNS)


def shows_results(text: str) -> bool:
    """Return whether a variable of a query may be a result, by the properties that its text uses."""
    return any(name in _LEADING for name, _ in names_in_use(text)) and selecting_all(text) is not None


def long_table(result: QueryResult, form: LongForm, store: Store, cited: CitedSources) -> QueryResult:
    """Return the results behind the rows of an answer as a table for meta-analysis.

    What cannot be pooled is in `left_out`, a row for each result with its reason.

    Args:
        result: the answer of a saved query; its text is asked again for the results that it shows.
        form: whose names the columns have.
        store: the data that answered.
        cited: the sources of that data.

    Raises:
        ParameterError: the rows of the query are no results of arms.
    """
    text = selecting_all(result.text) if shows_results(result.text) else None
    if text is None:
        raise ParameterError(
            f"query '{result.query}' shows no results of arms, so that nothing can be pooled; accepted: a query whose "
            "rows are results, such as safety/serious-infections"
        )
    told = [*_results(text, store)]
    counted = [(row, _numbers(row)) for row in told]
    lines = [_Line(row, numbers) for row, numbers in counted if not isinstance(numbers, str)]
    left_out = [
        (_WHAT, row["studyName"], row["study"], _item(row), reason)
        for row, reason in counted
        if isinstance(reason, str)
    ]
    columns = long_columns(form)
    types = {column.name: column.type for column in columns if column.type}
    table = replace(
        result,
        columns=tuple(types),
        rows=tuple(_typed(values, types.values()) for values in _table(lines, store, cited)),
        params={**result.params, "long": (form,)},
        types=types,
        reading=plain_reading(tuple(types)),
        omissions=None,
    )
    rows = tuple(tuple(map(_text, row)) for row in left_out)
    beside = replace(table, columns=LEFT_OUT_COLUMNS, rows=rows, types={}, reading=None)
    return table.beside(Told(beside, replace(beside, columns=NOT_KNOWN_COLUMNS, rows=())))


def _item(row: Mapping[str, str]) -> str:
    return f"{compress(row['row'])}: {row['armName']}, {row['reportedAs']}, {row['number']}"


def _results(text: str, store: Store) -> Iterator[dict[str, str]]:
    """Yield each result that a variable of a query is, with what the table needs of it."""
    cells = chain.from_iterable(store.select(text))
    found = {cell for cell in cells if isinstance(cell, ox.NamedNode) and cell.value.startswith(_RESULT)}
    rows = " ".join(sorted(map(str, found)))
    if rows:
        yield from row_texts(store.select(_RESULTS.replace("$rows", rows)), unbound="")


def _short(key: str) -> str:
    """Return a controlled value without its scheme."""
    return key.rpartition(".")[2]


def _numbers(row: Mapping[str, str]) -> dict[str, str] | str:
    """Return the numbers of a line by their column, or why the result cannot be one."""
    statistic = _short(row["statistic"])
    if row["state"]:
        return f"the number is {_short(row['state'])}: it is printed, and doubted"
    if not row["standing"]:
        return "another print of the same number was read more closely"
    if statistic in ("mean", "mean-change"):
        return _means(row)
    if statistic in ("median", "median-change", "geometric-mean"):
        return f"{statistic.replace('-', ' ')}: no mean with a standard deviation"
    if row["personYears"] or statistic == "rate":
        return _rate(row)
    return _counts(row)


def _rate(row: Mapping[str, str]) -> dict[str, str] | str:
    missing = [words for name, words in (("events", "events"), ("personYears", "person-years")) if not row[name]]
    if missing:
        return f"rate without {' and '.join(missing)}"
    return {"xi": row["events"], "ni": row["total"], "ti": row["personYears"]}


def _counts(row: Mapping[str, str]) -> dict[str, str] | str:
    counted = _short(row["unitOfAnalysis"])
    if counted not in ("patient", "treatment-course"):
        return "events, not people, are counted" if counted == "event" else "what is counted is not reported"
    if not row["total"]:
        return "no number of people counted (denominator)"
    if row["events"]:
        return {"xi": row["events"], "ni": row["total"]}
    if row["derivedCount"]:
        return {"xi": row["derivedCount"], "ni": row["total"], "derived": "events: from the percentage"}
    return "percentage that fits no or several whole numbers of people"


def _means(row: Mapping[str, str]) -> dict[str, str] | str:
    kind = _short(row["spreadType"])
    if not row["total"]:
        return "mean without the number of people"
    if not row["value"] or kind not in ("sd", "se"):
        return "mean without a standard deviation or standard error"
    known = {"mi": row["value"], "ni": row["total"], "sdi": row["spreadValue"]}
    if kind == "sd":
        return known
    deviation = float(row["spreadValue"]) * sqrt(int(row["total"]))
    return {**known, "sdi": f"{deviation:.6g}", "derived": "sd: standard error times the square root of n"}


def _table(lines: Sequence[_Line], store: Store, cited: CitedSources) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each line as text, in the order of the columns."""
    arms = " ".join(f"<{arm}>" for arm in sorted({line.arm for line in lines}))
    agents: dict[str, dict[str, list[str]]] = {}
    for arm, step, key in store.select(_AGENTS.replace("$arms", arms)):
        agents.setdefault(arm.value, {}).setdefault(step.value, []).append(key.value)
    shared = _pairs(store, _SHARED.replace("$arms", arms))
    overlaps = _pairs(store, _STUDIES)
    studies = _groups({line.study for line in lines}, overlaps)
    for line in lines:
        alike = [other for other in lines if other.told["outcome"] == line.told["outcome"]]
        group = _groups({other.arm for other in alike}, shared)[line.arm]
        others = [
            other.row
            for other in alike
            if other is not line
            and (other.arm == line.arm or (line.arm, other.arm) in shared or (line.study, other.study) in overlaps)
        ]
        found = {
            **line.told,
            **dict.fromkeys(("xi", "ni", "mi", "sdi", "ti"), ""),
            "derived": f"{fields}: computed from what is printed" if (fields := line.told["derivedFields"]) else "",
            **line.numbers,
            **identifiers_of({"studyKey": line.study, "source": line.told["source"]}, cited),
            **{name: _short(line.told[name]) for name in _CONTROLLED},
            "treatment": _treatment(line, {"/".join(keys) for keys in agents.get(line.arm, {}).values()}),
            "armRole": _short(line.told["role"]),
            "outcome": compress(line.told["outcome"]),
            "unit": line.told["unit"] if "mi" in line.numbers else "",
            "row": line.row,
            "overlapGroup": compress(group),
            "studyGroup": studies[line.study],
            "sharesPeopleWith": "; ".join(others),
        }
        yield tuple(found[name] for name, *_ in _COLUMNS)


def _pairs(store: Store, text: str) -> set[tuple[str, str]]:
    """Return the pairs that a query selects, each in both directions."""
    found = {(one.value, other.value) for one, other in store.select(text)}
    return found | {(other, one) for one, other in found}


def _treatment(line: _Line, agents: set[str]) -> str:
    """Return the code of a treatment: its active agents, with `unnamed` for a partner not reported, or the control."""
    role = _short(line.told["role"])
    if role in ("placebo", "conventional-therapy"):
        return role
    alone = role == "combination" and len(agents) == 1 and _short(line.told["combinationType"]) != "bispecific"
    return "+".join(sorted(agents | {"unnamed"} if alone else agents)) or role


def _groups(things: set[str], pairs: set[tuple[str, str]]) -> dict[str, str]:
    """Return the first thing of those that pairs among `things` connect with each thing."""
    group_of: dict[str, str] = {}
    for first in sorted(things):
        waiting = [] if first in group_of else [first]
        while waiting:
            thing = waiting.pop()
            group_of[thing] = first
            waiting += [other for other in things - group_of.keys() if (thing, other) in pairs]
    return group_of


def _typed(values: Iterable[str], types: Iterable[ColumnType]) -> tuple[Cell, ...]:
    return tuple(
        ox.Literal(value, datatype=term(f"xsd:{kind}")) if value and kind != "string" else _text(value)
        for value, kind in zip(values, types, strict=True)
    )


def _text(value: str) -> Cell:
    return ox.Literal(value) if value else None
