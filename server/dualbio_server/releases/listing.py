"""The list of files of a release: for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from flask import Response, request, url_for

from dualbio.export import DUMP_FORMATS
from dualbio.export.packages.crate import DESCRIPTIONS
from dualbio.export.packages.files import CODINGS, PARTS, dump_names, find_dump, known_sum, made_dump, whole_names
from dualbio.export.rdf.graphs import graph_files
from dualbio.export.tables.columns import TABLES
from dualbio.model.namespaces import LICENCE
from dualbio.release.folder import Release, previous_release
from dualbio_server.entities.documents import page
from dualbio_server.http.links import host_url, unpinned_root
from dualbio_server.releases.dataset import dataset_script
from dualbio_server.service import Service, current_service

__all__ = ["DumpGroup", "ListingEntry", "has_parquet", "listing_json", "listing_page", "whole_files"]


@dataclass(frozen=True)
class ListingEntry:
    """A file in a listing: size and SHA-256 once it has been made."""

    name: str
    href: str
    bytes: int | None
    sha256: str | None


@dataclass(frozen=True)
class DumpGroup:
    """The dumps of one graph, or of the whole data set (`graph` is empty), with its number of triples."""

    graph: str
    triples: int | None
    dumps: tuple[ListingEntry, ...]

    @property
    def of_study(self) -> bool:
        """Whether the graph is that of one study."""
        return self.graph.startswith("study/")


def has_parquet() -> bool:
    """Return whether this service can make tables in Parquet."""
    return find_spec("pyarrow") is not None


def listing_page(release: Release, kept: Sequence[Release], *, whole: bool) -> Response:
    """Return the page about a release; with `whole` it also lists all releases that are `kept`, the newest first."""
    before = previous_release(release, kept)
    return page(
        "data.html",
        title="Data",
        manifest=release.manifest,
        data=release,
        built=release.built,
        groups=_groups(release),
        formats=DUMP_FORMATS,
        parts=[(_entry(release, name), part.title) for name, part in PARTS.items()],
        tables=[list(_table(release, name)) for name in TABLES.values()],
        before=before.id if before else None,
        others=list(zip(kept, [*(each.id for each in kept[1:]), None], strict=True)) if whole else [],
        top=unpinned_root(),
        dataset=dataset_script(release),
    )


def listing_json(release: Release, kept: Sequence[Release]) -> dict[str, Any]:
    """Return the listing as plain data; a file that has not been made yet has neither size nor SHA-256."""
    dumps = [
        {**_entry_json(entry), **({"graph": group.graph} if group.graph else {}), **_count(group.triples)}
        for group in _groups(release)
        for entry in group.dumps
    ]
    tables = [entry for name in TABLES.values() for _, entry in _table(release, name)]
    return {
        "release": release.id,
        "version": release.version,
        "built": release.manifest.get("built"),
        "license": LICENCE,
        "manifest": _address(release, "manifest.json"),
        "files": _address(release, "files.json"),
        "releases": [each.id for each in kept],
        "formats": {form.extension: form.media_type for form in DUMP_FORMATS},
        "codings": ["", *CODINGS],
        "dumps": dumps,
        "parts": [_entry_json(_entry(release, name)) for name in PARTS],
        "tables": [_entry_json(entry)["url"] for entry in tables],
        "descriptions": [_address(release, name) for name in ("tables/csv-metadata.json", *DESCRIPTIONS)],
    }


def whole_files(release: Release) -> list[dict[str, Any]]:
    """Return name, address, media type, size and SHA-256 of each file of the whole data set that has been made."""
    found = []
    for name in whole_names(parquet=has_parquet()):
        entry = _entry(release, name)
        if entry.sha256:
            found.append({**_entry_json(entry), "mediaType": find_dump(release.folder, name).media_type})
    return found


def _address(release: Release, name: str) -> str:
    return host_url() + f"/data/{release.id}/{name}"


def _entry_json(entry: ListingEntry) -> dict[str, Any]:
    told = {"name": entry.name, "url": entry.href, "bytes": entry.bytes, "sha256": entry.sha256}
    told["url"] = host_url() + "/data/" + entry.href.partition("/data/")[2]
    return {name: value for name, value in told.items() if value is not None}


def _count(triples: int | None) -> dict[str, int]:
    return {} if triples is None else {"triples": triples}


def _groups(release: Release) -> list[DumpGroup]:
    counts = release.manifest.get("graphs", {})
    names = [None, *(graph.name for graph in graph_files(release.folder))]
    names.sort(key=lambda each: (each is not None, "/" in (each or ""), each or ""))
    return [
        DumpGroup(
            graph or "",
            release.manifest.get("triples") if graph is None else counts.get(graph),
            tuple(_entry(release, name) for name in dump_names(graph)),
        )
        for graph in names
    ]


def _table(release: Release, name: str) -> Iterator[tuple[str, ListingEntry]]:
    for ending in ("csv", "parquet") if has_parquet() else ("csv",):
        yield ending, _entry(release, f"tables/{name}.{ending}")


def _made_files(_: Service) -> dict[tuple[str, str, str], ListingEntry]:
    """Return room for the files that were made, by the place of the service, release and name."""
    return {}


def _entry(release: Release, name: str) -> ListingEntry:
    """Return a file of a release; one that was made never changes, and is looked at no more."""
    kept = current_service().part(_made_files)
    asked = request.script_root, release.id, name
    entry = kept.get(asked)
    if entry is None:
        made = made_dump(release.folder, name)
        size, digest = (made.stat().st_size, known_sum(made)) if made else (None, None)
        entry = ListingEntry(name, url_for("data.dump", release=release.id, name=name), size, digest)
        if made:
            kept[asked] = entry
    return entry
