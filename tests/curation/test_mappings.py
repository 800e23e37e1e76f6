"""The curated mapping sets: they conform, cover our entities, and agree with a frozen sample of outside labels."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping as MappingABC
from pathlib import Path

import pytest

from dualbio.mappings import REPLACED_BY, Mapping, mapping_quads, read_mappings
from dualbio.model.entities import TABLES
from dualbio.model.namespaces import BASE
from dualbio.model.record_fields import fields_of
from dualbio.sources.folders import shipped_sources
from dualbio.sources.yaml_lines import read_tsv
from verify_mappings import MappingStatus, check_against

FROZEN = Path(__file__).parents[1] / "data" / "outside"
SETS = (
    "adverse-events",
    "biomarkers",
    "cells",
    "diseases",
    "drugs",
    "outcomes",
    "processes",
    "replaced",
    "targets",
    "values",
)
#: Entities for which no outside term was found, each after a search of the vocabularies named in the sets.
WITHOUT_TERM = {
    "drug:bi-706321",
    "drug:cd19-car-t-cells",
    "drug:jnj-78934804",
    "drug:morf-057",
    "disease:axial-spondyloarthritis",
    "disease:inflammatory-arthritis",
    "process:autoreactive-b-cell-selection",
    "process:b-cell-repopulation",
    "process:colonic-inflammation",
    "process:mature-b-cell-mobilisation",
    "process:transitional-b-cell-maturation",
}
#: Vocabularies that an entity of a kind should be found in.
HOME = {"cell": {"CL"}, "process": {"GO"}, "disease": {"MONDO"}, "drug": {"UNII", "DRUGBANK", "CHEBI"}}


@pytest.fixture(name="mappings", scope="module")
def fixture_mappings() -> list[Mapping]:
    """Return all curated mappings; a defect in any set fails here with the list of problems."""
    return read_mappings(shipped_sources().ontology)


@pytest.fixture(name="labels", scope="module")
def fixture_labels() -> MappingABC[str, str]:
    """Return the label of every row of our tables by CURIE."""
    folder = shipped_sources().ontology / "entities"
    return {
        f"{table.kind}:{row['key']}": row["label"]
        for table in TABLES
        for _, row in read_tsv(folder / table.file, tuple(column.name for column in fields_of(table.model)))
    }


def test_every_kind_has_its_set(mappings: list[Mapping]) -> None:
    """There is one set per kind of entity that outside vocabularies know, and one of withdrawn terms."""
    assert set(SETS) == {Path(mapping.file).name.removesuffix(".sssom.tsv") for mapping in mappings}


def test_subjects_are_our_entities_under_our_labels(mappings: list[Mapping], labels: MappingABC[str, str]) -> None:
    """Every mapping starts from a row of our tables and repeats its label."""
    ours = [mapping for mapping in mappings if mapping.predicate != REPLACED_BY]
    assert {} == {m.subject: m.subject_label for m in ours if labels.get(m.subject) != m.subject_label}


def test_no_pair_is_mapped_twice(mappings: list[Mapping]) -> None:
    """One of our entities and one outside term stand in one relation only."""
    pairs = Counter((mapping.subject, mapping.object) for mapping in mappings)
    assert [] == [pair for pair, count in pairs.items() if count > 1]


@pytest.mark.parametrize("kind", HOME)
def test_every_entity_is_found_outside_or_known_to_be_missing(
    mappings: list[Mapping], labels: MappingABC[str, str], kind: str
) -> None:
    """Cells, processes, diseases and drugs all lead to the vocabulary of their field, but for the listed ones."""
    found = {mapping.subject for mapping in mappings if mapping.object_prefix in HOME[kind]}
    ours = {curie for curie in labels if curie.startswith(f"{kind}:")}
    assert WITHOUT_TERM & ours == ours - found


def test_lexical_grounds_mean_equal_labels(mappings: list[Mapping]) -> None:
    """A mapping made because the labels are equal has equal labels."""
    lexical = [mapping for mapping in mappings if mapping.justification == "semapv:LexicalMatching"]
    assert [] == [m.object for m in lexical if m.object_label.casefold() != m.subject_label.casefold()]
    assert lexical


def test_chained_mappings_name_the_term_they_came_through(mappings: list[Mapping]) -> None:
    """A mapping through MONDO names the MONDO term, and that term is mapped to the same entity."""
    direct = {(mapping.subject, mapping.object) for mapping in mappings}
    chained = [mapping for mapping in mappings if mapping.justification == "semapv:MappingChaining"]
    through = {(m.subject, (m.comment or "").removeprefix("Through ").partition(".")[0]) for m in chained}
    assert through
    assert set() == through - direct


def test_diseases_say_where_the_tree_differs_from_mondo(mappings: list[Mapping], labels: MappingABC[str, str]) -> None:
    """Every disease with a parent and a MONDO term says whether MONDO agrees with our parent."""
    notes = {
        m.subject: m.comment or ""
        for m in mappings
        if m.object_prefix == "MONDO" and m.subject.startswith("disease:") and (m.comment or "").startswith("Direct")
    }
    with_term = {c for c in labels if c.startswith("disease:")} - WITHOUT_TERM - {"disease:autoimmune-disease"}
    assert set() == {c for c in with_term if not {"Agrees:", "Differs:"} & set(notes.get(c, "").split())}
    assert "Differs: our parent, systemic lupus erythematosus (MONDO:0007915)" in notes["disease:lupus-nephritis"]
    assert "rheumatoid arthritis (MONDO:0008383)" in notes["disease:psoriatic-arthritis"]
    assert "Agrees:" in notes["disease:sle"]


def test_withdrawn_ids_lead_to_our_entities(mappings: list[Mapping]) -> None:
    """Each withdrawn id is replaced by a term that one of our entities maps to, lupus nephritis among them."""
    reached = {mapping.object for mapping in mappings if mapping.predicate != REPLACED_BY}
    replaced = {mapping.subject: mapping.object for mapping in mappings if mapping.predicate == REPLACED_BY}
    assert "MONDO:0005556" == replaced["EFO:0005761"]
    assert set() == set(replaced.values()) - reached
    assert set() == set(replaced) & reached


def test_the_frozen_sample_of_outside_labels_is_confirmed(mappings: list[Mapping]) -> None:
    """Every identifier of the frozen table is mapped, under the very label that the outside vocabulary gives it."""
    with (FROZEN / "terms.tsv").open(encoding="utf-8", newline="") as stream:
        frozen = {row["id"]: row["label"] for row in csv.DictReader(stream, delimiter="\t")}
    sample = {mapping.object: mapping for mapping in mappings if mapping.object in frozen}
    report = check_against(list(sample.values()), FROZEN)
    assert set(frozen) == set(sample)
    assert [] == [str(outcome) for outcome in report.outcomes if outcome.finding is not MappingStatus.CONFIRMED]


def test_the_triples_start_from_our_individuals(mappings: list[Mapping]) -> None:
    """Every mapping gives one SKOS or replacement triple, all subjects of SKOS triples are in our namespaces."""
    quads = [quad for quad in mapping_quads(mappings) if "skos/core#" in quad.predicate.value]
    ours = [mapping for mapping in mappings if mapping.predicate != REPLACED_BY]
    assert len(ours) == len(quads)
    assert all(str(quad.subject).startswith(f"<{BASE}") for quad in quads)
