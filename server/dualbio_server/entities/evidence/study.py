"""The page of a study: its verdict first, then what it was, measured and taught, and what it leaves open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, compress
from dualbio.model.outside_numbers import EUDRACT, ISRCTN
from dualbio.model.risk_of_bias import AUTHORS
from dualbio.synthesis.coverage import STATES
from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.evidence.asking import Link, Row, ask, files_of, link, named, picture, short_key
from dualbio_server.entities.evidence.harms import harms_of, told_apart
from dualbio_server.entities.evidence.lessons import lessons_of_a_study
from dualbio_server.entities.evidence.readings import second_readings
from dualbio_server.entities.evidence.result_tables import ArmColumn, Results, read_results, result_tables
from dualbio_server.entities.evidence.sequence import order_words
from dualbio_server.entities.evidence.verdicts import Verdict, no_verdict, read_line, verdicts_of
from dualbio_server.http.language import say
from dualbio_server.http.links import has_route, local_path

__all__ = ["study_page"]

#: How numbers of other registers than ClinicalTrials.gov look, and what stands before one in the address of its record.
_REGISTERS = (
    (EUDRACT, "https://www.clinicaltrialsregister.eu/ctr-search/search?query="),
    (ISRCTN, "https://www.isrctn.com/"),
)
_FACTS = """
SELECT DISTINCT ?property ?value {
  VALUES ?property {
    dualbio:treatsDisease dualbio:studiesPair dualbio:testsDrug dualbio:design dualbio:interventionModel dualbio:masking
    dualbio:phase dualbio:status dualbio:enrolled dualbio:eligibility dualbio:startDate dualbio:endDate
    dualbio:statedStrategy dualbio:studyAim dualbio:registryId rdfs:seeAlso skos:note dcterms:description
  }
  { %s ?property ?value } UNION { %s dualbio:hasAim ?aim . ?aim dualbio:studyAim ?value ; ?property ?value }
} ORDER BY ?property ?value
"""
_ARMS = """
SELECT DISTINCT ?arm ?name ?role ?randomised ?enrolled ?schedule ?order ?first ?interval ?intervalLast
  ?background ?note ?position {
  ?arm dualbio:armOf %s ; dualbio:shortLabel ?name ; dualbio:armRole ?role ; dualbio:position ?position .
  OPTIONAL { ?arm dualbio:nRandomised ?randomised } OPTIONAL { ?arm dualbio:nEnrolled ?enrolled }
  OPTIONAL { ?arm dualbio:scheduleText ?schedule } OPTIONAL { ?arm dualbio:startRelation ?order }
  OPTIONAL { ?arm dualbio:firstBiologic ?first } OPTIONAL { ?arm dualbio:intervalFromFirstDose ?interval }
  OPTIONAL { ?arm dualbio:intervalFromLastDose ?intervalLast }
  OPTIONAL { ?arm dualbio:backgroundTherapy ?background }
  OPTIONAL { ?arm dualbio:overlapNote ?note }
} ORDER BY ?position ?arm
"""
_SOURCES = """
SELECT DISTINCT ?source ?name ?type ?independence ?address ?note {
  ?source dualbio:sourceOf %s ; dualbio:shortLabel ?name ; dualbio:sourceType ?type ; dualbio:position ?position .
  OPTIONAL { ?source dualbio:independence ?independence } OPTIONAL { ?source skos:note ?note }
  OPTIONAL { ?source rdfs:seeAlso|dualbio:url ?address }
} ORDER BY ?position ?source ?address
"""
_STATES = """
SELECT DISTINCT ?outcome ?state {
  ?coverage dualbio:ofStudy %s ; dualbio:coreOutcome ?outcome ; dualbio:reportingState ?state
} ORDER BY ?outcome
"""
#: Copies of the registry's record that were read, each with its date.
_COPIES = """
SELECT DISTINCT ?day {
  ?source dualbio:sourceOf %s ; dualbio:sourceType value:source-type.registry-record .
  { ?source dualbio:recordVersion ?day } UNION
  { ?source dualbio:postedOn ?day FILTER NOT EXISTS { ?source dualbio:recordVersion ?version } }
} ORDER BY DESC(?day)
"""
_GAPS = """
SELECT DISTINCT ?gap ?statement ?state ?looked {
  ?gap a dualbio:EvidenceGap ; dualbio:aboutStudy %s ; dualbio:statement ?statement ; dualbio:reportingState ?state .
  OPTIONAL { ?gap dualbio:lookedIn ?looked } FILTER (LANG(?statement) IN ("en", ""))
} ORDER BY ?gap
"""
_OVERLAPS = """
SELECT DISTINCT ?overlap ?kind ?other ?note {
  ?overlap dualbio:overlapOf|dualbio:overlapsStudy %s ; dualbio:overlapKind ?kind ;
    dualbio:overlapOf|dualbio:overlapsStudy ?other .
  FILTER (?other != %s) OPTIONAL { ?overlap skos:note ?note }
} ORDER BY ?other ?overlap
"""
_BIAS = """
SELECT DISTINCT ?judged ?tool ?domain ?judgement ?stars ?about ?by ?source ?locator ?level ?note ?position {
  ?judged dualbio:biasAssessmentOf %s ; dualbio:biasTool ?tool ; dualbio:biasDomain ?domain ; dualbio:assessedBy ?by ;
    dualbio:source ?source ; dualbio:locator ?locator ; dualbio:checkLevel ?level ; dualbio:position ?position .
  OPTIONAL { ?judged dualbio:biasJudgement ?judgement } OPTIONAL { ?judged dualbio:stars ?stars }
  OPTIONAL { ?judged dualbio:assessesRow|dualbio:concerns ?about } OPTIONAL { ?judged skos:note ?note }
} ORDER BY ?position ?judged
"""
#: Facts in the order in which a reader asks for them, with what each is called.
_ORDER = (
    ("Disease", ("treatsDisease",)),
    ("Pair of mechanisms", ("studiesPair",)),
    ("Drugs tested", ("testsDrug",)),
    ("Design", ("design", "interventionModel", "masking", "phase")),
    ("People", ("enrolled", "eligibility")),
    ("Set out to show", ("studyAim",)),
    ("Way of combining, in the words of its authors", ("statedStrategy",)),
    ("Dates", ("startDate", "endDate")),
    ("Status", ("status",)),
    ("Remarks", ("note",)),
)
_DATES = ("startDate", "endDate")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class ReadSource:
    """A source as a citation, and what was read in it."""

    name: Link
    addresses: tuple[Link, ...]
    about: str
    read: str
    places: str


def study_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a study shows beside what all pages of things do."""
    study, key = str(node), node.value.rpartition("/")[2]
    arms = ask(_ARMS % study)
    results = read_results(study)
    verdicts = verdicts_of(f"?contrast dualbio:ofStudy {study} .")
    primary = [each for each in verdicts if not each.place]
    columns = [
        ArmColumn(row["arm"], arm_name(row["name"]), link(row["arm"], "-")[1], _people(row))
        for row in _once(arms, "arm")
    ]
    gains, harms = result_tables(results, columns)
    facts = ask(_FACTS % (study, study))
    lessons, contrary, split = lessons_of_a_study(study)
    told = {
        "verdicts": primary or _clinical_first(verdicts)[:1],
        "raised": told_apart(harms_of(study=compress(node.value))) if harms.rows else [],
        "other_verdicts": [each for each in verdicts if each.place],
        "no_verdict": None if verdicts else no_verdict(len(columns)),
        "facts": _facts(facts, ask(_COPIES % study)),
        "registries": _registries(facts),
        "arms": _arms(arms),
        "gains": gains,
        "harms": harms,
        "lessons": lessons,
        "contrary": contrary,
        "split": split,
        "sources": _sources(ask(_SOURCES % study), results),
        "states": _states(ask(_STATES % study)),
        "gaps": [(link(row["gap"], row["statement"]), row.get("looked")) for row in ask(_GAPS % study)],
        "overlaps": [
            (link(row["other"]), named(row["kind"]), row.get("note")) for row in ask(_OVERLAPS % (study, study))
        ],
        "second": second_readings(f"?look dualbio:verificationOf {study} ."),
        "bias": [_bias(row) for row in ask(_BIAS % study)],
        "key": key,
    }
    compare = f"{local_path(f'{BASE}compare')}?study={key}" if has_route("/compare") else None
    timeline = picture("studies/arms-of-a-study", study=key) if arms else None
    return {
        "study": told,
        "timeline": timeline,
        "compare": compare,
        "files": files_of(picture("studies/results-of-a-study", study=key), timeline),
        "copied": "#outcome-table" if gains.rows else "#harm-table",
    }


def _clinical_first(verdicts: list[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda each: (each.place, each.kind != "efficacy"))


def _once(rows: list[Row], name: str) -> list[Row]:
    return list({row[name]: row for row in reversed(rows)}.values())[::-1]


def _people(row: Row) -> str | None:
    return row.get("randomised") or row.get("enrolled")


def _facts(rows: list[Row], copies: list[Row]) -> list[tuple[str, list[Link | str]]]:
    """Return the facts in the order of a reader; values of one line follow one another.

    Beside the status stands the day of the newest of the `copies` of the registry's record, where one has a day.
    """
    values: dict[str, list[str]] = {}
    for row in rows:
        values.setdefault(re.split("[/#]", row["property"])[-1], []).append(row["value"])
    told = []
    for title, names in _ORDER:
        cells: list[Link | str] = [_value(name, value) for name in names for value in values.get(name, [])]
        if names == _DATES and len(cells) == len(names):
            cells = [say("{start} to {end}", start=cells[0], end=cells[1])]
        days = [row["day"] for row in copies if _DAY.fullmatch(row["day"])]
        if title == "Status" and cells and days:
            cells.append(say("as the registry said on {day}", day=days[0]))
        if cells:
            told.append((say(title), cells))
    return told


def _value(name: str, value: str) -> Link | str:
    if name == "enrolled":
        return say("{n} enrolled", n=value)
    return link(value) if value.startswith("https://w3id.org/") else value


def _registries(rows: list[Row]) -> list[tuple[str, str | None]]:
    """Return registry numbers, each with the address of its record: that of the release, or of its register."""
    addresses = [row["value"] for row in rows if row["property"].endswith("seeAlso")]
    numbers = [row["value"] for row in rows if row["property"].endswith("registryId")]
    return [(number, next(_records(number, addresses), None)) for number in numbers]


def _records(number: str, addresses: list[str]) -> Iterator[str]:
    """Yield the addresses of the record of a registry number: those among the known ones, then that of its register."""
    yield from (each for each in addresses if number in each)
    yield from (f"{address}{number}" for form, address in _REGISTERS if re.fullmatch(form, number))


def _arms(rows: list[Row]) -> list[dict[str, Any]]:
    return [
        {
            "name": link(row["arm"], arm_name(row["name"])),
            "role": named(row["role"]),
            "people": _people(row) or "",
            "schedule": row.get("schedule", ""),
            "order": order_words(row),
            "background": row.get("background", ""),
            "note": row.get("note", ""),
        }
        for row in _once(rows, "arm")
    ]


def _sources(rows: list[Row], results: Results) -> list[ReadSource]:
    """Return the sources in their order, with how many numbers were read in each, how closely, and in which places."""
    read = [*results.results, *results.comparisons]
    told = []
    for row in _once(rows, "source"):
        own = [each for each in read if each["source"] == row["source"]]
        levels = Counter(named(each["level"]) for each in own)
        places = dict.fromkeys(each["locator"] for each in own)
        addresses = dict.fromkeys(
            each["address"] for each in rows if each["source"] == row["source"] and "address" in each
        )
        told.append(
            ReadSource(
                link(row["source"], row["name"]),
                tuple((each.removeprefix("https://").removeprefix("http://"), each) for each in addresses),
                read_line([named(row["type"]), named(row["independence"]) if "independence" in row else ""]),
                ", ".join(f"{n} {level}" for level, n in levels.most_common()),
                "; ".join(places),
            )
        )
    return told


def _bias(row: Row) -> dict[str, Any]:
    """Return a judgement of a risk of bias as a line: what was judged how, by whom, and where that is printed."""
    return {
        "tool": named(row["tool"]),
        "domain": link(row["judged"], named(row["domain"])),
        "about": link(row["about"]) if "about" in row else None,
        "judgement": named(row["judgement"]) if "judgement" in row else say("{n} stars", n=row["stars"]),
        "by": say("authors of the source") if row["by"] == AUTHORS else row["by"],
        "source": link(row["source"]),
        "place": row["locator"],
        "level": named(row["level"]),
        "note": row.get("note"),
    }


def _states(rows: list[Row]) -> list[tuple[str, str, list[Link]]]:
    """Return the core outcomes by their state."""
    states: dict[str, list[Link]] = {}
    for row in rows:
        states.setdefault(row["state"], []).append(link(row["outcome"]))
    rank = {name: place for place, name in enumerate(STATES)}
    order = sorted(states, key=lambda state: rank.get(short_key(state), len(rank)))
    return [(named(state), short_key(state), states[state]) for state in order]
