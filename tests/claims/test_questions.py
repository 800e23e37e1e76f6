"""What the answers to saved questions must say: sentences of the field, each held against an answer of the release."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dualbio.database import Database

Row = dict[str, str]
Holds = Callable[[list[Row]], bool]


def some(**cells: str) -> Holds:
    """Return whether a row has the cells; a cell that begins with `*` is searched for its text."""
    return lambda rows: any(_has(row, cells) for row in rows)


def none(**cells: str) -> Holds:
    """Return whether no row has the cells."""
    return lambda rows: not any(_has(row, cells) for row in rows)


def once(**cells: str) -> Holds:
    """Return whether exactly one row has the cells."""
    return lambda rows: sum(_has(row, cells) for row in rows) == 1


def _has(row: Row, cells: Row) -> bool:
    return all(
        cell.removeprefix("*") in row.get(name, "") if cell.startswith("*") else row.get(name, "") == cell
        for name, cell in cells.items()
    )


def _is_a_verdict(row: Row) -> bool:
    return bool(row.get("p") or row.get("low") or row.get("measure") == "statement only")


RISK = "safety/serious-infection-by-pair"
SIDES = "studies/superiority-side-by-side"
TRIALS = "studies/trials-of-a-pair"
SEQUENCE = "studies/sequence-and-interval"
B_CELLS = "safety/b-cells-immunoglobulin-infection"
STOPPED = "studies/after-a-drug-is-stopped"
RUNNING = "studies/ongoing-trials"
MECHANISM = "efficacy/mechanism-alone-and-in-pairs"

#: Each sentence with the query that is asked, its parameters, and what must hold of the rows.
CLAIMS: dict[str, tuple[str, dict[str, object], Holds]] = {
    "etanercept with anakinra had more serious infections in arthritis than etanercept alone": (
        RISK,
        {"disease": "ra"},
        some(studyKey="genovese-2004-etanercept-anakinra", number="*9/162", found="raised", controlled="randomised"),
    ),
    "what was raised is read first, and no row of it is of a biologic with a conventional drug": (
        RISK,
        {},
        lambda rows: (
            [row["studyKey"] for row in rows[:2]] == ["assure", "genovese-2004-etanercept-anakinra"]
            and not some(found="raised")(rows[2:])
            and all(row["found"] == "not compared" for row in rows if not row.get("pairs"))
        ),
    ),
    "infliximab with an immunosuppressant is no pair, and says what it is": (
        RISK,
        {},
        some(studyKey="spare", pairs="", combination="biologic plus conventional agent"),
    ),
    "ASSURE's serious infections stand beside those of its own background biologic": (
        RISK,
        {},
        some(studyKey="assure", number="*6/103", control="placebo + background biologic", controlNumber="*1/64"),
    ),
    "ASSURE did not randomise who took a biologic in the background": (
        RISK,
        {},
        none(studyKey="assure", control="placebo + conventional DMARD", controlled="randomised"),
    ),
    "the interval of ASSURE against its background biologic holds no difference": (
        RISK,
        {},
        once(studyKey="assure", control="placebo + background biologic", found="not told apart"),
    ),
    "abatacept with etanercept was not told apart from etanercept alone": (
        RISK,
        {"pair": "costimulation-blockade+tnf-inhibition"},
        some(
            studyKey="weinblatt-2007-abatacept-etanercept",
            number="*3/85",
            controlNumber="*0/36",
            found="not told apart",
        ),
    ),
    "the people of Genovese 2009 before the next biologic are their own control": (
        RISK,
        {},
        some(
            studyKey="genovese-2009-biologic-after-rituximab",
            number="*5.49",
            controlNumber="*6.99",
            controlled="same people before",
        ),
    ),
    "no number of rituximab then a TNF inhibitor stands beside people before another biologic": (
        RISK,
        {},
        none(arm="after rituximab and after a TNF inhibitor", control="after rituximab, before the next biologic"),
    ),
    "no pair raised serious infection in lupus by any number that is held": (
        RISK,
        {"disease": "sle"},
        none(found="raised"),
    ),
    "BLISS-BELIEVE missed by an odds ratio of 1.27 with p 0.5342, in one row": (
        "missed-superiority",
        {},
        once(studyKey="bliss-believe", estimate="1.27", p="0.5342"),
    ),
    "BEAT-LUPUS met superiority in a blood test": (
        "met-superiority",
        {},
        once(studyKey="beat-lupus", kind="biomarker"),
    ),
    "no row of missed lacks p, interval or statement": (
        "missed-superiority",
        {},
        lambda rows: all(map(_is_a_verdict, rows)),
    ),
    "no comparison of a combination with a single drug stands among those of two combinations": (
        "efficacy/published-comparisons",
        {"role": "combination", "against": "combination"},
        lambda rows: bool(rows) and all(row["armRole"] == row["otherRole"] == "combination arm" for row in rows),
    ),
    "VEGA set guselkumab with golimumab against each of its two drugs": (
        "efficacy/published-comparisons",
        {"role": "combination", "against": "monotherapy"},
        lambda rows: (
            some(studyKey="vega", otherRole="single-biologic arm")(rows) and not some(otherRole="combination arm")(rows)
        ),
    ),
    "BLISS-52 set one drug against placebo, and no combination": (
        "efficacy/published-comparisons",
        {"role": "monotherapy", "against": "placebo"},
        lambda rows: some(studyKey="bliss-52")(rows) and not some(armRole="combination arm")(rows),
    ),
    "COMBIVAS is to be judged on the time to PR3-ANCA negativity": (
        "ongoing-trials",
        {},
        once(studyKey="combivas", plannedPrimary="*PR3-ANCA negativity", plannedOther="*time to relapse"),
    ),
    "the trial of rituximab and telitacicept asks for the response of antiphospholipid antibodies at week 12": (
        "ongoing-trials",
        {},
        once(studyKey="sle-aps-rtx-telitacicept", plannedPrimary="*antiphospholipid antibodies, Week 12"),
    ),
    "VICTRIVA has two planned primary outcomes, by symptoms and by endoscopy": (
        "ongoing-trials",
        {},
        lambda rows: (
            some(studyKey="victriva", plannedPrimary="*CDAI")(rows)
            and some(studyKey="victriva", plannedPrimary="*SES-CD")(rows)
        ),
    ),
    "RITUX-PLUS 2 ends in November 2027, on a day that nobody knows yet": (
        "ongoing-trials",
        {},
        once(studyKey="ritux-plus-2", end="2027-11", endEarliest="2027-11-01", endLatest="2027-11-30"),
    ),
    "of RITUX-PLUS 2 no page read says which outcome is primary": (
        "ongoing-trials",
        {},
        once(studyKey="ritux-plus-2", plannedPrimary="*overall response, W52 (role not reported)"),
    ),
    "ABT-122 in arthritis finished and was reported in words alone, which is no number": (
        "ongoing-trials",
        {},
        lambda rows: (
            some(studyKey="genovese-2018-abt122-ra", standing="finished, result in words alone")(rows)
            and some(studyKey="abt122-phase1-ra", standing="finished, result in words alone")(rows)
        ),
    ),
    "a study with a number is not among those without one": (
        "ongoing-trials",
        {},
        lambda rows: not {"bliss-believe", "targownik-2020", "calibrate"} & {row["studyKey"] for row in rows},
    ),
    "no trial of safety stands among those that missed": (
        "missed-superiority",
        {},
        lambda rows: not {"calibrate", "sands-2007"} & {row["studyKey"] for row in rows},
    ),
    "CALIBRATE was not designed to tell": (SIDES, {}, some(studyKey="calibrate", verdict="not designed to tell")),
    "one row stands for one study, arm pair and outcome at one time": (
        SIDES,
        {},
        lambda rows: (
            len(rows)
            == len({(r["studyKey"], r["combinationArm"], r["singleArm"], r["reportedAs"], r.get("week")) for r in rows})
        ),
    ),
    "the four lupus trials of the pair stand beside each other": (
        TRIALS,
        {},
        lambda rows: {"synbiose-1", "beat-lupus", "bliss-believe", "calibrate"} <= {row["studyKey"] for row in rows},
    ),
    "BLISS-BELIEVE began with belimumab and BEAT-LUPUS with rituximab": (
        TRIALS,
        {},
        lambda rows: (
            some(studyKey="bliss-believe", first="belimumab")(rows)
            and some(studyKey="beat-lupus", first="rituximab")(rows)
        ),
    ),
    "BLISS-BELIEVE stopped immunosuppressants": (
        TRIALS,
        {},
        some(studyKey="bliss-believe", background="*immunosuppressants stopped"),
    ),
    "CALIBRATE set out to show safety": (TRIALS, {}, some(studyKey="calibrate", aims="safety as the aim")),
    "no number stands beside a trial that has none": (
        TRIALS,
        {},
        lambda rows: not any(row.get("control") for row in rows if not row.get("number")),
    ),
    "belimumab and rituximab of a trial that tells no order were not begun together": (
        SEQUENCE,
        {},
        none(studyKey="dcssc-belimumab-rituximab", startRelation="begun on one day"),
    ),
    "Weinblatt 2007 added abatacept to a running etanercept": (
        SEQUENCE,
        {},
        some(
            studyKey="weinblatt-2007-abatacept-etanercept",
            first="etanercept",
            second="abatacept",
            interval="not reported",
        ),
    ),
    "RITUX-PLUS gave belimumab two days after rituximab": (
        SEQUENCE,
        {},
        once(studyKey="ritux-plus", first="rituximab", interval="2 days"),
    ),
    "depletion first met a blood test and inhibition first missed a clinical outcome in lupus": (
        "studies/order-interval-verdict",
        {"disease": "sle"},
        lambda rows: (
            some(first="B-cell depletion", kind="biomarker", role="primary outcome", verdict="met")(rows)
            and some(first="BLyS (BAFF) inhibition", kind="efficacy", role="primary outcome", verdict="missed")(rows)
        ),
    ),
    "B cells of BEAT-LUPUS at a year were fewer with belimumab": (
        B_CELLS,
        {},
        lambda rows: (
            some(arm="rituximab then belimumab", bCells="*0.012")(rows)
            and some(arm="rituximab then placebo", bCells="*0.037")(rows)
        ),
    ),
    "the serious infections of BLISS-BELIEVE were reported where nobody could read them": (
        B_CELLS,
        {},
        some(studyKey="bliss-believe", seriousInfections="reported, not readable"),
    ),
    "IgG fell more with atacicept after rituximab": (
        B_CELLS,
        {},
        lambda rows: (
            some(arm="rituximab then atacicept", igg="*-31.2")(rows)
            and some(arm="rituximab then placebo", igg="*-4.4")(rows)
        ),
    ),
    "remission of VEGA held on guselkumab alone": (
        STOPPED,
        {},
        some(studyKey="vega", stopped="golimumab", kept="guselkumab", number="*47 %", laterNumber="*47.9 %"),
    ),
    "disease control of BLISS-BELIEVE fell after belimumab was stopped": (
        STOPPED,
        {},
        some(studyKey="bliss-believe", stopped="belimumab", number="*19.4 %", laterNumber="*11.1 %"),
    ),
    "the background of CALIBRATE holds cyclophosphamide, that of BLISS-BELIEVE no immunosuppressant": (
        "studies/background-and-effect",
        {},
        lambda rows: (
            some(studyKey="calibrate", agents="*cyclophosphamide")(rows)
            and none(studyKey="bliss-believe", agents="*cyclophosphamide")(rows)
        ),
    ),
    "belimumab alone beat placebo in lupus": (
        MECHANISM,
        {"disease": "sle"},
        some(studyKey="bliss-52", given="alone", verdict="met"),
    ),
    "belimumab with rituximab missed over belimumab alone": (
        MECHANISM,
        {"disease": "sle"},
        some(studyKey="bliss-believe", given="*B-cell depletion", verdict="missed"),
    ),
    "no published study is called running": (RUNNING, {}, none(studyKey="genovese-2018-abt122-ra", standing="running")),
    "AFFINITY has finished and its result is reported where it could not be read": (
        RUNNING,
        {},
        some(studyKey="affinity", standing="finished, no result here", told="reported, not readable"),
    ),
    "SynBioSe-2 is running": (RUNNING, {}, once(studyKey="synbiose-2", standing="running")),
    "two arms that share people stand once": (
        "audit/arms-not-to-pool",
        {},
        lambda rows: len(rows) == len({(r["studyKey"], *sorted((r["arm"], r["otherArm"]))) for r in rows}),
    ),
    "no interaction is quantitative whose estimates lie on both sides of no effect": (
        "patients/qualitative-interactions",
        {},
        none(finding="bf30", kindName="quantitative interaction"),
    ),
    "SONIC's totals contradict its word for the population": (
        "patients/left-out-of-the-analysis",
        {},
        some(studyKey="sonic", contradiction="true"),
    ),
    "no arm of telitacicept stands among the results of rituximab with belimumab": (
        "rituximab-belimumab-primary-results",
        {},
        none(arm="*telitacicept"),
    ),
}


@pytest.mark.parametrize("sentence", CLAIMS)
def test_an_answer_says_what_the_field_knows(sentence: str, database: Database) -> None:
    """The sentence holds of the answer to its question."""
    name, params, holds = CLAIMS[sentence]
    rows = [dict(row) for row in database.query(name, **params).records()]
    assert holds(rows), f"{sentence}: {name} {params}"
