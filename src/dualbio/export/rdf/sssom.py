"""All mappings of a release as one SSSOM table, made from its graph `mappings` (https://w3id.org/sssom/spec)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyoxigraph as ox

from dualbio.describe import label_of, literal_of
from dualbio.mappings.sssom import COLUMNS, REPLACED_BY
from dualbio.model.namespaces import BASE, LICENCE, PREFIXES, compress, graph_iri, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.store.embedded import EmbeddedStore

__all__ = ["mapping_rows", "write_sssom"]

#: Which vocabulary an object is from does not always show in its IRI, and is not kept; the release it was seen in is.
_COLUMNS = tuple(column for column in COLUMNS if column != "object_source")


def mapping_rows(store: EmbeddedStore) -> Iterator[dict[str, str]]:
    """Yield every mapping as a row, in order of subject, relation and object; names are CURIEs."""
    notes = store.quads_for_pattern(None, term("owl:annotatedSource"), None, graph_iri("mappings"))
    rows = [_row(store, quad.subject) for quad in notes if isinstance(quad.subject, ox.NamedNode)]
    return iter(sorted(rows, key=lambda row: tuple(row[name] for name in ("subject_id", "predicate_id", "object_id"))))


def _row(store: EmbeddedStore, note: ox.NamedNode) -> dict[str, str]:
    def one(name: str) -> GroundTerm | None:
        found = (quad.object for quad in store.quads_for_pattern(note, term(name), None, None))
        return next((each for each in found if isinstance(each, GroundTerm)), None)

    subject, predicate, target = (one(f"owl:annotated{part}") for part in ("Source", "Property", "Target"))
    assert subject
    assert predicate
    assert target
    justification, confidence = one("sssom:mapping_justification"), one("sssom:confidence")
    cells = {
        "subject_id": compress(subject.value),
        "subject_label": label_of(store, subject),
        "predicate_id": compress(predicate.value),
        "object_id": compress(target.value),
        "object_label": label_of(store, target),
        "mapping_justification": compress(justification.value) if justification else "",
        "confidence": confidence.value if confidence else "",
        "object_source_version": literal_of(store, note, ("sssom:object_source_version",)) or "",
        "other": f"seen_in={literal_of(store, note, ('dcterms:source',)) or ''}",
        "comment": literal_of(store, note, ("rdfs:comment",)) or "",
    }
    return {name: " ".join(text.split()) for name, text in cells.items()}


def write_sssom(store: EmbeddedStore, release: str, version: str, out: BinaryIO) -> None:
    """Write the mappings of `release` (its name) as a table with its metadata in front, as SSSOM/TSV wants it.

    Outside terms that another one took the place of stand in it by the relation `IAO:0100001`.
    """
    rows = list(mapping_rows(store))
    named = ("subject_id", "predicate_id", "object_id", "mapping_justification")
    used = {row[name].partition(":")[0] for row in rows for name in named} & PREFIXES.keys()
    head = [
        f"mapping_set_id: {BASE}data/{release}/mappings.sssom.tsv",
        f'mapping_set_version: "{version}"',
        "mapping_set_title: All mappings of dualbio",
        f"license: {LICENCE}",
        f"comment: Terms that were replaced lead to their successors by {REPLACED_BY}.",
        "curie_map:",
        *(f"  {prefix}: {PREFIXES[prefix]}" for prefix in sorted(used)),
    ]
    lines = [*(f"#{line}" for line in head), "\t".join(_COLUMNS)]
    lines += ["\t".join(row[name] for name in _COLUMNS) for row in rows]
    out.write("".join(f"{line}\n" for line in lines).encode())
