"""The closure: each kind of axiom, strata, negation, rank, and that nothing else is added."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.errors import DualbioError
from dualbio.model.namespaces import PREFIXES
from dualbio.owl.rules import ClosurePlan, Rule, RuleError, compile_axioms, make_plan, read_rules
from dualbio.owl.rules.run import ROUNDS, Batch, Closure, infer, read_derivations, write_derivations

FEATURES = Path(__file__).parents[3] / "data" / "features.ttl"
FACTS = ox.NamedNode("urn:g:facts")
INFERRED = ox.NamedNode("urn:g:inferred")
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

#: What must follow from the file, found by hand.
EXPECTED = {
    "equivalent and sub-class": "rex a Animal",
    "union on the left, first member": "rex a Pet",
    "union on the left, second member": "tom a Pet",
    "equivalent property": "ann hasChild bob",
    "sub-property": "ann hasRelative bob",
    "inverse": "bob childOf ann",
    "domain": "ann a Parent",
    "range": "bob a Child",
    "symmetric": "carl marriedTo ann",
    "transitive": "cell partOf body",
    "property chain": "carl uncleOf bob",
    "has-value, from the property": "ann a Red",
    "has-value, to the property": "rose colour red",
    "some-values-from on the left": "ann a Owner",
    "intersection": "ann a RedOwner",
}


def _triple(text: str) -> ox.Triple:
    subject, predicate, obj = text.split()
    name = TYPE if predicate == "a" else f"urn:t:{predicate}"
    return ox.Triple(ox.NamedNode(f"urn:t:{subject}"), ox.NamedNode(name), ox.NamedNode(f"urn:t:{obj}"))


def _store(text: str = "") -> ox.Store:
    store = ox.Store()
    data = FEATURES.read_text(encoding="utf-8") + text
    store.load(data.encode(), format=ox.RdfFormat.TURTLE, to_graph=FACTS)
    return store


def _alone(text: str) -> ox.Store:
    """Return a store with `text` alone: what fills in classes of other axioms would run everything once more."""
    prefixes = {"": "urn:t:", "owl": PREFIXES["owl"], "rdfs": PREFIXES["rdfs"]}
    head = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in prefixes.items())
    store = ox.Store()
    store.load((head + text).encode(), format=ox.RdfFormat.TURTLE, to_graph=FACTS)
    return store


def _axioms(store: ox.Store) -> tuple[Rule, ...]:
    return compile_axioms(quad.triple for quad in store)


def _rule(tmp_path: Path, **bodies: str) -> tuple[Rule, ...]:
    for name, body in bodies.items():
        (tmp_path / f"{name.replace('_', '-')}.rq").write_text(f"#+ summary: About {name}.\n{body}\n", encoding="utf-8")
    return read_rules(tmp_path)


@pytest.mark.parametrize("kind", EXPECTED)
def test_axiom_has_its_consequence(kind: str) -> None:
    """An axiom of each covered kind gives the triple that follows from it."""
    store = _store()

    closure = infer(store, _axioms(store), inferred_graph=INFERRED)

    assert _triple(EXPECTED[kind]) in closure.derived


def test_every_axiom_rule_is_needed() -> None:
    """Leaving any one consequence-bearing axiom out loses a triple: a removed rule is seen."""
    store = _store()
    rules = _axioms(store)
    whole = infer(store, rules, inferred_graph=INFERRED).derived

    used = {name for name, _ in whole.values()}
    for left_out in sorted(used):
        rest = infer(_store(), [rule for rule in rules if rule.name != left_out], inferred_graph=INFERRED)
        assert set(rest.derived) != set(whole), left_out


def test_only_what_is_new_is_added_and_the_working_graph_is_gone() -> None:
    """The inferred graph holds what no other graph says, and no other graph appears."""
    store = _store()
    before = set(store)

    closure = infer(store, _axioms(store), inferred_graph=INFERRED)

    added = set(store) - before
    assert {quad.triple for quad in added} == set(closure.derived)
    assert {FACTS, INFERRED} == set(store.named_graphs())
    assert not {quad.triple for quad in before} & set(closure.derived)


def test_result_agrees_with_a_naive_fixpoint() -> None:
    """Running every rule over everything until nothing changes gives the same triples."""
    store = _store()
    rules = _axioms(store)
    quick = set(infer(_store(), rules, inferred_graph=INFERRED).derived)

    size = -1
    while size != len(store):
        size = len(store)
        for rule in rules:
            head = " ".join(map(str, rule.head))
            found = store.query(f"CONSTRUCT {{ {head} }} WHERE {{ {rule.where} }}", use_default_graph_as_union=True)
            known = {quad.triple for quad in store}
            new = [t for t in found if t not in known]  # type: ignore[union-attr]
            store.extend(ox.Quad(t.subject, t.predicate, t.object, INFERRED) for t in new)

    assert quick == {quad.triple for quad in store.quads_for_pattern(None, None, None, INFERRED)}


@pytest.mark.parametrize("late", ["left", "middle", "right"])
def test_a_match_is_found_whichever_pattern_is_new_last(late: str) -> None:
    """A chain joins three recursive relations: two hold from the start, the third arrives three rounds later."""
    links = {"left": ":one :left :two .", "middle": ":two :middle :three .", "right": ":three :right :four ."}
    store = _alone(f"""
      :done owl:propertyChainAxiom (:left :middle :right) ;
        rdfs:subPropertyOf :left, :middle, :right, :w0 .
      :w0 rdfs:subPropertyOf :w1 . :w1 rdfs:subPropertyOf :w2 . :w2 rdfs:subPropertyOf :{late} .
      {" ".join(link.replace(f":{late}", ":w0") for link in links.values())}
    """)

    derived = infer(store, _axioms(store), inferred_graph=INFERRED).derived

    assert 4 == derived[_triple("one done four")][1] % ROUNDS


@pytest.mark.parametrize("chain", [":path :link", ":link :path"])
def test_two_recursive_patterns_meet_in_the_middle(chain: str) -> None:
    """A path of eight hops is found whole where both parts of the chain are themselves inferred, in either order."""
    names = [f"n{number}" for number in range(9)]
    hops = " ".join(f":{one} :path :{other} ." for one, other in pairwise(names))
    store = _alone(f"""
      :path owl:propertyChainAxiom ({chain}) .
      :back owl:inverseOf :path . :link owl:inverseOf :back .
      {hops}
    """)

    derived = infer(store, _axioms(store), inferred_graph=INFERRED).derived

    wanted = {_triple(f"{one} path {other}") for i, one in enumerate(names) for other in names[i + 2 :]}
    assert wanted == {triple for triple in derived if triple.predicate == ox.NamedNode("urn:t:path")}


def test_closure_does_not_depend_on_the_order_of_rules() -> None:
    """Rules given backwards give the same triples with the same rule and round."""
    store = _store()
    rules = _axioms(store)

    forwards = infer(_store(), rules, inferred_graph=INFERRED)
    backwards = infer(_store(), rules[::-1], inferred_graph=INFERRED)

    assert forwards.derived == backwards.derived
    assert forwards.rounds == backwards.rounds


def test_closures_on_top_of_each_other_count_their_ranks_on() -> None:
    """What is inferred later has taken what was there, so that it stands above all of it."""
    one, two, three = (Closure((Batch(f"rule {number}", 1, b""),), rounds=2) for number in range(3))
    whole = one.followed_by(two).followed_by(three)
    assert [1, 3, 5] == [batch.rank for batch in whole.batches]
    assert 6 == whole.rounds


def test_rank_grows_along_a_chain() -> None:
    """What needs another inferred triple comes in a later round than that triple."""
    store = _store(":a :partOf :cell .")

    closure = infer(store, _axioms(store), inferred_graph=INFERRED)

    assert closure.derived[_triple("cell partOf body")][1] < closure.derived[_triple("a partOf body")][1]


def test_negation_waits_until_the_rest_is_complete(tmp_path: Path) -> None:
    """A rule with NOT EXISTS sees what axioms infer, whatever its name sorts like."""
    rules = _rule(
        tmp_path,
        a_lonely="CONSTRUCT { ?x a <urn:t:Lonely> } WHERE { ?x a <urn:t:Cat> FILTER NOT EXISTS { ?x a <urn:t:Pet> } }",
    )
    store = _store()

    closure = infer(store, (*_axioms(store), *rules), inferred_graph=INFERRED)

    assert _triple("tom a Lonely") not in closure.derived


def test_circle_through_negation_is_refused_by_name(tmp_path: Path) -> None:
    """Two rules that each wait for the other's absence are an error that names them."""
    rules = _rule(
        tmp_path,
        one="CONSTRUCT { ?x a <urn:t:A> } WHERE { ?x a <urn:t:Cat> FILTER NOT EXISTS { ?x a <urn:t:B> } }",
        two="CONSTRUCT { ?x a <urn:t:B> } WHERE { ?x a <urn:t:Cat> FILTER NOT EXISTS { ?x a <urn:t:A> } }",
    )

    with pytest.raises(RuleError, match=r"one.*two|two.*one"):
        infer(_store(), rules, inferred_graph=INFERRED)


def test_late_class_filler_that_breaks_a_negation_is_refused(tmp_path: Path) -> None:
    """When membership adds a property that a rule had taken to be absent, the closure says so instead of lying."""
    rules = _rule(
        tmp_path,
        pale="CONSTRUCT { ?x a <urn:t:Red>, <urn:t:Pale> } WHERE { ?x a <urn:t:Cat> "
        "FILTER NOT EXISTS { ?x <urn:t:colour> <urn:t:red> } }",
    )
    store = _store()

    with pytest.raises(RuleError, match="pale"):
        infer(store, (*_axioms(store), *rules), inferred_graph=INFERRED)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CONSTRUCT { ?x a <urn:t:A> } WHERE { ?x a <urn:t:B> ", r"broken\.rq:3"),
        ("SELECT ?x WHERE { ?x a <urn:t:B> }", r"broken\.rq"),
        ("CONSTRUCT { ?x a <urn:t:A> } WHERE { ?x <urn:p>+ ?y }", "property path"),
        (
            "CONSTRUCT { ?x a <urn:t:A> } WHERE { { VALUES ?x { <urn:x> } } UNION { ?x a <urn:t:B> } }",
            "without a triple",
        ),
    ],
)
def test_broken_rule_file_names_file_and_reason(tmp_path: Path, text: str, said: str) -> None:
    """A rule that is not SPARQL, not CONSTRUCT, or cannot be explained is an error with its file."""
    with pytest.raises(DualbioError, match=said):
        _rule(tmp_path, broken=text)


def test_derivations_survive_writing(tmp_path: Path) -> None:
    """What is written beside a release is what is read back: rules, and rule and round of each triple."""
    store = _store()
    rules = _axioms(store)
    closure = infer(store, rules, inferred_graph=INFERRED)

    write_derivations(closure, rules, tmp_path)
    found = read_derivations(tmp_path)

    assert closure.derived == found.derived
    assert {name: rule for name, rule in ((r.name, r) for r in rules) if name in found.rules} == found.rules


def test_blank_nodes_and_odd_literals_keep_their_form(tmp_path: Path) -> None:
    """A blank node stays the node that it is, and characters that some take for line breaks break no line."""
    store = _store('_:someone :name "a\\u2028b\\n\\u0085" . :name rdfs:subPropertyOf :called .')
    rules = _axioms(store)
    (someone,) = (quad.subject for quad in store.quads_for_pattern(None, ox.NamedNode("urn:t:name"), None))

    closure = infer(store, rules, inferred_graph=INFERRED)
    write_derivations(closure, rules, tmp_path)

    called = ox.Triple(someone, ox.NamedNode("urn:t:called"), ox.Literal("a\u2028b\n\u0085"))
    assert called in closure.derived
    assert ox.Quad(called.subject, called.predicate, called.object, INFERRED) in store
    assert closure.derived == read_derivations(tmp_path).derived
    assert len(closure) == len(closure.derived)


def test_nothing_follows_from_nothing() -> None:
    """Without rules the closure is empty."""
    assert () == infer(_store(), (), inferred_graph=INFERRED).batches


def test_a_rule_that_waits_for_no_rule_is_refused(tmp_path: Path) -> None:
    """`after` names rules; another name is an error with the nearest one."""
    (tmp_path / "first.rq").write_text(
        "#+ summary: One.\nCONSTRUCT { ?x a <urn:t:A> } WHERE { ?x a <urn:t:B> }\n", "utf-8"
    )
    (tmp_path / "second.rq").write_text(
        "#+ summary: Two.\n#+ after: [frist]\nCONSTRUCT { ?x a <urn:t:C> } WHERE { ?x a <urn:t:A> }\n", "utf-8"
    )
    with pytest.raises(RuleError, match=r"rule 'second': after 'frist', which is not a rule; did you mean 'first'"):
        infer(_store(), read_rules(tmp_path), inferred_graph=INFERRED)


def test_strata_side_by_side_come_to_what_they_come_to_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules, rounds and triples are those of one stratum after the other; what two find at once is of the first."""
    body = "CONSTRUCT { ?x a <urn:t:Found> } WHERE { ?x a <urn:t:Cat> }"
    rules = (*_axioms(_store()), *_rule(tmp_path, one=body, other=body))
    found = {rule.name for rule in rules if rule.origin == "domain"}
    assert any(
        found <= {rule.name for each in group for rule in each.rules} for group in make_plan(rules).side_by_side()
    )

    together = infer(_store(), rules, inferred_graph=INFERRED)
    monkeypatch.setattr(ClosurePlan, "side_by_side", lambda plan: [[stratum] for stratum in plan.strata])
    one_by_one = infer(_store(), rules, inferred_graph=INFERRED)

    assert one_by_one.derived == together.derived
    assert one_by_one.rounds == together.rounds
    assert len(one_by_one) == len(together) == len(together.derived)
