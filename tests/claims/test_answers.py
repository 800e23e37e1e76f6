"""What the saved queries on efficacy and harm may say: sentences of the field, held against their answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Any

import pytest

from dualbio.database import Database

Row = dict[str, Any]
Rows = Callable[..., list[Row]]
Ask = Callable[[str], list[tuple[str, ...]]]

HARMS = ("safety/harms", "safety/serious-infections", "safety/deaths", "safety/rates-by-person-time")
#: Role of an arm that is a combination, as answers show it.
COMBINATION = "combination arm"
PAIR = "b-cell-depletion+blys-inhibition"


@pytest.fixture(name="rows", scope="module")
def fixture_rows(database: Database) -> Rows:
    """The rows of a saved query as texts by column."""

    def ask(name: str, **params: object) -> list[Row]:
        return database.query(name, **params).records()

    return ask


def of(rows: list[Row], **wanted: str) -> list[Row]:
    """Return the rows whose columns have the wanted values."""
    return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]


# --- harms, arm by arm ----------------------------------------------------------------------------------------------


def test_assure_stands_in_the_harm_answers(rows: Rows) -> None:
    """Of 103 people on abatacept and another biologic 6 had a serious infection, of 64 on the other alone one."""
    found = {(row["arm"], row["number"]) for row in of(rows("serious-infections"), studyKey="assure")}
    assert {
        ("abatacept + another biologic", "6/103 (5.8 %)"),
        ("placebo + background biologic", "1/64 (1.6 %)"),
    } <= found


def test_an_open_pair_is_asked_for_by_its_one_side(rows: Rows) -> None:
    """ASSURE does not name the other biologic, and is found under costimulation blockade with any biologic."""
    found = rows("serious-infections", pair="costimulation-blockade_any-biologic")
    assert "assure" in {row["studyKey"] for row in found}


def test_a_pair_brings_its_comparators(rows: Rows) -> None:
    """Asked for abatacept with a TNF inhibitor, the arm on etanercept alone stands beside it."""
    found = of(
        rows("serious-infections", pair="costimulation-blockade+tnf-inhibition"),
        studyKey="weinblatt-2007-abatacept-etanercept",
    )
    assert {"0/36 (0.0 %)", "3/85 (3.5 %)"} <= {row["number"] for row in found}


def test_a_filter_that_is_not_used_limits_nothing(rows: Rows) -> None:
    """Arms that test no pair are there by default: more arms have no pair than have one."""
    found = rows("serious-infections")
    assert (
        len([row for row in found if not row.get("pairName")]) > len([row for row in found if row.get("pairName")]) > 0
    )


def test_the_closer_print_of_genovese_2004_stands(rows: Rows) -> None:
    """Full-dose etanercept with anakinra had 7.4 % serious infections; the 7 % of a review is told beside it."""
    (row,) = of(
        rows("serious-infections"), studyKey="genovese-2004-etanercept-anakinra", arm="full-dose etanercept + anakinra"
    )
    assert ("7.4", "7 %") == (row["percent"], row["alsoPrinted"])


@pytest.mark.parametrize("name", HARMS)
def test_counts_shares_and_rates_are_apart(name: str, rows: Rows) -> None:
    """No row has a rate by time and a share of people, and each share is between 0 and 100."""
    for row in rows(name):
        assert not (row.get("rate") and row.get("percent")), row
        assert 0 <= float(row.get("percent") or 0) <= 100, row


@pytest.mark.parametrize("name", HARMS)
def test_a_share_without_its_total_says_so(name: str, rows: Rows) -> None:
    """A percentage whose total is not printed is shown, and the total is named as missing."""
    bare = [row for row in rows(name) if row.get("percent") and not row.get("total")]
    assert [] == [row for row in bare if "total" not in row.get("notPrinted", "")]


def test_percentages_without_totals_are_in_the_table(rows: Rows) -> None:
    """The label of abatacept prints percentages alone; they are not dropped."""
    found = of(rows("serious-infections"), studyKey="abatacept-label-pooled-tnf")
    assert {"0.8 %", "4.4 %"} <= {row["number"] for row in found}
    assert {"count, total"} == {row["notPrinted"] for row in found}


def test_printed_intervals_of_rates_are_shown(rows: Rows) -> None:
    """The rate on any rituximab was 4.31 a hundred patient-years, from 3.77 to 4.92."""
    found = of(rows("serious-infections"), studyKey="van-vollenhoven-2010-rituximab-pooled", rate="4.31")
    assert [("3.77", "4.92")] == [(row["low"], row["high"]) for row in found]


def test_unions_and_other_cuts_are_flagged(rows: Rows) -> None:
    """A rituximab programme of several cuts names the others, and a union its parts."""
    found = rows("serious-infections")
    cuts = of(found, studyKey="van-vollenhoven-2013-rituximab-longterm")
    assert cuts
    assert all("another cut of" in row["overlap"] for row in cuts)


def test_every_adverse_event_can_be_asked_for(rows: Rows) -> None:
    """The harm query takes any event: herpes zoster is one, and none of its rows is about another."""
    found = rows("safety/harms", event="herpes-zoster")
    assert found
    assert all("zoster" in row["eventName"].lower() for row in found)


def test_serious_adverse_events_are_those_as_a_whole(rows: Rows) -> None:
    """The count of serious adverse events is not mixed with counts of one kind of them."""
    assert {"serious adverse event"} == {row["eventName"] for row in rows("serious-adverse-events")}


def test_rates_are_rates(rows: Rows) -> None:
    """No share of people stands among the rates by person-time."""
    assert all(row.get("rate") and not row.get("total") for row in rows("rates-by-person-time"))


def test_a_disease_that_appeared_is_found(rows: Rows) -> None:
    """New bowel disease under rituximab is found by the bowel disease, though nobody was treated for it."""
    assert rows("new-bowel-disease", disease="ibd")


def test_doses_of_depletion_have_arms_without_it_beside_them(rows: Rows) -> None:
    """Serious infections by dose of rituximab or ocrelizumab are read against the placebo arm of the same trial."""
    found = of(rows("infection-by-depletion-dose"), studyKey="stage-ocrelizumab")
    assert {True, False} == {bool(row.get("dose")) for row in found}


# --- differences inside a study -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["response-differences", "within-study-differences"])
def test_no_combination_is_set_against_a_combination(name: str, rows: Rows) -> None:
    """A difference of two combinations is shown only to those who ask for it."""
    assert [] == of(rows(name), otherRole=COMBINATION)
    asked = rows(name, against="arm-role.combination")
    assert {COMBINATION} == {row["otherRole"] for row in asked}


def test_assure_has_its_differences(rows: Rows) -> None:
    """Serious infections were 4.2 points more frequent than on placebo with conventional drugs, 0.6 to 10.5."""
    found = of(rows("within-study-differences"), studyKey="assure", measured="serious infection")
    assert ("4.15", "0.62", "10.54") in {(row["estimate"], row["low"], row["high"]) for row in found}


def test_the_signal_that_stopped_the_field_is_there(rows: Rows) -> None:
    """Etanercept with anakinra: 7.4 points more serious infections than on etanercept alone, no interval printed."""
    found = of(rows("within-study-differences"), studyKey="genovese-2004-etanercept-anakinra")
    assert "7.4" in {row["estimate"] for row in found}


def test_arthritis_has_response_differences(rows: Rows) -> None:
    """Trials that print percentages alone are not dropped: an ACR50 of 31 % against 41 % is 10 points less."""
    found = of(rows("response-differences", disease="ra"), studyKey="genovese-2004-etanercept-anakinra")
    assert "-10" in {row["estimate"] for row in found}


def test_a_difference_without_an_interval_says_why(rows: Rows) -> None:
    """Where no interval stands, the method tells that shares alone are printed."""
    found = [row for name in ("response-differences", "within-study-differences") for row in rows(name)]
    bare = [row for row in found if not row.get("low")]
    assert bare
    assert all(row["method"].startswith("shares as printed") for row in bare)


def test_shared_reference_arms_are_flagged(rows: Rows) -> None:
    """VEGA sets its pair against each of two drugs; ASSURE sets two arms against one placebo arm, and says so."""
    found = of(rows("within-study-differences"), studyKey="assure", otherArm="placebo + conventional DMARD")
    assert found
    assert all("also set against" in row["overlap"] for row in found)


# --- verdicts and contradictions ------------------------------------------------------------------------------------


def superiority(rows: Rows) -> Iterator[Row]:
    """Yield the rows of the queries that show a verdict."""
    for name in ("endpoints-that-disagree", "serology-against-clinic"):
        yield from rows(name)


def test_no_verdict_stands_without_p_interval_or_statement(rows: Rows) -> None:
    """What is called missed or met has something printed to rest on."""
    told = [row for row in superiority(rows) if row.get("verdict") in ("met", "missed")]
    assert told
    assert [] == [row for row in told if not row.get("number")]


def test_calibrate_missed_nothing(rows: Rows) -> None:
    """CALIBRATE set out to show safety: its renal response was not designed to tell."""
    found = of(rows("serology-against-clinic"), studyKey="calibrate")
    assert {"not designed to tell"} == {row["verdict"] for row in found}


def test_a_contrast_stands_once_among_endpoints(rows: Rows) -> None:
    """The odds ratio and the risk difference of one outcome are not two endpoints."""
    found = [
        tuple(row.get(name) for name in ("studyKey", "combinationArm", "otherArm", "reportedAs", "week"))
        for row in rows("endpoints-that-disagree")
    ]
    assert len(found) == len(set(found))


def test_a_pooled_odds_ratio_is_no_endpoint_of_a_trial(rows: Rows) -> None:
    """The odds ratio of 16.9 pools BEAT-LUPUS with CALIBRATE and is an endpoint of neither."""
    assert [] == of(rows("endpoints-that-disagree"), estimate="16.9")


def test_beat_lupus_disagrees_with_itself(rows: Rows) -> None:
    """Antibodies against DNA fell further with belimumab, the clinical response did not differ significantly."""
    kinds = {(row["kind"], row["significant"]) for row in of(rows("endpoints-that-disagree"), studyKey="beat-lupus")}
    assert {("biomarker outcome", "true"), ("efficacy outcome", "false")} <= kinds


def test_the_misprint_of_ultra_2_stands_nowhere(rows: Rows) -> None:
    """A contested p value is in no answer on comparisons."""
    assert [] == of(rows("efficacy/published-comparisons"), studyKey="ultra-2", p="0.19")


def test_primary_outcomes_of_the_pair_have_their_comparators(rows: Rows) -> None:
    """BLISS-BELIEVE: 28 of 144 on both, 12 of 72 on belimumab alone."""
    found = of(rows("primary-outcomes-of-a-pair", pair=PAIR), studyKey="bliss-believe")
    assert {"28/144 (19.4 %)", "12/72 (16.7 %)"} <= {row["number"] for row in found}


def test_b_cells_of_two_trials_stand_in_one_unit(rows: Rows) -> None:
    """BEAT-LUPUS prints 0.012 billion a litre, CALIBRATE cells a microlitre: 12 and 37 are read beside the others."""
    found = of(rows("b-cell-reconstitution"), studyKey="beat-lupus", outcomeName="Circulating B-cell count")
    assert ["12 cells/uL", "37 cells/uL"] == sorted(row["comparable"] for row in found)


def test_b_cells_of_one_pair_have_their_comparator(rows: Rows) -> None:
    """On rituximab and belimumab BEAT-LUPUS stands with both arms, and no study of rituximab alone beside it."""
    found = rows("b-cell-reconstitution", pair=PAIR)
    assert {"12 cells/uL", "37 cells/uL"} <= {row["comparable"] for row in of(found, studyKey="beat-lupus")}
    assert not {"lunar", "nobility"} & {row["studyKey"] for row in found}


def test_a_difference_says_whether_chance_made_the_groups(rows: Rows) -> None:
    """ASSURE randomised abatacept against placebo within each background; those without a biologic are other people."""
    found = of(rows("within-study-differences"), studyKey="assure", measured="serious infection")
    assert {
        "placebo + background biologic": "randomised",
        "abatacept + conventional DMARD": "other people",
        "placebo + conventional DMARD": "other people",
    } == {row["otherArm"]: row["controlled"] for row in found}
    for name in ("within-study-differences", "response-differences"):
        assert [] == [row["studyName"] for row in rows(name) if not row.get("controlled")], name


def test_a_pool_without_a_number_names_what_is_unlike(rows: Rows) -> None:
    """The reason is words, not the names of records: control of disease off immunosuppressants, renal response."""
    reasons = [row["reason"] for row in rows("pooled-estimates") if "unlike" in row.get("reason", "")]
    assert reasons
    assert [] == [reason for reason in reasons if re.search(r"\b(outcome|ae):", reason)]
    assert any("Disease control off immunosuppressants" in reason for reason in reasons)


def test_people_see_what_a_report_leaves_out(database: Database) -> None:
    """A share without its total, or an effect without an interval, says so in the table and not in the data alone."""
    silent = [
        name
        for name, query in database.queries.items()
        if "notPrinted" in {column.name for column in query.columns}
        and not any("{notPrinted}" in template for template in (query.head.reading or {}).values())
    ]
    assert [] == silent
    label = database.query("serious-infections", study="abatacept-label-pooled-tnf")
    assert "4.4 %; not printed: count, total" in label.to_markdown()


def test_orders_with_their_interval_come_first(rows: Rows) -> None:
    """Whoever asks when the drugs were given sees told intervals first, and last the arms that name no pair."""
    before = [
        row["studyKey"]
        for row in takewhile(lambda row: row["interval"] != "not reported", rows("sequence-and-interval"))
    ]
    assert {"bliss-believe", "beat-lupus", "calibrate"} <= set(before)
    assert "abatacept-label-pooled-tnf" not in before


def test_every_question_with_a_disease_shows_it(database: Database) -> None:
    """Where a disease can be asked for, a column tells the disease of the row."""
    names = [name for name in database.queries if name.split("/")[0] in ("efficacy", "safety")]
    silent = [
        name
        for name in names
        if "disease" in {param.name for param in database.queries[name].params}
        and not {"diseaseName", "diseases"} & {column.name for column in database.queries[name].columns}
    ]
    assert [] == silent


def test_an_empty_answer_tells_what_is_known(database: Database) -> None:
    """No number of serious infections of the pair in lupus is held; CALIBRATE tells them in words, study by study."""
    answer = database.query("serious-infections", disease="sle", pair=PAIR)
    states = {row["studyKey"]: row["stateName"] for row in answer.not_known.records()}
    assert "reported in words only" == states["calibrate"]
    assert "reported, not readable" == states["bliss-believe"]


def test_any_biomarker_can_be_asked_for(rows: Rows) -> None:
    """BLyS is a biomarker like neutrophil extracellular traps."""
    assert all("BLyS" in row["biomarkers"] for row in rows("biomarker-findings", biomarker="blys"))
    assert rows("neutrophil-extracellular-traps")


def test_a_union_beside_its_part_is_marked_in_the_row(database: Database) -> None:
    """Zhejiang: both sequences together, 20 of 25, hold the 13 of 18 on belimumab that stand below them."""
    answer = database.query("primary-outcomes-of-a-pair")
    shown = [line for line in answer.to_markdown().splitlines() if "Zhejiang" in line and "|" in line]
    assert ["both sequences together †", "rituximab then belimumab †"] == [line.split(" | ")[1] for line in shown]
    assert any(note.startswith("† people of this row are counted again") for note in answer.notes)


def test_whoever_reads_a_table_sees_whose_people_are_counted_again(database: Database) -> None:
    """Where an answer knows of people who are counted again, its table shows or marks it."""
    silent = [
        name
        for name, query in database.queries.items()
        if query.head.shown and any(column.name == "overlap" for column in query.columns)
        if not any("overlap" in column.names for column in query.head.shown.columns)
    ]
    assert not silent


def test_the_part_of_an_arm_is_told_in_words(database: Database) -> None:
    """Nobody reads `prior-tnf-inhibitor` or `crp`: what divides an arm stands in words, as biomarkers are called."""
    told = {row[0].value for row in database.store.select("SELECT ?text { ?row dualbio:subgroupText ?text }")}
    assert not [text for text in told if re.match(r"[a-z0-9]+(-[a-z0-9]+)+:", text)]
    assert told >= {"prior TNF inhibitor: anti-TNF naive", "C-reactive protein: raised", "disease: Crohn's disease"}


def test_the_people_beside_a_trial_of_the_pair_are_those_of_its_arm(database: Database) -> None:
    """BLISS-BELIEVE had 292 people and 144 of them in the combination arm: the table says which number it shows."""
    lines = database.query("trials-of-a-pair").to_markdown().splitlines()
    assert any("BLISS-BELIEVE · randomised controlled trial, 292 people, 144 in the arm" in line for line in lines)


def test_of_two_agents_begun_on_one_day_none_is_first(rows: Rows) -> None:
    """DUET gives two antibodies in one molecule: they are given together, and none of them first."""
    found = [row for row in rows("sequence-and-interval") if row["startRelation"] == "begun on one day"]
    assert {"duet-cd", "vega"} <= {row["studyKey"] for row in found}
    assert {"given together"} == {row["dosing"] for row in found}
    assert not [row for row in found if row.get("effect")]


@pytest.mark.parametrize("name", ["results-by-arm", "harms", "disease-activity", "efficacy/published-comparisons"])
def test_studies_of_a_pair_come_first(name: str, database: Database, ask: Ask) -> None:
    """Long answers begin with what the data are about: studies that tested two mechanisms together."""
    pairs = {key for (key,) in ask("SELECT ?key { ?study dualbio:studiesPair ?pair ; dualbio:key ?key }")}
    tested = [row["studyKey"] in pairs for row in database.query(name).records()]
    assert sorted(tested, reverse=True) == tested
    assert {True, False} == set(tested)
