"""The dump files of a release: generated on demand, kept in its folder `dumps`, never changed afterwards.

dualbio.nq.gz, dualbio.ttl.zst …       the whole data set
graphs/study/bliss-believe.trig.gz …   one named graph
ontology.owl, mappings.sssom.tsv …     parts in the format that their users expect
tables/studies.csv …                   one table per kind
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import BinaryIO, cast
from weakref import WeakValueDictionary

from dualbio.errors import MissingExtraError, NotFoundError, ReleaseError, did_you_mean
from dualbio.export.rdf.dump import DUMP_FORMATS, dump_format, export, export_quads, open_beside
from dualbio.export.rdf.graphs import graph_files
from dualbio.export.tables.columns import TABLES
from dualbio.export.tables.files import METADATA, write_tables
from dualbio.export.tables.rows import read_tables
from dualbio.release.folder import graph_paths, open_release, sha256_of
from dualbio.sparql.formats import Format
from dualbio.store.embedded import EmbeddedStore

__all__ = [
    "CODINGS",
    "PARTS",
    "DumpFile",
    "ReleasePart",
    "dump_file",
    "dump_files",
    "dump_names",
    "find_dump",
    "holding_release",
    "known_sum",
    "loaded_release",
    "made_dump",
    "table_names",
    "whole_names",
]

#: File endings of compressed dumps, with their media types; the plain file has none.
CODINGS = {"gz": "application/gzip", "zst": "application/zstd"}

#: File endings of tables and of what describes them, with their media types.
TABLE_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "csv-metadata.json": "application/csvm+json",
    "datapackage.json": "application/vnd.datapackage+json",
}

_WHOLE = "dualbio"


#: Releases in memory that somebody holds, by their folders.
_LOADED: WeakValueDictionary[Path, EmbeddedStore] = WeakValueDictionary()


def loaded_release(folder: Path) -> EmbeddedStore:
    """Return a release in memory; as long as one holds it who makes many files, it is not loaded for each of them."""
    store = _LOADED.get(folder)
    if store is None:
        store = _LOADED[folder] = EmbeddedStore.in_memory(graph_paths(folder))
    return store


@dataclass(frozen=True)
class ReleasePart:
    """A part of a release as one document: what it is, its media type, and what writes it."""

    title: str
    media_type: str
    write: Callable[[Path, BinaryIO], None]


# What writes a part is imported when the part is made: once made, it is read like any file.


def _write_nanopubs(release: Path, out: BinaryIO) -> None:
    from dualbio.export.rdf.nanopubs import nanopub_quads  # noqa: PLC0415 - see above

    export_quads(list(nanopub_quads(loaded_release(release))), dump_format("trig"), out)


def _write_mappings(release: Path, out: BinaryIO) -> None:
    from dualbio.export.rdf.sssom import write_sssom  # noqa: PLC0415 - see above

    found = open_release(release, verify=False)
    write_sssom(loaded_release(release), found.id, found.version, out)


def _write_fhir(release: Path, out: BinaryIO) -> None:
    from dualbio.export.evidence.fhir import write_fhir  # noqa: PLC0415 - see above
    from dualbio.export.evidence.findings import read_findings  # noqa: PLC0415 - see above

    found = open_release(release, verify=False)
    write_fhir(read_findings(loaded_release(release)), found.id, out)


def _write_pico(release: Path, out: BinaryIO) -> None:
    from dualbio.export.evidence.findings import read_findings  # noqa: PLC0415 - see above
    from dualbio.export.evidence.pico import write_pico  # noqa: PLC0415 - see above

    write_pico(read_findings(loaded_release(release)), out)


#: Documents beside the dumps of graphs, by name; each can be had compressed as well.
PARTS: dict[str, ReleasePart] = {
    "ontology.owl": ReleasePart(
        "the ontology, in RDF/XML",
        "application/rdf+xml",
        lambda release, out: export(release, "rdf", graph="ontology", out=out),
    ),
    "ontology.ttl": ReleasePart(
        "the ontology, in Turtle",
        "text/turtle; charset=utf-8",
        lambda release, out: export(release, "ttl", graph="ontology", out=out),
    ),
    "mappings.sssom.tsv": ReleasePart(
        "mappings to outside vocabularies, in SSSOM", "text/tab-separated-values; charset=utf-8", _write_mappings
    ),
    "nanopubs.trig": ReleasePart(
        "a nanopublication per comparison, in TriG", "application/trig; charset=utf-8", _write_nanopubs
    ),
    "evidence.fhir.json": ReleasePart(
        "contrasts and pools as FHIR R5 (EBMonFHIR)", "application/fhir+json; charset=utf-8", _write_fhir
    ),
    "contrasts.pico.ttl": ReleasePart(
        "contrasts in the PICO ontology of Cochrane", "text/turtle; charset=utf-8", _write_pico
    ),
}


@dataclass(frozen=True)
class DumpFile:
    """A dump: its name, the graph in it (None for all), its format (None for a table or part), its coding."""

    name: str
    graph: str | None
    format: Format | None
    coding: str
    part: ReleasePart | None = None

    @property
    def media_type(self) -> str:
        """The media type of the file as it is."""
        if self.coding:
            return CODINGS[self.coding]
        if self.part:
            return self.part.media_type
        leaf = self.name.rpartition("/")[2]
        return (
            self.format.content_type if self.format else TABLE_TYPES.get(leaf) or TABLE_TYPES[leaf.rpartition(".")[2]]
        )


def dump_names(graph: str | None = None, *, coding: str = "gz") -> Iterator[str]:
    """Yield the names of the dumps of a graph, or of the whole data set, one per format."""
    stem = f"graphs/{graph}" if graph else _WHOLE
    for form in DUMP_FORMATS:
        yield f"{stem}.{form.extension}" + (f".{coding}" if coding else "")


def table_names(form: str) -> tuple[str, ...]:
    """Return the names of the tables as `csv`, with what describes them, or as `parquet`."""
    tables = tuple(f"tables/{name}.{form}" for name in TABLES.values())
    return (*tables, *(f"tables/{name}" for name in METADATA)) if form == "csv" else tables


def whole_names(*, parquet: bool = True) -> tuple[str, ...]:
    """Return the names of the files that hold a release as a whole: dumps, parts, and tables in each form."""
    return (*dump_names(), *PARTS, *table_names("csv"), *(table_names("parquet") if parquet else ()))


def find_dump(release: Path, name: str) -> DumpFile:
    """Return the dump of the release in the folder `release` that is called `name`.

    Raises:
        NotFoundError: there can be none of that name; the message lists the accepted ones.
    """
    if name.startswith("tables/"):
        return _find_table(name)
    stem, coding = name, ""
    if name.rpartition(".")[2] in CODINGS:
        stem, _, coding = name.rpartition(".")
    if stem in PARTS:
        return DumpFile(name, None, None, coding, PARTS[stem])
    stem, _, extension = stem.rpartition(".")
    form = next((each for each in DUMP_FORMATS if each.extension == extension), None)
    if form is not None and stem == _WHOLE:
        return DumpFile(name, None, form, coding)
    graph = stem.removeprefix("graphs/")
    graphs = [each.name for each in graph_files(release)]
    if form is None or graph == stem or graph not in graphs:
        names = [*dump_names(coding=coding), *PARTS, *(f"graphs/{each}.{extension or 'nq'}" for each in graphs)]
        extensions = ", ".join(each.extension for each in DUMP_FORMATS)
        raise NotFoundError(
            f"no dump '{name}'; accepted: {', '.join(PARTS)}, and dualbio or graphs/<name> with one of {extensions}; "
            f"then nothing, .gz or .zst{did_you_mean(name, names)}"
        )
    return DumpFile(name, graph, form, coding)


def _find_table(name: str) -> DumpFile:
    accepted = [*table_names("csv"), *table_names("parquet")]
    if name not in accepted:
        raise NotFoundError(f"no table '{name}'; accepted: {', '.join(accepted)}{did_you_mean(name, accepted)}")
    return DumpFile(name, None, None, "")


def dump_file(release: Path, dump: DumpFile) -> Path:
    """Return the file of a dump; it is made if it is not there yet, whole and in one step.

    Where the folder of the release cannot be written, the file is made in a folder of this process.

    Raises:
        ExportError: the format cannot hold the data.
        MissingExtraError: `.zst` without the package zstandard, Parquet without pyarrow.
        ReleaseError: there is no place to write to.
    """
    made = made_dump(release, dump.name)
    if made:
        return made
    places = _places(release)
    with _lock(release, "tables" if dump.name.startswith("tables/") else dump.name):
        for place in places:
            target = place / dump.name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.is_file():
                    _make(release, dump, place)
            except OSError:
                continue
            return target
    raise ReleaseError(f"{places[0]}: dumps cannot be written; repair: give this process the right to, or free space")


def dump_files(release: Path, names: Iterable[str]) -> Iterator[Path]:
    """Yield the files of dumps, as `dump_file` does; for those that have to be made the release is loaded once."""
    names = list(names)
    with holding_release(release, names):
        for name in names:
            yield dump_file(release, find_dump(release, name))


@contextmanager
def holding_release(release: Path, names: Iterable[str]) -> Iterator[None]:
    """Keep a release in memory while files of it are made, unless all of `names` have been made."""
    held = None if all(made_dump(release, name) for name in names) else loaded_release(release)
    yield
    del held


def made_dump(release: Path, name: str) -> Path | None:
    """Return the file of a dump if it has been made, else None."""
    return next((place / name for place in _places(release) if (place / name).is_file()), None)


def _places(release: Path) -> tuple[Path, Path]:
    return release / "dumps", _own_folder(release)


def known_sum(file: Path) -> str:
    """Return the SHA-256 of a dump; it is kept beside the file, for dumps never change."""
    kept = file.with_name(f"{file.name}.sha256")
    try:
        return kept.read_text(encoding="ascii")[:64]
    except OSError:
        digest = _sum(file, file.stat().st_mtime_ns)
    with suppress(OSError), open_beside(kept) as stream:  # a release that may only be read is summed by each process
        stream.write(f"{digest}  {file.name}\n".encode())
    return digest


@lru_cache(maxsize=1024)
def _sum(file: Path, _modified: int) -> str:
    return sha256_of(file)


def _make(release: Path, dump: DumpFile, place: Path) -> None:
    if dump.name.startswith("tables/"):
        form = "parquet" if dump.name.endswith(".parquet") else "csv"
        write_tables(read_tables(loaded_release(release)), place / "tables", form)
        return
    with open_beside(place / dump.name) as stream, _coded(stream, dump.coding) as coded:
        if dump.part:
            dump.part.write(release, coded)
        else:
            assert dump.format is not None
            export(release, dump.format.extension, graph=dump.graph, out=coded)


@contextmanager
def _coded(stream: BinaryIO, coding: str) -> Iterator[BinaryIO]:
    """Wrap a stream so that it is compressed; equal input gives equal bytes."""
    if coding == "gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6) as inner:
            yield cast(BinaryIO, inner)
    elif coding == "zst":
        try:
            import zstandard  # noqa: PLC0415 - part of an extra
        except ImportError as error:
            raise MissingExtraError("server", "a dump in .zst") from error
        with zstandard.ZstdCompressor(level=9).stream_writer(stream, closefd=False) as writer:
            yield cast(BinaryIO, writer)
    else:
        yield stream


@cache
def _own_folder(release: Path) -> Path:
    """Return a temporary folder of this process for one release; its name says which."""
    digest = hashlib.sha256(str(release).encode()).hexdigest()[:8]
    folder = tempfile.TemporaryDirectory(prefix=f"dualbio-dumps-{digest}-")
    _FOLDERS.append(folder)
    return Path(folder.name)


#: Kept so that the folders live as long as the process.
_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


@cache
def _lock(release: Path, name: str) -> threading.Lock:
    """Return the lock under which one dump is made; two processes at most make the same bytes twice."""
    del release, name
    return threading.Lock()
