"""Errors as pages for people, with links to go on; programs get problem details."""

from __future__ import annotations

from urllib.parse import unquote

from flask import Response, request

from dualbio.sparql.formats import GRAPH_FORMATS, HTML, RESULT_FORMATS, Content, Format, negotiate
from dualbio_server.entities.documents import page
from dualbio_server.http.links import corrected, local_path
from dualbio_server.http.problems import ProblemError

__all__ = ["problem_page", "wants_page"]

_PROBLEMS = ("application/problem+json", "application/json")
#: What a client may prefer to a page; first, so that one without wishes gets problem details.
_DATA = (
    *(Format("problem", "Problem details", media, "json", (Content.PAGE,)) for media in _PROBLEMS),
    *GRAPH_FORMATS,
    *RESULT_FORMATS,
)
#: Characters of a path that are worth a search.
_WORDS = 60


def wants_page() -> bool:
    """Return whether the client prefers a page to data; no other format was asked for by name."""
    accept = request.headers.get("Accept", "")
    if "html" not in accept.lower() or request.args.get("format", "html") != "html":
        return False
    offer = negotiate(accept, (*_DATA, HTML))
    return offer is not None and offer.format is HTML


def problem_page(problem: ProblemError) -> Response:
    """Return the page of a problem, which has its status, its headers and no life beyond this answer."""
    response = page(
        "problem.html",
        title=problem.title,
        problem=problem,
        near=_near(problem),
        words=_words(),
    )
    response.status_code = int(problem.status)
    for name, value in problem.reply_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _near(problem: ProblemError) -> list[tuple[str, str]]:
    """Return what was probably meant, each word with where it leads."""
    proposed = corrected(str(problem))
    return [(each.rstrip("/").rpartition("/")[2], local_path(each)) for each in problem.near] or (
        [proposed] if proposed else []
    )


def _words() -> str:
    """Return the last words of the path, as somebody would search for them."""
    stem = unquote(request.path.rstrip("/").rpartition("/")[2]).partition(".")[0]
    return " ".join(stem.replace("-", " ").replace("_", " ").split())[:_WORDS]
