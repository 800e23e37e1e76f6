"""A release described for search engines: a `Dataset` of schema.org in JSON-LD, which its pages carry."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from dualbio.export import DUMP_FORMATS
from dualbio.export.packages.files import find_dump, known_sum, made_dump
from dualbio.model.namespaces import BASE, LICENCE
from dualbio.release.folder import Release
from dualbio_server.http.links import host_url

__all__ = ["SENTENCE", "dataset_script"]

SENTENCE = (
    "What trials and cohorts have shown about combining or sequencing biologics in immune-mediated disease, "
    "as linked open data in which every number names its study, its source and how it was checked."
)


def dataset_script(release: Release) -> Markup:
    """Return the description as the content of a script element: JSON without a `<` that could end it."""
    text = json.dumps(_dataset(release), ensure_ascii=False, indent=1).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - our own JSON, with its angle brackets escaped


def _dataset(release: Release) -> dict[str, Any]:
    described: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"{BASE}release/{release.id}",
        "name": f"dualbio {release.id}",
        "description": SENTENCE,
        "url": f"{BASE}data/{release.id}/",
        "identifier": f"{BASE}release/{release.id}",
        "sameAs": BASE,
        "license": LICENCE,
        "isAccessibleForFree": True,
        "version": release.id,
        "creator": {"@type": "Organization", "name": "dualbio contributors", "url": BASE},
        "keywords": ["biologics", "combination therapy", "lupus", "rituximab", "belimumab", "linked data"],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Releases of dualbio", "url": f"{BASE}data/"},
        "distribution": [_download(release, f"dualbio.{form.extension}.gz", form.media_type) for form in DUMP_FORMATS],
    }
    if release.built:
        described["dateModified"] = release.built.date().isoformat()
    return described


def _download(release: Release, name: str, media_type: str) -> dict[str, Any]:
    """Return a file as a `DataDownload`; size and SHA-256 once it has been made."""
    told: dict[str, Any] = {
        "@type": "DataDownload",
        "name": name,
        "encodingFormat": [media_type, find_dump(release.folder, name).media_type],
        "contentUrl": f"{host_url()}/data/{release.id}/{name}",
    }
    made = made_dump(release.folder, name)
    if made:
        told |= {"contentSize": f"{made.stat().st_size} B", "sha256": known_sum(made)}
    return told
