"""A figure inside a page: the drawing with links, or an image that is loaded later."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic

from flask import g, request
from markupsafe import Markup, escape

from dualbio.errors import ExportError, MissingExtraError
from dualbio.figures import Figure, Look
from dualbio.model.namespaces import BASE
from dualbio_server.http.language import page_language, say
from dualbio_server.queries.in_language import words
from dualbio_server.service import Service, current_service
from dualbio_server.site.figures.drawn import figures_of

__all__ = ["LONGEST_WAIT", "NARROW", "figure_in_page"]

#: Seconds that a page waits for all figures of it that were not drawn before.
LONGEST_WAIT = 0.3
#: Most bytes of the drawings of a figure that a page holds; where two are more, phones fetch theirs as an image.
_MOST_BYTES = 56_000
#: Most bytes of one drawing in a page, of which a larger one is an image.
_MOST_ALONE = 90_000
#: Which of the widths of a figure is asked for, beside the wide one.
NARROW = "narrow"
#: The same width at which the style of pages changes the drawing.
_PHONE, _DARK = "(max-width: 44rem)", "(prefers-color-scheme: dark)"
_LINKS = re.compile(rf'(href=")({re.escape(BASE)})')


def figure_in_page(draw: Callable[[Look], Figure], address: str) -> Markup:
    """Return the markup of a figure: the drawing for wide screens and paper, and that for a phone.

    What is not drawn in time is an image that the browser fetches, in a page that nobody keeps; an image is what is too
    large for a page, too.

    Args:
        draw: gives the figure for a look.
        address: where the figure is as a file, `.svg`, with all parameters but `theme`.
    """
    wide, narrow = (draw(Look(words, narrow=narrow)) for narrow in (False, True))
    service = current_service()
    keeper = figures_of(service)
    try:
        known = None if service.options.copy else keeper.draw(wide, theme="page", wait=0)  # under way from here on
        drawn = [
            keeper.draw(narrow, theme="page", wait=_time_left(service)),
            known or keeper.draw(wide, theme="page", wait=_time_left(service)),
        ]
    except (MissingExtraError, ExportError):
        return _in_words(wide)
    if None in drawn:
        g.unfinished = True
        return _image(wide, address)
    if not service.options.copy and sum(map(len, filter(None, drawn))) > _MOST_BYTES:
        alone = drawn[1]
        assert alone is not None
        if len(alone) > _MOST_ALONE:
            return _image(wide, address)
        return Markup('<div class="on-phone">{}</div><div class="on-desk">{}</div>').format(
            _for_a_phone(wide, address), _with_links(alone)
        )
    return Markup("").join(
        Markup('<div class="{}">{}</div>').format(name, _with_links(data))
        for name, data in zip(("on-phone", "on-desk"), drawn, strict=True)
        if data is not None
    )


def _time_left(service: Service) -> float | None:
    """Return for how many seconds this page still waits for figures; a copy, for which nobody waits, has no end."""
    if service.options.copy:
        return None
    if "figures_until" not in g:
        g.figures_until = monotonic() + LONGEST_WAIT
    return max(0.0, float(g.figures_until) - monotonic())


def _with_links(data: bytes) -> Markup:
    svg = _LINKS.sub(rf"\g<1>{escape(request.script_root)}/", data.decode())
    return Markup(svg)  # noqa: S704 - drawn here, from data that the engine escaped


def _for_a_phone(figure: Figure, address: str) -> Markup:
    """Return the image for a phone, which a wider screen, where it is not shown, never fetches."""
    plain = f"{_asking(address)}width={NARROW}"
    return Markup('<picture><source media="{}" srcset="{}"><img src="{}" alt="{}" loading="lazy"></picture>').format(
        _DARK, f"{plain}&theme=dark", plain, figure.title
    )


def _asking(address: str) -> str:
    """Return an address to which the look of a figure can be put, with the language of the page."""
    language = "" if page_language() == "en" else f"lang={page_language()}&"
    return f"{address}{'&' if '?' in address else '?'}{language}"


def _image(figure: Figure, address: str) -> Markup:
    more = _asking(address)
    source = Markup("").join(
        Markup('<source media="{}" srcset="{}{}">').format(media, more, asked)
        for media, asked in (
            (f"{_PHONE} and {_DARK}", f"width={NARROW}&theme=dark"),
            (_PHONE, f"width={NARROW}"),
            (_DARK, "theme=dark"),
        )
    )
    image = Markup('<img src="{}" alt="{}" loading="lazy">').format(more.rstrip("?&"), figure.title)
    coming = Markup('<p class="hint coming" aria-hidden="true">{}</p>').format(say("The figure is being drawn."))
    return Markup("{}<picture>{}{}</picture>").format(coming, source, image)


def _in_words(figure: Figure) -> Markup:
    lines = Markup("").join(Markup("<li>{}</li>").format(line) for line in figure.drawing.sentences)
    return Markup("<p>{}</p><ul>{}</ul>").format(figure.title, lines)
