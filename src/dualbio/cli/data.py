"""`dualbio export`: dumps of a release."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dualbio.cli.opening import ensure_with_progress
from dualbio.export import export as write_export
from dualbio.settings import Settings

__all__ = ["export"]


@click.command()
@click.option("--format", "form", default="nq", show_default=True, help="nq, trig, ttl, nt, rdfxml or jsonld.")
@click.option("--graph", help="Only this named graph, such as entities or study/bliss-believe.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; by default standard output.")
@click.pass_obj
def export(settings: Settings, form: str, graph: str | None, output: Path | None) -> None:
    """Write the release, or one graph of it, in an RDF format."""
    release = ensure_with_progress(settings)
    write_export(release.folder, form, graph=graph, out=output or sys.stdout.buffer)
