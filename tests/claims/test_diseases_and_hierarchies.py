"""What was treated is not what went wrong, arms have their own disease, and hierarchies are those of the field."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Ask = Callable[[str], list[tuple[str, ...]]]


@pytest.mark.parametrize("study", ["el-fassi-2008", "rituximab-ibd-iceland", "rituximab-colitis-21"])
def test_a_disease_that_appeared_is_not_studied(ask: Ask, study: str) -> None:
    """Colitis after rituximab makes no study of bowel disease; it is told as what appeared."""
    assert [] == ask(f"SELECT ?c {{ study:{study} a ?c FILTER (?c = dualbio:BowelDiseaseStudy) }}")
    assert [("disease:inflammatory-bowel-disease",)] == ask(f"""SELECT ?d {{ study:{study}
      dualbio:emergentWithinDisease ?d FILTER (?d = disease:inflammatory-bowel-disease) }}""")


def test_no_study_is_of_a_disease_that_only_appeared(ask: Ask) -> None:
    """Over all studies, a disease that is reported as a harm alone is neither studied nor tried in."""
    assert [] == ask("""SELECT ?study ?disease { ?study dualbio:reportsEmergentDisease ?disease
      FILTER NOT EXISTS { ?study dualbio:treatsDisease ?treated . ?treated dualbio:narrowerThan? ?disease }
      { ?study dualbio:withinDisease ?disease } UNION
      { ?study dualbio:hasArm/dualbio:withinDisease ?disease } }""")


def test_rituximab_was_tried_in_two_bowel_studies(ask: Ask) -> None:
    """B-cell depletion was tried in bowel disease by Leiper and in one patient by Goetz, and by nobody else."""
    assert [("study:goetz-2007",), ("study:leiper-2011",)] == ask(
        "SELECT ?s { ?s a dualbio:BowelDiseaseStudy ; dualbio:testsDrug drug:rituximab }"
    )


def test_the_arms_of_the_extensions_have_their_own_disease(ask: Ask) -> None:
    """ABT-122 was given to people with rheumatoid arthritis in one arm and with psoriatic arthritis in the other."""
    assert [
        ("arm:abt122-open-label-extensions.psa", "disease:psoriatic-arthritis"),
        ("arm:abt122-open-label-extensions.ra", "disease:rheumatoid-arthritis"),
    ] == ask("SELECT ?arm ?d { study:abt122-open-label-extensions dualbio:hasArm ?arm . ?arm dualbio:inDisease ?d }")


def test_a_pair_was_tried_where_its_arms_were(ask: Ask) -> None:
    """IL-17 with TNF inhibition has four arms in rheumatoid and three in psoriatic arthritis."""
    assert [("disease:psoriatic-arthritis", "3"), ("disease:rheumatoid-arthritis", "4")] == ask("""
      SELECT ?d (COUNT(DISTINCT ?arm) AS ?n) { ?arm dualbio:testsMechanismPair pair:il-17-inhibition_tnf-inhibition ;
        dualbio:inDisease ?d } GROUP BY ?d""")
    assert [] == ask("""SELECT ?pair ?d { ?pair dualbio:triedInDisease ?d
      FILTER NOT EXISTS { ?arm dualbio:testsMechanismPair ?pair ; dualbio:inDisease ?d } }""")


def test_every_treated_arm_has_a_disease(ask: Ask) -> None:
    """An arm of a study that treats a disease is an arm in some disease of that study, or in a form of it."""
    assert [] == ask("""SELECT ?arm { ?study dualbio:treatsDisease ?any ; dualbio:hasArm ?arm
      FILTER NOT EXISTS { ?study dualbio:treatsDisease ?treated . ?arm dualbio:inDisease ?treated }
      FILTER NOT EXISTS { ?study dualbio:treatsDisease ?broader . ?arm dualbio:inDisease/dualbio:narrowerThan ?broader }
      }""")


@pytest.mark.parametrize(
    "pathway",
    ["tnf", "il6", "il1", "il12", "il23", "il17a", "type1-ifn", "baff"],
)
def test_cytokine_pathways_are_cytokine_signalling(ask: Ask, pathway: str) -> None:
    """Signalling by each of these cytokines is cytokine signalling, so that its blockers are found there."""
    assert [(f"process:{pathway}-signalling",)] == ask(f"""SELECT ?p {{
      ?p dualbio:narrowerThan process:cytokine-signalling
      FILTER (?p = process:{pathway}-signalling) }}""")


def test_blockers_of_six_cytokines_affect_cytokine_signalling(ask: Ask) -> None:
    """Infliximab, tocilizumab, secukinumab, ustekinumab, anakinra and anifrolumab all do."""
    drugs = ("infliximab", "tocilizumab", "secukinumab", "ustekinumab", "anakinra", "anifrolumab")
    values = " ".join(f"drug:{name}" for name in drugs)
    rows = ask(f"""SELECT ?d {{ VALUES ?d {{ {values} }}
      ?d dualbio:affectsProcess/dualbio:narrowerThan? process:cytokine-signalling }}""")
    assert sorted((f"drug:{name}",) for name in drugs) == rows


def test_double_negative_cells_are_not_age_associated_cells(ask: Ask) -> None:
    """Both are memory B cells, neither is a form of the other; follicular helpers are CD4 T cells."""
    assert [("cell:cd4-t-cell", "cell:t-follicular-helper-cell")] == ask("""SELECT ?broad ?narrow {
      VALUES (?narrow ?broad) { (cell:double-negative-b-cell cell:age-associated-b-cell)
        (cell:t-follicular-helper-cell cell:cd4-t-cell) } ?narrow dualbio:narrowerThan ?broad }""")
