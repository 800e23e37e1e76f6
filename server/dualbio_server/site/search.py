"""Search (`/search`), suggestions while the user types (`/suggest`), and OpenSearch.

Search text is untrusted: a killable query worker looks it up; a web process only checks its length and passes it on.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import pyoxigraph as ox
from flask import Blueprint, Response, request

from dualbio.model.namespaces import BASE
from dualbio.search import ALL_KINDS, LONGEST_TEXT, MOST_HITS, Found, Hit
from dualbio.sparql.formats import HTML, choose_format, find_format
from dualbio_server.entities.documents import page
from dualbio_server.entities.kinds import KIND_NAMES
from dualbio_server.entities.labels import page_label
from dualbio_server.http.language import page_language, say
from dualbio_server.http.links import host_url, link_header, local_path
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("search", __name__)

_PAGE = 50
_MOST_SUGGESTIONS = 20
_MOST_OFFSET = 1_000_000
_HAN = re.compile(r"[\u4e00-\u9fff]")
_NAMES = {**KIND_NAMES, "term": "Terms of the ontology"}
_DESCRIPTION = """<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
  <ShortName>dualbio</ShortName>
  <Description>Evidence on combined biologics: drugs, diseases, pairs, studies, questions</Description>
  <InputEncoding>UTF-8</InputEncoding>
  <Url type="text/html" template="{root}/search?q={{searchTerms}}"/>
  <Url type="application/json" template="{root}/search?q={{searchTerms}}&amp;format=json"/>
  <Url type="application/x-suggestions+json" template="{root}/suggest?q={{searchTerms}}&amp;format=opensearch"/>
</OpenSearchDescription>
"""


@blueprint.get("/search")
def search() -> Response:
    """Find what `q` names or says: things of one `kind` or of any, `limit` of them from `offset` on."""
    kind = request.args.get("kind") or None
    if kind is not None and kind not in ALL_KINDS:
        raise ProblemError(400, "bad-parameter", f"found no kind '{kind[:40]}'; accepted: {', '.join(ALL_KINDS)}")
    limit, offset = _number("limit", _PAGE, 1, MOST_HITS), _number("offset", 0, 0, _MOST_OFFSET)
    text = _text()
    found = current_service().pool.search(text, kind=kind, limit=limit, offset=offset, **_circumstances())
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (_json(), HTML))
    response = _page(found) if offer.format is HTML else _json_response(found.to_dict())
    if found.next_offset:
        response.headers["Link"] = link_header([(_address(found, offset=found.next_offset), "next", None)])
    return response


@blueprint.get("/suggest")
def suggest() -> Response:
    """Suggest things that `q` may be the beginning of, at most `limit`.

    `format=opensearch` asks for the array that browsers expect (OpenSearch Suggestions 1.0): the text, names, labels,
    addresses.
    """
    limit = _number("limit", 8, 1, _MOST_SUGGESTIONS)
    found = current_service().pool.suggest(_text(), limit=limit, **_circumstances())
    if request.args.get("format") != "opensearch":
        return _json_response(found.to_dict())
    things = list(found)
    addresses = [host_url() + local_path(thing.iri).removeprefix(request.script_root) for thing in things]
    told = [found.text, [thing.text for thing in things], [thing.label for thing in things], addresses]
    return Response(json.dumps(told, ensure_ascii=False), content_type="application/x-suggestions+json; charset=utf-8")


@blueprint.get("/opensearch.xml")
def description() -> Response:
    """Describe search for browsers (OpenSearch 1.1, the description document)."""
    text = _DESCRIPTION.format(root=escape(host_url(), {'"': "&quot;"}))
    return Response(text, content_type="application/opensearchdescription+xml; charset=utf-8")


def _text() -> str:
    """Return what is looked for.

    Raises:
        ProblemError: it is longer than anything that is.
    """
    text = request.args.get("q", "")
    if len(text) > LONGEST_TEXT:
        detail = f"q has {len(text)} characters; accepted: {LONGEST_TEXT}; repair: leave some words out"
        raise ProblemError(400, "search-length", detail, limit=LONGEST_TEXT)
    return text


def _number(name: str, default: int, least: int, most: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        accepted = f"accepted: a whole number from {least} to {most}"
        raise ProblemError(400, "bad-parameter", f"{name} is '{text[:40]}'; {accepted}")
    return int(text)


def _circumstances() -> dict[str, Any]:
    return {"timeout": current_service().settings.query_timeout, "client": request.remote_addr or ""}


def _json() -> Any:
    form = find_format("json")
    assert form is not None
    return form


def _json_response(content: Any) -> Response:
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return Response(text, content_type="application/json; charset=utf-8")


def _page(found: Found) -> Response:
    return page(
        "search.html",
        title="Search",
        found=found,
        hits=[(hit, _hit_address(hit), _NAMES[hit.kind], _hit_name(hit), _language(hit)) for hit in found],
        kinds=[(_NAMES[kind], count, _address(found, kind=kind), kind) for kind, count in found.kinds.items()],
        every=(sum(found.kinds.values()), _address(found, kind=None)),
        others=[(text, _address(found, text=text, kind=None)) for text in found.did_you_mean],
        before=_address(found, offset=max(0, found.offset - found.limit)) if found.offset else None,
        after=_address(found, offset=found.next_offset) if found.next_offset else None,
    )


def _hit_name(hit: Hit) -> str:
    """Return what a hit is called in the language of the page."""
    if page_language() == "en" or hit.kind == "query":
        return say(hit.label)
    return page_label(current_service().store, ox.NamedNode(hit.iri))


def _language(hit: Hit) -> str:
    """Return the language of what was found."""
    return "zh" if _HAN.search(hit.found) else "en"


def _hit_address(hit: Hit) -> str:
    """Return where a hit leads: a saved query to where it is run."""
    if hit.kind == "query":
        return local_path(f"{BASE}queries/{hit.iri.rpartition('/')[2].replace('.', '/', 1)}")
    return local_path(hit.iri)


def _address(found: Found, **changes: Any) -> str:
    """Return the address of this search with some parameters changed; another kind or text begins at its first page."""
    asked = {"text": found.text, "kind": found.kind, "limit": found.limit, "offset": 0, **changes}
    defaults = {"kind": None, "limit": _PAGE, "offset": 0}
    told = {"q": asked.pop("text"), **{name: value for name, value in asked.items() if value != defaults[name]}}
    return f"{request.script_root}/search?{urlencode(told)}"
