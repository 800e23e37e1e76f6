"""`dualbio describe`, `dualbio why` and `dualbio search`: entities, explanations and search."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from dualbio.cli.common_options import open_database, own_folders
from dualbio.cli.query import GRAPH_CHOICES
from dualbio.describe import DescribedValue, EntityDescription
from dualbio.errors import NotFoundError
from dualbio.export.rdf.frames import document
from dualbio.model.namespaces import PREFIXES
from dualbio.rdf.triples import write_triples
from dualbio.search import ALL_KINDS, MOST_HITS, Found
from dualbio.settings import Settings

__all__ = ["describe", "search", "why"]

#: Stands behind what a user's own evidence says, and nobody else.
OWN_MARK = " (own evidence)"


@click.command()
@click.argument("identifier")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", *GRAPH_CHOICES)),
    default="text",
    show_default=True,
    help="Output format.",
)
@own_folders
@click.pass_obj
def describe(settings: Settings, identifier: str, form: str) -> None:
    """Show everything known about an entity, given by IRI, CURIE, key, label, synonym or outside id."""
    database = open_database(settings)
    found = database.describe(identifier)
    if form == "text":
        click.echo(_as_text(found))
        return
    if form == "jsonld":
        click.echo(json.dumps(document(database.store, found.node), indent=1, ensure_ascii=False))
        return
    prefixes = PREFIXES if form == "ttl" else None
    write_triples(found.triples, sys.stdout.buffer, GRAPH_CHOICES[form], prefixes)


def _as_text(found: EntityDescription) -> str:
    """Return a description as lines; what a user's own evidence says of a thing of dualbio is marked."""

    def mark(value: DescribedValue) -> str:
        return OWN_MARK if value.own and not found.own else ""

    lines = [f"{found.label} ({found.curie})" + (OWN_MARK if found.own else "")]
    if found.definition:
        lines.append(found.definition)
    for entry in found.properties:
        values = [value.label + (" (inferred)" if value.inferred else "") + mark(value) for value in entry.values]
        lines.append(f"  {entry.label}: {'; '.join(values)}")
    for inverse in found.inverses:
        shown = "; ".join(value.label + mark(value) for value in inverse.values[:10])
        more = f" and {inverse.total - 10} more" if inverse.total > 10 else ""
        lines.append(f"  {inverse.label} ← {shown}{more}")
    return "\n".join(lines)


@click.command()
@click.argument("subject")
@click.argument("predicate")
@click.argument("object")
@click.option("--all", "every", is_flag=True, help="Show up to ten derivations instead of one.")
@click.option("--json", "as_json", is_flag=True, help="Print the derivations as JSON.")
@own_folders
@click.pass_obj
def why(settings: Settings, subject: str, predicate: str, object: str, every: bool, as_json: bool) -> None:  # noqa: A002
    """Explain why the triple SUBJECT PREDICATE OBJECT holds: its rules, down to asserted facts and their studies."""
    found = open_database(settings).why(subject, predicate, object, limit=10 if every else 1)
    if as_json:
        click.echo(json.dumps([derivation.to_dict() for derivation in found], indent=1, ensure_ascii=False))
        return
    click.echo("\n\n".join(derivation.to_text() for derivation in found))


@click.command()
@click.argument("text")
@click.option("--kind", type=click.Choice(ALL_KINDS), metavar="KIND", help="Show things of one kind alone.")
@click.option(
    "--limit", type=click.IntRange(1, MOST_HITS), default=20, show_default=True, help="Largest number of results."
)
@click.option("--offset", type=click.IntRange(0), default=0, help="Number of results to leave out at the beginning.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@own_folders
@click.pass_obj
def search(settings: Settings, text: str, kind: str | None, limit: int, offset: int, as_json: bool) -> None:
    """Find things by names, words and external identifiers, in English or Chinese, even if misspelt.

    Each line is a CURIE, a label, and the matching text if it is not the label. Standard error shows the number of hits
    of each kind, and the words that were searched instead of misspelt ones.
    """
    found = open_database(settings).search(text, kind=kind, limit=limit, offset=offset)
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=1, ensure_ascii=False))
        return
    if not found.total:
        raise NotFoundError(f"nothing found for '{text}'; accepted: names, words and identifiers that the data holds")
    for hit in found:
        label = f"{hit.label}{OWN_MARK if hit.own else ''}"
        click.echo(f"{hit.curie}\t{label}" + ("" if hit.where == "label" else f"\t{hit.found}"))
    for line in _summary_lines(found):
        click.echo(line, err=True)


def _summary_lines(found: Found) -> Iterator[str]:
    """Yield what is to be told of all that was found."""
    if found.read_as:
        others = f"; or did you mean {' or '.join(found.did_you_mean[1:])}?" if found.did_you_mean[1:] else ""
        yield f"searched for: {found.read_as}{others}"
    if not found.every_word:
        yield "nothing has all the words; these have some"
    kinds = ", ".join(f"{kind} {count}" for kind, count in found.kinds.items())
    more = f"; --offset {found.next_offset} for more" if found.next_offset else ""
    yield f"{found.offset + 1}-{found.offset + len(found)} of {found.total} ({kinds}){more}"
