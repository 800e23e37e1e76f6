"""What leaves of an answer: each table, the JSON, and the script of R that makes the number again."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from dualbio.synthesis.pooling.effects import Data, Effect, Means, Printed
from dualbio.synthesis.pooling.pool import pool
from dualbio.synthesis.pooling.report import PARTS, as_csv, as_dict, number_words, r_script
from dualbio.synthesis.pooling.result import NOTICE, Synthesis, short_number
from dualbio.synthesis.pooling.selection import select
from pooled_facts import arm, facts, question, row


def answer(studies: int = 3, of_row: dict[str, object] | None = None, **changes: object) -> Synthesis:
    """Return the answer over some trials, beside a trial without a comparator, which is left out."""
    counts = ((5, 100, 2, 50), (4, 80, 3, 90), (9, 120, 2, 60))[:studies]
    rows, arms = [row("alone.rtx", 1, 9, number="1/9")], [arm("alone.rtx", "rituximab")]
    for n, (a, n1, c, n2) in enumerate(counts):
        arms += [arm(f"t{n}.rtx", "rituximab"), arm(f"t{n}.pbo")]
        rows += [row(f"t{n}.rtx", a, n1, **(of_row or {})), row(f"t{n}.pbo", c, n2, **(of_row or {}))]
    asked = question(**changes)
    known = facts(rows, arms)
    return pool(asked, known, select(asked, known))


def table(told: Synthesis, part: str, release: str = "") -> list[dict[str, str]]:
    """Return a table as a reader of CSV has it."""
    text = as_csv(told, part, release)
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text)))


def cells(*values: object) -> list[str]:
    """Return values as they stand in CSV."""
    return ["" if each is None else str(each) for each in values]


def test_the_table_of_studies_has_the_numbers_as_metafor_names_them_the_effect_and_the_rows() -> None:
    """One row a study, in the order of the answer."""
    told = answer()
    rows = table(told, "studies")
    assert as_csv(told) == as_csv(told, "studies")
    assert ["study", "test", "comparator", "ai", "n1i", "ci", "n2i", "estimate", "low", "high", "weight", "checkLevel",
            "notes", "rows", "iri"] == [*rows[0]]  # fmt: skip
    first = told.studies[0]
    assert cells(
        "t0", "t0.rtx", "t0.pbo", 5, 100, 2.0, 50.0, first.estimate, first.low, first.high, first.weight, "fulltext",
        "", "t0.rtx.row t0.pbo.row", "t0",
    ) == [*rows[0].values()]  # fmt: skip
    assert ["t0", "t1", "t2"] == [each["study"] for each in rows]
    noted = answer(of_row={"derived_count": 1})
    assert "; ".join(noted.studies[0].notes) == table(noted, "studies")[0]["notes"]


def test_the_table_of_what_is_left_out_says_why() -> None:
    """The candidate, its numbers as printed, and the reason."""
    [left] = table(answer(), "left-out")
    assert {
        "study": "alone", "contrast": "alone.rtx, serious infection at week 24", "numbers": "1/9",
        "reason": "other comparator, or none", "iri": "alone.rtx.row",
    } == left  # fmt: skip


def test_the_tables_of_parts_have_a_number_or_the_reason_for_none() -> None:
    """Without each study, and of each group."""
    told = answer(groups=("disease", "design"))
    for row_, one in zip(table(told, "left-one-out"), told.left_one_out, strict=True):
        assert one.pooled
        numbers = (2, one.pooled.estimate, one.pooled.low, one.pooled.high, None)
        assert dict(zip(("without", "studies", "estimate", "low", "high", "reason"), cells(one.label, *numbers),
                        strict=True)) == row_  # fmt: skip
    groups = table(told, "groups")
    assert [("disease", "rheumatoid arthritis", "3"), ("design", "randomised controlled trial", "3")] == [
        (each["by"], each["group"], each["studies"]) for each in groups
    ]
    single = replace(told, groups=(replace(told.groups[0], pooled=None, reason="one study alone"),))
    assert [{"by": "disease", "group": "rheumatoid arthritis", **dict.fromkeys(("studies", "estimate", "low", "high"),
            ""), "reason": "one study alone"}] == table(single, "groups")  # fmt: skip


def test_the_table_of_the_result_has_all_that_is_told_of_the_number() -> None:
    """Question, method, number, counts, caveats, notice and release in one row; without a number the reason."""
    told = answer(measure="RD", warning="beware")
    pooled = told.pooled
    assert pooled
    [found] = table(told, "result", "2026-12-01")
    assert {
        "question": "q", "title": "title", "measure": "RD", "unit": "percentage points", "method": told.method,
        "reason": "", "found": "4", "eligible": "3", "used": "3", "warnings": "; ".join(told.warnings),
        "notice": NOTICE, "release": "2026-12-01",
        **dict(zip(
            ("estimate", "low", "high", "p", "studies", "events", "people", "q", "df", "q_p", "i2", "tau2",
             "prediction_low", "prediction_high"),
            cells(pooled.estimate, pooled.low, pooled.high, pooled.p, 3, 25, 500, pooled.q, 2, pooled.q_p, pooled.i2,
                  pooled.tau2, None, None), strict=True)),
    } == found  # fmt: skip
    assert len(told.warnings) > 1
    [none] = table(answer(1), "result")
    assert ("", "", "one study alone, t0: nothing is pooled", "") == (
        none["estimate"], none["studies"], none["reason"], none["release"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("part", "columns"),
    [
        ("studies", "study,test,comparator,estimate,low,high,weight,checkLevel,notes,rows,iri"),
        ("left-out", "study,contrast,numbers,reason,iri"),
        ("left-one-out", "without,studies,estimate,low,high,reason"),
        ("groups", "by,group,studies,estimate,low,high,reason"),
    ],
)
def test_a_table_of_nothing_has_its_columns(part: str, columns: str) -> None:
    """A program that reads the table finds the columns that it asks for, and no row."""
    assert f"{columns}\r\n" == as_csv(replace(answer(0), excluded=()), part)
    assert {*PARTS} == {"result", "studies", "left-out", "left-one-out", "groups"}


def test_the_json_of_an_answer_is_plain_and_names_its_release() -> None:
    """Numbers are named as metafor names them, the question has what it asks alone, a candidate has its label."""
    told = answer()
    plain = json.loads(json.dumps(as_dict(told, "2026-12-01")))
    assert "2026-12-01" == plain["release"]
    assert "release" not in as_dict(told)
    assert {"ai": 5, "n1i": 100, "ci": 2, "n2i": 50} == plain["studies"][0]["data"]
    assert ["alone: alone.rtx, serious infection at week 24"] == [each["label"] for each in plain["excluded"]]
    assert {"arms": ["placebo"]} == plain["question"]["comparator"]
    assert "outcomes" not in plain["question"]
    assert told.pooled
    assert told.pooled.estimate == plain["pooled"]["estimate"]


def test_a_number_stands_in_words_with_its_unit_or_the_reason_for_none() -> None:
    """As every face shows it."""
    told = answer(measure="RD")
    assert told.pooled
    number = "{} ({} to {})".format(*map(short_number, (told.pooled.estimate, told.pooled.low, told.pooled.high)))
    assert f"{number} percentage points" == number_words(told)
    assert not number_words(answer()).endswith(" ")
    assert "no number: one study alone, t0: nothing is pooled" == number_words(answer(1))


DATA = "ai = ai, n1i = n1i, ci = ci, n2i = n2i"
CONTROL = "  control = list(threshold = 1e-10, tol = 1e-10, maxiter = 10000))"


def mantel_haenszel(measure: str, half: str, to: str, drop: str, data: str = DATA) -> list[str]:
    """Return the lines of a script that fit the model of Mantel and Haenszel."""
    return [
        f'fit <- rma.mh({data}, data = d, measure = "{measure}", level = 95,',
        f'  add = c(.5, {half}), to = c("only0", "{to}"), drop00 = c(TRUE, {drop}))',
    ]


def inverse_variance(measure: str, method: str, test: str, drop: str) -> list[str]:
    """Return the lines of a script that weigh effects by the inverse of their variance."""
    return [
        f'e <- escalc({DATA}, data = d, measure = "{measure}", drop00 = {drop})',
        f'fit <- rma(yi, vi, data = e, method = "{method}", test = "{test}", level = 95,',
        CONTROL,
    ]


YEARS: dict[str, object] = {"statistic": "rate", "person_years": 50.0}
PERCENT = "function(x) 100 * as.numeric(x)"


@pytest.mark.parametrize(
    ("asked", "of_row", "fitted", "shown"),
    [
        ({}, {}, mantel_haenszel("OR", "0", "none", "TRUE"), "exp"),
        ({"correction": True}, {}, mantel_haenszel("OR", ".5", "only0", "TRUE"), "exp"),
        ({"measure": "RD"}, {}, mantel_haenszel("RD", "0", "none", "FALSE"), PERCENT),
        (
            {"measure": "rate-difference"}, YEARS,
            mantel_haenszel("IRD", "0", "none", "FALSE", "x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i"), PERCENT,
        ),
        (
            {"measure": "rate-ratio"}, YEARS,
            mantel_haenszel("IRR", "0", "none", "TRUE", "x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i"), "exp",
        ),
        ({"model": "peto"}, {}, [f"fit <- rma.peto({DATA}, data = d, level = 95)"], "exp"),
        ({"model": "inverse-variance"}, {}, inverse_variance("OR", "EE", "z", "TRUE"), "exp"),
        ({"model": "inverse-variance", "measure": "RD"}, {}, inverse_variance("RD", "EE", "z", "FALSE"), PERCENT),
        ({"model": "random-effects"}, {}, inverse_variance("OR", "REML", "knha", "TRUE"), "exp"),
        (
            {"model": "random-effects", "tau2": "DL", "interval": "normal"}, {},
            inverse_variance("OR", "DL", "z", "TRUE"), "exp",
        ),
        (
            {"measure": "proportion", "model": "binomial-normal", "comparator": None}, {},
            ['fit <- rma.glmm(xi = xi, ni = ni, data = d, measure = "PLO", level = 95, nAGQ = 25)'],
            "function(x) 100 * plogis(as.numeric(x))",
        ),
    ],
)  # fmt: skip
def test_the_script_of_r_fits_the_model_of_the_question(
    asked: dict[str, object], of_row: dict[str, object], fitted: list[str], shown: str
) -> None:
    """The head names title, method, notice and release; the number is shown on the scale of the measure."""
    told = answer(3, of_row, **asked)
    assert told.pooled, told.reason
    assert [
        "# title",
        f"# {told.method}",
        f"# {NOTICE}",
        "# Data: dualbio 2026-12-01",
        "suppressPackageStartupMessages(library(metafor))",
        'd <- read.csv("table.csv")',
        *fitted,
        f"shown <- {shown}",
        'cat(sprintf("q %.6g %.6g %.6g\\n", shown(fit$beta), shown(fit$ci.lb), shown(fit$ci.ub)))',
        "",
    ] == r_script(told, "table.csv", "2026-12-01").split("\n")
    assert "Data:" not in r_script(told, "table.csv")


def test_an_answer_without_a_number_has_a_script_that_says_why() -> None:
    """The head stands, and nothing is computed."""
    told = answer(1)
    assert [
        "# title",
        f"# {told.method}",
        f"# {NOTICE}",
        "# No number: one study alone, t0: nothing is pooled",
        "",
    ] == (r_script(told, "table.csv").split("\n"))


@pytest.mark.parametrize(
    ("measure", "data", "numbers", "fitted", "shown"),
    [
        (
            "MD",
            Means(1.0, 2.0, 30, 4.0, 5.0, 60),
            {"m1i": 1.0, "sd1i": 2.0, "n1i": 30, "m2i": 4.0, "sd2i": 5.0, "n2i": 60},
            'measure = "MD", drop00 = FALSE)',
            "as.numeric",
        ),
        ("HR", Printed(Effect(0.5, 0.25)), {"yi": 0.5, "vi": 0.25}, "fit <- rma(yi, vi, data = d,", "exp"),
    ],
)
def test_means_and_printed_effects_are_told_by_the_names_of_metafor(
    measure: str, data: Data, numbers: dict[str, float], fitted: str, shown: str
) -> None:
    """A printed effect is on the scale of logarithms with its variance, and needs no table of counts."""
    told = answer(model="inverse-variance")
    told = replace(
        told, measure=measure, question=question(measure=measure, model="inverse-variance"),
        studies=tuple(replace(each, data=data) for each in told.studies),
    )  # fmt: skip
    assert numbers == as_dict(told)["studies"][0]["data"]
    assert cells(*numbers.values()) == [table(told, "studies")[0][name] for name in numbers]
    script = r_script(told, "table.csv")
    assert fitted in script
    assert f"shown <- {shown}\n" in script
