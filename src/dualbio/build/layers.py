"""A user's own evidence folder, an overlay on the curated data in graphs of its own, never mixed into a release.

A layer has the layout of `ontology/` (`evidence/`, `entities/`, `lessons/`), each part as it is needed.  It may add
studies, vocabulary rows and lessons, and refer to those of the release; it may not redefine them.
Its graphs are `graph/local/<layer>/…`; `graph/local/<layer>` itself says what they are.  To remove a layer is to drop
these graphs: nothing else of a store knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, Store

from dualbio.build.checks import CHECKS
from dualbio.build.convert import corpus_quads, names_of, study_quads
from dualbio.build.validate import Report, validate
from dualbio.errors import DataError, DualbioError, Problem
from dualbio.mappings import alternate_quads, outside_iris
from dualbio.model.entities import TABLES
from dualbio.model.evidence import StudyFile
from dualbio.model.namespaces import BASE, LOCAL, graph_iri, individual, term
from dualbio.model.record_fields import slug
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.sources.corpus import Corpus, read_folder
from dualbio.synthesis.kept_pools import KeptPools
from dualbio.synthesis.pooling.quads import APART, pool_quads

__all__ = [
    "LOCAL",
    "Layer",
    "answer_quads",
    "apart_quads",
    "layer_quads",
    "read_layers",
    "validate_layer",
]

_MARK = "Records of a user's own folder, an overlay on the release; not part of dualbio and not reviewed by it."


@dataclass(frozen=True)
class Layer:
    """A user's folder: `own` are its records, `merged` those over the release and the layers before."""

    name: str
    own: Corpus
    merged: Corpus


def read_layers(base: Corpus, folders: Sequence[Path]) -> tuple[Layer, ...]:
    """Read folders to lay over `base`, in this order; a layer may refer to those before it.

    Raises:
        DataError: files do not conform, or redefine what the release or a layer before has; all problems are listed.
        DualbioError: a folder does not exist, is empty, or has the name of another.
    """
    layers: list[Layer] = []
    problems: list[Problem] = []
    below = base
    for folder in folders:
        name = slug(folder.resolve().name)
        if name in {slug(base.folder.resolve().name), *(layer.name for layer in layers)}:
            raise DualbioError(f"layer '{name}' has the name of another folder; repair: rename {folder}")
        own, broken = read_folder(folder.resolve(), whole=False)
        problems += broken
        if not problems and not own.holds_records:
            accepted = "evidence/*.yaml, entities/*.tsv, lessons/*.yaml, syntheses/*.yaml"
            raise DualbioError(f"{folder} has no curated files; accepted: {accepted}")
        problems += _redefined(own, below)
        below = _merged(own, below)
        layers.append(Layer(name, own, below))
    if problems:
        raise DataError(problems)
    return tuple(layers)


def validate_layer(layer: Layer) -> Report:
    """Run all checks on the records of a layer together with the curated ones; waivers are those of its folder.

    An overlap with a study of the release is recorded in the layer alone, because the release cannot know of it.
    """
    mutual = tuple(check for check in CHECKS if check.name == "overlap-mutual")
    others = tuple(check for check in CHECKS if check not in mutual)
    wide, narrow = validate(layer.merged, checks=others), validate(layer.own, checks=mutual)
    rows = {f"{kind} {key}" for kind, table in layer.own.entities.items() for key in table}
    files = {document.file for document in layer.own.documents}

    def own(problems: Iterable[Problem]) -> tuple[Problem, ...]:
        return tuple(p for p in problems if p.file in files or p.record in rows or p.file.endswith("/waivers.yaml"))

    return Report(
        errors=tuple(sorted(own(wide.errors) + own(narrow.errors))),
        warnings=own(wide.warnings),
        notes=own(wide.notes),
        waived=own(wide.waived),
    )


def layer_quads(
    layer: Layer, computed: Iterable[Quad] = (), alternates: Mapping[str, tuple[str, ...]] | None = None
) -> Iterator[Quad]:
    """Yield a layer in its own graphs, with the mark that says what they are.

    Args:
        layer: the records.
        computed: what is computed from them.
        alternates: other namespaces of outside IRIs by ours, so that a join finds the layer as it finds the release.
    """
    names = names_of(layer.merged)
    graph = graph_iri(f"{LOCAL}{layer.name}")
    yield Quad(graph, term("rdf:type"), term("prov:Entity"), graph)
    yield Quad(graph, term("rdfs:label"), Literal(f"local folder {layer.name}"), graph)
    yield Quad(graph, term("rdfs:comment"), Literal(_MARK, language="en"), graph)
    yield from (Quad(graph, term("dcterms:hasPart"), individual("study", key), graph) for key in layer.own.study_files)
    studies = (quad for file in layer.own.study_files.values() for quad in study_quads(file, names))
    records = [*studies, *corpus_quads(replace(layer.own, studies={}), layer.merged)]
    others = alternate_quads(alternates or {}, outside_iris(records))
    yield from (_moved(quad, layer.name) for quad in (*records, *computed, *others))


def answer_quads(store: Store, layer: Layer, kept: KeptPools | None = None) -> Iterator[Quad]:
    """Yield the answers to the questions across studies of a layer, in its own graphs.

    Args:
        store: the release with the layer, in which everything is inferred.
        layer: the records.
        kept: answers of an earlier build.
    """
    yield from (_moved(quad, layer.name) for quad in pool_quads(store, layer.own.questions.values(), kept))


def apart_quads(layers: Sequence[Layer]) -> Iterator[Quad]:
    """Yield a caveat for each answer of the release to a question on something that a layer reports too.

    Such an answer stays as the release gives it; who reads it beside the layer shall know that it is without it.

    Args:
        layers: all that lie over one release.
    """
    own = {key for layer in layers for key in layer.own.questions}
    for layer in layers:
        for key, question in layer.merged.questions.items():
            studies = [] if key in own else sorted(_reporting(question, layer.own.study_files.values()))
            if studies:
                words = f"{APART}: {', '.join(studies)} (own evidence: {layer.name})"
                told = Literal(f"{words}; dualbio synthesise {key} takes it into account", language="en")
                yield _moved(Quad(individual("pool", key), term("caveat"), told, graph_iri("synthesis")), layer.name)


def _reporting(question: SynthesisQuestion, files: Iterable[StudyFile]) -> Iterator[str]:
    """Yield the names of studies that report what a question counts."""
    asked = {*(question.events or question.outcomes or ())}
    for file in files:
        if asked & {row.ae if question.events else row.outcome for row in file.rows}:
            yield file.study.acronym


def _moved(quad: Quad, name: str) -> Quad:
    """Return the quad in the layer's graph instead of the release's."""
    assert isinstance(quad.graph_name, NamedNode)
    local = quad.graph_name.value.removeprefix(f"{BASE}graph/")
    return Quad(quad.subject, quad.predicate, quad.object, graph_iri(f"{LOCAL}{name}/{local}"))


def _merged(own: Corpus, below: Corpus) -> Corpus:
    """Return the corpus that the layer's records live in; lessons and findings are the layer's alone."""
    return replace(
        own,
        entities={kind: {**below.entities[kind], **own.entities[kind]} for kind in own.entities},
        entity_lines={kind: {**below.entity_lines[kind], **own.entity_lines[kind]} for kind in own.entity_lines},
        studies={**below.studies, **own.studies},
        syntheses={**below.syntheses, **own.syntheses},
    )


def _redefined(own: Corpus, below: Corpus) -> Iterator[Problem]:
    """Yield records of a layer whose keys are taken."""
    for key, document in own.studies.items():
        if key in below.studies:
            message = f"study '{key}' is already in {below.studies[key].file}; repair: choose another key"
            yield Problem(document.file, document.line("study", "id"), f"study {key}", "layer-key", message)
    for table in TABLES:
        for key in own.entities[table.kind].keys() & below.entities[table.kind].keys():
            file, line = f"{own.folder.name}/entities/{table.file}", own.entity_lines[table.kind][key]
            message = f"'{key}' is already in the release or a layer before; repair: choose another key"
            yield Problem(file, line, f"{table.kind} {key}", "layer-key", message)
    for key in own.questions.keys() & below.questions.keys():
        document = own.syntheses[key]
        message = f"question '{key}' is already in {below.syntheses[key].file}; repair: choose another id"
        yield Problem(document.file, document.line("id"), f"synthesis {key}", "layer-key", message)
    taken = {lesson.id for lesson in below.lessons_file.lessons}
    for index, lesson in enumerate(own.lessons_file.lessons):
        if lesson.id in taken:
            message = f"lesson '{lesson.id}' is already in the release; repair: choose another id"
            line = own.lessons.line("lessons", index)
            yield Problem(
                own.lessons.file, own.lessons.line("lessons", index), f"lessons {lesson.id}", "layer-key", message
            )
    numbers = {finding.id for finding in below.findings_file.biomarker_findings}
    for index, finding in enumerate(own.findings_file.biomarker_findings):
        if finding.id in numbers:
            message = f"finding '{finding.id}' is already in the release; repair: choose another id"
            line = own.findings.line("biomarker_findings", index)
            yield Problem(own.findings.file, line, f"biomarker_findings {finding.id}", "layer-key", message)
