"""Questions across studies (`/syntheses/…`): their answers as pages, as data, as figures, and as scripts of R."""

from __future__ import annotations

import json
from functools import partial

from flask import Blueprint, Response, request

from dualbio.export.evidence.fhir import fhir_json
from dualbio.export.evidence.findings import read_findings
from dualbio.model.namespaces import BASE
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.sparql.formats import HTML, choose_format, find_format
from dualbio.synthesis.pooling import Synthesis, synthesise
from dualbio.synthesis.pooling.quads import stored_answers, stored_question
from dualbio.synthesis.pooling.report import PARTS, as_csv, as_dict, r_script
from dualbio_server.entities.documents import citation
from dualbio_server.http.language import language_by_address_alone
from dualbio_server.http.links import local_path
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import current_service
from dualbio_server.site.figures.routes import figure_file
from dualbio_server.site.synthesis_page import synthesis_figure, synthesis_list, synthesis_page

__all__ = ["blueprint"]

blueprint = Blueprint("syntheses", __name__)

_JSON = "application/json; charset=utf-8"
#: Extensions of an address, and the form of the answer that each asks for.
_FORMS = ("json", "csv", "r", "fhir", "html", "svg", "png")
#: What a question of one's own is made of; a written question is answered as it stands.
_ASKED = frozenset(("outcome", "compare", "disease", *SynthesisQuestion.model_fields))


@blueprint.before_request
def refuse_other_questions() -> None:
    """Refuse a request for another question than those of the release, which would get the answer to one of them."""
    if given := sorted(_ASKED & set(request.args)):
        accepted = "accepted: a written question as it stands, or dualbio synthesise --outcome"
        raise ProblemError(400, "bad-parameter", f"{', '.join(given)} cannot be given here; {accepted}")


@blueprint.get("/syntheses/")
def listing() -> Response:
    """List the questions with their answers in words."""
    if _negotiated() == "html":
        return synthesis_list(current_service().store)
    found = stored_answers(current_service().store)
    content = [
        {"name": name, "answer": words, "url": local_path(f"{BASE}syntheses/{name}")} for name, words in found.items()
    ]
    return Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n", content_type=_JSON)


@blueprint.get("/syntheses/<name>")
def synthesis(name: str) -> Response:
    """Give the answer to a question: page, JSON, CSV (`part=` says which table), forest plot, script of R, FHIR."""
    stem, _, extension = name.rpartition(".")
    name, form = (stem, extension.lower()) if stem and extension.lower() in _FORMS else (name, _negotiated())
    release = current_service().release.id
    question = stored_question(current_service().store, name)
    if form == "fhir":
        found = read_findings(current_service().store, pools=(question.id,))
        content = fhir_json(found, release)
        return Response(content, content_type="application/fhir+json; charset=utf-8")
    answer = synthesise(current_service().store, question)
    if form == "html":
        address = f"{BASE}syntheses/{answer.question.id}"
        return synthesis_page(answer, citation(current_service(), answer.question.title, address))
    if form == "csv":
        return Response(
            as_csv(answer, _part(), release),
            content_type="text/csv; charset=utf-8; header=present",
        )
    if form == "r":
        return Response(_script(answer), content_type="text/plain; charset=utf-8")
    if form in ("svg", "png"):
        language_by_address_alone()
        return figure_file(partial(synthesis_figure, answer), form, name)
    return Response(
        json.dumps(as_dict(answer, release), ensure_ascii=False, indent=1) + "\n",
        content_type=_JSON,
    )


def _script(answer: Synthesis) -> str:
    table = f"{request.url_root.rstrip('/')}/syntheses/{answer.question.id}.csv"
    return r_script(answer, table, current_service().release.id)


def _part() -> str:
    part = request.args.get("part", PARTS[0])
    if part not in PARTS:
        raise ProblemError(400, "bad-parameter", f"part is '{part[:40]}'; accepted: {', '.join(PARTS)}")
    return part


def _negotiated() -> str:
    known = [form for name in ("json", "csv") if (form := find_format(name))]
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (*known, HTML))
    return "html" if offer.format is HTML else offer.format.extension
