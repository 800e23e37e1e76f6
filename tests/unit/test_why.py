"""Why a triple holds: derivation trees in worlds small enough to know them by heart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.errors import NotFoundError, ReleaseError
from dualbio.model.namespaces import graph_iri, term
from dualbio.owl.rules import Rule, compile_axioms, read_rules
from dualbio.owl.rules.run import Derivations, infer
from dualbio.why import Derivation, Explainer

PREFIXES = """
@prefix : <urn:t:> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
FACTS, INFERRED = graph_iri("study/toy"), graph_iri("inferred")
#: What `_world` returns: an explainer, and everything that was inferred.
World = tuple[Explainer, dict[ox.Triple, tuple[str, int]]]


def _world(text: str, rules: tuple[Rule, ...] = (), graph: ox.NamedNode = INFERRED) -> World:
    store = ox.Store()
    store.load((PREFIXES + text).encode(), ox.RdfFormat.TURTLE, to_graph=FACTS)
    rules = (*compile_axioms(quad.triple for quad in store), *rules)
    derived = infer(store, rules, inferred_graph=graph).derived
    return Explainer(store, Derivations({rule.name: rule for rule in rules}, derived)), derived


@pytest.fixture
def rule(tmp_path: Path) -> Callable[[str, str], tuple[Rule, ...]]:
    """Returns a function that makes a domain rule of a name and a body with the prefix t."""

    def make(name: str, body: str) -> tuple[Rule, ...]:
        text = f"#+ summary: About {name}.\n{body.replace('t:', 'urn:t:')}\n"
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.rq").write_text(text, encoding="utf-8")
        return read_rules(folder)

    return make


def _triple(text: str) -> ox.Triple:
    subject, predicate, obj = text.split()
    name = term("rdf:type") if predicate == "a" else ox.NamedNode(f"urn:t:{predicate}")
    value = ox.Literal(int(obj)) if obj.isdigit() else ox.NamedNode(f"urn:t:{obj}")
    return ox.Triple(ox.NamedNode(f"urn:t:{subject}"), name, value)


def _premises(derivation: Derivation) -> set[ox.Triple]:
    return {premise.triple for premise in derivation.premises}


def _paths(derivation: Derivation) -> Iterator[list[ox.Triple]]:
    """Yield every way from the root of a tree down to a leaf."""
    if not derivation.premises:
        yield [derivation.triple]
    for premise in derivation.premises:
        yield from ([derivation.triple, *path] for path in _paths(premise))


def test_tree_goes_down_to_asserted_facts() -> None:
    """An inferred premise is explained in turn; an asserted one has its graph."""
    explainer, _ = _world(":A rdfs:subClassOf :B . :B rdfs:subClassOf :C . :p rdfs:domain :A . :i :p :j .")

    (tree,) = explainer.explain(_triple("i a C"))

    assert [[_triple("i a C"), _triple("i a B"), _triple("i a A"), _triple("i p j")]] == list(_paths(tree))
    leaf = tree.premises[0].premises[0].premises[0]
    assert leaf.asserted
    assert ("study/toy",) == leaf.graphs
    assert "Domain(<urn:t:p>,<urn:t:A>)" == tree.premises[0].premises[0].rule


def test_asserted_triple_explains_itself() -> None:
    """What a graph says needs no rule, even where a rule says it too."""
    explainer, _ = _world(":A rdfs:subClassOf :B . :i a :A , :B .")

    (tree,) = explainer.explain(_triple("i a B"))

    assert tree.asserted
    assert () == tree.premises


def test_every_derivation_is_shown_on_request() -> None:
    """Two rules, and two matches of one of them, are three derivations; without a request it is the first found."""
    text = ":p rdfs:domain :B . :A rdfs:subClassOf :B . :i a :A ; :p :j , :k ."
    explainer, derived = _world(text)
    goal = _triple("i a B")

    every = explainer.explain(goal, limit=10)

    assert 3 == len(every)
    expected = [{_triple("i p j")}, {_triple("i p k")}, {_triple("i a A")}]
    assert sorted(map(str, expected)) == sorted(str(_premises(tree)) for tree in every)
    assert every[:2] == explainer.explain(goal, limit=2)
    assert derived[goal][0] == explainer.explain(goal)[0].rule


@pytest.mark.parametrize("height", [4, 12])
def test_a_premise_that_stands_twice_is_explained_once(height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each triple has two premises with one reason, a tower of them takes a few questions a storey."""
    asked: list[str] = []
    evaluate = Explainer._evaluate

    def counted(explainer: Explainer, text: str) -> ox.QuerySolutions:
        asked.append(text)
        return evaluate(explainer, text)

    monkeypatch.setattr(Explainer, "_evaluate", counted)
    storeys = "".join(
        f":C{n} rdfs:subClassOf :L{n} , :R{n} . :C{n + 1} owl:equivalentClass [ owl:intersectionOf ( :L{n} :R{n} ) ] . "
        for n in range(height)
    )
    explainer, _ = _world(f":i a :C0 . {storeys}")

    (tree,) = explainer.explain(_triple(f"i a C{height}"))

    assert {_triple("i a C0")} == {path[-1] for path in _paths(tree)}
    assert len(asked) <= 6 * height


def test_cycles_end() -> None:
    """Where rules feed each other in circles, no triple is a reason for itself, in any of its derivations."""
    explainer, derived = _world("""
        :p a owl:TransitiveProperty , owl:SymmetricProperty ; owl:inverseOf :q . :q rdfs:subPropertyOf :p .
        :A owl:equivalentClass :B . :B owl:equivalentClass [ owl:onProperty :p ; owl:someValuesFrom :A ] .
        :i :p :j . :j :p :k . :k :q :l . :l a :A .
    """)

    assert len(derived) > 30
    for goal in derived:
        for tree in explainer.explain(goal, limit=5):
            for path in _paths(tree):
                assert len(path) == len(set(path))
                assert path[-1] not in derived


def test_premise_is_older_than_its_conclusion() -> None:
    """A match that uses a triple of the same or a later round is no reason, since it may rest on the goal."""
    explainer, derived = _world(":p rdfs:domain :A . :A owl:equivalentClass :B . :i :p :j .")

    assert 1 == len(explainer.explain(_triple("i a A"), limit=10))
    assert {_triple("i p j")} == _premises(explainer.explain(_triple("i a A"), limit=10)[0])
    assert derived[_triple("i a A")][1] < derived[_triple("i a B")][1]


def test_premises_are_those_of_the_branch_that_matched(rule: Callable[[str, str], tuple[Rule, ...]]) -> None:
    """Of a UNION only the branch that holds is shown."""
    rules = rule("either", "CONSTRUCT { ?x a <t:A> } WHERE { { ?x <t:p> ?y } UNION { ?x <t:q> ?y } ?y a <t:B> }")
    explainer, _ = _world(":i :q :j . :j a :B .", rules)

    assert {_triple("i q j"), _triple("j a B")} == _premises(explainer.explain(_triple("i a A"))[0])


def test_premises_are_those_of_the_branch_that_made_the_head(rule: Callable[[str, str], tuple[Rule, ...]]) -> None:
    """Where each branch makes a head of its own, the match of another one is no reason, though it holds as well."""
    body = "CONSTRUCT { ?a <t:up> ?b . ?c <t:down> ?d } WHERE { { ?a <t:raises> ?b } UNION { ?c <t:lowers> ?d } }"
    explainer, _ = _world(":i :raises :j . :k :lowers :l .", rule("either", body))

    assert [{_triple("i raises j")}] == [_premises(tree) for tree in explainer.explain(_triple("i up j"), limit=9)]
    assert [{_triple("k lowers l")}] == [_premises(tree) for tree in explainer.explain(_triple("k down l"), limit=9)]


OPTIONAL = """CONSTRUCT { ?x <t:start> ?from . ?x <t:length> ?length } WHERE {
    ?x <t:from> ?from OPTIONAL { ?x <t:window> ?w . ?w <t:to> ?to } BIND (?to - ?from AS ?length) }"""


def test_optional_fact_is_a_premise_of_the_head_that_needs_it(rule: Callable[[str, str], tuple[Rule, ...]]) -> None:
    """A head made from the value of an OPTIONAL rests on the whole of it; a head that is not does not show it."""
    explainer, _ = _world(":i :from 3 ; :window :w . :w :to 8 .", rule("span", OPTIONAL))

    assert {_triple("i from 3")} == _premises(explainer.explain(_triple("i start 3"))[0])
    assert {_triple("i from 3"), _triple("i window w"), _triple("w to 8")} == _premises(
        explainer.explain(_triple("i length 5"))[0]
    )


def test_missing_optional_fact_is_no_premise(rule: Callable[[str, str], tuple[Rule, ...]]) -> None:
    """Without the OPTIONAL the other head holds and is explained."""
    explainer, derived = _world(":i :from 3 .", rule("span", OPTIONAL))

    assert [_triple("i start 3")] == list(derived)
    assert {_triple("i from 3")} == _premises(explainer.explain(_triple("i start 3"))[0])


def test_optional_fact_that_a_filter_tests_is_a_premise(rule: Callable[[str, str], tuple[Rule, ...]]) -> None:
    """When the match depends on the value of an OPTIONAL, every head rests on it."""
    body = (
        "CONSTRUCT { ?x a <t:Long> } WHERE { ?x <t:from> ?f OPTIONAL { ?x <t:to> ?t } FILTER (!BOUND(?t) || ?t > 9) }"
    )
    explainer, _ = _world(":i :from 3 ; :to 12 .", rule("long", body))

    assert {_triple("i from 3"), _triple("i to 12")} == _premises(explainer.explain(_triple("i a Long"))[0])


@pytest.mark.parametrize("outer", ["", "?x a <t:Arm> ."])
def test_what_was_counted_are_premises(rule: Callable[[str, str], tuple[Rule, ...]], outer: str) -> None:
    """A rule that counts rests on each triple that was counted, of this individual and no other."""
    counting = "{ SELECT ?x (COUNT(DISTINCT ?d) AS ?n) WHERE { ?x <t:gives> ?d . ?d a <t:Drug> } GROUP BY ?x }"
    rules = rule("two", f"CONSTRUCT {{ ?x a <t:Dual> ; <t:drugs> ?n }} WHERE {{ {outer} {counting} FILTER (?n > 1) }}")
    facts = ":i a :Arm ; :gives :a , :b , :o . :j a :Arm ; :gives :a . :a a :Drug . :b a :Biologic . "
    explainer, derived = _world(f"{facts} :Biologic rdfs:subClassOf :Drug .", rules)

    expected = {_triple(text) for text in ("i gives a", "i gives b", "a a Drug", "b a Drug")}
    expected |= {_triple("i a Arm")} if outer else set()
    assert {_triple("b a Drug"), _triple("i a Dual"), _triple("i drugs 2")} == set(derived)
    assert expected == _premises(explainer.explain(_triple("i a Dual"))[0])
    assert expected == _premises(explainer.explain(_triple("i drugs 2"))[0])


def test_axiom_that_names_individuals_needs_no_premise() -> None:
    """Whoever is listed in a class is so by the axiom alone."""
    explainer, _ = _world(":A owl:equivalentClass [ owl:oneOf ( :i :j ) ] .")

    (tree,) = explainer.explain(_triple("i a A"))

    assert () == tree.premises
    assert "<urn:t:A> EquivalentTo {<urn:t:i>, <urn:t:j>}" == tree.summary


def test_what_follows_from_records_of_a_user_is_inferred() -> None:
    """The graph of inferences over a user's own records counts as little for an assertion as that of the release."""
    explainer, _ = _world(":A rdfs:subClassOf :B . :i a :A .", graph=graph_iri("local/inferred"))

    assert not explainer.explain(_triple("i a B"))[0].asserted


def test_tree_survives_as_plain_data() -> None:
    """What JSON carries is read back as the same tree."""
    (tree,) = _world(":A rdfs:subClassOf :B . :p rdfs:domain :A . :i :p :j .")[0].explain(_triple("i a B"))

    assert tree == Derivation.from_dict(tree.to_dict())


def test_text_shows_rule_and_graphs() -> None:
    """Each line is a triple; an inferred one is followed by its rule, an asserted one by its graphs."""
    (tree,) = _world(":A rdfs:subClassOf :B . :i a :A .")[0].explain(_triple("i a B"))

    assert [
        "<urn:t:i> is a <urn:t:B>",
        "  by axiom SubClassOf(<urn:t:A>,<urn:t:B>): <urn:t:A> SubClassOf <urn:t:B>",
        "  <urn:t:i> is a <urn:t:A>  [study/toy]",
    ] == tree.to_text().splitlines()


def test_what_does_not_hold_has_no_explanation() -> None:
    """A triple that is neither asserted nor inferred is an error that shows it."""
    with pytest.raises(NotFoundError, match=r"<urn:t:i> rdf:type <urn:t:B>"):
        _world(":i a :A .")[0].explain(_triple("i a B"))


def test_derivations_of_other_data_are_an_error() -> None:
    """When the facts are not those that the rules ran on, the release is told to be broken."""
    _, derived = _world(":A rdfs:subClassOf :B . :i a :A .")
    axioms = ox.parse((PREFIXES + ":A rdfs:subClassOf :B .").encode(), ox.RdfFormat.TURTLE)
    rules = compile_axioms(quad.triple for quad in axioms)
    explainer = Explainer(ox.Store(), Derivations({rule.name: rule for rule in rules}, derived))

    with pytest.raises(ReleaseError, match="disagree"):
        explainer.explain(_triple("i a B"))
