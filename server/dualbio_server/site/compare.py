"""`/compare`: studies side by side as a page, JSON, CSV, Markdown, and the timeline of their arms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, request

from dualbio.compare import MOST_STUDIES, Compared, ComparedStudy, Fact, compare
from dualbio.figures import Figure, Look
from dualbio.model.namespaces import BASE, expand
from dualbio.sparql.formats import HTML, Content, Format, choose_format, find_format
from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.documents import citation, page
from dualbio_server.entities.labels import page_label
from dualbio_server.http.language import language_by_address_alone, say
from dualbio_server.http.links import link_header, local_path
from dualbio_server.http.problems import ProblemError
from dualbio_server.queries.asking import ask
from dualbio_server.queries.in_language import in_language, labels, phrase
from dualbio_server.service import current_service
from dualbio_server.site.figures.routes import MEDIA_TYPES, figure_file

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
#: What stands between the arms of a fact, and how a page says it.
_JOINTS = re.compile("(; | against )")
_WORDS = {"; ": ", ", " against ": "against"}
#: Up to so many studies there is room for several outcomes in a cell; of more studies one is shown, the others fold.
_FEW = 4
_SHOWN = {False: 3, True: 1}
_CELLS = "mechanism/pairs-by-disease"
_DISEASES = "SELECT ?key ?name { ?disease a dualbio:Disease ; dualbio:key ?key ; schema:name ?name }"
_STUDIES = "SELECT ?key ?name { ?study a dualbio:Study ; dualbio:key ?key ; rdfs:label ?name } ORDER BY ?name"


@blueprint.get("/compare")
def compared() -> Response:
    """Compare studies side by side: each `study`, or those of a `pair` and a `disease`."""
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), _FORMATS)
    asked = _choice_of_request()
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


def _choice_of_request() -> list[tuple[str, str]]:
    """Return what is asked for: names of studies, also with commas, a pair, a disease."""
    names = [name.strip() for text in request.args.getlist("study") for name in text.split(",") if name.strip()]
    limits = [(name, request.args.get(name, "").strip()) for name in ("pair", "disease")]
    return [*(("study", name) for name in names), *((name, text) for name, text in limits if text)]


def _compared() -> Compared:
    asked = _choice_of_request()
    if not asked:
        detail = "nothing to compare; accepted: study= once or more, or pair=, disease= or both"
        raise ProblemError(400, "missing-parameter", detail)
    limits: dict[str, str] = {name: text for name, text in asked if name != "study"}
    return compare(ask, [text for name, text in asked if name == "study"], **limits)


def _respond(found: Compared, form: Format) -> Response:
    links = [
        (
            f"{request.script_root}/compare.{each.extension}?{urlencode(_choice_of_request())}",
            "alternate",
            each.media_type,
        )
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
    asked = urlencode(_choice_of_request())
    here, title = f"{request.script_root}/compare", _title(found)
    notes: dict[str, int] = {}
    downloads = [(ending.upper(), f"{here}.{ending}?{asked}") for ending in ("csv", "svg", "png", "json", "md")]
    return page(
        "compare.html",
        title=title,
        citation=citation(current_service(), title, f"{BASE}compare?{asked}"),
        found=found,
        sentences=[each.partition(": ") for each in map(phrase, found.sentences)],
        names={study.name for study in found.studies},
        studies=[
            (
                replace(study, diseases=phrase(study.diseases), verdict=phrase(study.verdict)),
                local_path(expand(f"study:{study.key}")),
                study.verdict.partition(",")[0].replace(" ", "-"),
                [(letter, arm_name(arm)) for arm, letter in _letters(study).items()],
            )
            for study in found.studies
        ],
        rows=[_line(found, topic, notes) for topic in found.topics],
        most_shown=_SHOWN[len(found.studies) > _FEW],
        notes=notes,
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
        page_label(current_service().store, ox.NamedNode(resolver.resolve(text, name).value))
        for name, text in _choice_of_request()
        if name in ("pair", "disease") and not request.args.getlist("study")
    ]
    if not words:
        return say("{studies} side by side", studies=found.title)
    asked = say("{pair} in {disease}", pair=words[0], disease=words[1]) if len(words) > 1 else words[0]
    return say("{asked}: its studies side by side", asked=asked)


@dataclass(frozen=True)
class _Told:
    """What a cell says of one thing: the numbers of its arms, and those of comparisons of them, with their notes.

    A number is a text with where it leads and the arms that it is of, each a letter and the name behind it.
    """

    what: str
    numbers: list[tuple[str, str | None, list[tuple[str, str]]]]
    notes: list[int]


@dataclass(frozen=True)
class _Line:
    """A topic: cells, each of the studies with these names, of what is reported or of why nothing is, with notes.

    Adjacent studies without data for the same reason share a cell. Where nothing is reported of any study
    there is no cell, and `nobody` has each reason once, with the names and notes of the studies that it holds for.
    """

    topic: str
    cells: list[tuple[list[str], list[_Told], str, list[int]]]
    nobody: list[tuple[str, list[tuple[str, list[int]]]]]


def _line(found: Compared, topic: str, notes: dict[str, int]) -> _Line:
    """Return a topic of a comparison; what was read and looked for where gets the next free number in `notes`."""

    def numbered(texts: Iterable[str]) -> list[int]:
        return sorted({notes.setdefault(text, len(notes) + 1) for text in texts if text})

    facts = [found.cell(topic, study.key) for study in found.studies]
    if not any(fact.known for cell in facts for fact in cell):
        reasons: dict[str, list[tuple[str, list[int]]]] = {}
        for study, (fact, *_) in zip(found.studies, facts, strict=True):
            reasons.setdefault(phrase(fact.text), []).append((study.name, numbered([fact.looked_in])))
        return _Line(topic, [], list(reasons.items()))
    cells: list[tuple[list[str], list[_Told], str, list[int]]] = []
    for study, cell in zip(found.studies, facts, strict=True):
        told: dict[str, list[Fact]] = {}
        for fact in cell:
            if fact.known:
                told.setdefault(fact.what, []).append(fact)
        groups = [
            _Told(phrase(what), [_number(fact, study) for fact in own], numbered(fact.source for fact in own))
            for what, own in told.items()
        ]
        absent, looked = ("", []) if groups else (phrase(cell[0].text), numbered([cell[0].looked_in]))
        if absent and cells and cells[-1][1:] == ([], absent, looked):
            cells[-1][0].append(study.name)
        else:
            cells.append(([study.name], groups, absent, looked))
    return _Line(topic, cells, [])


def _number(fact: Fact, study: ComparedStudy) -> tuple[str, str | None, list[tuple[str, str]]]:
    """Return a fact as a text, where it leads, and its arms: letters with the names behind them, and what joins them.

    The only arm of a study goes without saying.
    """
    letters, arms = _letters(study), list[tuple[str, str]]()
    for part in _JOINTS.split(fact.arm):
        if part in letters:
            arms.append((letters[part], arm_name(part)))
        elif part in _WORDS:
            arms.append((say(_WORDS[part]), ""))
        elif part and part not in study.arms:
            arms.append((arm_name(phrase(part)), ""))
    return phrase(fact.text), local_path(expand(fact.row)) if fact.row else None, arms


def _letters(study: ComparedStudy) -> dict[str, str]:
    """Return a letter for each arm of a study with more than one; arms of a study are told apart by letters alone."""
    return dict(zip(study.arms, ascii_uppercase, strict=False)) if len(study.arms) > 1 else {}


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
        {
            **row,
            "pairName": labels("pairName", row["pairName"]),
            "diseaseName": labels("diseaseName", row["diseaseName"]),
            "href": f"{here}?{urlencode({'pair': row['pairKey'], 'disease': keys[row['diseaseName']]})}",
        }
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
