"""A release for archives and for machine learning: RO-Crate 1.1 and Croissant 1.0 descriptions, and the crate itself.

crate/ro-crate-metadata.json   what is in the folder, for repositories (https://w3id.org/ro/crate/1.1)
      croissant.json           the tables with their columns (http://mlcommons.org/croissant/1.0)
      manifest.json            counts and SHA-256 of the release
      dualbio.nq.gz …          dumps
      tables/…                 one table per kind, CSV and Parquet
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from dualbio.errors import MissingExtraError, NotFoundError
from dualbio.export.packages.catalogue import ABOUT
from dualbio.export.packages.files import (
    PARTS,
    dump_files,
    dump_names,
    find_dump,
    known_sum,
    loaded_release,
    made_dump,
    table_names,
    whole_names,
)
from dualbio.export.packages.prefix_records import prefix_records
from dualbio.export.rdf.dump import open_beside
from dualbio.export.tables.columns import SEPARATOR, Column
from dualbio.export.tables.rows import Table, read_tables
from dualbio.model.namespaces import BASE, LICENCE, term
from dualbio.release.folder import Release, open_release

__all__ = ["DESCRIPTIONS", "croissant", "description_file", "ro_crate", "write_crate"]

#: Names of the descriptions, with their media types.
DESCRIPTIONS = {
    "croissant.json": "application/ld+json",
    "ro-crate-metadata.json": "application/ld+json",
    "bioregistry.json": "application/json",
}


#: The context that Croissant 1.0 prescribes.
_CROISSANT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            *(
                "citeAs",
                "column",
                "equivalentProperty",
                "extract",
                "field",
                "fileObject",
                "fileProperty",
                "fileSet",
                "format",
                "includes",
            ),
            *(
                "isLiveDataset",
                "jsonPath",
                "key",
                "md5",
                "parentField",
                "path",
                "recordSet",
                "references",
                "regex",
                "samplingRate",
            ),
            *("repeated", "replace", "separator", "source", "subField", "transform"),
        )
    },
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}
_DATATYPES = {"integer": "sc:Integer", "decimal": "sc:Float", "boolean": "sc:Boolean", "string": "sc:Text"}


@dataclass(frozen=True)
class _File:
    """A file of the release, under the name that it has below its address."""

    name: str
    path: Path
    media_type: str

    @property
    def described(self) -> dict[str, Any]:
        return {"encodingFormat": self.media_type, "contentSize": str(self.path.stat().st_size)}


def ro_crate(release: Release, files: Sequence[_File]) -> dict[str, Any]:
    """Return the RO-Crate description of `files`."""
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"dualbio {release.id}",
        "description": ABOUT,
        "identifier": f"{BASE}data/{release.id}/",
        "version": release.version,
        "license": {"@id": LICENCE},
        "datePublished": _published(release),
        "hasPart": [{"@id": file.name} for file in files],
    }
    head = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    licence = {"@id": LICENCE, "@type": "CreativeWork", "name": "Creative Commons Attribution 4.0 International"}
    parts = [{"@id": file.name, "@type": "File", "name": file.name, **file.described} for file in files]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [head, root, licence, *parts]}


def croissant(release: Release, tables: Sequence[Table], files: Sequence[_File]) -> dict[str, Any]:
    """Return the Croissant description of the tables; `files` are their CSV files."""
    sums = {file.name: file for file in files}
    base = f"{BASE}data/{release.id}/"
    described: dict[str, Any] = {
        "@context": _CROISSANT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "dualbio",
        "description": ABOUT,
        "url": BASE,
        "license": LICENCE,
        "citeAs": f"dualbio contributors. dualbio, release {release.id}. {BASE}",
        "version": release.version,
        "distribution": [],
        "recordSet": [_record_set(table) for table in tables],
    }
    described["datePublished"] = _published(release)[:10]
    for table in tables:
        file = sums[f"tables/{table.name}.csv"]
        described["distribution"].append(
            {
                "@type": "cr:FileObject",
                "@id": f"{table.name}.csv",
                "name": f"{table.name}.csv",
                "contentUrl": base + file.name,
                "contentSize": f"{file.path.stat().st_size} B",
                "encodingFormat": "text/csv",
                "sha256": known_sum(file.path),
            }
        )
    return described


def _record_set(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "key": {"@id": f"{table.name}/id"},
        "field": [_field(table, column) for column in table.columns],
    }


def _field(table: Table, column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table.name}/{column.name}",
        "name": column.name,
        "description": table.meaning(column) or table.label(column),
        "dataType": _DATATYPES["string" if column.many else column.datatype],
        "source": {"fileObject": {"@id": f"{table.name}.csv"}, "extract": {"column": column.name}},
    }
    if column.many:
        told["description"] += f" Several values are separated by {SEPARATOR}"
    return told


def _published(release: Release) -> str:
    """Return when the data were last worked on, so that two builds agree; when they were built if nothing tells."""
    file = release.graphs / "provenance.nq"
    for quad in ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS) if file.is_file() else ():
        if quad.predicate == term("dcterms:modified") and isinstance(quad.object, ox.Literal):
            return quad.object.value
    return str(release.manifest.get("built", ""))


# --- files ------------------------------------------------------------------------------------------------------------


def description_file(folder: Path, name: str) -> Path:
    """Return the file of a description of the release in `folder`, one of `DESCRIPTIONS`; it is made when it is wanted.

    Raises:
        NotFoundError: there is no such description.
    """
    if name not in DESCRIPTIONS:
        raise NotFoundError(f"no description '{name}'; accepted: {', '.join(DESCRIPTIONS)}")
    made = made_dump(folder, name)
    if made:
        return made
    tables = list(_files(folder, table_names("csv")))
    target = tables[0].path.parent.parent / name
    release = open_release(folder, verify=False)
    if name == "ro-crate-metadata.json":
        found = ro_crate(release, [*_files(folder, [*dump_names(), *PARTS]), *tables])
    else:
        store = loaded_release(folder)
        found = croissant(release, read_tables(store), tables) if name == "croissant.json" else prefix_records(store)
    _write_json(target, found)
    return target


def write_crate(folder: Path, out: Path) -> None:
    """Write the release in `folder` as an RO-Crate into the folder `out`: dumps, tables and both descriptions.

    Raises:
        MissingExtraError: the package for Parquet is not installed.
    """
    if find_spec("pyarrow") is None:  # which is told before the dumps are made, not after
        raise MissingExtraError("analysis", "Parquet")
    release = open_release(folder, verify=False)
    manifest = _File("manifest.json", folder / "manifest.json", "application/json")
    croissant_file = "croissant.json", description_file(folder, "croissant.json"), DESCRIPTIONS["croissant.json"]
    files = [manifest, *_files(folder, whole_names()), _File(*croissant_file)]
    for file in files:
        (out / file.name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, out / file.name)
    _write_json(out / "ro-crate-metadata.json", ro_crate(release, files))


def _files(folder: Path, names: Iterable[str]) -> Iterator[_File]:
    names = list(names)
    for name, file in zip(names, dump_files(folder, names), strict=True):
        yield _File(name, file, find_dump(folder, name).media_type.partition(";")[0])


def _write_json(file: Path, value: dict[str, Any]) -> None:
    with open_beside(file) as stream:
        stream.write(json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n")
