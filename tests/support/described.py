"""OpenAPI documents as their readers use them."""

from __future__ import annotations

from typing import Any

__all__ = ["expanded"]


def expanded(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the parts that its paths refer to in the place of the references."""

    def whole(part: Any) -> Any:
        if isinstance(part, list):
            return [whole(each) for each in part]
        if not isinstance(part, dict):
            return part
        if "$ref" not in part:
            return {name: whole(each) for name, each in part.items()}
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return whole(found)

    return {**document, "paths": whole(document["paths"])}
