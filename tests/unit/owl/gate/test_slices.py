"""The gate on a release of a few triples: what it refuses, whom it blames, and that it believes no reasoner blindly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from dualbio.cli import reason as command
from dualbio.model.namespaces import VOCABULARY
from dualbio.owl.gate import Realisation, minimal_failing, realise_each, run_gate
from dualbio.owl.gate import slices as gate
from dualbio.owl.rules import Rule
from dualbio.owl.rules.run import Closure, write_derivations
from dualbio.release.folder import Release
from dualbio.settings import Settings

AXIOMS = """
@prefix dualbio: <https://w3id.org/dualbio/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://w3id.org/dualbio/ontology> a owl:Ontology .
dualbio:Trial a owl:Class ; rdfs:subClassOf dualbio:Study . dualbio:Study a owl:Class .
dualbio:week a owl:DatatypeProperty ; rdfs:range xsd:integer .
dualbio:Cohort a owl:Class ; owl:disjointWith dualbio:Trial .
dualbio:phase a owl:ObjectProperty , owl:FunctionalProperty . dualbio:cites a owl:ObjectProperty .
"""
HEAD = "@prefix dualbio: <https://w3id.org/dualbio/ontology#> . @prefix value: <https://w3id.org/dualbio/value/> .\n"
STUDY = "<urn:s> a <https://w3id.org/dualbio/ontology#Trial> ; <https://w3id.org/dualbio/ontology#week> {} ."


def _release(folder: Path, week: str = "3", axioms: str = AXIOMS, **more: str) -> Release:
    """Write a release with a study `one`, and further ones whose names and facts are given."""
    (folder / "graphs" / "study").mkdir(parents=True)
    texts = {"ontology": axioms, "entities": "", "study/one": STUDY.format(week)}
    texts |= {f"study/{name}": HEAD + facts for name, facts in more.items()}
    for name, text in texts.items():
        graph = ox.NamedNode(f"https://w3id.org/dualbio/graph/{name}")
        quads = (
            ox.Quad(q.subject, q.predicate, q.object, graph)
            for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)
        )
        ox.serialize(quads, str(folder / "graphs" / f"{name}.nq"), format=ox.RdfFormat.N_QUADS)
    write_derivations(Closure(), (), folder)
    return Release(folder, {})


def _planted(
    change: Callable[[Realisation], Realisation],
) -> Callable[[Iterable[Iterable[ox.Triple]]], Iterable[Realisation]]:
    """Return a reasoner that answers as HermiT does, but for one mistake."""
    return lambda sets: map(change, realise_each(sets))


def test_sound_release_passes(tmp_path: Path) -> None:
    """A release inside the profile, without contradiction, whose closure is HermiT's, passes."""
    report = run_gate(_release(tmp_path, "3"))

    assert report.passed
    assert 2 == report.compared


def test_release_outside_the_profile_is_refused_before_anything_is_compared(tmp_path: Path) -> None:
    """A datatype that OWL 2 does not know is told, whatever HermiT makes of it."""
    report = run_gate(_release(tmp_path, '"2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date>'))

    assert not report.passed
    assert report.consistent is None
    assert ("DatatypeOutsideMap: http://www.w3.org/2001/XMLSchema#date",) == report.violations


def test_literal_outside_its_range_is_a_contradiction_with_its_axioms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text where a property takes integers ends the command with 1; range and fact are named, and nothing else."""
    release = _release(tmp_path, '"three"')
    monkeypatch.setattr(command, "ensure_with_progress", lambda _settings: release)

    done = CliRunner().invoke(command.reason, ["--json"], obj=Settings())

    assert 1 == done.exit_code
    report = json.loads(done.stdout)
    assert (False, False) == (report["passed"], report["consistent"])
    assert 2 == len(report["conflict"])
    assert any("range" in axiom for axiom in report["conflict"])
    assert any('"three"' in axiom for axiom in report["conflict"])


def test_contradiction_across_studies_is_blamed_on_what_they_say_together(tmp_path: Path) -> None:
    """Two studies that are sound by themselves and clash together: both facts and the axiom are named, nothing else."""
    release = _release(
        tmp_path,
        two="<urn:x> a dualbio:Trial ; dualbio:week 4 .",
        three="<urn:y> a dualbio:Trial ; dualbio:cites <urn:x> .",
        four="<urn:x> a dualbio:Cohort ; dualbio:cites <urn:y> .",
        five="<urn:z> a dualbio:Trial .",
    )
    told: list[str] = []

    report = run_gate(release, progress=told.append)

    assert report.consistent is False
    assert ["OWL 2 DL", "contradiction", "within four, two"] == told
    assert [
        f"<{VOCABULARY}Cohort> <http://www.w3.org/2002/07/owl#disjointWith> <{VOCABULARY}Trial>",
        f"<urn:x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{VOCABULARY}Cohort>",
        f"<urn:x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{VOCABULARY}Trial>",
    ] == sorted(report.conflict)


def test_two_values_of_a_functional_property_contradict_it(tmp_path: Path) -> None:
    """Different keys are different things, so that two phases of one study are no synonyms."""
    facts = "<urn:s> dualbio:phase value:phase.1 , value:phase.2 ."

    report = run_gate(_release(tmp_path, two=facts))

    assert report.consistent is False
    assert "different keys of kind 'value' are different things" in report.conflict
    assert 4 == len(report.conflict)


@pytest.mark.parametrize(
    ("wanted", "rounds"), [([3], 14), ([0, 7], 20), ([2, 3, 4], 26), (list(range(8)), 40)], ids=str
)
def test_smallest_failing_part_is_found(wanted: list[int], rounds: int) -> None:
    """Whatever part does not hold is found exactly, without trying every part."""
    asked = []

    def holds(items: Iterable[int]) -> bool:
        asked.append(1)
        return not set(wanted) <= set(items)

    assert wanted == minimal_failing(range(8), holds)
    assert len(asked) <= rounds


@pytest.mark.parametrize("answer", [True, False])
def test_nothing_is_blamed_where_all_holds_or_nothing_does(answer: bool) -> None:
    """There is no failing part of what holds, nor a smaller one than nothing."""
    assert [] == minimal_failing(range(8), lambda _items: answer)


def test_each_set_is_answered_apart(tmp_path: Path) -> None:
    """What one set of facts says is not in the answer for the next, though one program gave both."""
    more = {"two": "<urn:two> a dualbio:Trial .", "three": "<urn:three> a dualbio:Cohort ."}
    _release(tmp_path, **more)
    ontology, *studies = (
        [quad.triple for quad in ox.parse(path=str(tmp_path / "graphs" / name), format=ox.RdfFormat.N_QUADS)]
        for name in ("ontology.nq", "study/one.nq", "study/two.nq", "study/three.nq")
    )

    found = list(realise_each([*ontology, *facts] for facts in studies))

    assert [
        {("urn:s", f"{VOCABULARY}Trial")},
        {("urn:two", f"{VOCABULARY}Trial")},
        {("urn:three", f"{VOCABULARY}Cohort")},
    ] == [set(each.types) for each in found]
    assert [] == list(realise_each([]))


def test_invention_of_the_reasoner_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A membership that the realisation reports though it does not follow is told, and the closure is not blamed."""
    wrong = ("urn:s", f"{VOCABULARY}Cohort")
    monkeypatch.setattr(gate, "realise_each", _planted(lambda found: replace(found, types=found.types | {wrong})))

    report = run_gate(_release(tmp_path))

    assert ["urn:s rdf:type dualbio:Cohort: only in HermiT, not entailed"] == list(map(str, report.differences))
    assert report.passed


def test_omission_of_the_reasoner_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A membership that the realisation leaves out though it follows is told, and the closure is not blamed."""
    monkeypatch.setattr(gate, "realise_each", _planted(lambda found: replace(found, types=frozenset())))

    report = run_gate(_release(tmp_path))

    assert {
        "urn:s rdf:type dualbio:Study: only in the closure, entailed",
        "urn:s rdf:type dualbio:Trial: only in the closure, entailed",
    } == set(map(str, report.differences))
    assert report.passed


def test_value_of_a_property_is_confirmed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invented value of a property is refuted by the same test."""
    wrong = (f"{VOCABULARY}cites", "urn:s", "urn:s")
    monkeypatch.setattr(gate, "realise_each", _planted(lambda found: replace(found, values=found.values | {wrong})))

    report = run_gate(_release(tmp_path))

    assert ["urn:s dualbio:cites urn:s: only in HermiT, not entailed"] == list(map(str, report.differences))


@pytest.mark.parametrize(("removed", "code"), [(False, 0), (True, 1)])
def test_removed_rule_ends_the_command_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: bool, code: int
) -> None:
    """`dualbio reason` is content with all rules, and red without one, with the fact that the closure now lacks."""
    release = _release(tmp_path)
    monkeypatch.setattr(command, "ensure_with_progress", lambda _settings: release)
    if removed:
        monkeypatch.setattr(gate, "compile_axioms", lambda _ontology: tuple[Rule, ...]())

    done = CliRunner().invoke(command.reason, obj=Settings())

    assert code == done.exit_code, done.output
    lacking = "error: urn:s rdf:type dualbio:Study: only in HermiT, entailed"
    assert removed == (lacking in done.output)


@pytest.mark.parametrize(
    ("only_in", "entailed", "defect"),
    [("HermiT", True, True), ("HermiT", False, False), ("the closure", True, False), ("the closure", False, True)],
)
def test_the_entailment_decides_who_is_wrong(only_in: str, entailed: bool, defect: bool) -> None:
    """The closure is wrong when it misses what is entailed, or holds what is not; only that stops a release."""
    node = ox.NamedNode("urn:x")
    difference = gate.GateDifference(ox.Triple(node, node, node), only_in, entailed)
    report = gate.GateReport(consistent=True, slices=1, compared=1, differences=(difference,))
    assert (defect, not defect) == (difference.is_defect, report.passed)
