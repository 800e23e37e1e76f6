"""A user's folder is laid over the release in graphs of its own, checked, and removed without a trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, Store

from dualbio.build.convert import corpus_quads
from dualbio.build.layers import LOCAL, Layer, layer_quads, read_layers, validate_layer
from dualbio.errors import DataError, DualbioError
from dualbio.model.namespaces import PREFIXES, graph_iri, individual, term
from dualbio.sources.corpus import Corpus, read_corpus

CURATED = Path(__file__).resolve().parents[3] / "tests" / "data" / "curated"
STUDY = """\
study:
  id: {key}
  acronym: {key}
  short_description: An invented study of a user's own, called {key}.
  diseases: [hand-tremor]
  design: cohort
  phase: not-applicable
  masking: open-label
  status: completed
  strategy: not-applicable
  population: anybody
  overlaps_with:
  - {{study: calm-1, kind: extends}}
arms:
- id: all-people
  label: deltamab
  role: monotherapy
  strategy: not-applicable
  n_enrolled: 5
  regimen:
  - {{role: active, drug: {drug}}}
results:
- id: r001
  arm: all-people
  kind: efficacy
  outcome: calm
  outcome_as_reported: calm
  role: primary
  week: 4
  population: ITT
  unit_of_analysis: patient
  statistic: count
  events: 2
  total: 5
  source: s1
  locator: text
  checked: fulltext
sources:
- {{id: s1, type: journal-article, pmid: '{pmid}', independence: primary}}
verifications:
- {{row: r001, by: dualbio contributors, date: '2026-01-31', page: text, verdict: equal}}
"""
DRUGS = (
    "\t".join(
        (
            *("key", "label", "label_zh", "synonyms", "definition", "definition_source", "kind", "targets", "binds"),
            *("neutralises", "mechanisms", "components", "is_biologic", "checked", "note"),
        )
    )
    + "\n"
    + "deltamab|deltamab|||||monoclonal-antibody|antigen-a|||a-depletion||true|textbook|invented\n".replace("|", "\t")
)


@pytest.fixture(scope="module")
def base() -> Corpus:
    """Give the invented world."""
    return read_corpus(CURATED)


def folder_of(
    parent: Path, name: str, key: str, drug: str = "alphamab", drugs: str = "", pmid: str = "99999911"
) -> Path:
    """Write a user's folder with one study and perhaps a drug."""
    folder = parent / name
    (folder / "evidence").mkdir(parents=True)
    (folder / "evidence" / f"{key}.yaml").write_text(STUDY.format(key=key, drug=drug, pmid=pmid), encoding="utf-8")
    if drugs:
        (folder / "entities").mkdir()
        (folder / "entities" / "drugs.tsv").write_text(drugs, encoding="utf-8")
    return folder


def graphs_of(store: Store, layer: Layer) -> list[NamedNode]:
    """Return the graphs of a layer, as a user finds them by their names."""
    head = graph_iri(f"{LOCAL}{layer.name}").value
    graphs = [graph for graph in store.named_graphs() if isinstance(graph, NamedNode)]
    return [graph for graph in graphs if graph.value == head or graph.value.startswith(f"{head}/")]


def test_two_layers_come_and_go_without_a_trace(base: Corpus, tmp_path: Path) -> None:
    """Whoever drops the graphs that are named after a folder has dropped all of it, and nothing of anything else."""
    store = Store()
    store.extend(corpus_quads(base))
    before: set[Quad] = set(store)
    folders = [
        folder_of(tmp_path, "mine", "my-study", "deltamab", DRUGS),
        folder_of(tmp_path, "yours", "your-study", "deltamab", pmid="99999912"),
    ]
    layers = read_layers(base, folders)
    for layer in layers:
        store.extend(layer_quads(layer))
        assert graphs_of(store, layer)
    assert before == {quad for quad in store if "/local/" not in str(quad.graph_name)}
    for layer in layers:
        others = {quad for quad in store if f"/local/{layer.name}" not in str(quad.graph_name)}
        for graph in graphs_of(store, layer):
            store.remove_graph(graph)
        assert others == set(store)
    assert before == set(store)
    assert not any("local" in str(graph) for graph in store.named_graphs())


def test_a_layer_is_marked(base: Corpus, tmp_path: Path) -> None:
    """A query can tell a user's rows from those of the release, and finds the mark of the folder."""
    store = Store()
    store.extend(corpus_quads(base))
    (layer,) = read_layers(base, [folder_of(tmp_path, "mine", "my-study")])
    store.extend(layer_quads(layer))
    found = store.query(
        "SELECT ?label WHERE { GRAPH ?g { ?study <https://w3id.org/dualbio/ontology#hasResult> ?row } "
        "?local <http://purl.org/dc/terms/hasPart> ?study ; <http://www.w3.org/2000/01/rdf-schema#label> ?label "
        "FILTER(STRSTARTS(STR(?g), STR(?local))) }",
        use_default_graph_as_union=True,
    )
    assert ["local folder mine"] == [row["label"].value for row in found]  # type: ignore[union-attr]


def test_a_layer_is_joined_as_the_release_is(base: Corpus, tmp_path: Path) -> None:
    """The article of a user's study is found under every form of its IRI that others use, in a graph of the layer."""
    (layer,) = read_layers(base, [folder_of(tmp_path, "mine", "my-study")])
    theirs = "http://identifiers.org/pubmed/"
    quads = list(layer_quads(layer, alternates={PREFIXES["PMID"]: (theirs,)}))
    ours, other = (NamedNode(f"{space}99999911") for space in (PREFIXES["PMID"], theirs))
    assert Quad(ours, term("owl:sameAs"), other, graph_iri(f"{LOCAL}mine/alternates")) in quads


@pytest.mark.parametrize(("synonym", "stands"), [("deltatine", True), ("alphatine", False)])
def test_a_name_of_a_layer_is_a_key_where_it_means_one_thing(
    base: Corpus, tmp_path: Path, synonym: str, stands: bool
) -> None:
    """A synonym of a user's drug is read as its key, unless a drug of the release has the name too."""
    known = base.entities["drug"]
    alpha = known["alphamab"].model_copy(update={"synonyms": ("alphatine",)})
    world = replace(base, entities={**base.entities, "drug": {**known, "alphamab": alpha}})
    drugs = DRUGS.replace("deltamab\tdeltamab\t\t\t", f"deltamab\tdeltamab\t\t{synonym}\t")
    (layer,) = read_layers(world, [folder_of(tmp_path, "mine", "my-study", "deltamab", drugs)])
    named = [quad for quad in layer_quads(layer) if quad.predicate == term("dcterms:isReplacedBy")]
    assert [individual("drug", "deltamab")] * stands == [quad.object for quad in named]


def test_a_layer_is_checked_among_what_it_refers_to(base: Corpus, tmp_path: Path) -> None:
    """Keys of the release and of the layer are known; an overlap with the release needs no other side."""
    (layer,) = read_layers(base, [folder_of(tmp_path, "mine", "my-study", "deltamab", DRUGS)])
    report = validate_layer(layer)
    assert ((), (), ()) == (report.errors, report.warnings, report.notes)


def test_only_problems_of_the_layer_are_told(base: Corpus, tmp_path: Path) -> None:
    """A wrong key in the layer is told with the layer's file; the release is not checked again."""
    (layer,) = read_layers(base, [folder_of(tmp_path, "mine", "my-study", "deltamap", DRUGS)])
    assert ["mine/evidence/my-study.yaml:21"] == [f"{p.file}:{p.line}" for p in validate_layer(layer).errors]
    assert "did you mean 'deltamab'?" in validate_layer(layer).errors[0].message


def test_a_layer_cannot_redefine_the_release(base: Corpus, tmp_path: Path) -> None:
    """Studies and vocabulary rows of the release keep their meaning; every clash is told at once."""
    drugs = DRUGS.replace("deltamab", "alphamab")
    with pytest.raises(DataError) as caught:
        read_layers(base, [folder_of(tmp_path, "mine", "calm-1", drugs=drugs)])
    assert ["drug alphamab", "study calm-1"] == sorted(problem.record for problem in caught.value.problems)


def test_two_folders_of_one_name_are_refused(base: Corpus, tmp_path: Path) -> None:
    """Graphs are named after folders, so names must differ."""
    folders = [folder_of(tmp_path / "a", "mine", "one"), folder_of(tmp_path / "b", "mine", "two")]
    with pytest.raises(DualbioError, match="layer 'mine' has the name of another folder"):
        read_layers(base, folders)


def test_an_empty_folder_is_refused(base: Corpus, tmp_path: Path) -> None:
    """A folder without curated files is most likely the wrong folder."""
    with pytest.raises(DualbioError, match="has no curated files; accepted: evidence"):
        read_layers(base, [tmp_path])


def test_broken_files_of_all_layers_are_told_together(base: Corpus, tmp_path: Path) -> None:
    """Every file that cannot be read is told, not only the first."""
    folders = [folder_of(tmp_path, "mine", "one"), folder_of(tmp_path, "yours", "two")]
    for folder in folders:
        next((folder / "evidence").iterdir()).write_text("study: {id: one", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_layers(base, folders)
    assert ["syntax", "syntax"] == [problem.check for problem in caught.value.problems]
