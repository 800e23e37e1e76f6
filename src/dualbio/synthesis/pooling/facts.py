"""What a release holds on the outcome of a question: rows, the arms they are of, and who shares people with whom.

All that is said of some things is asked at once and joined here: over a release, queries with an OPTIONAL for each
property took about twice as long for all questions together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from string import Template
from typing import TypeVar

import pyoxigraph as ox

from dualbio.model.evidence import CHECK_LEVELS
from dualbio.model.namespaces import compress, expand, graph_iri, own_folder, term
from dualbio.store import Store, row_texts

__all__ = [
    "PART_OF_UNION",
    "ArmFact",
    "BiasFact",
    "FactReader",
    "Facts",
    "RowFact",
    "StepFact",
    "StudyFact",
    "WithdrawnFact",
    "arms_share",
]

T = TypeVar("T")
#: How an arm is in another as one of the parts that it is made of; such parts have no one in common.
PART_OF_UNION = "union"
_LEVELS: tuple[str, ...] = CHECK_LEVELS
#: Overlaps of two studies in which a person may be counted twice; the others share a text.
_PEOPLE = frozenset({"pools", "pooled-in", "successive-cut", "extends", "extended-by", "possible-overlap"})
_LANGUAGES = (None, "en")
_ROWS = "SELECT DISTINCT ?row { ?row a dualbio:Result ; $about ; dualbio:ofStudy $study }"
_PRINTED = """
SELECT DISTINCT ?row {
  ?row a dualbio:Comparison ; $about ; dualbio:ofStudy $study ; dualbio:effectMeasure value:effect-measure.$measure
}
"""
#: As curated: what follows from a union reads as if its parts were any subsets.
_KIN = """
SELECT DISTINCT ?arm ?how ?other WHERE {
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
_GRAPHS = "SELECT DISTINCT ?study ?graph WHERE { GRAPH ?graph { ?study dualbio:design ?design } }"
_CONTRASTS = """
SELECT DISTINCT ?contrast ?row WHERE {
  ?row $about ; dualbio:ofStudy $study .
  ?estimate a dualbio:WithinStudyEstimate ; dualbio:computedFrom ?row ; dualbio:measuresContrast ?contrast .
}
"""
_WITHDRAWN = """
SELECT DISTINCT * WHERE {
  ?row a dualbio:WithdrawnRow ; dualbio:concerns $about ; dualbio:withdrawnFromArm ?arm ;
    dualbio:withdrawnBecause ?reason ; dualbio:statement ?statement .
  ?arm dualbio:armOf $study .
}
"""


@dataclass(frozen=True)
class BiasFact:
    """A judgement of a risk of bias that a study has: of a `row`, of what it says `about` a thing, or of all of it."""

    tool: str
    domain: str
    judgement: str
    row: str = ""
    about: str = ""


@dataclass(frozen=True)
class StudyFact:
    """A study: what it is called, its design, the studies that may hold some of its people, and how it was judged.

    `own` is the folder of own evidence that it is of, if it is not of the release; its label says so too.
    """

    iri: str
    key: str
    label: str
    design: str
    shares: frozenset[str] = frozenset()
    bias: tuple[BiasFact, ...] = ()
    own: str = ""


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
    analysed: int | None = None
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
    trial: str = ""

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
    """All of this on one outcome or event; things are found by their IRI, `contrasts` by the pair of their rows.

    `labels` are what the outcomes and events are called, by their names, such as `ae:infection`, `better` which way an
    outcome is better, such as `higher-is-better`; of events fewer are.
    """

    rows: tuple[RowFact, ...]
    arms: Mapping[str, ArmFact]
    studies: Mapping[str, StudyFact]
    contrasts: Mapping[frozenset[str], str] = field(default_factory=dict)
    withdrawn: tuple[WithdrawnFact, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    better: Mapping[str, str] = field(default_factory=dict)

    def by_study(self) -> dict[str, Facts]:
        """Return what is held of each study, by its IRI; what outcomes are called is of none."""
        study_of = {row.iri: row.study for row in self.rows}
        contrasts = _gathered((study_of[min(pair)], (pair, name)) for pair, name in self.contrasts.items())
        return {
            iri: Facts(
                tuple(row for row in self.rows if row.study == iri),
                {name: arm for name, arm in self.arms.items() if arm.study == iri},
                {iri: study},
                dict(contrasts.get(iri, ())),
                tuple(row for row in self.withdrawn if row.study == iri),
            )
            for iri, study in self.studies.items()
        }


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
    entries: dict[str, set[str]] = {arm.iri: {"itself"}}
    waiting = [arm.iri]
    while waiting:
        near = arms.get(waiting.pop())
        for other, how in near.kin if near else ():
            if other not in entries:
                waiting.append(other)
            entries.setdefault(other, set()).add(how)
    return entries


#: Things that a store is asked about together: over HTTP each question is a request.
_AT_ONCE = 100


class FactReader:
    """Reads a release, and keeps what it read for the next question about the same outcomes, studies and arms."""

    def __init__(self, store: Store) -> None:
        """Read from `store`."""
        self._store = store
        self._facts: dict[tuple[tuple[str, ...], str, str], Facts] = {}
        self._studies: dict[str, StudyFact] = {}
        self._arms: dict[str, dict[str, ArmFact]] = {}

    def read(self, things: Sequence[str], printed: str = "", study: str = "") -> Facts:
        """Return what is held on outcomes or adverse events.

        Args:
            things: their names, such as `ae:serious-infection`.
            printed: the measure, such as `HR`, of which printed effects are wanted instead of numbers of arms.
            study: one study, by its IRI, where others are left out.
        """
        asked = tuple(things), printed, study
        if asked not in self._facts:
            self._facts[asked] = self._read_facts(*asked)
        return self._facts[asked]

    def _read_facts(self, things: Sequence[str], printed: str, study: str) -> Facts:
        found: list[RowFact] = []
        gone: list[WithdrawnFact] = []
        contrasts: dict[frozenset[str], str] = {}
        for about in things:
            pattern = f"dualbio:{'adverseEvent' if about.startswith('ae:') else 'outcome'} {about}"

            def ask(text: str, about: str = pattern) -> Iterator[dict[str, str]]:
                of_study = f"<{study}>" if study else "?study"
                return self._ask(Template(text).substitute(about=about, measure=printed.lower(), study=of_study))

            rows = self._things(told["row"] for told in ask(_PRINTED if printed else _ROWS))
            sources = self._things(source for row in rows.values() for source in row.all("source"))
            labels = {iri: source.text("shortLabel") for iri, source in sources.items()}
            for row in rows.values():
                if printed:
                    found += _printed_rows(about, row, labels)
                    contrasts[frozenset({row.iri})] = row.text("measuresContrast")
                else:
                    found.append(_row(about, row, labels))
            gone += [
                WithdrawnFact(told["row"], told.get("study", study), told["arm"], told["statement"], told["reason"])
                for told in ask(_WITHDRAWN, about)
            ]
            if rows and not printed:
                pairs = _gathered((told["contrast"], told["row"]) for told in ask(_CONTRASTS))
                contrasts |= {frozenset(each): name for name, each in sorted(pairs.items()) if len(each) == 2}
        found.sort(key=lambda row: (row.study, row.key, row.arm))
        withdrawn = tuple(sorted(gone, key=lambda row: (row.iri, row.arm)))
        studies = {row.study for row in found} | {row.study for row in withdrawn}
        self._read_studies(studies - self._studies.keys())
        asked = {about: thing for about in things for thing in self._things([expand(about)]).values()}
        return Facts(
            tuple(found),
            {iri: arm for study in sorted(studies) for iri, arm in self._arms[study].items()},
            {study: self._studies[study] for study in sorted(studies)},
            contrasts,
            withdrawn,
            {about: thing.text("rdfs:label") for about, thing in asked.items()},
            {
                about: "lower-is-better" if about.startswith("ae:") else thing.code("betterDirection")
                for about, thing in asked.items()
            },
        )

    def _read_studies(self, studies: set[str]) -> None:
        """Read studies that were not read before, and their arms."""
        things = self._things(studies)
        overlaps = self._things(each for study in things.values() for each in study.all("hasOverlap"))
        judged = self._things(each for study in things.values() for each in study.all("hasBiasAssessment"))
        for iri, study in things.items():
            near = (overlaps[each] for each in study.all("hasOverlap"))
            shares = {
                other for each in near if each.code("overlapKind") in _PEOPLE for other in each.all("overlapsStudy")
            }
            self._studies[iri] = StudyFact(
                iri, study.text("key"), self._label(iri, study), study.code("design"), frozenset(shares),
                tuple(_bias(judged[each]) for each in sorted(study.all("hasBiasAssessment"))), self._own.get(iri, ""),
            )  # fmt: skip
            self._arms[iri] = {}
        arms = self._things(each for study in things.values() for each in study.all("hasArm"))
        regimens = self._things(each for arm in arms.values() for each in arm.all("hasRegimen"))
        steps = self._things(each for regimen in regimens.values() for each in regimen.all("hasStep"))
        values = (arm.text(name) for arm in arms.values() for name in ("startRelation", "statedStrategy"))
        labels = {iri: value.text("rdfs:label") for iri, value in self._things(filter(None, values)).items()}
        for iri, arm in sorted(arms.items()):
            given = sorted(step for each in arm.all("hasRegimen") for step in regimens[each].all("hasStep"))
            self._arms[arm.text("armOf")][iri] = ArmFact(
                iri, arm.text("armOf"), arm.text("key"), arm.text("shortLabel"), arm.code("armRole"),
                arm.code("combinationType"), arm.code("stage"), arm.code("observation"), arm.whole("nRandomised"),
                arm.whole("nEfficacy"), arm.is_a("DualBiologicArm"), labels.get(arm.text("startRelation"), ""),
                labels.get(arm.text("statedStrategy"), ""), arm.text("pairNames"), arm.text("diseaseNames"),
                tuple(_step(steps[each]) for each in given), frozenset(arm.codes("testsMechanism")),
                frozenset(arm.codes("withinDisease")), tuple(sorted(self._kin.get(iri, ()))),
                arm.code("masking") == "open-label", arm.text("trialText"),
            )  # fmt: skip

    def _label(self, iri: str, study: _Thing) -> str:
        """Return what a study is called, with the folder of own evidence that it is of."""
        label, own = study.text("rdfs:label"), self._own.get(iri)
        return f"{label} (own evidence: {own})" if own else label

    @cached_property
    def _own(self) -> dict[str, str]:
        """The folder of own evidence of each study that is not of the release."""
        start = graph_iri("").value
        graphs = _gathered((told["study"], told["graph"].removeprefix(start)) for told in self._ask(_GRAPHS))
        return {study: own_folder(names) or "" for study, names in graphs.items()}

    @cached_property
    def _kin(self) -> dict[str, set[tuple[str, str]]]:
        """How the arms of the release hold people of each other, as it is curated."""
        return _gathered((told["arm"], (told["other"], told["how"])) for told in self._ask(_KIN))

    def _things(self, iris: Iterable[str]) -> dict[str, _Thing]:
        """Return all that is said of some things, in English or in no language; one of that nothing is said, too."""
        found: dict[str, _Said] = {iri: {} for iri in sorted(set(iris))}
        names = _Names()
        asked = [*map(ox.NamedNode, found)]
        for start in range(0, len(asked), _AT_ONCE):
            for quad in self._store.quads_about(asked[start : start + _AT_ONCE]):
                said, value = found[quad.subject.value], quad.object  # type: ignore[union-attr]
                if isinstance(value, ox.Triple) or (isinstance(value, ox.Literal) and value.language not in _LANGUAGES):
                    continue
                name, text = names[quad.predicate.value], value.value
                if name not in said:
                    said[name] = text
                elif text not in (known := _as_tuple(said[name])):  # another graph may say the same
                    said[name] = (*known, text)
        return {iri: _Thing(iri, said) for iri, said in found.items()}

    def _ask(self, text: str) -> Iterator[dict[str, str]]:
        return row_texts(self._store.select(text))


#: Texts by the name of the property, such as `week` or `rdfs:label`: one, or several. Most are one, and a text alone
#: costs the garbage collector nothing.
_Said = dict[str, str | tuple[str, ...]]


class _Names(dict[str, str]):
    """Names of properties, by their IRIs."""

    def __missing__(self, iri: str) -> str:
        return self.setdefault(iri, compress(iri).removeprefix("dualbio:"))


@dataclass(frozen=True)
class _Thing:
    """What is said of one thing."""

    iri: str
    said: _Said

    def all(self, name: str) -> tuple[str, ...]:
        return _as_tuple(self.said[name]) if name in self.said else ()

    def text(self, name: str) -> str:
        """Return the value of a property that has one; empty where it has none."""
        found = self.said.get(name, "")
        return found if isinstance(found, str) else min(found)

    def number(self, name: str) -> float | None:
        return float(self.text(name)) if name in self.said else None

    def whole(self, name: str) -> int | None:
        return int(self.text(name)) if name in self.said else None

    def code(self, name: str) -> str:
        """Return the key of a controlled value without its scheme."""
        return self.text(name).rpartition(".")[2]

    def codes(self, name: str) -> list[str]:
        """Return the keys of the entities that a property leads to."""
        return sorted(iri.rpartition("/")[2] for iri in self.all(name))

    def is_a(self, name: str) -> bool:
        return term(name).value in self.all("rdf:type")

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """The limits of an interval and its level, where all three are reported."""
        low, high, level = map(self.number, ("intervalLow", "intervalHigh", "intervalLevel"))
        return None if low is None or high is None or level is None else (low, high, level)

    @property
    def checked(self) -> str:
        """The weaker of what is known of a number and of the arm that it belongs to."""
        levels = (self.code(name) for name in ("checkLevel", "armAssignmentCheckLevel") if name in self.said)
        return max(levels, key=_LEVELS.index)


def _row(about: str, row: _Thing, sources: Mapping[str, str]) -> RowFact:
    return RowFact(
        row.iri, about, row.text("key"), row.text("ofStudy"), row.text("arm"), row.text("reportedAs"),
        row.code("analysisPopulation"), row.code("unitOfAnalysis"), row.code("statistic"), row.checked,
        row.text("eventDefinition"), row.code("seriousness"), row.text("subgroupText"), row.number("week"),
        row.code("timepoint"), row.text("period"), row.whole("events"), row.whole("derivedCount"), row.whole("total"),
        row.number("personYears"), row.number("value"), row.text("valueBound"), row.text("unit"),
        row.code("spreadType"), row.number("spreadValue"), row.interval, row.code("rowState"),
        row.is_a("StandingRow"), row.text("numberText"), sources.get(row.text("source"), ""),
    )  # fmt: skip


def _printed_rows(about: str, row: _Thing, sources: Mapping[str, str]) -> Iterator[RowFact]:
    """Yield a printed ratio as a row of each of its arms; turned round, it is its inverse."""
    value, interval, sides = float(row.text("estimate")), row.interval, (row.text("armA"), row.text("armB"))
    for arm, other, turned in ((*sides, False), (*sides[::-1], True)):
        shown = (1 / interval[1], 1 / interval[0], interval[2]) if interval and turned else interval
        yield RowFact(
            row.iri, about, row.text("key"), row.text("ofStudy"), arm, row.text("reportedAs"),
            row.code("analysisPopulation") or "not-stated", "patient", "hazard-ratio", row.checked,
            row.text("eventDefinition"), row.code("seriousness"), row.text("subgroupText"), row.number("week"),
            row.code("timepoint"), row.text("period"), value=1 / value if turned else value, interval=shown,
            state=row.code("rowState"), standing=row.is_a("StandingRow"), number=row.text("numberText"),
            source=sources.get(row.text("source"), ""), against=other,
        )  # fmt: skip


def _bias(judged: _Thing) -> BiasFact:
    judgement = judged.code("biasJudgement") or f"{judged.text('stars')} stars"
    return BiasFact(
        judged.code("biasTool"), judged.code("biasDomain"), judgement, judged.text("assessesRow"),
        compress(judged.text("concerns")) if "concerns" in judged.said else "",
    )  # fmt: skip


def _step(step: _Thing) -> StepFact:
    agents = step.codes("usesAgent") or step.codes("usesOneOf")
    dose = step.number("dose") if "doseUnit" in step.said else None
    return StepFact(
        step.code("stepRole"), tuple(agents), step.is_a("BiologicStep"), step.text("runningAtStart") == "true",
        dose, step.text("doseUnit") if dose is not None else "",
    )  # fmt: skip


def _as_tuple(found: str | tuple[str, ...]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else found


def _gathered(pairs: Iterable[tuple[str, T]]) -> dict[str, set[T]]:
    values: dict[str, set[T]] = {}
    for one, other in pairs:
        values.setdefault(one, set()).add(other)
    return values
