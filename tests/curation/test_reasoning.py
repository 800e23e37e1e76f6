"""What the closure infers on the real data, and how each inference is explained."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from dualbio.errors import NotFoundError
from dualbio.model.namespaces import expand
from dualbio.model.rdf_terms import VarOrTerm
from dualbio.owl.rules import Pattern, Rule
from dualbio.owl.rules.run import read_derivations
from dualbio.release.folder import Release
from dualbio.store.embedded import EmbeddedStore
from dualbio.why import Derivation, Explainer


@pytest.fixture(scope="module")
def explainer(release: Release, store: EmbeddedStore) -> Explainer:
    """Its explanations."""
    return Explainer(store.store, read_derivations(release.folder))


def _triple(text: str) -> ox.Triple:
    subject, predicate, obj = text.split(maxsplit=2)
    predicate = "rdf:type" if predicate == "a" else predicate
    value: ox.Literal | ox.NamedNode
    if obj.endswith("@en"):
        value = ox.Literal(obj.removesuffix("@en").strip('"'), language="en")
    elif obj.startswith('"'):
        value = ox.Literal(obj.strip('"'))
    elif obj.endswith(".0"):
        value = ox.Literal(obj.removesuffix(".0"), datatype=ox.NamedNode(expand("xsd:decimal")))
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
        if any(head.variables & pattern.variables for pattern in way) or _made(rule, head)
    )


def _made(rule: Rule, head: Pattern) -> bool:
    """Say whether the rule makes all variables of a head by BIND: no pattern has one."""
    return not any(head.variables & pattern.variables for way in rule.alternatives for pattern in way)


def _matches(patterns: tuple[Pattern, ...], premises: list[ox.Triple], values: dict[str, VarOrTerm]) -> bool:
    if not patterns:
        return True
    return any(
        _matches(patterns[1:], premises, more)
        for premise in premises
        if (more := _unified(patterns[0], premise, values)) is not None
    )


def _unified(pattern: Pattern, triple: ox.Triple, values: dict[str, VarOrTerm]) -> dict[str, VarOrTerm] | None:
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
        "study:calibrate dualbio:treatsDisease disease:lupus-nephritis",
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
        "first-biologic",
        "step:bliss-believe.bel-rtx.1 dualbio:usesDrug drug:belimumab",
    ),
    "first agent without a week": (
        "arm:synbiose-2.bel-rtx dualbio:firstAgent drug:belimumab",
        "first-agent",
        "step:synbiose-2.bel-rtx.1 dualbio:usesDrug drug:belimumab",
    ),
    "first step": (
        "arm:synbiose-2.bel-rtx dualbio:firstStep step:synbiose-2.bel-rtx.1",
        "first-step",
        "regimen:synbiose-2.bel-rtx dualbio:hasStep step:synbiose-2.bel-rtx.1",
    ),
    "second step": (
        "arm:synbiose-2.bel-rtx dualbio:secondStep step:synbiose-2.bel-rtx.2",
        "second-step",
        "step:synbiose-2.bel-rtx.2 dualbio:stepOrder 2",
    ),
    "sequence": (
        "regimen:beat-lupus.rtx-bel a dualbio:DepletionThenMaintenanceSequence",
        "starts-after",
        "step:beat-lupus.rtx-bel.2 dualbio:usesDrug drug:belimumab",
    ),
    "starts after": (
        "step:synbiose-2.bel-rtx.2 dualbio:startsAfter step:synbiose-2.bel-rtx.1",
        "starts-after",
        "step:synbiose-2.bel-rtx.1 dualbio:stepOrder 1",
    ),
    "starts with": (
        "step:vega.gus-gol.1 dualbio:startsWith step:vega.gus-gol.3",
        "starts-with",
        "step:vega.gus-gol.3 dualbio:usesDrug drug:guselkumab",
    ),
    "start relation": (
        "arm:genovese-2004-etanercept-anakinra.etn-ana a dualbio:SimultaneousStartArm",
        "start-relation",
        "step:genovese-2004-etanercept-anakinra.etn-ana.2 dualbio:startWeek 0",
    ),
    "start relation itself": (
        "arm:beat-lupus.rtx-bel dualbio:startRelation value:start-relation.later",
        "start-relation",
        "step:beat-lupus.rtx-bel.2 dualbio:usesDrug drug:belimumab",
    ),
    "opening step": (
        "step:beat-lupus.rtx-bel.1 a dualbio:OpeningStep",
        "opening-step",
        "step:beat-lupus.rtx-bel.1 dualbio:stepRole value:step-role.active",
    ),
    "paired step": (
        "step:beat-lupus.rtx-bel.1 a dualbio:PairedStep",
        "paired-step",
        "step:beat-lupus.rtx-bel.1 dualbio:usesDrug drug:rituximab",
    ),
    "phase of a step": (
        "step:vega.gus-gol.2 dualbio:phaseOf step:vega.gus-gol.1",
        "phase-of",
        "step:vega.gus-gol.2 dualbio:usesDrug drug:golimumab",
    ),
    "day of a dose": (
        "step:beat-lupus.rtx-bel.2 dualbio:firstDoseDayMax 56",
        "dose-days",
        "step:beat-lupus.rtx-bel.2 dualbio:stepRole value:step-role.active",
    ),
    "a phase of itself": (
        "step:goyal-paediatric-cd.all.1 dualbio:phaseOf step:goyal-paediatric-cd.all.1",
        "phase-of-itself",
        "step:goyal-paediatric-cd.all.1 dualbio:stepRole value:step-role.active",
    ),
    "days of a lag": (
        "step:juvenile-sjogren-rtx-bel.rtx-bel.2 dualbio:lagDaysMin 28",
        "printed-days",
        "step:juvenile-sjogren-rtx-bel.rtx-bel.2 dualbio:lagUnit value:time-unit.week",
    ),
    "words of a lag": (
        'step:mesnyankina-2016.rtx-bel.2 dualbio:lagLabel "3 months"',
        "lag-label",
        "step:mesnyankina-2016.rtx-bel.2 dualbio:lagUnit value:time-unit.month",
    ),
    "interval from the first dose": (
        "arm:beat-lupus.rtx-bel dualbio:intervalFromFirstDoseDaysMax 56",
        "interval-from-first-dose",
        "step:beat-lupus.rtx-bel.2 dualbio:startWeekMax 8",
    ),
    "interval from the last dose": (
        "arm:beat-lupus.rtx-bel dualbio:intervalFromLastDoseDaysMin 14",
        "interval-from-last-dose",
        "step:beat-lupus.rtx-bel.1 dualbio:endWeek 2",
    ),
    "interval in words": (
        'arm:beat-lupus.rtx-bel dualbio:intervalFromFirstDose "4\u20138 weeks"',
        "interval-label",
        "step:beat-lupus.rtx-bel.2 dualbio:startWeekMax 8",
    ),
    "printed interval": (
        'arm:mesnyankina-2016.rtx-bel dualbio:intervalFromLastDose "3 months"',
        "interval-label-of-lag",
        "step:mesnyankina-2016.rtx-bel.2 dualbio:lagAnchor value:dose-anchor.last-dose",
    ),
    "dosing overlap": (
        "arm:beat-lupus.rtx-bel dualbio:dosingOverlap value:dosing-overlap.none",
        "dosing-overlap",
        "step:beat-lupus.rtx-bel.1 dualbio:endWeek 2",
    ),
    "effect overlap": (
        "arm:beat-lupus.rtx-bel dualbio:effectOverlap value:effect-overlap.within",
        "effect-overlap",
        "effect:rituximab-b-cell-depletion dualbio:effectOf drug:rituximab",
    ),
    "check level of a sequence": (
        "arm:beat-lupus.rtx-bel dualbio:sequenceCheckLevel value:check-level.abstract",
        "sequence-check-level",
        "step:beat-lupus.rtx-bel.1 dualbio:checkLevel value:check-level.abstract",
    ),
    "check level of an effect overlap": (
        "arm:beat-lupus.rtx-bel dualbio:effectOverlapCheckLevel value:check-level.secondary",
        "effect-overlap-check-level",
        "effect:rituximab-b-cell-depletion dualbio:checkLevel value:check-level.secondary",
    ),
    "rank of a check level": (
        "value:check-level.memory dualbio:checkRank 7",
        "check-rank",
        'value:check-level.memory dualbio:key "check-level.memory"',
    ),
    "sign of an effect": (
        "value:edge-effect.raises dualbio:effectSign 1",
        "effect-sign",
        'value:edge-effect.raises dualbio:key "edge-effect.raises"',
    ),
    "rank of a strength": (
        "value:edge-strength.in-vitro dualbio:strengthRank 7",
        "strength-rank",
        'value:edge-strength.in-vitro dualbio:key "edge-strength.in-vitro"',
    ),
    "kept agent": (
        "arm:beat-lupus.rtx-bel dualbio:keptAgent drug:belimumab",
        "kept-agent",
        "step:beat-lupus.rtx-bel.2 dualbio:usesDrug drug:belimumab",
    ),
    "agent outside inflammation": (
        "drug:denosumab a dualbio:NonImmuneAgent",
        "non-immune-agent",
        "drug-class:non-immune-drug dualbio:hasMember drug:denosumab",
    ),
    "small-molecule step": (
        "step:sleek.combo-high.1 a dualbio:SmallMoleculeStep",
        "small-molecule-step",
        "step:sleek.combo-high.1 dualbio:usesDrug drug:elsubrutinib",
    ),
    "two small molecules": (
        "arm:sleek.combo-high a dualbio:DualSmallMoleculeArm",
        "dual-small-molecule-arm",
        "step:sleek.combo-high.1 dualbio:usesDrug drug:elsubrutinib",
    ),
    "disease of an arm": (
        "arm:abt122-open-label-extensions.psa dualbio:inDisease disease:psoriatic-arthritis",
        "arm-disease",
        "arm:abt122-open-label-extensions.psa dualbio:armDisease disease:psoriatic-arthritis",
    ),
    "open pair": (
        "arm:assure.aba-bio dualbio:testsMechanismPair pair:costimulation-blockade_any-biologic",
        "open-pair-of-arm",
        "arm:assure.aba-bio dualbio:armRole value:arm-role.combination",
    ),
    "name of an open pair": (
        'pair:costimulation-blockade_any-biologic rdfs:label "CD80/86 costimulation blockade + any biologic"@en',
        "open-pair-label",
        'mechanism:costimulation-blockade rdfs:label "CD80/86 costimulation blockade"@en',
    ),
    "favoured arm": (
        "comparison:beat-lupus.c001 dualbio:favours arm:beat-lupus.rtx-bel",
        "favoured-arm",
        "comparison:beat-lupus.c001 dualbio:favoursSide value:side.a",
    ),
    "superiority missed": (
        "contrast:bliss-believe.c001 dualbio:verdict value:verdict.missed",
        "verdict-missed",
        "contrast:bliss-believe.c001 dualbio:principalMeasure comparison:bliss-believe.c001",
    ),
    "a question over a single drug": (
        "contrast:beat-lupus.c001 dualbio:asks value:aim-kind.superiority-over-single",
        "contrast-asks-over-single",
        "arm:beat-lupus.rtx-pbo dualbio:armRole value:arm-role.monotherapy",
    ),
    "a question over placebo": (
        "contrast:ultra-2.c003 dualbio:asks value:aim-kind.superiority-over-placebo",
        "contrast-asks-over-placebo",
        "contrast:ultra-2.c003 dualbio:outcomeKind value:outcome-kind.efficacy",
    ),
    "a question over conventional therapy": (
        "contrast:uc-success.c002 dualbio:asks value:aim-kind.superiority-over-conventional",
        "contrast-asks-over-conventional",
        "contrast:uc-success.c002 dualbio:outcomeKind value:outcome-kind.efficacy",
    ),
    "superiority over placebo": (
        "contrast:lunar.c001 a dualbio:SuperiorityTest",
        "superiority-test-of-placebo",
        "study:lunar dualbio:design value:design.randomised-controlled-trial",
    ),
    "a verdict that was met": (
        "contrast:beat-lupus.c001 dualbio:verdict value:verdict.met",
        "verdict-met",
        "contrast:beat-lupus.c001 dualbio:contrastArm arm:beat-lupus.rtx-bel",
    ),
    "a trial that was not designed to tell": (
        "contrast:calibrate.c001 dualbio:verdict value:verdict.not-designed-to-tell",
        "verdict-not-designed",
        "contrast:calibrate.c001 dualbio:principalMeasure comparison:calibrate.c001",
    ),
    "a drug that failed": (
        "drug:rituximab dualbio:failedInStudy study:lunar",
        "drug-failed",
        "drug:rituximab dualbio:drugKind value:drug-kind.monoclonal-antibody",
    ),
    "a drug that succeeded": (
        "drug:adalimumab dualbio:succeededInStudy study:ultra-2",
        "drug-succeeded",
        "drug:adalimumab dualbio:drugKind value:drug-kind.monoclonal-antibody",
    ),
    "superiority met": (
        "study:beat-lupus dualbio:metSuperiorityIn contrast:beat-lupus.c001",
        "met-superiority",
        "contrast:beat-lupus.c001 dualbio:principalMeasure comparison:beat-lupus.c001",
    ),
    "pair tried in disease": (
        "pair:il-1-inhibition_tnf-inhibition dualbio:triedInDisease disease:rheumatoid-arthritis",
        "triedInDisease",
        "study:genovese-2004-etanercept-anakinra dualbio:treatsDisease disease:rheumatoid-arthritis",
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
        'pair:april-inhibition_b-cell-depletion rdfs:label "APRIL inhibition + B-cell depletion"@en',
        "mechanism-pair-label",
        'mechanism:april-inhibition rdfs:label "APRIL inhibition"@en',
    ),
    "key of a pair": (
        'pair:b-cell-depletion_blys-inhibition dualbio:key "b-cell-depletion_blys-inhibition"',
        "mechanism-pair-key",
        "pair:b-cell-depletion_blys-inhibition a dualbio:MechanismPair",
    ),
    "superiority missed in a comparison": (
        "study:bliss-believe dualbio:missedSuperiorityIn contrast:bliss-believe.c001",
        "missed-superiority",
        "contrast:bliss-believe.c001 dualbio:resultRole value:result-role.primary",
    ),
    "pair against monotherapy": (
        "contrast:beat-lupus.c001 a dualbio:PairAgainstMonotherapy",
        "pair-against-monotherapy",
        "arm:beat-lupus.rtx-pbo dualbio:armRole value:arm-role.monotherapy",
    ),
    "superiority test": (
        "contrast:beat-lupus.c001 a dualbio:SuperiorityTest",
        "superiority-test",
        "aim:beat-lupus.1 dualbio:studyAim value:aim-kind.superiority-over-single",
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

    assert re.search(r"Aranow 2024, Ann Rheum Dis[^;]*; seen in full text", text)


def test_b_cell_targeting_drugs_are_the_known_ones(store: EmbeddedStore) -> None:
    """The drugs inferred to target B cells are those that curators had listed by hand."""
    known = {
        "atacicept",
        "belimumab",
        "blisibimod",
        "cd19-car-t-cells",
        "daratumumab",
        "epratuzumab",
        "ianalumab",
        "obexelimab",
        "obinutuzumab",
        "ocrelizumab",
        "rituximab",
        "rozibafusp-alfa",
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
    arm, predicate = expand("arm:beat-lupus.rtx-bel"), expand("dualbio:intervalFromFirstDoseDaysMax")
    quads = store.store.quads_for_pattern(ox.NamedNode(arm), ox.NamedNode(predicate), None, None)
    goal = next(quad.triple for quad in quads)

    predicates = {leaf.predicate for leaf in _leaves(explainer.explain(goal)[0])}

    assert ox.NamedNode(expand("dualbio:startWeekMax")) in predicates
