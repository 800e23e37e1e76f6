"""Build a release: read, validate, convert, compute, infer, package; beside the old one, switched in at the end."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.convert import corpus_quads
from dualbio.build.infer import Closure, infer, write_derivations
from dualbio.build.layers import LOCAL, layer_quads, read_layers, validate_layer
from dualbio.build.provenance import provenance_quads, source_files
from dualbio.build.validate import validate
from dualbio.corpus import Corpus, read_corpus
from dualbio.errors import DataError, Problem, ReleaseError
from dualbio.evidence import StudyFile
from dualbio.mappings import mapping_quads, read_mappings
from dualbio.namespaces import BASE, graph_iri, term
from dualbio.release import Release, make_current, open_release, sha256_of
from dualbio.resources import Sources
from dualbio.rules import Rule, compile_axioms, read_rules
from dualbio.version import __version__

__all__ = ["STAGES", "Extension", "Progress", "Synthesis", "build_release", "read_ontology"]

#: The stages of a build, in order; progress is told as the number of the stage that begins.
STAGES = ("read", "validate", "convert", "infer", "describe", "write", "store", "switch")

Progress = Callable[[str], None]
#: More quads for a release, made by upper floors from what has been built so far (its catalogue).
Extension = Callable[[ox.Store], Iterable[ox.Quad]]
#: What an upper floor computes from studies before anything is inferred, so that rules see it too.
Synthesis = Callable[[Iterable[StudyFile]], Iterable[ox.Quad]]


def build_release(
    sources: Sources,
    releases: Path,
    progress: Progress | None = None,
    extensions: Iterable[Extension] = (),
    synthesise: Synthesis = lambda _files: (),
) -> Release:
    """Build a release of `sources` below `releases` and make it current.

    Args:
        sources: the folders of curated data and saved queries.
        releases: the folder of all releases; made if it does not exist.
        progress: called with the name of each stage of `STAGES` as it begins.
        extensions: functions that add quads once everything is inferred.
        synthesise: computes estimates from the studies; the rules run over them as over curated records.

    Raises:
        DataError: the curated data does not conform; releases built before stay as they are.
        ReleaseError: the folder cannot be written.
    """
    tell = progress or (lambda _stage: None)
    tell("read")
    corpus = read_corpus(sources.ontology)
    ontology = list(read_ontology(sources.ontology))
    rules = (*compile_axioms(quad.triple for quad in ontology), *read_rules(sources.ontology / "rules"))
    tell("validate")
    validate(corpus).raise_errors()
    tell("convert")
    store = ox.Store()
    store.bulk_extend(_asserted(corpus, sources, ontology))
    store.bulk_extend(synthesise(corpus.study_files.values()))
    tell("infer")
    closure = infer(store, rules, inferred_graph=graph_iri("inferred"))
    tell("describe")
    for extension in extensions:
        store.extend(list(extension(store)))
    if sources.layers:
        store.bulk_extend(_layers(corpus, sources.layers, synthesise))
        closure = closure.followed_by(infer(store, rules, inferred_graph=graph_iri(f"{LOCAL}inferred")))
    try:
        releases.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=releases))
        try:
            return _package(store, closure, rules, sources.digest, draft, releases, tell)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise ReleaseError(
            f"{error.filename or releases}: {error.strerror}; the releases before stay as they are"
        ) from error


def _asserted(corpus: Corpus, sources: Sources, ontology: list[ox.Quad]) -> Iterator[ox.Quad]:
    yield from ontology
    yield from corpus_quads(corpus)
    # A label that the ontology gives to a reused term is not said twice: the union of the graphs has each triple once.
    known = {quad.triple for quad in ontology}
    yield from (quad for quad in mapping_quads(read_mappings(sources.ontology)) if quad.triple not in known)
    files = source_files(sources.ontology)
    hashes = {name: sha256_of(sources.ontology / name) for names in files.values() for name in names}
    dates = (quad.object for quad in ontology if quad.predicate == term("dcterms:modified"))
    modified = next((date for date in dates if isinstance(date, ox.Literal)), None)
    yield from provenance_quads(files, hashes, __version__, modified)


def _layers(corpus: Corpus, folders: Sequence[Path], synthesise: Synthesis) -> Iterator[ox.Quad]:
    """Yield a user's own records and what is computed from them, in graphs of their own.

    Raises:
        DataError: they do not conform.
    """
    for layer in read_layers(corpus, folders):
        validate_layer(layer).raise_errors()
        yield from layer_quads(layer, synthesise(layer.own.study_files.values()))


def read_ontology(folder: Path) -> Iterator[ox.Quad]:
    """Yield the axioms as quads of the ontology graph, blank nodes named by content so that builds agree.

    Raises:
        DataError: the Turtle file is broken.
    """
    file = folder / "dualbio-edit.ttl"
    graph = graph_iri("ontology")
    try:
        triples = list(ox.parse(path=str(file), format=ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        line = error.lineno or 0
        name = f"{folder.name}/{file.name}"
        raise DataError([Problem(name, line, "file", "syntax", f"not Turtle: {error.msg}")]) from error
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return iter(dataset)


def _package(
    store: ox.Store, closure: Closure, rules: tuple[Rule, ...], inputs: str, draft: Path, releases: Path, tell: Progress
) -> Release:
    tell("write")
    counts = _write_graphs(store, draft / "graphs")
    write_derivations(closure, rules, draft)
    tell("store")
    disk = ox.Store(str(draft / "store"))
    disk.bulk_extend(store)
    disk.optimize()
    del disk
    files = _describe_files(draft)
    digest = hashlib.sha256("".join(f"{name} {entry['sha256']}\n" for name, entry in files.items()).encode())
    name = f"{__version__}-{digest.hexdigest()[:12]}"
    manifest = {
        "title": "dualbio",
        "version": __version__,
        "release": name,
        "iri": f"{BASE}release/{name}",
        "inputs": inputs,
        "built": _now(),
        "triples": sum(counts.values()),
        "graphs": counts,
        "files": files,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (draft / "manifest.json").write_text(text + "\n", encoding="utf-8")
    tell("switch")
    return _switch(draft, releases, name)


def _write_graphs(store: ox.Store, folder: Path) -> dict[str, int]:
    """Write each named graph as sorted N-Quads; return the number of triples of each."""
    counts = {}
    prefix = graph_iri("").value
    for graph in sorted(store.named_graphs(), key=str):
        if not isinstance(graph, ox.NamedNode) or not graph.value.startswith(prefix):
            continue
        lines = sorted(f"{quad} .\n" for quad in store.quads_for_pattern(None, None, None, graph))
        if not lines:
            continue
        name = graph.value.removeprefix(prefix)
        file = folder / f"{name}.nq"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(lines), encoding="utf-8")
        counts[name] = len(lines)
    return counts


def _describe_files(draft: Path) -> dict[str, dict[str, str | int]]:
    paths = [
        path for path in sorted(draft.rglob("*")) if path.is_file() and "store" not in path.relative_to(draft).parts
    ]
    return {str(path.relative_to(draft)): {"sha256": sha256_of(path), "bytes": path.stat().st_size} for path in paths}


def _switch(draft: Path, releases: Path, name: str) -> Release:
    """Give the finished draft its name and point `current` to it; both steps are atomic."""
    target = releases / name
    if target.exists():
        # The same data was built before: keep those files, take over what says which inputs made them.
        (draft / "manifest.json").replace(target / "manifest.json")
    else:
        draft.rename(target)
    release = open_release(target, verify=False)
    make_current(releases, release)
    return release


def _now() -> str:
    """Return the time of the build, or what SOURCE_DATE_EPOCH says (https://reproducible-builds.org/specs/)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.isoformat(timespec="seconds")
