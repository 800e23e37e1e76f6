"""Pages of a result, a comparison, a computed estimate and a contrast: the number first, then source and derivation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, expand, kind_of
from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.evidence.asking import WITHOUT_ESTIMATE, Link, Row, ask, link, named, short_key
from dualbio_server.entities.evidence.lessons import lessons_where
from dualbio_server.entities.evidence.readings import second_readings
from dualbio_server.entities.evidence.verdicts import read_line
from dualbio_server.http.language import say

__all__ = ["number_page"]

_FACTS = "SELECT DISTINCT ?property ?value { %s ?property ?value } ORDER BY ?property ?value"
_ARM = "SELECT ?name { %s dualbio:shortLabel ?name }"
_VERDICT = """
SELECT DISTINCT ?contrast ?verdict { ?contrast dualbio:principalMeasure %s ; dualbio:verdict ?verdict } LIMIT 1
"""
_OWN_VERDICT = "SELECT DISTINCT ?verdict { %s dualbio:verdict ?verdict }"
#: Other numbers of the same thing: of other arms, of comparisons of this arm, computed and published ones.
_BESIDE = """
SELECT DISTINCT ?row ?number ?measure ?unit ?arm ?other ?level {
  { %(row)s dualbio:besideResult ?row } UNION { %(row)s dualbio:computedFrom ?row }
  UNION { %(row)s dualbio:publishedComparison ?row } UNION { %(row)s dualbio:measuredBy ?row }
  UNION { ?row dualbio:computedFrom %(row)s } UNION { ?row dualbio:publishedComparison %(row)s }
  ?row dualbio:numberText ?number ; dualbio:checkLevel ?level ;
    dualbio:arm|dualbio:armA|dualbio:contrastArm ?one .
  ?one dualbio:shortLabel ?arm .
  OPTIONAL { ?row dualbio:effectMeasure ?measure }
  OPTIONAL { ?row a dualbio:WithinStudyEstimate ; dualbio:unit ?unit }
  OPTIONAL { ?row dualbio:armB|dualbio:referenceArm ?two . ?two dualbio:shortLabel ?other }
} ORDER BY ?row
"""
_SOURCE = "SELECT ?name { %s dualbio:shortLabel ?name }"
#: What is told of a number, in the order of a reader: words of the page, and the properties that have it.
_ORDER = (
    ("Outcome", ("adverseEvent", "outcome")),
    ("As reported", ("reportedAs",)),
    ("Part of the people", ("subgroupText",)),
    ("Week", ("week",)),
    ("Time", ("period", "timepoint", "fromTimepoint", "toTimepoint")),
    ("What the outcome was for the study", ("resultRole",)),
    ("Kind of outcome", ("outcomeKind",)),
    ("Seriousness", ("seriousness", "eventDefinition")),
    ("Who was counted", ("analysisPopulation", "unitOfAnalysis")),
    ("Adjusted", ("adjusted",)),
    ("Significant, as printed", ("significant", "significanceStatedIn")),
    ("The better point result, which chance may have given", ("favours",)),
    ("Change", ("withinChange",)),
)
#: How a number came about that nobody printed so.
_DERIVED = (
    ("Computed by", ("estimationMethod",)),
    ("Worked out here", ("derivedField",)),
    ("People counted twice", ("overlapNote",)),
    ("Events, worked out from the percentage", ("derivedCount",)),
    ("In the canonical unit", ("canonicalValue", "canonicalUnit")),
)
_BEARING = (("Lessons that rest on it", "supports"), ("Lessons that it speaks against", "contradicts"))
_YES = {"true": "yes", "false": "no"}


@dataclass(frozen=True)
class OtherNumber:
    """Another number of the same thing: its words, the arms, and how far it was checked."""

    number: Link
    arms: str
    level: str


def number_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a row shows: its number, of what, where it was read, and how it was derived."""
    row = str(node)
    facts: dict[str, list[str]] = {}
    for each in ask(_FACTS % row):
        facts.setdefault(each["property"].removeprefix(expand("dualbio:")), []).append(each["value"])
    arms = [
        (arm_name(found[0]["name"]), link(arm)[1])
        for name in ("arm", "armA", "contrastArm", "armB", "referenceArm")
        for arm in facts.get(name, [])[:1]
        for found in [ask(_ARM % f"<{arm}>")]
        if found
    ]
    within = short_key(facts.get("contrastType", [""])[0]) == "within-arm"
    told = {
        "number": _number(facts),
        "arms": arms[:1] if within else arms[:2],
        "within": within,
        "study": next((link(each) for name in ("ofStudy", "withdrawnFrom") for each in facts.get(name, [])), None),
        "withdrawn": "; ".join(facts.get("withdrawnBecause", [])),
        "statement": "; ".join(facts.get("statement", [])),
        "outcome": _values("adverseEvent" if "adverseEvent" in facts else "outcome", facts)[:1],
        "week": _text(facts, "week"),
        "verdict": _verdict(row, facts),
        "words": "; ".join(facts.get(expand("skos:note"), [])),
        "facts": _facts_in_order(_ORDER, facts),
        "read": _place_read(facts),
        "level": next((named(each) for each in facts.get("checkLevel", [])), ""),
        "derivation": _facts_in_order(_DERIVED, facts),
        "computed": "computedFrom" in facts,
        "beside": [_other(each) for each in ask(_BESIDE % {"row": row})],
        "second": second_readings(f"VALUES ?row {{ {row} }}"),
        "lessons": [
            (say(words), found)
            for words, relation in _BEARING
            if (found := lessons_where(f"?support dualbio:row {row} ; dualbio:{relation} ?lesson ."))
        ],
    }
    return {"record": told, "copied": "#beside-table" if told["beside"] else ""}


def _number(facts: Mapping[str, Sequence[str]]) -> str:
    """Return what the row says as a number, with what is measured; empty where it has none, as a contrast."""
    if "numberText" not in facts:
        return ""
    unit = facts["unit"][0] if "estimationMethod" in facts and "unit" in facts else ""
    return _words(facts["numberText"][0], next(iter(facts.get("effectMeasure", [])), ""), unit)


def _words(number: str, measure: str, unit: str) -> str:
    """Return a number with what it measures; one computed here has its unit beside it, a printed one has it inside."""
    told = f"{named(measure)} {number}" if measure and short_key(measure) not in WITHOUT_ESTIMATE else number
    return " ".join(filter(None, (told, say("percentage points") if unit == "% of people" else unit)))


def _text(facts: Mapping[str, Sequence[str]], name: str) -> str:
    return facts[name][0].removesuffix(".0") if name in facts else ""


def _verdict(row: str, facts: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """Return how the test came out that the row decides, as a key and in words."""
    found = ask(_OWN_VERDICT % row if "principalMeasure" in facts or "measuredBy" in facts else _VERDICT % row)
    return (short_key(found[0]["verdict"]), named(found[0]["verdict"])) if found else None


def _place_read(facts: Mapping[str, Sequence[str]]) -> Link | None:
    """Return where the number was read: the source by its short name, and the place in it."""
    for source in facts.get("source", []):
        name = next((each["name"] for each in ask(_SOURCE % f"<{source}>")), named(source))
        return link(source, read_line([name, *facts.get("locator", [])[:1]]))
    return None


def _facts_in_order(
    order: Sequence[tuple[str, tuple[str, ...]]], facts: Mapping[str, Sequence[str]]
) -> list[tuple[str, list[Link]]]:
    found = [(say(title), [value for name in names for value in _values(name, facts)]) for title, names in order]
    return [(title, values) for title, values in found if values]


def _values(name: str, facts: Mapping[str, Sequence[str]]) -> list[Link]:
    """Return the values of a property, each with where it leads; texts lead nowhere."""
    return [
        link(value) if value.startswith(BASE) else (say(_YES[value]) if value in _YES else value.removesuffix(".0"), "")
        for value in facts.get(name, [])
    ]


def _other(row: Row) -> OtherNumber:
    arms = arm_name(row["arm"])
    if "other" in row:
        arms = say("{arm} against {other}", arm=arms, other=arm_name(row["other"]))
    measure = row.get("measure", "")
    number = (
        f"{named(measure)} {row['number']}" if measure and short_key(measure) not in WITHOUT_ESTIMATE else row["number"]
    )
    kind = kind_of(row["row"])
    level = say("computed here") if kind == "estimate" else named(row["level"])
    return OtherNumber(link(row["row"], number), arms, level)
