"""RDF dumps of a release: one graph or all of them, in each RDF format, in bounded memory and always the same bytes.

Formats that carry named graphs keep them; in the others the whole data set is the union of its graphs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, cast

import pyoxigraph as ox

from dualbio.errors import ExportError, ParameterError, did_you_mean
from dualbio.export.rdf.graphs import GraphFile, find_graph, graph_files, merged_lines
from dualbio.rdf.jsonld import jsonld_pieces
from dualbio.rdf.prefixes import used_prefixes
from dualbio.rdf.rdfxml import write_rdfxml
from dualbio.sparql.formats import FORMATS, Content, Format, find_format

__all__ = ["DUMP_FORMATS", "ExportError", "dump_format", "export", "export_quads", "open_beside"]

#: Formats without prefixes and layout.
_LINE_FORMATS = (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS)

#: Formats of dumps, the ones with named graphs first.
DUMP_FORMATS: tuple[Format, ...] = tuple(
    sorted((form for form in FORMATS if form.rdf), key=lambda form: Content.DATASET not in form.carries)
)


def dump_format(name: str) -> Format:
    """Return the format of dumps that `name` means: a short name, an extension or a media type.

    Raises:
        ParameterError: there is none.
    """
    found = find_format(name, DUMP_FORMATS)
    if found is None:
        accepted = [form.extension for form in DUMP_FORMATS]
        near = did_you_mean(name, [*accepted, *(form.name for form in DUMP_FORMATS)])
        raise ParameterError(f"format '{name}' is unknown; accepted: {', '.join(accepted)}{near}")
    return found


def export(release: Path, format: str, *, graph: str | None = None, out: BinaryIO | Path) -> None:  # noqa: A002 - the word of the command line
    """Write the release in the folder `release`, or one `graph` of it, in an RDF format.

    Args:
        release: the folder of a built release.
        format: `nq`, `trig`, `jsonld`, `ttl`, `nt` or `rdf`, or another name of those formats.
        graph: short name, CURIE or IRI of a named graph; by default all of them.
        out: a binary stream, or a file, which appears only when it is whole.

    Raises:
        ParameterError: the format is unknown.
        NotFoundError: there is no such graph.
        ReleaseError: the folder is no release, or a file in it is damaged.
        ExportError: the format cannot hold the data.
    """
    form = dump_format(format)
    graphs = graph_files(release)
    chosen = (find_graph(graphs, graph),) if graph is not None else graphs
    if isinstance(out, Path):
        with open_beside(out) as stream:
            _write(form, chosen, stream)
    else:
        _write(form, chosen, out)


def export_quads(quads: Sequence[ox.Quad], form: Format, out: BinaryIO) -> None:
    """Write `quads`, grouped by graph and subject, in an RDF format."""
    if Content.DATASET not in form.carries:
        _serialise(form, lambda: _distinct(quads), out)
    else:
        _serialise(form, lambda: quads, out)


def _distinct(quads: Iterable[ox.Quad]) -> Iterator[ox.Triple]:
    return iter(dict.fromkeys(quad.triple for quad in quads))


@contextmanager
def open_beside(target: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `target` that takes its place once it is whole; on an error nothing stays.

    What is no file, as `/dev/null` or a pipe, is written to and stays what it is.
    """
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            yield cast(BinaryIO, stream)
        return
    draft = target.with_name(f".{target.name}-{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as stream:
            yield cast(BinaryIO, stream)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _write(form: Format, graphs: Sequence[GraphFile], out: BinaryIO) -> None:
    if form.rdf == ox.RdfFormat.N_QUADS:
        for graph in graphs:
            _write_lines(graph.lines(), out)
    elif form.rdf == ox.RdfFormat.N_TRIPLES:
        _write_lines(merged_lines(graphs), out)
    elif Content.DATASET in form.carries:
        _serialise(form, lambda: _quads(graphs), out)
    else:
        _serialise(form, lambda: _triples(graphs), out)


def _serialise(form: Format, read: Callable[[], Iterable[ox.Quad | ox.Triple]], out: BinaryIO) -> None:
    if form.rdf == ox.RdfFormat.RDF_XML:
        write_rdfxml(cast(Iterable[ox.Triple], read()), out)
    elif form.rdf == ox.RdfFormat.JSON_LD:
        _write_text(jsonld_pieces(cast(Callable[[], Iterable[ox.Quad]], read)), out)
    else:
        prefixes = used_prefixes(read())
        writable = out if form.rdf in _LINE_FORMATS else _Layout(out, prefixes)
        statements = cast(Iterable[ox.Quad], read())
        ox.serialize(statements, cast(IO[bytes], writable), format=form.rdf, prefixes=prefixes)
        if isinstance(writable, _Layout):
            writable.finish()


class _Layout:
    """Turtle or TriG as people like it: the prefixes in order, and an empty line before each subject.

    The engine writes a statement part per line, with line ends in texts escaped, and its prefixes in no order.
    """

    def __init__(self, out: BinaryIO, prefixes: Mapping[str, str]) -> None:
        self._out = out
        self._skip = len(prefixes)
        self._rest = b""
        head = (f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in sorted(prefixes.items()))
        out.write("".join(head).encode())

    def write(self, data: bytes) -> int:
        *lines, self._rest = (self._rest + bytes(data)).split(b"\n")
        head, self._skip = min(self._skip, len(lines)), max(0, self._skip - len(lines))
        self._out.write(
            b"".join((b"" if line.startswith((b"\t", b"}")) else b"\n") + line + b"\n" for line in lines[head:])
        )
        return len(data)

    def flush(self) -> None:
        self._out.flush()

    def finish(self) -> None:
        """Write what came after the last line end."""
        self._out.write(self._rest)


def _write_lines(lines: Iterator[bytes], out: BinaryIO) -> None:
    while piece := b"".join(islice(lines, 4096)):
        out.write(piece)


def _write_text(pieces: Iterable[str], out: BinaryIO) -> None:
    text = TextIOWrapper(out, encoding="utf-8", newline="\n")
    try:
        text.writelines(pieces)
        text.flush()
    finally:
        text.detach()


def _quads(graphs: Sequence[GraphFile]) -> Iterator[ox.Quad]:
    for graph in graphs:
        yield from ox.parse(_readable(graph.lines()), format=ox.RdfFormat.N_QUADS)


def _triples(graphs: Sequence[GraphFile]) -> Iterator[ox.Triple]:
    for quad in ox.parse(_readable(merged_lines(graphs)), format=ox.RdfFormat.N_TRIPLES):
        yield quad.triple


def _readable(lines: Iterator[bytes]) -> IO[bytes]:
    return cast(IO[bytes], _Lines(lines))


class _Lines:
    """Lines as the readable stream that the parser takes."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        pieces, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            line = next(self._lines, None)
            if line is None:
                break
            pieces.append(line)
            length += len(line)
        data = b"".join(pieces)
        cut = len(data) if size < 0 else size
        self._rest = data[cut:]
        return data[:cut]
