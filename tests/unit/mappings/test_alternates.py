"""The table of other IRI forms: what is read, what is refused, and the triples that follow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dualbio.errors import DataError
from dualbio.mappings import ALTERNATES, alternate_quads, read_alternates

MESH = "http://id.nlm.nih.gov/mesh/"
THEIRS = "http://identifiers.org/mesh/"
Table = Callable[..., Path]


@pytest.fixture(name="table")
def fixture_table(tmp_path: Path) -> Table:
    """Return a maker of sources with a table of these rows."""

    def make(*rows: tuple[str, ...], head: str = "prefix\tiri\tused_by\tseen_in") -> Path:
        folder = tmp_path / "ontology"
        (folder / "mappings").mkdir(parents=True)
        text = "\n".join([head, *("\t".join(row) for row in rows)])
        (folder / ALTERNATES).write_text(f"{text}\n", encoding="utf-8")
        return folder

    return make


def test_namespaces_are_read_by_ours(table: Table) -> None:
    """Each of our namespaces has those of others in the order of the table."""
    folder = table(("MESH", THEIRS, "MONDO", "a file"), ("MESH", "https://identifiers.org/mesh:", "INDRA", "a file"))
    assert {MESH: (THEIRS, "https://identifiers.org/mesh:")} == read_alternates(folder)


def test_sources_without_a_table_have_no_other_forms(tmp_path: Path) -> None:
    """A folder of sources need not have the table."""
    assert {} == read_alternates(tmp_path)


DEFECTS: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown prefix": (
        ("MESSH", THEIRS, "MONDO", "a file"),
        "prefix 'MESSH' is not known",
    ),
    "no address": (("MESH", "identifiers.org/mesh/", "MONDO", "a file"), "accepted: the part of an http or https IRI"),
    "our own form": (("MESH", MESH, "MONDO", "a file"), "is the namespace of 'MESH' here; repair: remove the row"),
    "another of ours": (("MESH", "http://identifiers.org/hgnc/", "x", "y"), "is the namespace of 'HGNC' here"),
    "nobody uses it": (("MESH", THEIRS, "", "a file"), "'used_by' is empty; repair: fill it in"),
    "seen nowhere": (("MESH", THEIRS, "MONDO", ""), "'seen_in' is empty; repair: fill it in"),
    "too few cells": (("MESH", THEIRS), "the row has 2 cells; accepted: 4"),
}


@pytest.mark.parametrize("case", DEFECTS)
def test_a_defect_is_told_with_its_line(table: Table, case: str) -> None:
    """A row that is wrong is one problem, with file, line and repair."""
    row, told = DEFECTS[case]
    with pytest.raises(DataError) as caught:
        read_alternates(table(("UMLS", "http://linkedlifedata.com/resource/umls/id/", "MONDO", "a file"), row))
    (problem,) = caught.value.problems
    assert ("ontology/mappings/alternates.tsv", 3) == (problem.file, problem.line)
    assert told in problem.message


def test_a_form_is_given_once(table: Table) -> None:
    """One form cannot stand for two identifiers."""
    with pytest.raises(DataError, match="given twice"):
        read_alternates(table(("MESH", THEIRS, "MONDO", "a file"), ("UMLS", THEIRS, "MONDO", "a file")))


def test_a_wrong_header_is_told(table: Table) -> None:
    """The columns are those of the table."""
    with pytest.raises(DataError, match="header is 'prefix form'"):
        read_alternates(table(head="prefix\tform"))


def test_an_iri_is_the_same_as_its_other_forms() -> None:
    """The identifier stays, the namespace changes; IRIs of other namespaces have no other form."""
    quads = alternate_quads({MESH: (THEIRS, "https://identifiers.org/mesh:")}, [f"{MESH}D008180", "http://other/D1"])
    same, graph = "http://www.w3.org/2002/07/owl#sameAs", "https://w3id.org/dualbio/graph/alternates"
    assert [
        f"<{MESH}D008180> <{same}> <{THEIRS}D008180> <{graph}>",
        f"<{MESH}D008180> <{same}> <https://identifiers.org/mesh:D008180> <{graph}>",
    ] == [str(quad) for quad in quads]
