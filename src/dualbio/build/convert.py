"""From curated records to triples, and back.

Conversion is one walk over the marks of the record models (see `model.record_fields`); nothing here knows a field by
name except the file layouts at the bottom.  `records_of` walks the same marks the other way, so nothing can be lost
unnoticed: the round trip is tested on every file.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad

from dualbio.model.entities import TABLES, Entity, VocabularyTable
from dualbio.model.evidence import (
    Source,
    StudyFile,
)
from dualbio.model.labels import Names, other_keys, part_labels, short_labels, source_name
from dualbio.model.lessons import (
    BiomarkerFinding,
    EvidenceGap,
    FindingSource,
    Lesson,
)
from dualbio.model.namespaces import PREFIXES, VOCABULARY, expand, graph_iri, individual, term
from dualbio.model.record_fields import (
    Coded,
    Curie,
    Date,
    Identity,
    Inline,
    Link,
    Mark,
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
from dualbio.rdf.numbers import number_literal
from dualbio.sources.corpus import Corpus

__all__ = [
    "corpus_quads",
    "days_of",
    "lesson_quads",
    "local_key",
    "names_of",
    "pair_key",
    "property_name",
    "scheme_class",
    "study_quads",
]

_R = TypeVar("_R", bound=Record)
_TYPE = term("rdf:type")
_LABEL = term("rdfs:label")
_KEY = term("key")
_POSITION = term("position")
#: Properties whose values name something outside, and the prefixes of the IRIs that it has there.
_OUTSIDE_NAMES = {term("pmid"): "PMID", term("doi"): "doi", term("registryId"): "clinicaltrials"}
#: Datatypes of dates by the length of their text.
_PRECISION = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}
#: Of what labels name, nothing: things are called by their keys.
_NO_NAMES = Names()


@dataclass(frozen=True)
class _Owner:
    """The individual that triples are being written about.

    `study` is the study whose arms, rows and sources bare ids refer to; `prefix` stands before property names;
    `label` names the owner to people, `arms` its arms by their keys; `names` has what other things are called.
    """

    node: NamedNode
    graph: NamedNode
    local: str
    label: str = ""
    arms: Mapping[str, str] | None = None
    study: str | None = None
    prefix: str = ""
    names: Names = _NO_NAMES


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


def days_of(date: str) -> tuple[str, str]:
    """Return the first and the last day that a date of reduced precision can mean.

    >>> days_of("2024-02"), days_of("2023"), days_of("2021-12-02")
    (('2024-02-01', '2024-02-29'), ('2023-01-01', '2023-12-31'), ('2021-12-02', '2021-12-02'))
    """
    year, month = (int(part) for part in f"{date}-12".split("-")[:2])
    last = f"{year}-{month:02}-{monthrange(year, month)[1]}"
    return f"{date}-01-01"[:10], date if len(date) == len(last) else last


def corpus_quads(corpus: Corpus, among: Corpus | None = None) -> Iterator[Quad]:
    """Yield every curated record as quads: vocabularies, studies, lessons and findings, each in its graph.

    Args:
        corpus: the records.
        among: all that a name may mean, where the records are laid over others; a name that it gives to two rows is
            the key of neither.
    """
    for table in TABLES:
        yield from _table_quads(table, corpus.entities[table.kind], (among or corpus).entities[table.kind].values())
    names = names_of(among or corpus)
    for study in corpus.study_files.values():
        yield from study_quads(study, names)
    yield from lesson_quads(corpus, among)


def lesson_quads(corpus: Corpus, among: Corpus | None = None, naming: Collection[str] | None = None) -> Iterator[Quad]:
    """Yield lessons, reviews, findings and gaps as quads of their graph.

    Args:
        corpus: the records.
        among: as in `corpus_quads`.
        naming: keys of studies, where records that name none of them are left out.
    """
    names = names_of(among or corpus)
    graph = graph_iri("lessons")

    def chosen(records: Iterable[_R]) -> Iterator[_R]:
        for record in records:
            text = "" if naming is None else record.model_dump_json()
            if naming is None or any(key in text for key in naming):
                yield record

    taught = short_labels({lesson.id: lesson.statement for lesson in corpus.lessons_file.lessons})
    for lesson in chosen(corpus.lessons_file.lessons):
        yield from _record_quads(lesson, _owner("lesson", lesson.id, graph, taught[lesson.id], names))
        yield from _pair_quads(lesson.mechanism_pairs or (), graph)
    for review in chosen(corpus.lessons_file.reviews):
        yield from _record_quads(review, _owner("review", review.id, graph, review.label, names))
    found = short_labels({each.id: each.statement for each in corpus.findings_file.biomarker_findings})
    for finding in chosen(corpus.findings_file.biomarker_findings):
        own = finding.studies[0] if len(finding.studies) == 1 else None
        arms = {arm.id: arm.label for arm in names.studies[own].arms} if own and own in names.studies else {}
        owner = _owner("finding", finding.id, graph, found[finding.id], names)
        yield from _record_quads(finding, replace(owner, study=own, arms=arms))
    for gap in chosen(corpus.findings_file.not_found):
        yield from _record_quads(gap, _owner("gap", gap.id, graph, gap.statement, names))


def names_of(corpus: Corpus) -> Names:
    """Return what the things of a corpus are called in the labels of others."""
    return Names(corpus.entities, corpus.study_files)


def _owner(kind: str, key: str, graph: NamedNode, label: str, names: Names) -> _Owner:
    return _Owner(individual(kind, key), graph, key, label=label, names=names)


def _table_quads(table: VocabularyTable, own: Mapping[str, Entity], rows: Collection[Entity]) -> Iterator[Quad]:
    """Yield the `own` rows of a table; their other names are distinguished among `rows`."""
    graph = graph_iri("entities")
    for row in own.values():
        node = individual(table.kind, row.key)
        yield Quad(node, _TYPE, term(table.class_name), graph)
        if table.kind == "value":
            scheme, _, word = row.key.partition(".")
            yield Quad(node, _TYPE, term(scheme_class(scheme)), graph)
            yield Quad(node, term("skos:notation"), Literal(word), graph)
        yield from _field_quads(row, _Owner(node, graph, row.key))
    yield from (
        Quad(individual(table.kind, name), term("dcterms:isReplacedBy"), individual(table.kind, key), graph)
        for name, key in other_keys(rows).items()
        if key in own
    )


def study_quads(file: StudyFile, names: Names) -> Iterator[Quad]:
    """Yield one study file as quads of its graph; `names` has what other things are called."""
    key = file.study.id
    graph = graph_iri(f"study/{key}")
    arms = {arm.id: arm.label for arm in file.arms}
    owner = _Owner(individual("study", key), graph, key, file.study.acronym, arms, key, names=names)
    yield from _record_quads(file.study, owner)
    for field in fields_of(StudyFile):
        if isinstance(field.mark, Parts):
            yield from _part_quads(getattr(file, field.name), field, field.mark, owner)


def _pair_quads(pairs: Iterable[str], graph: NamedNode) -> Iterator[Quad]:
    for pair in pairs:
        node = individual("pair", pair_key(pair))
        yield Quad(node, _TYPE, term("MechanismPair"), graph)
        for mechanism in pair.split("+"):
            yield Quad(node, term("combinesMechanism"), individual("mechanism", mechanism), graph)


def _record_quads(record: Record, owner: _Owner) -> Iterator[Quad]:
    yield Quad(owner.node, _TYPE, term(CLASSES[type(record)]), owner.graph)
    if all(field.predicate != "rdfs:label" for field in fields_of(type(record))):
        label = record.statement if isinstance(record, (Lesson, BiomarkerFinding, EvidenceGap)) else owner.label
        yield Quad(owner.node, _LABEL, Literal(label, language="en"), owner.graph)
    if isinstance(record, (Source, FindingSource)):
        yield Quad(owner.node, term("shortLabel"), Literal(source_name(record), language="en"), owner.graph)
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
        case Curie() | Outside():
            node = NamedNode(expand(item))
        case Own(kind=kind):
            node = individual(*local_key(kind, item, owner.study))
        case Pointer(kind=kind):
            node = individual(*local_key(kind, item.arm if kind == "arm" else item.row, item.study))
        case Coded(scheme=scheme):
            node = individual("value", f"{scheme}.{slug(item)}")
        case Date():
            yield from _date_quads(item, predicate, owner)
            return
        case Value() as value_mark:
            if item != value_mark.absent:
                yield Quad(owner.node, predicate, _literal(item, value_mark), owner.graph)
                yield from _outside_name(owner, predicate, item)
                if predicate == _DEFINITION:
                    yield Quad(owner.node, term("IAO:0000119"), _HERE, owner.graph)
            if isinstance(item, Decimal) and _printed_differs(item):
                yield Quad(owner.node, NamedNode(f"{predicate.value}Printed"), Literal(str(item)), owner.graph)
            return
        case _:
            raise TypeError(f"no conversion for {mark}")
    yield Quad(owner.node, predicate, node, owner.graph)


def _date_quads(item: str, predicate: NamedNode, owner: _Owner) -> Iterator[Quad]:
    """Yield a date as precise as it is known, and the first and the last day that it can mean."""
    yield Quad(owner.node, predicate, Literal(item, datatype=term(_PRECISION[len(item)])), owner.graph)
    for end, day in zip(("Earliest", "Latest"), days_of(item), strict=True):
        last = NamedNode(f"{predicate.value}{end}")
        yield Quad(owner.node, last, Literal(day, datatype=term("xsd:date")), owner.graph)


def _link_kind(kinds: tuple[str, ...], key: str, owner: _Owner) -> str:
    """Return the kind of the entity that `key` names; only drugs and drug classes ever stand in one field."""
    return (
        "drug-class"
        if "drug-class" in kinds and (len(kinds) == 1 or key in owner.names.entities.get("drug-class", ()))
        else kinds[0]
    )


#: Where definitions of entities were worded: in this ontology, whatever they build on.
_DEFINITION, _HERE = term("skos:definition"), NamedNode(VOCABULARY.rstrip("#"))


def _outside_name(owner: _Owner, predicate: NamedNode, item: Any) -> Iterator[Quad]:
    """Yield the identifier of a publication or registry record as a CURIE and as the IRI that others use."""
    prefix = _OUTSIDE_NAMES.get(predicate)
    if prefix and (prefix != "clinicaltrials" or item.startswith("NCT")):
        yield Quad(owner.node, term("dcterms:identifier"), Literal(f"{prefix}:{item}"), owner.graph)
        page = NamedNode(PREFIXES[prefix] + quote(item, safe="/:;()._-"))
        yield Quad(owner.node, term("rdfs:seeAlso"), page, owner.graph)


def _printed_differs(number: Decimal) -> bool:
    """Return whether an RDF store would change the printed form of `number`."""
    text = str(number)
    return ("." in text and text.endswith("0")) or "E" in text


def _literal(item: Any, mark: Value) -> Literal:
    if isinstance(item, Decimal):
        return number_literal(item, counted=mark.counted)
    if isinstance(item, (bool, int)):
        return Literal(item)
    if mark.datatype:
        return Literal(item, datatype=NamedNode(expand(mark.datatype)))
    return Literal(item, language=mark.language) if mark.language else Literal(item)


def _part_quads(value: Any, field: RecordField, mark: Parts, owner: _Owner) -> Iterator[Quad]:
    """Yield the parts of an owner: the link to each, its position, and its own triples."""
    parts = () if value is None else value if field.many else (value,)
    if mark.through and parts:
        kind, predicate = mark.through
        node = individual(kind, owner.local)
        yield Quad(owner.node, term(predicate), node, owner.graph)
        yield Quad(node, _TYPE, term(kind.capitalize()), owner.graph)
        yield Quad(node, _LABEL, Literal(f"{kind} of {owner.label}", language="en"), owner.graph)
        owner = replace(owner, node=node)
    named = [(part, _part_name(part, field, position)) for position, part in enumerate(parts, start=1)]
    labels = part_labels(named, field.name, mark.kind, owner.label, owner.arms or {}, owner.names)
    for position, ((part, name), label) in enumerate(zip(named, labels, strict=True), start=1):
        if part.points_to:
            yield Quad(owner.node, term(field.predicate), individual(*part.points_to), owner.graph)
            continue
        local = f"{owner.local}.{name}" if name else owner.local
        node = individual(local_key(mark.kind, name, None)[0], local)
        yield Quad(owner.node, term(field.predicate), node, owner.graph)
        if field.many:
            yield Quad(node, _POSITION, Literal(position), owner.graph)
        yield from _record_quads(part, replace(owner, node=node, local=local, label=label, prefix=""))


def _part_name(part: Record, field: RecordField, position: int) -> str:
    """Return the last piece of a part's local name: its own id, its number, or nothing where there is but one."""
    if not field.many:
        return ""
    own: str | None = getattr(part, "id", None)
    return own or f"{_PART_LETTERS.get(field.name, '')}{position}"


#: Parts of one kind under one owner are distinguished by a letter before their number.
_PART_LETTERS = {"supported_by": "s", "contradicted_by": "c", "by_arm": "a", "by_level": "l"}
