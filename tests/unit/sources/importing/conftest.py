"""Invented registry records, as imported with the toy vocabularies and with those of our field."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualbio.mappings import exact_names, read_mappings
from dualbio.sources.corpus import read_corpus
from dualbio.sources.importing.ctgov.inputs import read_studies
from dualbio.sources.importing.ctgov.study import import_study
from dualbio.sources.importing.ledger import Imported
from dualbio.sources.importing.vocabulary import Vocabulary
from registry_records import CTGOV, Import, toy_entities

ONTOLOGY = Path(__file__).resolve().parents[4] / "ontology"


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """Give the toy vocabularies, indexed."""
    return Vocabulary(toy_entities())


@pytest.fixture(scope="session")
def imported_file(vocabulary: Vocabulary) -> Import:
    """Give what becomes of the record in a file of `tests/data/ctgov`."""
    return lambda name: import_study(next(read_studies(CTGOV / f"{name}.json")), vocabulary)


@pytest.fixture(scope="session")
def field() -> Vocabulary:
    """Give the vocabularies of our field, with what other vocabularies call their entities."""
    return Vocabulary(read_corpus(ONTOLOGY).entities, exact_names(read_mappings(ONTOLOGY)))


@pytest.fixture(scope="session")
def field_trial(field: Vocabulary) -> Imported:
    """Give an invented two-arm trial of our field, with results, as imported."""
    return import_study(next(read_studies(CTGOV / "field.json")), field)
