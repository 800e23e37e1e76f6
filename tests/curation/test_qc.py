"""The quality queries: the release has no row, a broken graph has one for each query, and none is slow."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.build.quality import run_qc
from dualbio.errors import NotFoundError, QueryFileError
from dualbio.model.namespaces import KINDS, PREFIXES, graph_iri
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

FOLDER = shipped_sources().ontology / "qc"
FILES = sorted(FOLDER.glob("*.rq"))
#: For each query a record that breaks its rule, and the name under which the row is told.
BROKEN = {
    "circular-definition": ("dualbio:Ring", 'dualbio:Ring rdfs:label "ring"@en ; IAO:0000115 "A ring is round."@en .'),
    "circular-hierarchy": ("cell:a", "cell:a dualbio:narrowerThan cell:a ."),
    "combination-without-two-agents": (
        "arm:s.a",
        (
            "arm:s.a dualbio:armRole value:arm-role.combination ; dualbio:hasRegimen regimen:s.a . "
            "regimen:s.a dualbio:hasStep step:s.a.1 , step:s.a.2 . "
            "step:s.a.1 dualbio:stepRole value:step-role.active . "
            "step:s.a.2 dualbio:stepRole value:step-role.placebo ."
        ),
    ),
    "deprecated-reference": ("cell:a", "CL:1 owl:deprecated true . cell:a skos:exactMatch CL:1 ."),
    "duplicate-label": (
        "drug:a",
        'drug:a a dualbio:Drug ; rdfs:label "same"@en . drug:b a dualbio:Drug ; rdfs:label "same"@en .',
    ),
    "edge-against-its-evidence": (
        "edge:a",
        (
            "edge:a dualbio:edgeEvidence finding:bf01 ; dualbio:checkLevel value:check-level.fulltext . "
            "finding:bf01 dualbio:checkLevel value:check-level.abstract ."
        ),
    ),
    "foreign-iri": ("https://w3id.org/dualbio/pill/a", "<https://w3id.org/dualbio/pill/a> skos:note 'strange' ."),
    "interval-misses-estimate": (
        "comparison:s.c001",
        "comparison:s.c001 dualbio:estimate 3.1 ; dualbio:intervalLow 1.0 ; dualbio:intervalHigh 3.0 .",
    ),
    "mapping-without-subject": (
        "mapping:a",
        "mapping:a owl:annotatedSource cell:gone ; owl:annotatedTarget CL:1 .",
    ),
    "missing-chinese-label": ("target:a", 'target:a a dualbio:Target ; rdfs:label "a"@en .'),
    "missing-definition": ("mechanism:a", "mechanism:a a dualbio:Mechanism ."),
    "missing-definition-source": ("cell:a", "cell:a a dualbio:CellPopulation ; dualbio:definitionBuildsOn 'nobody' ."),
    "missing-label": ("study:a", 'study:a a dualbio:Study ; rdfs:label "甲"@zh .'),
    "orphan-entity": ("ae:a", "ae:a a dualbio:AdverseEvent ; skos:exactMatch OAE:1 ."),
    "result-above-total": (
        "result:s.r001",
        (
            "result:s.r001 a dualbio:Result ; dualbio:events 11 ; dualbio:total 10 ; "
            "dualbio:unitOfAnalysis value:unit-of-analysis.patient ."
        ),
    ),
    "combination-type-against-steps": (
        "arm:s.a",
        "arm:s.a a dualbio:DualBiologicArm ; dualbio:combinationType value:combination-type.mixed .",
    ),
    "sequence-without-order": (
        "arm:s.a",
        (
            "arm:s.a a dualbio:Arm ; dualbio:statedStrategy value:strategy.sequential ; "
            "dualbio:armRole value:arm-role.combination ."
        ),
    ),
    "strategy-against-steps": (
        "arm:s.a",
        (
            "arm:s.a dualbio:statedStrategy value:strategy.concurrent ; "
            "dualbio:startRelation value:start-relation.later ."
        ),
    ),
    "undeclared-term": ("dualbio:invented", "study:a dualbio:invented 1 ."),
    "wrong-language": ("drug:a", 'drug:a rdfs:label "two words"@zh .'),
}


def broken_store(turtle: str) -> EmbeddedStore:
    """Return a store whose entities graph holds `turtle`, written with the prefixes of the project."""
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    store = ox.Store()
    store.load((head + turtle).encode(), format=ox.RdfFormat.TURTLE, to_graph=graph_iri("entities"))
    return EmbeddedStore(store)


def test_the_release_has_no_defect(store: EmbeddedStore) -> None:
    """No query has a row but for those waived with a reason, and no waiver has outlived its row."""
    assert [] == list(map(str, run_qc(store)))


def test_every_query_has_a_record_that_breaks_it() -> None:
    """No query is without a broken record."""
    assert set(BROKEN) == {file.name.removesuffix("-violation.rq") for file in FILES}


@pytest.mark.parametrize("check", BROKEN)
def test_a_broken_record_is_told(check: str) -> None:
    """Each query tells the record that was broken for it, with the rule and the repair."""
    record, turtle = BROKEN[check]
    told = [problem for problem in run_qc(broken_store(turtle)) if problem.check == check and problem.record == record]
    assert told
    assert "repair: correct the record" in told[0].message


def test_kinds_are_those_of_the_prefix_table() -> None:
    """The query of strange IRIs accepts exactly the kinds that there are."""
    text = (FOLDER / "foreign-iri-violation.rq").read_text(encoding="utf-8")
    listed = text.partition("NOT IN (\n")[2].partition(")")[0]
    assert set(KINDS) == {word.strip().strip('"') for word in listed.split(",")}


def test_a_waiver_without_a_row_is_told() -> None:
    """A waiver is a defect once its row is gone."""
    told = run_qc(broken_store('study:a rdfs:label "a" .'))
    assert ("drug:dapirolizumab-pegol", "missing-chinese-label") in {
        (problem.record, problem.check) for problem in told
    }


def test_other_columns_are_refused(tmp_path: Path) -> None:
    """A query must select entity, property and value."""
    (tmp_path / "odd-violation.rq").write_text("#+ title: Odd.\nSELECT ?entity WHERE { ?entity a ?type }")
    with pytest.raises(QueryFileError, match=r"columns \['entity'\]; accepted: SELECT \?entity \?property \?value"):
        run_qc(broken_store("cell:a a dualbio:CellPopulation ."), tmp_path)


def test_a_query_that_is_not_sparql_is_named(tmp_path: Path) -> None:
    """A broken query file is told by name."""
    (tmp_path / "bad-violation.rq").write_text("SELECT nothing")
    with pytest.raises(QueryFileError, match=r"bad-violation\.rq"):
        run_qc(broken_store(""), tmp_path)


def test_a_folder_without_queries_is_refused(tmp_path: Path) -> None:
    """Checking nothing is no success."""
    with pytest.raises(NotFoundError, match="no file"):
        run_qc(broken_store(""), tmp_path)
