"""A figure inside a page: the drawing itself, whose marks are links of this host, or an image that comes after."""

from __future__ import annotations

import re

from flask import g, request
from markupsafe import Markup, escape

from dualbio.errors import ExportError, MissingExtraError
from dualbio.figures import Figure
from dualbio.model.namespaces import BASE
from dualbio_server.figures.drawn import figures_of
from dualbio_server.http.language import say
from dualbio_server.service import current_service

__all__ = ["LONGEST_WAIT", "figure_in_page"]

#: Seconds that a page waits for a figure that was not drawn before.
LONGEST_WAIT = 0.3
_LINKS = re.compile(rf'(href=")({re.escape(BASE)})')


def figure_in_page(figure: Figure, address: str) -> Markup:
    """Return the markup of a figure: the drawing, or an image that the browser fetches, in a page that nobody keeps.

    Args:
        figure: what is shown.
        address: where the figure is as a file, `.svg`, with all parameters but `theme`.
    """
    service = current_service()
    try:
        data = figures_of(service).draw(figure, theme="page", wait=None if service.options.copy else LONGEST_WAIT)
    except (MissingExtraError, ExportError):
        return _in_words(figure)
    if data is None:
        g.unfinished = True
        return _image(figure, address)
    svg = _LINKS.sub(rf"\g<1>{escape(request.script_root)}/", data.decode())
    return Markup(svg)  # noqa: S704 - drawn here, from data that the engine escaped


def _image(figure: Figure, address: str) -> Markup:
    dark = f"{address}{'&' if '?' in address else '?'}theme=dark"
    source = Markup('<source media="(prefers-color-scheme: dark)" srcset="{}">').format(dark)
    image = Markup('<img src="{}" alt="{}" loading="lazy">').format(address, figure.title)
    coming = Markup('<p class="hint coming" aria-hidden="true">{}</p>').format(say("The figure is being drawn."))
    return Markup("{}<picture>{}{}</picture>").format(coming, source, image)


def _in_words(figure: Figure) -> Markup:
    lines = Markup("").join(Markup("<li>{}</li>").format(line) for line in figure.drawing.sentences)
    return Markup("<p>{}</p><ul>{}</ul>").format(figure.title, lines)
