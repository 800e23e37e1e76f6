"""Estimates as individuals of the graph `synthesis`, each with the rows that it was computed from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Context, Decimal
from math import isinf

from pyoxigraph import Literal, NamedNode, Quad

from dualbio.evidence import Result, StudyFile
from dualbio.namespaces import graph_iri, individual, term
from dualbio.synthesis.estimates import Estimate, estimates_of
from dualbio.synthesis.intervals import LEVEL

__all__ = ["estimate_quads"]

_GRAPH = graph_iri("synthesis")
#: What a measure is called in a label, and the unit of its number.
_MEASURES: dict[str, tuple[str, str | None]] = {
    "rd": ("risk difference", "percentage points"),
    "rr": ("relative risk", None),
    "or": ("odds ratio", None),
    "rate-difference": ("rate difference", "per 100 patient-years"),
    "rate-ratio": ("rate ratio", None),
}
#: Ratios keep four significant digits, differences two decimals: far less than the arithmetic holds, so that every
#: machine writes the same.
_RATIO = Context(prec=4)
_STEP = Decimal("0.01")


def estimate_quads(files: Iterable[StudyFile]) -> Iterator[Quad]:
    """Yield the estimates of studies as quads of the graph `synthesis`."""
    for file in files:
        for estimate in estimates_of(file):
            node = individual("estimate", f"{file.study.id}.{estimate.key}")
            for name, value in _properties(estimate, file):
                yield Quad(node, term(name), value, _GRAPH)


def _properties(estimate: Estimate, file: StudyFile) -> Iterator[tuple[str, NamedNode | Literal]]:
    study, a, b = file.study.id, estimate.contrast.a, estimate.contrast.b
    yield "rdf:type", term("WithinStudyEstimate")
    yield "rdfs:label", Literal(_label(estimate, file))
    yield "key", Literal(estimate.key)
    yield "ofStudy", individual("study", study)
    yield "contrastArm", individual("arm", f"{study}.{a.arm}")
    yield "referenceArm", individual("arm", f"{study}.{b.arm}")
    for row in (a, b):
        yield "computedFrom", individual("result", f"{study}.{row.id}")
    for comparison in estimate.contrast.published:
        yield "publishedComparison", individual("comparison", f"{study}.{comparison.id}")
    yield "outcome", individual("outcome", a.outcome)
    if a.ae:
        yield "adverseEvent", individual("ae", a.ae)
    if a.week is not None:
        yield "week", _decimal(a.week)
    yield "effectMeasure", individual("value", f"effect-measure.{estimate.measure}")
    yield "estimationMethod", individual("value", f"estimation-method.{estimate.method}")
    yield "checkLevel", individual("value", f"check-level.{estimate.checked}")
    yield from _numbers(estimate)


def _numbers(estimate: Estimate) -> Iterator[tuple[str, Literal]]:
    """Yield the effect and its interval; what is infinite has no number, and says so."""
    effect, (_, unit) = estimate.effect, _MEASURES[estimate.measure]
    for name, number in (("estimate", effect.value), ("intervalLow", effect.low), ("intervalHigh", effect.high)):
        if not isinf(number):
            yield name, _decimal(_rounded(number, unit))
    if isinf(effect.high):
        yield "unbounded", Literal(True)
    yield "intervalLevel", _decimal(Decimal(LEVEL))
    if unit:
        yield "unit", Literal(unit)


def _rounded(number: float, unit: str | None) -> Decimal:
    return Decimal(number).quantize(_STEP) if unit else _RATIO.create_decimal_from_float(number)


def _decimal(number: Decimal) -> Literal:
    """Return a decimal in the form that a store gives back: no zeros at the end, no negative zero."""
    text = f"{number.normalize():f}"
    return Literal("0" if text == "-0" else text, datatype=term("xsd:decimal"))


def _label(estimate: Estimate, file: StudyFile) -> str:
    """Return a name such as `BLISS-BELIEVE: risk difference of infection at week 52, one arm against another`."""
    labels = {arm.id: arm.label for arm in file.arms}
    a, b = estimate.contrast.a, estimate.contrast.b
    name, _ = _MEASURES[estimate.measure]
    what = f"{name} of {a.outcome_as_reported}{_part(a)}"
    return f"{file.study.acronym}: {what}, {labels[a.arm]} against {labels[b.arm]}"


def _part(row: Result) -> str:
    """Return in words when and in whom a row was counted, as far as its fields say it."""
    group = f" ({row.subgroup.factor}: {row.subgroup.level})" if row.subgroup else ""
    return f"{group} at week {row.week}" if row.week is not None else group
