"""The results of a study as tables: a row for each outcome or event, a column for each arm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.evidence.asking import Link, Row, ask, effect_words, link, named, short_key
from dualbio_server.entities.evidence.verdicts import read_line
from dualbio_server.entities.labels import number_words
from dualbio_server.http.language import say

__all__ = ["ArmColumn", "Number", "PublishedEffect", "ResultRow", "ResultTable", "read_results", "result_tables"]

#: More arms than fit side by side have one column, in which each number names its arm.
MOST_COLUMNS = 5

_RESULTS = """
SELECT DISTINCT ?row ?arm ?kind ?outcome ?event ?reportedAs ?subgroup ?week ?timepoint ?period ?population ?statistic
  ?analysed ?seriousness ?definition ?number ?source ?sourceName ?locator ?level ?standing ?grave ?position ?role {
  ?row dualbio:resultOf %s ; dualbio:arm ?arm ; dualbio:outcomeKind ?kind ; dualbio:outcome ?outcome ;
    dualbio:reportedAs ?reportedAs ; dualbio:analysisPopulation ?population ; dualbio:statistic ?statistic ;
    dualbio:unitOfAnalysis ?analysed ; dualbio:numberText ?number ; dualbio:source ?source ; dualbio:locator ?locator ;
    dualbio:checkLevel ?level ; dualbio:position ?position ; dualbio:resultRole ?role .
  ?source dualbio:shortLabel ?sourceName .
  OPTIONAL { ?row dualbio:adverseEvent ?event }
  OPTIONAL { ?row dualbio:subgroupText ?subgroup }
  OPTIONAL { ?row dualbio:week ?week }
  OPTIONAL { ?row dualbio:timepoint ?timepoint }
  OPTIONAL { ?row dualbio:period ?period }
  OPTIONAL { ?row dualbio:seriousness ?seriousness }
  OPTIONAL { ?row dualbio:eventDefinition ?definition }
  BIND (EXISTS { ?row a dualbio:StandingRow } AS ?standing)
  BIND (EXISTS { ?row dualbio:withinEvent ae:serious-adverse-event }
    || EXISTS { ?row dualbio:withinEvent ae:serious-infection }
    || EXISTS { ?row dualbio:withinEvent ae:death } || BOUND(?seriousness) AS ?grave)
} ORDER BY ?position ?row
"""
_COMPARISONS = """
SELECT DISTINCT ?row ?armA ?armB ?armName ?otherName ?kind ?outcome ?event ?reportedAs ?subgroup ?week ?measure ?number
  ?told ?significant ?favoured ?source ?sourceName ?locator ?level ?position ?role ?verdict {
  ?row dualbio:comparisonOf %s ; dualbio:armA ?armA ; dualbio:outcomeKind ?kind ; dualbio:outcome ?outcome ;
    dualbio:reportedAs ?reportedAs ; dualbio:effectMeasure ?measure ; dualbio:numberText ?number ;
    dualbio:source ?source ; dualbio:locator ?locator ; dualbio:checkLevel ?level ; dualbio:position ?position ;
    dualbio:resultRole ?role .
  ?source dualbio:shortLabel ?sourceName .
  ?armA dualbio:shortLabel ?armName .
  OPTIONAL { ?row dualbio:armB ?armB OPTIONAL { ?armB dualbio:shortLabel ?otherName } }
  OPTIONAL { ?row dualbio:adverseEvent ?event }
  OPTIONAL { ?row dualbio:subgroupText ?subgroup }
  OPTIONAL { ?row dualbio:week ?week }
  OPTIONAL { ?row dualbio:effectMeasure value:effect-measure.statement-only ; skos:note ?told }
  OPTIONAL { ?row dualbio:significant ?significant }
  OPTIONAL { ?row dualbio:favours ?side OPTIONAL { ?side dualbio:shortLabel ?favoured } }
  OPTIONAL { ?row dualbio:measuresContrast ?contrast OPTIONAL { ?contrast dualbio:verdict ?verdict } }
} ORDER BY ?position ?row
"""


@dataclass(frozen=True)
class ArmColumn:
    """An arm as the head of a column: what it is called, where it leads, and how many people it has."""

    iri: str
    name: str
    href: str
    people: str | None = None


@dataclass(frozen=True)
class Number:
    """A number as printed, where it leads, whether it stands, and what tells it from others in its cell."""

    text: str
    href: str
    stands: bool
    apart: str = ""


@dataclass(frozen=True)
class PublishedEffect:
    """A published comparison: its arms, the effect, and whether chance is a likely reason; direction alone is none.

    `told` is what its report says, where that is words without a number.
    """

    arms: str
    effect: Link
    certainty: str
    told: str = ""


@dataclass
class ResultRow:
    """An outcome or event at one time in one group: its numbers by arm, and the differences that are published."""

    name: Link
    details: tuple[str, ...]
    place: tuple[int, int]
    numbers: dict[str, list[Number]] = field(default_factory=dict)
    differences: list[PublishedEffect] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultTable:
    """Rows with a column for each arm that has a number in them; with too many arms, none has a column of its own."""

    arms: tuple[ArmColumn, ...]
    rows: tuple[ResultRow, ...]

    @property
    def wide(self) -> bool:
        """Whether each arm has its column."""
        return len(self.arms) <= MOST_COLUMNS

    @property
    def compared(self) -> bool:
        """Whether any difference is published."""
        return any(row.differences for row in self.rows)


@dataclass(frozen=True)
class Results:
    """The rows of a study as the release has them: results, and comparisons."""

    results: list[Row]
    comparisons: list[Row]


def read_results(study: str) -> Results:
    """Return the results and comparisons of a study, given as a term of SPARQL."""
    return Results(ask(_RESULTS % study), ask(_COMPARISONS % study))


def result_tables(found: Results, arms: Iterable[ArmColumn]) -> tuple[ResultTable, ResultTable]:
    """Return the tables of a study: what was to be gained, and harms with serious ones first."""
    known = list(arms)
    groups = _grouped(found)
    harms = [row for safety, row in groups if safety]
    gains = [row for safety, row in groups if not safety]
    return _table(gains, known), _table(harms, known)


def _table(rows: list[ResultRow], arms: list[ArmColumn]) -> ResultTable:
    used = tuple(arm for arm in arms if any(arm.iri in row.numbers for row in rows))
    return ResultTable(used, tuple(sorted(rows, key=lambda row: row.place)))


def _grouped(found: Results) -> list[tuple[bool, ResultRow]]:
    """Return the rows of both tables, each once: what a reader sees of its head is the key that it is gathered by."""
    rows: dict[tuple[bool, str, tuple[str, ...]], ResultRow] = {}
    members: dict[int, list[Row]] = {}
    for result in found.results:
        row = _row_of(rows, result)
        row.read[_place_read(result)] = link(result["source"])[1]
        members.setdefault(id(row), []).append(result)
    for row in rows.values():
        _fill(row, members.get(id(row), []))
    several = len({result["arm"] for result in found.results}) > 2
    for comparison in found.comparisons:
        row = _row_of(rows, comparison)
        row.differences.append(_difference(comparison, named_arms=several or not row.numbers))
        row.read[_place_read(comparison)] = link(comparison["source"])[1]
    return [(key[0], row) for key, row in rows.items()]


def _row_of(rows: dict[tuple[bool, str, tuple[str, ...]], ResultRow], row: Row) -> ResultRow:
    """Return the row that a result or comparison belongs to, a new one where there is none yet."""
    safety = short_key(row["kind"]) == "safety"
    name = link(row.get("event") or row["outcome"])
    details = tuple(_details(row, name[0]))
    key = (safety, name[0].lower(), tuple(each.lower() for each in details))
    if key not in rows:
        rank = (0 if row.get("grave") == "true" else 1) if safety else _ROLE.get(short_key(row["role"]), len(_ROLE))
        rows[key] = ResultRow(name, details, (rank, int(row["position"])))
    return rows[key]


_ROLE = {"primary": 0, "secondary": 1}


def _details(row: Row, name: str) -> Iterable[str]:
    """Yield what tells a row from others with the same name: the words of the report, who, when, how serious."""
    if row["reportedAs"].lower() != name.lower():
        yield row["reportedAs"]
    if "definition" in row:
        yield row["definition"]
    if "seriousness" in row and (serious := named(row["seriousness"])).lower() not in name.lower():
        yield serious
    if "subgroup" in row:
        yield row["subgroup"]
    if "week" in row:
        yield say("week {n}", n=_whole_number(row["week"]))
    elif "timepoint" in row and short_key(row["timepoint"]) != "not-stated":
        yield named(row["timepoint"])
    if "period" in row and row["period"].lower() not in row["reportedAs"].lower():
        yield row["period"]


def _whole_number(number: str) -> str:
    return number.removesuffix(".0")


def _fill(row: ResultRow, results: list[Row]) -> None:
    """Put the numbers of a row into their cells; where a cell has several, each says what tells it apart."""
    for arm in dict.fromkeys(result["arm"] for result in results):
        cell = [result for result in results if result["arm"] == arm]
        differing = [name for name in _APART if len({result[name] for result in cell}) > 1]
        row.numbers[arm] = [
            Number(
                number_words(result["number"]),
                link(result["row"], "-")[1],
                result["standing"] == "true",
                read_line(named(result[name]) if name in _VALUES else result[name] for name in differing),
            )
            for result in cell
        ]


_VALUES = ("population", "statistic", "analysed")
_APART = (*_VALUES, "sourceName", "locator")


def _difference(row: Row, *, named_arms: bool) -> PublishedEffect:
    against = (
        say("{arm} against {other}", arm=arm_name(row["armName"]), other=arm_name(row["otherName"]))
        if "otherName" in row
        else arm_name(row["armName"])
    )
    certainty = {"true": say("significant"), "false": say("not significant")}.get(row.get("significant", ""), "")
    if "told" in row:
        certainty = ""  # it is the effect, then
    elif certainty and "favoured" in row:
        certainty = say("{certainty}; point estimate favours {arm}", certainty=certainty, arm=arm_name(row["favoured"]))
    elif "favoured" in row:
        certainty = say("point estimate favours {arm}, significance not reported", arm=arm_name(row["favoured"]))
    return PublishedEffect(
        against if named_arms else "",
        link(row["row"], effect_words(row["measure"], row["number"])),
        certainty,
        row.get("told", ""),
    )


def _place_read(row: Row) -> str:
    return read_line([row["sourceName"], row["locator"], named(row["level"])])
