"""The dump files of a release: made when they are first wanted, kept in its folder `dumps`, never changed after.

dualbio.nq.gz, dualbio.ttl.zst …       the whole data set
graphs/study/bliss-believe.trig.gz …   one named graph
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

from dualbio.errors import MissingExtraError, NotFoundError, ReleaseError, did_you_mean
from dualbio.export.dump import DUMP_FORMATS, export, open_beside
from dualbio.export.graphs import graph_files
from dualbio.export.tables import TABLES, read_tables, write_tables
from dualbio.formats import Format
from dualbio.release import sha256_of
from dualbio.store.embedded import EmbeddedStore

__all__ = ["CODINGS", "Dump", "dump_file", "dump_names", "find_dump", "known_sum", "table_names"]

#: File endings of compressed dumps, with their media types; the plain file has none.
CODINGS = {"gz": "application/gzip", "zst": "application/zstd"}

#: File endings of tables and of what describes them, with their media types.
TABLE_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/csvm+json",
}

_WHOLE = "dualbio"
_METADATA = "tables/csv-metadata.json"


@dataclass(frozen=True)
class Dump:
    """A dump: its name, the graph in it (None for all), its format (None for a table), its coding (empty for none)."""

    name: str
    graph: str | None
    format: Format | None
    coding: str

    @property
    def media_type(self) -> str:
        """The media type of the file as it is."""
        if self.format is None:
            return TABLE_TYPES[self.name.rpartition(".")[2]]
        return CODINGS.get(self.coding, self.format.content_type)


def dump_names(graph: str | None = None, *, coding: str = "gz") -> Iterator[str]:
    """Yield the names of the dumps of a graph, or of the whole data set, one per format."""
    stem = f"graphs/{graph}" if graph else _WHOLE
    for form in DUMP_FORMATS:
        yield f"{stem}.{form.extension}" + (f".{coding}" if coding else "")


def find_dump(release: Path, name: str) -> Dump:
    """Return the dump of the release in the folder `release` that is called `name`.

    Raises:
        NotFoundError: there can be none of that name; the message says which there are.
    """
    if name.startswith("tables/"):
        return _find_table(name)
    stem, coding = name, ""
    if name.rpartition(".")[2] in CODINGS:
        stem, _, coding = name.rpartition(".")
    stem, _, extension = stem.rpartition(".")
    form = next((each for each in DUMP_FORMATS if each.extension == extension), None)
    graph = stem.removeprefix("graphs/")
    graphs = [each.name for each in graph_files(release)]
    if form is None or (stem != _WHOLE and (graph == stem or graph not in graphs)):
        names = [*dump_names(coding=coding), *(f"graphs/{each}.{extension or 'nq'}" for each in graphs)]
        extensions = ", ".join(each.extension for each in DUMP_FORMATS)
        raise NotFoundError(
            f"no dump '{name}'; accepted: dualbio or graphs/<name>, then one of {extensions}, "
            f"then nothing, .gz or .zst{did_you_mean(name, names)}"
        )
    return Dump(name, None if stem == _WHOLE else graph, form, coding)


def table_names(form: str) -> tuple[str, ...]:
    """Return the names of the tables as `csv` or `parquet`."""
    return tuple(f"tables/{name}.{form}" for name in TABLES.values())


def _find_table(name: str) -> Dump:
    accepted = [*table_names("csv"), *table_names("parquet"), _METADATA]
    if name not in accepted:
        raise NotFoundError(f"no table '{name}'; accepted: {', '.join(accepted)}{did_you_mean(name, accepted)}")
    return Dump(name, None, None, "")


def dump_file(release: Path, dump: Dump) -> Path:
    """Return the file of a dump; it is made if it is not there yet, whole and in one step.

    Where the folder of the release cannot be written, the file is made in a folder of this process.

    Raises:
        ExportError: the format cannot hold the data.
        MissingExtraError: `.zst` without the package zstandard, Parquet without pyarrow.
        NotFoundError: a table of a kind that the release does not have.
        ReleaseError: there is no place to write to.
    """
    places = (release / "dumps", _own_folder(release))
    for place in places:
        if (place / dump.name).is_file():
            return place / dump.name
    with _lock(release, dump.name if dump.format else "tables"):
        for place in places:
            target = place / dump.name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.is_file():
                    _make(release, dump, place)
            except OSError:
                continue
            if not target.is_file():
                raise NotFoundError(f"this release has no table '{dump.name}'")
            return target
    raise ReleaseError(f"{places[0]}: dumps cannot be written; repair: give this process the right to, or free space")


def known_sum(file: Path) -> str:
    """Return the SHA-256 of a dump; it is kept beside the file, for dumps never change."""
    kept = file.with_name(f"{file.name}.sha256")
    try:
        return kept.read_text(encoding="ascii")[:64]
    except OSError:
        digest = sha256_of(file)
    with open_beside(kept) as stream:
        stream.write(f"{digest}  {file.name}\n".encode())
    return digest


def _make(release: Path, dump: Dump, place: Path) -> None:
    if dump.format is None:
        form = "parquet" if dump.name.endswith(".parquet") else "csv"
        done = place / "tables" / f".{form}-made"  # a table that is missing then is one that the release does not have
        if not done.exists():
            write_tables(read_tables(EmbeddedStore.in_memory(release / "graphs")), place / "tables", form)
            done.touch()
        return
    with open_beside(place / dump.name) as stream, _coded(stream, dump.coding) as coded:
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
    """Return a temporary folder of this process for one release; its name tells which."""
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
