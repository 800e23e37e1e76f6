"""Which columns the table of each kind has: the fields of its records, then what the build adds to them.

The columns follow from the models and the list below alone, so that they are the same for every release, whatever its
records leave out. A field becomes a column as it becomes a property (see `model.record_fields`); a number also has
a column with its printed form, which is filled where the number would lose its last zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, Union, get_args, get_origin

from dualbio.model import lessons
from dualbio.model.entities import TABLES as VOCABULARIES
from dualbio.model.entities import MechanismEdge
from dualbio.model.record_fields import (
    Coded,
    Curie,
    Identity,
    Inline,
    Link,
    Own,
    Parts,
    Pointer,
    Record,
    RecordField,
    Value,
    fields_of,
)
from dualbio.model.records import RECORDS

__all__ = ["SEPARATOR", "TABLES", "Column", "columns_of"]

#: Kinds that have a table, and the name of it.
TABLES: dict[str, str] = {
    "study": "studies",
    "edge": "mechanism-edges",
    "effect": "drug-effects",
    "arm": "arms",
    "regimen": "regimens",
    "step": "regimen-steps",
    "planned-outcome": "planned-outcomes",
    "result": "results",
    "comparison": "comparisons",
    "withdrawn": "withdrawn-rows",
    "source": "sources",
    "overlap": "overlaps",
    "verification": "verifications",
    "bias-assessment": "bias-assessments",
    "lesson": "lessons",
    "support": "supports",
    "finding": "findings",
    "measure": "measures",
    "interaction": "interactions",
    "gap": "gaps",
    "review": "reviews",
    "review-input": "review-inputs",
    "estimate": "estimates",
    "pool": "pooled-estimates",
    "candidate": "pool-candidates",
    "coverage": "coverage",
    "pair": "pairs",
    "drug": "drugs",
    "drug-class": "drug-classes",
    "target": "targets",
    "mechanism": "mechanisms",
    "cell": "cells",
    "process": "processes",
    "disease": "diseases",
    "outcome": "outcomes",
    "ae": "adverse-events",
    "biomarker": "biomarkers",
    "core-outcome": "core-outcomes",
    "unit": "units",
    "value": "values",
}

#: What parts several values of a CSV cell; no value may hold it.
SEPARATOR = "|"

#: Properties of other vocabularies that become columns, and their names; labels have columns of their own.
_OUTSIDE = {
    "rdfs:label": None,
    "skos:definition": "definition",
    "skos:altLabel": "synonym",
    "skos:note": "note",
    "dcterms:description": "description",
}


@dataclass(frozen=True)
class Column:
    """A column: its name, the property it shows (a vocabulary name), and the CSVW datatype of its values.

    `many` says that a row may have several values, `required` that none has no value; `kind` is the kind that every
    value names, where it is one kind.
    """

    name: str
    property: str | None
    datatype: str = "string"
    many: bool = False
    kind: str | None = None
    required: bool = False


def _one(name: str, kind: str | None = None, datatype: str = "string") -> Column:
    return Column(name, name, datatype, kind=kind)


def _required(name: str, kind: str) -> Column:
    """Return a column of which every row has one value, such as what it is a part of."""
    return Column(name, name, kind=kind, required=True)


def _many(name: str, kind: str | None = None) -> Column:
    return Column(name, name, many=True, kind=kind)


_FIRST = (
    Column("id", None, required=True),
    Column("iri", None, required=True),
    Column("label", "rdfs:label", required=True),
    Column("labelZh", "rdfs:label"),
    Column("type", "rdf:type", many=True),
)
#: Whose row it is: the last column of every table.
_ORIGIN = Column("origin", None)
_POSITION = _one("position", datatype="integer")
_STUDY = _required("ofStudy", "study")
_ACTS = (_many("affectsCell", "cell"), _many("affectsProcess", "process"))
_TESTED = (_many("testedInArm", "arm"), _many("testedInStudy", "study"))
_STEP_DAYS = ("firstDoseDay", "lastDoseDay", "lagDays", "runningForDays")
_CANONICAL = (_one("canonicalValue", datatype="decimal"), _one("canonicalUnit", "unit"))
_TEXTS = (_one("numberText"), _one("alsoPrinted"), _one("subgroupText"), _one("notPrinted"))
_ROW = (_POSITION, _STUDY, _many("withinEvent", "ae"), *_TEXTS)
#: The first and the last day that a date can mean.
_DAYS = ("Earliest", "Latest")
_NAMES = (_one("pairNames"), _one("diseaseNames"))

#: What conversion and reasoning add to the records of a kind; a column of a field may become one of several values.
_ADDED: dict[str, tuple[Column, ...]] = {
    "study": (
        *_NAMES,
        _many("studiesPair", "pair"),
        _many("testsDrug"),
        _many("withinDisease", "disease"),
        _many("studiesDisease", "disease"),
        _many("emergentWithinDisease", "disease"),
        *(_many("missedSuperiorityIn"), _many("metSuperiorityIn")),
        *(_one("plannedPrimary"), _one("plannedOther")),
        *(_one(f"{name}{end}") for name in ("startDate", "primaryCompletionDate", "endDate") for end in _DAYS),
    ),
    "arm": (
        *(_POSITION, _STUDY, _required("armOf", "study"), _many("comparedIn", "comparison")),
        *(_many("isArmAOf", "comparison"), _many("isArmBOf", "comparison"), _many("hasArmResult")),
        *(_many("testsAgent"), _many("testsMechanism", "mechanism"), _many("testsMechanismPair", "pair")),
        *(_many("engagesTarget", "target"), _many("inDisease", "disease"), _many("withinDisease", "disease")),
        *(_one("startRelation", "value"), _many("firstAgent"), _many("secondAgent")),
        *(_many("firstBiologic"), _many("secondBiologic"), _many("firstStep", "step"), _many("secondStep", "step")),
        *(_one("intervalFromFirstDose"), _one("intervalFromFirstDoseDaysMin", datatype="decimal")),
        *(_one("intervalFromFirstDoseDaysMax", datatype="decimal"), _one("intervalFromLastDose")),
        *(_one("intervalFromLastDoseDaysMin", datatype="decimal"),),
        *(_one("intervalFromLastDoseDaysMax", datatype="decimal"), _one("dosingOverlap", "value")),
        *(_one("effectOverlap", "value"), _many("keptAgent"), _one("sequenceCheckLevel", "value")),
        _one("effectOverlapCheckLevel", "value"),
        *(_many("mayNotBePooledWith", "arm"), _many("partOfUnion", "arm")),
        *(_many("subsetOf", "arm"), _many("pairedWith", "arm")),
        *(*_NAMES, _one("overlapNote"), _one("scheduleText")),
    ),
    "regimen": (_STUDY, _required("regimenOf", "arm")),
    "step": (
        *(_POSITION, _STUDY, _required("stepOf", "regimen"), _many("usesAgent")),
        *(_many("actsByMechanism", "mechanism"), _many("startsAfter", "step"), _many("startsWith", "step")),
        *(_one("phaseOf", "step"), _one("lagLabel"), _one("agentNames")),
        *(_one("startText"), _one("endText")),
        *(_one(f"{name}{side}", datatype="decimal") for name in _STEP_DAYS for side in ("Min", "Max")),
    ),
    "planned-outcome": (_POSITION, _STUDY, _required("plannedOutcomeOf", "study")),
    "result": (
        *_ROW,
        _required("resultOf", "study"),
        *_CANONICAL,
        _one("derivedCount", datatype="integer"),
        _one("percent", datatype="decimal"),
        *(_many(right, "result") for right in ("control", "randomisedControl", "sameBefore", "otherControl")),
        _many("besideResult", "result"),
        _many("besideShare", "result"),
    ),
    "comparison": (
        *(*_ROW, _required("comparisonOf", "study"), _one("favours", "arm")),
        *(_many("comparesArm", "arm"), _one("measuresContrast")),
        *_CANONICAL,
    ),
    "withdrawn": (_POSITION, _required("withdrawnFrom", "study")),
    "source": (
        _POSITION,
        _one("ofStudy", "study"),
        _one("sourceOf", "study"),
        _one("shortLabel"),
    ),  # those of findings have none
    "overlap": (_POSITION, _STUDY, _required("overlapOf", "study")),
    "verification": (_POSITION, _STUDY, _required("verificationOf", "study")),
    "bias-assessment": (_POSITION, _STUDY, _required("biasAssessmentOf", "study")),
    "support": (_POSITION, _one("supports", "lesson"), _one("contradicts", "lesson")),
    "lesson": (*_NAMES, _one("studyNames"), _one("contraryNames"), _one("checkLevel", "value")),
    "finding": (*_NAMES[1:], _one("biomarkerNames"), _one("studyNames")),
    "measure": (_POSITION, *_CANONICAL),
    "review": (_many("includesStudy", "study"), *(_one(f"searchedTo{end}") for end in _DAYS)),
    "review-input": (_POSITION, _required("inputOf", "review")),
    "estimate": (
        *(
            Column("key", "key", required=True),
            _STUDY,
            _required("contrastArm", "arm"),
            _required("referenceArm", "arm"),
        ),
        *(_many("computedFrom", "result"), _many("publishedComparison", "comparison")),
        *(_many("publishedReversed", "comparison"), _one("measuresContrast")),
        *(_required("outcome", "outcome"), _one("adverseEvent", "ae")),
        *(_many("withinEvent", "ae"), _one("week", datatype="decimal"), _required("effectMeasure", "value")),
        *(
            _required("estimationMethod", "value"),
            _required("checkLevel", "value"),
            _one("estimate", datatype="decimal"),
        ),
        *(_one("intervalLow", datatype="decimal"), _one("intervalHigh", datatype="decimal")),
        *(_one("intervalLevel", datatype="decimal"), _one("unbounded", datatype="boolean"), _one("unit")),
        *(_one("numberText"), _one("publishedText"), _one("overlapNote")),
    ),
    "pool": (
        *(Column("key", "key", required=True), Column("question", "question", required=True)),
        *(Column("about", "IAO:0000136", many=True), _required("effectMeasure", "value")),
        *(Column("methodText", "methodText", required=True), _one("selectionText")),
        *(_one(name, datatype="integer") for name in ("candidatesFound", "candidatesEligible", "candidatesUsed")),
        *(_one(name, datatype="integer") for name in ("studiesUsed", "eventsUsed", "peopleUsed")),
        *(_one(name, datatype="decimal") for name in ("estimate", "intervalLow", "intervalHigh", "intervalLevel")),
        *(_one(name, datatype="decimal") for name in ("predictionLow", "predictionHigh")),
        *(_one(name, datatype="decimal") for name in ("tauSquared", "iSquared", "cochranQ")),
        *(_one("unit"), _one("numberText"), _one("noEstimateBecause"), _many("groupText"), _many("caveat")),
        *(_one("checkLevel", "value"), _many("riskOfBiasText")),
        *(_many("pooledFrom", "result"), _many("hasCandidate", "candidate")),
    ),
    "candidate": (
        *(Column("usedInPool", "usedInPool", "boolean", required=True), _required("study", "study")),
        *(_one("contrastText"), _one("countsText"), _one("leftOutBecause"), _many("caveat")),
        *(_many("concernsContrast", "contrast"), _one("concernsRow"), _many("pooledFrom", "result")),
        _many("armUnderTest", "arm"),
        *(_one(name, datatype="decimal") for name in ("estimate", "intervalLow", "intervalHigh", "intervalLevel")),
        *(_one("numberText"), _one("poolWeight", datatype="decimal"), _one("checkLevel", "value")),
    ),
    "coverage": (
        *(_STUDY, _required("coreOutcome", "core-outcome"), _required("reportingState", "value")),
        *(_many("restsOnRow"), _many("toldInPartBy"), _many("restsOnGap", "gap")),
    ),
    "pair": (
        Column("key", "key", required=True),
        *(_many("combinesMechanism", "mechanism"), _one("openSide", "drug-class"), _many("pairTestedIn", "arm")),
        *(_many("triedInDisease", "disease"), _many("triedWithinDisease", "disease"), _NAMES[1]),
    ),
    "drug": (
        *(*_ACTS, *_TESTED, _many("binds", "target"), _many("neutralises", "target")),
        *(_many("failedInStudy", "study"), _many("succeededInStudy", "study"), _one("targetNames")),
    ),
    "value": tuple(_one(name, datatype="integer") for name in ("checkRank", "effectSign", "strengthRank")),
    "biomarker": (_many("narrowerThan", "biomarker"),),
    "drug-class": (*_ACTS, *_TESTED),
    "effect": (_one("effectDaysMin", datatype="decimal"), _one("effectDaysMax", datatype="decimal")),
    "target": (_many("targetOf", "drug"),),
    "mechanism": (_many("actsOn"), _many("actsOnCell", "cell"), _many("mechanismOf"), _one("agentNames")),
    "cell": (_many("narrowerThan", "cell"), _one("broaderNames")),
    "process": (_many("narrowerThan", "process"), _one("broaderNames")),
    "disease": (_many("narrowerThan", "disease"), _many("diseaseStudiedIn", "study")),
    "ae": (_many("narrowerThan", "ae"),),
}


@cache
def columns_of(kind: str) -> tuple[Column, ...]:
    """Return the columns of the table of `kind`, a kind of `TABLES`.

    >>> [column.name for column in columns_of("gap")][5:]
    ['key', 'statement', 'reportingState', 'aboutStudy', 'concerns', 'concernsArm', 'lookedIn', 'origin']
    """
    models = [record.model for record in RECORDS if record.table == kind]
    models += [table.model for table in VOCABULARIES if table.kind == kind]
    fields = [column for model in models for column in _columns(model, "", required=len(models) == 1)]
    fields.sort(key=lambda column: column.name != "key")
    columns: dict[str, Column] = {}
    for column in (*_FIRST, *fields, *_ADDED.get(kind, ()), *_effects(kind), _ORIGIN):
        known = columns.get(column.name)
        columns[column.name] = replace(known, many=known.many or column.many) if known else column
    return tuple(columns.values())


def _effects(kind: str) -> Iterator[Column]:
    """Yield what a mechanism edge adds to its subject: one property per effect, and those that follow from them."""
    fields = {field.name: field for field in fields_of(MechanismEdge)}
    mark = fields["subject"].mark
    assert isinstance(mark, Curie)
    if kind in mark.kinds:
        for effect in fields["effect"].choices:
            head, *tail = effect.split("-")
            yield _many(head + "".join(map(str.capitalize, tail)))
        yield _many("influences")


def _columns(model: type[Record], prefix: str, *, required: bool) -> Iterator[Column]:
    for field in fields_of(model):
        needed = required and model.model_fields[field.name].is_required()
        match field.mark:
            case Link() | Own() if model is lessons.FindingSource:
                continue  # such a record points to the source of a study, whose row that is
            case Parts():
                # What has a table of its own names the whole there; sources of a finding may be those of a study.
                if field.name == "sources" and model is lessons.BiomarkerFinding:
                    yield _many("source", "source")
            case Inline(prefix=inner):
                yield from _columns(field.base, inner, required=False)
            case Identity():
                yield Column("key", "key", required=needed)
            case _:
                yield from _column(field, prefix, required=needed)


def _column(field: RecordField, prefix: str, *, required: bool) -> Iterator[Column]:
    predicate = field.predicate
    if prefix and ":" not in predicate:
        predicate = prefix + predicate[0].upper() + predicate[1:]
    name = _OUTSIDE.get(predicate, predicate)
    if name is None:
        return
    datatype = _datatype(field)
    absent = isinstance(field.mark, Value) and field.mark.absent is not None
    yield Column(name, predicate, datatype, field.many, _kind(field), required and not absent and not field.many)
    if datatype == "decimal":
        yield Column(f"{name}Printed", f"{predicate}Printed")


def _kind(field: RecordField) -> str | None:
    match field.mark:
        case Link(kinds=(kind,)):
            return kind
        case Own(kind=kind) | Pointer(kind=kind) if kind != "row":
            return kind
        case Coded():
            return "value"
    return None


def _datatype(field: RecordField) -> str:
    if not isinstance(field.mark, Value):
        return "string"
    found = set(_types(field.base))
    for base, datatype in ((Decimal, "decimal"), (bool, "boolean"), (int, "integer")):
        if base in found:
            return datatype
    return "string"


def _types(base: Any) -> Iterable[type]:
    """Yield the types of the values of an annotation."""
    if isinstance(base, type):
        yield base
        return
    literal = get_origin(base) not in (Union, None) and all(not isinstance(each, type) for each in get_args(base))
    for each in get_args(base):
        if literal:
            yield type(each)
        elif each is not NoneType:
            yield from _types(each)
