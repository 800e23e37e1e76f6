"""`dualbio new`: begin a record that passes the checks once it is filled in."""

from __future__ import annotations

from pathlib import Path

import click

from dualbio.authoring import FILL_IN, StudyOptions, new_study
from dualbio.corpus import read_corpus
from dualbio.errors import DualbioError
from dualbio.queries import write_template
from dualbio.settings import Settings

__all__ = ["new"]


@click.group()
def new() -> None:
    """Begin a new record."""


@new.command()
@click.argument("key")
@click.option("--acronym", help="Acronym, or first author and year.")
@click.option("--description", help="One sentence on the study.")
@click.option("--population", help="Key eligibility.")
@click.option("--disease", "diseases", multiple=True, help="Key of a disease; may be repeated.")
@click.option("--arm", "arms", multiple=True, help="Agents joined by +, as in rituximab+placebo:belimumab; repeatable.")
@click.option("--design", default="not-stated", show_default=True)
@click.option("--phase", default="not-applicable", show_default=True)
@click.option("--masking", default="not-stated", show_default=True)
@click.option("--status", default="unknown", show_default=True)
@click.option("--strategy", default="not-applicable", show_default=True)
@click.option("--registry-id", "registry_ids", multiple=True, help="NCT, ISRCTN or EudraCT number; repeatable.")
@click.option("--pmid", help="PubMed id of the first source.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File; by default evidence/<key>.yaml.")
@click.pass_obj
def study(settings: Settings, /, key: str, output: Path | None, **known: str | tuple[str, ...] | None) -> None:
    """Write a commented template for the study KEY."""
    folder = settings.sources.ontology
    path = output or folder / "evidence" / f"{key}.yaml"
    if path.exists():
        raise DualbioError(f"{path} exists; accepted: a new file; repair: choose another key or -o FILE")
    options = StudyOptions(key, **{name: value for name, value in known.items() if value})  # type: ignore[arg-type]
    path.write_text(new_study(options, read_corpus(folder).entities), encoding="utf-8")
    click.echo(f"{path}: fill in every '{FILL_IN}', then run: dualbio check {path}")


@new.command()
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), help="Folder of queries; by default the shipped one.")
@click.pass_obj
def query(settings: Settings, name: str, folder: Path | None) -> None:
    """Write a commented saved query NAME (`topic/name`) to start from."""
    path = write_template(folder or settings.sources.queries, name)
    click.echo(f"{path}: edit it, then run: dualbio check")
