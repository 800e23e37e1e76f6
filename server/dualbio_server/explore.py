"""Search (`/search`), explanations (`/why`), and the schemas of curated records (`/schemas/…`)."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, request

from dualbio.database import Database
from dualbio.formats import HTML, Offer, choose_format, find_format
from dualbio.namespaces import expand
from dualbio.schema import SCHEMAS, schema_text
from dualbio.why import Derivation
from dualbio_server.context import current_service
from dualbio_server.documents import page
from dualbio_server.links import local_path
from dualbio_server.problems import ProblemError

__all__ = ["blueprint"]

blueprint = Blueprint("explore", __name__)

_MOST_HITS = 200
_JSON = "application/json; charset=utf-8"


@blueprint.get("/search")
def search() -> Response:
    """Find entities that have all words of `q` in a label, synonym, definition or statement."""
    text = request.args.get("q", "")
    limit = min(_number("limit", 50), _MOST_HITS)
    hits = _database().search(text, limit=limit) if text.strip() else []
    found = [{"curie": curie, "iri": expand(curie), "label": label, "found": where} for curie, label, where in hits]
    if _wants_page():
        links = [{**hit, "href": local_path(hit["iri"])} for hit in found]
        return page("search.html", title="Search", text=text, hits=links, limit=limit)
    return _json({"query": text, "hits": found})


@blueprint.get("/why")
def why() -> Response:
    """Explain the triple `s` `p` `o`: the rules that gave it, down to asserted facts and their sources."""
    names = [request.args.get(name, "") for name in ("s", "p", "o")]
    if not all(names):
        detail = "s, p and o are needed; accepted: IRI, CURIE, key or label of subject, predicate and object"
        raise ProblemError(400, "missing-parameter", detail)
    limit = min(_number("limit", 1), 10)
    found = _database().why(names[0], names[1], names[2], limit=limit)
    if _wants_page():
        return page("why.html", title="Why", derivations=[_shown(derivation) for derivation in found])
    return _json([derivation.to_dict() for derivation in found])


@blueprint.get("/schemas/<name>.schema.json")
def schema(name: str) -> Response:
    """Give the JSON Schema that editors check curated files with."""
    if name not in SCHEMAS:
        raise ProblemError(404, "not-found", f"no schema '{name}'; accepted: {', '.join(SCHEMAS)}")
    return Response(schema_text(name), content_type="application/schema+json; charset=utf-8")


def _database() -> Database:
    """Return the release with its resolver; it is made once for each application."""
    service = current_service()
    known: dict[str, Database] = current_app.extensions.setdefault("dualbio-database", {})
    if service.release.id not in known:
        queries = service.settings.sources.queries
        known[service.release.id] = Database(service.release, queries, store=service.store)
    return known[service.release.id]


def _number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdigit() or not int(text[:9]) > 0:
        raise ProblemError(400, "bad-parameter", f"{name} is '{text[:40]}'; accepted: a whole number above 0")
    return int(text[:9])


def _wants_page() -> bool:
    form = find_format("json")
    assert form is not None
    offer: Offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (form, HTML))
    return offer.format is HTML


def _json(content: Any) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n", content_type=_JSON)


def _shown(derivation: Derivation) -> dict[str, Any]:
    """Return a derivation as the template shows it: words with the places they lead to."""
    nodes = (derivation.triple.subject, derivation.triple.predicate, derivation.triple.object)
    words = [
        {"text": label, "href": local_path(node.value) if isinstance(node, ox.NamedNode) else None}
        for label, node in zip(derivation.labels, nodes, strict=True)
    ]
    return {
        "words": words,
        "asserted": derivation.asserted,
        "graphs": [{"text": graph, "href": local_path(expand(f"graph:{graph}"))} for graph in derivation.graphs],
        "source": derivation.source,
        "checked": derivation.checked,
        "rule": derivation.rule,
        "summary": derivation.summary,
        "premises": [_shown(premise) for premise in derivation.premises],
    }
