"""The page `/about`: how numbers are checked, how to cite, and the contact."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyoxigraph as ox
from flask import Blueprint, Response

from dualbio.describe import literal_of
from dualbio.model.namespaces import BASE, DEFINITIONS, term
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.entities.documents import page
from dualbio_server.entities.labels import label_in
from dualbio_server.http.language import page_language
from dualbio_server.http.links import local_path
from dualbio_server.releases.dataset import SENTENCE
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("about", __name__)


@dataclass(frozen=True)
class Level:
    """How far a number was checked: what that is called and means, and how many rows there are."""

    label: str
    href: str
    meaning: str
    rows: int


@blueprint.get("/about")
def about() -> Response:
    """Tell how numbers are checked, how to cite them, and whom to write to."""
    service = current_service()
    built, release = service.release.built, service.release.id
    year = f" ({built.year})" if built else ""
    return page(
        "about.html",
        title="About",
        sentence=SENTENCE,
        levels=_levels(service.store),
        citation=f"dualbio contributors{year}. dualbio, release {release}. {BASE}release/{release}",
        contact=service.settings.contact,
    )


def _levels(store: EmbeddedStore) -> list[Level]:
    """Return the levels that rows have, most used first."""
    counts: Counter[ox.NamedNode] = Counter()
    rows = tuple(f"{BASE}{kind}/" for kind in ("result", "comparison"))
    for quad in store.quads_for_pattern(None, term("dualbio:checkLevel"), None):
        subject, level = quad.subject, quad.object
        if isinstance(subject, ox.NamedNode) and isinstance(level, ox.NamedNode) and subject.value.startswith(rows):
            counts[level] += 1
    return [
        Level(
            label_in(store, node, page_language()),
            local_path(node.value),
            literal_of(store, node, DEFINITIONS) or "",
            n,
        )
        for node, n in counts.most_common()
    ]
