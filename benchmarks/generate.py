"""An invented release of any size, with the shape of the real evidence.

Run it from the checkout: `python benchmarks/generate.py --release PATH --triples 1000000 [--seed 1] FOLDER`; see
README.md here.

Families of studies (those that share people or pool each other) are drawn from the curated files with replacement, so
arms, steps, rows, overlaps and gaps are spread as they are in truth; each draw gets keys of its own, and its counts are
drawn anew from the printed shares.  Vocabularies, ontology, lessons and rules stay as they are.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from dualbio.build.convert import names_of, study_quads
from dualbio.build.names import name_quads
from dualbio.build.ontology import read_ontology, read_rule_set
from dualbio.build.release_files import ReleaseFiles
from dualbio.model.evidence import Result, StudyFile
from dualbio.model.lessons import FindingsFile, LessonsFile
from dualbio.model.namespaces import BASE, graph_iri
from dualbio.owl.rules import Rule
from dualbio.owl.rules.run import infer
from dualbio.release.folder import (
    Release,
    content_digest,
    describe_files,
    graph_paths,
    make_current,
    mark_whole,
    open_release,
)
from dualbio.sources.corpus import Corpus, Document, read_corpus
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import load_files
from dualbio.synthesis import computed_quads

__all__ = ["filled", "generate", "invented", "rule_set"]

#: How many studies are converted at a time: what is held in memory beside the store.
_AT_ONCE = 20
#: What is said of real studies, which a release that is smaller than the real one does not have.
_OF_STUDIES = ("study", "synthesis")


@dataclass(frozen=True)
class Generated:
    """What was made, and the seconds that each step took."""

    release: Release
    studies: int
    asserted: int
    inferred: int
    seconds: Mapping[str, float]


def _families(studies: Mapping[str, StudyFile]) -> list[tuple[StudyFile, ...]]:
    """Return the studies in groups that name each other, as sharing people or as pooled; most stand alone."""
    group = {key: {key} for key in studies}
    for key, file in studies.items():
        for other in _named(file) & studies.keys():
            joined = group[key] | group[other]
            for member in joined:
                group[member] = joined
    distinct = {min(members): members for members in group.values()}
    return [tuple(studies[key] for key in sorted(members)) for _, members in sorted(distinct.items())]


def invented(studies: Mapping[str, StudyFile], seed: int) -> Iterator[StudyFile]:
    """Yield invented studies without end; one seed always yields the same ones."""
    chance = random.Random(seed)  # noqa: S311 - invented evidence
    drawn = _families(studies)
    number = 0
    while True:
        number += 1
        family = chance.choice(drawn)
        keys = {file.study.id: f"{file.study.id}-{number}" for file in family}
        yield from (_renamed(file, keys, chance) for file in family)


def filled(real: Release, triples: int, seed: int) -> tuple[ox.Store, int]:
    """Return a store in memory with the asserted graphs of a release and invented studies, and how many those are.

    Args:
        real: a built release of the curated files.
        triples: about how many there are to be once the closure is added; the real studies are among them if they fit.
        seed: which studies are drawn.
    """
    corpus = read_corpus(shipped_sources().ontology)
    left_out = {"inferred"} if triples >= real.manifest["triples"] else {"inferred", *_OF_STUDIES}
    store = load_files(path for path in graph_paths(real.folder) if not left_out & {path.stem, path.parent.stem})
    # The closure adds a share that the real release tells.
    asserted = triples * (1 - real.manifest["graphs"]["inferred"] / real.manifest["triples"])
    stream, number, most = invented(corpus.study_files, seed), 0, len(store)
    while most < asserted:
        files = [next(stream) for _ in range(_AT_ONCE)]
        quads = list(_quads(corpus, files))
        number += len(files)
        store.bulk_extend(quads)
        most += len(quads)
        if most >= asserted:  # else nobody need count the store, which takes as long as it is large
            most = len(store)
    return store, number


def rule_set() -> tuple[Rule, ...]:
    """Return the rules of the curated files."""
    folder = shipped_sources().ontology
    return read_rule_set(folder, list(read_ontology(folder)))


def generate(real: Release, folder: Path, triples: int, seed: int) -> Generated:
    """Write an invented release of about so many triples below `folder`, and make it current there.

    Args:
        real: a built release of the curated files, for the graphs that stay.
        folder: where releases are; made if it does not exist.
        triples: asserted and inferred ones together.
        seed: which studies are drawn.
    """
    rules = rule_set()
    begun = time.perf_counter()
    seconds: dict[str, float] = {}

    def lap(step: str) -> None:
        seconds[step] = round(time.perf_counter() - begun - sum(seconds.values()), 2)

    store, number = filled(real, triples, seed)
    lap("load")
    asserted = len(store)
    closure = infer(store, rules, inferred_graph=graph_iri("inferred"))
    store.extend(list(name_quads(store)))
    lap("closure")
    draft = folder / f".draft-{seed}-{triples}"
    draft.mkdir(parents=True)
    with ReleaseFiles(store, draft) as files:
        files.explain(closure, rules)
        counts = files.finish()
    lap("graphs, store and index")
    described = describe_files(draft)
    name = f"0.0.0-{content_digest(draft, described)[:12]}"
    manifest = {
        "title": "dualbio, invented evidence",
        "version": "0.0.0",
        "release": name,
        "iri": f"{BASE}release/{name}",
        "inputs": f"invented-{seed}-{triples}",
        "built": "2026-01-01T00:00:00+00:00",
        "triples": sum(counts.values()),
        "graphs": counts,
        "files": described,
    }
    (draft / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    draft.rename(folder / name)
    release = open_release(folder / name, verify=False)
    mark_whole(folder, release)
    make_current(folder, release)
    return Generated(release, number, asserted, len(closure), seconds)


def _named(file: StudyFile) -> set[str]:
    """Return the keys of the other studies that a study names."""
    pooled = {key for row in file.comparisons or () for key in row.pooled_studies or ()}
    return pooled | {overlap.study for overlap in file.study.overlaps_with or ()}


def _renamed(file: StudyFile, keys: Mapping[str, str], chance: random.Random) -> StudyFile:
    """Return a study under new keys, with counts drawn anew."""
    study = file.study
    overlaps = tuple(
        overlap.model_copy(update={"study": keys.get(overlap.study, overlap.study)})
        for overlap in study.overlaps_with or ()
    )
    comparisons = tuple(
        row.model_copy(update={"pooled_studies": tuple(keys.get(key, key) for key in row.pooled_studies)})
        if row.pooled_studies
        else row
        for row in file.comparisons or ()
    )
    head = study.model_copy(update={"id": keys[study.id], "overlaps_with": overlaps or None})
    results = tuple(_redrawn(row, chance) for row in file.results or ())
    return file.model_copy(update={"study": head, "results": results or None, "comparisons": comparisons or None})


def _redrawn(row: Result, chance: random.Random) -> Result:
    """Return a row with as many events as chance gives to its people; a row without both numbers stays."""
    if row.events is None or row.total is None or row.unit_of_analysis != "patient" or row.value is not None:
        return row
    share = (row.events + 0.5) / (row.total + 1)
    return row.model_copy(update={"events": sum(chance.random() < share for _ in range(row.total))})


def _quads(corpus: Corpus, files: list[StudyFile]) -> Iterator[ox.Quad]:
    """Yield studies and what is computed from them; lessons and findings, which name real studies, add nothing."""
    names = names_of(corpus)
    for file in files:
        yield from study_quads(file, names)
    documents = {file.study.id: Document(f"evidence/{file.study.id}.yaml", file, {}) for file in files}
    yield from computed_quads(
        replace(
            corpus,
            studies=documents,
            lessons=replace(corpus.lessons, record=LessonsFile(lessons=())),
            findings=replace(corpus.findings, record=FindingsFile(biomarker_findings=())),
        )
    )


def main() -> None:
    """Write a release, and print what it holds and the seconds of each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for the release")
    parser.add_argument("--release", type=Path, required=True, help="folder of a built release, or the link current")
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made = generate(open_release(options.release), options.folder, options.triples, options.seed)
    print(
        f"{made.release.folder}: {made.studies:,} invented studies, {made.asserted:,} asserted and {made.inferred:,} "
        f"inferred triples; seconds: " + ", ".join(f"{step} {number}" for step, number in made.seconds.items())
    )


if __name__ == "__main__":
    main()
