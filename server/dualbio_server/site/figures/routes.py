"""The figures of saved queries as files: `/figures/<topic>/<name>.svg` with the parameters of the query."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Response, request
from markupsafe import Markup

from dualbio.errors import MissingExtraError
from dualbio.figures import Figure, Look
from dualbio_server.entities.evidence.asking import Picture
from dualbio_server.http.language import language_by_address_alone
from dualbio_server.http.problems import ProblemError
from dualbio_server.queries.asking import answer, given_parameters
from dualbio_server.queries.browsing import Browsing
from dualbio_server.queries.in_language import in_language, words
from dualbio_server.service import current_service
from dualbio_server.site.figures.drawn import figures_of
from dualbio_server.site.figures.pages import NARROW, figure_in_page

__all__ = ["MEDIA_TYPES", "blueprint", "figure_file"]

blueprint = Blueprint("figures", __name__)

#: Files of a figure by ending; `.json` is the Vega-Lite specification, with its data.
MEDIA_TYPES: Mapping[str, str] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/vnd.vegalite.v6+json",
}
_THEMES = ("light", "dark")
_WIDTHS = ("wide", NARROW)

#: `figure_of(figure, address)` in templates puts a figure into a page.
blueprint.add_app_template_global(figure_in_page, "figure_of")


@blueprint.app_template_global("picture_of")
def picture_in_page(picture: Picture) -> Markup:
    """Return the markup of the figure of a saved query; nothing where the release has no such query or figure."""
    service = current_service()
    query = service.queries.queries.get(picture.query)
    if query is None or query.head.figure is None:
        return Markup("")
    return figure_in_page(in_language(answer(service, query, dict(picture.given))).figure, picture.address)


@blueprint.get("/figures/<topic>/<name>.<ending>")
def figure_of_query(topic: str, name: str, ending: str) -> Response:
    """Give the figure of a saved query, for the parameters of the query string, as `figure_file` says.

    As on the page of the query, facets, words and `sort` choose the rows and their order; `limit` draws the first ones.
    """
    service = current_service()
    queries = service.queries
    if f"{topic}/{name}" not in queries or queries[f"{topic}/{name}"].head.figure is None:
        accepted = [each for each, query in queries.items() if query.head.figure]
        raise ProblemError(
            404, "no-such-figure", f"'{topic[:40]}/{name[:64]}' has no figure; accepted: {', '.join(accepted)}"
        )
    query = queries[f"{topic}/{name}"]
    language_by_address_alone()
    found = answer(service, query, given_parameters(query, request.args))
    browsing = Browsing.of(request.args)
    left = browsing.of_result(found) if browsing else found
    return figure_file(in_language(left.part(0, _limit())).figure, ending, query.stem)


def _limit() -> int | None:
    """Return how many rows are drawn; None for all.

    Raises:
        ProblemError: 400, it is no number of rows.
    """
    text = request.args.get("limit", "")
    if text and not (text.isascii() and text.isdigit() and 0 < len(text) < 8):
        raise ProblemError(400, "limit", f"limit is '{text[:40]}'; accepted: a number of rows, from 1 on")
    return int(text) or None if text else None


def figure_file(draw: Callable[[Look], Figure], ending: str, name: str) -> Response:
    """Return the figure that `draw` gives for a look as a file called `name`: by `theme`, light or dark, and `width`.

    Raises:
        ProblemError: 404 for another ending, 400 for another theme or width, 501 where nothing here can draw, 503
            where too many figures are under way.
    """
    if ending not in MEDIA_TYPES:
        raise ProblemError(404, "no-such-format", f"no format '.{ending[:20]}'; accepted: {', '.join(MEDIA_TYPES)}")
    theme, width = (_one_of(part, accepted) for part, accepted in (("theme", _THEMES), ("width", _WIDTHS)))
    figure = draw(Look(words, narrow=width == NARROW))
    if ending == "json":
        body = json.dumps(figure.vega_lite(theme), ensure_ascii=False, indent=1).encode()
    else:
        try:
            service = current_service()
            drawn = figures_of(service).draw(figure, ending, theme, wait=service.settings.query_timeout)
        except MissingExtraError as error:
            raise ProblemError(501, "missing-extra", str(error)) from error
        if drawn is None:
            detail = "the figure is not drawn yet; repair: retry"
            raise ProblemError(503, "busy", detail, headers=(("Retry-After", "2"),))
        body = drawn
    response = Response(body, content_type=MEDIA_TYPES[ending])
    response.headers["Content-Disposition"] = f'inline; filename="{name}.{ending}"'
    return response


def _one_of(part: str, accepted: Sequence[str]) -> str:
    """Return what the query string says of a part of the look; the first where it says nothing."""
    found = request.args.get(part, accepted[0])
    if found not in accepted:
        raise ProblemError(400, part, f"{part} is '{found[:40]}'; accepted: {', '.join(accepted)}")
    return found
