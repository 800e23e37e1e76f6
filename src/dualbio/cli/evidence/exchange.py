"""`dualbio import sources`, `dualbio import sheet`, and exchange formats of `dualbio export`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from dualbio.errors import DataError, NotFoundError, Problem, counted, did_you_mean
from dualbio.model.entities import Entities
from dualbio.model.evidence import Source, StudyFile
from dualbio.model.record_fields import fields_of
from dualbio.settings import Settings
from dualbio.sources.canonical import canonical_text, file_head
from dualbio.sources.corpus import Corpus, Document, read_corpus, read_document, read_entities, read_folder
from dualbio.sources.exchange.europe_pmc import fetch_publication
from dualbio.sources.exchange.references import Reference, added_sources, read_references
from dualbio.sources.exchange.revman import study_tables
from dualbio.sources.exchange.sheet import read_sheet, sheet_text, with_rows
from dualbio.sources.folders import require_own

__all__ = ["merged_corpus", "named_studies", "sheet", "sources", "studies_of", "write_revman", "write_sheet"]

_INDEPENDENCE = next(field.choices for field in fields_of(Source) if field.name == "independence")

#: The option that names the user's folder to write to.
_out = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of own evidence whose evidence/<study>.yaml is written to; by default the last one that dualbio.toml "
    "names, or else the current one.",
)


@click.command()
@click.argument("items", nargs=-1, required=True)
@click.option("--study", "key", help="Add them to this study of the folder; without it they are printed.")
@click.option(
    "--independence",
    type=click.Choice(_INDEPENDENCE),
    default="same-trial-later-report",
    show_default=True,
    help="Relation of the publications to the study.",
)
@_out
@click.pass_obj
def sources(settings: Settings, items: tuple[str, ...], key: str | None, independence: str, out: Path | None) -> None:
    """Import publications as sources: ITEMS are RIS or BibTeX files, PubMed numbers or DOIs.

    Only identifying data is imported: numbers, first author, journal, year. PubMed numbers and DOIs are looked up in
    Europe PMC.
    """
    references = [reference for item in items for reference in _references(item)]
    if key is None:
        for number, reference in enumerate(references, start=1):
            click.echo(f"- {canonical_text(reference.source(f's{number}', independence))}", nl=False)
        return
    path, document = _own_study(out or settings.workplace, key)
    assert isinstance(document.record, StudyFile)
    file, new, held = added_sources(document.record, references, independence, ", ".join(items))
    _rewrite(path, file)
    for source in held:
        click.echo(f"{key}: already there as {source.id}", err=True)
    click.echo(f"{path}: {counted(len(new), 'source')} added")
    click.echo("".join(f"- {canonical_text(source)}" for source in new), nl=False)


def _references(item: str) -> Iterable[Reference]:
    if Path(item).suffix.lower() in (".ris", ".bib"):
        return read_references(Path(item))
    return (fetch_publication(item),)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_out
@click.pass_obj
def sheet(settings: Settings, file: Path, out: Path | None) -> None:
    """Import the rows of a data-extraction sheet FILE (CSV, one line for each result) into studies of your own folder.

    `dualbio export --format sheet` writes such a sheet. A row with the id of an existing row replaces it; rows that the
    sheet lacks stay.
    """
    rows = read_sheet(file)
    found = {key: _own_study(out or settings.workplace, key) for key in rows}
    for key, (path, document) in found.items():
        assert isinstance(document.record, StudyFile)
        study, changed = with_rows(document.record, rows[key])
        if changed:
            _rewrite(path, study)
        click.echo(
            f"{path}: {len(changed)} of {counted(len(rows[key]), 'row')} new or changed"
            + "".join(f" {row}" for row in changed)
        )


def merged_corpus(settings: Settings) -> Corpus:
    """Return the curated records, with those of own folders over them.

    Raises:
        DataError: files do not conform.
    """
    corpus = read_corpus(settings.sources.ontology)
    if not settings.layers:
        return corpus
    from dualbio.build.layers import read_layers  # noqa: PLC0415 - an import of records needs no checks

    return read_layers(corpus, settings.layers)[-1].merged


def studies_of(corpus: Corpus, keys: tuple[str, ...]) -> tuple[StudyFile, ...]:
    """Return the studies with these keys, or all.

    Raises:
        NotFoundError: there is none with one of the keys.
    """
    for key in keys:
        if key not in corpus.studies:
            raise NotFoundError(
                f"no study '{key}'; accepted: a key of a study{did_you_mean(key, list(corpus.studies))}"
            )
    return tuple(corpus.study(key) for key in keys or corpus.studies)


def named_studies(settings: Settings, keys: tuple[str, ...]) -> tuple[StudyFile, ...]:
    """Return the studies with these keys, for which no other file of evidence is read; none where one is not certain.

    Raises:
        DataError: a file does not conform.
    """
    folders = (settings.sources.ontology, *(layer.resolve() for layer in settings.layers))
    held = {key: [each for each in folders if (each / "evidence" / f"{key}.yaml").is_file()] for key in keys}
    if any(len(found) != 1 for found in held.values()):
        return ()
    documents = (read_document(found, found / "evidence" / f"{key}.yaml", StudyFile) for key, (found,) in held.items())
    return tuple(document.record for document in documents if isinstance(document.record, StudyFile))


def write_sheet(settings: Settings, keys: tuple[str, ...]) -> str:
    """Return the data-extraction sheet of studies."""
    return sheet_text(named_studies(settings, keys) or studies_of(merged_corpus(settings), keys))


def write_revman(settings: Settings, keys: tuple[str, ...], folder: Path) -> Iterator[str]:
    """Write the tables that RevMan imports; yield what to tell: the files, and what they leave out."""
    require_own(folder)
    tables = study_tables(*_with_vocabularies(settings, keys))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.files.items():
        (folder / name).write_text(text, encoding="utf-8")
        yield f"{folder / name}: {counted(text.count(chr(10)) - 1, 'line')}"
    for reason, number in tables.left_out.most_common():
        yield f"left out: {counted(number, 'row')}, {reason}"


def _with_vocabularies(settings: Settings, keys: tuple[str, ...]) -> tuple[tuple[StudyFile, ...], Entities]:
    """Return studies, and the tables that name what they are about."""
    named = named_studies(settings, keys)
    if not named:
        corpus = merged_corpus(settings)
        return studies_of(corpus, keys), corpus.entities
    tables: list[Entities] = [read_entities(settings.sources.ontology)]
    tables += [read_folder(layer.resolve(), whole=False)[0].entities for layer in settings.layers]
    return named, {kind: {key: row for each in tables for key, row in each[kind].items()} for kind in tables[0]}


def _own_study(out: Path, key: str) -> tuple[Path, Document]:
    """Return the file of a study in a folder of own evidence.

    Raises:
        DataError: it is not there, or does not conform.
        NotOwnError: the folder belongs to the installation.
    """
    require_own(out)
    path = out / "evidence" / f"{key}.yaml"
    if not path.is_file():
        known = [each.stem for each in (out / "evidence").glob("*.yaml")]
        accepted = ", ".join(sorted(known)) or "none yet"
        message = f"there is no study '{key}' in {out}; accepted: {accepted}; repair: dualbio new study {key}"
        raise DataError([Problem(str(path), 0, f"study {key}", "sheet", message + did_you_mean(key, known))])
    return path, read_document(out, path, StudyFile)


def _rewrite(path: Path, file: StudyFile) -> None:
    """Write a study in canonical form, with the comments at the head of its file."""
    path.write_text(canonical_text(file, file_head(path.read_text(encoding="utf-8"))), encoding="utf-8")
