"""Contrasts and estimates as individuals of the graph `synthesis`, each with the rows that it was made from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Context, Decimal
from math import isinf

from pyoxigraph import Literal, Quad

from dualbio.model.evidence import StudyFile
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.rdf.numbers import number_literal
from dualbio.synthesis.contrasts import Contrast, contrasts_of, principal_measure, shared_references
from dualbio.synthesis.control_rows import control_quads
from dualbio.synthesis.estimates import Estimate, estimates_of
from dualbio.synthesis.intervals import LEVEL
from dualbio.synthesis.readings import number_text, overlap_notes, standing_rows
from dualbio.synthesis.row_pairs import RowPair, row_pairs_of, share_pairs_of

__all__ = ["synthesis_quads"]

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


def synthesis_quads(files: Iterable[StudyFile], acronyms: Mapping[str, str] | None = None) -> Iterator[Quad]:
    """Yield the contrasts and the estimates of studies as quads of the graph `synthesis`.

    Args:
        files: the studies.
        acronyms: what these and the others are called, by key; where it is left out, there are no others.
    """
    files = tuple(files)
    acronyms = {file.study.id: file.study.acronym for file in files} if acronyms is None else acronyms
    for file in files:
        contrasts = list(contrasts_of(file))
        notes = _overlaps(contrasts, file, acronyms)
        standing = standing_rows(file.comparisons or ())
        for contrast in contrasts:
            node = individual("contrast", f"{file.study.id}.{contrast.key}")
            for name, value in (*_contrast(contrast, file), *notes[contrast.key]):
                yield Quad(node, term(name), value, _GRAPH)
        yield from _beside("besideResult", (*row_pairs_of(file), *share_pairs_of(file)))
        yield from _beside("besideShare", share_pairs_of(file))
        for estimate in estimates_of(file):
            node = individual("estimate", f"{file.study.id}.{estimate.key}")
            published = _published(estimate, standing)
            for name, value in (*_properties(estimate, file), *notes[estimate.contrast.key], *published):
                yield Quad(node, term(name), value, _GRAPH)
        yield from control_quads(file)


def _beside(relation: str, pairs: Iterable[RowPair]) -> Iterator[Quad]:
    """Yield from each row of an arm under test a relation to the comparable row of another arm."""
    for pair in pairs:
        row, other = (individual("result", f"{pair.study}.{each.id}") for each in (pair.a, pair.b))
        yield Quad(row, term(relation), other, _GRAPH)


def _overlaps(
    contrasts: Iterable[Contrast], file: StudyFile, acronyms: Mapping[str, str]
) -> dict[str, list[tuple[str, Literal]]]:
    """Return in words, by key of the contrast, whose people it counts again."""
    labels = {arm.id: arm.label for arm in file.arms}
    of_arms = overlap_notes(file, acronyms)
    contrasts = tuple(contrasts)
    shared = shared_references(contrasts)
    notes: dict[str, list[tuple[str, Literal]]] = {}
    for contrast in contrasts:
        others = ", ".join(labels[key] for key in shared.get(contrast.key, ()))
        words = [f"{labels[contrast.b]}: also set against {others}"] if others else []
        words += [f"{labels[arm]}: {of_arms[arm]}" for arm in (contrast.a, contrast.b) if arm in of_arms]
        notes[contrast.key] = [("overlapNote", Literal("; ".join(words)))] if words else []
    return notes


def _published(estimate: Estimate, standing: Collection[str]) -> Iterator[tuple[str, Literal]]:
    """Yield what sources print of the same contrast, in the digits of the source."""
    texts = [
        f"{'' if row.estimate is None else f'{row.measure} '}{number_text(row)}"
        + ("" if row.a == estimate.pair.a.arm else ", other arm first")
        for row in estimate.contrast.comparisons
        if row.id in standing
    ]
    if texts:
        yield "publishedText", Literal("; ".join(texts))


def _contrast(contrast: Contrast, file: StudyFile) -> Iterator[tuple[str, GroundTerm]]:
    study, row = file.study.id, contrast.row
    yield "rdf:type", term("Contrast")
    yield "rdfs:label", Literal(f"{file.study.acronym}: {row.title}, {_arms(contrast, file)}", language="en")
    yield "key", Literal(contrast.key)
    yield "ofStudy", individual("study", study)
    yield "contrastArm", individual("arm", f"{study}.{contrast.a}")
    yield "referenceArm", individual("arm", f"{study}.{contrast.b}")
    yield "outcome", individual("outcome", row.outcome)
    yield "outcomeKind", individual("value", f"outcome-kind.{row.kind}")
    yield "resultRole", individual("value", f"result-role.{contrast.role}")
    yield "reportedAs", Literal(row.outcome_as_reported)
    if row.ae:
        yield "adverseEvent", individual("ae", row.ae)
    if row.biomarker:
        yield "biomarker", individual("biomarker", row.biomarker)
    if row.week is not None:
        yield "week", number_literal(row.week, counted=True)
    for comparison in contrast.comparisons:
        yield "measuredBy", individual("comparison", f"{study}.{comparison.id}")
    principal = principal_measure(contrast)
    if principal:
        yield "principalMeasure", individual("comparison", f"{study}.{principal.id}")


def _properties(estimate: Estimate, file: StudyFile) -> Iterator[tuple[str, GroundTerm]]:
    study, a, b = file.study.id, estimate.pair.a, estimate.pair.b
    yield "rdf:type", term("WithinStudyEstimate")
    yield "rdfs:label", Literal(_label(estimate, file), language="en")
    yield "key", Literal(estimate.key)
    yield "ofStudy", individual("study", study)
    yield "contrastArm", individual("arm", f"{study}.{a.arm}")
    yield "referenceArm", individual("arm", f"{study}.{b.arm}")
    for row in (a, b):
        yield "computedFrom", individual("result", f"{study}.{row.id}")
    yield "measuresContrast", individual("contrast", f"{study}.{estimate.contrast.key}")
    for comparison in estimate.contrast.comparisons:
        published = "publishedComparison" if comparison.a == a.arm else "publishedReversed"
        yield published, individual("comparison", f"{study}.{comparison.id}")
    yield "outcome", individual("outcome", a.outcome)
    if a.ae:
        yield "adverseEvent", individual("ae", a.ae)
    if a.week is not None:
        yield "week", number_literal(a.week, counted=True)
    yield "effectMeasure", individual("value", f"effect-measure.{estimate.measure}")
    yield "estimationMethod", individual("value", f"estimation-method.{estimate.method}")
    yield "checkLevel", individual("value", f"check-level.{estimate.checked}")
    yield from _numbers(estimate)


def _numbers(estimate: Estimate) -> Iterator[tuple[str, Literal]]:
    """Yield the effect and its interval; what is infinite has no number, and says so."""
    effect, (_, unit) = estimate.effect, _MEASURES[estimate.measure]
    rounded = {
        name: number_literal(_rounded(number, unit))
        for name, number in (("estimate", effect.value), ("intervalLow", effect.low), ("intervalHigh", effect.high))
        if not isinf(number)
    }
    yield from rounded.items()
    value, low, high = (
        rounded[name].value if name in rounded else "no limit" for name in ("estimate", "intervalLow", "intervalHigh")
    )
    yield "numberText", Literal(f"{value} ({low} to {high})")
    if isinf(effect.high):
        yield "unbounded", Literal(True)
    yield "intervalLevel", number_literal(Decimal(LEVEL), counted=True)
    if unit:
        yield "unit", Literal(unit)


def _rounded(number: float, unit: str | None) -> Decimal:
    return Decimal(number).quantize(_STEP) if unit else _RATIO.create_decimal_from_float(number)


def _label(estimate: Estimate, file: StudyFile) -> str:
    """Return a name such as `BLISS-BELIEVE: risk difference of infection at week 52, one arm against another`."""
    row = estimate.pair.a
    name, _ = _MEASURES[estimate.measure]
    return f"{file.study.acronym}: {name} of {row.title}, {_arms(estimate.pair, file)}"


def _arms(sides: Contrast | RowPair, file: StudyFile) -> str:
    labels = {arm.id: arm.label for arm in file.arms}
    a, b = (sides.a, sides.b) if isinstance(sides, Contrast) else (sides.a.arm, sides.b.arm)
    return f"{labels[a]} against {labels[b]}"
