"""`dualbio describe`, `dualbio why` and `dualbio search`: what is known, and how it is known."""

from __future__ import annotations

import json
import sys

import click
import pyoxigraph as ox

from dualbio.cli.opening import open_database
from dualbio.cli.query import GRAPH_CHOICES
from dualbio.describe import Description
from dualbio.errors import NotFoundError
from dualbio.export.frames import document
from dualbio.namespaces import PREFIXES
from dualbio.settings import Settings

__all__ = ["describe", "search", "why"]


@click.command()
@click.argument("identifier")
@click.option("--format", "form", type=click.Choice(("text", *GRAPH_CHOICES)), default="text", show_default=True)
@click.pass_obj
def describe(settings: Settings, identifier: str, form: str) -> None:
    """Tell everything known about an entity, named by IRI, CURIE, key, label, synonym or outside id."""
    database = open_database(settings)
    found = database.describe(identifier)
    if form == "text":
        click.echo(_as_text(found))
        return
    if form == "jsonld":
        click.echo(json.dumps(document(database.store, found.node), indent=1, ensure_ascii=False))
        return
    data = ox.serialize(found.triples, format=GRAPH_CHOICES[form], prefixes=PREFIXES if form == "ttl" else None)
    sys.stdout.buffer.write(data or b"")


def _as_text(found: Description) -> str:
    lines = [f"{found.label} ({found.curie})"]
    if found.definition:
        lines.append(found.definition)
    for entry in found.properties:
        values = [value.label + (" (inferred)" if value.inferred else "") for value in entry.values]
        lines.append(f"  {entry.label}: {'; '.join(values)}")
    for inverse in found.inverses:
        shown = "; ".join(value.label for value in inverse.values[:10])
        more = f" and {inverse.total - 10} more" if inverse.total > 10 else ""
        lines.append(f"  {inverse.label} ← {shown}{more}")
    return "\n".join(lines)


@click.command()
@click.argument("subject")
@click.argument("predicate")
@click.argument("object")
@click.option("--all", "every", is_flag=True, help="Show up to ten derivations instead of one.")
@click.option("--json", "as_json", is_flag=True, help="Print the derivations as JSON.")
@click.pass_obj
def why(settings: Settings, subject: str, predicate: str, object: str, every: bool, as_json: bool) -> None:  # noqa: A002
    """Explain the triple SUBJECT PREDICATE OBJECT: the rules that gave it, down to asserted facts and their studies."""
    found = open_database(settings).why(subject, predicate, object, limit=10 if every else 1)
    if as_json:
        click.echo(json.dumps([derivation.to_dict() for derivation in found], indent=1, ensure_ascii=False))
        return
    click.echo("\n\n".join(derivation.to_text() for derivation in found))


@click.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.pass_obj
def search(settings: Settings, text: str, limit: int) -> None:
    """Find entities whose label, synonym, definition or statement has all words of TEXT."""
    hits = open_database(settings).search(text, limit=limit)
    if not hits:
        raise NotFoundError(f"nothing found for '{text}'; accepted: words of labels, synonyms, definitions, statements")
    for curie, label, found in hits:
        click.echo(f"{curie}\t{label}" + (f"\t{found}" if found != label else ""))
