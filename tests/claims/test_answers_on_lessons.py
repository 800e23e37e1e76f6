"""What answers on lessons and mechanisms may say: sentences that a clinician would hold them to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from dualbio.database import Database

Rows = list[dict[str, str]]
Ask = Callable[[str], list[tuple[str, ...]]]


def rows(database: Database, name: str, **params: object) -> Rows:
    """The rows of an answer as text, an empty cell as an empty string."""
    result = database.query(name, **params)
    return [{column: str(row.get(column, "")) for column in result.columns} for row in result.records()]


def test_lessons_across_studies_stand_apart_from_notes(database: Database) -> None:
    """Who asks for lessons across studies gets these alone, by a parameter of every query on lessons."""
    for name in ("lessons/lessons", "lessons/lessons-from-other-diseases", "lessons/contradictions"):
        levels = {row["levelName"] for row in rows(database, name, level="cross-study")}
        assert {"written across studies"} == levels, name


def test_a_level_that_is_left_out_limits_nothing(database: Database) -> None:
    """By default both levels are shown."""
    assert {"written across studies", "from one study"} == {
        row["levelName"] for row in rows(database, "lessons/lessons")
    }


def test_no_drug_fails_by_a_misprint_or_as_a_comparator(database: Database) -> None:
    """Adalimumab met in ULTRA 2 and was the comparator in SEAVUE, VARSITY and AUGUST II: it failed in none of them."""
    failed = rows(database, "lessons/drugs-that-failed-elsewhere", disease="ra")
    assert not [row for row in failed if row["drugName"] == "adalimumab"]
    assert not [row for row in failed if row["drugName"] == "belimumab" and "BLISS-52" in row["studyName"]]


def test_tabalumab_failed_in_arthritis_by_the_words_of_its_report(database: Database) -> None:
    """FLEX-O prints shares without a p value and says that the groups did not differ: tabalumab failed in it."""
    failed = rows(database, "lessons/drugs-that-failed-elsewhere", drug="tabalumab")
    assert "flex-o-tabalumab" in {row["studyKey"] for row in failed}


def test_no_trial_of_a_drug_elsewhere_is_passed_over_in_silence(database: Database, ask: Ask) -> None:
    """Whatever drug was set beside placebo with a primary number failed, succeeded, or is named as without verdict."""
    left = {(row["studyKey"], row["item"]) for row in database.query("drugs-that-failed-elsewhere").left_out.records()}
    silent = ask("""SELECT DISTINCT ?key ?name {
      ?study dualbio:design value:design.randomised-controlled-trial ; dualbio:hasArm ?arm , ?other .
      ?other dualbio:armRole value:arm-role.placebo . ?study dualbio:key ?key .
      ?arm dualbio:armRole value:arm-role.monotherapy ; dualbio:testsAgent ?drug . ?drug schema:name ?name .
      ?row dualbio:arm ?arm ; dualbio:resultRole value:result-role.primary .
      ?known dualbio:withinDisease disease:sle ; dualbio:testsDrug ?drug .
      FILTER NOT EXISTS { ?study dualbio:withinDisease disease:sle }
      FILTER NOT EXISTS { ?drug a dualbio:ConventionalAgent }
      FILTER NOT EXISTS { ?drug dualbio:failedInStudy|dualbio:succeededInStudy ?study } }""")
    assert set(silent) <= left


def test_a_drug_fails_once_in_a_study(database: Database) -> None:
    """Several doses that missed are one failure of the drug in the study."""
    failed = rows(database, "lessons/drugs-that-failed-elsewhere")
    found = [(row["drugName"], row["studyKey"]) for row in failed]
    assert len(found) == len(set(found))
    assert {("atacicept", "august-i"), ("atacicept", "august-ii"), ("abatacept", "abatacept-cd")} <= set(found)


def test_pairs_without_a_study_are_so_in_this_data(database: Database) -> None:
    """No answer says that a mechanism was never tested: it has no study in this data."""
    found = {row["mechanismsTested"] for row in rows(database, "lessons/pairs-never-tried")}
    assert "neither" not in found
    assert "no study in this data" in {
        row["mechanismsTested"] for row in rows(database, "lessons/pairs-never-tried", disease="ms")
    }


def test_an_arm_of_a_pair_is_not_under_a_class(database: Database) -> None:
    """ASSURE's people on abatacept and another biologic are not those on abatacept alone."""
    found = {
        row["arm"]: row["exposure"]
        for row in rows(database, "lessons/class-or-pair-effect")
        if row["studyKey"] == "assure"
    }
    assert "CD80/86 costimulation blockade" == found["abatacept + conventional DMARD"]
    assert "CD80/86 costimulation blockade, in a combination" == found["abatacept + another biologic"]
    assert "neither on trial" == found["placebo + background biologic"]


def test_shares_and_rates_of_a_harm_stand_apart(database: Database) -> None:
    """No row has a share where the source has a rate, and every row names its disease."""
    found = rows(database, "lessons/class-or-pair-effect")
    assert [] == [row for row in found if row["percent"] and row["rate"]]
    assert [] == [row for row in found if not row["diseases"]]
    assert [row for row in found if row["rate"]]


def test_one_arm_has_one_share_of_one_harm(database: Database) -> None:
    """Of two printed values of one number (7.4 % and 7 % of the pair arm of Genovese 2004) the one stands."""
    found = [
        row for row in rows(database, "lessons/class-or-pair-effect") if row["arm"] == "full-dose etanercept + anakinra"
    ]
    assert ["7.4"] == [row["percent"] for row in found]


def test_contrary_evidence_is_shown_with_its_numbers(database: Database) -> None:
    """Every row against a lesson has a key and a number, and its own check level."""
    against = [row for row in rows(database, "lessons/contradictions") if row["side"] == "against"]
    assert against
    assert [] == [row for row in against if not row["rows"] or not row["number"]]
    assert {"abstract"} == {
        row["checkLevel"] for row in rows(database, "lessons/contradictions") if row["studyKey"] == "beat-lupus"
    }


def test_the_arthritis_lesson_on_two_pairs_reaches_lupus(database: Database) -> None:
    """Harm of pairs with a TNF inhibitor is shown to who asks for lupus; a shared antimetabolite is no reason."""
    found = rows(database, "lessons/lessons-from-other-diseases")
    assert "l-ra-pairs-harm-no-gain" in {row["lesson"] for row in found}
    assert [] == [row for row in found if "Antimetabolite" in row["sharedMechanisms"]]


def test_the_pair_is_complementary_by_blys(database: Database) -> None:
    """Depletion raises BLyS, and the other mechanism of the pair lowers it: the answer says both in one row."""
    found = rows(database, "mechanism/complementary-mechanisms")
    assert [("raises", "lowers")] == [
        (row["effect"], row["otherEffect"])
        for row in found
        if row["mechanismName"] == "B-cell depletion" and row["object"].startswith("BLyS")
    ]


def test_the_rebound_is_about_the_rebound(database: Database) -> None:
    """Colitis, response in arthritis, planned read-outs and glands are no rebound; some rows have numbers."""
    found = rows(database, "mechanism/rebound-and-its-counter")
    assert set() == {"bf45", "bf48", "bf41", "bf23"} & {row["finding"] for row in found}
    assert {"rebound", "counter"} == {row["part"] for row in found}
    assert [row for row in found if row["numbers"]]


def test_a_co_formulation_is_tested_where_it_was_given(database: Database) -> None:
    """The two DUET trials test the co-formulation; VEGA, which gave its drugs apart, does not."""
    found = rows(database, "mechanism/drugs-sharing-a-target", target="il-23-p19")
    assert ["2"] == [row["studies"] for row in found if row["drugName"] == "JNJ-78934804"]


def test_trials_without_a_result_are_told_apart(database: Database) -> None:
    """The matrix counts studies with a result and without one, and both make up all of them."""
    found = rows(database, "mechanism/pairs-by-disease")
    assert [] == [row for row in found if int(row["withResult"]) + int(row["withoutResult"]) != int(row["studies"])]
    lupus = rows(database, "mechanism/pairs-by-disease", pair="b-cell-depletion+blys-inhibition", disease="sle")
    assert "0" != next(row["withoutResult"] for row in lupus if row["abbreviation"] == "SLE")


def test_a_path_is_as_weak_as_its_weakest_step(database: Database) -> None:
    """From autoantibodies to BLyS leads a chain of three steps, none of which was seen in people."""
    found = rows(database, "mechanism/paths", start="process:autoantibody-production", end="target:blys")
    assert [("3", "raised", "in-vitro")] == [(row["steps"], row["sign"], row["weakest"]) for row in found]


def test_what_is_spared_is_unchanged_at_the_end_of_a_path(database: Database) -> None:
    """Depletion leaves plasma cells, and so the autoantibodies that they make, as they are."""
    found = rows(database, "mechanism/paths", end="process:autoantibody-production")
    assert ["unchanged"] == [row["sign"] for row in found]


@pytest.mark.parametrize("topic", ["lessons", "mechanism"])
def test_queries_are_short(topic: str) -> None:
    """Half of the files of a topic have a body of at most 25 lines."""
    folder = Path(__file__).resolve().parents[2] / "queries" / topic
    bodies = [
        [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#+")]
        for path in folder.glob("*.rq")
    ]
    assert bodies
    assert 25 >= median(map(len, bodies))
