"""JSON Schemas of the curated files, generated from the record models, so that editors complete and check YAML.

They say what a field may hold; the checks (`dualbio check`) say whether the records make sense together.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from dualbio.errors import Problem
from dualbio.model.evidence import StudyFile
from dualbio.model.lessons import FindingsFile, LessonsFile
from dualbio.model.namespaces import BASE
from dualbio.model.record_fields import Record
from dualbio.model.syntheses import SynthesisQuestion

__all__ = ["SCHEMAS", "json_schema", "schema_problems", "schema_text", "write_schemas"]

#: Each schema's name, in the folder `schemas/` beside the curated files, and the model of the files it is for.
SCHEMAS: dict[str, type[Record]] = {
    "study": StudyFile,
    "lessons": LessonsFile,
    "biomarker-findings": FindingsFile,
    "synthesis": SynthesisQuestion,
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


class _Generator(GenerateJsonSchema):
    """Writes numbers as numbers: files never hold them as text."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:  # noqa: ARG002 signature is pydantic's
        return {"type": "number"}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `SCHEMAS[name]`."""
    schema = SCHEMAS[name].model_json_schema(schema_generator=_Generator)
    return {"$schema": _DIALECT, "$id": f"{BASE}schemas/{name}.schema.json", **_with_limits(schema)}


def schema_text(name: str) -> str:
    """Return the JSON Schema of `SCHEMAS[name]` as the text of its file."""
    return json.dumps(json_schema(name), indent=1, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write all schemas below the folder of curated sources; return the files that changed."""
    changed = []
    (folder / "schemas").mkdir(exist_ok=True)
    for name in SCHEMAS:
        path, text = _path(folder, name), schema_text(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def schema_problems(folder: Path) -> list[Problem]:
    """Return the schemas below the folder of curated sources that are not those of the models."""
    problems = []
    for name in SCHEMAS:
        path = _path(folder, name)
        if not path.exists() or path.read_text(encoding="utf-8") != schema_text(name):
            file = f"{folder.name}/schemas/{path.name}"
            message = "the schema is not that of the record models; repair: dualbio check --fix"
            problems.append(Problem(file, 1, "file", "generated-schema", message))
    return problems


def _path(folder: Path, name: str) -> Path:
    return folder / "schemas" / f"{name}.schema.json"


def _with_limits(schema: Any) -> Any:
    """Give limits their names in JSON Schema: those of a number read by our own rule come out under pydantic's."""
    if isinstance(schema, list):
        return [_with_limits(item) for item in schema]
    if isinstance(schema, dict):
        return {_LIMITS.get(name, name): _with_limits(value) for name, value in schema.items()}
    return schema
