"""Contrasts, pooled estimates and their sources, read once from a release for all export formats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from dualbio.model.namespaces import PREFIXES, compress
from dualbio.store import Store, row_texts

__all__ = ["Cited", "Contrasted", "Findings", "Judged", "Measured", "PooledFinding", "Termed", "Thing", "read_findings"]

_CONTRASTS = """
SELECT ?contrast ?label ?study ?design ?a ?b ?about ?reportedAs ?week WHERE {
  ?contrast a dualbio:Contrast ; rdfs:label ?label ; dualbio:ofStudy ?study ; dualbio:contrastArm ?a ;
    dualbio:referenceArm ?b ; dualbio:outcome ?outcome ; dualbio:reportedAs ?reportedAs .
  ?study dualbio:design/dualbio:key ?design .
  OPTIONAL { ?contrast dualbio:adverseEvent ?event }
  OPTIONAL { ?contrast dualbio:week ?week }
  BIND (COALESCE(?event, ?outcome) AS ?about)
}
"""
_ESTIMATES = """
SELECT ?contrast ?measure ?estimate ?low ?high ?level ?unit ?method ?row ?events ?total ?source WHERE {
  ?e a dualbio:WithinStudyEstimate ; dualbio:measuresContrast ?contrast ; dualbio:effectMeasure/dualbio:key ?measure ;
    dualbio:estimationMethod/schema:name ?method ; dualbio:estimate ?estimate ; dualbio:intervalLow ?low ;
    dualbio:intervalLevel ?level ; dualbio:computedFrom ?row .
  OPTIONAL { ?row dualbio:source ?source }
  OPTIONAL { ?e dualbio:intervalHigh ?high }
  OPTIONAL { ?e dualbio:unit ?unit }
  OPTIONAL { ?row dualbio:events ?events }
  OPTIONAL { ?row dualbio:total ?total }
}
"""
_COMPARISONS = """
SELECT ?contrast ?row ?measure ?estimate ?low ?high ?level ?unit ?p ?source ?a ?b ?armA WHERE {
  ?contrast dualbio:measuredBy ?row ; dualbio:contrastArm ?a ; dualbio:referenceArm ?b .
  ?row a dualbio:StandingRow ; dualbio:armA ?armA ; dualbio:effectMeasure/dualbio:key ?measure ;
    dualbio:estimate ?estimate .
  FILTER NOT EXISTS { ?row dualbio:rowState ?state }
  OPTIONAL { ?row dualbio:source ?source }
  OPTIONAL { ?row dualbio:intervalLow ?low ; dualbio:intervalHigh ?high ; dualbio:intervalLevel ?level }
  OPTIONAL { ?row dualbio:unit ?unit }
  OPTIONAL { ?row dualbio:pValue ?p ; dualbio:pOperator "=" }
}
"""
_POOLS = """
SELECT ?pool ?label ?question ?about ?measure ?method ?estimate ?low ?high ?level ?unit ?predictionLow ?predictionHigh
  ?iSquared ?tauSquared ?cochranQ ?studies ?people ?events ?reason
WHERE {
  ?pool a dualbio:PooledEstimate ; rdfs:label ?label ; dualbio:question ?question ; IAO:0000136 ?about ;
    dualbio:effectMeasure/dualbio:key ?measure ; dualbio:methodText ?method ; dualbio:studiesUsed ?studies ;
    dualbio:peopleUsed ?people .
  OPTIONAL { ?pool dualbio:estimate ?estimate ; dualbio:intervalLow ?low ; dualbio:intervalHigh ?high ;
    dualbio:intervalLevel ?level ; dualbio:iSquared ?iSquared ; dualbio:cochranQ ?cochranQ }
  OPTIONAL { ?pool dualbio:unit ?unit }
  OPTIONAL { ?pool dualbio:tauSquared ?tauSquared }
  OPTIONAL { ?pool dualbio:predictionLow ?predictionLow ; dualbio:predictionHigh ?predictionHigh }
  OPTIONAL { ?pool dualbio:eventsUsed ?events }
  OPTIONAL { ?pool dualbio:noEstimateBecause ?reason }
}
"""
_PARTS = """
SELECT DISTINCT ?pool ?contrast ?arm ?side ?source ?caveat ?bias ?study WHERE {
  ?pool a dualbio:PooledEstimate .
  { ?pool dualbio:caveat ?caveat }
  UNION { ?pool dualbio:riskOfBiasText ?bias }
  UNION { ?pool dualbio:hasCandidate ?used . ?used dualbio:usedInPool true ; dualbio:study ?study }
  UNION { ?pool dualbio:hasCandidate ?used . ?used dualbio:usedInPool true ; dualbio:concernsContrast ?contrast }
  UNION { ?pool dualbio:pooledFrom/dualbio:source ?source }
  UNION { ?pool dualbio:hasCandidate ?used . ?used dualbio:pooledFrom/(dualbio:arm|dualbio:armA|dualbio:armB) ?arm
    BIND (IF(EXISTS { ?used dualbio:armUnderTest ?arm }, "exposure", "referenceExposure") AS ?side) }
}
"""
#: A domain or judgement of a tool, with what SEVCO calls the same or something close.
_JUDGED = """
SELECT ?judged ?label ?study ?row ?about ?tool ?toolName ?version ?domain ?domainTerm ?domainName ?judgement
  ?judgementTerm ?judgementName ?stars ?by ?source ?note
WHERE {
  ?judged a dualbio:BiasAssessment ; rdfs:label ?label ; dualbio:biasAssessmentOf ?study ; dualbio:biasTool ?scale ;
    dualbio:biasDomain ?asked ; dualbio:assessedBy ?by ; dualbio:source ?source .
  ?scale dualbio:key ?tool ; rdfs:label ?toolName .
  ?asked rdfs:label ?domain .
  FILTER (LANG(?toolName) = "en" && LANG(?domain) = "en")
  OPTIONAL { ?asked skos:exactMatch|skos:closeMatch ?domainTerm . ?domainTerm rdfs:label ?domainName
    FILTER (STRSTARTS(STR(?domainTerm), "$sevco")) }
  OPTIONAL { ?judged dualbio:biasJudgement ?answer . ?answer rdfs:label ?judgement FILTER (LANG(?judgement) = "en")
    OPTIONAL { ?answer skos:exactMatch|skos:closeMatch ?judgementTerm . ?judgementTerm rdfs:label ?judgementName
      FILTER (STRSTARTS(STR(?judgementTerm), "$sevco")) } }
  OPTIONAL { ?judged dualbio:stars ?stars }
  OPTIONAL { ?judged dualbio:toolVersion ?version }
  OPTIONAL { ?judged dualbio:assessesRow ?row }
  OPTIONAL { ?judged dualbio:concerns/rdfs:label ?about FILTER (LANG(?about) = "en") }
  OPTIONAL { ?judged skos:note ?note }
}
""".replace("$sevco", PREFIXES["SEVCO"])
_SOURCES = """
SELECT ?source ?label ?pmid ?doi ?registry ?url ?journal ?year WHERE {
  ?source a dualbio:Source ; rdfs:label ?label .
  OPTIONAL { ?source dualbio:pmid ?pmid }
  OPTIONAL { ?source dualbio:doi ?doi }
  OPTIONAL { ?source dualbio:registryId ?registry }
  OPTIONAL { ?source dualbio:url ?url }
  OPTIONAL { ?source dualbio:journal ?journal }
  OPTIONAL { ?source dualbio:year ?year }
}
"""
_THINGS = """
SELECT DISTINCT ?thing ?kind ?label ?inside WHERE {
  { ?thing a dualbio:Arm ; dualbio:inDisease ?inside BIND ("arm" AS ?kind) }
  UNION { ?thing a dualbio:Outcome BIND ("outcome" AS ?kind) }
  UNION { ?thing a dualbio:AdverseEvent BIND ("event" AS ?kind) }
  UNION { ?thing a dualbio:Disease BIND ("disease" AS ?kind) }
  ?thing rdfs:label ?label FILTER (LANG(?label) = "en")
}
"""
_GIVEN = """
SELECT DISTINCT ?arm ?agent WHERE {
  ?arm a dualbio:Arm ; dualbio:hasRegimen/dualbio:hasStep ?step . ?step dualbio:usesAgent ?agent .
  VALUES ?role { value:step-role.active value:step-role.background }
  ?step dualbio:stepRole ?role .
}
"""
Row = Mapping[str, str]


@dataclass(frozen=True)
class Measured:
    """An effect with its interval, as decimal text; `computed` says by which rule, None where a report prints it.

    `reversed` is true where the report sets the other arm first.
    """

    measure: str
    estimate: str
    low: str = ""
    high: str = ""
    level: str = ""
    unit: str = ""
    p: str = ""
    computed: str | None = None
    events: int | None = None
    people: int | None = None
    sources: tuple[str, ...] = ()
    reversed: bool = False


@dataclass(frozen=True)
class Contrasted:
    """Two arms of one study on one outcome, with what is measured of it."""

    iri: str
    label: str
    study: str
    design: str
    a: str
    b: str
    about: str
    reported_as: str
    week: str
    measured: tuple[Measured, ...]


@dataclass(frozen=True)
class PooledFinding:
    """A pooled number, or why there is none.

    `spread` are I², tau², Q and the limits for a further study; `arms` stand with their role.  `bias` says how others
    judged the studies `within` it.
    """

    iri: str
    label: str
    question: str
    about: tuple[str, ...]
    method: str
    measured: Measured | None
    reason: str
    studies: int
    spread: Mapping[str, str] = field(default_factory=dict)
    contrasts: tuple[str, ...] = ()
    arms: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    bias: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Termed:
    """What we call something, and the code and name of the term of SEVCO for it, where there is one."""

    text: str
    code: str = ""
    name: str = ""


@dataclass(frozen=True)
class Judged:
    """What others judged of a risk of bias in one domain of a tool, of a study or of one row of it.

    `about` is the outcome or event that it is about, where it is not about all; a scale that counts gave `stars`.
    """

    iri: str
    label: str
    study: str
    row: str
    about: str
    tool: str
    tool_name: str
    domain: Termed
    judgement: Termed | None
    stars: str
    by: str
    source: str
    note: str


@dataclass(frozen=True)
class Cited:
    """A report, by what it is found with."""

    iri: str
    label: str
    pmid: str
    doi: str
    registry: str
    url: str
    journal: str
    year: str


@dataclass(frozen=True)
class Thing:
    """An arm, outcome, adverse event or disease; an arm has its diseases in `inside` and its agents in `given`."""

    iri: str
    kind: str
    label: str
    inside: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """All of that, in order of IRIs; things and sources are found by theirs."""

    contrasts: Sequence[Contrasted]
    pools: Sequence[PooledFinding]
    sources: Mapping[str, Cited]
    things: Mapping[str, Thing]
    judged: Sequence[Judged] = ()


def read_findings(store: Store, pools: Collection[str] | None = None) -> Findings:
    """Return what a release says of contrasts and pools.

    Args:
        store: the release.
        pools: keys of questions; only they and the contrasts in them; all when None.
    """
    ask = partial(_ask, store)
    found = [pool for pool in _pools(ask(_POOLS), ask(_PARTS)) if pools is None or pool.iri.rpartition("/")[2] in pools]
    wanted = None if pools is None else {contrast for pool in found for contrast in pool.contrasts}
    measured = _measured(ask(_ESTIMATES), ask(_COMPARISONS))
    contrasts = [
        Contrasted(
            row["contrast"], row["label"], row["study"], row["design"].rpartition(".")[2], row["a"], row["b"],
            row["about"], row["reportedAs"], row["week"], tuple(measured[row["contrast"]]),
        )
        for row in sorted(ask(_CONTRASTS), key=lambda row: row["contrast"])
        if row["contrast"] in measured and (wanted is None or row["contrast"] in wanted)
    ]  # fmt: skip
    sources = {row["source"]: Cited(*row.values()) for row in ask(_SOURCES)}
    studies = None if pools is None else {study for pool in found for study in pool.within}
    judged = [each for each in _judged(ask(_JUDGED)) if studies is None or each.study in studies]
    return Findings(contrasts, found, sources, _things(ask(_THINGS), ask(_GIVEN)), judged)


def _ask(store: Store, text: str) -> list[dict[str, str]]:
    return list(row_texts(store.select(text), unbound=""))


def _measured(estimates: Sequence[Row], comparisons: Sequence[Row]) -> dict[str, list[Measured]]:
    """Return what is measured of each contrast, what a report prints first."""
    measured: dict[str, list[Measured]] = defaultdict(list)
    for row in sorted(comparisons, key=lambda row: row["row"]):
        measured[row["contrast"]].append(
            Measured(
                _short(row["measure"]), row["estimate"], row["low"], row["high"], row["level"], row["unit"], row["p"],
                sources=(row["source"],) if row["source"] else (), reversed=row["armA"] == row["b"],
            )
        )  # fmt: skip
    of_rows: dict[tuple[str, ...], dict[str, Row]] = defaultdict(dict)
    names = ("contrast", "measure", "estimate", "low", "high", "level", "unit", "method")
    for row in estimates:
        of_rows[tuple(row[name] for name in names)][row["row"]] = row
    for (contrast, measure, estimate, low, high, level, unit, method), rows in sorted(of_rows.items()):
        measured[contrast].append(
            Measured(
                _short(measure), estimate, low, high, level, unit, computed=method, events=_sum(rows, "events"),
                people=_sum(rows, "total"), sources=tuple(sorted({row["source"] for row in rows.values()} - {""})),
            )
        )  # fmt: skip
    return measured


def _sum(rows: Mapping[str, Row], name: str) -> int | None:
    numbers = [row[name] for row in rows.values()]
    return sum(map(int, numbers)) if all(numbers) else None


def _pools(rows: Sequence[Row], parts: Sequence[Row]) -> Iterator[PooledFinding]:
    of_pool: dict[str, list[Row]] = defaultdict(list)
    for part in parts:
        of_pool[part["pool"]].append(part)
    told: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        told[row["pool"]].append(row)
    for iri, (row, *others) in sorted(told.items()):
        near = of_pool[iri]
        yield PooledFinding(
            iri, row["label"], row["question"], tuple(sorted(each["about"] for each in (row, *others))), row["method"],
            _of_pool(row), row["reason"], int(row["studies"]),
            {name: row[name] for name in _SPREAD if row[name]},
            tuple(sorted({part["contrast"] for part in near} - {""})),
            tuple(sorted({(part["arm"], part["side"]) for part in near if part["arm"]})),
            tuple(sorted({part["source"] for part in near} - {""})),
            tuple(sorted({part["caveat"] for part in near} - {""})),
            tuple(sorted({part["bias"] for part in near} - {""})),
            tuple(sorted({part["study"] for part in near} - {""})),
        )  # fmt: skip


_SPREAD = ("iSquared", "tauSquared", "cochranQ", "predictionLow", "predictionHigh")


def _of_pool(row: Row) -> Measured | None:
    if not row["estimate"]:
        return None
    return Measured(
        _short(row["measure"]), row["estimate"], row["low"], row["high"], row["level"], row["unit"],
        computed=row["method"], events=int(row["events"]) if row["events"] else None, people=int(row["people"]),
    )  # fmt: skip


def _judged(rows: Sequence[Row]) -> Iterator[Judged]:
    for row in sorted(rows, key=lambda row: row["judged"]):
        tool = " ".join(filter(None, (row["toolName"], row["version"])))
        judgement = _termed(row, "judgement") if row["judgement"] else None
        yield Judged(
            row["judged"], row["label"], row["study"], row["row"], row["about"], _short(row["tool"]), tool,
            _termed(row, "domain"), judgement, row["stars"], row["by"], row["source"], row["note"],
        )  # fmt: skip


def _termed(row: Row, name: str) -> Termed:
    term = row[f"{name}Term"]
    return Termed(row[name], compress(term) if term else "", row[f"{name}Name"])


def _things(rows: Sequence[Row], given: Sequence[Row]) -> dict[str, Thing]:
    inside, agents = defaultdict(set), defaultdict(set)
    for row in rows:
        inside[row["thing"]].add(row["inside"])
    for row in given:
        agents[row["arm"]].add(row["agent"])
    return {
        row["thing"]: Thing(
            row["thing"], row["kind"], row["label"], tuple(sorted(inside[row["thing"]] - {""})),
            tuple(sorted(agents[row["thing"]])),
        )
        for row in rows
    }  # fmt: skip


def _short(key: str) -> str:
    """Return a controlled value without its scheme."""
    return key.rpartition(".")[2]
