"""`dualbio new`: templates of records that pass the checks once they are filled in."""

from __future__ import annotations

from pathlib import Path

import click

from dualbio.errors import DualbioError
from dualbio.queries import write_template
from dualbio.settings import Settings
from dualbio.sources.corpus import read_entities
from dualbio.sources.folders import require_own
from dualbio.sources.templates import FILL_IN, StudyOptions, new_study

__all__ = ["new"]


@click.group()
def new() -> None:
    """Write a template for a new study or saved query."""


@new.command()
@click.argument("key")
@click.option("--acronym", help="Acronym, or first author and year.")
@click.option("--description", help="One sentence on the study.")
@click.option("--population", help="Key eligibility.")
@click.option("--disease", "diseases", multiple=True, help="Key of a disease; may be repeated.")
@click.option(
    "--arm", "arms", multiple=True, help="Agents joined by +, as in rituximab+placebo:belimumab; may be repeated."
)
@click.option("--design", default="not-stated", show_default=True, help="Design, as in docs/evidence.md.")
@click.option("--phase", default="not-applicable", show_default=True, help="Phase of the trial.")
@click.option("--masking", default="not-stated", show_default=True, help="Who was blinded to the treatment.")
@click.option("--status", default="unknown", show_default=True, help="Whether the study is running or has ended.")
@click.option("--strategy", default="not-applicable", show_default=True, help="How agents are combined.")
@click.option("--registry-id", "registry_ids", multiple=True, help="NCT, ISRCTN or EudraCT number; may be repeated.")
@click.option("--pmid", help="PubMed id of the first source.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of evidence to write to; by default DUALBIO_ONTOLOGY, the last folder that dualbio.toml names, or the "
    "current one.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File; by default evidence/<key>.yaml in that folder."
)
@click.pass_obj
def study(
    settings: Settings,
    /,
    key: str,
    folder: Path | None,
    output: Path | None,
    **known: str | tuple[str, ...] | None,
) -> None:
    """Write a commented template for the study KEY."""
    path = output or (folder or settings.ontology or settings.workplace) / "evidence" / f"{key}.yaml"
    require_own(path)
    if path.exists():
        raise DualbioError(f"{path} exists; accepted: a new file; repair: choose another key or -o FILE")
    options = StudyOptions(key, **{name: value for name, value in known.items() if value})  # type: ignore[arg-type]
    text = new_study(options, read_entities(settings.sources.ontology))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    click.echo(f"{path}: fill in every '{FILL_IN}', then run: dualbio check {path}")


@new.command()
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Folder of saved queries to write to; by default DUALBIO_QUERIES, or else queries/ in the current folder.",
)
@click.pass_obj
def query(settings: Settings, name: str, folder: Path | None) -> None:
    """Write a commented saved query NAME (`topic/name`) to start from."""
    folder = folder or settings.queries or Path("queries")
    require_own(folder)
    path = write_template(folder, name)
    click.echo(f"{path}: edit it, then run: dualbio check {path}")
