"""Mapping sets: reading them, their triples, and holding them against outside files of every format."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from dualbio.errors import DataError, MissingExtraError, NotFoundError, Problem
from dualbio.mappings import COLUMNS, Mapping, mapping_quads, read_mappings
from ontology_files import OutsideTerm, UnreadableFileError, read_terms
from verify_mappings import MappingStatus, check_against, main

OBO = "http://purl.obolibrary.org/obo/"
HEAD = f"""#mapping_set_id: https://w3id.org/dualbio/mappings/cells.sssom.tsv
#license: https://creativecommons.org/licenses/by/4.0/
#curie_map:
#  CL: {OBO}CL_
#  EFO: http://www.ebi.ac.uk/efo/EFO_
#  IAO: {OBO}IAO_
#  bioregistry: https://bioregistry.io/registry/
#  cell: https://w3id.org/dualbio/cell/
#  semapv: https://w3id.org/semapv/vocab/
#  skos: http://www.w3.org/2004/02/skos/core#
"""
B_CELL = {
    "subject_id": "cell:b-cell",
    "subject_label": "B cell",
    "predicate_id": "skos:exactMatch",
    "object_id": "CL:0000236",
    "object_label": "B cell",
    "mapping_justification": "semapv:LexicalMatching",
    "confidence": "0.99",
    "object_source": "bioregistry:cl",
    "object_source_version": "2026-03-26",
    "other": "seen_in=CL 2026-03-26",
    "comment": "",
}
PLASMA_CELL = B_CELL | {
    "subject_id": "cell:plasma-cell",
    "subject_label": "plasma cell",
    "object_id": "CL:0000786",
    "object_label": "plasma cell",
}
REPLACED = B_CELL | {
    "subject_id": "EFO:0000001",
    "subject_label": "old B cell",
    "predicate_id": "IAO:0100001",
    "comment": "Withdrawn.",
}
CELLS = (
    "key\tlabel\tlabel_zh\tsynonyms\tdefinition\tdefinition_source\tparents\tchecked\n"
    "b-cell\tB cell\t\t\t\t\t\ttextbook\n"
    "plasma-cell\tplasma cell\t\t\t\t\t\ttextbook\n"
)

Sources = Callable[..., Path]


@pytest.fixture(name="sources")
def fixture_sources(tmp_path: Path) -> Sources:
    """Return a maker of curated sources with a table of two cells and one mapping set."""

    def make(*rows: dict[str, str], head: str = HEAD, columns: tuple[str, ...] = COLUMNS) -> Path:
        folder = tmp_path / "ontology"
        for name in ("entities", "mappings"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "entities" / "cells.tsv").write_text(CELLS, encoding="utf-8")
        lines = ["\t".join(columns), *("\t".join(row[c] for c in columns) for row in rows)]
        (folder / "mappings" / "cells.sssom.tsv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
        return folder

    return make


def problems_of(folder: Path) -> tuple[Problem, ...]:
    """Return the problems that reading the sets of `folder` raises."""
    with pytest.raises(DataError) as caught:
        read_mappings(folder)
    return caught.value.problems


def test_a_row_is_read_with_its_iris(sources: Sources) -> None:
    """A sound row gives its cells, the IRIs of its CURIEs, its exact confidence and its place."""
    (mapping,) = read_mappings(sources(B_CELL))
    assert (
        "https://w3id.org/dualbio/cell/b-cell",
        "http://www.w3.org/2004/02/skos/core#exactMatch",
        f"{OBO}CL_0000236",
        Decimal("0.99"),
        "https://bioregistry.io/registry/cl",
        None,
        "CL",
        "ontology/mappings/cells.sssom.tsv",
        12,
    ) == (
        mapping.subject_iri,
        mapping.predicate_iri,
        mapping.object_iri,
        mapping.confidence,
        mapping.source,
        mapping.comment,
        mapping.object_prefix,
        mapping.file,
        mapping.line,
    )


def test_a_folder_without_sets_gives_no_mappings(tmp_path: Path) -> None:
    """Sources without a folder of mappings are sources without mappings, not an error."""
    assert [] == read_mappings(tmp_path)


DEFECTS: list[tuple[str, dict[str, str], str]] = [
    ("unknown-subject", {"subject_id": "cell:b-cel"}, "did you mean 'cell:b-cell'?"),
    ("subject-label", {"subject_label": "B lymphocyte"}, "accepted: 'B cell'"),
    ("malformed-curie", {"object_id": "CL_0000236"}, "accepted: prefix:local"),
    ("unknown-prefix", {"object_id": "MONDO:0007915"}, "repair: add it to the head"),
    ("unknown-predicate", {"predicate_id": "skos:sameMatch"}, "accepted: skos:exactMatch"),
    ("unknown-justification", {"mapping_justification": "semapv:Guess"}, "accepted: semapv:ManualMappingCuration"),
    ("missing-justification", {"mapping_justification": ""}, "repair: fill it in"),
    ("missing-cell", {"object_label": ""}, "'object_label' is empty"),
    ("confidence", {"confidence": "1.01"}, "accepted: a number from 0 to 1"),
    ("confidence", {"confidence": "NaN"}, "accepted: a number from 0 to 1"),
    ("confidence", {"confidence": "high"}, "accepted: a number from 0 to 1"),
    ("seen-in", {"other": "CL 2026-03-26"}, "accepted: seen_in= and the file that shows the term"),
    ("seen-in", {"other": "seen_in="}, "accepted: seen_in= and the file that shows the term"),
    ("whitespace", {"comment": " near "}, "repair: remove the blanks around it"),
]


@pytest.mark.parametrize(("check", "change", "told"), DEFECTS)
def test_a_wrong_cell_is_told_with_place_and_repair(
    sources: Sources, check: str, change: dict[str, str], told: str
) -> None:
    """Each kind of wrong cell is one problem, which names file, line and record and says what is accepted."""
    (problem,) = problems_of(sources(PLASMA_CELL, B_CELL | change))
    assert ("ontology/mappings/cells.sssom.tsv", 13, check) == (problem.file, problem.line, problem.check)
    assert told in problem.message


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_named(sources: Sources, missing: str) -> None:
    """A set without one of the columns is refused with the name of that column."""
    (problem,) = problems_of(sources(B_CELL, columns=tuple(c for c in COLUMNS if c != missing)))
    assert (11, "missing-column", f"column {missing} is missing") == (
        problem.line,
        problem.check,
        problem.message.partition(";")[0],
    )


def test_a_row_given_twice_is_told_with_its_first_place(sources: Sources) -> None:
    """The second of two equal rows is a problem that points at the first."""
    (problem,) = problems_of(sources(B_CELL, B_CELL))
    assert "duplicate-row" == problem.check
    assert "already in ontology/mappings/cells.sssom.tsv:12" in problem.message


def test_one_outside_term_has_one_label(sources: Sources) -> None:
    """A term labelled differently in two rows is a problem, for one of the labels must be wrong."""
    near = PLASMA_CELL | {"predicate_id": "skos:broadMatch", "object_id": "CL:0000236", "object_label": "B lymphocyte"}
    (problem,) = problems_of(sources(B_CELL, near))
    assert "object-label" == problem.check


def test_a_row_with_too_few_cells_is_told(sources: Sources) -> None:
    """A row of another length than the header is a problem of that row alone."""
    folder = sources(B_CELL)
    path = folder / "mappings" / "cells.sssom.tsv"
    path.write_text(path.read_text(encoding="utf-8") + "cell:plasma-cell\tplasma cell\n", encoding="utf-8")
    (problem,) = problems_of(folder)
    assert (13, "cell:plasma-cell", "cells") == (problem.line, problem.record, problem.check)


HEADS: list[tuple[str, str, str]] = [
    (HEAD.replace("#license", "#licence"), "head", "no 'license'"),
    (HEAD.replace("#curie_map:", "#curie_map: [", 1), "head", "not YAML"),
    (HEAD.replace(f"{OBO}CL_", f"{OBO}UBERON_"), "prefix-conflict", f"accepted: {OBO}CL_"),
]


@pytest.mark.parametrize(("head", "check", "told"), HEADS)
def test_a_wrong_head_is_told(sources: Sources, head: str, check: str, told: str) -> None:
    """A head without licence, a head that is no YAML and a prefix bound against the prefix table are problems."""
    problem = next(p for p in problems_of(sources(B_CELL, head=head)) if p.check == check)
    assert told in problem.message


def test_text_in_another_encoding_is_told(sources: Sources) -> None:
    """A set that is not UTF-8 is a problem of the file, not a crash."""
    folder = sources(B_CELL)
    (folder / "mappings" / "cells.sssom.tsv").write_bytes(b"\xff\xfe")
    (problem,) = problems_of(folder)
    assert "syntax" == problem.check


def test_all_problems_are_told_at_once(sources: Sources) -> None:
    """Several defects in several rows come together in one error."""
    problems = problems_of(sources(B_CELL | {"confidence": "2", "object_label": ""}, PLASMA_CELL | {"object_id": "x"}))
    assert ["confidence", "malformed-curie", "missing-cell"] == sorted(p.check for p in problems)


def test_a_replaced_term_is_no_entity_of_ours(sources: Sources) -> None:
    """The subject of a replacement is an outside term, so it need not be in our tables."""
    (mapping,) = read_mappings(sources(REPLACED))
    assert "http://www.ebi.ac.uk/efo/EFO_0000001" == mapping.subject_iri


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(number=st.decimals(min_value=-1, max_value=2, places=3))
def test_confidence_lies_between_nought_and_one(sources: Sources, number: Decimal) -> None:
    """Exactly the numbers from 0 to 1 are accepted as confidence, and they are kept as written."""
    folder = sources(B_CELL | {"confidence": str(number)})
    if 0 <= number <= 1:
        assert str(number) == str(read_mappings(folder)[0].confidence)
    else:
        assert ["confidence"] == [problem.check for problem in problems_of(folder)]


def test_a_mapping_becomes_its_triple_and_a_note(sources: Sources) -> None:
    """A mapping gives the SKOS triple, the object's label, and an annotation with source, confidence and grounds."""
    quads = set(mapping_quads(read_mappings(sources(B_CELL | {"comment": "Same cell."}))))
    graph = NamedNode("https://w3id.org/dualbio/graph/mappings")
    cell, term = NamedNode("https://w3id.org/dualbio/cell/b-cell"), NamedNode(f"{OBO}CL_0000236")
    exact = NamedNode("http://www.w3.org/2004/02/skos/core#exactMatch")
    (note,) = {quad.subject for quad in quads} - {cell, term}
    owl, sssom = "http://www.w3.org/2002/07/owl#", "https://w3id.org/sssom/"
    rdfs = "http://www.w3.org/2000/01/rdf-schema#"
    decimal = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
    assert isinstance(note, NamedNode)
    expected: set[tuple[NamedNode, str, NamedNode | Literal]] = {
        (cell, exact.value, term),
        (cell, "http://purl.org/dc/terms/identifier", Literal("CL:0000236")),
        (term, f"{rdfs}label", Literal("B cell", language="en")),
        (note, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", NamedNode(f"{owl}Axiom")),
        (note, f"{rdfs}label", Literal("B cell: exact match B cell (CL:0000236)", language="en")),
        (note, f"{owl}annotatedSource", cell),
        (note, f"{owl}annotatedProperty", exact),
        (note, f"{owl}annotatedTarget", term),
        (note, "http://purl.org/dc/terms/source", Literal("CL 2026-03-26")),
        (note, f"{sssom}object_source_version", Literal("2026-03-26")),
        (note, f"{sssom}confidence", Literal("0.99", datatype=decimal)),
        (note, f"{sssom}mapping_justification", NamedNode("https://w3id.org/semapv/vocab/LexicalMatching")),
        (note, f"{sssom}object_source", NamedNode("https://bioregistry.io/registry/cl")),
        (note, f"{sssom}object_label", Literal("B cell")),
        (note, f"{rdfs}comment", Literal("Same cell.", language="en")),
    }
    assert {Quad(s, NamedNode(p), o, graph) for s, p, o in expected} == quads
    assert str(note).startswith("<https://w3id.org/dualbio/mapping/")


def test_a_copy_of_a_vocabulary_is_no_version_of_it(sources: Sources) -> None:
    """Where only another's copy was read, no version is told, and the file still is."""
    copied = B_CELL | {"object_source_version": "", "other": "seen_in=CL terms in a package 1.0"}
    told = {q.predicate.value: q.object for q in mapping_quads(read_mappings(sources(copied)))}
    assert "https://w3id.org/sssom/object_source_version" not in told
    assert Literal("CL terms in a package 1.0") == told["http://purl.org/dc/terms/source"]


def test_triples_are_the_same_every_time(sources: Sources) -> None:
    """The same rows give the same triples, with no blank node among them, whatever their order."""
    forth = sorted(map(str, mapping_quads(read_mappings(sources(B_CELL, PLASMA_CELL)))))
    back = sorted(map(str, mapping_quads(read_mappings(sources(PLASMA_CELL, B_CELL)))))
    assert forth == back
    assert not any("_:" in quad for quad in forth)


def test_a_replaced_term_is_deprecated(sources: Sources) -> None:
    """A withdrawn term points at its replacement, bears its old label and is marked as deprecated."""
    quads = list(mapping_quads(read_mappings(sources(REPLACED))))
    old = NamedNode("http://www.ebi.ac.uk/efo/EFO_0000001")
    told = {(quad.predicate.value, str(quad.object)) for quad in quads if quad.subject == old}
    assert {
        (f"{OBO}IAO_0100001", f"<{OBO}CL_0000236>"),
        ("http://www.w3.org/2000/01/rdf-schema#label", '"old B cell"@en'),
        (
            "http://www.w3.org/2002/07/owl#deprecated",
            '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>',
        ),
    } == told


RDF_XML = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
  <rdf:Description rdf:about="{OBO}CL_0000236"><rdfs:label xml:lang="en">B cell</rdfs:label></rdf:Description>
  <rdf:Description rdf:about="{OBO}CL_0000236"><rdfs:label xml:lang="de">B-Zelle</rdfs:label></rdf:Description>
</rdf:RDF>"""
OWL_XML = f"""<?xml version="1.0"?>
<Ontology xmlns="http://www.w3.org/2002/07/owl#">
  <Prefix name="obo" IRI="{OBO}"/>
  <Prefix name="rdfs" IRI="http://www.w3.org/2000/01/rdf-schema#"/>
  <AnnotationAssertion>
    <AnnotationProperty abbreviatedIRI="rdfs:label"/>
    <AbbreviatedIRI>obo:CL_0000236</AbbreviatedIRI>
    <Literal>B cell</Literal>
  </AnnotationAssertion>
</Ontology>"""
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
FILES = {
    "cl.obo": "format-version: 1.2\nid: header\n\n[Term]\nid: CL:0000236\nname: B cell\n",
    "cl.owl": RDF_XML,
    "cl.rdf": RDF_XML,
    "cl-oxml.owl": OWL_XML,
    "cl.owx": OWL_XML,
    "cl.ttl": f'<{OBO}CL_0000236> {LABEL} "B cell" .',
    "cl.nt": f'<{OBO}CL_0000236> {LABEL} "B cell" .\n',
    "graph.json": f'{{"graphs": [{{"nodes": [{{"id": "{OBO}CL_0000236", "lbl": "B cell", "meta": {{}}}}]}}]}}',
    "terms.json": '[{"id": "0000236", "namespace": "cl", "name": "B cell"}]',
    "curies.json": '{"CL:0000236": {"ancestors": {"CL:0000945": 1}, "label": "B cell", "deprecated": false}}',
    "terms.tsv": 'id\tlabel\n"CL:0000236"\t"B cell"\n',
    "terms.csv": "id,name\nCL:0000236,B cell\n",
    "cl.sssom.tsv": "#license: x\nsubject_id\tsubject_label\tobject_id\nX:1\tx\tX:2\nCL:0000236\tb  CELL\tX:3\n",
}


@pytest.fixture(name="b_cell")
def fixture_b_cell(sources: Sources) -> Mapping:
    """Return the mapping of the B cell."""
    return read_mappings(sources(B_CELL))[0]


@pytest.fixture(name="outside")
def fixture_outside(tmp_path: Path) -> Path:
    """Return an empty folder for outside files."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", FILES)
def test_a_label_is_found_in_every_format(b_cell: Mapping, outside: Path, name: str) -> None:
    """A term whose label agrees but for case and blanks is confirmed in each format, and the file is named."""
    (outside / name).write_text(FILES[name], encoding="utf-8")
    (outcome,) = check_against([b_cell], outside).outcomes
    assert (MappingStatus.CONFIRMED, (name,)) == (outcome.finding, outcome.files)


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
@pytest.mark.parametrize("name", ["cl.obo", "cl.owl", "cl.ttl", "curies.json", "terms.tsv"])
def test_compressed_files_are_read(
    b_cell: Mapping, outside: Path, name: str, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    """Files compressed with gzip or Zstandard are read as if they were not."""
    (outside / f"{name}{suffix}").write_bytes(compress(FILES[name].encode()))
    assert 1 == check_against([b_cell], outside).count(MappingStatus.CONFIRMED)


DEFECT_STATUS = {
    MappingStatus.CONFIRMED: False,
    MappingStatus.ID_ONLY: False,
    MappingStatus.LABEL_DIFFERS: True,
    MappingStatus.OBSOLETE: True,
    MappingStatus.ID_NOT_FOUND: True,
    MappingStatus.PART_ONLY: False,
    MappingStatus.NO_FILE: False,
}


@pytest.mark.parametrize("status", MappingStatus)
def test_what_contradicts_a_mapping_is_a_defect(status: MappingStatus) -> None:
    """Another label, a withdrawn term and a term that a whole vocabulary lacks are defects; silence is none."""
    assert DEFECT_STATUS[status] == status.is_defect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name: B cell", 0),
        ("name: plasma cell", 1),
        ("name: B cell\nis_obsolete: true", 1),
        (None, 2),
    ],
)
def test_the_script_ends_as_its_findings_are(
    sources: Sources, outside: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, code: int
) -> None:
    """A contradiction ends with 1, nothing to verify against with 2, and all else with 0."""
    folder = sources(B_CELL)
    (folder / "dualbio-edit.ttl").write_text("", encoding="utf-8")
    monkeypatch.setenv("DUALBIO_ONTOLOGY", str(folder))
    if text is not None:
        (outside / "cl.obo").write_text(f"[Term]\nid: CL:0000236\n{text}\n", encoding="utf-8")

    assert code == main([str(outside)])


SAYINGS: list[tuple[str, str, MappingStatus]] = [
    ("differs.obo", "[Term]\nid: CL:0000236\nname: plasma cell\n", MappingStatus.LABEL_DIFFERS),
    ("obsolete.obo", "[Term]\nid: CL:0000236\nname: B cell\nis_obsolete: true\n", MappingStatus.OBSOLETE),
    ("merged.obo", "[Term]\nid: CL:0000945\nname: cell\nalt_id: CL:0000236\n", MappingStatus.OBSOLETE),
    (
        "deprecated.ttl",
        f'<{OBO}CL_0000236> {LABEL} "B cell" ; <http://www.w3.org/2002/07/owl#deprecated> true .',
        MappingStatus.OBSOLETE,
    ),
    ("deprecated.json", '{"CL:0000236": {"label": "B cell", "deprecated": true}}', MappingStatus.OBSOLETE),
    ("reference.tsv", "xref\nCL:0000236\n", MappingStatus.ID_ONLY),
    ("part.obo", "[Term]\nid: CL:0000786\nname: plasma cell\n", MappingStatus.PART_ONLY),
    ("other.obo", "[Term]\nid: MONDO:0007915\nname: systemic lupus erythematosus\n", MappingStatus.NO_FILE),
    ("references.tsv", "xref\nCL:0000786\n", MappingStatus.NO_FILE),
]


@pytest.mark.parametrize(("name", "text", "finding"), SAYINGS)
def test_what_files_say_is_told_apart(
    b_cell: Mapping, outside: Path, name: str, text: str, finding: MappingStatus
) -> None:
    """Another label, a withdrawn term, a bare reference, a part and another vocabulary are five different findings."""
    (outside / name).write_text(text, encoding="utf-8")
    (outcome,) = check_against([b_cell], outside).outcomes
    assert finding is outcome.finding


def test_an_id_that_a_whole_vocabulary_lacks_is_a_defect(b_cell: Mapping, outside: Path) -> None:
    """When files know nearly all of our terms of a vocabulary, one they do not know is a defect of ours."""
    others = [replace(b_cell, object=f"CL:{n}", object_iri=f"{OBO}CL_{n}", object_label=f"c{n}") for n in range(9)]
    (outside / "cl.obo").write_text("".join(f"[Term]\nid: CL:{n}\nname: c{n}\n" for n in range(9)), encoding="utf-8")
    report = check_against([b_cell, *others], outside)
    assert [(b_cell, MappingStatus.ID_NOT_FOUND)] == [(d.mapping, d.finding) for d in report.defects]
    assert 9 == report.count(MappingStatus.CONFIRMED)


def test_a_differing_label_is_shown_with_its_file(b_cell: Mapping, outside: Path) -> None:
    """The line about a differing label gives our row, our label, their label and their file."""
    (outside / "cl.obo").write_text("[Term]\nid: CL:0000236\nname: plasma cell\n", encoding="utf-8")
    (defect,) = check_against([b_cell], outside).defects
    expected = "ontology/mappings/cells.sssom.tsv:12: CL:0000236 'B cell': label differs: 'plasma cell' in cl.obo"
    assert expected == str(defect)


def test_one_agreeing_file_is_enough(b_cell: Mapping, outside: Path) -> None:
    """An older release that still has another label does not undo the release that agrees."""
    (outside / "new.obo").write_text(FILES["cl.obo"], encoding="utf-8")
    (outside / "old.obo").write_text("[Term]\nid: CL:0000236\nname: B lymphocyte\n", encoding="utf-8")
    (outcome,) = check_against([b_cell], outside).outcomes
    assert (MappingStatus.CONFIRMED, ("new.obo", "old.obo")) == (outcome.finding, outcome.files)


BROKEN = {
    "notes.md": b"# notes",
    "cl.owl": b"Prefix(:=<http://purl.obolibrary.org/obo/cl.owl#>)",
    "cut.obo.gz": gzip.compress(FILES["cl.obo"].encode() * 400)[:60],
    "cl.json": b"{",
    "empty.tsv": b"",
    "numbers.tsv": b"a\tb\n1\t2\n",
    "not.obo.zst": b"plain",
    "cl.owx": b"<Ontology>",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_reported_and_the_rest_is_read(b_cell: Mapping, outside: Path, name: str) -> None:
    """A file that cannot be read is named with the reason; it does not keep others from being read."""
    (outside / name).write_bytes(BROKEN[name])
    (outside / "good.obo").write_text(FILES["cl.obo"], encoding="utf-8")
    report = check_against([b_cell], outside)
    assert [name] == [unread.file for unread in report.unread]
    assert report.unread[0].reason.strip()
    assert 1 == report.count(MappingStatus.CONFIRMED)


@pytest.mark.parametrize("create", [True, False])
def test_a_folder_without_readable_files_is_an_error(b_cell: Mapping, tmp_path: Path, create: bool) -> None:
    """Checking against nothing must not look like success, so an empty or missing folder is refused."""
    folder = tmp_path / "nothing"
    if create:
        folder.mkdir()
        (folder / "notes.md").write_text("x", encoding="utf-8")
    with pytest.raises(NotFoundError, match="nothing"):
        check_against([b_cell], folder)


def test_progress_names_every_file_in_subfolders_too(b_cell: Mapping, outside: Path) -> None:
    """The caller is told of each file before it is read, by its path below the folder."""
    (outside / "deep").mkdir()
    (outside / "deep" / "cl.obo").write_text(FILES["cl.obo"], encoding="utf-8")
    (outside / "cl.ttl").write_text(FILES["cl.ttl"], encoding="utf-8")
    named: list[str] = []
    check_against([b_cell], outside, named.append)
    assert ["cl.ttl", "deep/cl.obo"] == named


def test_a_zst_file_without_its_package_names_the_extra(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Zstandard is not installed, the error names the extra that brings it."""
    path = outside / "cl.obo.zst"
    path.write_bytes(zstandard.compress(FILES["cl.obo"].encode()))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingExtraError, match=r"dualbio\[server\]"):
        list(read_terms(path))


def test_terms_come_one_by_one(outside: Path) -> None:
    """Terms of a streamed format are yielded before the file has been read to its end."""
    path = outside / "cl.nt"
    path.write_text(FILES["cl.nt"] * 3 + "no triple\n", encoding="utf-8")
    terms: Iterator[OutsideTerm] = read_terms(path)
    assert OutsideTerm(f"{OBO}CL_0000236", "B cell") == next(terms)
    with pytest.raises(UnreadableFileError, match="not nt as the name says"):
        list(terms)


def test_rows_of_gene_tables_give_genes_and_proteins(outside: Path) -> None:
    """A gene table shows its own ids and the bare ids of other columns under their prefixes; several are split."""
    path = outside / "genes.tsv"
    columns = "HGNC ID\tApproved symbol\tUniProt ID(supplied by UniProt)\n"
    path.write_text(f"{columns}HGNC:7315\tMS4A1\tP11836, Q00000\n", encoding="utf-8")
    names = {"HGNC:7315", "UNIPROT:P11836", "UNIPROT:Q00000"}
    assert {OutsideTerm(name, "MS4A1") for name in names} == set(read_terms(path))
