"""Questions across studies (`/syntheses/…`): their answers as data, and the R script that makes each again."""

from __future__ import annotations

import json

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from dualbio.model.namespaces import BASE
from dualbio.sparql.formats import HTML, choose_format, find_format
from dualbio.synthesis.pooling import Synthesis, synthesise
from dualbio.synthesis.pooling.quads import stored_answers, stored_question
from dualbio.synthesis.pooling.report import PARTS, as_csv, as_dict, r_script
from dualbio_server.http.links import local_path
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("syntheses", __name__)

_JSON = "application/json; charset=utf-8"
#: Extensions of an address, and the form of the answer that each asks for.
_FORMS = ("json", "csv", "r", "html")


@blueprint.get("/syntheses/")
def listing() -> Response:
    """List the questions with their answers in words."""
    found = stored_answers(current_service().store)
    content = [
        {"name": name, "answer": words, "url": local_path(f"{BASE}syntheses/{name}")} for name, words in found.items()
    ]
    return Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n", content_type=_JSON)


@blueprint.get("/syntheses/<name>")
def synthesis(name: str) -> Response | Redirect:
    """Give the answer to a question, as JSON, as CSV (`part=` says which table) or as a script of R."""
    stem, _, extension = name.rpartition(".")
    name, form = (stem, extension.lower()) if stem and extension.lower() in _FORMS else (name, _negotiated())
    question = stored_question(current_service().store, name)
    if form == "html":
        return redirect(local_path(f"{BASE}pool/{name}"), 303)
    answer = synthesise(current_service().store, question)
    if form == "csv":
        return Response(as_csv(answer, _part()), content_type="text/csv; charset=utf-8; header=present")
    if form == "r":
        return Response(_script(answer), content_type="text/plain; charset=utf-8")
    return Response(json.dumps(as_dict(answer), ensure_ascii=False, indent=1) + "\n", content_type=_JSON)


def _script(answer: Synthesis) -> str:
    return r_script(answer, f"{request.url_root.rstrip('/')}/syntheses/{answer.question.id}.csv")


def _part() -> str:
    part = request.args.get("part", PARTS[0])
    if part not in PARTS:
        raise ProblemError(400, "bad-parameter", f"part is '{part[:40]}'; accepted: {', '.join(PARTS)}")
    return part


def _negotiated() -> str:
    known = [form for name in ("json", "csv") if (form := find_format(name))]
    offer = choose_format(request.headers.get("Accept"), request.args.get("format"), (*known, HTML))
    return "html" if offer.format is HTML else offer.format.extension
