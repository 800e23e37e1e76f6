"""What a release holds on the outcome of a question: rows, the arms they are of, and who shares people with whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from dualbio.model.evidence import CHECK_LEVELS
from dualbio.store import Store

__all__ = [
    "PART_OF_UNION",
    "ArmFact",
    "Facts",
    "RowFact",
    "StepFact",
    "StudyFact",
    "WithdrawnFact",
    "arms_share",
    "read_facts",
]

T = TypeVar("T")
#: How an arm is in another as one of the parts that it is made of; such parts have no one in common.
PART_OF_UNION = "union"
_LEVELS: tuple[str, ...] = CHECK_LEVELS
#: Overlaps of two studies in which a person may be counted twice; the others share a text.
_PEOPLE = frozenset({"pools", "pooled-in", "successive-cut", "extends", "extended-by", "possible-overlap"})
_ROWS = """
SELECT ?row ?key ?study ?arm ?reportedAs ?definition ?seriousness ?subgroup ?week ?timepoint ?period ?population
  ?unitOfAnalysis ?statistic ?events ?derivedCount ?total ?personYears ?value ?bound ?unit ?spreadType ?spreadValue
  ?low ?high ?level ?state ?standing ?checkLevel ?armLevel ?number ?source
WHERE {
  ?row a dualbio:Result ; $about ; dualbio:key ?key ; dualbio:arm ?arm ; dualbio:resultOf ?study ;
    dualbio:reportedAs ?reportedAs ; dualbio:analysisPopulation/dualbio:key ?population ;
    dualbio:unitOfAnalysis/dualbio:key ?unitOfAnalysis ; dualbio:statistic/dualbio:key ?statistic ;
    dualbio:checkLevel/dualbio:key ?checkLevel .
  OPTIONAL { ?row dualbio:source/dualbio:shortLabel ?source }
  OPTIONAL { ?row dualbio:numberText ?number }
  OPTIONAL { ?row dualbio:eventDefinition ?definition }
  OPTIONAL { ?row dualbio:seriousness/dualbio:key ?seriousness }
  OPTIONAL { ?row dualbio:subgroupText ?subgroup }
  OPTIONAL { ?row dualbio:week ?week }
  OPTIONAL { ?row dualbio:timepoint/dualbio:key ?timepoint }
  OPTIONAL { ?row dualbio:period ?period }
  OPTIONAL { ?row dualbio:events ?events }
  OPTIONAL { ?row dualbio:derivedCount ?derivedCount }
  OPTIONAL { ?row dualbio:total ?total }
  OPTIONAL { ?row dualbio:personYears ?personYears }
  OPTIONAL { ?row dualbio:value ?value }
  OPTIONAL { ?row dualbio:valueBound ?bound }
  OPTIONAL { ?row dualbio:unit ?unit }
  OPTIONAL { ?row dualbio:spreadType/dualbio:key ?spreadType ; dualbio:spreadValue ?spreadValue }
  OPTIONAL { ?row dualbio:intervalLow ?low ; dualbio:intervalHigh ?high ; dualbio:intervalLevel ?level }
  OPTIONAL { ?row dualbio:rowState/dualbio:key ?state }
  OPTIONAL { ?row dualbio:armAssignmentCheckLevel/dualbio:key ?armLevel }
  OPTIONAL { ?row a ?standing FILTER (?standing = dualbio:StandingRow) }
}
"""
_STUDIES = """
SELECT ?study ?key ?label ?design WHERE {
  ?study a dualbio:Study ; dualbio:key ?key ; rdfs:label ?label ; dualbio:design/dualbio:key ?design .
  VALUES ?study { $things }
}
"""
_ARMS = """
SELECT ?arm ?study ?key ?label ?role ?type ?stage ?observation ?randomised ?dual ?start ?pairs ?diseases ?strategy
  ?masking
WHERE {
  VALUES ?study { $things }
  ?arm dualbio:armOf ?study ; dualbio:key ?key ; dualbio:shortLabel ?label ; dualbio:armRole/dualbio:key ?role .
  OPTIONAL { ?arm dualbio:combinationType/dualbio:key ?type }
  OPTIONAL { ?arm dualbio:stage/dualbio:key ?stage }
  OPTIONAL { ?arm dualbio:observation/dualbio:key ?observation }
  OPTIONAL { ?arm dualbio:nRandomised ?randomised }
  OPTIONAL { ?arm dualbio:startRelation/rdfs:label ?start FILTER (LANG(?start) = "en") }
  OPTIONAL { ?arm dualbio:statedStrategy/rdfs:label ?strategy FILTER (LANG(?strategy) = "en") }
  OPTIONAL { ?arm dualbio:pairNames ?pairs }
  OPTIONAL { ?arm dualbio:masking/dualbio:key ?masking }
  OPTIONAL { ?arm dualbio:diseaseNames ?diseases }
  OPTIONAL { ?arm a ?dual FILTER (?dual = dualbio:DualBiologicArm) }
}
"""
_STEPS = """
SELECT ?arm ?step ?role ?agent ?option ?biologic ?running ?dose ?unit WHERE {
  VALUES ?study { $things }
  ?arm dualbio:armOf ?study ; dualbio:hasRegimen/dualbio:hasStep ?step . ?step dualbio:stepRole/dualbio:key ?role .
  OPTIONAL { ?step dualbio:usesAgent/dualbio:key ?agent }
  OPTIONAL { ?step dualbio:usesOneOf/dualbio:key ?option }
  OPTIONAL { ?step a ?biologic FILTER (?biologic = dualbio:BiologicStep) }
  OPTIONAL { ?step dualbio:runningAtStart ?running }
  OPTIONAL { ?step dualbio:dose ?dose ; dualbio:doseUnit ?unit }
}
"""
_MECHANISMS = """
SELECT DISTINCT ?arm ?mechanism WHERE {
  VALUES ?study { $things }
  ?arm dualbio:armOf ?study ; dualbio:testsMechanism/dualbio:key ?mechanism .
}
"""
_DISEASES = """
SELECT DISTINCT ?arm ?disease WHERE {
  VALUES ?study { $things }
  ?arm dualbio:armOf ?study ; dualbio:withinDisease/dualbio:key ?disease .
}
"""
#: As curated: what follows from a union reads as if its parts were any subsets.
_KIN = """
SELECT DISTINCT ?arm ?how ?other WHERE {
  VALUES ?study { $things }
  ?arm dualbio:armOf ?study .
  GRAPH ?graph {
    { ?arm dualbio:subsetOf ?other BIND ("part" AS ?how) }
    UNION { ?arm dualbio:derivedFrom ?other BIND ("later" AS ?how) }
    UNION { ?arm dualbio:pairedWith ?other BIND ("same" AS ?how) }
    UNION { ?other dualbio:pairedWith ?arm BIND ("same" AS ?how) }
    UNION { ?other dualbio:unionOf ?arm BIND ("union" AS ?how) }
  }
  FILTER (!STRENDS(STR(?graph), "inferred"))
}
"""
_OVERLAPS = """
SELECT DISTINCT ?study ?kind ?other WHERE {
  VALUES ?study { $things }
  ?study dualbio:hasOverlap ?overlap . ?overlap dualbio:overlapsStudy ?other ; dualbio:overlapKind/dualbio:key ?kind .
}
"""
_CONTRASTS = """
SELECT DISTINCT ?contrast ?row WHERE {
  VALUES ?row { $things }
  ?estimate a dualbio:WithinStudyEstimate ; dualbio:computedFrom ?row ; dualbio:measuresContrast ?contrast .
}
"""
#: Printed effects with what their measure is; the row of an arm under test is made of each, either way round.
_PRINTED = """
SELECT ?row ?key ?study ?arm ?other ?contrast ?reportedAs ?definition ?seriousness ?subgroup ?week ?timepoint ?period
  ?population ?value ?low ?high ?level ?state ?standing ?checkLevel ?number ?source
WHERE {
  ?row a dualbio:Comparison ; $about ; dualbio:effectMeasure value:effect-measure.$measure ; dualbio:key ?key ;
    dualbio:armA ?arm ; dualbio:armB ?other ; dualbio:estimate ?value ; dualbio:reportedAs ?reportedAs ;
    dualbio:checkLevel/dualbio:key ?checkLevel .
  ?arm dualbio:armOf ?study .
  OPTIONAL { ?contrast dualbio:measuredBy ?row }
  OPTIONAL { ?row dualbio:source/dualbio:shortLabel ?source }
  OPTIONAL { ?row dualbio:numberText ?number }
  OPTIONAL { ?row dualbio:eventDefinition ?definition }
  OPTIONAL { ?row dualbio:seriousness/dualbio:key ?seriousness }
  OPTIONAL { ?row dualbio:subgroupText ?subgroup }
  OPTIONAL { ?row dualbio:week ?week }
  OPTIONAL { ?row dualbio:timepoint/dualbio:key ?timepoint }
  OPTIONAL { ?row dualbio:period ?period }
  OPTIONAL { ?row dualbio:analysisPopulation/dualbio:key ?population }
  OPTIONAL { ?row dualbio:intervalLow ?low ; dualbio:intervalHigh ?high ; dualbio:intervalLevel ?level }
  OPTIONAL { ?row dualbio:rowState/dualbio:key ?state }
  OPTIONAL { ?row a ?standing FILTER (?standing = dualbio:StandingRow) }
}
"""
_WITHDRAWN = """
SELECT DISTINCT ?row ?study ?arm ?reason ?statement WHERE {
  ?row a dualbio:WithdrawnRow ; dualbio:concerns $about ; dualbio:withdrawnFromArm ?arm ;
    dualbio:withdrawnBecause ?reason ; dualbio:statement ?statement .
  ?arm dualbio:armOf ?study .
}
"""


@dataclass(frozen=True)
class StudyFact:
    """A study: what it is called, its design, and the studies that may hold some of its people."""

    iri: str
    key: str
    label: str
    design: str
    shares: frozenset[str] = frozenset()


@dataclass(frozen=True)
class StepFact:
    """An agent of a regimen: `agents` are the keys of the drugs (one of them was given) or of the class."""

    role: str
    agents: tuple[str, ...]
    biologic: bool = False
    running: bool = False
    dose: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class ArmFact:
    """A group of people, what it gets, and `kin`: the arms that hold, or held, people of it, each with how."""

    iri: str
    study: str
    key: str
    label: str
    role: str
    combination_type: str = ""
    stage: str = ""
    observation: str = ""
    randomised: int | None = None
    dual: bool = False
    start: str = ""
    strategy: str = ""
    pairs: str = ""
    disease: str = ""
    steps: tuple[StepFact, ...] = ()
    mechanisms: frozenset[str] = frozenset()
    diseases: frozenset[str] = frozenset()
    kin: tuple[tuple[str, str], ...] = ()
    open_label: bool = False

    @cached_property
    def biologics(self) -> frozenset[tuple[str, ...]]:
        """The biologics under test, each as the keys that its step names."""
        return frozenset(step.agents for step in self.steps if step.biologic)

    @cached_property
    def active(self) -> frozenset[tuple[str, ...]]:
        """The agents under test, each as the keys that its step names."""
        return frozenset(step.agents for step in self.steps if step.role == "active")

    @cached_property
    def given(self) -> frozenset[tuple[str, ...]]:
        """All agents that are given, those of the background too."""
        return frozenset(step.agents for step in self.steps if step.role != "placebo")

    @cached_property
    def running(self) -> frozenset[tuple[str, ...]]:
        """The agents that ran before the study began; chance did not choose who takes them."""
        return frozenset(step.agents for step in self.steps if step.running)


@dataclass(frozen=True)
class RowFact:
    """A printed number of an arm; controlled values are their keys without the scheme.

    An effect that a report prints (a hazard ratio) is a row of each of its two arms, set `against` the other.
    """

    iri: str
    about: str
    key: str
    study: str
    arm: str
    reported_as: str
    population: str
    unit_of_analysis: str
    statistic: str
    check_level: str
    definition: str = ""
    seriousness: str = ""
    subgroup: str = ""
    week: float | None = None
    timepoint: str = ""
    period: str = ""
    events: int | None = None
    derived_count: int | None = None
    total: int | None = None
    person_years: float | None = None
    value: float | None = None
    bound: str = ""
    unit: str = ""
    spread_type: str = ""
    spread_value: float | None = None
    interval: tuple[float, float, float] | None = None
    state: str = ""
    standing: bool = True
    number: str = ""
    source: str = ""
    against: str = ""


@dataclass(frozen=True)
class WithdrawnFact:
    """What is left of a number that no page supports."""

    iri: str
    study: str
    arm: str
    statement: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """All of this on one outcome or event; things are found by their IRI, `contrasts` by the pair of their rows."""

    rows: tuple[RowFact, ...]
    arms: Mapping[str, ArmFact]
    studies: Mapping[str, StudyFact]
    contrasts: Mapping[frozenset[str], str] = field(default_factory=dict)
    withdrawn: tuple[WithdrawnFact, ...] = ()


def read_facts(store: Store, things: Sequence[str], printed: str | None = None) -> Facts:
    """Return what a release holds on outcomes or adverse events, by their names such as `ae:serious-infection`.

    Args:
        store: the release.
        things: the names.
        printed: the measure, such as `HR`, of which printed effects are wanted instead of numbers of arms.
    """
    found: list[RowFact] = []
    gone: list[WithdrawnFact] = []
    contrasts: dict[frozenset[str], str] = {}
    for about in things:
        pattern = f"dualbio:{'adverseEvent' if about.startswith('ae:') else 'outcome'} {about}"
        if printed:
            for told in _ask(store, _PRINTED.replace("$about", pattern).replace("$measure", printed.lower())):
                found += _printed_rows(about, told)
                contrasts[frozenset({told["row"]})] = told["contrast"]
        else:
            found += [_row(about, told) for told in _ask(store, _ROWS.replace("$about", pattern))]
        gone += [
            WithdrawnFact(told["row"], told["study"], told["arm"], told["statement"], told["reason"])
            for told in _ask(store, _WITHDRAWN.replace("$about", about))
        ]
    rows = tuple(sorted(found, key=lambda row: (row.study, row.key, row.arm)))
    withdrawn = tuple(sorted(gone, key=lambda row: (row.iri, row.arm)))
    studies = {row.study for row in rows} | {row.study for row in withdrawn}
    if not printed:
        contrasts = _contrasts(store, rows)
    return Facts(rows, _arms(store, studies), _studies(store, studies), contrasts, withdrawn)


def _contrasts(store: Store, rows: Iterable[RowFact]) -> dict[frozenset[str], str]:
    pairs: dict[str, set[str]] = {}
    for told in _ask(store, _CONTRASTS, (row.iri for row in rows)):
        pairs.setdefault(told["contrast"], set()).add(told["row"])
    return {frozenset(each): contrast for contrast, each in sorted(pairs.items()) if len(each) == 2}


def _printed_rows(about: str, told: Mapping[str, str]) -> Iterator[RowFact]:
    """Yield a printed ratio as a row of each of its arms; turned round, it is its inverse."""
    value, limits = float(told["value"]), tuple(_number(told[name]) for name in ("low", "high", "level"))
    low, high, level = limits
    interval = None if low is None or high is None or level is None else (low, high, level)
    for arm, other, turned in ((told["arm"], told["other"], False), (told["other"], told["arm"], True)):
        shown = (1 / interval[1], 1 / interval[0], interval[2]) if interval and turned else interval
        yield RowFact(
            told["row"], about, told["key"], told["study"], arm, told["reportedAs"],
            _short(told["population"]) or "not-stated", "patient", "hazard-ratio", _short(told["checkLevel"]),
            told["definition"], _short(told["seriousness"]), told["subgroup"], _number(told["week"]),
            _short(told["timepoint"]), told["period"], value=1 / value if turned else value, interval=shown,
            state=_short(told["state"]), standing=bool(told["standing"]), number=told["number"],
            source=told["source"], against=other,
        )  # fmt: skip


def _studies(store: Store, studies: set[str]) -> dict[str, StudyFact]:
    shares = _gathered(
        (told["study"], told["other"]) for told in _ask(store, _OVERLAPS, studies) if _short(told["kind"]) in _PEOPLE
    )
    for study, others in list(shares.items()):
        for other in others:
            shares.setdefault(other, set()).add(study)
    return {
        told["study"]: StudyFact(
            told["study"], told["key"], told["label"], _short(told["design"]), frozenset(shares.get(told["study"], ()))
        )
        for told in _ask(store, _STUDIES, studies)
    }


def _arms(store: Store, studies: set[str]) -> dict[str, ArmFact]:
    mechanisms = _gathered((told["arm"], told["mechanism"]) for told in _ask(store, _MECHANISMS, studies))
    diseases = _gathered((told["arm"], told["disease"]) for told in _ask(store, _DISEASES, studies))
    kin = _gathered((told["arm"], (told["other"], told["how"])) for told in _ask(store, _KIN, studies))
    steps = _steps(store, studies)
    return {
        told["arm"]: ArmFact(
            told["arm"], told["study"], told["key"], told["label"], _short(told["role"]), _short(told["type"]),
            _short(told["stage"]), _short(told["observation"]), _whole(told["randomised"]), bool(told["dual"]),
            told["start"], told["strategy"], told["pairs"], told["diseases"], steps.get(told["arm"], ()),
            frozenset(mechanisms.get(told["arm"], ())), frozenset(diseases.get(told["arm"], ())),
            tuple(sorted(kin.get(told["arm"], ()))), _short(told["masking"]) == "open-label",
        )
        for told in _ask(store, _ARMS, studies)
    }  # fmt: skip


def _steps(store: Store, studies: set[str]) -> dict[str, tuple[StepFact, ...]]:
    told_of: dict[tuple[str, str], list[dict[str, str]]] = {}
    for told in _ask(store, _STEPS, studies):
        told_of.setdefault((told["arm"], told["step"]), []).append(told)
    found: dict[str, tuple[StepFact, ...]] = {}
    for (arm, _), rows in sorted(told_of.items()):
        first = rows[0]
        agents = {told["agent"] or told["option"] for told in rows} - {""}
        step = StepFact(
            _short(first["role"]), tuple(sorted(agents)), bool(first["biologic"]), first["running"] == "true",
            _number(first["dose"]), first["unit"],
        )  # fmt: skip
        found[arm] = (*found.get(arm, ()), step)
    return found


def _row(about: str, told: Mapping[str, str]) -> RowFact:
    limits = tuple(_number(told[name]) for name in ("low", "high", "level"))
    low, high, level = limits
    return RowFact(
        told["row"], about, told["key"], told["study"], told["arm"], told["reportedAs"], _short(told["population"]),
        _short(told["unitOfAnalysis"]), _short(told["statistic"]), _checked(told), told["definition"],
        _short(told["seriousness"]), told["subgroup"], _number(told["week"]), _short(told["timepoint"]), told["period"],
        _whole(told["events"]), _whole(told["derivedCount"]), _whole(told["total"]), _number(told["personYears"]),
        _number(told["value"]), told["bound"], told["unit"], _short(told["spreadType"]), _number(told["spreadValue"]),
        None if low is None or high is None or level is None else (low, high, level),
        _short(told["state"]), bool(told["standing"]), told["number"], told["source"],
    )  # fmt: skip


def _checked(told: Mapping[str, str]) -> str:
    """Return the weaker of what is known of a number and of the arm that it belongs to."""
    levels = (_short(told[name]) for name in ("checkLevel", "armLevel") if told[name])
    return max(levels, key=_LEVELS.index)


def _ask(store: Store, text: str, things: Iterable[str] = ()) -> Iterator[dict[str, str]]:
    """Yield the solutions of a query about things, each a text by the name of the variable; empty where unbound."""
    solutions = store.select(text.replace("$things", " ".join(f"<{thing}>" for thing in sorted(things))))
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        yield {name: "" if cell is None else cell.value for name, cell in zip(names, solution, strict=True)}


def _gathered(pairs: Iterable[tuple[str, T]]) -> dict[str, set[T]]:
    found: dict[str, set[T]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
    return found


def _short(key: str) -> str:
    """Return a controlled value without its scheme."""
    return key.rpartition(".")[2]


def _number(text: str) -> float | None:
    return float(text) if text else None


def _whole(text: str) -> int | None:
    return int(text) if text else None


def arms_share(one: ArmFact, other: ArmFact, arms: Mapping[str, ArmFact]) -> bool:
    """Return whether two arms of one study hold, or may hold, some of the same people.

    They do when one holds people of the other, and they may when both hold people of a third: two subsets of it, an
    arm and a later stage of it.  The parts of a union alone are known to be different people.
    """
    if one.iri == other.iri:
        return True
    first, second = _entries(one, arms), _entries(other, arms)
    return any(not first[iri] == second[iri] == {PART_OF_UNION} for iri in first.keys() & second.keys())


def _entries(arm: ArmFact, arms: Mapping[str, ArmFact]) -> dict[str, set[str]]:
    """Return each arm that holds people of `arm`, itself too, with the relations by which they are in it."""
    found: dict[str, set[str]] = {arm.iri: {"itself"}}
    waiting = [arm.iri]
    while waiting:
        near = arms.get(waiting.pop())
        for other, how in near.kin if near else ():
            if other not in found:
                waiting.append(other)
            found.setdefault(other, set()).add(how)
    return found
