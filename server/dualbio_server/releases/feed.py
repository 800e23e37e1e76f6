"""The releases as a feed, for readers and programs: Atom (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from flask import Response, url_for

from dualbio.errors import counted
from dualbio.model.namespaces import BASE
from dualbio.release.folder import Release
from dualbio_server.http.links import origin

__all__ = ["atom_feed"]

_TITLE = "Releases of dualbio"
_UNDATED = "1970-01-01T00:00:00+00:00"


def atom_feed(releases: Sequence[Release]) -> Response:
    """Return `releases`, the newest first, as Atom."""
    root = origin()
    entries = _entries(releases, root)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{BASE}data/feed.atom</id><title>{_TITLE}</title>",
        f"<updated>{max((entry['date_published'] for entry in entries), default=_UNDATED)}</updated>",
        "<author><name>dualbio contributors</name></author>",
        f'<link rel="self" href={quoteattr(root + url_for(".atom"))}/>',
        f'<link rel="alternate" href={quoteattr(root + url_for("data.index"))}/>',
    ]
    lines += [
        f"<entry><id>{escape(entry['id'])}</id><title>{escape(entry['title'])}</title>"
        f"<updated>{entry['date_published']}</updated><link href={quoteattr(entry['url'])}/>"
        f"{_related(entry)}<summary>{escape(entry['content_text'])}</summary></entry>"
        for entry in entries
    ]
    return Response("\n".join([*lines, "</feed>\n"]), content_type="application/atom+xml; charset=utf-8")


def _entries(releases: Sequence[Release], root: str) -> list[dict[str, Any]]:
    before = [*releases[1:], None]
    return [_entry(release, earlier, root) for release, earlier in zip(releases, before, strict=True)]


def _related(entry: dict[str, Any]) -> str:
    """Return the link from a release to what changed in it."""
    changes = entry.get("_dualbio", {}).get("changes")
    return f'<link rel="related" title="What changed" href={quoteattr(changes)}/>' if changes else ""


def _entry(release: Release, earlier: Release | None, root: str) -> dict[str, Any]:
    triples = release.manifest.get("triples")
    graphs = len(release.manifest.get("graphs", {}))
    entry: dict[str, Any] = {
        "id": f"{BASE}data/{release.id}/",
        "url": root + url_for("data.of_release", release=release.id),
        "title": f"dualbio {release.id}",
        "content_text": f"{counted(triples, 'triple')} in {counted(graphs, 'named graph')}."
        if triples
        else "A release of dualbio.",
        "date_published": release.built.isoformat() if release.built else _UNDATED,
    }
    if earlier:
        changes = root + url_for("diff.changes", old=earlier.id, new=release.id)
        entry["_dualbio"] = {"about": f"{BASE}ontology", "changes": changes}
    return entry
