"""Routes at `/data/`: the dumps of every release at addresses that never change, with sizes, counts and SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, send_file, url_for

from dualbio.errors import MissingExtraError, NotFoundError, ReleaseError, did_you_mean
from dualbio.export import DUMP_FORMATS
from dualbio.export.crate import DESCRIPTIONS, description_file
from dualbio.export.files import CODINGS, dump_file, dump_names, find_dump, known_sum
from dualbio.export.graphs import graph_files
from dualbio.formats import HTML, RESULT_FORMATS, choose_format
from dualbio.release import Release, open_release
from dualbio_server.context import current_service
from dualbio_server.documents import page
from dualbio_server.feed import atom_feed, json_feed
from dualbio_server.links import LICENCE, link_header
from dualbio_server.problems import ProblemError

__all__ = ["blueprint"]

blueprint = Blueprint("data", __name__)

_FOREVER = "public, max-age=31536000, immutable"
#: A listing is JSON or a page; the table of formats knows JSON by one of its media types.
_LISTINGS = (RESULT_FORMATS[0], HTML)


@dataclass(frozen=True)
class Entry:
    """A dump in a listing: size and SHA-256 once the file has been made."""

    name: str
    href: str
    bytes: int | None
    sha256: str | None


@dataclass(frozen=True)
class Group:
    """The dumps of one graph, or of the whole data set (`graph` is empty), with its number of triples."""

    graph: str
    triples: int | None
    dumps: tuple[Entry, ...]


@blueprint.get("/data/")
def index() -> Response:
    """List the releases, and the dumps of the one that is served."""
    return _listing(_current(), whole=True)


@blueprint.get("/data/feed.atom")
def atom() -> Response:
    """Give the releases as Atom, the newest first."""
    return atom_feed([_release(name) for name in _kept()])


@blueprint.get("/data/feed.json")
def feed() -> Response:
    """Give the releases as JSON Feed, the newest first."""
    return json_feed([_release(name) for name in _kept()])


@blueprint.get("/data/<release>/")
def of_release(release: str) -> Response:
    """List the dumps of a release."""
    found = _release(release)
    if release == "latest":
        return _to(url_for(".of_release", release=found.id))
    return _listing(found, whole=False)


@blueprint.get("/data/<release>/<path:name>")
def dump(release: str, name: str) -> Response:
    """Send a dump, or the manifest; a part of it when `Range` asks so."""
    found = _release(release)
    if release == "latest":
        return _to(url_for(".dump", release=found.id, name=name))
    if name == "manifest.json":
        return _send(found, found.folder / name, "application/json")
    if name == "SHA256SUMS":
        return _sums(found)
    try:
        if name in DESCRIPTIONS:
            return _send(found, description_file(found.folder, name), DESCRIPTIONS[name])
        wanted = find_dump(found.folder, name)
        response = _send(found, dump_file(found.folder, wanted), wanted.media_type)
    except NotFoundError as error:
        raise ProblemError(404, "not-found", str(error)) from error
    except MissingExtraError as error:
        raise ProblemError(501, "not-installed", str(error)) from error
    if wanted.format and wanted.coding:
        leaf = f"dualbio-{found.id}" if wanted.graph is None else Path(name).name.partition(".")[0]
        ending = f"{wanted.format.extension}.{wanted.coding}"
        response.headers["Content-Disposition"] = f'attachment; filename="{leaf}.{ending}"'
    return response


# --- releases ---------------------------------------------------------------------------------------------------------


def _current() -> Release:
    return open_release(current_service().release.folder, verify=False)


def _kept() -> list[str]:
    """Return the names of all releases that are kept, the newest first."""
    folder = current_service().release.folder.parent
    manifests = [each for each in folder.glob("*/manifest.json") if not each.parent.name.startswith(".")]
    found = {each.parent.resolve() for each in manifests}
    return [
        each.name for each in sorted(found, key=lambda each: (each / "manifest.json").stat().st_mtime, reverse=True)
    ]


def _release(name: str) -> Release:
    if name == "latest":
        return _current()
    known = _kept()
    if name in known:
        try:
            return open_release(current_service().release.folder.parent / name, verify=False)
        except ReleaseError as error:
            raise ProblemError(404, "not-found", f"release '{name}' is not whole here") from error
    raise ProblemError(
        404,
        "not-found",
        f"no release '{name[:100]}' is kept here; accepted: latest, {', '.join(known)}" + did_you_mean(name, known),
    )


def _to(place: str) -> Response:
    """Send the client to where `latest` is now; that is not for keeping."""
    response = redirect(place, 307)
    assert isinstance(response, Response)
    response.headers["Cache-Control"] = "no-cache"
    return response


# --- listings ---------------------------------------------------------------------------------------------------------


def _listing(release: Release, *, whole: bool) -> Response:
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), _LISTINGS)
    groups = _groups(release)
    if offer.format is not HTML:
        return _as_json(release, groups)
    return page(
        "data.html",
        title="Data",
        manifest=release.manifest,
        data=release,
        built=release.built,
        groups=groups,
        formats=DUMP_FORMATS,
        tables=table_files(release),
        others=_kept() if whole else [],
    )


def _groups(release: Release) -> list[Group]:
    counts = release.manifest.get("graphs", {})
    names = [None, *(graph.name for graph in graph_files(release.folder))]
    names.sort(key=lambda each: (each is not None, "/" in (each or ""), each or ""))
    return [
        Group(
            graph or "",
            release.manifest.get("triples") if graph is None else counts.get(graph),
            tuple(_entry(release, name) for name in dump_names(graph)),
        )
        for graph in names
    ]


def table_files(release: Release) -> list[dict[str, str]]:
    """Return the addresses of each table that the release has, by file ending; tables are made for it if need be."""
    made = dump_file(release.folder, find_dump(release.folder, "tables/csv-metadata.json"))
    endings = ("csv", "parquet") if find_spec("pyarrow") else ("csv",)
    return [
        {each: url_for(".dump", release=release.id, name=f"tables/{file.stem}.{each}") for each in endings}
        for file in sorted(made.parent.glob("[!.]*.csv"))
    ]


def _entry(release: Release, name: str) -> Entry:
    file = release.folder / "dumps" / name
    made = file.is_file()
    return Entry(
        name,
        url_for(".dump", release=release.id, name=name),
        file.stat().st_size if made else None,
        known_sum(file) if made else None,
    )


def _as_json(release: Release, groups: list[Group]) -> Response:
    root = request.host_url.rstrip("/")
    dumps: list[dict[str, Any]] = []
    for group in groups:
        for each in group.dumps:
            told = {"graph": group.graph or None, "triples": group.triples, "bytes": each.bytes, "sha256": each.sha256}
            dumps.append(
                {"name": each.name, "url": root + each.href, **{k: v for k, v in told.items() if v is not None}}
            )
    return jsonify(
        {
            "release": release.id,
            "version": release.version,
            "built": release.manifest.get("built"),
            "license": LICENCE,
            "manifest": root + url_for(".dump", release=release.id, name="manifest.json"),
            "releases": _kept(),
            "formats": {form.extension: form.media_type for form in DUMP_FORMATS},
            "codings": ["", *CODINGS],
            "dumps": dumps,
            "tables": [root + href for table in table_files(release) for href in table.values()],
            "descriptions": [root + url_for(".dump", release=release.id, name=name) for name in DESCRIPTIONS],
        }
    )


def _sums(release: Release) -> Response:
    """Give the SHA-256 of all dumps of the whole data set, as the tool sha256sum reads it."""
    lines = []
    for name in dump_names():
        file = dump_file(release.folder, find_dump(release.folder, name))
        lines.append(f"{known_sum(file)}  {name}\n")
    response = Response("".join(lines), content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = _FOREVER
    return response


def _send(release: Release, file: Path, media_type: str) -> Response:
    response = send_file(file, mimetype=media_type, conditional=True, etag=known_sum_of(release, file))
    response.headers["Content-Type"] = media_type
    response.headers["Cache-Control"] = _FOREVER
    response.headers["Link"] = link_header([(LICENCE, "license", None), (url_for(".index"), "collection", None)])
    if release.built:
        response.headers["Last-Modified"] = format_datetime(release.built, usegmt=True)
    return response


def known_sum_of(release: Release, file: Path) -> str:
    """Return the SHA-256 of a file of a release; that of the manifest is not kept beside it."""
    return f"manifest-{release.id}" if file.name == "manifest.json" else known_sum(file)
