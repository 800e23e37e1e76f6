"""Dual means dual: classes, curated types and tallies say the same, and unknown is not true."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Ask = Callable[[str], list[tuple[str, ...]]]


def test_a_dual_biologic_arm_has_two_biologics(ask: Ask) -> None:
    """Every dual-biologic arm has two steps, not phases of one drug, of which each gives a biologic for certain."""
    dual = ask("SELECT ?arm { ?arm a dualbio:DualBiologicArm }")
    proven = ask("""SELECT ?arm { ?arm dualbio:hasRegimen/dualbio:hasStep ?one , ?other FILTER (STR(?one) < STR(?other))
      { ?one dualbio:usesAgent|dualbio:usesOneOf ?a } { ?other dualbio:usesAgent|dualbio:usesOneOf ?b }
      ?one dualbio:stepRole value:step-role.active . ?other dualbio:stepRole value:step-role.active .
      ?a dualbio:isBiologic true . ?b dualbio:isBiologic true .
      FILTER NOT EXISTS { ?one dualbio:usesDrug ?drug . ?other dualbio:usesDrug ?drug } }""")
    assert set() == set(dual) - set(proven)
    assert len(dual) > 100


def test_an_agent_that_may_be_a_small_molecule_is_no_biologic(ask: Ask) -> None:
    """Of an agent that is a biologic or a small molecule neither is said."""
    assert [] == ask("SELECT ?is { drug-class:targeted-agent dualbio:isBiologic ?is }")
    assert [] == ask("SELECT ?class { drug-class:targeted-agent a ?class FILTER (?class = dualbio:BiologicAgent) }")


@pytest.mark.parametrize("arm", ["clark-snustad-2020.all", "dolinger-2021.all", "glassner-2020.combo"])
def test_an_arm_with_tofacitinib_is_not_dual_biologic(ask: Ask, arm: str) -> None:
    """Where some or all people had a small molecule beside the biologic, the arm is not one of two biologics."""
    assert [] == ask(f"SELECT ?c {{ arm:{arm} a ?c FILTER (?c = dualbio:DualBiologicArm) }}")


def test_class_and_curated_type_count_alike(ask: Ask) -> None:
    """Counting two biologics by class or by the curated type gives one number, nominal unions left out."""
    by_class = ask("SELECT ?arm { ?arm a dualbio:DualBiologicArm }")
    by_type = ask("""SELECT ?arm { ?arm dualbio:combinationType value:combination-type.dual-biologic
      FILTER NOT EXISTS { ?arm dualbio:mixedRoles true } }""")
    assert by_class == by_type


@pytest.mark.parametrize(
    ("class_name", "value"),
    [
        ("BiologicSmallMoleculeArm", "biologic-plus-targeted-small-molecule"),
        ("DualSmallMoleculeArm", "dual-small-molecule"),
    ],
)
def test_other_pairs_count_alike_too(ask: Ask, class_name: str, value: str) -> None:
    """The class that follows from the steps and the type that curators wrote name the same arms."""
    assert ask(f"SELECT ?arm {{ ?arm a dualbio:{class_name} }}") == ask(
        f"SELECT ?arm {{ ?arm dualbio:combinationType value:combination-type.{value} }}"
    )


def test_denosumab_makes_no_pair_of_immune_directed_agents(ask: Ask) -> None:
    """A bone drug beside a biologic is marked and stands in no tally of pairs or of two biologics."""
    assert [("drug:denosumab",)] == ask(
        "SELECT ?d { ?d a dualbio:NonImmuneAgent ; dualbio:drugKind ?k "
        "FILTER (?k = value:drug-kind.monoclonal-antibody) }"
    )
    arms = "?arm dualbio:testsAgent drug:denosumab"
    assert [] == ask(f"SELECT ?arm {{ {arms} ; a dualbio:DualBiologicArm }}")
    assert [] == ask(f"SELECT ?arm ?pair {{ {arms} ; dualbio:testsMechanismPair ?pair }}")
    assert len(ask(f"SELECT ?arm {{ {arms} ; dualbio:combinationType value:combination-type.immune-plus-other }}")) > 3


def test_a_biologic_with_a_conventional_drug_is_no_mechanism_pair(ask: Ask) -> None:
    """Infliximab with azathioprine in SONIC, or vedolizumab with tacrolimus, tests no pair of targeted mechanisms."""
    assert [] == ask("""SELECT ?arm ?pair { ?arm dualbio:testsMechanismPair ?pair ;
      dualbio:combinationType value:combination-type.biologic-plus-conventional }""")


@pytest.mark.parametrize(
    ("arm", "pair"),
    [
        ("assure.aba-bio", "costimulation-blockade_any-biologic"),
        ("sundial-stage-2.rtx-bio", "b-cell-depletion_any-biologic"),
        ("ocon-2025-tnf-type-2-biologic.tnf-t2", "tnf-inhibition_any-biologic"),
    ],
)
def test_a_pair_may_have_one_open_side(ask: Ask, arm: str, pair: str) -> None:
    """Where the partner is not named, the arm tests its known mechanism with any biologic, and no closed pair."""
    assert [(f"pair:{pair}",)] == ask(f"SELECT ?p {{ arm:{arm} dualbio:testsMechanismPair ?p }}")


def test_an_open_side_is_open_for_a_reason(ask: Ask) -> None:
    """No arm whose targeted steps all act by known mechanisms tests an open pair."""
    assert [] == ask("""SELECT ?arm { ?arm dualbio:testsMechanismPair ?pair . ?pair a dualbio:OpenMechanismPair
      FILTER NOT EXISTS { ?arm dualbio:hasRegimen/dualbio:hasStep ?step . ?step a dualbio:TargetedStep
        FILTER NOT EXISTS { ?step dualbio:actsByMechanism ?any } } }""")


def test_a_bispecific_with_one_mechanism_tests_no_pair(ask: Ask) -> None:
    """Romilkimab blocks two cytokines by one mechanism: one molecule, no pair."""
    assert [] == ask("""SELECT ?pair { ?arm dualbio:testsAgent drug:romilkimab ; dualbio:testsMechanismPair ?pair }""")


def test_every_antibody_is_a_biologic(ask: Ask) -> None:
    """The kind of a drug and the mark agree: all but small molecules and glucocorticoids are biologics."""
    assert [] == ask("""SELECT ?drug { ?drug dualbio:drugKind ?kind ; dualbio:isBiologic ?is
      FILTER (?is = (?kind IN (value:drug-kind.small-molecule, value:drug-kind.glucocorticoid))) }""")


def test_cells_given_as_a_drug_are_a_drug(ask: Ask) -> None:
    """CD19 CAR T cells are a drug of the kind cell therapy, with their target."""
    assert [("drug:cd19-car-t-cells", "target:cd19")] == ask("""SELECT ?drug ?target {
      ?drug dualbio:drugKind value:drug-kind.cell-therapy ; dualbio:hasTarget ?target }""")


def test_a_drug_that_removes_one_kind_of_b_cell_depletes_no_b_cells(ask: Ask) -> None:
    """Removing plasma cells and their precursors leaves the other B cells: no depletion, no dual B-cell arm."""
    assert [] == ask("""SELECT ?mechanism { ?mechanism a dualbio:BCellDepletingMechanism
      FILTER NOT EXISTS { ?mechanism dualbio:depletes cell:b-cell } }""")
    assert [] == ask("""SELECT ?drug { ?drug a dualbio:BCellDepletingDrug
      FILTER NOT EXISTS { ?drug dualbio:hasMechanism mechanism:b-cell-depletion } }""")
    assert [] == ask("""SELECT ?arm { ?arm a dualbio:DualBCellArm ; dualbio:drug drug:daratumumab
      FILTER NOT EXISTS { ?arm dualbio:testsMechanism mechanism:b-cell-depletion } }""")
    assert ask("SELECT ?arm { ?arm dualbio:drug drug:daratumumab }")
