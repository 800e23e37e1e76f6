"""Which agent came first, how far apart, and does the first still act?  No fact says more than the steps do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dualbio.model.combination import paired_courses
from dualbio.model.evidence import Arm
from dualbio.model.sequence import dosing_overlap, start_relation
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.sources.folders import shipped_sources

Ask = Callable[[str], list[tuple[str, ...]]]

#: Arms of rituximab with belimumab, telitacicept or atacicept, by what their reports say of the order.
DEPLETION_FIRST = (
    *("august-iii.rtx-ata", "beat-lupus.rtx-bel", "calibrate.rcb", "chevalier-2020.acd20-bel"),
    *("gualtierotti-2018.rtx-bel", "juvenile-sjogren-rtx-bel.rtx-bel", "mesnyankina-2016.rtx-bel"),
    *("petricca-2020.rtx-bel", "ritux-plus.rtx-bel", "rtx-then-bel-or-telitacicept-2025.rtx-bel"),
    *("rtx-then-bel-or-telitacicept-2025.rtx-tel", "synbiose-1.rtx-bel"),
    *("zhejiang-rtx-bel-or-telitacicept.all", "zhejiang-rtx-bel-or-telitacicept.rtx-bel"),
    "zhejiang-rtx-bel-or-telitacicept.rtx-tel",
)
INHIBITION_FIRST = (
    *("bliss-believe.bel-rtx", "combivas.bel-rtx", "ritux-plus-2.bel-rtx"),
    *("sjogren-belimumab-rituximab.bel-rtx", "synbiose-2.bel-rtx"),
)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """The curated records from which the release is built."""
    return read_corpus(shipped_sources().ontology)


def _arms(corpus: Corpus) -> Iterator[tuple[str, Arm]]:
    for key, file in corpus.study_files.items():
        yield from ((f"arm:{key}.{arm.id}", arm) for arm in file.arms)


@pytest.mark.parametrize("arm", DEPLETION_FIRST)
def test_b_cells_were_depleted_first(ask: Ask, arm: str) -> None:
    """An arm whose report puts the depletion of B cells first is a depletion-then-maintenance sequence."""
    rows = ask(f"SELECT ?r {{ arm:{arm} dualbio:hasRegimen ?r . ?r a dualbio:DepletionThenMaintenanceSequence }}")
    assert [(f"regimen:{arm}",)] == rows


@pytest.mark.parametrize("arm", INHIBITION_FIRST)
def test_blys_was_inhibited_first(ask: Ask, arm: str) -> None:
    """An arm whose report puts belimumab first is an inhibition-then-depletion sequence."""
    rows = ask(f"SELECT ?r {{ arm:{arm} dualbio:hasRegimen ?r . ?r a dualbio:InhibitionThenDepletionSequence }}")
    assert [(f"regimen:{arm}",)] == rows


@pytest.mark.parametrize("arm", ["dcssc-belimumab-rituximab.bel-rtx", "reboot.bel-rtx"])
def test_an_order_that_nobody_tells_is_not_inferred(ask: Ask, arm: str) -> None:
    """Where no page says which came first, no biologic is first, and that is said."""
    rows = ask(f"""SELECT ?class {{ arm:{arm} a ?class . VALUES ?class {{
      dualbio:StartOrderNotToldArm dualbio:SuccessiveStartArm dualbio:SimultaneousStartArm }} }}""")
    assert [("dualbio:StartOrderNotToldArm",)] == rows
    assert [] == ask(f"SELECT ?d {{ arm:{arm} dualbio:firstAgent|dualbio:firstBiologic ?d }}")


@pytest.mark.parametrize(
    ("arm", "interval", "first", "second"),
    [
        ("beat-lupus.rtx-bel", "4\u20138 weeks", "drug:rituximab", "drug:belimumab"),
        ("calibrate.rcb", "4 weeks", "drug:rituximab", "drug:belimumab"),
        ("bliss-believe.bel-rtx", "4 weeks", "drug:belimumab", "drug:rituximab"),
        ("ritux-plus.rtx-bel", "2 days", "drug:rituximab", "drug:belimumab"),
        ("glatt-2019-bimekizumab-certolizumab.czp-bkz", "8 weeks", "drug:certolizumab-pegol", "drug:bimekizumab"),
        ("combivas.bel-rtx", "1 week", "drug:belimumab", "drug:rituximab"),
        ("ritux-plus-2.bel-rtx", "1 week", "drug:belimumab", "drug:rituximab"),
    ],
)
def test_the_interval_is_the_printed_one(ask: Ask, arm: str, interval: str, first: str, second: str) -> None:
    """From first dose to first dose, with the window that the report prints."""
    rows = ask(f"""SELECT ?interval ?first ?second {{ arm:{arm} dualbio:intervalFromFirstDose ?interval ;
      dualbio:firstBiologic ?first ; dualbio:secondBiologic ?second }}""")
    assert [(interval, first, second)] == rows


@pytest.mark.parametrize(
    ("arm", "interval"),
    [
        ("juvenile-sjogren-rtx-bel.rtx-bel", "4 weeks"),
        ("mesnyankina-2016.rtx-bel", "3 months"),
        ("beat-lupus.rtx-bel", "2\u20136 weeks"),
        ("august-iii.rtx-ata", "4 weeks"),
    ],
)
def test_the_interval_from_the_last_dose_is_another_one(ask: Ask, arm: str, interval: str) -> None:
    """Time from the last dose of the first drug is told where it is printed or follows from printed weeks."""
    assert [(interval,)] == ask(f"SELECT ?interval {{ arm:{arm} dualbio:intervalFromLastDose ?interval }}")


def test_months_from_the_last_dose_are_no_weeks_from_the_first(ask: Ask) -> None:
    """Where only the time from the last dose is told, none from the first is made up."""
    assert [] == ask("""SELECT ?i { VALUES ?arm { arm:juvenile-sjogren-rtx-bel.rtx-bel arm:mesnyankina-2016.rtx-bel }
      ?arm dualbio:intervalFromFirstDose|dualbio:intervalFromFirstDoseDaysMin ?i }""")


def test_a_drug_that_ran_before_the_trial_has_no_interval(ask: Ask) -> None:
    """Abatacept was put on running etanercept: the interval is not reported, and never nought."""
    arms = "VALUES ?arm { arm:weinblatt-2007-abatacept-etanercept.aba2-etn arm:sands-2007.nat-ifx }"
    assert [] == ask(f"SELECT ?i {{ {arms} ?arm dualbio:intervalFromFirstDoseDaysMin ?i }}")
    assert [("drug:etanercept",), ("drug:infliximab",)] == ask(
        f"SELECT ?first {{ {arms} ?arm dualbio:firstBiologic ?first }}"
    )


def test_no_interval_is_nought_unless_both_start_on_one_day(ask: Ask) -> None:
    """An interval of no days stands only where the arm is one of a simultaneous start."""
    assert [] == ask("""SELECT ?arm { ?arm dualbio:intervalFromFirstDoseDaysMin ?days FILTER (?days <= 0)
      FILTER NOT EXISTS { ?arm a dualbio:SimultaneousStartArm } }""")


def test_no_add_on_arm_starts_simultaneously(ask: Ask) -> None:
    """A drug that is put on a running one is not begun together with it, by the steps and by the word."""
    assert [] == ask("SELECT ?arm { ?arm a dualbio:AddOnArm , dualbio:SimultaneousStartArm }")
    assert [] == ask(
        "SELECT ?arm { ?arm a dualbio:SimultaneousStartArm ; dualbio:statedStrategy value:strategy.add-on }"
    )


def test_no_stated_strategy_contradicts_the_steps(ask: Ask) -> None:
    """What authors call begun together does not start one after the other, and the other way round."""
    assert [] == ask("""SELECT ?arm ?word {
      ?arm dualbio:statedStrategy ?word ; dualbio:startRelation ?relation .
      FILTER ((?word = value:strategy.concurrent && ?relation = value:start-relation.later)
        || (?relation = value:start-relation.same-day
          && ?word IN (value:strategy.sequential, value:strategy.add-on))) }""")


def test_the_same_schedule_has_the_same_facts(ask: Ask) -> None:
    """COMBIVAS and RITUX-PLUS 2 give belimumab one week before rituximab: their sequence is told alike."""
    rows = ask("""SELECT ?relation ?days ?dosing ?kept { VALUES ?arm { arm:combivas.bel-rtx arm:ritux-plus-2.bel-rtx }
      ?arm dualbio:startRelation ?relation ; dualbio:intervalFromFirstDoseDaysMin ?days ;
        dualbio:dosingOverlap ?dosing ; dualbio:keptAgent ?kept }""")
    assert [("value:start-relation.later", "7", "value:dosing-overlap.overlapping", "drug:belimumab")] == rows


def test_every_arm_tells_what_its_steps_tell(ask: Ask, corpus: Corpus) -> None:
    """Over all arms of two agents, start relation and dosing overlap in the graph are those of the curated steps."""
    graph = {
        arm: (relation, overlap)
        for arm, relation, overlap in ask("""SELECT ?arm ?relation ?overlap {
      ?arm dualbio:startRelation ?relation OPTIONAL { ?arm dualbio:dosingOverlap ?overlap } }""")
    }
    compared = 0
    for name, arm in _arms(corpus):
        agents = paired_courses(arm.regimen, corpus.entities)
        if arm.role != "combination" or len(agents) != 2:
            continue
        relation = start_relation(*agents)
        wanted = "later" if relation == "earlier" else relation
        first, second = agents if relation == "later" else agents[::-1]
        overlap = dosing_overlap(first, second) if wanted == "later" else "overlapping" if wanted == "same-day" else ""
        told = "" if overlap in ("", "not-told") else f"value:dosing-overlap.{overlap}"
        assert (f"value:start-relation.{wanted}", told) == graph[name], name
        compared += 1
    assert compared > 150


def test_no_order_of_agents_contradicts_a_step(ask: Ask) -> None:
    """No step that starts after another has a lower rank, an earlier day, or ran before the start alone."""
    assert [] == ask("""SELECT ?later ?earlier { ?later dualbio:startsAfter ?earlier
      { ?later dualbio:stepOrder ?rank . ?earlier dualbio:stepOrder ?before FILTER (?rank < ?before) }
      UNION { ?later dualbio:firstDoseDayMax ?day . ?earlier dualbio:firstDoseDayMin ?sooner FILTER (?day < ?sooner) }
      UNION { ?later dualbio:runningAtStart true FILTER NOT EXISTS { ?earlier dualbio:runningAtStart true } } }""")
    assert [] == ask("SELECT ?a ?b { ?a dualbio:startsAfter ?b . ?b dualbio:startsAfter ?a }")
    assert [] == ask("SELECT ?a ?b { ?a dualbio:startsAfter ?b , ?c . ?a dualbio:startsWith ?b }")


def test_every_arm_has_one_start_relation(ask: Ask) -> None:
    """Each arm of two biologics has exactly one of: same day, later, not reported."""
    assert [] == ask(
        """SELECT ?arm { ?arm a dualbio:DualBiologicArm
      FILTER NOT EXISTS { ?arm dualbio:startRelation ?r } }"""
    )
    assert [] == ask("SELECT ?arm { ?arm dualbio:startRelation ?one , ?other FILTER (?one != ?other) }")
    for property_ in ("dosingOverlap", "effectOverlap", "intervalFromFirstDose", "intervalFromLastDose"):
        assert [] == ask(f"SELECT ?arm {{ ?arm dualbio:{property_} ?one , ?other FILTER (?one != ?other) }}")


def test_an_interval_has_a_minimum_below_its_maximum(ask: Ask) -> None:
    """Shortest and longest interval stand together, and in order."""
    for dose in ("First", "Last"):
        low, high = (f"dualbio:intervalFrom{dose}DoseDays{side}" for side in ("Min", "Max"))
        assert [] == ask(f"SELECT ?arm {{ ?arm {low} ?least ; {high} ?most FILTER (?least > ?most) }}")


def test_belimumab_begins_while_rituximab_acts(ask: Ask) -> None:
    """Two to six weeks after rituximab B cells are still depleted, by a duration with source and check level."""
    rows = ask("""SELECT ?overlap ?level ?url { arm:beat-lupus.rtx-bel dualbio:effectOverlap ?overlap ;
      dualbio:effectOverlapCheckLevel ?level . ?effect dualbio:effectOf drug:rituximab ; dualbio:url ?url }""")
    page = "https://ard.bmj.com/content/67/10/1493"
    assert [("value:effect-overlap.within", "value:check-level.secondary", page)] == rows


def test_no_effect_lasts_without_a_source(ask: Ask) -> None:
    """Every duration of an effect has a page, a place in it and a check level; none is recalled."""
    assert [] == ask("""SELECT ?effect { ?effect a dualbio:DrugEffect
      FILTER NOT EXISTS { ?effect dualbio:url ?url ; dualbio:locator ?place ; dualbio:checkLevel ?level
        FILTER (?level != value:check-level.memory) } }""")


def test_where_no_duration_is_recorded_no_effect_overlap_is_claimed(ask: Ask) -> None:
    """A first drug that was stopped and whose effect has no recorded length leaves the overlap of effect open."""
    assert [] == ask("""SELECT ?arm { ?arm dualbio:effectOverlap ?any ; dualbio:firstAgent ?agent
      ; dualbio:dosingOverlap value:dosing-overlap.none FILTER NOT EXISTS { ?effect dualbio:effectOf ?agent } }""")


def test_a_derived_fact_is_checked_no_further_than_its_premises(ask: Ask) -> None:
    """The check level of a sequence is not above that of any of the two steps it rests on."""
    assert [] == ask("""SELECT ?arm { ?arm dualbio:sequenceCheckLevel/dualbio:checkRank ?rank ;
      (dualbio:firstStep|dualbio:secondStep)/dualbio:checkLevel/dualbio:checkRank ?other FILTER (?other > ?rank) }""")
    assert [("value:check-level.abstract",)] == ask(
        "SELECT ?l { arm:beat-lupus.rtx-bel dualbio:sequenceCheckLevel ?l }"
    )


def test_what_is_kept_ends_last(ask: Ask) -> None:
    """Guselkumab is kept in VEGA and belimumab in BLISS-BELIEVE; no kept drug ends before another of its arm."""
    assert [("arm:bliss-believe.bel-rtx", "drug:belimumab"), ("arm:vega.gus-gol", "drug:guselkumab")] == ask("""
      SELECT ?arm ?kept { VALUES ?arm { arm:vega.gus-gol arm:bliss-believe.bel-rtx } ?arm dualbio:keptAgent ?kept }""")
    assert [] == ask("SELECT ?arm { ?arm dualbio:keptAgent ?one , ?other FILTER (?one != ?other) }")


def test_order_stands_in_fields_and_not_in_prose(ask: Ask) -> None:
    """No frequency of a dual B-cell arm says before or after, where nobody can join it."""
    assert [] == ask("""SELECT ?step ?words { ?arm a dualbio:DualBCellArm ; dualbio:hasRegimen/dualbio:hasStep ?step .
      ?step dualbio:frequency ?words FILTER REGEX(?words, "\\\\b(before|after|added|running|ongoing)\\\\b") }""")
