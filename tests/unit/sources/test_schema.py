"""The published JSON Schemas are those of the models, accept the curated files and refuse what the models refuse."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from dualbio.sources.schema import SCHEMAS, json_schema, schema_problems, write_schemas
from dualbio.sources.yaml_lines import read_yaml

ONTOLOGY = Path(__file__).resolve().parents[3] / "ontology"
FILES = {
    "study": sorted((ONTOLOGY / "evidence").glob("*.yaml")),
    "lessons": [ONTOLOGY / "lessons" / "lessons.yaml"],
    "biomarker-findings": [ONTOLOGY / "lessons" / "biomarker-findings.yaml"],
    "synthesis": sorted((ONTOLOGY / "syntheses").glob("*.yaml")),
}


def plain(value: Any) -> Any:
    """Give content as an editor sees it: lists and floats."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def complaints(name: str, content: Any) -> list[str]:
    """Give what a schema has to say against content."""
    return [error.message for error in Draft202012Validator(json_schema(name)).iter_errors(plain(content))]


def test_published_schemas_are_current(tmp_path: Path) -> None:
    """The files beside the evidence are what the models give; a stale or missing one is told, and can be written."""
    assert [] == schema_problems(ONTOLOGY)
    assert ["generated-schema"] * len(SCHEMAS) == [problem.check for problem in schema_problems(tmp_path)]
    assert len(SCHEMAS) == len(write_schemas(tmp_path))
    assert ([], []) == (write_schemas(tmp_path), schema_problems(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_accepts_the_curated_files(name: str) -> None:
    """An editor marks nothing in files that pass."""
    Draft202012Validator.check_schema(json_schema(name))
    assert {} == {path.name: found for path in FILES[name] if (found := complaints(name, read_yaml(path)[0]))}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phase", "5", "is not one of"),
        ("enrolled", -1, "less than the minimum of 0"),
        ("enroled", 10, "Additional properties"),
        ("registry_ids", ["NCT1"], "does not match"),
        ("diseases", [], "should be non-empty"),
    ],
)
def test_a_schema_refuses_what_the_models_refuse(field: str, value: object, words: str) -> None:
    """Unknown fields and words, negative counts and empty lists are marked while typing."""
    content = plain(read_yaml(FILES["study"][0])[0])
    content["study"][field] = value
    assert any(words in found for found in complaints("study", content))
