"""What the closure infers on the real data, and how each inference is explained."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from dualbio.build.infer import read_derivations
from dualbio.compose import compose_release
from dualbio.errors import NotFoundError
from dualbio.namespaces import expand
from dualbio.release import Release
from dualbio.resources import shipped_sources
from dualbio.rules import Pattern, Rule
from dualbio.rules.model import Node
from dualbio.store.embedded import EmbeddedStore
from dualbio.why import Derivation, Explainer


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the shipped sources."""
    return compose_release(shipped_sources(), tmp_path_factory.mktemp("reasoning"))


@pytest.fixture(scope="module")
def store(release: Release) -> EmbeddedStore:
    """Its data."""
    return EmbeddedStore.in_memory(release.graphs)


@pytest.fixture(scope="module")
def explainer(release: Release, store: EmbeddedStore) -> Explainer:
    """Its explanations."""
    return Explainer(store.store, read_derivations(release.folder))


def _triple(text: str) -> ox.Triple:
    subject, predicate, obj = text.split(maxsplit=2)
    predicate = "rdf:type" if predicate == "a" else predicate
    value: ox.Literal | ox.NamedNode
    if obj.startswith('"'):
        value = ox.Literal(obj.strip('"'), language="en")
    else:
        value = ox.Literal(int(obj)) if obj.isdigit() else ox.NamedNode(expand(obj))
    return ox.Triple(ox.NamedNode(expand(subject)), ox.NamedNode(expand(predicate)), value)


def _leaves(derivation: Derivation) -> set[ox.Triple]:
    if derivation.asserted:
        return {derivation.triple}
    return set().union(*(_leaves(premise) for premise in derivation.premises))


def _steps(derivation: Derivation) -> Iterator[Derivation]:
    """Yield every inferred triple of a tree with what it rests on."""
    if not derivation.asserted:
        yield derivation
    for premise in derivation.premises:
        yield from _steps(premise)


def _follows(derivation: Derivation, rule: Rule) -> bool:
    """Say whether some values make a head of the rule the triple, and each of its patterns in some way a premise."""
    premises = [premise.triple for premise in derivation.premises]
    return any(
        _matches(way, premises, values)
        for head in rule.head
        if (values := _unified(head, derivation.triple, {})) is not None
        for way in rule.alternatives
        if any(head.variables & pattern.variables for pattern in way)
    )


def _matches(patterns: tuple[Pattern, ...], premises: list[ox.Triple], values: dict[str, Node]) -> bool:
    if not patterns:
        return True
    return any(
        _matches(patterns[1:], premises, more)
        for premise in premises
        if (more := _unified(patterns[0], premise, values)) is not None
    )


def _unified(pattern: Pattern, triple: ox.Triple, values: dict[str, Node]) -> dict[str, Node] | None:
    found = dict(values)
    for part, node in zip(pattern, (triple.subject, triple.predicate, triple.object), strict=True):
        assert isinstance(node, ox.NamedNode | ox.Literal)
        if (found.setdefault(part.value, node) if isinstance(part, ox.Variable) else part) != node:
            return None
    return found


def _rules(derivation: Derivation) -> set[str]:
    own = {derivation.rule} if derivation.rule else set()
    return own.union(*(_rules(premise) for premise in derivation.premises))


#: Inferred triples of different kinds; the rule that must be in the tree; an asserted triple it must rest on.
INFERENCES = {
    "drug targets B cells": (
        "drug:belimumab a dualbio:BCellTargetingDrug",
        "BCellTargetingDrug",
        "drug:belimumab dualbio:hasMechanism mechanism:blys-inhibition",
    ),
    "drug depletes B cells": (
        "drug:rituximab a dualbio:BCellDepletingDrug",
        "BCellDepletingDrug",
        "mechanism:b-cell-depletion dualbio:depletes cell:b-cell",
    ),
    "BLyS or APRIL inhibitor": (
        "drug:belimumab a dualbio:BLySAPRILInhibitor",
        "BLySAPRILInhibitor",
        "drug:belimumab dualbio:hasMechanism mechanism:blys-inhibition",
    ),
    "biologic drug": (
        "drug:infliximab a dualbio:BiologicDrug",
        "BiologicDrug",
        "drug:infliximab a dualbio:Drug",
    ),
    "conventional agent": (
        "drug:cyclophosphamide a dualbio:ConventionalAgent",
        "conventional-agent",
        "drug-class:conventional-immunosuppressant dualbio:hasMember drug:cyclophosphamide",
    ),
    "disease ancestor": (
        "disease:lupus-nephritis dualbio:narrowerThan disease:autoimmune-disease",
        "Transitive",
        "disease:sle dualbio:directlyNarrowerThan disease:autoimmune-disease",
    ),
    "study within disease": (
        "study:calibrate dualbio:withinDisease disease:sle",
        "withinDisease",
        "study:calibrate dualbio:studiesDisease disease:lupus-nephritis",
    ),
    "design class": (
        "study:calibrate a dualbio:RandomisedControlledTrial",
        "RandomisedControlledTrial",
        "study:calibrate dualbio:design value:design.randomised-controlled-trial",
    ),
    "biologic step": (
        "step:bliss-believe.bel-rtx.2 a dualbio:BiologicStep",
        "biologic-step",
        "step:bliss-believe.bel-rtx.2 dualbio:usesDrug drug:rituximab",
    ),
    "step mechanism": (
        "step:bliss-believe.bel-rtx.2 dualbio:actsByMechanism mechanism:b-cell-depletion",
        "actsByMechanism",
        "drug:rituximab dualbio:hasMechanism mechanism:b-cell-depletion",
    ),
    "mechanism shared by options": (
        "step:greenwald-2011-rituximab-tnf.rtx-tnf.2 dualbio:actsByMechanism mechanism:tnf-inhibition",
        "step-mechanism",
        "drug:etanercept dualbio:hasMechanism mechanism:tnf-inhibition",
    ),
    "dual-biologic arm": (
        "arm:bliss-believe.bel-rtx a dualbio:DualBiologicArm",
        "dual-biologic-arm",
        "regimen:bliss-believe.bel-rtx dualbio:hasStep step:bliss-believe.bel-rtx.1",
    ),
    "dual B-cell regimen": (
        "regimen:beat-lupus.rtx-bel a dualbio:DualBCellRegimen",
        "DualBCellRegimen",
        "step:beat-lupus.rtx-bel.2 dualbio:usesDrug drug:belimumab",
    ),
    "mechanism pair": (
        "arm:calibrate.rcb dualbio:testsMechanismPair pair:b-cell-depletion_blys-inhibition",
        "mechanism-pair-of-arm",
        "arm:calibrate.rcb dualbio:armRole value:arm-role.combination",
    ),
    "first biologic": (
        "arm:bliss-believe.bel-rtx dualbio:firstBiologic drug:belimumab",
        "biologic-order",
        "step:bliss-believe.bel-rtx.1 dualbio:startWeek 0",
    ),
    "sequence": (
        "regimen:beat-lupus.rtx-bel a dualbio:DepletionThenMaintenanceSequence",
        "biologic-order",
        "step:beat-lupus.rtx-bel.2 dualbio:startWeek 4",
    ),
    "kept after induction": (
        "arm:beat-lupus.rtx-bel dualbio:keptAfterInduction drug:belimumab",
        "kept-biologic",
        "step:beat-lupus.rtx-bel.2 dualbio:endWeek 60",
    ),
    "favoured arm": (
        "comparison:beat-lupus.c001 dualbio:favours arm:beat-lupus.rtx-bel",
        "favoured-arm",
        "comparison:beat-lupus.c001 dualbio:favoursSide value:side.a",
    ),
    "superiority missed": (
        "study:calibrate a dualbio:SuperiorityMissedTrial",
        "superiority-test",
        "comparison:calibrate.c001 dualbio:resultRole value:result-role.secondary",
    ),
    "superiority met": (
        "study:beat-lupus dualbio:metSuperiorityIn comparison:beat-lupus.c001",
        "met-superiority",
        "study:beat-lupus dualbio:hasComparison comparison:beat-lupus.c001",
    ),
    "pair tried in disease": (
        "pair:il-1-inhibition_tnf-inhibition dualbio:triedInDisease disease:rheumatoid-arthritis",
        "triedInDisease",
        "study:genovese-2004-etanercept-anakinra dualbio:studiesDisease disease:rheumatoid-arthritis",
    ),
    "raised by a mechanism": (
        "mechanism:b-cell-depletion dualbio:raises cell:transitional-b-cell",
        "mechanism-edge",
        "edge:depletion-raises-transitional dualbio:edgeEffect value:edge-effect.raises",
    ),
    "lowered by a biomarker": (
        "biomarker:serum-igg dualbio:lowers process:fcgr-phagocytosis-signalling",
        "mechanism-edge",
        "edge:igg-blocks-fc-gamma-clearance dualbio:edgeEffect value:edge-effect.lowers",
    ),
    "name of a pair": (
        'pair:april-inhibition_b-cell-depletion rdfs:label "APRIL inhibition + B-cell depletion"',
        "mechanism-pair-label",
        'mechanism:april-inhibition rdfs:label "APRIL inhibition"',
    ),
    "superiority missed in a comparison": (
        "study:bliss-believe dualbio:missedSuperiorityIn comparison:bliss-believe.c001",
        "missed-superiority",
        "comparison:bliss-believe.c001 dualbio:resultRole value:result-role.primary",
    ),
    "pair against monotherapy": (
        "comparison:beat-lupus.c001 a dualbio:PairAgainstMonotherapy",
        "pair-against-monotherapy",
        "arm:beat-lupus.rtx-pbo dualbio:armRole value:arm-role.monotherapy",
    ),
    "simultaneous start": (
        "arm:genovese-2004-etanercept-anakinra.etn-ana a dualbio:SimultaneousStartArm",
        "simultaneous-start",
        "step:genovese-2004-etanercept-anakinra.etn-ana.2 dualbio:startWeek 0",
    ),
    "superiority test": (
        "comparison:beat-lupus.c001 a dualbio:SuperiorityTest",
        "superiority-test",
        "study:beat-lupus dualbio:hasComparison comparison:beat-lupus.c001",
    ),
    "targeted step": (
        "step:beat-lupus.rtx-bel.1 a dualbio:TargetedStep",
        "targeted-step",
        "step:beat-lupus.rtx-bel.1 dualbio:usesDrug drug:rituximab",
    ),
    "tested agent": (
        "arm:beat-lupus.rtx-bel dualbio:testsAgent drug:belimumab",
        "tested-agent",
        "regimen:beat-lupus.rtx-bel dualbio:hasStep step:beat-lupus.rtx-bel.2",
    ),
    "arms not to be pooled": (
        "arm:goessens-2021.combo dualbio:mayNotBePooledWith arm:goessens-2021.vdz-tnf",
        "Symmetric",
        "arm:goessens-2021.vdz-tnf dualbio:subsetOf arm:goessens-2021.combo",
    ),
    "inverse": (
        "mechanism:tnf-inhibition dualbio:mechanismOf drug:infliximab",
        "InverseOf",
        "drug:infliximab dualbio:hasMechanism mechanism:tnf-inhibition",
    ),
    "unreported study": (
        "study:synbiose-2 a dualbio:UnreportedStudy",
        "unreported-study",
        "study:synbiose-2 a dualbio:Study",
    ),
}


@pytest.mark.parametrize("kind", INFERENCES)
def test_inference_is_explained_down_to_asserted_facts(explainer: Explainer, store: EmbeddedStore, kind: str) -> None:
    """The derivation goes through the rule one expects, and every leaf is an asserted triple with its graph."""
    text, rule, fact = INFERENCES[kind]

    derivation = explainer.explain(_triple(text))[0]

    leaves = _leaves(derivation)
    assert any(rule in name for name in _rules(derivation)), derivation.to_text()
    assert _triple(fact) in leaves or _number(fact, leaves), derivation.to_text()
    for leaf in leaves:
        quads = store.store.quads_for_pattern(leaf.subject, leaf.predicate, leaf.object, None)
        graphs = {quad.graph_name for quad in quads}
        assert graphs - {ox.NamedNode(expand("graph:inferred"))}


def _number(fact: str, leaves: set[ox.Triple]) -> bool:
    subject, predicate, obj = fact.split()
    wanted = f'<{expand(subject)}> <{expand(predicate)}> "{obj}"^^'
    return any(str(leaf).startswith(wanted) for leaf in leaves)


def test_kinds_are_explained_by_as_many_rules(explainer: Explainer, release: Release) -> None:
    """The kinds above rest on more than twenty different rules, every domain rule of the release among them."""
    rules = read_derivations(release.folder).rules
    shown = {str(explainer.explain(_triple(text))[0].rule) for text, _, _ in INFERENCES.values()}

    assert len(shown) > 20
    assert set() == {name for name, rule in rules.items() if rule.origin == "domain"} - shown


def test_every_step_follows_by_its_rule(explainer: Explainer, release: Release) -> None:
    """In the trees of a thousand inferred triples each conclusion and its premises are an instance of its rule."""
    derivations = read_derivations(release.folder)
    derived = sorted(derivations.derived, key=str)

    for triple in derived[:: max(1, len(derived) // 1000)]:
        for step in _steps(explainer.explain(triple)[0]):
            assert _follows(step, derivations.rules[str(step.rule)]), step.to_text()


def test_unknown_triple_is_refused(explainer: Explainer) -> None:
    """A triple that does not hold has no explanation, and the message shows it."""
    with pytest.raises(NotFoundError, match="drug:abatacept"):
        explainer.explain(_triple("drug:abatacept a dualbio:BCellTargetingDrug"))


def test_derivation_names_the_source_of_a_row(explainer: Explainer) -> None:
    """Facts of a comparison carry the source that it was read in and the check level."""
    text = explainer.explain(_triple("study:bliss-believe a dualbio:SuperiorityMissedTrial"))[0].to_text()

    assert "Aranow 2024, Ann Rheum Dis; seen in full text" in text


def test_b_cell_targeting_drugs_are_the_known_ten(store: EmbeddedStore) -> None:
    """The drugs inferred to target B cells are those that curators had listed by hand."""
    known = {
        "atacicept",
        "belimumab",
        "blisibimod",
        "epratuzumab",
        "ianalumab",
        "obinutuzumab",
        "ocrelizumab",
        "rituximab",
        "tabalumab",
        "telitacicept",
    }

    rows = store.query("SELECT ?key { ?drug a dualbio:BCellTargetingDrug ; dualbio:key ?key }")

    assert known == {row["key"].value for row in rows}  # type: ignore[union-attr]


def test_published_combination_type_agrees_with_the_inferred_one(store: EmbeddedStore) -> None:
    """Arms that authors call dual-biologic are inferred to be so; the one union of two regimens is the exception."""
    rows = store.query("""
        SELECT ?key { ?arm dualbio:combinationType value:combination-type.dual-biologic ; dualbio:key ?key .
        FILTER NOT EXISTS { ?arm a dualbio:DualBiologicArm } FILTER NOT EXISTS { ?arm dualbio:unionOf ?part } }""")

    assert [] == [row["key"].value for row in rows]  # type: ignore[union-attr]


def test_order_by_weeks_agrees_with_the_order_that_curators_wrote(store: EmbeddedStore) -> None:
    """Where both are known, the step that starts later by weeks also has the later rank."""
    rows = store.query("""
        SELECT ?later { ?later dualbio:startsAfter ?earlier ; dualbio:stepOrder ?second .
        ?earlier dualbio:stepOrder ?first FILTER (?second <= ?first) }""")

    assert [] == [row["later"].value for row in rows]  # type: ignore[union-attr]


def test_fact_under_optional_is_a_premise(explainer: Explainer, store: EmbeddedStore) -> None:
    """The longest interval of an arm rests on the end of the window in which the later biologic may start."""
    arm, predicate = expand("arm:beat-lupus.rtx-bel"), expand("dualbio:intervalWeeksMax")
    quads = store.store.quads_for_pattern(ox.NamedNode(arm), ox.NamedNode(predicate), None, None)
    goal = next(quad.triple for quad in quads)

    predicates = {leaf.predicate for leaf in _leaves(explainer.explain(goal)[0])}

    assert ox.NamedNode(expand("dualbio:startWeekMax")) in predicates
