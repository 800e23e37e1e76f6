"""The closure by what differs: after any change it is, with every rule and rank, what is computed anew."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from dualbio.owl.rules import Rule, compile_axioms, read_rules
from dualbio.owl.rules import difference as module
from dualbio.owl.rules.difference import UnlikeError, infer_difference
from dualbio.owl.rules.run import infer

FACTS, OTHERS, INFERRED = (ox.NamedNode(f"urn:g:{name}") for name in ("facts", "others", "inferred"))
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
#: Hierarchies, circles of rules, chains, and classes that are defined by what their members lead to; and axioms that
#: look at values: lists of individuals, bounds of numbers, and a property with one value.
AXIOMS = """
PREFIX : <urn:t:>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:A rdfs:subClassOf :B . :B rdfs:subClassOf :C . :D rdfs:subClassOf :C . :D owl:equivalentClass :E .
:p rdfs:domain :A . :q rdfs:range :D . :p rdfs:subPropertyOf :r . :q rdfs:subPropertyOf :r . :p owl:inverseOf :i .
:far a owl:TransitiveProperty . :q rdfs:subPropertyOf :far . :near a owl:SymmetricProperty .
:uncle owl:propertyChainAxiom ( :p :q ) . :s owl:propertyChainAxiom ( :s :p ) . :i rdfs:subPropertyOf :s .
:F owl:equivalentClass [ owl:intersectionOf ( :A [ owl:onProperty :r ; owl:someValuesFrom :D ] ) ] .
:G owl:equivalentClass [ owl:unionOf ( :F [ owl:onProperty :near ; owl:hasValue :x1 ] ) ] .
:G rdfs:subClassOf :B . :uncle a owl:FunctionalProperty .
[ owl:intersectionOf ( :A [ owl:oneOf ( :x1 :x2 :x3 ) ] ) ] rdfs:subClassOf :D .
[ owl:onProperty :from ; owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:integer ;
    owl:withRestrictions ( [ xsd:minInclusive 2 ] ) ] ] rdfs:subClassOf :A .
"""
#: Rules that wait for others, that have several ways and heads, and that make their heads from values.
RULES = {
    "alone": "CONSTRUCT { ?x a <t:Alone> } WHERE { ?x a <t:B> FILTER NOT EXISTS { ?x <t:far> ?y . ?y a <t:C> } }",
    "either": "CONSTRUCT { ?x <t:either> ?y . ?y a <t:Met> } "
    "WHERE { { ?x <t:uncle> ?y } UNION { ?y <t:near> ?x . ?x a <t:Alone> } }",
    "ways": "CONSTRUCT { ?a <t:up> ?b . ?c <t:down> ?d } WHERE { { ?a <t:p> ?b } UNION { ?c <t:q> ?d } }",
    "length": "CONSTRUCT { ?x <t:length> ?n } "
    "WHERE { ?x <t:from> ?f OPTIONAL { ?x <t:to> ?t } BIND (COALESCE(?t, 9) - ?f AS ?n) }",
    "none": "CONSTRUCT { ?x a <t:Ended> } WHERE { ?x <t:length> ?n . FILTER NOT EXISTS { "
    "?o <t:near> ?x . FILTER NOT EXISTS { ?o <t:length> ?m . FILTER (?m < ?n) } } }",
    "circle": "CONSTRUCT { ?x a <t:D> } WHERE { ?y <t:uncle> ?x . ?x a <t:F> }",
}
NODES = [ox.NamedNode(f"urn:t:x{n}") for n in range(7)]
CLASSES = [ox.NamedNode(f"urn:t:{name}") for name in ("A", "B", "D", "E", "F")]
LINKS = [ox.NamedNode(f"urn:t:{name}") for name in ("p", "q", "r", "i", "far", "near", "uncle", "s")]


@pytest.fixture(scope="module", name="rules")
def fixture_rules(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rule, ...]:
    """The axioms and the rules."""
    folder: Path = tmp_path_factory.mktemp("rules")
    for name, body in RULES.items():
        text = f"#+ summary: About {name}.\n{body.replace('<t:', '<urn:t:')}\n"
        (folder / f"{name}.rq").write_text(text, encoding="utf-8")
    triples = (quad.triple for quad in ox.parse(AXIOMS, ox.RdfFormat.TURTLE))
    return (*compile_axioms(triples), *read_rules(folder))


def _stored(quads: Iterable[ox.Quad]) -> ox.Store:
    store = ox.Store()
    store.extend(quads)
    return store


def _fact(chance: random.Random) -> ox.Quad:
    graph = chance.choice((FACTS, FACTS, OTHERS))
    node = chance.choice(NODES)
    match chance.randint(0, 4):
        case 0:
            return ox.Quad(node, TYPE, chance.choice(CLASSES), graph)
        case 1:
            name = chance.choice(("from", "to"))
            return ox.Quad(node, ox.NamedNode(f"urn:t:{name}"), ox.Literal(chance.randint(0, 3)), graph)
        case _:
            return ox.Quad(node, chance.choice(LINKS), chance.choice(NODES), graph)


def _differences(rules: tuple[Rule, ...], seed: int, changes: int) -> int:
    """Return after how many of some random changes, one on another, the closure is not that of the facts alone."""
    chance = random.Random(seed)  # noqa: S311 - nothing is to be kept secret
    store = _stored(_fact(chance) for _ in range(chance.randint(0, 20)))
    known = infer(store, rules, inferred_graph=INFERRED).derived
    wrong = 0
    for _ in range(changes):
        facts = {quad for quad in store if quad.graph_name != INFERRED}
        gone = set(chance.sample(sorted(facts, key=str), min(len(facts), chance.randint(0, 4))))
        now = (facts - gone) | {_fact(chance) for _ in range(chance.randint(0, 4))}
        before, after = {quad.triple for quad in facts}, {quad.triple for quad in now}
        for quad in facts - now:
            store.remove(quad)
        store.extend(now - facts)
        found = infer_difference(
            store,
            rules,
            known,
            used={rule for rule, _ in known.values()},
            came=after - before,
            went=before - after,
            inferred_graph=INFERRED,
        )
        held = before | known.keys()
        known = {triple: reason for triple, reason in (known | found.reasons).items() if reason}
        anew = _stored(now)
        wanted = infer(anew, rules, inferred_graph=INFERRED).derived
        union = after | known.keys()
        told = (found.came, found.went) == (union - held, held - union)
        wrong += not (told and wanted == known and set(store) == set(anew))
        known = wanted
        store = anew
    return wrong


@pytest.mark.parametrize("seed", range(12))
def test_any_change_leads_to_the_closure_of_the_facts_that_are_left(rules: tuple[Rule, ...], seed: int) -> None:
    """Triples, rules, ranks, and what came and went are those of a closure of its own, change after change."""
    assert 0 == _differences(rules, seed, 12)


WRONG = {
    "what was is forgotten": ("_were", lambda *_: False),
    "what follows in the stratum is left": ("_near", lambda *_: ()),
    "what goes is not looked for elsewhere": ("_lost_to", lambda *_: None),
    "what it gave is not looked at": ("_gave", lambda *_: set()),
    "premises of the stratum are left": ("_premises", lambda *_: ()),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_a_step_left_out_shows(rules: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without any one step of the method, random changes lead elsewhere."""
    monkeypatch.setattr(module._Run, *WRONG[name])

    assert 0 < sum(_differences(rules, seed, 12) for seed in range(12))


def test_a_rule_that_fills_in_a_definition_is_not_followed(rules: tuple[Rule, ...]) -> None:
    """Where such a rule adds something, all runs again, and a difference cannot tell it."""
    store = _stored([ox.Quad(NODES[1], TYPE, ox.NamedNode("urn:t:H"), FACTS)])
    axioms = """
        PREFIX owl: <http://www.w3.org/2002/07/owl#>
        <urn:t:H> owl:equivalentClass [ owl:onProperty <urn:t:near> ; owl:hasValue <urn:t:x1> ] .
    """
    rules = (*rules, *compile_axioms(quad.triple for quad in ox.parse(axioms, ox.RdfFormat.TURTLE)))

    with pytest.raises(UnlikeError):
        infer_difference(
            store, rules, {}, used=(), came=[quad.triple for quad in store], went=(), inferred_graph=INFERRED
        )


def test_nothing_holds_the_store_behind_it(rules: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A build, which collects no cycles, closes the store after it: an open one removes files at any time."""
    held: list[tuple[int, int]] = []
    infer_difference = module.infer_difference

    def noting(store: ox.Store, *given: Any, **more: Any) -> Any:
        before = sys.getrefcount(store)
        found = infer_difference(store, *given, **more)
        held.append((before, sys.getrefcount(store)))
        return found

    monkeypatch.setattr(f"{__name__}.infer_difference", noting)
    collecting = gc.isenabled()
    gc.disable()
    try:
        _differences(rules, 1, 30)
    finally:
        if collecting:
            gc.enable()

    assert [(before, before) for before, _ in held] == held
