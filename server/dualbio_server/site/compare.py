"""Studies beside each other (`/compare`): a page, JSON, CSV, Markdown, and the timeline of their arms as a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, request

from dualbio.compare import MOST_STUDIES, Compared, Fact, compare
from dualbio.figures import Figure, Look
from dualbio.model.namespaces import BASE, expand
from dualbio.sparql.formats import HTML, Content, Format, choose_format, find_format
from dualbio_server.entities.documents import citation, page
from dualbio_server.figures.routes import MEDIA_TYPES, figure_file
from dualbio_server.http.language import language_by_address_alone, say
from dualbio_server.http.links import link_header, local_path
from dualbio_server.http.problems import ProblemError
from dualbio_server.queries.asking import ask
from dualbio_server.queries.in_language import in_language, phrase
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("compare", __name__)

_MARKDOWN = Format("markdown", "Markdown", "text/markdown", "md", (Content.RESULTS,))
_JSON = Format("json", "JSON", "application/json", "json", (Content.PAGE,))
_CSV = find_format("csv")
assert _CSV is not None
_WRITERS: dict[Format, Callable[[Compared], bytes]] = {
    _JSON: lambda found: found.to_json().encode() + b"\n",
    _CSV: lambda found: found.table.to_csv(),
    _MARKDOWN: lambda found: found.to_markdown().encode(),
}
_FORMATS = (*_WRITERS, HTML)
_ENDINGS = {form.extension: form for form in _FORMATS}

#: A comparison that shows what the page is for: two trials that shone and two that did not.
_EXAMPLE = ("synbiose-1", "beat-lupus", "bliss-believe", "calibrate")
_CELLS = "mechanism/pairs-by-disease"
_DISEASES = "SELECT ?key ?name { ?disease a dualbio:Disease ; dualbio:key ?key ; schema:name ?name }"
_STUDIES = "SELECT ?key ?name { ?study a dualbio:Study ; dualbio:key ?key ; rdfs:label ?name } ORDER BY ?name"


@blueprint.get("/compare")
def compared() -> Response:
    """Put studies beside each other: each `study`, or those of a `pair` and a `disease`."""
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), _FORMATS)
    asked = _asked()
    if not asked and offer.format is HTML:
        return _choice()
    return _respond(_compared(), offer.format)


@blueprint.get("/compare.<ending>")
def compared_as(ending: str) -> Response:
    """Give a comparison in the format that the ending names, or its figure."""
    if ending in _ENDINGS:  # `.json` is the comparison, not the specification of its figure
        return _respond(_compared(), _ENDINGS[ending])
    if ending not in MEDIA_TYPES:
        accepted = ", ".join(dict.fromkeys([*_ENDINGS, *MEDIA_TYPES]))
        raise ProblemError(404, "no-such-format", f"no format '.{ending[:20]}'; accepted: {accepted}")
    language_by_address_alone()
    return figure_file(_timeline(_compared()), ending, "compare")


def _asked() -> list[tuple[str, str]]:
    """Return what is asked for: names of studies, also with commas, a pair, a disease."""
    names = [name.strip() for text in request.args.getlist("study") for name in text.split(",") if name.strip()]
    limits = [(name, request.args.get(name, "").strip()) for name in ("pair", "disease")]
    return [*(("study", name) for name in names), *((name, text) for name, text in limits if text)]


def _compared() -> Compared:
    asked = _asked()
    if not asked:
        detail = "nothing to compare; accepted: study= once or more, or pair=, disease= or both"
        raise ProblemError(400, "missing-parameter", detail)
    limits: dict[str, str] = {name: text for name, text in asked if name != "study"}
    return compare(ask, [text for name, text in asked if name == "study"], **limits)


def _respond(found: Compared, form: Format) -> Response:
    links = [
        (f"{request.script_root}/compare.{each.extension}?{urlencode(_asked())}", "alternate", each.media_type)
        for each in _FORMATS
    ]
    if form is HTML:
        response = _page(found)
    else:
        response = Response(_WRITERS[form](found), content_type=form.content_type)
        response.headers["Content-Disposition"] = f'inline; filename="compare.{form.extension}"'
    response.headers["Link"] = link_header(links)
    return response


def _page(found: Compared) -> Response:
    asked = urlencode(_asked())
    here, title = f"{request.script_root}/compare", _title(found)
    downloads = [(ending.upper(), f"{here}.{ending}?{asked}") for ending in ("csv", "svg", "png", "json", "md")]
    return page(
        "compare.html",
        title=title,
        citation=citation(current_service(), title, f"{BASE}compare?{asked}"),
        found=found,
        sentences=[phrase(each) for each in found.sentences],
        studies=[
            (replace(study, diseases=phrase(study.diseases)), local_path(expand(f"study:{study.key}")))
            for study in found.studies
        ],
        rows=[(topic, [_cell(found.cell(topic, study.key)) for study in found.studies]) for topic in found.topics],
        figure=_timeline(found),
        picture=f"{here}.svg?{asked}",
        downloads=downloads,
        others=[(name, local_path(expand(f"study:{key}")), reason) for key, name, reason in found.left_out],
    )


def _timeline(found: Compared) -> Callable[[Look | None], Figure]:
    """Return what draws the arms of a comparison in the language of the page."""
    return replace(found, arms=in_language(found.arms)).figure


def _title(found: Compared) -> str:
    """Return the heading: what was asked for in the words of the release, else the names of the studies."""
    resolver = current_service().resolver
    words = [
        resolver.label(resolver.resolve(text, name).value) or text
        for name, text in _asked()
        if name in ("pair", "disease") and not request.args.getlist("study")
    ]
    if not words:
        return say("{studies} beside each other", studies=found.title)
    asked = say("{pair} in {disease}", pair=words[0], disease=words[1]) if len(words) > 1 else words[0]
    return say("{asked}: its studies beside each other", asked=asked)


def _cell(facts: Iterable[Fact]) -> list[tuple[str, list[tuple[Fact, str | None]]]]:
    """Return facts by what they are about, each with the place that it leads to."""
    found: dict[str, list[tuple[Fact, str | None]]] = {}
    for fact in facts:
        told = replace(fact, text=phrase(fact.text), arm=phrase(fact.arm))
        found.setdefault(phrase(fact.what), []).append((told, local_path(expand(fact.row)) if fact.row else None))
    return list(found.items())


def _choice() -> Response:
    """Return the page that asks what shall be compared."""
    service = current_service()
    rows = service.store.query(_STUDIES)
    assert isinstance(rows, ox.QuerySolutions)
    here = f"{request.script_root}/compare"
    diseases = service.store.query(_DISEASES)
    assert isinstance(diseases, ox.QuerySolutions)
    keys = {row["name"].value: row["key"].value for row in diseases}
    cells: list[dict[str, Any]] = [
        {**row, "href": f"{here}?{urlencode({'pair': row['pairKey'], 'disease': keys[row['diseaseName']]})}"}
        for row in ask(_CELLS).records()
        if int(row["withResult"]) > 1
    ]
    known = {row["key"].value: row["name"].value for row in rows}
    return page(
        "compare_choice.html",
        title="Compare studies",
        known=list(known.items()),
        fields=range(4),
        most=MOST_STUDIES,
        example=f"{here}?{urlencode([('study', key) for key in _EXAMPLE])}" if known.keys() >= {*_EXAMPLE} else None,
        cells=sorted(cells, key=lambda cell: (-int(cell["withResult"]), cell["pairName"], cell["diseaseName"])),
    )
