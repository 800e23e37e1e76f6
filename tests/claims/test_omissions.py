"""What an answer does not show, it says: sentences about the parts of answers that are left out or not known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dualbio.database import Database
from dualbio.queries import QueryResult
from dualbio.queries.omissions import Companions
from dualbio.store.embedded import EmbeddedStore

Ask = Callable[[str], list[tuple[str, ...]]]

#: The pair of the review, which the trials of lupus tested.
PAIR = "b-cell-depletion+blys-inhibition"


@pytest.fixture(scope="module")
def lupus(database: Database) -> QueryResult:
    """The safety question of the review: serious infections of the pair in lupus."""
    return database.query("serious-infections", pair=PAIR, disease="sle")


def states(answer: QueryResult) -> dict[str, str]:
    """Return the state of each study that an answer does not know."""
    return {row["studyKey"]: row["stateName"] for row in answer.not_known.records()}


def test_every_study_of_the_pair_in_lupus_is_a_row_or_has_a_state(database: Database, lupus: QueryResult) -> None:
    """No study in the scope of the question is missing from both the answer and what is not known."""
    scope = database.query("omissions/studies-in-scope", pair=PAIR, disease="sle").records()
    told = {row["studyKey"] for row in lupus.records()} | set(states(lupus))
    assert {row["studyKey"] for row in scope} <= told
    assert {"bliss-believe", "calibrate", "beat-lupus", "synbiose-1"} <= told


@pytest.mark.parametrize(
    ("study", "state"),
    [
        ("bliss-believe", "reported, not readable"),
        ("beat-lupus", "looked for and not found"),
        ("synbiose-1", "looked for and not found"),
        ("calibrate", "reported in words only"),
    ],
)
def test_the_lupus_trials_say_how_far_the_search_got(study: str, state: str, lupus: QueryResult) -> None:
    """BEAT-LUPUS and SynBioSe-1 tell none on the pages read, BLISS-BELIEVE in a cut part, CALIBRATE in words."""
    assert state == states(lupus)[study]


def test_where_it_was_looked_for_is_said(lupus: QueryResult) -> None:
    """Of BLISS-BELIEVE the reader learns that the registry record was read, and that its readable part ends early."""
    (row,) = [row for row in lupus.not_known.records() if row["studyKey"] == "bliss-believe"]
    assert "NCT03312907" in row["lookedIn"]


def test_an_empty_answer_speaks(lupus: QueryResult) -> None:
    """Whether or not the pair has a row in lupus, a reader is told of the studies without one."""
    assert any("CALIBRATE" in note for note in lupus.notes)
    assert len(lupus) or "holds no row" in lupus.notes[0]


def test_a_study_with_its_number_in_the_answer_is_known(database: Database) -> None:
    """ASSURE and SONIC print serious infections; they are not among the studies whose number is unknown."""
    assert not {"assure", "genovese-2004-etanercept-anakinra"} & states(database.query("serious-infections")).keys()


def test_a_withdrawn_number_is_counted_as_left_out(database: Database) -> None:
    """The serious infections of SONIC were withdrawn: no row shows them, and the answer says so."""
    left = database.query("serious-infections").left_out.records()
    assert "sonic" in {row["studyKey"] for row in left if row["what"] == "withdrawn rows"}


def test_open_arms_are_named_when_a_pair_is_asked(database: Database) -> None:
    """ASSURE joined abatacept with another biologic: asked for abatacept with TNF inhibition, it is left out."""
    asked = database.query("serious-infections", pair="costimulation-blockade+tnf-inhibition")
    assert "assure" in {row["studyKey"] for row in asked.left_out.records()}
    free = database.query("serious-infections")
    assert "arms of two biologics whose pair is not reported" not in {row["what"] for row in free.left_out.records()}


def test_a_question_that_nobody_looked_into_says_so(database: Database) -> None:
    """Of herpes zoster in most trials of lupus no record tells anything: nobody looked, which is not none."""
    answer = database.query("serious-infections", event="herpes-zoster", disease="sle")
    assert "nobody looked" in set(states(answer).values())


def test_studies_of_other_diseases_are_not_expected_to_tell_of_lupus_nephritis(database: Database) -> None:
    """Nobody has to look for a renal response of lupus in a trial of the joints or the bowel."""
    silent = states(database.query("renal-response", outcome="renal-response-complete"))
    scope = {row["studyKey"] for row in database.query("omissions/studies-in-scope", disease="sle").records()}
    assert silent
    assert set(silent) <= scope
    assert "assure" in states(database.query("renal-response", outcome="renal-response-complete", disease="ra"))


@pytest.mark.parametrize("drug", ["telitacicept", "atacicept"])
def test_what_is_not_known_of_two_drugs_is_of_these_drugs(database: Database, ask: Ask, drug: str) -> None:
    """Asked for rituximab with another drug, the answer names no trial that did not join the two."""
    asked = database.query("rituximab-belimumab-primary-results", one="rituximab", other=drug)
    joined = ask(f"""SELECT DISTINCT ?key {{ ?arm dualbio:testsAgent drug:rituximab , drug:{drug} ;
        dualbio:armOf/dualbio:key ?key }}""")
    told = {row["studyKey"] for row in asked.records()} | set(states(asked))
    assert {key for (key,) in joined} == told


def test_infection_by_depletion_dose_speaks_of_depletion_alone(database: Database) -> None:
    """Studies in which nobody was depleted of B cells are not expected to tell how deep the depletion was."""
    silent = states(database.query("infection-by-depletion-dose"))
    depleting = database.query("omissions/studies-in-scope", mechanism="b-cell-depletion").records()
    assert set(silent) <= {row["studyKey"] for row in depleting}


ON_COMBINATIONS = ("missed-superiority", "endpoints-that-disagree", "response-differences", "order-interval-verdict")


@pytest.mark.parametrize("name", [*ON_COMBINATIONS, "rituximab-belimumab-primary-results"])
def test_what_the_question_does_not_cover_is_not_left_out(name: str, database: Database) -> None:
    """ULTRA 2 and EXPLORER in lupus set one drug against placebo: no answer on combinations has left them out."""
    left_out = {row["studyKey"] for row in database.query(name).left_out.records()}
    assert not {"ultra-2", "explorer-rituximab-sle"} & left_out


def test_withdrawn_rows_of_the_pair_are_left_out_of_its_results(database: Database) -> None:
    """Rows of BEAT-LUPUS and CALIBRATE were withdrawn: an answer on rituximab with belimumab says so of no other."""
    left_out = database.query("rituximab-belimumab-primary-results").left_out.records()
    assert {"beat-lupus", "calibrate"} == {row["studyKey"] for row in left_out if row["what"] == "withdrawn rows"}
    cohort = "rtx-then-bel-or-telitacicept-2025"  # whose interval and p value disagree
    assert {cohort} == {row["studyKey"] for row in left_out if row["what"] != "withdrawn rows"}


def test_a_question_on_immunoglobulins_leaves_out_none_of_another_outcome(database: Database) -> None:
    """No number on immunoglobulins is contested: that of remission in ULTRA 2 is of no concern."""
    assert not [
        row for row in database.query("immunoglobulin-loss").left_out.records() if row["what"].startswith("contested")
    ]


def test_what_several_parts_of_an_answer_need_is_asked_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The studies in scope, which each part is held to, are read from the store once for an answer."""
    asked: list[str] = []
    select = EmbeddedStore.select_rows

    def counted(store: EmbeddedStore, text: str) -> object:
        asked.append(text)
        return select(store, text)

    monkeypatch.setattr(EmbeddedStore, "select_rows", counted)
    answer = database.query("serious-infection-by-pair")
    assert len(answer.left_out) + len(answer.not_known)
    assert len(set(asked)) == len(asked)
    assert len(asked) > 3


def test_a_study_that_an_answer_shows_is_in_its_scope(database: Database) -> None:
    """What is left out and not known is looked for among the studies that the question covers."""
    outside = {}
    for name, query in database.queries.items():
        given = {param.name: list(param.examples) for param in query.params if not query.defaults[param.name]}
        answer = database.query(name, **given)
        told = answer.omissions
        scope = query.companions.get("studies-in-scope")
        if not isinstance(told, Companions) or scope is None or not told._asked_about:
            continue
        covered = {row["studyKey"] for row in told._ask(scope, told._passed(scope, told._asked_about)).records()}
        shown = {row["studyKey"] for row in answer.records() if "studyKey" in row}
        if shown - covered:
            outside[name] = sorted(shown - covered)
    assert not outside


def test_who_asks_for_the_primary_outcomes_of_the_pair_hears_of_calibrate(database: Database) -> None:
    """The primary outcome of CALIBRATE is reported where it could not be read: it is no row, and it is named."""
    assert "reported, not readable" == states(database.query("primary-outcomes-of-a-pair"))["calibrate"]


@pytest.mark.parametrize(
    ("name", "study", "state"),
    [
        ("flares", "bliss-believe", "looked for and not found"),
        ("renal-response", "allure-abatacept-ln", "reported, not readable"),
    ],
)
def test_a_question_on_one_outcome_is_not_answered_by_another(
    name: str, study: str, state: str, database: Database
) -> None:
    """Whether flares are known of a trial has nothing to do with its primary outcome, nor has the renal response."""
    answer = database.query(name)
    assert state == states(answer)[study]
    assert "primary outcome" not in {row["outcomeName"] for row in answer.not_known.records()}
    studies = {row["studyKey"] for row in answer.not_known.records()}
    assert not studies & {"sonic", "assure", "ultra-2"}


def test_the_effect_of_a_class_is_asked_of_trials_of_either_class(database: Database) -> None:
    """Glatt 2019 gave one of its drugs beside a TNF inhibitor and tells no serious infections: it is named."""
    assert (
        "looked for and not found"
        == states(database.query("class-or-pair-effect"))["glatt-2019-bimekizumab-certolizumab"]
    )


def test_whoever_asks_for_a_pair_hears_of_arms_that_do_not_tell_theirs(database: Database) -> None:
    """ASSURE does not name the biologic beside abatacept: no answer on abatacept with a TNF inhibitor hides it.

    Lessons and mechanisms are of no arm, and questions on B-cell depletion or lupus do not cover ASSURE.
    """
    silent = []
    for name, query in database.queries.items():
        if query.topic in ("lessons", "mechanism", "omissions") or "pair" not in {param.type for param in query.params}:
            continue
        if {"mechanism", "disease"} & set(query.head.scope or {}):
            continue
        given: dict[str, object] = {"pair": "costimulation-blockade+tnf-inhibition"}
        given |= {"disease": "ra"} if "disease" in {param.name for param in query.params} else {}
        told = database.query(name, **given).left_out.records()
        if "assure" not in {row["studyKey"] for row in told if row["what"].startswith("arms of two biologics")}:
            silent.append(name)
    assert not silent
