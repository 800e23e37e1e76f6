"""Routes at `/data/`: the dumps of every release at addresses that never change, with sizes, counts and SHA-256."""

from __future__ import annotations

import json
from collections import deque
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, send_file, url_for

from dualbio.errors import MissingExtraError, NotFoundError
from dualbio.export.packages.crate import DESCRIPTIONS, description_file
from dualbio.export.packages.files import dump_file, dump_files, find_dump, known_sum, whole_names
from dualbio.export.packages.releases import release_quads, series_quads
from dualbio.export.tables.columns import TABLES
from dualbio.model.namespaces import LICENCE
from dualbio.release.folder import Release, kept_release, kept_releases, open_release, sha256_of
from dualbio.sources.exchange.revman import REVMAN_COLUMNS
from dualbio.sparql.formats import GRAPH_FORMATS, HTML, RESULT_FORMATS, choose_format
from dualbio_server.entities.documents import graph_response, page
from dualbio_server.http.links import link_header, local_path
from dualbio_server.http.problems import ProblemError
from dualbio_server.releases.feed import atom_feed
from dualbio_server.releases.listing import has_parquet, listing_json, listing_page, whole_files
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("data", __name__)

_FOREVER = "public, max-age=31536000, immutable"
#: A listing is JSON, a page or RDF; the table of formats knows JSON by one of its media types.
_LISTINGS = (RESULT_FORMATS[0], HTML, *GRAPH_FORMATS)


@blueprint.get("/data/")
def index() -> Response:
    """List the releases, and the dumps of the one that is served."""
    return _listing(_current(), whole=True)


@blueprint.get("/data/feed.atom")
def atom() -> Response:
    """Give the releases as Atom, the newest first."""
    return atom_feed(_kept())


@blueprint.get("/data/<release>/")
def of_release(release: str) -> Response:
    """List the dumps of a release."""
    found = _release(release)
    if release == "latest":
        return _to(url_for(".of_release", release=found.id))
    return _listing(found, whole=False)


@blueprint.get("/data/<release>/tables/")
def tables(release: str) -> Response:
    """List the tables of a release, as a page; programs get their description as CSVW."""
    return _tables(release, None)


@blueprint.get(f"/data/<release>/tables/<any({', '.join(map(repr, TABLES.values()))}):name>/")
def table(release: str, name: str) -> Response:
    """Show what the columns of a table mean, as a page; programs get the description of all tables as CSVW."""
    return _tables(release, name)


def _tables(release: str, name: str | None) -> Response:
    found = _release(release)
    if release == "latest":
        return _to(url_for(".table", release=found.id, name=name) if name else url_for(".tables", release=found.id))
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (HTML, RESULT_FORMATS[0]))
    if offer.format is not HTML:
        return _to(url_for(".dump", release=found.id, name="tables/csv-metadata.json"))
    described = _described_tables(found)
    if name is None:
        return page("tables.html", title="Tables", data=found, tables=described, revman=REVMAN_COLUMNS)
    chosen = next(each for each in described if each["name"] == name)
    return page("table.html", title=name, data=found, table=chosen)


@blueprint.get("/data/<release>/<path:name>")
def dump(release: str, name: str) -> Response:
    """Send a dump, or the manifest; a part of it when `Range` asks so."""
    found = _release(release)
    if release == "latest":
        return _to(url_for(".dump", release=found.id, name=name))
    if name == "manifest.json":
        return _send(found, found.folder / name, "application/json")
    if name in ("SHA256SUMS", "files.json"):
        return _whole(found, name)
    try:
        if name in DESCRIPTIONS:
            return _send(found, description_file(found.folder, name), DESCRIPTIONS[name])
        wanted = find_dump(found.folder, name)
        response = _send(found, dump_file(found.folder, wanted), wanted.media_type)
    except NotFoundError as error:
        raise ProblemError(404, "not-found", str(error)) from error
    except MissingExtraError as error:
        raise ProblemError(501, "not-installed", str(error)) from error
    if wanted.coding:
        leaf = f"dualbio-{found.id}.{name.partition('.')[2]}" if wanted.graph is None and wanted.format else name
        response.headers["Content-Disposition"] = f'attachment; filename="{Path(leaf).name}"'
    return response


# --- releases ---------------------------------------------------------------------------------------------------------


def _current() -> Release:
    return open_release(current_service().release.folder, verify=False)


def _kept() -> tuple[Release, ...]:
    return kept_releases(current_service().release.folder.parent)


def _release(name: str) -> Release:
    if name == "latest":
        return _current()
    return kept_release(current_service().release.folder.parent, name)


def _to(place: str) -> Response:
    """Send the client to where `latest` is now; that is not for keeping."""
    response = redirect(place, 307)
    assert isinstance(response, Response)
    response.headers["Cache-Control"] = "no-cache"
    return response


# --- answers ----------------------------------------------------------------------------------------------------------


def _listing(release: Release, *, whole: bool) -> Response:
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), _LISTINGS)
    kept = _kept()
    if offer.format is HTML:
        return listing_page(release, kept, whole=whole)
    if offer.format is _LISTINGS[0]:
        return jsonify(listing_json(release, kept))
    quads = series_quads(kept) if whole else release_quads(release, kept)
    return graph_response(sorted(quads, key=str), offer)


def _whole(release: Release, name: str) -> Response:
    """Give size and SHA-256 of all files of the whole data set; those that are not there yet are made first."""
    deque(dump_files(release.folder, whole_names(parquet=has_parquet())), maxlen=0)
    files = whole_files(release)
    if name == "files.json":
        response = jsonify({"release": release.id, "license": LICENCE, "files": files})
    else:
        lines = "".join(f"{each['sha256']}  {each['name']}\n" for each in files)
        response = Response(lines, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = _FOREVER
    return response


def _described_tables(release: Release) -> list[dict[str, Any]]:
    """Return name and columns of each table, as its metadata tell them."""
    file = dump_file(release.folder, find_dump(release.folder, "tables/csv-metadata.json"))
    found = json.loads(file.read_text(encoding="utf-8"))["tables"]
    return [
        {
            "name": table["dc:title"],
            "columns": [
                {**column, "href": local_path(column["propertyUrl"]) if "propertyUrl" in column else None}
                for column in table["tableSchema"]["columns"]
            ],
        }
        for table in found
    ]


def _send(release: Release, file: Path, media_type: str) -> Response:
    manifest = file.name == "manifest.json"  # the one file that a second build of the same data may replace
    tag = sha256_of(file) if manifest else known_sum(file)
    response = send_file(file, mimetype=media_type, conditional=True, etag=tag)
    response.headers["Content-Type"] = media_type
    response.headers["Cache-Control"] = "public, no-cache" if manifest else _FOREVER
    response.headers["Link"] = link_header([(LICENCE, "license", None), (url_for(".index"), "collection", None)])
    if release.built:
        response.headers["Last-Modified"] = format_datetime(release.built, usegmt=True)
    return response
