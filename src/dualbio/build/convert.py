"""From curated records to triples, and back.

Conversion is one walk over the marks of the record models (see `dualbio.fields`); nothing here knows a field by name
except the file layouts at the bottom.  `records_of` walks the same marks the other way, so nothing can be lost
unnoticed: the round trip is tested on every file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad

from dualbio.corpus import Corpus
from dualbio.entities import TABLES, Entity, Table
from dualbio.evidence import Arm, Comparison, Overlap, RegimenStep, Result, Source, Study, StudyFile
from dualbio.fields import (
    Curie,
    Field_,
    Identity,
    Inline,
    Link,
    Mark,
    Own,
    Parts,
    Pointer,
    Record,
    Term,
    Value,
    fields_of,
    slug,
)
from dualbio.lessons import (
    ArmPrediction,
    BiomarkerFinding,
    EvidenceGap,
    FindingMeasure,
    FindingSource,
    Interaction,
    Lesson,
    LevelEffect,
    Support,
)
from dualbio.namespaces import expand, graph_iri, individual, term

__all__ = [
    "CLASSES",
    "corpus_quads",
    "local_key",
    "pair_key",
    "property_name",
    "scheme_class",
    "source_label",
    "study_quads",
]

#: The class of each record that has an IRI of its own.
CLASSES: dict[type[Record], str] = {
    Study: "Study",
    Arm: "Arm",
    RegimenStep: "RegimenStep",
    Result: "Result",
    Comparison: "Comparison",
    Source: "Source",
    FindingSource: "Source",
    Overlap: "Overlap",
    Lesson: "Lesson",
    Support: "Support",
    BiomarkerFinding: "BiomarkerFinding",
    FindingMeasure: "FindingMeasure",
    ArmPrediction: "ArmPrediction",
    LevelEffect: "LevelEffect",
    Interaction: "Interaction",
    EvidenceGap: "EvidenceGap",
}

_TYPE = term("rdf:type")
_LABEL = term("rdfs:label")
_KEY = term("key")
_POSITION = term("position")


@dataclass(frozen=True)
class _Owner:
    """The individual that triples are being written about.

    `study` is the study whose arms, rows and sources bare ids refer to; `prefix` stands before property names;
    `label` names the owner to people; `classes` are the keys that are drug classes rather than drugs.
    """

    node: NamedNode
    graph: NamedNode
    local: str
    label: str = ""
    study: str | None = None
    prefix: str = ""
    classes: frozenset[str] = frozenset()


def property_name(prefix: str, predicate: str) -> str:
    """Return the vocabulary name of a field inside an inline record.

    >>> property_name("interval", "low"), property_name("", "week")
    ('intervalLow', 'week')
    """
    return prefix + predicate[0].upper() + predicate[1:] if prefix and ":" not in predicate else predicate


def scheme_class(scheme: str) -> str:
    """Return the class of a controlled scheme.

    >>> scheme_class("check-level")
    'CheckLevel'
    """
    return "".join(word.capitalize() for word in scheme.split("-"))


def pair_key(pair: str) -> str:
    """Return the local name of a mechanism pair.

    >>> pair_key("b-cell-depletion+blys-inhibition")
    'b-cell-depletion_blys-inhibition'
    """
    return pair.replace("+", "_")


def local_key(kind: str, key: str, study: str | None) -> tuple[str, str]:
    """Return kind and local name of a bare id of a study; `row` stands for a result or a comparison."""
    if kind == "row":
        kind = "result" if key.startswith("r") else "comparison"
    return kind, f"{study}.{key}"


def corpus_quads(corpus: Corpus) -> Iterator[Quad]:
    """Yield every curated record as quads: vocabularies, studies, lessons and findings, each in its graph."""
    for table in TABLES:
        yield from _table_quads(table, corpus.entities[table.kind].values())
    classes = frozenset(corpus.entities["drug-class"])
    for study in corpus.study_files.values():
        yield from study_quads(study, classes)
    graph = graph_iri("lessons")
    for lesson in corpus.lessons_file.lessons:
        yield from _record_quads(lesson, _owner("lesson", lesson.id, graph))
        yield from _pair_quads(lesson.mechanism_pairs or (), graph)
    for finding in corpus.findings_file.biomarker_findings:
        study_key = finding.studies[0] if len(finding.studies) == 1 else None
        yield from _record_quads(finding, _owner("finding", finding.id, graph, study=study_key))
    for gap in corpus.findings_file.not_found:
        yield from _record_quads(gap, _owner("gap", gap.id, graph))


def _owner(kind: str, key: str, graph: NamedNode, study: str | None = None) -> _Owner:
    return _Owner(individual(kind, key), graph, key, label=key, study=study)


def _table_quads(table: Table, rows: Iterable[Entity]) -> Iterator[Quad]:
    graph = graph_iri("entities")
    for row in rows:
        node = individual(table.kind, row.key)
        yield Quad(node, _TYPE, term(table.class_name), graph)
        if table.kind == "value":
            yield Quad(node, _TYPE, term(scheme_class(row.key.split(".")[0])), graph)
        yield from _field_quads(row, _Owner(node, graph, row.key))


def study_quads(file: StudyFile, classes: frozenset[str]) -> Iterator[Quad]:
    """Yield one study file as quads of its graph; `classes` are the keys of the drug classes."""
    key = file.study.id
    graph = graph_iri(f"study/{key}")
    owner = _Owner(individual("study", key), graph, key, label=file.study.acronym, study=key, classes=classes)
    yield from _record_quads(file.study, owner)
    for field in fields_of(StudyFile):
        if isinstance(field.mark, Parts):
            yield from _part_quads(getattr(file, field.name), field, field.mark, owner)


def source_label(source: Source | FindingSource) -> str:
    """Return a short name for a source, such as `van Schaik 2022, Trials`."""
    head = " ".join(str(part) for part in (source.first_author, source.year) if part)
    place = (source.journal or source.registry_id) if isinstance(source, Source) else None
    rest = place or (source.type or "page").replace("-", " ")
    return f"{head}, {rest}" if head else rest


def _pair_quads(pairs: Iterable[str], graph: NamedNode) -> Iterator[Quad]:
    for pair in pairs:
        node = individual("pair", pair_key(pair))
        yield Quad(node, _TYPE, term("MechanismPair"), graph)
        for mechanism in pair.split("+"):
            yield Quad(node, term("combinesMechanism"), individual("mechanism", mechanism), graph)


def _record_quads(record: Record, owner: _Owner) -> Iterator[Quad]:
    yield Quad(owner.node, _TYPE, term(CLASSES[type(record)]), owner.graph)
    if all(field.predicate != "rdfs:label" for field in fields_of(type(record))):
        label = source_label(record) if isinstance(record, (Source, FindingSource)) else owner.label
        yield Quad(owner.node, _LABEL, Literal(label), owner.graph)
    yield from _field_quads(record, owner)


def _field_quads(record: Record, owner: _Owner) -> Iterator[Quad]:
    sibling = getattr(record, "study", None)
    if isinstance(sibling, str):
        owner = replace(owner, study=sibling)
    for field in fields_of(type(record)):
        value = getattr(record, field.name)
        match field.mark:
            case _ if value is None:
                continue
            case Inline(prefix=prefix):
                yield from _field_quads(value, replace(owner, prefix=prefix))
            case Parts() as mark:
                yield from _part_quads(value, field, mark, owner)
            case mark:
                predicate = term(property_name(owner.prefix, field.predicate))
                for item in value if field.many else (value,):
                    yield from _value_quads(item, mark, predicate, owner)


def _value_quads(item: Any, mark: Mark, predicate: NamedNode, owner: _Owner) -> Iterator[Quad]:
    """Yield the triple of one value, and the printed form of a number that would lose its trailing zeros."""
    match mark:
        case Identity():
            yield Quad(owner.node, _KEY, Literal(item), owner.graph)
            return
        case Link(kinds=kinds):
            node = individual(_link_kind(kinds, item, owner), pair_key(item))
        case Curie():
            node = NamedNode(expand(item))
        case Own(kind=kind):
            node = individual(*local_key(kind, item, owner.study))
        case Pointer(kind=kind):
            node = individual(*local_key(kind, item.arm if kind == "arm" else item.row, item.study))
        case Term(scheme=scheme):
            node = individual("value", f"{scheme}.{slug(item)}")
        case Value() as value_mark:
            if item != value_mark.absent:
                yield Quad(owner.node, predicate, _literal(item, value_mark), owner.graph)
            if isinstance(item, Decimal) and _printed_differs(item):
                yield Quad(owner.node, NamedNode(f"{predicate.value}Printed"), Literal(str(item)), owner.graph)
            return
        case _:
            raise TypeError(f"no conversion for {mark}")
    yield Quad(owner.node, predicate, node, owner.graph)


def _link_kind(kinds: tuple[str, ...], key: str, owner: _Owner) -> str:
    """Return the kind of the entity that `key` names; only drugs and drug classes ever stand in one field."""
    return "drug-class" if "drug-class" in kinds and (len(kinds) == 1 or key in owner.classes) else kinds[0]


def _printed_differs(number: Decimal) -> bool:
    """Say whether an RDF store would show `number` in another form than it was printed."""
    text = str(number)
    return ("." in text and text.endswith("0")) or "E" in text


def _literal(item: Any, mark: Value) -> Literal:
    if isinstance(item, Decimal):
        return Literal(f"{item:f}", datatype=term("xsd:decimal"))
    if isinstance(item, (bool, int)):
        return Literal(item)
    if mark.datatype:
        return Literal(item, datatype=NamedNode(expand(mark.datatype)))
    return Literal(item, language=mark.language) if mark.language else Literal(item)


def _part_quads(value: Any, field: Field_, mark: Parts, owner: _Owner) -> Iterator[Quad]:
    """Yield the parts of an owner: the link to each, its position, and its own triples."""
    parts = () if value is None else value if field.many else (value,)
    if mark.through and parts:
        kind, predicate = mark.through
        node = individual(kind, owner.local)
        yield Quad(owner.node, term(predicate), node, owner.graph)
        yield Quad(node, _TYPE, term(kind.capitalize()), owner.graph)
        yield Quad(node, _LABEL, Literal(f"{kind} of {owner.label}"), owner.graph)
        owner = replace(owner, node=node)
    for position, part in enumerate(parts, start=1):
        if part.points_to:
            yield Quad(owner.node, term(field.predicate), individual(*part.points_to), owner.graph)
            continue
        name = _part_name(part, field, position)
        local = f"{owner.local}.{name}" if name else owner.local
        node = individual(mark.kind, local)
        yield Quad(owner.node, term(field.predicate), node, owner.graph)
        if field.many:
            yield Quad(node, _POSITION, Literal(position), owner.graph)
        label = f"{owner.label}, {getattr(part, 'label', None) or name or mark.kind}"
        yield from _record_quads(part, replace(owner, node=node, local=local, label=label, prefix=""))


def _part_name(part: Record, field: Field_, position: int) -> str:
    """Return the last piece of a part's local name: its own id, its number, or nothing where there is but one."""
    if not field.many:
        return ""
    own: str | None = getattr(part, "id", None)
    return own or f"{_PART_LETTERS.get(field.name, '')}{position}"


#: Parts of one kind under one owner are told apart by a letter before their number.
_PART_LETTERS = {"supported_by": "s", "contradicted_by": "c", "by_arm": "a", "by_level": "l"}
