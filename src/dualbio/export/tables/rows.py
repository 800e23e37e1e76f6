"""One table per kind of thing.

A row is an individual, a column a property; links are CURIEs, so that tables join by `id`. What a study, arm or regimen
consists of has tables of its own, whose rows name the whole they belong to. Inferred values are in, as in the graph.
Every release has every table, with the columns of `dualbio.export.tables.columns`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from dualbio.describe import label_of, literal_of
from dualbio.errors import ExportError
from dualbio.export.tables.columns import SEPARATOR, TABLES, Column, columns_of
from dualbio.model.namespaces import BASE, DEFINITIONS, kind_of, own_folder, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.rdf.prefixes import compact
from dualbio.store.embedded import EmbeddedStore

__all__ = ["TABLES", "Row", "Table", "read_tables"]

#: What columns mean that show no property of the vocabulary.
_MEANINGS = {
    "id": ("id", "Short name of the thing, by which tables join."),
    "iri": ("IRI", "Address of the thing."),
    "label": ("label", "What the thing is called."),
    "labelZh": ("label in Chinese", "What the thing is called in Chinese."),
    "type": ("class", "Classes of the thing, those that reasoning adds among them."),
    "synonym": ("synonym", "What else the thing is called."),
    "note": ("note", "A remark of the curators."),
    "definition": ("definition", "What the thing is."),
    "description": ("description", "What the thing is about."),
    "origin": ("origin", "Folder of own evidence that the thing is of; empty for what dualbio itself holds."),
}

Row = dict[str, list[str]]
_TYPE = term("rdf:type")
_LABEL = term("rdfs:label")


@dataclass(frozen=True)
class Table:
    """A table: the kind of its rows, its rows as lists of values in order of `id`, and what its columns mean."""

    kind: str
    rows: tuple[Row, ...]
    meanings: Mapping[str, tuple[str, str | None]]

    @property
    def name(self) -> str:
        """The name of the table and its files."""
        return TABLES[self.kind]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, the same for every release."""
        return columns_of(self.kind)

    def label(self, column: Column) -> str:
        """Return what to call a column."""
        return self.meanings[column.name][0]

    def meaning(self, column: Column) -> str | None:
        """Return the definition of a column's property, where the ontology has one."""
        return self.meanings[column.name][1]


def read_tables(store: EmbeddedStore) -> tuple[Table, ...]:
    """Return the table of each kind, also of those that the release has no individual of; other names are no rows.

    Raises:
        ExportError: a thing has several values where its table has room for one, or a value of another type.
    """
    by_kind: dict[str, dict[ox.NamedNode, list[ox.Quad]]] = {kind: {} for kind in TABLES}
    withdrawn = {quad.subject for quad in store.quads_for_pattern(None, _TYPE, term("WithdrawnRow"))}
    others = {quad.subject for quad in store.quads_for_pattern(None, term("dcterms:isReplacedBy"), None)}
    for quad in store.quads():
        subject = quad.subject
        if isinstance(subject, ox.NamedNode) and subject not in others and subject.value.startswith(BASE):
            kind = "withdrawn" if subject in withdrawn else kind_of(subject.value)
            if kind in by_kind:
                by_kind[kind].setdefault(subject, []).append(quad)
    return tuple(_table(store, kind, things) for kind, things in by_kind.items())


def _table(store: EmbeddedStore, kind: str, things: dict[ox.NamedNode, list[ox.Quad]]) -> Table:
    columns = columns_of(kind)
    wanted = {term(column.property): column for column in columns if column.property not in (None, "rdfs:label")}
    rows = []
    for node in sorted(things, key=str):
        found: dict[Column, set[GroundTerm]] = {}
        for quad in things[node]:
            column = wanted.get(quad.predicate)
            if column and isinstance(quad.object, GroundTerm):
                found.setdefault(column, set()).add(quad.object)
        row: Row = {"id": [compact(node.value)], "iri": [node.value], "label": [label_of(store, node)]}
        chinese = sorted(_in_chinese(things[node]))
        row |= {"labelZh": chinese[:1]} if chinese else {}
        folder = own_folder(_graphs(things[node]))
        row |= {"origin": [folder]} if folder else {}
        rows.append(row | {column.name: _texts(row["id"][0], column, values) for column, values in found.items()})
    return Table(kind, tuple(rows), {column.name: _meaning(store, column) for column in columns})


def _graphs(quads: Sequence[ox.Quad]) -> set[str]:
    """Return the short names of the graphs of quads."""
    names = {quad.graph_name for quad in quads}
    return {name.value.removeprefix(f"{BASE}graph/") for name in names if isinstance(name, ox.NamedNode)}


def _in_chinese(quads: Sequence[ox.Quad]) -> Iterator[str]:
    for quad in quads:
        if quad.predicate == _LABEL and isinstance(quad.object, ox.Literal) and quad.object.language == "zh":
            yield quad.object.value


def _texts(thing: str, column: Column, terms: set[GroundTerm]) -> list[str]:
    """Return the values of a cell in order, each once; of texts in several languages a single cell has the English."""
    texts = sorted({compact(each.value) if isinstance(each, ox.NamedNode) else each.value for each in terms})
    if column.many:
        odd = next((text for text in texts if SEPARATOR in text), None)
        if odd is not None:
            raise ExportError(
                f"'{odd}', a value of {column.name} of {thing}, holds '{SEPARATOR}', the separator of values; "
                "repair: reword it in the record"
            )
        return texts
    english = sorted(each.value for each in terms if isinstance(each, ox.Literal) and each.language == "en")
    if len(texts) > 1 and len(english) != 1:
        raise ExportError(
            f"{thing} has {len(texts)} values of {column.name}: {', '.join(texts)}; accepted: one; "
            f"repair: remove the others, or let the column hold several in {columns_of.__module__}"
        )
    return english if len(texts) > 1 else texts


def _meaning(store: EmbeddedStore, column: Column) -> tuple[str, str | None]:
    if column.name in _MEANINGS:
        return _MEANINGS[column.name]
    assert column.property is not None
    node = term(column.property)
    return label_of(store, node), literal_of(store, node, DEFINITIONS)
