"""`dualbio synthesise`: answers a question across studies, with what was left out and why."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from dualbio.cli.common_options import open_database, own_folders
from dualbio.cli.tables import answer_console
from dualbio.model.namespaces import individual
from dualbio.model.syntheses import MODELS_OF
from dualbio.settings import Settings
from dualbio.synthesis.pooling import Synthesis, forest_plot, funnel_plot
from dualbio.synthesis.pooling.certainty import bias_words
from dualbio.synthesis.pooling.report import PARTS, as_csv, as_dict, number_words, r_script
from dualbio.synthesis.pooling.result import number_text, short_number

__all__ = ["synthesise"]

FORMATS = ("table", "json", "csv", "r")
_BY_SUFFIX = {".json": "json", ".csv": "csv", ".r": "r"}
_MODELS = tuple(dict.fromkeys(model for models in MODELS_OF.values() for model in models))
_DESIGNS = (
    "randomised-controlled-trial", "non-randomised-trial", "single-arm-trial", "cohort", "case-series",
    "pooled-analysis",
)  # fmt: skip


class Decimals(click.ParamType[Decimal]):
    """A decimal number as it is written."""

    name = "number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the number; refuse what is none."""
        try:
            return Decimal(value)
        except InvalidOperation:
            self.fail(f"'{value}' is not a number; accepted: one such as 24", param, ctx)


@click.command()
@click.argument("name", required=False)
@click.option("--outcome", help="Ask about this outcome or adverse event instead of a question by NAME or file.")
@click.option(
    "--compare",
    show_default="two-biologics:one-biologic",
    help="Arms under test and their comparator; a side may name drugs and mechanisms: one-biologic,rituximab:placebo. "
    "One side alone pools a proportion.",
)
@click.option("--disease", "diseases", multiple=True, help="Only trials in this disease; may be repeated.")
@click.option("--design", "designs", multiple=True, type=click.Choice(_DESIGNS), help="Design of the studies.")
@click.option("--measure", type=click.Choice([*MODELS_OF]), help="Measure to pool; by default the odds ratio.")
@click.option("--model", type=click.Choice(_MODELS), help="Model; by default the first one for the measure.")
@click.option("--tau2", type=click.Choice(["DL", "PM", "REML"]), help="Estimator of the variance between studies.")
@click.option("--interval", type=click.Choice(["normal", "hartung-knapp"]), help="Interval method for random effects.")
@click.option(
    "--several-arms",
    type=click.Choice(["combine", "split", "largest"]),
    help="How to treat arms that share a control; by default those with the same drugs are combined.",
)
@click.option("--week-min", type=Decimals(), help="Only numbers of this week or later.")
@click.option("--week-max", type=Decimals(), help="Only numbers of this week or earlier.")
@click.option(
    "--seriousness", multiple=True, help="Rule by which an event is serious that may be pooled; may be repeated."
)
@click.option(
    "--population", "populations", multiple=True, help="Analysis population; repeated, in order of preference."
)
@click.option(
    "--group", "groups", multiple=True, help="Also pool within subgroups, such as disease or pair; repeatable."
)
@click.option("--threshold", type=Decimals(), help="Smallest effect that matters, to judge imprecision.")
@click.option("--list", "as_list", is_flag=True, help="List the questions of the release with their answers.")
@click.option("--part", type=click.Choice(PARTS), default="studies", show_default=True, help="Table to write as CSV.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Output format; r is a script that reproduces the number.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the forest plot into this file: .svg, .png, .html, or .json for Vega-Lite.",
)
@click.option(
    "--funnel",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the funnel plot of ten or more studies into this file; formats as for --figure.",
)
@own_folders
@click.pass_obj
def synthesise(
    settings: Settings,
    /,
    name: str | None,
    outcome: str | None,
    compare: str | None,
    diseases: tuple[str, ...],
    form: str | None,
    part: str,
    output: Path | None,
    as_list: bool,
    figure: Path | None,
    funnel: Path | None,
    **options: Any,
) -> None:
    """Pool the results of several studies: answer a question of the release by NAME, of a FILE, or made of options.

    A research tool: published numbers, pooled by a stated rule. Not a systematic review, and not medical advice.
    """
    if as_list and (name or outcome):
        raise click.UsageError("--list lists all questions; leave NAME and --outcome out")
    database = open_database(settings)
    if as_list:
        for key, words in database.syntheses.items():
            click.echo(f"{key}: {words}")
        return
    if (name is None) == (outcome is None):
        raise click.UsageError("one of NAME, FILE and --outcome is wanted; see dualbio synthesise --list")
    question = Path(name) if name and Path(name).is_file() else name
    answer = database.synthesise(question, outcome=outcome, compare=compare, diseases=diseases, **options)
    link = individual("pool", question).value if isinstance(question, str) else ""
    if figure:
        forest_plot(answer, database.release_id, link=link).save(figure)
    if funnel:
        funnel_plot(answer, database.release_id).save(funnel)
    chosen = form or _BY_SUFFIX.get(output.suffix.lower() if output else "", "csv" if output else "table")
    if chosen == "table":
        _print(answer)
        return
    text = _text(answer, chosen, part, database.release_id or "")
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="")


def _text(answer: Synthesis, form: str, part: str, release: str) -> str:
    match form:
        case "json":
            return json.dumps(as_dict(answer, release), indent=1, ensure_ascii=False) + "\n"
        case "r":
            return r_script(answer, f"{answer.question.id}.csv", release)
        case _:
            click.echo(answer.notice, err=True)  # a table has no place for it
            return as_csv(answer, part, release)


def _print(answer: Synthesis) -> None:
    console = answer_console()
    console.print(answer.question.title, style="bold")
    console.print(f"{answer.question.question}\n")
    table = Table(box=None, pad_edge=False)
    for header, justify in (("study", "left"), ("under test", "left"), ("comparator", "left"), ("effect", "left"),
                            ("weight", "right"), ("checked", "left")):  # fmt: skip
        table.add_column(header, justify=justify)  # type: ignore[arg-type]
    for study in answer.studies:
        effect = "-" if study.estimate is None else number_text(study.estimate, study.low, study.high)
        sides = (", ".join(filter(None, side)) for side in zip(study.numbers, study.arms, strict=True))
        table.add_row(study.label, *sides, effect, study.weight_text, study.check_level)
    if answer.studies:
        console.print(table)
    console.print(f"\n{answer.method}: {number_words(answer)}", style="bold")
    pooled = answer.pooled
    if pooled is not None:
        spread = "" if pooled.tau2 is None else f", tau² {pooled.tau2:.3g}"
        console.print(
            f"I² {pooled.i2:.0f} %, Q {pooled.q:.2f} on {pooled.df} degree{'s' * (pooled.df != 1)} of freedom{spread}"
        )
        if pooled.prediction_low is not None and pooled.prediction_high is not None:
            console.print(
                f"a further study is expected between {short_number(pooled.prediction_low)} and "
                f"{short_number(pooled.prediction_high)}"
            )
    for each in answer.groups:
        found = each.pooled
        shown = each.reason if found is None else number_text(found.estimate, found.low, found.high)
        console.print(f"{each.by} {each.value}: {shown}")
    for by, p in answer.group_tests.items():
        console.print(f"test between groups by {by}: p = {p:.3g}")
    for words in bias_words(answer):
        console.print(f"risk of bias, as others judged it: {words}")
    for words in (*answer.warnings, *(f"{study.label}: {note}" for study in answer.studies for note in study.notes)):
        console.print(f"note: {words}")
    candidates = f"{answer.found} candidate{'s' * (answer.found != 1)}"
    click.echo(
        f"{candidates} found, {answer.eligible} eligible, {answer.used} used; the others and why: "
        f"--part left-out --format csv\n{answer.notice}",
        err=True,
    )
