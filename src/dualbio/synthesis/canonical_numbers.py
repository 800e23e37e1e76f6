"""Numbers of one quantity on one axis: values in a canonical unit, and the counts behind percentages.

What a source printed never changes; these numbers stand beside it.  Units, their codes in the Unified Code for Units of
Measure (https://ucum.org) and their factors are curated in `entities/units.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, Quad

from dualbio.model.entities import Entity, Unit
from dualbio.model.evidence import Comparison, Result, StudyFile
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.sources.corpus import Corpus

__all__ = ["CanonicalNumber", "canonical", "derived_count", "number_quads", "units_by_symbol"]

_GRAPH = graph_iri("synthesis")
_PERCENT = ("count", "percent")


class CanonicalNumber(NamedTuple):
    """A number in the canonical unit of what it measures; `unit` is the key of the unit."""

    value: Decimal
    unit: str


def units_by_symbol(units: Mapping[str, Entity]) -> dict[str, Unit]:
    """Return the units by the form in which records print them."""
    return {unit.symbol: unit for unit in units.values() if isinstance(unit, Unit)}


def canonical(units: Mapping[str, Entity], value: Decimal, symbol: str, terms: Iterable[str]) -> CanonicalNumber | None:
    """Return a printed number in the canonical unit of what it measures.

    Args:
        units: the curated units by key.
        value: the number as printed.
        symbol: its unit as printed.
        terms: what it measures, such as `outcome:b-cell-count` and `biomarker:b-cell-count`.

    Returns:
        None when what it measures has no canonical unit that the printed one leads to.
    """
    printed = units_by_symbol(units).get(symbol)
    wanted = set(terms)
    for key, target in units.items():
        if (
            printed
            and isinstance(target, Unit)
            and wanted & set(target.canonical_for)
            and _base(printed) == _base(target)
        ):
            return CanonicalNumber(value * (printed.factor or 1) / (target.factor or 1), key)
    return None


def _base(unit: Unit) -> str:
    """Return the unit that a unit leads to, or its own key."""
    return unit.converts_to or unit.key


def derived_count(row: Result) -> int | None:
    """Return the only number of people that a printed percentage and its total leave room for.

    A percentage printed to the last place shown may stand for several counts when the total is large; then there is
    none, nor where the count is printed, where something else than people was counted, or where the total itself was
    derived.
    """
    counted = row.statistic in _PERCENT and row.unit == "%" and row.unit_of_analysis == "patient"
    if not counted or row.events is not None or row.total is None or row.value is None or row.value_bound is not None:
        return None
    if "total" in (row.derived_fields or ()):
        return None
    exponent = row.value.as_tuple().exponent
    assert isinstance(exponent, int)
    half = Decimal("0.5").scaleb(min(exponent, 0))
    fitting = [n for n in range(row.total + 1) if abs(Decimal(100) * n / row.total - row.value) <= half]
    return fitting[0] if len(fitting) == 1 else None


def number_quads(corpus: Corpus, files: Mapping[str, StudyFile] | None = None) -> Iterator[Quad]:
    """Yield canonical values and derived counts as quads of the graph `synthesis`, of all findings and of studies.

    Args:
        corpus: the records.
        files: the studies; all of them, where it is left out.
    """
    units = corpus.entities["unit"]
    for key, file in (corpus.study_files if files is None else files).items():
        for row in file.results or ():
            node = individual("result", f"{key}.{row.id}")
            yield from _canonical_quads(units, node, row.value, row.unit, _terms(row))
            count = derived_count(row)
            if count is not None:
                yield Quad(node, term("derivedCount"), Literal(count), _GRAPH)
        for comparison in file.comparisons or ():
            if comparison.measure == "MD":
                node = individual("comparison", f"{key}.{comparison.id}")
                yield from _canonical_quads(units, node, comparison.estimate, comparison.unit, _terms(comparison))
    for finding in corpus.findings_file.biomarker_findings:
        for position, measure in enumerate(finding.measures or (), start=1):
            node = individual("measure", f"{finding.id}.{position}")
            terms = [f"biomarker:{biomarker}" for biomarker in finding.biomarkers]
            yield from _canonical_quads(units, node, measure.estimate, measure.unit, terms)


def _canonical_quads(
    units: Mapping[str, Entity], node: NamedNode, value: Decimal | None, symbol: str | None, terms: Iterable[str]
) -> Iterator[Quad]:
    number = canonical(units, value, symbol, terms) if value is not None and symbol is not None else None
    if number:
        text = f"{number.value.normalize():f}"
        yield Quad(node, term("canonicalValue"), Literal(text, datatype=term("xsd:decimal")), _GRAPH)
        yield Quad(node, term("canonicalUnit"), individual("unit", number.unit), _GRAPH)


def _terms(row: Result | Comparison) -> list[str]:
    named = (("outcome", row.outcome), ("biomarker", row.biomarker))
    return [f"{kind}:{key}" for kind, key in named if key]
