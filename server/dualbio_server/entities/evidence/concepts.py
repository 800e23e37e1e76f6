"""Pages of diseases, drugs, mechanisms and their targets: what was tried, with which results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, compress, key_of
from dualbio_server.entities.evidence.asking import Link, Row, ask, files_of, link, named, picture
from dualbio_server.entities.evidence.edges import edges_where
from dualbio_server.entities.evidence.lessons import LessonRow, lessons_where
from dualbio_server.entities.evidence.lists import studies_where
from dualbio_server.entities.evidence.verdicts import Verdict, read_line, verdicts_of
from dualbio_server.http.language import page_language, say
from dualbio_server.http.links import local_path

__all__ = ["concept_page", "disease_page", "drug_page"]

_NAMES = "SELECT DISTINCT ?name { %s skos:altLabel|dualbio:abbreviation ?name } ORDER BY LCASE(?name) ?name"
_PAIRS = """
SELECT ?pair (COUNT(DISTINCT ?study) AS ?n) (COUNT(DISTINCT ?counted) AS ?harms) {
  ?arm dualbio:testsMechanismPair ?pair ; dualbio:withinDisease %s ; dualbio:armOf ?study .
  OPTIONAL { ?row dualbio:arm ?arm ; dualbio:withinEvent ae:serious-infection ; dualbio:resultOf ?counted }
} GROUP BY ?pair ORDER BY DESC(?n) ?pair
"""
_ELSEWHERE = """
SELECT ?pair (COUNT(DISTINCT ?study) AS ?n) {
  ?arm dualbio:testsMechanismPair ?pair ; dualbio:armOf ?study .
  MINUS { SELECT DISTINCT ?pair { ?own dualbio:testsMechanismPair ?pair ; dualbio:withinDisease %s } }
} GROUP BY ?pair ORDER BY DESC(?n) ?pair
"""
_PARTNERS = """
SELECT DISTINCT ?other ?pair ?disease ?study ?kept {
  ?arm dualbio:testsMechanismPair ?pair ; dualbio:armOf ?study ; dualbio:inDisease ?disease ;
    dualbio:hasRegimen/dualbio:hasStep/dualbio:usesDrug %s , ?other .
  ?other dualbio:isBiologic true .
  FILTER (?other != %s)
}
"""
_FACTS = """
SELECT DISTINCT ?property ?value {
  VALUES ?property { %s }
  %s ?property ?value
} ORDER BY ?property ?value
"""
_EFFECTS = """
SELECT DISTINCT ?effect ?name ?min ?max ?unit ?meaning ?source ?url ?level {
  ?effect dualbio:effectOf %s ; schema:name ?name ; dualbio:effectUnit ?unit ; dualbio:checkLevel ?level .
  OPTIONAL { ?effect dualbio:effectMin ?min } OPTIONAL { ?effect dualbio:effectMax ?max }
  OPTIONAL { ?effect dualbio:effectMeaning ?meaning } OPTIONAL { ?effect dualbio:effectSource ?source }
  OPTIONAL { ?effect dualbio:url ?url }
} ORDER BY ?name ?effect
"""
_THINGS = """
SELECT ?thing (COUNT(DISTINCT ?study) AS ?n) { %s OPTIONAL { %s } } GROUP BY ?thing ORDER BY DESC(?n) ?thing
"""
_FINDINGS = """
SELECT DISTINCT ?finding ?statement ?direction ?role ?studies ?diseases ?level {
  ?finding a dualbio:BiomarkerFinding ; dualbio:biomarker %s ; dualbio:statement ?statement ;
    dualbio:checkLevel ?level .
  OPTIONAL { ?finding dualbio:findingDirection ?direction } OPTIONAL { ?finding dualbio:findingRole ?role }
  OPTIONAL { ?finding dualbio:studyNames ?studies } OPTIONAL { ?finding dualbio:diseaseNames ?diseases }
  FILTER (LANG(?statement) IN ("en", ""))
} ORDER BY ?finding
"""
_DRUG_FACTS = {
    "Mechanism": ("hasMechanism",),
    "Targets": ("hasTarget",),
    "Kind": ("drugKind",),
    "Cells": ("affectsCell",),
}
_CONCEPT_FACTS = {
    "Kind": ("biomarkerType", "effectMode"),
    "Measures": ("measures",),
    "Targets": ("actsOn", "hasTarget"),
    "Cells": ("affectsCell", "expressedOn"),
    "Below": ("directlyNarrowerThan",),
}


def disease_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a disease shows: tests, pairs tried here and elsewhere, studies, lessons."""
    disease, key = str(node), key_of(node.value)
    verdicts = verdicts_of(f"?contrast dualbio:testsArm ?arm . ?arm dualbio:withinDisease {disease} .")
    pairs = [
        {
            "pair": (named(row["pair"]), f"{local_path(row['pair'])}?disease={key}"),
            "studies": row["n"],
            "harms": row["harms"] if row["harms"] != "0" else "",
        }
        for row in ask(_PAIRS % disease)
    ]
    table = studies_where(f"?thing dualbio:treatsDisease/dualbio:narrowerThan? {disease} .", without="disease")
    told = {
        "called": _other_names(disease),
        "sentence": _sentence(int(table["whole"]), len(pairs), verdicts),
        "primary": [each for each in verdicts if not each.place],
        "others": [each for each in verdicts if each.place],
        "pairs": pairs,
        "elsewhere": [(*link(row["pair"]), row["n"]) for row in ask(_ELSEWHERE % disease)],
        "lessons": _sides(lessons_where(f"?lesson dualbio:aboutDisease {disease} .")),
        "below": _study_counts(
            f"?thing dualbio:directlyNarrowerThan {disease} .", "?study dualbio:treatsDisease ?thing"
        ),
        "above": _study_counts(
            f"{disease} dualbio:directlyNarrowerThan ?thing .", "?study dualbio:treatsDisease ?thing"
        ),
    }
    return {"concept": told, "table": table, "files": _combinations(disease=key), "copied": "#list"}


def drug_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a drug shows: what it does, with what it was combined, tests, studies, lessons."""
    drug = str(node)
    verdicts = verdicts_of(
        f"?contrast dualbio:testsArm ?arm . ?arm dualbio:hasRegimen/dualbio:hasStep/dualbio:usesDrug {drug} ."
    )
    partners = _partners(ask(_PARTNERS % (drug, drug)))
    table = studies_where(f"?thing dualbio:testsDrug {drug} .")
    told = {
        "called": _other_names(drug),
        "sentence": say("{n} studies; combined with {m} other biologics", n=table["whole"], m=len(partners)),
        "primary": [each for each in verdicts if not each.place],
        "others": [each for each in verdicts if each.place],
        "facts": _facts(drug, _DRUG_FACTS),
        "effects": [_effect(row) for row in ask(_EFFECTS % drug)],
        "partners": partners,
        "edges": edges_where(f"VALUES ?subject {{ {drug} }}"),
        "lessons": _sides(lessons_where(f"?lesson dualbio:aboutDrug {drug} .")),
    }
    return {"concept": told, "table": table, "files": _combinations(drug=key_of(node.value)), "copied": "#list"}


def concept_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a mechanism, target, cell, process or biomarker shows: drugs, pairs, edges, findings."""
    thing = str(node)
    tests = "?arm dualbio:testsMechanismPair ?thing ; dualbio:armOf ?study"
    told: dict[str, Any] = {
        "called": _other_names(thing),
        "facts": _facts(thing, _CONCEPT_FACTS),
        "drugs": _study_counts(
            f"?thing a dualbio:Drug ; dualbio:hasMechanism|dualbio:hasTarget {thing} .",
            "?study dualbio:testsDrug ?thing",
        ),
        "pairs": _study_counts(f"?thing dualbio:combinesMechanism {thing} .", tests),
        "outcomes": _study_counts(
            f"?thing dualbio:measures {thing} .", "?row dualbio:outcome ?thing ; dualbio:ofStudy ?study"
        ),
        "does": edges_where(f"VALUES ?subject {{ {thing} }}"),
        "undergoes": edges_where(f"VALUES ?object {{ {thing} }}"),
        "findings": [_finding(row) for row in ask(_FINDINGS % thing)],
        "lessons": _sides(
            lessons_where(f"{{ ?lesson dualbio:aboutMechanism {thing} }} UNION {{ ?lesson dualbio:concerns {thing} }}")
        ),
    }
    edges = told["does"] or told["undergoes"]
    network = told["network"] = picture("mechanism/mechanism-edges", node=compress(node.value)) if edges else None
    return {"concept": told, "files": files_of(network, network) if network else [], "copied": "#edge-table"}


def _combinations(**asked: str) -> list[Link]:
    """Return the arms that combine biologics, of a disease or with a drug, as a file."""
    return files_of(picture("studies/combination-studies-by-disease", **asked), None)


def _other_names(thing: str) -> list[str]:
    """Return the other names of a thing, in the languages that have them."""
    return list(dict.fromkeys(row["name"] for row in ask(_NAMES % thing)))


def _sentence(studies: int, pairs: int, verdicts: list[Verdict]) -> str:
    """Return in one sentence what was tried, and in how many studies the primary outcome came to what."""
    told = [say("{n} studies, {m} pairs of mechanisms tried", n=studies, m=pairs)]
    primary = {(each.study[1], each.state, each.kind) for each in verdicts if not each.place}
    words = {"efficacy": "how patients fare", "biomarker": "laboratory value"}
    for (state, kind), n in sorted(Counter((state, kind) for _, state, kind in primary).items()):
        if state in ("met", "missed") and kind in words:
            told.append(say(f"{{n}} {state} ({words[kind]})", n=n))
    if len(told) == 1:
        told.append(say("no primary outcome was tested against one of the two drugs"))
    return "; ".join(told)


def _facts(thing: str, wanted: Mapping[str, tuple[str, ...]]) -> list[tuple[str, list[Link]]]:
    names = " ".join(f"dualbio:{name}" for each in wanted.values() for name in each)
    found: dict[str, list[str]] = {}
    for row in ask(_FACTS % (names, thing)):
        found.setdefault(row["property"].rpartition("#")[2], []).append(row["value"])
    told = []
    for title, own in wanted.items():
        values = [link(value) for name in own for value in found.get(name, []) if value.startswith(BASE)]
        if values:
            told.append((say(title), values))
    return told


def _study_counts(pattern: str, studies: str) -> list[tuple[str, str, str]]:
    """Return the things that a pattern on `?thing` picks out: words, address, and the number of their studies."""
    return [(*link(row["thing"]), row["n"]) for row in ask(_THINGS % (pattern, studies)) if "thing" in row]


def _partners(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the biologics that share an arm with a drug, those with most studies first."""
    told = []
    for other in dict.fromkeys(row["other"] for row in rows):
        own = [row for row in rows if row["other"] == other]
        diseases = Counter(disease for disease, _ in {(row["disease"], row["study"]) for row in own})
        told.append(
            {
                "drug": link(other),
                "studies": len({row["study"] for row in own}),
                "diseases": [
                    (*link(disease), n) for disease, n in sorted(diseases.items(), key=lambda each: (-each[1], each[0]))
                ],
                "pairs": sorted({link(row["pair"]) for row in own}),
            }
        )
    return sorted(told, key=lambda row: (-int(row["studies"]), row["drug"]))


def _effect(row: Row) -> dict[str, Any]:
    length = "\u2013".join(dict.fromkeys(row[name] for name in ("min", "max") if name in row))
    many = "s" if length != "1" and page_language() == "en" else ""
    return {
        "name": link(row["effect"], named(row["effect"])),
        "length": f"{length} {named(row['unit'])}{many}" if length else "",
        "meaning": row.get("meaning", ""),
        "read": (row.get("source", ""), row.get("url", "")),
        "level": named(row["level"]),
    }


def _finding(row: Row) -> dict[str, Any]:
    return {
        "statement": link(row["finding"], row["statement"]),
        "about": read_line(
            [
                *(named(row[name]) for name in ("role", "level") if name in row),
                row.get("diseases", ""),
                row.get("studies", ""),
            ]
        ),
        "direction": row.get("direction", "").replace("-", " "),
    }


def _sides(lessons: list[LessonRow]) -> dict[str, list[LessonRow]]:
    """Return lessons by the side on which they speak."""
    return {
        "supporting": [each for each in lessons if each.direction == "supports"],
        "opposing": [each for each in lessons if each.direction == "against"],
        "neutral": [each for each in lessons if each.direction not in ("supports", "against")],
    }
