"""What changed between two releases as a document: words, JSON or RDF; the same from shell and server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

import pyoxigraph as ox

from dualbio.export.rdf.dump import DUMP_FORMATS, dump_format, export_quads
from dualbio.release.diff import ReleaseDiff
from dualbio.sparql.formats import Content, Format

__all__ = ["CHANGE_FORMATS", "changes_document", "write_changes"]

_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json; charset=utf-8"

#: Names of the formats, with their media types.
CHANGE_FORMATS: dict[str, str] = {
    "text": _TEXT,
    "changelog": "text/markdown; charset=utf-8",
    "json": _JSON,
    **{form.extension: form.content_type for form in DUMP_FORMATS},
}


def write_changes(changes: ReleaseDiff, form: str, out: BinaryIO) -> None:
    """Write `changes` in `form`, one of `CHANGE_FORMATS` or another name of a format of RDF.

    Formats with named graphs have the statements that went and came in a graph each, beside their description.

    Raises:
        ParameterError: the format is unknown.
    """
    if form == "json":
        out.write(json.dumps(changes.as_json(), indent=1, ensure_ascii=False).encode() + b"\n")
    elif form in ("text", "changelog"):
        out.write("".join(f"{line}\n" for line in _words(changes, form)).encode())
    else:
        rdf = dump_format(form)
        export_quads(changes_document(changes, rdf), rdf, out)


def changes_document(changes: ReleaseDiff, form: Format) -> list[ox.Quad]:
    """Return the quads of the document in an RDF format, grouped by graph and subject."""
    described = [ox.Quad(*triple) for triple in changes.description()]
    if Content.DATASET not in form.carries:
        return sorted(described, key=str)
    found = dict.fromkeys((*described, *changes.quads()))
    return sorted(found, key=lambda quad: (str(quad.graph_name), str(quad)))


def _words(changes: ReleaseDiff, form: str) -> Iterator[str]:
    title, *lines = changes.lines()
    yield "### Data\n" if form == "changelog" else title
    for line in lines:
        yield f"- {line[0].upper()}{line[1:]}." if form == "changelog" else line
