"""Read identifiers and labels out of outside ontology files, whatever their format, one term at a time.

Formats: OBO, RDF/XML, Turtle, N-Triples, N-Quads, TriG, JSON-LD, OWL/XML, OBO Graphs and other JSON with ids and
labels, and tables (SSSOM among them); each also as `.gz` or `.zst`.  Memory stays bounded; only a JSON file is held
whole, because its labels may stand before or after the identifier.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable, Container, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast
from xml.etree import ElementTree as ET

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat

from dualbio.errors import DualbioError, MissingExtraError

__all__ = ["OutsideTerm", "UnreadableFileError", "format_of", "read_terms"]


class UnreadableFileError(DualbioError):
    """An outside file has no known format, or is not what its name says."""


@dataclass(frozen=True)
class OutsideTerm:
    """What one place in a file says about a term; `name` is an IRI or a CURIE as written there.

    The label is None where the place shows only the identifier; `obsolete` where it says that the term is withdrawn.
    """

    name: str
    label: str | None
    obsolete: bool = False


Reader = Callable[[IO[bytes]], Iterator[OutsideTerm]]

_LABELS = frozenset({"http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2004/02/skos/core#prefLabel"})
_DEPRECATED = "http://www.w3.org/2002/07/owl#deprecated"


def read_terms(path: Path) -> Iterator[OutsideTerm]:
    """Yield every term that a file shows, in the order of the file; a term may come several times.

    Raises:
        UnreadableFileError: the format is not known, or the content does not follow it.
        MissingExtraError: the file is compressed with Zstandard and the package for it is not installed.
    """
    read = _READERS.get(format_of(path))
    if read is None:
        raise UnreadableFileError(f"no reader for files named '{path.name}'; accepted: {', '.join(sorted(_READERS))}")
    try:
        with _opened(path) as stream:
            yield from read(stream)
    except (SyntaxError, ValueError, csv.Error, OSError, EOFError, KeyError) as error:
        text = " ".join(str(error).split())[:200]
        raise UnreadableFileError(f"not {format_of(path)} as the name says: {text}") from error


def format_of(path: Path) -> str:
    """Return the last suffix of a name, compression left aside.

    >>> format_of(Path("hp.obo.gz"))
    'obo'
    """
    suffixes = [suffix.removeprefix(".").lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in ("gz", "zst"):
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        match path.suffix.lower():
            case ".gz":
                with gzip.open(raw) as stream:
                    yield cast("IO[bytes]", stream)
            case ".zst":
                zstandard = _zstandard()
                try:
                    with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
                        yield stream
                except zstandard.ZstdError as error:
                    raise ValueError(str(error)) from error
            case _:
                yield raw


def _zstandard() -> Any:
    try:
        import zstandard  # noqa: PLC0415  only needed for files compressed this way
    except ImportError as error:
        raise MissingExtraError("server", "reading a .zst file") from error
    return zstandard


def _lines(stream: IO[bytes]) -> Generator[str]:
    """Yield the lines of a stream, and leave the stream open for the one who opened it."""
    text = TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
    try:
        for line in text:  # noqa: UP028 - `yield from` would close the stream when the reader stops early
            yield line
    finally:
        text.detach()


def _read_obo(stream: IO[bytes]) -> Iterator[OutsideTerm]:
    """OBO 1.4 (https://owlcollab.github.io/oboformat/doc/obo-syntax.html): id, name, is_obsolete, alt_id, xref."""
    name, label, obsolete, stanza = "", None, False, False
    for line in _lines(stream):
        tag, _, value = line.partition(":")
        value = value.strip()
        if line.startswith("["):
            if name:
                yield OutsideTerm(name, label, obsolete)
            name, label, obsolete, stanza = "", None, False, True
        elif not stanza:
            continue
        elif tag == "id":
            name = value
        elif tag == "name":
            label = value.replace("\\", "")
        elif tag == "is_obsolete":
            obsolete = value.startswith("true")
        elif tag in ("alt_id", "xref") and value:
            yield OutsideTerm(value.split()[0], None, obsolete=tag == "alt_id")
    if name:
        yield OutsideTerm(name, label, obsolete)


def _rdf_reader(rdf_format: RdfFormat) -> Reader:
    def read(stream: IO[bytes]) -> Iterator[OutsideTerm]:
        for quad in pyoxigraph.parse(stream, rdf_format, base_iri="https://w3id.org/dualbio/outside"):
            subject, value = quad.subject, quad.object
            if not isinstance(subject, NamedNode) or not isinstance(value, Literal):
                continue
            if quad.predicate.value in _LABELS:
                if not value.language or value.language.lower().startswith("en"):
                    yield OutsideTerm(subject.value, value.value)
            elif quad.predicate.value == _DEPRECATED and value.value in ("true", "1"):
                yield OutsideTerm(subject.value, None, obsolete=True)

    return read


def _read_owl_xml(stream: IO[bytes]) -> Iterator[OutsideTerm]:
    """OWL/XML (https://www.w3.org/TR/owl2-xml-serialization/): annotation assertions with label or deprecation."""
    prefixes: dict[str, str] = {}
    # Expat of Python 3.11 refuses entity explosions; the files are ones the user chose to check against.
    for _, element in ET.iterparse(stream, events=("end",)):  # noqa: S314
        tag = element.tag.rpartition("}")[2]
        if tag == "Prefix":
            prefixes[element.get("name", "")] = element.get("IRI", "")
        elif tag == "AnnotationAssertion":
            yield from _owl_xml_assertion(element, prefixes)
        if tag in ("AnnotationAssertion", "Declaration", "SubClassOf", "EquivalentClasses"):
            element.clear()


def _owl_xml_assertion(element: ET.Element, prefixes: dict[str, str]) -> Iterator[OutsideTerm]:
    parts = list(element)
    if len(parts) != 3:
        return
    names = [_owl_xml_name(part, prefixes) for part in parts[:2]]
    value = "".join(parts[2].itertext()).strip()
    if names[0] in _LABELS and value:
        yield OutsideTerm(names[1], value)
    elif names[0] == _DEPRECATED and value == "true":
        yield OutsideTerm(names[1], None, obsolete=True)


def _owl_xml_name(element: ET.Element, prefixes: dict[str, str]) -> str:
    written = element.get("IRI") or element.get("abbreviatedIRI") or (element.text or "").strip()
    short = element.get("abbreviatedIRI") is not None or element.tag.endswith("}AbbreviatedIRI")
    prefix, _, local = written.partition(":")
    return prefixes.get(prefix, f"{prefix}:") + local if short else written


def _read_json(stream: IO[bytes]) -> Iterator[OutsideTerm]:
    """OBO Graphs (id, lbl, meta.deprecated), lists of {id, namespace, name}, and {CURIE: {label, deprecated}}."""
    terms: list[OutsideTerm] = []

    def keep(content: dict[str, Any]) -> OutsideTerm | None:
        """Note the term an object describes; hand a label without identifier up to the object around it."""
        terms.extend(
            OutsideTerm(name, inner.label, inner.obsolete)
            for name, inner in content.items()
            if isinstance(inner, OutsideTerm) and not inner.name and ":" in name
        )
        meta = content.get("meta")
        obsolete = content.get("deprecated") is True or (isinstance(meta, OutsideTerm) and meta.obsolete)
        label = next((content[key] for key in ("lbl", "name", "label") if isinstance(content.get(key), str)), None)
        name = content.get("id")
        if not isinstance(name, str):
            return OutsideTerm("", label, obsolete) if label or obsolete else None
        namespace = content.get("namespace")
        bare = ":" not in name and isinstance(namespace, str)
        terms.append(OutsideTerm(f"{namespace}:{name}" if bare else name, label, obsolete))
        return None

    json.loads(stream.read(), object_hook=keep)
    yield from terms


@dataclass(frozen=True)
class _Columns:
    """Where a table keeps identifiers: their column, the column of the label, the prefix of bare identifiers."""

    identifier: str
    label: str = ""
    prefix: str = ""


_COLUMNS: tuple[_Columns, ...] = (
    _Columns("subject_id", "subject_label"),
    _Columns("object_id", "object_label"),
    _Columns("id", "label"),
    _Columns("id", "name"),
    _Columns("curie", "label"),
    _Columns("xref"),
    _Columns("subject"),
    _Columns("hgnc id", "approved symbol", "HGNC"),
    _Columns("hgnc_id", "symbol", "HGNC"),
    _Columns("ncbi gene id(supplied by ncbi)", "approved symbol", "NCBIGene"),
    _Columns("uniprot id(supplied by uniprot)", "approved symbol", "UNIPROT"),
    _Columns("ncit_code", "short_name", "NCIT"),
    _Columns("drugbank_id", "", "DRUGBANK"),
    _Columns("unii", "display name", "UNII"),
)
_SEVERAL = re.compile(r"[|,;]\s*")


def _table_reader(delimiter: str) -> Reader:
    def read(stream: IO[bytes]) -> Iterator[OutsideTerm]:
        with closing(_lines(stream)) as lines:
            rows = csv.reader((line for line in lines if not line.startswith("#")), delimiter=delimiter)
            header = [name.strip().lower() for name in next(rows, [])]
            chosen = _chosen_columns(header)
            if not chosen:
                accepted = ", ".join(dict.fromkeys(c.identifier for c in _COLUMNS))
                raise ValueError(f"no known column of identifiers; accepted: {accepted}")
            for row in rows:
                cells = dict(zip(header, row, strict=False))
                for columns in chosen:
                    yield from _row_terms(cells, columns)

    return read


def _chosen_columns(header: Container[str]) -> list[_Columns]:
    """Return the columns to read; an identifier without its label column still shows that the term exists."""
    present = [c for c in _COLUMNS if c.identifier in header]
    chosen = [c for c in present if not c.label or c.label in header]
    labelled = {c.identifier for c in chosen}
    bare = {c.identifier: replace(c, label="") for c in present if c.identifier not in labelled}
    return [*chosen, *bare.values()]


def _row_terms(cells: dict[str, str], columns: _Columns) -> Iterator[OutsideTerm]:
    label = cells.get(columns.label) or None
    prefix = columns.prefix or cells.get("namespace", "")
    for name in _SEVERAL.split(cells.get(columns.identifier, "")):
        if ":" in name or (name and prefix):
            yield OutsideTerm(name if ":" in name else f"{prefix}:{name}", label)


def _read_xml(stream: IO[bytes]) -> Iterator[OutsideTerm]:
    """RDF/XML, or OWL/XML when the root element is `Ontology`: both are found under the name `.owl`."""
    start = stream.read(4096)
    joined = cast("IO[bytes]", _Joined(start, stream))
    if b"<Ontology" in start:
        yield from _read_owl_xml(joined)
    else:
        yield from _rdf_reader(RdfFormat.RDF_XML)(joined)


class _Joined:
    """A stream with its first bytes put back, for compressed streams cannot go back."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = BytesIO(start)
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, first those put back; all that is left when negative."""
        if size < 0:
            return self._start.read() + self._rest.read()
        return self._start.read(size) or self._rest.read(size)


_READERS: dict[str, Reader] = {
    "obo": _read_obo,
    "owl": _read_xml,
    "rdf": _read_xml,
    "xml": _read_xml,
    "owx": _read_owl_xml,
    "ttl": _rdf_reader(RdfFormat.TURTLE),
    "nt": _rdf_reader(RdfFormat.N_TRIPLES),
    "nq": _rdf_reader(RdfFormat.N_QUADS),
    "trig": _rdf_reader(RdfFormat.TRIG),
    "jsonld": _rdf_reader(RdfFormat.JSON_LD),
    "json": _read_json,
    "tsv": _table_reader("\t"),
    "txt": _table_reader("\t"),
    "csv": _table_reader(","),
}
