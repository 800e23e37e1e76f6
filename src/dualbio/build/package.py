"""Builds a release: reads, converts, checks, infers, describes and packages it in a draft folder, then renames it."""

from __future__ import annotations

import gc
import json
import os
import secrets
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.beside import beside
from dualbio.build.convert import corpus_quads
from dualbio.build.difference.asserted import Edit, is_edited_alone
from dualbio.build.difference.release import EditedRelease
from dualbio.build.kept_files import (
    KeptSources,
    keep_pools,
    keep_rules,
    keep_sources,
    keep_store,
    kept_pools,
    kept_rules,
    kept_sources,
    kept_store,
)
from dualbio.build.layers import Layer, answer_quads, apart_quads, layer_quads, read_layers, validate_layer
from dualbio.build.names import name_quads
from dualbio.build.ontology import read_ontology, read_rule_set, rule_problems
from dualbio.build.provenance import provenance_quads, source_files
from dualbio.build.release_files import ReleaseFiles
from dualbio.build.validate import validate
from dualbio.errors import DataError, ReleaseError
from dualbio.export.packages.catalogue import dataset_quads
from dualbio.mappings import (
    alternate_quads,
    mapping_quads,
    outside_iris,
    read_alternates,
    read_mappings,
    read_subsumptions,
)
from dualbio.model.namespaces import BASE, LOCAL, graph_iri, term
from dualbio.owl.rules import Rule, RuleError
from dualbio.owl.rules.difference import UnlikeError
from dualbio.owl.rules.run import Closure, infer
from dualbio.queries import Library, catalogue_quads
from dualbio.release.folder import (
    OWN,
    Release,
    content_digest,
    describe_files,
    make_current,
    mark_whole,
    open_release,
    sha256_of,
)
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.sources.folders import SourceFolders, files_in
from dualbio.synthesis import computed_quads
from dualbio.synthesis.kept_pools import KeptPools
from dualbio.synthesis.pooling.quads import pool_quads
from dualbio.version import __version__

__all__ = ["STAGES", "Progress", "build_release"]

#: The stages of a build, in order; progress is reported as the name of the stage that begins.
STAGES = ("read", "convert", "infer", "describe", "store", "switch")
#: The graph of what the rules say.
_INFERRED = ("inferred",)
#: Graphs to which the descriptions add; all others are whole when everything is inferred.
_GROWING = ("synthesis", "catalogue")
#: The graph that says what the others hold.
_LAST = ("catalogue",)

Progress = Callable[[str], None]


def build_release(sources: SourceFolders, releases: Path, progress: Progress | None = None) -> Release:
    """Build a release of `sources` below `releases` with its catalogue, and make it current.

    Estimates are computed from the studies before anything is inferred: the rules run over them as over curated
    records.  Questions across studies, which ask what was inferred, come after; then the catalogue, and a user's own
    folders.

    Args:
        sources: the folders of curated data and saved queries.
        releases: the folder of all releases; made if it does not exist.
        progress: called with the name of each stage of `STAGES` as it begins.

    Raises:
        DataError: curated data or saved queries do not conform; releases built before stay as they are.
        ReleaseError: the folder cannot be written.
    """
    with _at_work():
        return _build(sources, releases, progress or (lambda _stage: None))


@contextmanager
def _at_work() -> Iterator[None]:
    """Keep the collector of cycles from looking through a million records and terms, of which nothing is garbage.

    Threads take turns in Python ten times as often: most want it for a moment between two calls of the engine.
    """
    collecting, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(interval / 10)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if collecting:
            gc.enable()


def _build(sources: SourceFolders, releases: Path, tell: Progress) -> Release:
    tell("read")
    return _after_edit(sources, releases, tell) or _anew(sources, releases, tell)


def _after_edit(sources: SourceFolders, releases: Path, tell: Progress) -> Release | None:
    """Build by what differs from the release before; return None where that cannot be done."""
    found = None if sources.layers else kept_sources(releases)
    if found is None:
        return None
    earlier, before = found
    now = _made_from(sources)
    names = {name for name in before.sums.keys() | now.sums.keys() if before.sums.get(name) != now.sums.get(name)}
    if not all(map(is_edited_alone, names)):
        return None
    known, pools = kept_rules(releases), kept_pools(releases)
    pools.digests.update(before.answers)
    ruled, checked = partial(_rules_anew, sources, known), partial(_checked_anew, sources)
    with beside(ruled, checked) as (ruling, checking), suppress(UnlikeError, OSError):
        with _draft(releases) as draft:
            with EditedRelease(earlier, draft) as edited:
                corpus = read_corpus(sources.ontology)
                tell("convert")
                edited.open()
                with _explained_by(corpus):
                    edit = Edit(corpus, names, before.texts)
                    records = edit.records()
                edited.change(records, edit.provenance(before.sums, now.sums))
                edited.change(edit.alternates(edited.store, records))
                tell("infer")
                rules = ruling.result()
                edited.infer(rules, before.used)
                tell("describe")
                edited.describe(corpus, pools)
                tell("store")
                counts, used = edited.write(rules, before.used)
                checking.result()
            release = _package(counts, sources, draft, releases, tell, edited.sums)
        keep_pools(releases, pools)
        keep_store(releases, release)
        keep_sources(releases, release, replace(now, used=used, answers=pools.digests))
        return release
    return None


def _made_from(sources: SourceFolders) -> KeptSources:
    sums, texts = {}, {}
    for root, pattern in ((sources.ontology, "**/*"), (sources.queries, "**/*.rq")):
        for path in files_in(root, pattern):
            content = path.read_bytes()
            name = path.relative_to(root).as_posix()
            if root == sources.queries:
                name = f"query {name}"
            sums[name] = sha256(content).hexdigest()
            if is_edited_alone(name):
                texts[name] = content.decode(errors="replace")
    return KeptSources(sums, texts, {}, {})


def _rules_anew(sources: SourceFolders, known: dict[str, Rule]) -> tuple[Rule, ...]:
    return read_rule_set(sources.ontology, read_ontology(sources.ontology), known)


def _checked_anew(sources: SourceFolders) -> None:
    """Check the records.

    Raises:
        DataError: they do not conform.
    """
    validate(read_corpus(sources.ontology)).raise_errors()


def _anew(sources: SourceFolders, releases: Path, tell: Progress) -> Release:
    made_from = _made_from(sources)
    corpus = read_corpus(sources.ontology)
    ontology = list(read_ontology(sources.ontology))
    known, pools = kept_rules(releases), kept_pools(releases)
    read_subsumptions(sources.ontology)  # without them hierarchies would be compared with nothing
    with beside(partial(_rules, sources, ontology, known), partial(_checked, corpus, sources)) as (ruled, checked):
        tell("convert")
        store = ox.Store()
        with _explained_by(corpus):
            store.bulk_extend(_asserted(corpus, sources, ontology))
            store.bulk_extend(computed_quads(corpus))
        rules, known = ruled.result()
        with _draft(releases) as draft, ReleaseFiles(store, draft, kept_store(releases)) as files:
            files.begin(growing=(*_INFERRED, *_GROWING))
            tell("infer")
            try:
                closure = _inferred(store, rules, "inferred", sources.ontology)
            finally:  # a fault in the records is told before what a rule made of it
                library, layers = checked.result()
            with _stored_in(releases):
                files.begin(growing=_GROWING)
                if not layers:
                    files.explain(closure, rules)
                tell("describe")
                store.extend(list(name_quads(store)))
                store.extend(list(pool_quads(store, corpus.questions.values(), pools)))
                store.extend(list(catalogue_quads(library.values())))
                if layers:
                    store.extend(list(dataset_quads(store, __version__)))
                    closure = closure.followed_by(_laid_over(store, layers, rules, sources, pools))
                    files.explain(closure, rules)
                tell("store")
                files.begin(growing=_LAST)
                counts = files.finish(lambda: () if layers else dataset_quads(store, __version__))
                release = _package(counts, sources, draft, releases, tell)
    used = Counter[str]()
    for batch in closure.batches:
        used[batch.rule] += batch.lines.count(b"\n")
    keep_rules(releases, known, rules)
    keep_pools(releases, pools)
    keep_store(releases, release)
    keep_sources(releases, release, replace(made_from, used=used, answers=pools.digests))
    return release


@contextmanager
def _draft(releases: Path) -> Iterator[Path]:
    """Make a folder that may become a release; what has not become one is removed."""
    draft = releases / f".draft-{secrets.token_hex(8)}"
    with _stored_in(releases):
        releases.mkdir(parents=True, exist_ok=True)
        draft.mkdir()  # with the rights that the umask leaves: it becomes the release, which other accounts may serve
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _stored_in(releases: Path) -> Iterator[None]:
    """Tell what cannot be written as what stands in the way of a release."""
    try:
        yield
    except OSError as error:
        raise ReleaseError(
            f"{releases}: a release of these sources is needed, and cannot be stored: {error.strerror}; those before "
            "stay as they are; repair: make room there, run dualbio build as an account that may write there, or set "
            "DUALBIO_RELEASES"
        ) from error


@contextmanager
def _explained_by(corpus: Corpus) -> Iterator[None]:
    """Report what cannot be converted as a problem of the records."""
    try:
        yield
    except Exception:
        validate(corpus).raise_errors()
        raise


def _rules(
    sources: SourceFolders, ontology: list[ox.Quad], known: dict[str, Rule]
) -> tuple[tuple[Rule, ...], dict[str, Rule]]:
    """Return the rules, and the known ones with those of them that had to be parsed.

    Raises:
        DataError: an axiom or a rule file is broken.
    """
    return read_rule_set(sources.ontology, ontology, known), known


def _checked(corpus: Corpus, sources: SourceFolders) -> tuple[Library, tuple[Layer, ...]]:
    """Return the saved queries and a user's own folders, when they and the records conform.

    Raises:
        DataError: they do not.
    """
    library = Library.read(sources.queries)
    validate(corpus).raise_errors()
    return library, _sound_layers(corpus, sources.layers)


def _asserted(corpus: Corpus, sources: SourceFolders, ontology: list[ox.Quad]) -> Iterator[ox.Quad]:
    yield from ontology
    # A label that the ontology gives to a reused term is not said twice: the union of the graphs has each triple once.
    known = {quad.triple for quad in ontology}
    mapped = [quad for quad in mapping_quads(read_mappings(sources.ontology)) if quad.triple not in known]
    records = [*corpus_quads(corpus), *mapped]
    yield from records
    yield from alternate_quads(read_alternates(sources.ontology), outside_iris(records))
    files = source_files(path.relative_to(sources.ontology).as_posix() for path in files_in(sources.ontology, "**/*"))
    hashes = {name: sha256_of(sources.ontology / name) for names in files.values() for name in names}
    dates = (quad.object for quad in ontology if quad.predicate == term("dcterms:modified"))
    modified = next((date for date in dates if isinstance(date, ox.Literal)), None)
    yield from provenance_quads(files, hashes, __version__, modified)


def _inferred(store: ox.Store, rules: tuple[Rule, ...], graph: str, folder: Path) -> Closure:
    """Add what the rules say to a graph of the store.

    Raises:
        DataError: a rule relied on what another added later.
    """
    try:
        return infer(store, rules, inferred_graph=graph_iri(graph))
    except RuleError as error:
        raise DataError(list(rule_problems(folder, error))) from error


def _sound_layers(corpus: Corpus, folders: Sequence[Path]) -> tuple[Layer, ...]:
    """Return a user's own folders over the curated records.

    Raises:
        DataError: they do not conform.
    """
    layers = read_layers(corpus, folders)
    for layer in layers:
        validate_layer(layer).raise_errors()
    return layers


def _laid_over(
    store: ox.Store, layers: Sequence[Layer], rules: tuple[Rule, ...], sources: SourceFolders, pools: KeptPools
) -> Closure:
    """Add a user's own records to the store, with what follows from them and the answers that they change."""
    store.bulk_extend(_of_layers(layers, sources))
    closure = _inferred(store, rules, f"{LOCAL}inferred", sources.ontology)
    store.extend(list(name_quads(store, graph_iri(f"{LOCAL}inferred"))))
    for layer in layers:
        store.extend(list(answer_quads(store, layer, pools)))
    store.extend(apart_quads(layers))
    return closure


def _of_layers(layers: Iterable[Layer], sources: SourceFolders) -> Iterator[ox.Quad]:
    """Yield a user's own records and what is computed from them, in graphs of their own."""
    alternates = read_alternates(sources.ontology)
    for layer in layers:
        yield from layer_quads(layer, computed_quads(replace(layer.merged, studies=layer.own.studies)), alternates)


def _package(
    counts: dict[str, int],
    sources: SourceFolders,
    draft: Path,
    releases: Path,
    tell: Progress,
    sums: Mapping[str, str] | None = None,
) -> Release:
    """Give the draft its manifest and its name.

    Args:
        counts: the number of triples of each graph.
        sources: what it was made from.
        draft: the draft.
        releases: where it goes.
        tell: what is called with the name of the stage.
        sums: SHA-256 of files of the draft by their names, as far as they were seen.
    """
    files = describe_files(draft, sums)
    name = f"{__version__}-{content_digest(draft, files)[:12]}{OWN if sources.layers else ''}"
    manifest = {
        "title": "dualbio",
        "version": __version__,
        "release": name,
        "iri": f"{BASE}release/{name}",
        "inputs": sources.digest,
        "built": _now(),
        "triples": sum(counts.values()),
        "graphs": counts,
        "files": files,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (draft / "manifest.json").write_text(text + "\n", encoding="utf-8")
    tell("switch")
    return _switch(draft, releases, name)


def _switch(draft: Path, releases: Path, name: str) -> Release:
    """Give the finished draft its name and point `current` to it; each step is atomic.

    Where the same data was built before, those files stay if they are sound, and their origin is recorded again;
    a damaged release gives way to the draft.
    """
    target = releases / name
    known = _sound(target)
    if known is not None:
        told = json.loads((draft / "manifest.json").read_text(encoding="utf-8"))
        text = json.dumps({**told, "files": known.manifest["files"]}, indent=1, ensure_ascii=False)
        (draft / "manifest.json").write_text(text + "\n", encoding="utf-8")
        (draft / "manifest.json").replace(target / "manifest.json")
    else:
        if target.exists():
            target.rename(draft.with_name(f"{draft.name}-damaged"))
        draft.rename(target)
        shutil.rmtree(draft.with_name(f"{draft.name}-damaged"), ignore_errors=True)
    release = open_release(target, verify=False)
    mark_whole(releases, release)
    make_current(releases, release)
    return release


def _sound(folder: Path) -> Release | None:
    try:
        found = open_release(folder)
    except ReleaseError:
        return None
    return found if found.store and found.search_index else None


def _now() -> str:
    """Return the time of the build, or what SOURCE_DATE_EPOCH says (https://reproducible-builds.org/specs/)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.isoformat(timespec="seconds")
