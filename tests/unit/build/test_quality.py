"""Running shapes and quality queries: what is told, and what is missing is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from dualbio.build.quality import shape_problems, shapes_text, validate_shapes
from dualbio.errors import MissingExtraError, NotFoundError
from dualbio.store.embedded import EmbeddedStore

REPORT = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix arm: <https://w3id.org/dualbio/arm/> .
@prefix dualbio: <https://w3id.org/dualbio/ontology#> .
[] a sh:ValidationReport ; sh:result [
    a sh:ValidationResult ; sh:focusNode arm:s.a ; sh:resultPath dualbio:key ; sh:value "A" ;
    sh:sourceConstraintComponent sh:PatternConstraintComponent ; sh:resultMessage "no match"
] .
"""


def test_a_result_is_told_in_one_line() -> None:
    """A problem names record, property, constraint, words and value, with prefixes."""
    (problem,) = shape_problems(rdflib.Graph().parse(data=REPORT, format="turtle"))
    assert "release:0: arm:s.a: dualbio:key: Pattern: no match; found A [shape]" == str(problem)


def test_a_folder_without_shapes_is_refused(tmp_path: Path) -> None:
    """Checking against nothing is no success."""
    with pytest.raises(NotFoundError, match="no shapes"):
        shapes_text(tmp_path)


def test_a_missing_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SHACL engine the error says what to install."""
    monkeypatch.setitem(sys.modules, "pyshacl_turbo", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'dualbio\[quality\]'"):
        validate_shapes(EmbeddedStore(ox.Store()))
