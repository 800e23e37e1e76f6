"""The table of units against a reader of the Unified Code for Units of Measure that is not ours (ucumvert, pint)."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from ucumvert import PintUcumRegistry

from dualbio.build.checks.survey import Survey
from dualbio.model.entities import Unit
from dualbio.model.evidence import Comparison, RegimenStep, Result
from dualbio.model.lessons import FindingMeasure
from dualbio.sources.corpus import Corpus, read_corpus

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
#: A code made of an annotation alone, such as `{score}`, which the reader does not turn into a quantity.
BARE = re.compile(r"\{[^{}]+\}")


@pytest.fixture(name="corpus", scope="module")
def fixture_corpus() -> Corpus:
    """Give the curated sources."""
    return read_corpus(ONTOLOGY)


@pytest.fixture(name="registry", scope="module")
def fixture_registry() -> PintUcumRegistry:
    """Give the units of UCUM."""
    return PintUcumRegistry()


def units(corpus: Corpus) -> dict[str, Unit]:
    """Give the curated units by key."""
    return {key: unit for key, unit in corpus.entities["unit"].items() if isinstance(unit, Unit)}


def test_every_code_is_one_of_ucum(corpus: Corpus, registry: PintUcumRegistry) -> None:
    """Each code is read without complaint; `furlong`, as a word, is none."""
    with pytest.raises(Exception, match="not a valid UCUM unit"):
        registry.from_ucum("furlong")
    for unit in units(corpus).values():
        if not BARE.fullmatch(unit.ucum):
            registry.from_ucum(unit.ucum)


def test_every_factor_is_that_of_the_codes(corpus: Corpus, registry: PintUcumRegistry) -> None:
    """A factor is the one by which UCUM converts, its sign apart, which says which way a change points."""
    table = units(corpus)
    converted = [unit for unit in table.values() if unit.converts_to and not BARE.fullmatch(unit.ucum)]
    assert converted
    for unit in converted:
        base = table[unit.converts_to or ""]
        quantity = registry.from_ucum(unit.ucum).to(registry.from_ucum(base.ucum).units)
        wanted = quantity.magnitude / registry.from_ucum(base.ucum).magnitude
        assert abs(unit.factor or Decimal(0)) == pytest.approx(Decimal(str(wanted)), rel=Decimal("1e-9")), unit.key


def test_every_printed_unit_is_in_the_table(corpus: Corpus) -> None:
    """Rows, measures and doses are in units that have a code."""
    survey, known = Survey(corpus), {unit.symbol for unit in units(corpus).values()}
    models = (Result, Comparison, FindingMeasure, RegimenStep)
    found = {getattr(site.record, "unit") for model in models for site in survey.of(model)}  # noqa: B009
    assert set() == found - known - {None}
