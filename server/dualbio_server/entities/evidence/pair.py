"""The page of a pair of mechanisms, in all diseases or in one: verdicts, harms, studies, lessons, and what is open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from flask import request

from dualbio.errors import nearest
from dualbio.model.namespaces import BASE, compress, key_of
from dualbio.synthesis.coverage import STATES
from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.evidence.across import across_studies
from dualbio_server.entities.evidence.asking import Link, Row, ask, files_of, link, named, picture, short_key
from dualbio_server.entities.evidence.edges import edges_where
from dualbio_server.entities.evidence.harms import HARM_QUERY, harms_of
from dualbio_server.entities.evidence.lessons import lessons_where
from dualbio_server.entities.evidence.sequence import order_words
from dualbio_server.entities.evidence.verdicts import Verdict, read_line, verdicts_of
from dualbio_server.http.language import say
from dualbio_server.http.links import has_route, local_path
from dualbio_server.http.problems import ProblemError

__all__ = ["pair_page"]

_DISEASES = """
SELECT ?disease (COUNT(DISTINCT ?study) AS ?n) {
  { SELECT DISTINCT ?disease { ?any dualbio:testsMechanismPair %s ; dualbio:inDisease ?disease } }
  ?arm dualbio:testsMechanismPair %s ; dualbio:withinDisease ?disease ; dualbio:armOf ?study
} GROUP BY ?disease ORDER BY DESC(?n) ?disease
"""
_ARMS = """
SELECT DISTINCT ?study ?studyName ?design ?status ?enrolled ?arm ?name ?order ?first ?interval ?intervalLast ?disease {
  %s
  ?arm dualbio:armOf ?study ; dualbio:shortLabel ?name ; dualbio:inDisease ?disease .
  ?study rdfs:label ?studyName ; dualbio:design ?design ; dualbio:status ?status .
  OPTIONAL { ?study dualbio:enrolled ?enrolled }
  OPTIONAL { ?arm dualbio:startRelation ?order } OPTIONAL { ?arm dualbio:firstBiologic ?first }
  OPTIONAL { ?arm dualbio:intervalFromFirstDose ?interval } OPTIONAL { ?arm dualbio:intervalFromLastDose ?intervalLast }
} ORDER BY ?studyName ?arm ?disease
"""
#: The pair, its mechanisms and their drugs.
_ACTORS = """
  { VALUES ?subject { %s } } UNION { %s dualbio:combinesMechanism ?subject }
  UNION { %s dualbio:combinesMechanism ?mechanism . ?subject dualbio:hasMechanism ?mechanism ; a dualbio:Drug }
"""
_STATES = """
SELECT ?outcome ?state (COUNT(DISTINCT ?study) AS ?n) {
  %s
  ?arm dualbio:armOf ?study .
  ?coverage dualbio:ofStudy ?study ; dualbio:coreOutcome ?outcome ; dualbio:reportingState ?state
} GROUP BY ?outcome ?state ORDER BY ?outcome
"""
#: An arm whose study can be set beside others: a comparison takes unions of arms for none.
_COMPARABLE = """
SELECT ?arm { %s ?arm a dualbio:CombinationArm FILTER NOT EXISTS { ?arm dualbio:unionOf ?part } } LIMIT 1
"""
_ALL_DISEASES = "SELECT DISTINCT ?disease { ?disease a dualbio:Disease ; dualbio:key ?key } ORDER BY ?disease"

#: What a test that could tell comes to.
_JUDGED = ("met", "missed")


@dataclass(frozen=True)
class PairStudy:
    """A study of the pair: what it was, how its drugs followed one another, and what it came to."""

    study: Link
    diseases: str
    design: str
    people: str
    given: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    harm: str
    status: str


def pair_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a pair shows beside what all pages of things do; `disease=` narrows it to one.

    Raises:
        ProblemError: the disease is none.
    """
    pair = str(node)
    diseases = [(link(row["disease"]), row["n"], key_of(row["disease"])) for row in ask(_DISEASES % (pair, pair))]
    disease = _asked_disease()
    scope = f"?arm dualbio:testsMechanismPair {pair} ." + (
        f" ?arm dualbio:withinDisease {disease} ." if disease else ""
    )
    verdicts = verdicts_of(f"?contrast dualbio:testsArm ?arm . {scope}")
    harms = harms_of(pair=compress(node.value), disease=compress(disease.value) if disease else "")
    arms = ask(_ARMS % scope)
    studies = _studies(arms, verdicts, harms)
    own = {row["study"] for row in arms if disease and row["disease"] == disease.value}
    lessons = lessons_where(_lesson_scope(pair, disease))
    here = local_path(node.value)
    key = key_of(disease.value) if disease else ""
    told: dict[str, Any] = {
        "diseases": [(name, n, f"{here}?disease={each}", each == key) for name, n, each in diseases],
        "whole": here if disease else None,
        "disease": link(disease.value) if disease else None,
        "sentence": _sentence(studies, verdicts, below=len(studies) - len(own) if disease else 0),
        "primary": [each for each in verdicts if not each.place],
        "others": [each for each in verdicts if each.place],
        "harms": harms,
        "harm_question": _question(HARM_QUERY, node, disease),
        "across": across_studies(scope),
        "studies": studies,
        "designs": Counter(row.design for row in studies).most_common(),
        "supporting": [each for each in lessons if each.direction == "supports"],
        "opposing": [each for each in lessons if each.direction == "against"],
        "neutral": [each for each in lessons if each.direction not in ("supports", "against")],
        "edges": edges_where(_ACTORS % (pair, pair, pair)),
        "states": _states(ask(_STATES % scope)),
        "untried": _untried({name[1] for name, _, _ in diseases}),
    }
    compare = f"{local_path(f'{BASE}compare')}?pair={key_of(node.value)}" + (f"&disease={key}" if key else "")
    offered = bool(ask(_COMPARABLE % scope)) and has_route("/compare")
    asked = {"pair": key_of(node.value), "disease": key}
    told["forest"] = (
        picture("studies/superiority-side-by-side", **asked) if any(each.estimated for each in verdicts) else None
    )
    told["dots"] = picture(HARM_QUERY, **asked) if harms else None
    told["network"] = picture("mechanism/mechanism-edges", node=compress(node.value))
    drawn = told["forest"] or told["dots"] or told["network"]
    files = files_of(picture("studies/combination-studies-by-disease", **asked), drawn)
    return {"pair": told, "compare": compare if offered else None, "files": files, "copied": "#study-table"}


def _asked_disease() -> ox.NamedNode | None:
    key = request.args.get("disease", "").strip()
    if not key:
        return None
    known = [key_of(row["disease"]) for row in ask(_ALL_DISEASES)]
    if key in known:
        return ox.NamedNode(f"{BASE}disease/{key}")
    near = nearest(key, known)
    hint = f"; did you mean '{near}'?" if near else f"; accepted: {', '.join(known)}"
    places = (f"{BASE}disease/{near}",) if near else ()
    raise ProblemError(400, "bad-parameter", f"found no disease '{key[:60]}'{hint}").leading_to(*places)


def _lesson_scope(pair: str, disease: ox.NamedNode | None) -> str:
    scope = f"?lesson dualbio:mechanismPair {pair} ."
    return scope + (f" ?lesson dualbio:aboutDisease/dualbio:narrowerThan? {disease} ." if disease else "")


def _question(query: str, node: ox.NamedNode, disease: ox.NamedNode | None) -> str:
    asked = f"?pair={key_of(node.value)}" + (f"&disease={key_of(disease.value)}" if disease else "")
    return local_path(f"{BASE}queries/{query}") + asked


def _studies(rows: list[Row], verdicts: list[Verdict], harms: list[Row]) -> list[PairStudy]:
    """Return a row for each study, those with tests first, then the larger ones."""
    told = []
    for iri in dict.fromkeys(row["study"] for row in rows):
        own = [row for row in rows if row["study"] == iri]
        study, first = link(iri, own[0]["studyName"]), own[0]
        tests = tuple(each for each in verdicts if each.study[1] == study[1])
        found = dict.fromkeys(row["found"] for row in harms if row["studyHref"] == study[1])
        arms = {row["arm"]: row for row in own}
        told.append(
            PairStudy(
                study=study,
                diseases=", ".join(dict.fromkeys(named(row["disease"]) for row in own)),
                design=named(first["design"]),
                people=first.get("enrolled", ""),
                given=tuple(read_line([arm_name(row["name"]), order_words(row)]) for row in arms.values()),
                verdicts=tuple(each for each in tests if not each.place) or tests[:1],
                harm=", ".join(say(each) for each in found),
                status=named(first["status"]),
            )
        )
    return sorted(told, key=lambda row: (not row.verdicts, not row.harm, -int(row.people or 0), row.study[0].lower()))


def _sentence(studies: list[PairStudy], verdicts: list[Verdict], *, below: int) -> str:
    """Return in one sentence how many studies there are, and in how many the primary outcome came to what.

    `below` of them are not in the disease that is asked for, but in one below it.
    """
    tested = {(each.study[1], each.state, each.kind) for each in verdicts if not each.place and each.state in _JUDGED}
    primary = Counter((state, kind) for _, state, kind in tested)
    words = {"efficacy": "how patients fare", "biomarker": "laboratory value"}
    parts = [say("{n} study" if len(studies) == 1 else "{n} studies", n=len(studies))]
    if below:
        parts[0] += say(", {n} of them in a disease below it", n=below)
    for state in _JUDGED:
        parts += [
            say(f"{{n}} {state} ({words[kind]})", n=n)
            for (own, kind), n in sorted(primary.items())
            if own == state and kind in words
        ]
    if not primary:
        parts.append(say("no primary outcome was tested against one of the two drugs"))
    judged = {study for study, _, _ in tested}
    if untold := len({each.study[1] for each in verdicts} - judged):
        parts.append(say("{n} tested, not designed to tell", n=untold))
    return "; ".join(parts)


def _states(rows: list[Row]) -> tuple[list[str], list[tuple[Link, list[str]]]]:
    """Return the states that occur, and for each core outcome the number of studies in each."""
    states = sorted(
        {row["state"] for row in rows}, key=lambda state: (*STATES, short_key(state)).index(short_key(state))
    )
    counts = {(row["outcome"], row["state"]): row["n"] for row in rows}
    outcomes = dict.fromkeys(row["outcome"] for row in rows)
    return [named(state) for state in states], [
        (link(outcome), [counts.get((outcome, state), "") for state in states]) for outcome in outcomes
    ]


def _untried(tried: set[str]) -> list[Link]:
    """Return the diseases of the release in which no study has an arm with the pair."""
    every = (link(row["disease"]) for row in ask(_ALL_DISEASES))
    return [each for each in every if each[1] not in tried]
