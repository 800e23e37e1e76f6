"""Explanations (`/why`), and the schemas of curated records (`/schemas/…`)."""

from __future__ import annotations

import json
import re
from time import monotonic
from typing import Any

import pyoxigraph as ox
from flask import Blueprint, Response, request

from dualbio.database import Database
from dualbio.model.namespaces import KINDS, expand, graph_iri
from dualbio.sources.schema import SCHEMAS, schema_text
from dualbio.sparql.formats import HTML, Offer, choose_format, find_format
from dualbio.store.workers import QueryTimeoutError
from dualbio.why import Derivation, explain
from dualbio_server.entities.documents import page
from dualbio_server.entities.evidence.asking import pool_store
from dualbio_server.entities.labels import page_label
from dualbio_server.http.links import local_path
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import Service, current_service

__all__ = ["blueprint"]

blueprint = Blueprint("explore", __name__)

_JSON = "application/json; charset=utf-8"
#: A term or thing of this data in the text of an axiom.
_CURIE = re.compile(rf"\b(?:dualbio|{'|'.join(KINDS)}):[\w.\-]*\w")


@blueprint.get("/why")
def why() -> Response:
    """Explain the triple `s` `p` `o`: the rules that gave it, down to asserted facts and their sources."""
    names = [request.args.get(name, "") for name in ("s", "p", "o")]
    if not all(names):
        if not any(names) and _wants_page():
            return page("why.html", title="Why", derivations=[])
        detail = "s, p and o are needed; accepted: IRI, CURIE, key or label of subject, predicate and object"
        raise ProblemError(400, "missing-parameter", detail)
    limit = min(_number("limit", 1), 10)
    found = _explained(_database().triple(*names), limit)
    if _wants_page():
        told = [(_derivation_words(each), [_derivation_words(fact) for fact in _facts(each)]) for each in found]
        return page("why.html", title="Why", derivations=told)
    return _json([derivation.to_dict() for derivation in found])


def _explained(triple: ox.Triple, limit: int) -> list[Derivation]:
    """Return derivations of a triple; workers match the rules, all together within the time limit of one query.

    Raises:
        WorkError: the explanation was stopped.
    """
    service = current_service()
    seconds = service.settings.query_timeout
    deadline = monotonic() + seconds

    def select(text: str) -> ox.QuerySolutions:
        left = deadline - monotonic()
        if left <= 0:
            raise QueryTimeoutError(
                f"the explanation was stopped after {seconds:g} s; repair: request fewer derivations with limit=",
                limit=seconds,
            )
        return pool_store().within(left).select(text)

    return explain(service.store, service.release.folder, triple, limit=limit, select=select)


@blueprint.get("/schemas/<name>.schema.json")
def schema(name: str) -> Response:
    """Give the JSON Schema that editors check curated files with."""
    if name not in SCHEMAS:
        raise ProblemError(404, "not-found", f"no schema '{name}'; accepted: {', '.join(SCHEMAS)}")
    return Response(schema_text(name), content_type="application/schema+json; charset=utf-8")


def _database() -> Database:
    """Return the release as the Python face asks it; it is made once."""
    return current_service().part(_make_database)


def _make_database(service: Service) -> Database:
    return Database(service.release, service.settings.sources.queries, store=service.store)


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


def _facts(derivation: Derivation) -> list[Derivation]:
    """Return the asserted facts that a derivation rests on, each once, in the order of the explanation."""
    if derivation.asserted:
        return [derivation]
    return list({fact.triple: fact for premise in derivation.premises for fact in _facts(premise)}.values())


def _because(derivation: Derivation) -> str | None:
    """Return what a rule says; an axiom with the labels of the terms and things that it names."""
    if derivation.origin != "axiom" or derivation.summary is None:
        return derivation.summary
    store = current_service().store
    return _CURIE.sub(lambda found: page_label(store, ox.NamedNode(expand(found[0]))), derivation.summary)


def _derivation_words(derivation: Derivation) -> dict[str, Any]:
    """Return a derivation as the template shows it: words with the places they lead to."""
    nodes = (derivation.triple.subject, derivation.triple.predicate, derivation.triple.object)
    words = [
        {"text": label, "href": local_path(node.value) if isinstance(node, ox.NamedNode) else None}
        for label, node in zip(derivation.labels, nodes, strict=True)
    ]
    return {
        "words": words,
        "asserted": derivation.asserted,
        "graphs": [{"text": graph, "href": local_path(graph_iri(graph).value)} for graph in derivation.graphs],
        "source": derivation.source,
        "checked": derivation.checked,
        "rule": derivation.rule,
        "because": _because(derivation),
        "premises": [_derivation_words(premise) for premise in derivation.premises],
    }
