"""Numbers of one quantity come to one unit, and a percentage gives a count where only one fits."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.model.evidence import Result
from dualbio.model.namespaces import individual
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.synthesis.canonical_numbers import canonical, derived_count, number_quads

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Give the curated sources."""
    return read_corpus(ROOT / "ontology")


def percentage(value: str, total: int | None, **more: Any) -> Result:
    """Return a printed percentage of people."""
    row = {
        "id": "r001", "arm": "a", "kind": "efficacy", "outcome": "sri-4", "outcome_as_reported": "response",
        "role": "primary", "week": 52, "population": "ITT", "unit_of_analysis": "patient", "statistic": "percent",
        "total": total, "value": Decimal(value), "unit": "%", "source": "s1", "locator": "Table", "checked": "fulltext",
    }  # fmt: skip
    return Result.model_validate({**row, **more})


@pytest.mark.parametrize(
    ("value", "symbol", "term", "expected"),
    [
        ("0.012", "10^9/L", "outcome:b-cell-count", ("12", "cell-per-microlitre")),
        ("11", "cells/uL", "biomarker:b-cell-count", ("11", "cell-per-microlitre")),
        ("0.5", "mg/dL", "biomarker:crp", ("5", "milligram-per-litre")),
        ("900", "mg/dL", "biomarker:serum-igg", ("9", "gram-per-litre")),
        ("15.6", "% decrease", "outcome:serum-igg-change", ("-15.6", "percent")),
        ("-97", "%", "outcome:b-cell-fall", ("97", "percent-decrease")),
        ("2", "weeks", "outcome:disease-control-duration", ("14", "day")),
    ],
)
def test_a_number_comes_to_the_canonical_unit(
    value: str, symbol: str, term: str, expected: tuple[str, str], corpus: Corpus
) -> None:
    """The printed number, its unit and what it measures decide; the value is exact."""
    number = canonical(corpus.entities["unit"], Decimal(value), symbol, [term])
    assert number is not None
    assert (Decimal(expected[0]), expected[1]) == (number.value, number.unit)


@pytest.mark.parametrize(
    ("symbol", "term"),
    [
        ("IU", "biomarker:anti-dsdna"),  # no volume: another quantity
        ("U/mL", "biomarker:anti-dsdna"),  # units of another assay
        ("%", "outcome:b-cell-count"),
        ("furlong", "outcome:b-cell-count"),
        ("10^9/L", "outcome:sri-4"),  # has no canonical unit
    ],
)
def test_what_cannot_be_compared_is_not_converted(symbol: str, term: str, corpus: Corpus) -> None:
    """A unit of another kind of quantity gives no number."""
    assert canonical(corpus.entities["unit"], Decimal(1), symbol, [term]) is None


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (percentage("19.4", 144), 28),
        (percentage("19.4", 144, statistic="count"), 28),  # people are counted, and only their share is printed
        (percentage("50", 7), None),  # 3/7 is 43 %, 4/7 is 57 %
        (percentage("19", 1000), None),  # 185 to 195 all print as 19
        (percentage("0", 40), 0),
        (percentage("100", 40), 40),
        (percentage("19.4", None), None),
        (percentage("19.4", 144, events=28), None),  # printed already
        (percentage("19.4", 144, value_bound="<"), None),
        (percentage("19.4", 144, unit_of_analysis="treatment-course"), None),
        (percentage("19.4", 144, derived=True, derived_fields=("total",)), None),
        (percentage("19.4", 144, statistic="mean"), None),
    ],
)
def test_a_count_is_derived_where_exactly_one_fits(row: Result, count: int | None) -> None:
    """A percentage and its total leave room for one number of people, or nothing is derived."""
    assert count == derived_count(row)


@given(total=st.integers(1, 60), data=st.data())
def test_a_derived_count_prints_as_the_percentage(total: int, data: st.DataObject) -> None:
    """Whatever count the percentage was printed from is the one that is derived."""
    events = data.draw(st.integers(0, total))
    printed = (Decimal(100) * events / total).quantize(Decimal("0.1"))
    assert events == derived_count(percentage(str(printed), total))


def test_what_is_printed_stays_as_it_is(corpus: Corpus) -> None:
    """Only canonical values and units and derived counts are said, beside the printed number."""
    said = {quad.predicate.value.rsplit("#")[-1] for quad in number_quads(corpus)}
    assert {"canonicalValue", "canonicalUnit", "derivedCount"} == said


def test_only_a_difference_of_means_has_the_unit_of_its_outcome(corpus: Corpus) -> None:
    """A ratio of two values in mg/l is no value in mg/l, so it has no canonical number; their difference has one."""
    measures = {
        f"{key}.{row.id}": row.measure for key, file in corpus.study_files.items() for row in file.comparisons or ()
    }
    nodes = {str(individual("comparison", name)): name for name in measures}
    found = {nodes[str(quad.subject)] for quad in number_quads(corpus) if str(quad.subject) in nodes}
    assert found
    assert {"MD"} == {measures[name] for name in found}
