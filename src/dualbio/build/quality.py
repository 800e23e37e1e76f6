"""Checks of a whole release: SHACL shapes, and queries each of whose rows is a defect.

`ontology/shapes/*.ttl` says what a record of each class must and may hold.  `ontology/qc/<name>-violation.rq` selects
`entity`, `property` and `value` of what breaks a rule; exceptions stand in `ontology/qc/waivers.yaml`, with reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rdflib import RDF, SH

from dualbio.build.waivers import WaiversFile
from dualbio.errors import DualbioError, MissingExtraError, NotFoundError, Problem, QueryFileError, StoreError
from dualbio.model.entities import TABLES
from dualbio.model.namespaces import compress, expand, graph_iri, term
from dualbio.sources.corpus import read_document
from dualbio.sources.folders import files_in, shipped_sources
from dualbio.sources.shapes import shapes_text
from dualbio.store.embedded import EmbeddedStore

__all__ = ["release_problems", "run_qc", "shape_problems", "shapes_text", "validate_shapes"]

#: Curated files of records whose graph is made of several.
_FILES = {
    **{table.kind: f"/entities/{table.file}" for table in TABLES},
    **dict.fromkeys(("lesson", "support"), "/lessons/lessons.yaml"),
    **dict.fromkeys(("finding", "interaction", "measure"), "/lessons/biomarker-findings.yaml"),
}
#: Graphs that no curated file says anything in.
_MADE = frozenset(map(graph_iri, ("inferred", "synthesis", "provenance", "catalogue")))
_SUFFIX = "-violation.rq"
_COLUMNS = ["entity", "property", "value"]


def release_problems(store: EmbeddedStore, folder: Path | None = None) -> list[Problem]:
    """Return what breaks the shapes or the quality queries, each with the curated file of its record where it has one.

    Args:
        store: a release.
        folder: the folder of curated sources with `shapes` and `qc`, by default the shipped one.

    Raises:
        MissingExtraError: the SHACL engine is not installed.
        NotFoundError: there are no shapes, or no queries.
        QueryFileError: a query is not one.
    """
    folder = folder or shipped_sources().ontology
    return sorted(_located(store, [*validate_shapes(store, folder / "shapes"), *run_qc(store, folder / "qc")]))


def _located(store: EmbeddedStore, problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        file = _file_of(store, problem.record) if problem.file == "release" else None
        yield replace(problem, file=file) if file else problem


def _file_of(store: EmbeddedStore, record: str) -> str | None:
    """Return the curated file that a record stands in: the one its graph is made of, or the one its kind goes into."""
    try:
        iri = expand(record)
    except DualbioError:
        return None
    graphs = {quad.graph_name for quad in store.quads_for_pattern(ox.NamedNode(iri), None, None, None)} - _MADE
    files = [
        label.object.value
        for graph in sorted(graphs, key=str)
        if isinstance(graph, ox.NamedNode)
        for quad in store.quads_for_pattern(graph, term("prov:wasDerivedFrom"), None, graph_iri("provenance"))
        if isinstance(quad.object, ox.NamedNode)
        for label in store.quads_for_pattern(quad.object, term("rdfs:label"), None, None)
        if isinstance(label.object, ox.Literal)
    ]
    fitting = [file for file in files if file.endswith(_FILES.get(record.partition(":")[0], "//"))]
    return next(iter(fitting or (files if len(files) == 1 else [])), None)


def validate_shapes(store: EmbeddedStore, folder: Path | None = None) -> list[Problem]:
    """Return what in the union of the graphs of `store` breaks the shapes.

    Args:
        store: a release.
        folder: the folder of shapes, by default the shipped one.

    Raises:
        MissingExtraError: the SHACL engine is not installed.
        NotFoundError: the folder holds no shapes.
    """
    try:
        pyshacl_turbo = import_module("pyshacl_turbo")
    except ImportError as error:
        raise MissingExtraError("quality", "checking SHACL shapes") from error
    triples = {quad.triple for quad in store.quads()}
    data = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    # Without advanced=True the engine refuses shapes with SPARQL targets and rules instead of passing them over.
    _, report, _ = pyshacl_turbo.validate(
        data,
        data_graph_format="nt",
        shacl_graph=shapes_text(folder),
        shacl_graph_format="turtle",
        advanced=True,
    )
    return shape_problems(report)


def shape_problems(report: rdflib.Graph) -> list[Problem]:
    """Return the results of a SHACL validation report, sorted; each names its record, its property and the words."""
    return sorted(_shape_problem(report, result) for result in report.subjects(RDF.type, SH.ValidationResult))


def _shape_problem(report: rdflib.Graph, result: rdflib.term.Node) -> Problem:
    def short(predicate: rdflib.URIRef) -> str:
        found = report.value(result, predicate)
        turned = report.value(found, SH.inversePath) if isinstance(found, rdflib.BNode) else None
        if turned is not None:
            return f"^{compress(str(turned))}"
        return compress(str(found)) if found is not None else ""

    constraint = short(SH.sourceConstraintComponent).removeprefix("sh:").removesuffix("ConstraintComponent")
    words = " ".join(sorted(str(text) for text in report.objects(result, SH.resultMessage)))
    value = short(SH.value)
    found = f"; found {value}" if value else ""
    return Problem(
        "release", 0, short(SH.focusNode), "shape", f"{short(SH.resultPath) or 'record'}: {constraint}: {words}{found}"
    )


def run_qc(store: EmbeddedStore, folder: Path | None = None) -> list[Problem]:
    """Return every row of every quality query of `folder` that no waiver covers, and every waiver without a row.

    Args:
        store: a release.
        folder: the folder of queries and their waivers, by default the shipped one.

    Raises:
        NotFoundError: the folder holds no query.
        QueryFileError: a file is not SPARQL, or has other columns than entity, property, value.
    """
    folder = folder or shipped_sources().ontology / "qc"
    files = files_in(folder, f"*{_SUFFIX}")
    if not files:
        raise NotFoundError(f"{folder}: no file *{_SUFFIX}; repair: name another folder")
    found = [problem for file in files for problem in _rows(store, file)]
    return _unwaived(found, folder)


def _rows(store: EmbeddedStore, file: Path) -> Iterator[Problem]:
    try:
        rows = store.query(file.read_text(encoding="utf-8"))
    except StoreError as error:
        raise QueryFileError(f"{file}: {error}") from error
    names = [variable.value for variable in rows.variables] if isinstance(rows, ox.QuerySolutions) else []
    if names != _COLUMNS or not isinstance(rows, ox.QuerySolutions):
        raise QueryFileError(f"{file}: columns {names}; accepted: SELECT ?entity ?property ?value; repair: rename them")
    title = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("#+ title: ")
    for row in rows:
        entity, name, value = (_short(row[column]) for column in _COLUMNS)
        message = f"{name} is '{value}'; accepted: {title} repair: correct the record"
        yield Problem("release", 0, entity, file.name.removesuffix(_SUFFIX), message)


def _short(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        return compress(term.value)
    return term.value if isinstance(term, ox.Literal) else "" if term is None else str(term)


def _unwaived(found: Sequence[Problem], folder: Path) -> list[Problem]:
    path = folder / "waivers.yaml"
    if not path.exists():
        return sorted(set(found))
    document = read_document(folder, path, WaiversFile)
    assert isinstance(document.record, WaiversFile)
    covered = {(w.check, record) for w in document.record.waivers for record in w.records}
    stale = covered - {(problem.check, problem.record) for problem in found}
    told = (
        Problem(document.file, 0, record, check, "nothing to waive; repair: remove the waiver")
        for check, record in stale
    )
    return sorted({problem for problem in found if (problem.check, problem.record) not in covered}.union(told))
