"""`dualbio reason`: compare the release with an independent reasoner."""

from __future__ import annotations

import json

import click

from dualbio.cli.common_options import ensure_with_progress
from dualbio.errors import counted
from dualbio.owl.gate import run_gate
from dualbio.settings import Settings

__all__ = ["reason"]


@click.command()
@click.option("--study", "studies", multiple=True, help="Check only these studies; by default all, in slices.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def reason(settings: Settings, studies: tuple[str, ...], as_json: bool) -> None:
    """Check with HermiT that the release is consistent, and that the build inferred exactly what the axioms entail."""
    release = ensure_with_progress(settings)
    report = run_gate(release, studies=studies or None, progress=lambda text: click.echo(text, err=True))
    if as_json:
        content = {
            "passed": report.passed,
            "consistent": report.consistent,
            "slices": report.slices,
            "compared": report.compared,
            "violations": report.violations,
            "unsatisfiable": report.unsatisfiable,
            "differences": [str(difference) for difference in report.differences],
            "conflict": report.conflict,
        }
        click.echo(json.dumps(content, indent=1))
    else:
        for text in report.violations:
            click.echo(f"error: outside OWL 2 DL: {text}", err=True)
        for axiom in report.conflict:
            click.echo(f"error: part of a contradiction: {axiom}", err=True)
        for name in report.unsatisfiable:
            click.echo(f"error: no individual can be a {name}", err=True)
        for difference in report.differences:
            click.echo(f"{'error' if difference.is_defect else 'note'}: {difference}", err=True)
        click.echo(
            f"{counted(report.compared, 'fact')} compared in {counted(report.slices, 'slice')}, "
            f"{counted(len(report.differences), 'difference')}"
        )
    if not report.passed:
        raise click.exceptions.Exit(1)
