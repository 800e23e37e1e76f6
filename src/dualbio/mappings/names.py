"""Names that other vocabularies give our entities, from exact matches."""

from __future__ import annotations

from collections.abc import Iterable

from dualbio.mappings.sssom import Mapping

__all__ = ["exact_names"]


def exact_names(mappings: Iterable[Mapping]) -> dict[str, tuple[str, ...]]:
    """Return identifiers and labels of outside terms that are exact matches, by the CURIE of our entity."""
    names: dict[str, dict[str, None]] = {}
    for mapping in mappings:
        if mapping.predicate == "skos:exactMatch":
            names.setdefault(mapping.subject, {}).update({mapping.object: None, mapping.object_label: None})
    return {subject: tuple(found) for subject, found in names.items()}
