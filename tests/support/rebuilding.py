"""From triples back to curated records: the walk of `convert`, backwards over the same marks.

What this gives back for every file and table is what the files hold, which proves that conversion loses nothing.
The order of lists whose order means nothing (diseases, drugs, row ids) is not kept in RDF; `differences` ignores it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar, cast, get_args

from pyoxigraph import Literal, NamedNode, Quad, Triple

from dualbio.build.convert import property_name
from dualbio.errors import NotFoundError
from dualbio.model.entities import TABLES, Entity, VocabularyTable
from dualbio.model.evidence import Study, StudyFile
from dualbio.model.lessons import BiomarkerFinding, EvidenceGap, FindingsFile, Lesson, LessonsFile, Review
from dualbio.model.namespaces import BASE, compress, graph_iri, individual, term
from dualbio.model.rdf_terms import Term
from dualbio.model.record_fields import (
    Coded,
    Curie,
    Date,
    Identity,
    Inline,
    Link,
    Outside,
    Own,
    Parts,
    Pointer,
    Record,
    RecordField,
    Value,
    fields_of,
    slug,
)
from dualbio.model.records import CLASSES

__all__ = [
    "Facts",
    "differences",
    "rebuild_findings",
    "rebuild_lessons",
    "rebuild_study",
    "rebuild_table",
    "study_keys",
]

R = TypeVar("R", bound=Record)
Object = Term | Triple

_XSD = "http://www.w3.org/2001/XMLSchema#"
_READ: dict[str, Callable[[str], Any]] = {
    f"{_XSD}boolean": lambda text: text in ("true", "1"),
    f"{_XSD}integer": int,
    f"{_XSD}decimal": Decimal,
}


@dataclass(frozen=True)
class Facts:
    """The triples of each graph, by subject and predicate."""

    index: dict[str, dict[str, dict[str, list[Object]]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, quads: Iterable[Quad]) -> Facts:
        """Index `quads`, which may come from a store, a file, or the converter."""
        facts = cls()
        for quad in quads:
            subject, graph = quad.subject, quad.graph_name
            if isinstance(subject, NamedNode) and isinstance(graph, NamedNode):
                of_graph = facts.index.setdefault(graph.value, {})
                of_graph.setdefault(subject.value, {}).setdefault(quad.predicate.value, []).append(quad.object)
        return facts

    def objects(self, graph: NamedNode, subject: NamedNode, predicate: str) -> list[Object]:
        """Return the objects of a subject; `predicate` is a vocabulary name."""
        return self.index.get(graph.value, {}).get(subject.value, {}).get(term(predicate).value, [])

    def describes(self, graph: NamedNode, subject: NamedNode) -> bool:
        """Return whether the graph holds triples about the subject."""
        return subject.value in self.index.get(graph.value, {})

    def instances(self, graph: NamedNode, class_name: str) -> list[NamedNode]:
        """Return the individuals of a class that a graph declares, in the order of their IRIs."""
        wanted, type_ = term(class_name), term("rdf:type").value
        subjects = self.index.get(graph.value, {})
        return [NamedNode(name) for name in sorted(subjects) if wanted in subjects[name].get(type_, ())]


def study_keys(facts: Facts) -> list[str]:
    """Return the keys of the studies that have a graph."""
    head = graph_iri("study/").value
    return sorted(name.removeprefix(head) for name in facts.index if name.startswith(head))


def rebuild_study(facts: Facts, key: str) -> StudyFile:
    """Return the study file of `key` as its graph describes it.

    Raises:
        NotFoundError: no graph describes the study.
        ValidationError: the graph does not hold a whole study file.
    """
    graph, node = graph_iri(f"study/{key}"), individual("study", key)
    if not facts.describes(graph, node):
        raise NotFoundError(f"graph study/{key} does not describe study '{key}'")
    walk = _Walk(facts, graph)
    parts = {f.name: walk.parts(f, node) for f in fields_of(StudyFile) if isinstance(f.mark, Parts)}
    return StudyFile(study=walk.record(Study, node), **parts)


def rebuild_lessons(facts: Facts) -> LessonsFile:
    """Return the lessons and the reviews, in the order of their ids."""
    return LessonsFile(lessons=_all(facts, Lesson), reviews=_all(facts, Review))


def rebuild_findings(facts: Facts) -> FindingsFile:
    """Return the biomarker findings and what was looked for in vain, in the order of their ids."""
    return FindingsFile(biomarker_findings=_all(facts, BiomarkerFinding), not_found=_all(facts, EvidenceGap))


def rebuild_table(facts: Facts, kind: str) -> dict[str, Entity]:
    """Return the rows of the vocabulary table of `kind` by key."""
    table: VocabularyTable = next(table for table in TABLES if table.kind == kind)
    walk = _Walk(facts, graph_iri("entities"))
    rows = (walk.record(table.model, node) for node in facts.instances(walk.graph, table.class_name))
    return {row.key: row for row in rows}


def differences(left: Record, right: Record, where: str = "") -> Iterator[str]:
    """Yield in words where two records of one model differ; the order of plain lists does not count.

    Numbers differ when their printed forms differ: 59.0 is not 59.
    """
    for column in fields_of(type(left)):
        a, b = getattr(left, column.name), getattr(right, column.name)
        path = f"{where}.{column.name}".lstrip(".")
        if isinstance(a, Record) and isinstance(b, Record):
            yield from differences(a, b, path)
        elif _ordered(column) and isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            for position, (one, other) in enumerate(zip(a, b, strict=True)):
                yield from differences(one, other, f"{path}[{position}]")
        elif _comparable(column, a) != _comparable(column, b):
            yield f"{path}: {a!s} became {b!s}"


@dataclass(frozen=True)
class _Walk:
    """The way back through one graph."""

    facts: Facts
    graph: NamedNode

    def record(self, model: type[R], node: NamedNode, prefix: str = "") -> R:
        values = {column.name: self._value(column, node, prefix) for column in fields_of(model)}
        empty = {f.name: () for f in fields_of(model) if f.many and model.model_fields[f.name].is_required()}
        return model.model_validate(empty | {name: value for name, value in values.items() if value is not None})

    def _value(self, column: RecordField, node: NamedNode, prefix: str) -> Any:
        match column.mark:
            case Inline(prefix=inner):
                return self._inline(column.base, node, inner)
            case Parts():
                return self.parts(column, node)
            case Identity():
                return _plain(self.facts.objects(self.graph, node, "key")[0])
        predicate = property_name(prefix, column.predicate)
        objects = self.facts.objects(self.graph, node, predicate)
        if isinstance(column.mark, Value) and column.mark.language:
            objects = [o for o in objects if isinstance(o, Literal) and o.language == column.mark.language]
        printed = self.facts.objects(self.graph, node, f"{predicate}Printed")
        items = [_number(column, _item(column, o)) for o in objects]
        if printed and isinstance(column.mark, Value):
            items = [Decimal(cast(str, _plain(o))) for o in printed]
        if column.many:
            return tuple(items) or None
        return items[0] if items else _absent(column)

    def _inline(self, model: type[Record], node: NamedNode, prefix: str) -> Record | None:
        names = (property_name(prefix, column.predicate) for column in fields_of(model))
        return self.record(model, node, prefix) if any(self.facts.objects(self.graph, node, n) for n in names) else None

    def parts(self, column: RecordField, node: NamedNode) -> Any:
        """Return the parts of an owner in their order; those that only point elsewhere come last."""
        assert isinstance(column.mark, Parts)
        if column.mark.through:
            between = self.facts.objects(self.graph, node, column.mark.through[1])
            node = cast(NamedNode, between[0]) if between else node
        nodes = cast("list[NamedNode]", self.facts.objects(self.graph, node, column.predicate))
        nodes = sorted(nodes, key=lambda part: (self._position(part), part.value))
        found = tuple(self._part(column.base, part) for part in nodes)
        if column.many:
            return found or None
        return found[0] if found else None

    def _part(self, model: type[Record], node: NamedNode) -> Record:
        if self.facts.describes(self.graph, node):
            return self.record(model, node)
        kind, local = _local(node)
        study, _, own = local.partition(".")
        return model.model_validate({"study": study, kind: own})

    def _position(self, node: NamedNode) -> float:
        found = self.facts.objects(self.graph, node, "position")
        return int(found[0].value) if found and isinstance(found[0], Literal) else float("inf")


def _all(facts: Facts, model: type[R]) -> tuple[R, ...]:
    walk = _Walk(facts, graph_iri("lessons"))
    return tuple(walk.record(model, node) for node in facts.instances(walk.graph, CLASSES[model]))


def _item(column: RecordField, node: Object) -> Any:
    """Return the value of a field that an object stands for."""
    match column.mark:
        case Value() | Date():
            return _plain(node)
        case Link():
            kind, local = _local(node)
            return local.replace("_", "+") if kind == "pair" else local
        case Curie():
            return ":".join(_local(node))
        case Outside():
            assert isinstance(node, NamedNode)
            return compress(node.value)
        case Own():
            return _local(node)[1].partition(".")[2]
        case Pointer(kind=kind):
            study, _, own = _local(node)[1].partition(".")
            return column.base.model_validate({"study": study, kind: own})
        case Coded(scheme=scheme):
            name = _local(node)[1].removeprefix(f"{scheme}.")
            return next(choice for choice in _choices(column.base) if slug(choice) == name)
    raise TypeError(f"no way back for {column.mark}")


def _number(column: RecordField, item: Any) -> Any:
    """Return a whole number as the decimal that the field was read as."""
    counted = isinstance(column.mark, Value) and column.mark.counted
    return Decimal(item) if counted else item


def _plain(node: Object) -> Any:
    assert isinstance(node, Literal)
    return _READ.get(node.datatype.value, str)(node.value)


def _local(node: Object) -> tuple[str, str]:
    """Return kind and local name of an individual."""
    assert isinstance(node, NamedNode)
    kind, _, local = node.value.removeprefix(BASE).partition("/")
    return kind, local


def _choices(annotation: Any) -> Iterator[str]:
    """Yield the words of a `Literal`, or of a union of such."""
    for argument in get_args(annotation):
        if isinstance(argument, str):
            yield argument
        else:
            yield from _choices(argument)


def _absent(column: RecordField) -> Any:
    return column.mark.absent if isinstance(column.mark, Value) else None


def _ordered(column: RecordField) -> bool:
    """Return whether a field is a list of parts that keeps its order in RDF, none of which points elsewhere."""
    parts = isinstance(column.mark, Parts) and column.many
    return parts and "points_to" not in vars(column.base)


def _comparable(column: RecordField, value: Any) -> Any:
    """Return a form in which equal values are equal and printed numbers keep their zeros."""
    if isinstance(value, tuple):
        items = [_comparable(column, item) for item in value]
        return tuple(items) if _ordered(column) else sorted(items, key=repr)
    return repr(value)
