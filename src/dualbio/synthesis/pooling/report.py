"""An answer to a question across studies as plain data, as tables, and as the R script that makes it again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dualbio.synthesis.pooling.effects import ArmCounts, Counts, Data, Means, Printed, Times
from dualbio.synthesis.pooling.pool import LEVEL
from dualbio.synthesis.pooling.result import PooledStudy, Synthesis, number_text

__all__ = ["PARTS", "as_csv", "as_dict", "left_out_rows", "number_words", "r_script", "study_rows"]

#: Tables of an answer.
PARTS = ("studies", "left-out", "left-one-out", "groups", "result")
#: What metafor calls the numbers of a study, in the order of their fields.
_NAMES: dict[type[Data], tuple[str, ...]] = {
    Counts: ("ai", "n1i", "ci", "n2i"),
    ArmCounts: ("xi", "ni"),
    Times: ("x1i", "t1i", "x2i", "t2i"),
    Means: ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),
}
#: What metafor calls the measures.
_MEASURES = {"rate-ratio": "IRR", "rate-difference": "IRD", "proportion": "PLO"}
Cells = dict[str, Any]
#: Columns of the tables that may be empty.
_RESULT = ("studies", "estimate", "low", "high", "reason")
_COLUMNS = {
    "studies": (
        "study", "test", "comparator", "estimate", "low", "high", "weight", "checkLevel", "notes", "rows", "iri",
    ),
    "left-out": ("study", "contrast", "numbers", "reason", "iri"),
    "left-one-out": ("without", *_RESULT),
    "groups": ("by", "group", *_RESULT),
}  # fmt: skip


def as_dict(answer: Synthesis, release: str = "") -> dict[str, Any]:
    """Return an answer as plain data for JSON, with the name of the release that it is from."""
    content = {**({"release": release} if release else {}), **asdict(answer)}
    content["question"] = answer.question.model_dump(mode="json", exclude_none=True)
    for study, told in zip(answer.studies, content["studies"], strict=True):
        told["data"] = _numbers(study)
    for one, told in zip(answer.excluded, content["excluded"], strict=True):
        told["label"] = one.label
    return content


def study_rows(answer: Synthesis) -> list[Cells]:
    """Return a row for each study that is used: its numbers as metafor names them, its effect and its weight."""
    return [
        {
            "study": study.label,
            "test": study.arms[0],
            "comparator": study.arms[1],
            **_numbers(study),
            "estimate": study.estimate,
            "low": study.low,
            "high": study.high,
            "weight": study.weight,
            "checkLevel": study.check_level,
            "notes": "; ".join(study.notes),
            "rows": " ".join(study.rows),
            "iri": study.iri,
        }
        for study in answer.studies
    ]


def left_out_rows(answer: Synthesis) -> list[Cells]:
    """Return a row for each candidate that is left out, with the reason."""
    return [
        {"study": item.study, "contrast": item.contrast, "numbers": item.detail, "reason": item.reason, "iri": item.iri}
        for item in answer.excluded
    ]


def _other_rows(answer: Synthesis, part: str) -> Iterator[Cells]:
    """Yield a row for the number without each study, or for that of each group."""
    if part == "left-one-out":
        found = [({"without": each.label}, each.pooled, each.reason) for each in answer.left_one_out]
    else:
        found = [({"by": each.by, "group": each.value}, each.pooled, each.reason) for each in answer.groups]
    for names, pooled, reason in found:
        numbers = (pooled.studies, pooled.estimate, pooled.low, pooled.high) if pooled else (None,) * 4
        yield {**names, **dict(zip(("studies", "estimate", "low", "high"), numbers, strict=True)), "reason": reason}


def _result_row(answer: Synthesis, release: str) -> Cells:
    """Return the number with all that is told of it, or why there is none."""
    pooled = asdict(answer.pooled) if answer.pooled else {}
    numbers = {name: pooled.get(name) for name in _POOLED}
    return {
        "question": answer.question.id,
        "title": answer.question.title,
        "measure": answer.measure,
        "unit": answer.unit,
        "method": answer.method,
        **numbers,
        "reason": answer.reason,
        "found": answer.found,
        "eligible": answer.eligible,
        "used": answer.used,
        "warnings": "; ".join(answer.warnings),
        "notice": answer.notice,
        "release": release,
    }


_POOLED = (
    "estimate", "low", "high", "p", "studies", "events", "people", "q", "df", "q_p", "i2", "tau2", "prediction_low",
    "prediction_high",
)  # fmt: skip


def as_csv(answer: Synthesis, part: str = "studies", release: str = "") -> str:
    """Return a table of an answer, one of `PARTS`, as CSV; `release` is named in that of the result."""
    match part:
        case "studies":
            rows = study_rows(answer)
        case "left-out":
            rows = left_out_rows(answer)
        case "result":
            rows = [_result_row(answer, release)]
        case _:
            rows = list(_other_rows(answer, part))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else _COLUMNS[part], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def number_words(answer: Synthesis) -> str:
    """Return the number as a reader expects it, or why there is none."""
    pooled = answer.pooled
    if pooled is None:
        return f"no number: {answer.reason}"
    return f"{number_text(pooled.estimate, pooled.low, pooled.high)} {answer.unit}".rstrip()


def _numbers(study: PooledStudy) -> dict[str, float]:
    if isinstance(study.data, Printed):
        return {"yi": study.data.effect.value, "vi": study.data.effect.variance}
    return dict(zip(_NAMES.get(type(study.data), ()), vars(study.data).values(), strict=False))


def r_script(answer: Synthesis, table: str, release: str = "") -> str:
    """Return a script of R that pools the exported table of the studies with metafor, and prints the number.

    The line that it prints has estimate, lower and upper limit on the scale of the measure, to six digits.

    Args:
        answer: an answer; where it has no number, the script says why and computes none.
        table: the file of the table, as R is to open it.
        release: the name of the release that the answer is from.
    """
    lines = [f"# {answer.question.title}", f"# {answer.method}", f"# {answer.notice}"]
    lines += [f"# Data: dualbio {release}"] if release else []
    if answer.pooled is None:
        return "\n".join([*lines, f"# No number: {answer.reason}", ""])
    lines += [
        "suppressPackageStartupMessages(library(metafor))",
        f'd <- read.csv("{table}")',
        *_fit(answer),
        f"shown <- {_SHOWN.get(answer.measure, 'exp')}",
        f'cat(sprintf("{answer.question.id} %.6g %.6g %.6g\\n", shown(fit$beta), shown(fit$ci.lb), shown(fit$ci.ub)))',
    ]
    return "\n".join([*lines, ""])


#: What turns a number of the scale of pooling into one of the measure.
_SHOWN = {
    **dict.fromkeys(("RD", "rate-difference"), "function(x) 100 * as.numeric(x)"),
    **dict.fromkeys(("MD", "SMD"), "as.numeric"),
    "proportion": "function(x) 100 * plogis(as.numeric(x))",
}


def _fit(answer: Synthesis) -> Iterator[str]:
    question, measure = answer.question, _MEASURES.get(answer.measure, answer.measure)
    names = _NAMES.get(type(answer.studies[0].data), ())
    data = ", ".join(f"{name} = {name}" for name in names)
    match question.model:
        case "mantel-haenszel":
            add = '"only0"' if question.correction else '"none"'
            drop = "TRUE" if measure not in ("RD", "IRD") else "FALSE"
            yield f'fit <- rma.mh({data}, data = d, measure = "{measure}", level = {LEVEL:g},'
            half = ".5" if question.correction else "0"
            yield f'  add = c(.5, {half}), to = c("only0", {add}), drop00 = c(TRUE, {drop}))'
        case "peto":
            yield f"fit <- rma.peto({data}, data = d, level = {LEVEL:g})"
        case "binomial-normal":
            yield f'fit <- rma.glmm({data}, data = d, measure = "{measure}", level = {LEVEL:g}, nAGQ = 25)'
        case _:
            random = question.model == "random-effects"
            method = (question.tau2 or "REML") if random else "EE"
            test = "knha" if random and (question.interval or "hartung-knapp") == "hartung-knapp" else "z"
            if not names:
                yield f'fit <- rma(yi, vi, data = d, method = "{method}", test = "{test}", level = {LEVEL:g},'
                yield "  control = list(threshold = 1e-10, tol = 1e-10, maxiter = 10000))"
                return
            empty = "FALSE" if measure in ("RD", "IRD", "MD", "SMD") else "TRUE"
            yield f'e <- escalc({data}, data = d, measure = "{measure}", drop00 = {empty})'
            yield f'fit <- rma(yi, vi, data = e, method = "{method}", test = "{test}", level = {LEVEL:g},'
            yield "  control = list(threshold = 1e-10, tol = 1e-10, maxiter = 10000))"
